#pragma once

#include <eigentune/analysis/study_data.hpp>
#include <eigentune/report/plot.hpp>
#include <eigentune/space/search_space.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace support {

using namespace eigentune;

/// A study that minimizes the validation error, with trials that are added one by one.
inline StudyData empty_study(SearchSpace space) {
  StudyData data;
  data.definition.name = "by hand";
  data.definition.metric = "validation_error";
  data.space = std::move(space);
  return data;
}

/// A trial with this objective, infeasible if it has none.
inline TrialRecord& add_trial(StudyData& data, Point point, std::optional<double> objective) {
  TrialRecord trial{.number = static_cast<std::int64_t>(data.trials.size()), .point = std::move(point), .attempt = 1};
  trial.objective = objective;
  trial.state = objective ? TrialState::complete : TrialState::infeasible;
  data.trials.push_back(std::move(trial));
  return data.trials.back();
}

/// The curve of `column` with these values at steps 0, 1, ...
inline TrainingCurve curve_of(std::optional<double> CurveValues::*column, const std::vector<double>& values) {
  TrainingCurve curve;
  for (std::size_t i = 0; i < values.size(); ++i) {
    CurveValues row;
    row.*column = values[i];
    curve.add(static_cast<std::int64_t>(i), row);
  }
  return curve;
}

/// The layer of that kind and label; null if there is none.
template <class Layer>
const Layer* layer(const Plot& plot, std::string_view label = "") {
  for (const PlotLayer& one : plot.layers) {
    if (const auto* found = std::get_if<Layer>(&one); found != nullptr && found->label == label) return found;
  }
  return nullptr;
}

}  // namespace support
