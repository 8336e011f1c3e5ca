#pragma once

#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/quantile.hpp>

#include <cstddef>
#include <optional>
#include <vector>

namespace eigentune {

/// What the good trials differ by: the interquartile range of the objectives of the better half of the `ranked` trials.
/// What is smaller does not decide between them. Absent below 4 trials in that half, whose quartiles say nothing.
inline std::optional<double> spread_of_better_half(const std::vector<RankedTrial>& ranked) {
  constexpr std::size_t least_trials = 4;
  std::vector<double> better;
  for (std::size_t i = 0; i < (ranked.size() + 1) / 2; ++i) better.push_back(ranked[i].cost);
  if (better.size() < least_trials) return std::nullopt;
  return interquartile_range(better);
}

}  // namespace eigentune
