#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/space/point.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace eigentune {

/// Where a trial is:
///
///     queued -> running -> complete | infeasible | failed
///
/// A running trial whose attempt fails, or whose worker is lost, is queued again until its attempts are used up; then
/// it is failed. The last three are final.
enum class TrialState {
  queued,      ///< waits for a worker: enqueued, released, or to be tried again
  running,     ///< some worker holds it
  complete,    ///< has a finite objective
  infeasible,  ///< diverged, or broke a constraint: something to learn from, never tried again
  failed       ///< no attempt came to an end, and there are none left: search and analysis take it as infeasible
};

/// "queued", "running", "complete", "infeasible" or "failed".
constexpr std::string_view to_string(TrialState state) {
  constexpr std::string_view names[] = {"queued", "running", "complete", "infeasible", "failed"};
  return names[static_cast<int>(state)];
}

/// Whether a trial of this state will never change again.
constexpr bool is_final(TrialState state) {
  return state >= TrialState::complete;
}

/// UTC, by the clock of the storage: the one clock that all workers of a study share.
using StorageTime = std::chrono::sys_time<std::chrono::milliseconds>;

/// How one attempt of a trial ended.
struct TrialResult {
  TrialState state = TrialState::complete;        ///< complete, infeasible, or failed: this attempt, not yet the trial
  std::optional<double> objective{};              ///< finite; present exactly if complete
  std::optional<std::int64_t> best_step{};        ///< the step at which the curve had the objective
  std::string reason{};                           ///< why it is infeasible or failed
  std::optional<std::int64_t> infeasible_step{};  ///< the step at which it turned out infeasible
  /// The first step at which the study's metric or a loss was not finite. A complete trial may have one: its best value
  /// came before it diverged.
  std::optional<std::int64_t> diverged_step{};

  /// Throws std::invalid_argument unless the members agree with one another as they say.
  void validate() const {
    require(is_final(state), "TrialResult: state must be complete, infeasible or failed, got {}", to_string(state));
    require(objective.has_value() == (state == TrialState::complete), "TrialResult: {} trial must have {} objective",
            to_string(state), state == TrialState::complete ? "an" : "no");
    require(!objective || is_finite(*objective), "TrialResult: objective must be finite, got {}",
            objective.value_or(0.0));
  }

  friend bool operator==(const TrialResult&, const TrialResult&) = default;
};

/// One trial, as the storage knows it. Its curve is kept apart.
struct TrialRecord {
  std::int64_t number = 0;       ///< within the study, from 0
  std::optional<Point> point{};  ///< absent until it was suggested; never changes then
  TrialState state = TrialState::queued;
  std::int64_t attempt = 0;           ///< attempts begun so far, the running one included; one that was released is not
  std::optional<double> objective{};  ///< as in TrialResult
  std::optional<std::int64_t> best_step{};        ///< as in TrialResult
  std::string reason{};                           ///< as in TrialResult; of the last attempt if it is to be tried again
  std::optional<std::int64_t> infeasible_step{};  ///< as in TrialResult
  std::optional<std::int64_t> diverged_step{};    ///< as in TrialResult
  std::string worker{};                           ///< which has or had it last
  std::optional<StorageTime> started{};           ///< when the last attempt began
  std::optional<StorageTime> finished{};          ///< when the trial became final

  friend bool operator==(const TrialRecord&, const TrialRecord&) = default;
};

}  // namespace eigentune
