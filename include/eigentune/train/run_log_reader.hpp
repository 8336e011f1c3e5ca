#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/training_curve.hpp>
#include <eigentune/train/run_log_format.hpp>

#include <fmt/core.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace eigentune {

/// What is in a run log.
struct RunLogContents {
  TrainingCurve curve;
  std::optional<RunLogFormat> format{};  ///< none, if the file has no whole line
  std::vector<std::string> metrics{};    ///< of a CSV file: its columns after the ones that every curve has
  /// That the last line was torn, as by a process killed while it wrote, and dropped; none, if it was whole.
  std::optional<std::string> note{};
};

namespace run_log_detail {

/// The contents, and where in the file they are.
struct ParsedRunLog {
  RunLogContents contents;
  std::int64_t header_end = 0;           // in bytes; 0 without a header
  std::vector<std::int64_t> row_ends{};  // of each row of the curve
};

inline std::string text_of_file(const std::filesystem::path& path) {
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  const auto fail = [&](int reason) {
    throw Error(fmt::format("{}: cannot be read: {}", path.string(), std::generic_category().message(reason)));
  };
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "rb"));
  if (file == nullptr) fail(errno);
  std::string text;
  char buffer[1 << 16];
  while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, file.get())) text.append(buffer, count);
  if (std::ferror(file.get()) != 0) fail(errno);
  return text;
}

inline ParsedRunLog parse(const std::filesystem::path& path, std::string_view text) {
  ParsedRunLog result;
  RunLogContents& contents = result.contents;
  const auto parse_line = [&](std::string_view line) {
    if (!contents.format) {
      contents.format = line.starts_with('{') ? RunLogFormat::json_lines : RunLogFormat::csv;
      if (contents.format == RunLogFormat::csv) {
        contents.metrics = run_log_format::parse_csv_header(line);
        return false;
      }
    }
    CurveRow row = contents.format == RunLogFormat::csv ? run_log_format::parse_csv(line, contents.metrics)
                                                        : run_log_format::parse_json(line);
    if (!contents.curve.empty() && row.step <= contents.curve.rows().back().step) {
      throw Error(fmt::format("expected a step above {}, found {}", contents.curve.rows().back().step, row.step));
    }
    if (row.step < 0) throw Error(fmt::format("expected a step of at least 0, found {}", row.step));
    contents.curve.add(row.step, std::move(row.values));
    return true;
  };

  std::size_t begin = 0;
  for (std::int64_t number = 1; begin < text.size(); ++number) {
    const std::size_t end = text.find('\n', begin);
    if (end == std::string_view::npos) {
      contents.note =
          fmt::format("line {}, the last one, is torn after {} bytes and was dropped", number, text.size() - begin);
      return result;
    }
    try {
      const bool is_row = parse_line(text.substr(begin, end - begin));
      (is_row ? result.row_ends.emplace_back() : result.header_end) = static_cast<std::int64_t>(end + 1);
    } catch (const Error& error) {
      throw Error(fmt::format("{}: line {}: {}", path.string(), number, error.what()));
    }
    begin = end + 1;
  }
  return result;
}

}  // namespace run_log_detail

/// Reads a run log of either format, told apart by its first byte; CSV files of other make too, if their header is a
/// run log's. A last line without its end is dropped, and a note tells so: its writer was killed, or is still at it.
/// Throws eigentune::Error, with path, line, what was expected and what was found, if the file cannot be read or is
/// malformed in any other way: a wrong number of fields, something else than a number, a step that is not above the one
/// before.
inline RunLogContents read_run_log(const std::filesystem::path& path) {
  return run_log_detail::parse(path, run_log_detail::text_of_file(path)).contents;
}

}  // namespace eigentune
