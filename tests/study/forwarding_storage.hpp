#pragma once

#include <eigentune/study/storage.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigentune {

/// Another storage, of which a test overrides what it wants to see or break.
class ForwardingStorage : public Storage {
 public:
  explicit ForwardingStorage(std::shared_ptr<Storage> inner) : inner_(std::move(inner)) {}

  StudyId open_study(const StudyDefinition& definition) override { return inner_->open_study(definition); }
  std::optional<StudyId> find_study(std::string_view name) override { return inner_->find_study(name); }
  std::vector<std::string> study_names() override { return inner_->study_names(); }
  StudyDefinition definition(StudyId study) override { return inner_->definition(study); }
  std::optional<Claim> claim(StudyId study, std::string_view worker, std::chrono::milliseconds lease) override {
    return inner_->claim(study, worker, lease);
  }
  bool set_point(const Claim& claim, const Point& point, std::optional<Revision> seen) override {
    return inner_->set_point(claim, point, seen);
  }
  void heartbeat(const Claim& claim, std::chrono::milliseconds lease) override { inner_->heartbeat(claim, lease); }
  void report(const Claim& claim, std::span<const CurveRow> rows) override { inner_->report(claim, rows); }
  TrialState finish(const Claim& claim, const TrialResult& result, std::span<const CurveRow> rows) override {
    return inner_->finish(claim, result, rows);
  }
  void release(const Claim& claim) override { inner_->release(claim); }
  std::int64_t enqueue(StudyId study, const Point& point) override { return inner_->enqueue(study, point); }
  Changes read(StudyId study, Revision since) override { return inner_->read(study, since); }
  TrainingCurve curve(StudyId study, std::int64_t number) override { return inner_->curve(study, number); }
  void each_curve(StudyId study, const std::function<void(std::int64_t, TrainingCurve)>& take) override {
    inner_->each_curve(study, take);
  }

 private:
  std::shared_ptr<Storage> inner_;
};

}  // namespace eigentune
