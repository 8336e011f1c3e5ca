#pragma once

#include <eigentune/study/storage.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace eigentune::study_detail {

/// One study of a MemoryStorage: its trials, and which of them is next.
class MemoryStudy {
 public:
  struct Trial {
    TrialRecord record;
    TrainingCurve curve{};
    std::int64_t token = 0;
    StorageTime expiry{};   // while it is running
    Revision revision = 0;  // of its last change: its place in changes_
  };

  explicit MemoryStudy(StudyDefinition study_definition) : definition(std::move(study_definition)) {}

  StudyDefinition definition;
  Revision revision = 1;        ///< of the last change
  Revision point_revision = 0;  ///< of the last point that came
  std::int64_t last_token = 0;

  std::int64_t size() const { return std::ssize(trials_); }

  /// Throws std::invalid_argument if there is no trial of that number.
  Trial& trial(std::int64_t number) {
    require(number >= 0 && number < size(), "MemoryStorage: trial must be in [0, {}), got {}", size(), number);
    return trials_[static_cast<std::size_t>(number)];
  }

  bool has_budget() const { return size() < definition.trials; }

  /// A trial of the next number, which is queued only by move_to.
  Trial& add_trial() {
    Trial& trial = trials_.emplace_back();
    trial.record.number = size() - 1;
    return trial;
  }

  /// The trial to claim at `now`, see Storage::claim: those whose lease has run out too often fail.
  std::optional<std::int64_t> next(StorageTime now) {
    std::optional<std::int64_t> least;
    if (!queued_.empty()) least = *queued_.begin();
    std::vector<std::int64_t> given_up;
    for (const auto& [expiry, number] : leases_) {
      if (expiry > now) break;
      if (trial(number).record.attempt >= definition.max_attempts) {
        given_up.push_back(number);
      } else if (!least || number < *least) {
        least = number;
      }
    }
    for (const std::int64_t number : given_up) {
      trial(number).record.reason = lease_lost_reason;
      move_to(trial(number), TrialState::failed, now);
    }
    if (!least && has_budget()) least = add_trial().record.number;
    return least;
  }

  void extend(Trial& trial, StorageTime expiry) {
    leases_.erase({trial.expiry, trial.record.number});
    trial.expiry = expiry;
    leases_.emplace(expiry, trial.record.number);
  }

  void move_to(Trial& trial, TrialState state, StorageTime now) {
    queued_.erase(trial.record.number);
    leases_.erase({trial.expiry, trial.record.number});
    if (state == TrialState::queued) queued_.insert(trial.record.number);
    if (is_final(state)) trial.record.finished = now;
    trial.record.state = state;
    changed(trial);
  }

  void changed(Trial& trial) {
    changes_.erase(trial.revision);
    trial.revision = ++revision;
    changes_.emplace(trial.revision, trial.record.number);
  }

  /// The trials that changed after `since`, by number.
  Changes changes_since(Revision since) const {
    Changes changes{.revision = revision, .records = {}};
    for (auto change = changes_.upper_bound(since); change != changes_.end(); ++change) {
      changes.records.push_back(trials_[static_cast<std::size_t>(change->second)].record);
    }
    std::ranges::sort(changes.records, {}, &TrialRecord::number);
    return changes;
  }

 private:
  std::deque<Trial> trials_;
  std::set<std::int64_t> queued_;
  std::set<std::pair<StorageTime, std::int64_t>> leases_;  // of those that are running, the next to run out first
  std::map<Revision, std::int64_t> changes_;               // every trial that changed, once
};

}  // namespace eigentune::study_detail
