#pragma once

#include <eigentune/analysis/least_squares.hpp>
#include <eigentune/analysis/regression_terms.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/error.hpp>
#include <eigentune/core/portable_math.hpp>
#include <eigentune/space/point.hpp>
#include <eigentune/space/search_space.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace eigentune {

/// The costs that a study might have had as well: those which a second-order response surface without interactions
/// expects of each of the n `ranked` trials, each with the residuals of the others too (a bootstrap of residuals;
/// Efron, "Bootstrap Methods: Another Look at the Jackknife", 1979, in full instead of drawn),
///
///     expected[i] + sqrt(n / (n - p)) residual[k]    of all i and k,
///
/// p being the number of coefficients. So the few best trials are not taken for more than the rest makes of them. Of
/// more than 64 residuals as many quantiles stand for all. The surface has lines instead of parabolas where there are
/// fewer than two trials for each coefficient. Empty if even so there are, or a sum overflows.
inline std::vector<double> smoothed_costs(const SearchSpace& space, const std::vector<RankedTrial>& ranked) {
  using analysis_detail::Others;
  std::vector<const Point*> points;
  analysis_detail::Column costs;
  for (const RankedTrial& one : ranked) {
    points.push_back(&*one.trial->point);
    costs.push_back(one.cost);
  }
  const std::size_t n = costs.size(), all = space.hyperparameters().size();
  for (const Others others : {Others::parabolas, Others::lines}) {
    analysis_detail::OrthonormalBasis basis;
    analysis_detail::Column residuals = costs;
    for (analysis_detail::Column& column : analysis_detail::columns_of_others(space, points, all, others)) {
      if (basis.add(std::move(column)) == 0.0) continue;
      analysis_detail::subtract(residuals, analysis_detail::dot(residuals, basis.last()), basis.last());
    }
    if (n == 0 || n < 2 * basis.size()) continue;
    analysis_detail::Column expected = costs;
    analysis_detail::subtract(expected, 1.0, residuals);
    std::ranges::sort(residuals);
    constexpr std::size_t most = 64;
    const std::size_t count = std::min(n, most);
    const double factor = std::sqrt(static_cast<double>(n) / static_cast<double>(n - basis.size()));
    std::vector<double> smoothed;
    for (std::size_t k = 0; k < count; ++k) {
      const double residual = portable::rounded(factor * residuals[(2 * k + 1) * n / (2 * count)]);
      for (const double cost : expected) smoothed.push_back(cost + residual);
    }
    if (!std::ranges::all_of(smoothed, is_finite)) return {};
    return smoothed;
  }
  return {};
}

}  // namespace eigentune
