#pragma once

#include <eigentune/analysis/finding.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/search/halton.hpp>
#include <eigentune/space/search_space.hpp>

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace support {

using namespace eigentune;

/// A study that minimizes `objective`, a function of Point that returns an std::optional<double>, absent where
/// infeasible, at quasi-random points.
template <class Objective>
StudyData study_of(SearchSpace space, std::int64_t trials, Objective objective) {
  StudyData data;
  data.definition.metric = "validation_error";
  data.space = std::move(space);
  for (std::int64_t number = 0; number < trials; ++number) {
    TrialRecord trial{.number = number, .point = Halton{.seed = 5}.suggest(data.space, {}, number), .attempt = 1};
    trial.objective = objective(*trial.point);
    trial.state = trial.objective ? TrialState::complete : TrialState::infeasible;
    data.trials.push_back(std::move(trial));
  }
  return data;
}

/// Where the value lies on the scale of its domain, in [0, 1].
inline double unit(const SearchSpace& space, std::size_t index, const Point& point) {
  return *unit_position(space.hyperparameters()[index], point);
}

/// The finding of that check about that hyperparameter, if there is one.
inline std::optional<Finding> find(const std::vector<Finding>& findings, Check check, std::string_view id = "") {
  for (const Finding& finding : findings) {
    if (finding.check == check && finding.hyperparameter == id) return finding;
  }
  return std::nullopt;
}

}  // namespace support
