#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/optim/options.hpp>
#include <eigentune/study/interrupt_signals.hpp>
#include <eigentune/study/progress.hpp>
#include <eigentune/study/study_core.hpp>
#include <eigentune/study/trial.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace eigentune {

struct RunOptions {
  /// Trials that run at once, each in a thread, one of which is the caller's; at least 1. More than there are trials do
  /// no harm.
  std::int64_t workers = 1;
  /// The first Ctrl-C (SIGINT) or SIGTERM asks the run to stop, the second ends the process. See InterruptSignals.
  bool handle_signals = true;
  std::stop_token stop{};  ///< asks the run to stop, too
  /// The run ends with an error when so many attempts in a row have failed, of whatever trials: that is a mistake in
  /// the function or its surroundings, which shall not use up the budget. At least 1; more where many points fail.
  std::int64_t max_consecutive_failures = 20;
  std::FILE* progress = stderr;  ///< where the progress is told and what went wrong; null for nowhere
};

/// What one run did. The study as a whole is in its records.
struct RunSummary {
  std::int64_t complete = 0, infeasible = 0, failed = 0;  ///< trials that ended in this run
  std::int64_t retried = 0;                               ///< attempts that failed and will be or were repeated
  std::int64_t released = 0;                              ///< attempts that were given back, since the run was to stop
  std::int64_t lost = 0;                                  ///< attempts whose lease was lost
  bool interrupted = false;                               ///< whether the run was asked to stop
};

/// Runs the trials of a study until none is left to claim, see Study::run.
class Runner {
 public:
  /// Returns the objective, or nothing if that is the curve's.
  using Function = std::function<std::optional<double>(Trial&)>;

  /// Throws std::invalid_argument if workers or max_consecutive_failures is below 1.
  Runner(std::shared_ptr<StudyCore> core, Function function, RunOptions options)
      : core_(std::move(core)),
        function_(std::move(function)),
        options_(std::move(options)),
        display_(options_.progress),
        name_(StudyCore::worker_name()) {
    require(options_.workers >= 1, "Study: workers must be at least 1, got {}", options_.workers);
    require(options_.max_consecutive_failures >= 1, "Study: max_consecutive_failures must be at least 1, got {}",
            options_.max_consecutive_failures);
  }

  RunSummary run() {
    std::optional<InterruptSignals> signals;
    if (options_.handle_signals) signals.emplace();
    show_progress();
    {
      const std::int64_t workers = std::min(options_.workers, core_->definition().trials);
      std::vector<std::jthread> others;
      for (std::int64_t worker = 1; worker < workers; ++worker) others.emplace_back([this, worker] { work(worker); });
      work(0);
    }
    display_.finish();
    if (error_) std::rethrow_exception(error_);
    summary_.interrupted = is_stopping();
    note_what_is_left();
    return summary_;
  }

 private:
  bool is_stopping() const {
    return options_.stop.stop_requested() || (options_.handle_signals && InterruptSignals::received());
  }

