#pragma once

#include <eigentune/analysis/incomplete_beta.hpp>
#include <eigentune/analysis/least_squares.hpp>
#include <eigentune/analysis/regression_terms.hpp>
#include <eigentune/analysis/student_t.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/space/hyperparameter.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace eigentune {

/// How one group of trials compares with the others, with the hyperparameters that they do not differ by taken into
/// account: the analysis of covariance (Fisher, "Statistical Methods for Research Workers", 4th ed. 1932),
///
///     score = offset of the group + sum over the other ordered hyperparameters j of (b_j x_j + a_j x_j^2)
///           + sum over the other choices of an offset per value
///
/// fitted by least squares, the scores being normal scores of the costs (see ResponseSurface). What the nuisance
/// hyperparameters did by chance to the best trial of a group is taken out of it, so a difference shows in far fewer
/// trials than by their ranks.
struct CovarianceAnalysis {
  double p_not_better = 1.0;  ///< of the first group's being no better than some other: the largest t-test, one-sided
  double p_parallel = 1.0;    ///< of the groups' differing by offsets only: the F-test of different slopes in them
  std::int64_t trials = 0;
};

/// The analysis for the `ranked` trials of which `group` [the same size] tells the group, in [0, groups), by the values
/// of hyperparameter `index` of the space. Absent where it is no fair comparison or cannot be made: if another varied
/// hyperparameter is not active in all trials (each group then has ranges of its own), with fewer than two trials for
/// each coefficient of the F-test, and if all costs are equal.
inline std::optional<CovarianceAnalysis> covariance_analysis(const SearchSpace& space,
                                                             std::span<const RankedTrial> ranked,
                                                             const std::vector<std::size_t>& group, std::size_t groups,
                                                             std::size_t index) {
  using analysis_detail::Column;
  std::vector<const Point*> points;
  std::vector<double> costs;
  for (const RankedTrial& one : ranked) {
    points.push_back(&*one.trial->point);
    costs.push_back(one.cost);
  }
  if (points.empty() || costs.front() == costs.back()) return std::nullopt;
  std::vector<Column> slopes;
  for (std::size_t j = 0; j < space.hyperparameters().size(); ++j) {
    const Hyperparameter& other = space.hyperparameters()[j];
    if (j == index || other.role == Role::fixed) continue;
    if (!std::ranges::all_of(points, [&](const Point* point) { return other.is_active(*point); })) return std::nullopt;
    if (has_axis(other)) slopes.push_back(analysis_detail::axis_column(other, points, false));
  }
  std::vector<Column> members(groups, Column(points.size(), 0.0));
  for (std::size_t i = 0; i < points.size(); ++i) members[group[i]][i] = 1.0;

  const std::size_t n = points.size();
  const Column scores = analysis_detail::normal_scores(costs);
  for (const auto others : {analysis_detail::Others::parabolas, analysis_detail::Others::lines}) {
    const std::vector<Column> columns = analysis_detail::columns_of_others(space, points, index, others);
    analysis_detail::OrthonormalBasis all;
    for (const Column& column : columns) all.add(column);
    for (std::size_t g = 1; g < groups; ++g) all.add(members[g]);
    const std::size_t parallel_size = all.size();
    const double parallel_residual = all.residual(scores);
    for (std::size_t g = 1; g < groups; ++g) {
      for (const Column& slope : slopes) {
        Column own = slope;
        for (std::size_t i = 0; i < n; ++i) own[i] *= members[g][i];
        all.add(std::move(own));
      }
    }
    if (n < 2 * all.size()) continue;
    CovarianceAnalysis result{.p_not_better = 0.0, .trials = static_cast<std::int64_t>(n)};
    const double freedom = static_cast<double>(n - parallel_size);
    if (all.size() > parallel_size && parallel_residual > 0.0) {
      // F = (difference / d) / (residual / e) has the tail I_x(e / 2, d / 2) at x = residual / (residual + difference).
      const double share = std::min(1.0, all.residual(scores) / parallel_residual);
      result.p_parallel = incomplete_beta(share, 1.0 - share, 0.5 * static_cast<double>(n - all.size()),
                                          0.5 * static_cast<double>(all.size() - parallel_size));
    }
    const double error = std::sqrt(parallel_residual / freedom);
    for (std::size_t g = 1; g < groups; ++g) {
      analysis_detail::OrthonormalBasis basis;
      for (const Column& column : columns) basis.add(column);
      for (std::size_t h = 1; h < groups; ++h) {
        if (h != g) basis.add(members[h]);
      }
      double p = 1.0;
      if (basis.add(members[g]) > 0.0) {
        const double worse = analysis_detail::dot(scores, basis.last());
        p = error > 0.0 ? student_t::upper_tail(worse / error, freedom) : worse > 0.0 ? 0.0 : 1.0;
      }
      result.p_not_better = std::max(result.p_not_better, p);
    }
    return result;
  }
  return std::nullopt;
}

}  // namespace eigentune
