#pragma once

#include <eigentune/core/direction.hpp>
#include <eigentune/core/error.hpp>
#include <eigentune/core/training_curve.hpp>
#include <eigentune/space/hyperparameter.hpp>
#include <eigentune/space/point.hpp>
#include <eigentune/space/role.hpp>
#include <eigentune/space/scale.hpp>
#include <eigentune/space/search_space.hpp>
#include <eigentune/space/value.hpp>
#include <eigentune/study/study_definition.hpp>
#include <eigentune/study/trial_record.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace eigentune {

/// All that an analysis needs of a study: a plain value, which read_study takes from a study and a test writes by hand.
/// The functions of this folder are pure functions of it.
struct StudyData {
  StudyDefinition definition{};  ///< of which analysis uses the name, the metric and the direction
  SearchSpace space{};
  std::vector<TrialRecord> trials{};               ///< by number, ascending
  std::map<std::int64_t, TrainingCurve> curves{};  ///< by the trial's number, of those that have one

  Direction direction() const { return definition.direction; }
};

/// A complete trial as most findings see it.
struct RankedTrial {
  const TrialRecord* trial;  ///< has a point and a finite objective
  double cost;               ///< the objective, negated if it is maximized: less is better
};

/// The cost of an objective: itself, negated if it is maximized.
constexpr double cost_of(Direction direction, double objective) {
  return direction == Direction::minimize ? objective : -objective;
}

/// The complete trials, the best first, equal ones by number. They point into `data`.
inline std::vector<RankedTrial> ranked_trials(const StudyData& data) {
  std::vector<RankedTrial> ranked;
  for (const TrialRecord& trial : data.trials) {
    if (trial.state != TrialState::complete || !trial.point || !trial.objective || !is_finite(*trial.objective)) {
      continue;
    }
    ranked.push_back({&trial, cost_of(data.direction(), *trial.objective)});
  }
  std::ranges::stable_sort(ranked, {}, &RankedTrial::cost);
  return ranked;
}

/// Whether the trial will never have a finite objective: it is infeasible, or failed, or complete without one, which
/// analysis takes as the same.
inline bool is_infeasible(const TrialRecord& trial) {
  if (trial.state == TrialState::complete) return !trial.objective || !is_finite(*trial.objective);
  return trial.state == TrialState::infeasible || trial.state == TrialState::failed;
}

/// Whether the values of a hyperparameter vary in the study and have an order, so that it has an axis with bounds.
inline bool has_axis(const Hyperparameter& hyperparameter) {
  return hyperparameter.role != Role::fixed && hyperparameter.domain.scale() != Scale::unordered;
}

/// Where the trial lies on the hyperparameter's axis, in [0, 1] on its scale; absent where it is not active there.
inline std::optional<double> unit_position(const Hyperparameter& hyperparameter, const Point& point) {
  if (!hyperparameter.is_active(point)) return std::nullopt;
  const Value* value = point.find(hyperparameter.name);
  if (value == nullptr || !hyperparameter.domain.contains(*value)) return std::nullopt;
  return hyperparameter.domain.to_unit(*value);
}

}  // namespace eigentune
