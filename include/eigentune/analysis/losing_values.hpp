#pragma once

#include <eigentune/analysis/scientific_comparison.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/space/hyperparameter.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

namespace eigentune {

/// The values of a hyperparameter that clearly lose against the one with the best trial, scientific or not: that one
/// wins the bootstrap with 80%, and ranks above by Savage's test at 5%, as in find_scientific_comparisons, times the
/// number of ordered pairs, of which the data picked these. A value without a trial has not lost. The winner is the
/// first of the result, if any value loses; else there is none.
inline std::vector<ScientificValue> winner_and_losing_values(const StudyData& data,
                                                             const Hyperparameter& hyperparameter) {
  std::vector<ScientificValue> values = scientific_values(data, hyperparameter);
  const auto pairs = static_cast<double>(values.size() * (values.size() - 1));
  std::erase_if(values, [](const ScientificValue& value) { return value.size() == 0; });
  std::ranges::stable_sort(values, {}, [](const ScientificValue& value) {
    return value.costs.empty() ? std::numeric_limits<double>::infinity() : value.costs.front();
  });
  if (values.empty() || values.front().costs.empty()) return {};
  const ScientificValue best = values.front();
  std::erase_if(values, [&](const ScientificValue& value) {
    if (value.value == best.value) return false;
    const std::int64_t n = std::min(best.size(), value.size());
    const double win = value.costs.empty() ? 1.0 : analysis_detail::bootstrap_win_probability(best, value, n);
    return win < decisive_win_probability ||
           pairs * analysis_detail::chance_of_ranks(best, value.costs, value.infeasible) >= comparison_level;
  });
  if (values.size() == 1) values.clear();
  return values;
}

}  // namespace eigentune
