#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/training_curve.hpp>
#include <eigentune/train/append_only_file.hpp>
#include <eigentune/train/run_log_format.hpp>
#include <eigentune/train/run_log_reader.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace eigentune {

struct RunLogOptions {
  RunLogFormat format = RunLogFormat::csv;

  /// The metrics that rows may have in a CSV file, whose columns are fixed by its header. In JSON lines each row may
  /// have its own, and the list is not looked at.
  std::vector<std::string> metrics{};

  /// Continue the log of a run that was resumed from its checkpoint of this step: a torn last line and all rows after
  /// this step are cut off, since the run is about to write them again.
  std::optional<std::int64_t> resume_at{};

  /// Replace a log that is there already. Otherwise that is an error, unless it is resumed.
  bool overwrite = false;

  /// Wait after every so many rows until they are on the disk, so that a loss of power takes no more than these. Takes
  /// milliseconds. 0: never; a row that was added survives the process, but not the machine.
  std::int64_t sync_every = 0;
};

/// Writes the rows of a training curve to a file as they come, so that the file survives whatever happens to the run.
///
///     RunLog log("run7/curve.csv", {.metrics = {"top5_error"}, .resume_at = resumed_step});
///     log.add(step, {.training_loss = loss, .metrics = {{"top5_error", top5}}});
///
/// Each row is in the file when `add` returns, by one write(2) of the whole line: if the process is killed, nothing is
/// lost but at most the row being written, whose line is then torn; read_run_log drops it, as does resuming. If the
/// disk is full, `add` throws and the file keeps whole lines only. Two writers of one file are an error.
///
/// Resuming cuts the file rather than leaving a step in it twice, so that every reader of CSV or JSON sees a curve that
/// a run without interruption would have written. The cut is one ftruncate(2): killed before it, the next attempt finds
/// what this one found; killed after it, the file is a shorter log. Rows that were cut are gone: resume from the
/// checkpoint that the run really continues from.
///
/// Not for two threads at once. Throws eigentune::Error if the file cannot be written, with path and reason.
class RunLog {
 public:
  /// Creates or continues the log. Throws std::invalid_argument if an option is out of range, and eigentune::Error
  /// if there is a log already and it is neither to be resumed nor overwritten; if there is none to resume; if the one
  /// to resume is malformed (see read_run_log), or has another format or other metrics than `options` say. The file is
  /// then as it was.
  explicit RunLog(const std::filesystem::path& path, RunLogOptions options = {})
      : options_(checked(std::move(options))),
        file_(path, options_.resume_at ? AppendOnlyFile::Open::existing : AppendOnlyFile::Open::existing_or_create) {
    if (options_.resume_at) {
      cut_after(*options_.resume_at);
    } else if (file_.size() > 0) {
      if (!options_.overwrite) {
        throw Error(fmt::format("{}: expected no log of another run, found {} bytes; resume or overwrite it",
                                path.string(), file_.size()));
      }
      file_.truncate(0);
    }
    if (file_.size() == 0 && options_.format == RunLogFormat::csv) {
      file_.append(run_log_format::csv_header(options_.metrics) + '\n');
    }
  }

  /// Adds a row. Throws std::invalid_argument unless `step` is 0 or more and above the last row's, and every metric is
  /// one of `options.metrics` (CSV) or has an allowed name (see is_metric_name); nothing is written then.
  void add(std::int64_t step, const CurveValues& values) {
    TrainingCurve::check(last_step_, step, values);
    line_.clear();
    if (options_.format == RunLogFormat::csv) {
      for (const auto& [name, value] : values.metrics) {
        require(std::ranges::find(options_.metrics, name) != options_.metrics.end(),
                "RunLog: a CSV file's metrics must be listed in its options, got \"{}\"", name);
      }
      run_log_format::append_csv(line_, step, values, options_.metrics);
    } else {
      run_log_format::append_json(line_, step, values);
    }
    line_ += '\n';
    file_.append(line_);
    last_step_ = step;
    if (options_.sync_every > 0 && ++unsynced_ >= options_.sync_every) flush();
  }

  /// Waits until all rows are on the disk.
  void flush() {
    file_.sync();
    unsynced_ = 0;
  }

  /// The step of the last row; none before the first.
  std::optional<std::int64_t> last_step() const { return last_step_; }
  const std::filesystem::path& path() const { return file_.path(); }

 private:
  static RunLogOptions checked(RunLogOptions options) {
    for (const std::string& metric : options.metrics) check_metric_name("RunLog", metric);
    require(std::set(options.metrics.begin(), options.metrics.end()).size() == options.metrics.size(),
            "RunLog: metrics must differ from each other, got \"{}\"", fmt::join(options.metrics, ", "));
    require(options.sync_every >= 0, "RunLog: sync_every must be at least 0, got {}", options.sync_every);
    require(options.resume_at.value_or(0) >= 0, "RunLog: resume_at must be at least 0, got {}",
            options.resume_at.value_or(0));
    require(!options.resume_at || !options.overwrite, "RunLog: a log must be either resumed or overwritten, got both");
    return options;
  }

  void cut_after(std::int64_t step) {
    const auto [contents, header_end, row_ends] = run_log_detail::parse(path(), run_log_detail::text_of_file(path()));
    const auto name = [](RunLogFormat format) { return format == RunLogFormat::csv ? "CSV" : "JSON lines"; };
    if (contents.format && *contents.format != options_.format) {
      throw Error(
          fmt::format("{}: expected {}, found {}", path().string(), name(options_.format), name(*contents.format)));
    }
    if (contents.format == RunLogFormat::csv && contents.metrics != options_.metrics) {
      throw Error(fmt::format("{}: expected the metrics \"{}\", found \"{}\"", path().string(),
                              fmt::join(options_.metrics, ","), fmt::join(contents.metrics, ",")));
    }
    std::int64_t end = header_end;
    for (std::size_t row = 0; row < row_ends.size() && contents.curve.rows()[row].step <= step; ++row) {
      end = row_ends[row];
      last_step_ = contents.curve.rows()[row].step;
    }
    if (end < file_.size()) file_.truncate(end);
  }

  RunLogOptions options_;
  AppendOnlyFile file_;
  std::string line_;  // kept for its memory
  std::optional<std::int64_t> last_step_;
  std::int64_t unsynced_ = 0;
};

}  // namespace eigentune
