#pragma once

#include <eigentune/train/run_log.hpp>

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
  /// cut off, to be written again. If there is no file then, one starts with the next step. Throws eigentune::Error if
  /// it cannot be written, or the file to be continued does not reach that step.
  Curves(const std::string& path, std::optional<std::int64_t> resume_at) : path_(path) {
    if (!resume_at || !std::filesystem::exists(path)) {
      log_.emplace(path, eigentune::RunLogOptions{.overwrite = true});
      return;
    }
    log_.emplace(path, eigentune::RunLogOptions{.resume_at = resume_at});
    if (log_->last_step() == resume_at) return;
    throw eigentune::Error(fmt::format(
        "{}: expected the curves of the run up to step {}, from which it is resumed, found {}; move it "
        "away, name another file with --curves, or give --no-curves",
        path, *resume_at, log_->last_step() ? fmt::format("step {} as the last one", *log_->last_step()) : "no row"));
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
