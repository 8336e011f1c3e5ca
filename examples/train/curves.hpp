#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/train/run_log.hpp>
#include <eigentune/train/run_log_reader.hpp>

#include <fmt/core.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace example {

/// The file of curves, one row for each step, or none. Where it cannot be written any more, the run goes on without it
/// and says so at its end.
class Curves {
 public:
  /// Writes nothing.
  Curves() = default;

  /// Starts the file anew, or, with `resume_at`, continues that of a run that was interrupted: rows after this step are
  /// cut off, to be written again. If there is no file then, or none of its rows is from before, it starts with the
  /// next step. Throws eigentune::Error if it cannot be written, or the file to be continued lacks that step; it is as
  /// it was then.
  Curves(const std::string& path, std::optional<std::int64_t> resume_at) : path_(path) {
    if (!resume_at || !std::filesystem::exists(path)) {
      log_.emplace(path, eigentune::RunLogOptions{.overwrite = true});
      return;
    }
    check_reaches(path, *resume_at);
    log_.emplace(path, eigentune::RunLogOptions{.resume_at = resume_at});
  }

  void add(std::int64_t step, const eigentune::CurveValues& values) {
    attempt([&] { log_->add(step, values); });
  }

  /// Waits until all rows are on the disk: before a checkpoint of their step is there.
  void flush() {
    attempt([&] { log_->flush(); });
  }

  const std::string& path() const { return path_; }    ///< empty if nothing is written
  const std::string& error() const { return error_; }  ///< why the file is incomplete, or empty

 private:
  /// A file without a row up to the step was begun by a resumed run that found none, and was interrupted in its turn.
  static void check_reaches(const std::string& path, std::int64_t step) {
    std::optional<std::int64_t> last;
    const eigentune::TrainingCurve curve = eigentune::read_run_log(path).curve;
    for (const eigentune::CurveRow& row : curve.rows()) {
      if (row.step <= step) last = row.step;
    }
    if (!last || last == step) return;
    throw eigentune::Error(
        fmt::format("{}: expected the curves of the run up to step {}, from which it is resumed, found step {} as the "
                    "last one up to there; move it away, name another file with --curves, or give --no-curves",
                    path, step, *last));
  }

  void attempt(auto write) {
    if (!log_) return;
    try {
      write();
    } catch (const eigentune::Error& error) {
      error_ = error.what();
      log_.reset();
    }
  }

  std::optional<eigentune::RunLog> log_;
  std::string path_, error_;
};

}  // namespace example