  /// The life of a worker. An error here is not of a trial but of the storage or the sampler, or of all trials alike,
  /// and ends the run: nobody begins another trial, and those that run come to their ends, as far as the storage lets
  /// them.
  void work(std::int64_t worker) {
    try {
      const std::string name = fmt::format("{}/{}", name_, worker);
      while (!is_stopping() && !broken_ && run_next(name)) show_progress();
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!error_) error_ = std::current_exception();
      broken_ = true;
    }
  }

  /// False if there is no trial left.
  bool run_next(const std::string& worker) {
    try {
      std::optional<StudyCore::ClaimedTrial> claimed = core_->claim(worker);
      if (!claimed) return false;
      Trial trial(core_, std::move(*claimed), [this] { return is_stopping(); });
      run_trial(trial);
    } catch (const LeaseLost& lost) {
      add(&RunSummary::lost);
      display_.note(fmt::format("{}; its worker goes on with the next trial", lost.what()));
    }
    return true;
  }

  void run_trial(Trial& trial) {
    std::optional<TrialResult> result;
    try {
      result = trial.result(function_(trial));
    } catch (const DivergenceError& error) {
      result = trial.infeasible_result(error.what());
    } catch (const std::exception& exception) {
      result = {.state = TrialState::failed, .reason = exception.what()};
    } catch (...) {
      result = {.state = TrialState::failed, .reason = "an exception that is no std::exception"};
    }
    // The exceptions that Trial throws may have been caught or replaced on their way: it knows better.
    const HeldClaim& held = trial.held();
    if (held.storage_error()) std::rethrow_exception(held.storage_error());
    if (held.is_lost()) throw LeaseLost(core_->definition().name, held.claim());
    if (held.is_stopping()) {
      trial.release();
      add(&RunSummary::released);
    } else {
      finish(trial, trial.is_infeasible() ? trial.result() : *result);
    }
  }

  void finish(Trial& trial, const TrialResult& result) {
    const std::string name =
        fmt::format("trial {}, attempt {} of {}", trial.number(), trial.attempt(), core_->definition().max_attempts);
    switch (stored(trial, result)) {
      case TrialState::complete:
        consecutive_failures_ = 0;
        return add(&RunSummary::complete);
      case TrialState::infeasible:
        consecutive_failures_ = 0;
        return add(&RunSummary::infeasible);
      case TrialState::failed:
        display_.note(fmt::format("{}: failed for good, and counts as infeasible: {}", name, result.reason));
        add(&RunSummary::failed);
        return count_failure(name, result.reason);
      case TrialState::queued:
      case TrialState::running:
        display_.note(fmt::format("{}: failed, and will be repeated: {}", name, result.reason));
        add(&RunSummary::retried);
        return count_failure(name, result.reason);
    }
  }

  void count_failure(const std::string& name, const std::string& reason) {
    if (++consecutive_failures_ < options_.max_consecutive_failures) return;
    throw Error(
        fmt::format("study \"{}\": {} attempts in a row have failed, so the run ends; the last, {}: {}; when that "
                    "is mended, the study goes on when it is run again",
                    core_->definition().name, options_.max_consecutive_failures, name, reason));
  }

  /// A result that cannot be stored is in the error at least.
  TrialState stored(Trial& trial, const TrialResult& result) {
    try {
      return trial.finish(result);
    } catch (const LeaseLost&) {
      throw;
    } catch (const std::exception& error) {
      throw Error(fmt::format("study \"{}\": trial {} at {} ended as {}, {}, but that could not be stored: {}",
                              core_->definition().name, trial.number(), trial.point().text(), to_string(result.state),
                              result.objective ? fmt::format("{}", *result.objective) : result.reason, error.what()));
    }
  }

  void show_progress() {
    const std::int64_t trials = core_->definition().trials;
    display_.show(
        core_->look_at_records([trials](const StudyRecords& records) { return progress_of(records, trials); }));
  }

  void note_what_is_left() {
    if (summary_.interrupted) return display_.note("stopped; the study goes on when it is run again");
    const std::int64_t elsewhere =
        core_->look_at_records([](const StudyRecords& records) { return records.count(TrialState::running); });
    if (elsewhere > 0) {
      display_.note(
          fmt::format("{} of the trials are held by other workers; should those be gone, run the study again "
                      "when the leases have run out",
                      elsewhere));
    }
  }

  void add(std::int64_t RunSummary::*count) {
    const std::lock_guard lock(mutex_);
    ++(summary_.*count);
  }

  std::shared_ptr<StudyCore> core_;
  Function function_;
  RunOptions options_;
  ProgressDisplay display_;
  std::string name_;
  std::atomic<bool> broken_ = false;
  std::atomic<std::int64_t> consecutive_failures_ = 0;
  std::mutex mutex_;
  RunSummary summary_;
  std::exception_ptr error_;
};

}  // namespace eigentune
