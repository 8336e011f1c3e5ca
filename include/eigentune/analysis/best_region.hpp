#pragma once

#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/portable_math.hpp>
#include <eigentune/space/hyperparameter.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace eigentune {

/// Where along a hyperparameter's axis the best trials lie.
struct BestRegion {
  double low = 0.0, high = 1.0;       ///< of the best trials, on the axis in [0, 1]
  double margin = 0.0;                ///< by which the best region may reach further, on either side
  std::int64_t best = 0, trials = 0;  ///< how many the best are, and of how many
  double p_value = 1.0;               ///< of as many trials by chance lying so close together
};

/// The best region is what a tenth of the trials span, but at least so many; and these of at least twice as many.
inline constexpr double best_region_share = 0.1;
inline constexpr std::size_t best_region_least = 6;
/// The level of the test for a best region.
inline constexpr double best_region_level = 0.05;

/// The range of the best tenth of the complete trials in which the hyperparameter is active, at least 6 of 12 (more
/// where objectives are equal). It counts if so many trials picked at random seldom lie so close together: of n trials
/// m lie in the range, and k uniform positions span no more than r = m / n with probability
///
///     p = k r^(k-1) - (k-1) r^k
///
/// (the distribution of a sample's range), which must be below 5%. That is counted in trials and not in lengths, so a
/// search that has crowded somewhere already does not matter. So the range of a hyperparameter that does not matter,
/// and one in noise, stays as it is. The margin is the mean distance of the best trials along the axis, (high - low) /
/// (k - 1), by which the range of k uniform positions falls short of their support on either side, at least a twentieth
/// of the axis. Absent otherwise, and if the hyperparameter has no axis.
inline std::optional<BestRegion> best_region(const StudyData& data, const Hyperparameter& hyperparameter) {
  if (!has_axis(hyperparameter)) return std::nullopt;
  std::vector<double> positions, costs;  // the best first
  for (const RankedTrial& one : ranked_trials(data)) {
    const std::optional<double> unit = unit_position(hyperparameter, *one.trial->point);
    if (!unit) continue;
    positions.push_back(*unit);
    costs.push_back(one.cost);
  }
  const std::size_t n = positions.size();
  const double share = best_region_share * static_cast<double>(n);
  std::size_t k = std::max(best_region_least, static_cast<std::size_t>(share + 0.5));
  while (k < n && costs[k] == costs[k - 1]) ++k;
  if (n < 2 * k) return std::nullopt;
  const auto [low, high] = std::ranges::minmax(std::span(positions).first(k));
  BestRegion region{
      .low = low, .high = high, .best = static_cast<std::int64_t>(k), .trials = static_cast<std::int64_t>(n)};
  const auto within =
      std::ranges::count_if(positions, [&](double unit) { return unit >= region.low && unit <= region.high; });
  const double r = static_cast<double>(within) / static_cast<double>(n), count = static_cast<double>(k);
  region.p_value = portable::power(r, region.best - 1) * (count - portable::rounded((count - 1.0) * r));
  if (region.p_value >= best_region_level) return std::nullopt;
  constexpr double least_margin = 0.05;
  region.margin = std::max(least_margin, (high - low) / (count - 1.0));
  return region;
}

}  // namespace eigentune
