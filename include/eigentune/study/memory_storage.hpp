#pragma once

#include <eigentune/study/memory_study.hpp>
#include <eigentune/study/storage.hpp>

#include <fmt/core.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
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
      MemoryStudy& study = at(found->second);
      StudyDefinition now = reopened(study.definition, definition);
      if (now != study.definition) {
        study.definition = std::move(now);
        ++study.revision;
      }
      return found->second;
    }
    const auto id = static_cast<StudyId>(studies_.size());
    studies_.emplace_back(definition);
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
    for (const MemoryStudy& study : studies_) names.push_back(study.definition.name);
    return names;
  }

  StudyDefinition definition(StudyId study) override {
    const std::lock_guard lock(mutex_);
    return at(study).definition;
  }

  std::optional<Claim> claim(StudyId id, std::string_view worker, std::chrono::milliseconds lease) override {
    const std::lock_guard lock(mutex_);
    MemoryStudy& study = at(id);
    const StorageTime now = clock_();
    const std::optional<std::int64_t> number = study.next(now);
    if (!number) return std::nullopt;
    MemoryStudy::Trial& trial = study.trial(*number);
    if (trial.record.state == TrialState::running) trial.record.reason = lease_lost_reason;
    study.move_to(trial, TrialState::running, now);
    ++trial.record.attempt;
    trial.record.worker = worker;
    trial.record.started = now;
    trial.curve = {};
    trial.token = ++study.last_token;
    study.extend(trial, now + lease);
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
    study.changed(trial);
    study.point_revision = study.revision;
    return true;
  }

  void heartbeat(const Claim& claim, std::chrono::milliseconds lease) override {
    const std::lock_guard lock(mutex_);
    auto [study, trial] = held(claim);
    study.extend(trial, clock_() + lease);
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
    study.move_to(trial, again ? TrialState::queued : result.state, clock_());
    return trial.record.state;
  }

  void release(const Claim& claim) override {
    const std::lock_guard lock(mutex_);
    auto [study, trial] = held(claim);
    --trial.record.attempt;
    trial.curve = {};
    study.move_to(trial, TrialState::queued, clock_());
  }

  std::int64_t enqueue(StudyId id, const Point& point) override {
    const std::lock_guard lock(mutex_);
    MemoryStudy& study = at(id);
    if (!study.has_budget()) {
      throw Error(fmt::format("study \"{}\": expected a budget for one more trial, found all {} taken",
                              study.definition.name, study.definition.trials));
    }
    MemoryStudy::Trial& trial = study.add_trial();
    trial.record.point = point;
    study.move_to(trial, TrialState::queued, clock_());
    study.point_revision = study.revision;
    return trial.record.number;
  }

  Changes read(StudyId id, Revision since) override {
    const std::lock_guard lock(mutex_);
    return at(id).changes_since(since);
  }

  TrainingCurve curve(StudyId id, std::int64_t number) override {
    const std::lock_guard lock(mutex_);
    return at(id).trial(number).curve;
  }

  void each_curve(StudyId id, const std::function<void(std::int64_t, TrainingCurve)>& take) override {
    for (std::int64_t number = 0;; ++number) {
      std::optional<TrainingCurve> copy = curve_of(id, number);
      if (!copy) return;
      if (!copy->empty()) take(number, std::move(*copy));
    }
  }

 private:
  using MemoryStudy = study_detail::MemoryStudy;

  /// A copy, made while nobody writes; absent if there is no trial of that number.
  std::optional<TrainingCurve> curve_of(StudyId id, std::int64_t number) {
    const std::lock_guard lock(mutex_);
    MemoryStudy& study = at(id);
    if (number == study.size()) return std::nullopt;
    return study.trial(number).curve;
  }

  MemoryStudy& at(StudyId id) {
    const auto index = static_cast<std::int64_t>(id);
    require(index >= 0 && index < std::ssize(studies_), "MemoryStorage: study must be in [0, {}), got {}",
            studies_.size(), index);
    return studies_[static_cast<std::size_t>(index)];
  }

  std::pair<MemoryStudy&, MemoryStudy::Trial&> held(const Claim& claim) {
    MemoryStudy& study = at(claim.study);
    MemoryStudy::Trial& trial = study.trial(claim.number);
    if (trial.record.state != TrialState::running || trial.token != claim.token) {
      throw LeaseLost(study.definition.name, claim);
    }
    return {study, trial};
  }

  /// All rows or none.
  static void append(MemoryStudy::Trial& trial, std::span<const CurveRow> rows) {
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
  std::deque<MemoryStudy> studies_;
  std::map<std::string, StudyId, std::less<>> by_name_;
};

}  // namespace eigentune
