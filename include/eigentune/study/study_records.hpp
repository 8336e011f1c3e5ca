#pragma once

#include <eigentune/core/direction.hpp>
#include <eigentune/search/history.hpp>
#include <eigentune/study/storage.hpp>
#include <eigentune/study/trial_record.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace eigentune {

/// What one process knows of a study's trials, kept up to date by what has changed: the work of an update does not
/// depend on how many trials there are. For one thread at a time.
class StudyRecords {
 public:
  /// `keeps_history`: whether history() will be asked for.
  StudyRecords(Direction direction, bool keeps_history) : keeps_history_(keeps_history) {
    history_.direction = direction;
  }

  Revision revision() const { return revision_; }

  /// Takes over what Storage::read(revision()) returned.
  void apply(Changes changes) {
    for (TrialRecord& trial : changes.records) apply(std::move(trial));
    revision_ = changes.revision;
  }

  /// By number.
  const std::vector<TrialRecord>& trials() const { return trials_; }

  std::int64_t count(TrialState state) const { return counts_[static_cast<std::size_t>(state)]; }

  /// Of the final trials.
  std::int64_t finished() const {
    return count(TrialState::complete) + count(TrialState::infeasible) + count(TrialState::failed);
  }

  /// The complete trial with the best objective, the one of the lowest number among equals; null if there is none.
  const TrialRecord* best() const { return best_ ? &trials_[static_cast<std::size_t>(*best_)] : nullptr; }

  /// What a sampler sees: every trial that has a point. Those without an objective yet are pending, and failed ones are
  /// infeasible, since they will never have one.
  const History& history() const { return history_; }

 private:
  void apply(TrialRecord&& trial) {
    const auto number = static_cast<std::size_t>(trial.number);
    if (number >= trials_.size()) {
      // Records come for all numbers or none, so that each gap is filled by the same changes.
      counts_[static_cast<std::size_t>(TrialState::queued)] += static_cast<std::int64_t>(number + 1 - trials_.size());
      trials_.resize(number + 1);
    }
    --counts_[static_cast<std::size_t>(trials_[number].state)];
    ++counts_[static_cast<std::size_t>(trial.state)];
    if (keeps_history_ && trial.point) observe(trial);
    if (trial.state == TrialState::complete && is_new_best(trial)) best_ = trial.number;
    trials_[number] = std::move(trial);
  }

  bool is_new_best(const TrialRecord& trial) const {
    if (!best_) return true;
    const double value = *trial.objective, best_value = *best()->objective;
    return is_better(history_.direction, value, best_value) || (value == best_value && trial.number < *best_);
  }

  void observe(const TrialRecord& trial) {
    std::vector<Observation>& all = history_.observations;
    auto place = std::ranges::lower_bound(all, trial.number, {}, &Observation::number);
    if (place == all.end() || place->number != trial.number) {
      place = all.insert(place, Observation{.number = trial.number, .point = *trial.point});
    }
    place->objective = trial.objective.value_or(0.0);
    switch (trial.state) {
      case TrialState::queued:
      case TrialState::running:
        place->outcome = Outcome::pending;
        break;
      case TrialState::complete:
        place->outcome = Outcome::complete;
        break;
      case TrialState::infeasible:
      case TrialState::failed:
        place->outcome = Outcome::infeasible;
        break;
    }
  }

  bool keeps_history_;
  Revision revision_ = 0;
  std::vector<TrialRecord> trials_;
  std::array<std::int64_t, 5> counts_{};
  std::optional<std::int64_t> best_;
  History history_;
};

}  // namespace eigentune
