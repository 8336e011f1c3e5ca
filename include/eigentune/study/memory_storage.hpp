#pragma once

#include <eigentune/study/storage.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigentune {

/// Studies that live as long as this object: nothing to link, and nothing left behind. For one process; several Study
/// objects may share it.
///
/// A call costs O(log n) of n trials, besides what it hands out.
class MemoryStorage final : public Storage {
 public:
  using Clock = std::function<StorageTime()>;

  static StorageTime system_time() {
    return std::chrono::time_point_cast<StorageTime::duration>(std::chrono::system_clock::now());
  }

  /// `clock` tells when leases run out; a test gives one that it sets. It is called by one thread at a time.
  explicit MemoryStorage(Clock clock = system_time) : clock_(std::move(clock)) {
    require(clock_ != nullptr, "MemoryStorage: clock must not be a null function");
  }

  StudyId open_study(const StudyDefinition& definition) override {
    definition.validate();
    const std::lock_guard lock(mutex_);
    if (const auto found = by_name_.find(definition.name); found != by_name_.end()) {
      Data& study = at(found->second);
      StudyDefinition now = reopened(study.definition, definition);
      if (now != study.definition) {
        study.definition = std::move(now);
        ++study.revision;
      }
      return found->second;
    }
    const auto id = static_cast<StudyId>(studies_.size());
    studies_.push_back({.definition = definition, .revision = 1});
    by_name_.emplace(definition.name, id);
    return id;
  }

  std::optional<StudyId> find_study(std::string_view name) override {
    const std::lock_guard lock(mutex_);
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? std::nullopt : std::optional(found->second);
  }

