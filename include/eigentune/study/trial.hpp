#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/training_curve.hpp>
#include <eigentune/space/json_text.hpp>
#include <eigentune/space/point.hpp>
#include <eigentune/space/value.hpp>
#include <eigentune/study/held_claim.hpp>
#include <eigentune/study/objective.hpp>
#include <eigentune/study/storage.hpp>
#include <eigentune/study/study_core.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace eigentune {

/// Thrown by Trial::report when the run was asked to stop. Study::run catches it.
class Interrupted : public std::runtime_error {
 public:
  Interrupted() : std::runtime_error("the run was asked to stop") {}
};

/// Thrown by Trial::infeasible. Study::run catches it.
class Infeasible : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// One attempt at one point of a study: where its training reports to. Used by one thread at a time.
///
/// Study::run passes one to the user's function, and ends it. Whoever owns the loop gets them from Study::ask, and ends
/// them by finish, finish_infeasible, fail or release. One that is destroyed before has failed in this attempt.
///
/// An attempt begins with an empty curve, even if an earlier one got far: training that resumes from a checkpoint
/// reports the earlier steps again, for example from its run log.
class Trial {
 public:
  /// Made by Study. `stop` tells whether the run was asked to stop.
  Trial(std::shared_ptr<StudyCore> core, StudyCore::ClaimedTrial claimed, std::function<bool()> stop)
      : held_(std::move(core), std::move(claimed.claim)),
        number_(held_.claim().number),
        attempt_(held_.claim().attempt),
        point_(std::move(claimed.point)),
        stop_(std::move(stop)),
        last_write_(Clock::now()) {}

  const std::string& study_name() const { return held_.core().definition().name; }
  /// Within the study, from 0.
  std::int64_t number() const { return number_; }
  /// From 1: above it, an earlier attempt has failed or was lost.
  std::int64_t attempt() const { return attempt_; }

  /// The active hyperparameters.
  const Point& point() const { return point_; }
  /// One of them: as_double, as_integer, as_string. Throws as Point does.
  const Value& operator[](std::string_view name) const { return point_[name]; }
  /// One of them, as in trial.get<double>("learning_rate"). Throws as Point does.
  template <class T>
  T get(std::string_view name) const {
    return point_.get<T>(name);
  }

  /// Adds a row to the training curve: steps ascend within an attempt, and any value may be NaN or infinite. Rows are
  /// stored a hundred at a time, or if the last time was more than a second ago.
  ///
  /// Throws Interrupted if the run was asked to stop, LeaseLost if another worker has the trial now,
  /// std::invalid_argument what TrainingCurve::add does, and eigentune::Error if the storage fails; let them pass.
  void report(std::int64_t step, CurveValues values) {
    if (should_stop()) {
      if (held_.is_lost()) throw LeaseLost(held_.core().definition().name, held_.claim());
      throw Interrupted();
    }
    curve_.add(step, std::move(values));
    constexpr std::size_t rows_of_a_batch = 100;
    const auto now = Clock::now();
    if (curve_.size() - written_ < rows_of_a_batch && now - last_write_ < std::chrono::seconds(1)) return;
    last_write_ = now;
    held_.write([&](Storage& storage, const Claim& claim) { storage.report(claim, unwritten()); });
    written_ = curve_.size();
  }

  /// What was reported so far.
  const TrainingCurve& curve() const { return curve_; }

  /// Ends the user's function within Study::run: this point breaks a constraint or has diverged, which is something to
  /// learn from, and it will not be tried again. The last step reported becomes the trial's infeasible_step. In a loop
  /// of one's own use finish_infeasible.
  [[noreturn]] void infeasible(std::string reason) {
    infeasible_ = reason;
    throw Infeasible(std::move(reason));
  }

  /// Whether training should come to an end: the run was asked to stop, or another worker has the trial. For functions
  /// that report rarely; what they return after a true is not taken for a result.
  bool should_stop() {
    if (held_.is_lost() || (stop_ && stop_())) held_.set_stopping();
    return held_.is_stopping();
  }

  /// How finish would end the trial now: with `objective` if that is given, else with the study's objective, of the
  /// curve (result_of); infeasible in any case if that was said.
  TrialResult result(std::optional<double> objective = std::nullopt) const {
    return infeasible_ ? infeasible_result(*infeasible_)
                       : result_of(curve_, held_.core().objective(), metric(), objective);
  }

  /// How `infeasible` would end the trial now.
  TrialResult infeasible_result(std::string reason) const {
    TrialResult result{.state = TrialState::infeasible, .reason = std::move(reason)};
    if (!curve_.empty()) result.infeasible_step = curve_.rows().back().step;
    if (const auto divergence = divergence_of(curve_, metric())) result.diverged_step = divergence->step;
    return result;
  }

  // Ends. Each stores what is not stored yet and returns the trial's state: queued if the attempt has failed and will
  // be repeated. If the storage fails, eigentune::Error is thrown and the call may be repeated; LeaseLost is final.

  /// Ends the trial with the study's objective, of its curve: complete or infeasible (result_of). A trial without the
  /// values that it needs has failed in this attempt.
  TrialState finish() { return finish(result()); }
  /// Ends the trial with this objective; one that is not finite makes it infeasible.
  TrialState finish(double objective) { return finish(result(objective)); }
  /// Ends the trial with this result; of a reason that is not UTF-8, only the ASCII is kept. Throws
  /// std::invalid_argument what TrialResult::validate does.
  TrialState finish(TrialResult result) {
    result.validate();
    make_storable(result.reason);
    const TrialState state =
        held_.write([&](Storage& storage, const Claim& claim) { return storage.finish(claim, result, unwritten()); });
    held_.let_go();
    return state;
  }
  /// Ends the trial as `infeasible` does, without an exception.
  TrialState finish_infeasible(std::string reason) { return finish(infeasible_result(std::move(reason))); }
  /// Ends the attempt: something went wrong that has nothing to do with the point. Tried again unless this was the
  /// last attempt.
  TrialState fail(std::string reason) {
    return finish(TrialResult{.state = TrialState::failed, .reason = std::move(reason)});
  }

  /// Gives the trial back as if the attempt had never begun.
  void release() {
    held_.write([](Storage& storage, const Claim& claim) { storage.release(claim); });
    held_.let_go();
  }

  /// Whether `infeasible` was called.
  bool is_infeasible() const { return infeasible_.has_value(); }
  const HeldClaim& held() const { return held_; }

 private:
  using Clock = std::chrono::steady_clock;

  const std::string& metric() const { return held_.core().definition().metric; }
  std::span<const CurveRow> unwritten() const { return curve_.rows().subspan(written_); }

  /// Reasons come from exceptions and other programs, and databases want to know what they are given.
  static void make_storable(std::string& text) {
    const bool is_text = space_detail::is_utf8(text);
    std::ranges::replace_if(
        text, [is_text](char c) { return c == '\0' || (!is_text && static_cast<unsigned char>(c) >= 0x80); }, '?');
  }

  HeldClaim held_;
  std::int64_t number_, attempt_;
  Point point_;
  std::function<bool()> stop_;
  TrainingCurve curve_{};
  std::size_t written_ = 0;  // rows of the curve that are stored
  Clock::time_point last_write_;
  std::optional<std::string> infeasible_{};
};

}  // namespace eigentune
