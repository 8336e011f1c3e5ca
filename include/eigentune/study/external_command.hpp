#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/file_descriptor.hpp>
#include <eigentune/core/write_all.hpp>
#include <eigentune/space/point.hpp>
#include <eigentune/study/child_program.hpp>
#include <eigentune/study/program_output.hpp>
#include <eigentune/study/trial.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <variant>
#include <vector>

namespace eigentune {

/// How a program learns of its hyperparameters.
enum class PassPoint {
  arguments,  ///< as further arguments: --learning_rate=0.001 --optimizer=adam
  json_file   ///< in a file whose path is one more argument: {"optimizer": "adam", "learning_rate": 0.001}
};

struct ExternalCommandOptions {
  PassPoint pass = PassPoint::arguments;
  /// What a program has left between SIGTERM and SIGKILL if it is to end; in [0, one day].
  std::chrono::milliseconds grace{5'000};
};

/// A trial that is the run of a program in any language:
///
///     study.run(ExternalCommand({"python3", "train.py", "--epochs=20"}), {.workers = 4});
///
/// The program gets the active hyperparameters (PassPoint; doubles in the shortest form that reads back as the same
/// value, strings as they are) and in its environment EIGENTUNE_STUDY, EIGENTUNE_TRIAL and EIGENTUNE_ATTEMPT. It writes
/// JSON objects to its standard output, one a line (and flushes them):
///
///     {"step": 100, "training_loss": 0.3, "validation_error": 0.1, "top5": 0.02}    as Trial::report
///     {"objective": 0.1}                                                      instead of the curve's
///     {"infeasible": "ran out of memory"}                                     ends it, as Trial::infeasible
///
/// NaN, Infinity and -Infinity may be written so, or in quotes. Lines that do not begin with '{' are its own business.
/// If it exits with status 0, the trial has come to its end. Any other status, a signal, or a line that cannot be read
/// is a failed attempt; the reason has the end of what it wrote to standard error. When the run is interrupted or the
/// lease lost, the program is ended together with its children: SIGTERM, a time of grace, SIGKILL. Whatever it leaves
/// running at its own end is ended, too.
class ExternalCommand {
 public:
  /// Throws std::invalid_argument if there is no command or the grace is out of range, and eigentune::Error if there is
  /// no such program: a mistake in its name shall not cost a study its trials.
  explicit ExternalCommand(std::vector<std::string> command, ExternalCommandOptions options = {})
      : command_(std::move(command)), options_(options) {
    require(!command_.empty(), "ExternalCommand: command must have a program at least");
    constexpr std::chrono::milliseconds most = std::chrono::hours(24);
    require(options.grace.count() >= 0 && options.grace <= most, "ExternalCommand: grace must be in [0, {}] ms, got {}",
            most.count(), options.grace.count());
    check_program(command_.front());
  }

  /// Runs the program for one trial; returns the objective if it wrote one. Throws what Trial does, and
  /// eigentune::Error if the attempt has failed.
  std::optional<double> operator()(Trial& trial) const {
    std::vector<std::string> arguments = command_;
    std::optional<PointFile> file;
    if (options_.pass == PassPoint::json_file) {
      arguments.push_back(file.emplace(trial.point()).path());
    } else {
      for (const auto& [name, value] : trial.point()) {
        arguments.push_back(fmt::format("--{}={}", name, value.is_string() ? value.as_string() : value.text()));
      }
    }
    const std::vector<std::string> environment = {fmt::format("EIGENTUNE_STUDY={}", trial.study_name()),
                                                  fmt::format("EIGENTUNE_TRIAL={}", trial.number()),
                                                  fmt::format("EIGENTUNE_ATTEMPT={}", trial.attempt())};
    Reader reader{trial};
    std::string complaint;
    ChildProgram program(arguments, environment, options_.grace);
    const std::optional<int> status =
        program.wait([&](std::string_view text) { reader.read(text); },
                     [&](std::string_view text) { keep_end(complaint, text); }, [&] { return trial.should_stop(); });
    if (!status) throw Interrupted();
    if (*status != 0) {
      throw Error(fmt::format("{} {}{}{}", command_.front(), status_text(*status), complaint.empty() ? "" : ": ",
                              trimmed(complaint)));
    }
    reader.finish();
    return reader.objective;
  }

 private:
  /// Cuts the output into lines and does what they say.
  struct Reader {
    Trial& trial;
    std::optional<double> objective{};
    std::string rest{};

    void read(std::string_view text) {
      for (std::size_t end; (end = text.find('\n')) != std::string_view::npos; text.remove_prefix(end + 1)) {
        rest += text.substr(0, end);
        finish();
      }
      constexpr std::size_t longest = std::size_t{1} << 24;
      if (rest.size() + text.size() > longest) throw Error(fmt::format("expected lines of at most {} bytes", longest));
      rest += text;
    }

    void finish() {
      const std::string line = std::exchange(rest, {});
      ProgramLine says = parse_program_line(line);
      if (auto* row = std::get_if<CurveRow>(&says)) trial.report(row->step, std::move(row->values));
      if (const auto* found = std::get_if<ProgramObjective>(&says)) objective = found->value;
      if (const auto* found = std::get_if<ProgramInfeasible>(&says)) trial.infeasible(found->reason);
    }
  };

  /// A file with the point that is gone at the end.
  class PointFile {
   public:
    explicit PointFile(const Point& point) : path_(std::filesystem::temp_directory_path() / "eigentune-XXXXXX.json") {
      constexpr int suffix = 5;
      FileDescriptor file(::mkostemps(path_.data(), suffix, O_CLOEXEC));
      const std::string text = point.text() + "\n";
      std::span<const std::byte> rest = std::as_bytes(std::span(text));
      const int code = file.get() < 0 ? errno : detail::write_all(rest, file.get());
      if (code == 0) return;
      if (file.get() >= 0) std::remove(path_.c_str());
      throw Error(fmt::format("{}: expected to write the hyperparameters, found: {}", path_, std::strerror(code)));
    }
    ~PointFile() { std::remove(path_.c_str()); }
    PointFile(const PointFile&) = delete;
    PointFile& operator=(const PointFile&) = delete;
    const std::string& path() const { return path_; }

   private:
    std::string path_;
  };

  static void keep_end(std::string& kept, std::string_view text) {
    constexpr std::size_t most = 2000;
    kept += text.substr(text.size() - std::min(text.size(), most));
    if (kept.size() > most) kept.erase(0, kept.size() - most);
  }

  static std::string_view trimmed(std::string_view text) {
    const std::size_t end = text.find_last_not_of(" \t\r\n");
    return text.substr(0, end == std::string_view::npos ? 0 : end + 1);
  }

  std::vector<std::string> command_;
  ExternalCommandOptions options_;
};

}  // namespace eigentune