  std::vector<std::string> study_names() override {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const Data& study : studies_) names.push_back(study.definition.name);
    return names;
  }

  StudyDefinition definition(StudyId study) override {
    const std::lock_guard lock(mutex_);
    return at(study).definition;
  }

  std::optional<Claim> claim(StudyId id, std::string_view worker, std::chrono::milliseconds lease) override {
    const std::lock_guard lock(mutex_);
    Data& study = at(id);
    const StorageTime now = clock_();
    const std::optional<std::int64_t> number = next(study, now);
    if (!number) return std::nullopt;
    TrialData& trial = study.trials[static_cast<std::size_t>(*number)];
    if (trial.record.state == TrialState::running) trial.record.reason = lease_lost_reason;
    move_to(study, trial, TrialState::running);
    ++trial.record.attempt;
    trial.record.worker = worker;
    trial.record.started = now;
    trial.curve = {};
    trial.token = ++study.last_token;
    extend(study, trial, now + lease);
    return Claim{.study = id,
                 .number = *number,
                 .attempt = trial.record.attempt,
                 .token = trial.token,
                 .point = trial.record.point};
  }

  bool set_point(const Claim& claim, const Point& point, std::optional<Revision> seen) override {
    const std::lock_guard lock(mutex_);
    auto [study, trial] = held(claim);
    if (trial.record.point) {
      throw Error(fmt::format("study \"{}\": expected trial {} without a point, found {}", study.definition.name,
                              claim.number, trial.record.point->text()));
    }
    if (seen && *seen < study.point_revision) return false;
    trial.record.point = point;
    changed(study, trial);
    study.point_revision = study.revision;
    return true;
  }

  void heartbeat(const Claim& claim, std::chrono::milliseconds lease) override {
    const std::lock_guard lock(mutex_);
    auto [study, trial] = held(claim);
    extend(study, trial, clock_() + lease);
  }

  void report(const Claim& claim, std::span<const CurveRow> rows) override {
    const std::lock_guard lock(mutex_);
    append(held(claim).second, rows);
  }

  TrialState finish(const Claim& claim, const TrialResult& result, std::span<const CurveRow> rows) override {
    result.validate();
    const std::lock_guard lock(mutex_);
    auto [study, trial] = held(claim);
    append(trial, rows);
    trial.record.objective = result.objective;
    trial.record.best_step = result.best_step;
    trial.record.reason = result.reason;
    trial.record.infeasible_step = result.infeasible_step;
    trial.record.diverged_step = result.diverged_step;
    const bool again = result.state == TrialState::failed && trial.record.attempt < study.definition.max_attempts;
    move_to(study, trial, again ? TrialState::queued : result.state);
    return trial.record.state;
  }

  void release(const Claim& claim) override {
    const std::lock_guard lock(mutex_);
    auto [study, trial] = held(claim);
    --trial.record.attempt;
    trial.curve = {};
    move_to(study, trial, TrialState::queued);
  }

  std::int64_t enqueue(StudyId id, const Point& point) override {
    const std::lock_guard lock(mutex_);
    Data& study = at(id);
    if (!has_budget(study)) {
      throw Error(fmt::format("study \"{}\": expected a budget for one more trial, found all {} taken",
                              study.definition.name, study.definition.trials));
    }
    TrialData& trial = add_trial(study);
    trial.record.point = point;
    study.queued.insert(trial.record.number);
    changed(study, trial);
    study.point_revision = study.revision;
    return trial.record.number;
  }

  Changes read(StudyId id, Revision since) override {
    const std::lock_guard lock(mutex_);
    const Data& study = at(id);
    Changes changes{.revision = study.revision, .records = {}};
    for (auto change = study.changes.upper_bound(since); change != study.changes.end(); ++change) {
      changes.records.push_back(study.trials[static_cast<std::size_t>(change->second)].record);
    }
    std::ranges::sort(changes.records, {}, &TrialRecord::number);
    return changes;
  }

  TrainingCurve curve(StudyId id, std::int64_t number) override {
    const std::lock_guard lock(mutex_);
    return trial_of(at(id), number).curve;
  }

  void each_curve(StudyId id, const std::function<void(std::int64_t, TrainingCurve)>& take) override {
    for (std::int64_t number = 0;; ++number) {
      std::optional<TrainingCurve> copy = curve_of(id, number);
      if (!copy) return;
      if (!copy->empty()) take(number, std::move(*copy));
    }
  }

 private:
  struct TrialData {
    TrialRecord record;
    TrainingCurve curve{};
    std::int64_t token = 0;
    StorageTime expiry{};   // while it is running
    Revision revision = 0;  // of its last change: its place in Data::changes
  };
  struct Data {
    StudyDefinition definition;
    Revision revision = 0;        // of the last change
    Revision point_revision = 0;  // of the last point that came
    std::int64_t last_token = 0;
    std::deque<TrialData> trials{};
    std::set<std::int64_t> queued{};
    std::set<std::pair<StorageTime, std::int64_t>> leases{};  // of those that are running, the next to run out first
    std::map<Revision, std::int64_t> changes{};               // every trial once
  };

  /// A copy, made while nobody writes; absent if there is no trial of that number.
  std::optional<TrainingCurve> curve_of(StudyId id, std::int64_t number) {
    const std::lock_guard lock(mutex_);
    Data& study = at(id);
    if (number == std::ssize(study.trials)) return std::nullopt;
    return trial_of(study, number).curve;
  }

  Data& at(StudyId id) {
    const auto index = static_cast<std::int64_t>(id);
    require(index >= 0 && index < std::ssize(studies_), "MemoryStorage: study must be in [0, {}), got {}",
            studies_.size(), index);
    return studies_[static_cast<std::size_t>(index)];
  }

  static TrialData& trial_of(Data& study, std::int64_t number) {
    require(number >= 0 && number < std::ssize(study.trials), "MemoryStorage: trial must be in [0, {}), got {}",
            study.trials.size(), number);
    return study.trials[static_cast<std::size_t>(number)];
  }

  std::pair<Data&, TrialData&> held(const Claim& claim) {
    Data& study = at(claim.study);
    TrialData& trial = trial_of(study, claim.number);
    if (trial.record.state != TrialState::running || trial.token != claim.token) {
      throw LeaseLost(study.definition.name, claim);
    }
    return {study, trial};
  }

  static bool has_budget(const Data& study) { return std::ssize(study.trials) < study.definition.trials; }

  static TrialData& add_trial(Data& study) {
    TrialData& trial = study.trials.emplace_back();
    trial.record.number = std::ssize(study.trials) - 1;
    return trial;
  }

  /// The trial to claim, see claim.
  std::optional<std::int64_t> next(Data& study, StorageTime now) {
    std::optional<std::int64_t> least;
    if (!study.queued.empty()) least = *study.queued.begin();
    std::vector<std::int64_t> given_up;
    for (const auto& [expiry, number] : study.leases) {
      if (expiry > now) break;
      if (trial_of(study, number).record.attempt >= study.definition.max_attempts) {
        given_up.push_back(number);
      } else if (!least || number < *least) {
        least = number;
      }
    }
    for (const std::int64_t number : given_up) {
      TrialData& trial = trial_of(study, number);
      trial.record.reason = lease_lost_reason;
      move_to(study, trial, TrialState::failed);
    }
    if (!least && has_budget(study)) least = add_trial(study).record.number;
    return least;
  }

  static void extend(Data& study, TrialData& trial, StorageTime expiry) {
    study.leases.erase({trial.expiry, trial.record.number});
    trial.expiry = expiry;
    study.leases.emplace(expiry, trial.record.number);
  }

  void move_to(Data& study, TrialData& trial, TrialState state) {
    study.queued.erase(trial.record.number);
    study.leases.erase({trial.expiry, trial.record.number});
    if (state == TrialState::queued) study.queued.insert(trial.record.number);
    if (is_final(state)) trial.record.finished = clock_();
    trial.record.state = state;
    changed(study, trial);
  }

  static void changed(Data& study, TrialData& trial) {
    study.changes.erase(trial.revision);
    trial.revision = ++study.revision;
    study.changes.emplace(trial.revision, trial.record.number);
  }

  /// All rows or none.
  static void append(TrialData& trial, std::span<const CurveRow> rows) {
    std::optional<std::int64_t> last;
    if (!trial.curve.empty()) last = trial.curve.rows().back().step;
    for (const CurveRow& row : rows) {
      TrainingCurve::check(last, row.step, row.values);
      last = row.step;
    }
    for (const CurveRow& row : rows) trial.curve.add(row.step, row.values);
  }

  std::mutex mutex_;
  Clock clock_;
  std::deque<Data> studies_;
  std::map<std::string, StudyId, std::less<>> by_name_;
};

}  // namespace eigentune
