#pragma once

#include <eigentune/analysis/regression_terms.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/analysis/variance_analysis.hpp>
#include <eigentune/core/portable_math.hpp>
#include <eigentune/space/hyperparameter.hpp>
#include <eigentune/space/point.hpp>
#include <eigentune/space/role.hpp>
#include <eigentune/space/search_space.hpp>
#include <eigentune/study/trial_record.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace eigentune {

/// How much one hyperparameter matters.
struct Importance {
  std::size_t index = 0;         ///< of the hyperparameter in the space
  std::string hyperparameter{};  ///< its id
  double share = 0.0;            ///< of the variance of the scores, in [0, 1]
  double error = 0.0;            ///< the standard error of the share
};

/// The importance of all hyperparameters that vary: see hyperparameter_importances.
struct Importances {
  std::vector<Importance> ranked{};  ///< the most important first, equal ones in the order of the space
  double explained = 0.0;            ///< the share of the variance that all of them explain together, in [0, 1]
  std::int64_t trials = 0;           ///< it was taken from, the infeasible ones included
};

namespace analysis_detail {

/// hyperparameter_importances of any scores, [points].
inline std::optional<Importances> importances_of(const SearchSpace& space, std::span<const Point* const> points,
                                                 std::span<const double> scores) {
  const auto [least, greatest] = std::ranges::minmax_element(scores);
  if (scores.empty() || *least == *greatest) return std::nullopt;
  const auto analysis = VarianceAnalysis::fit(space, points, scores);
  if (!analysis) return std::nullopt;
  Importances result{.explained = std::clamp(analysis->share(std::nullopt), 0.0, 1.0),
                     .trials = static_cast<std::int64_t>(points.size())};
  for (std::size_t j = 0; j < space.hyperparameters().size(); ++j) {
    const Hyperparameter& one = space.hyperparameters()[j];
    if (one.role == Role::fixed) continue;
    std::vector<double> shares;
    double mean = 0.0, variance = 0.0;
    const auto groups = static_cast<double>(analysis->groups());
    for (std::size_t g = 0; g < analysis->groups(); ++g) {
      shares.push_back(analysis->share(j, g));
      mean += shares.back() / groups;
    }
    for (const double share : shares) variance += portable::rounded((share - mean) * (share - mean));
    result.ranked.push_back({.index = j,
                             .hyperparameter = one.id,
                             .share = std::clamp(analysis->share(j), 0.0, 1.0),
                             .error = std::sqrt(variance * (groups - 1.0) / groups)});
  }
  std::ranges::stable_sort(result.ranked, std::ranges::greater(), &Importance::share);
  return result;
}

}  // namespace analysis_detail

/// How much each hyperparameter that varies matters: the share of the variance of the trials' scores that is lost if
/// the hyperparameter, with everything it does together with others, is left out of a polynomial fitted to the scores.
///
/// - The scores are normal scores (Blom 1958), so that only the order of the trials counts, not how bad the worst are.
///   Infeasible trials take part as the worst, all equal.
/// - Of a few polynomials the one that explains most is taken, none with fewer than three trials for a coefficient: of
///   degree up to 5 in the position of each ordered hyperparameter on its scale, with an offset for each value of a
///   choice, and, up to degree 3, with the products of two hyperparameters' linear terms and offsets. A conditional
///   hyperparameter's terms are 0 where it is not active; what its being active does is its condition's.
/// - The share is omega squared, (S_j - q_j s^2) / (S + s^2) (Hays, "Statistics", 1963): S_j is the sum of squares that
///   the q_j terms with hyperparameter j add to the fit by the others, S the scores', s^2 the residuals' mean square.
///   It is 0 on average where a hyperparameter has no effect, however noisy the scores; below 0 it is 0.
///   Where the trials are spread uniformly, it estimates Sobol's total index ("Global sensitivity indices for nonlinear
///   mathematical models", 2001; from a polynomial's coefficients: Sudret, "Global sensitivity analysis using
///   polynomial chaos expansions", 2008) and, where nothing interacts, the shares sum to `explained`; an interaction
///   counts for both.
/// - Its standard error is the jackknife's, over 20 groups of trials that are left out in turn.
///
/// Absent if there are fewer than three trials for each coefficient of straight lines, or all scores are equal.
/// Deterministic.
inline std::optional<Importances> hyperparameter_importances(const StudyData& data) {
  std::vector<const Point*> points;
  std::vector<double> costs;
  for (const RankedTrial& one : ranked_trials(data)) {
    points.push_back(&*one.trial->point);
    costs.push_back(one.cost);
  }
  for (const TrialRecord& trial : data.trials) {
    if (is_infeasible(trial) && trial.point) points.push_back(&*trial.point);
  }
  costs.resize(points.size(), std::numeric_limits<double>::infinity());
  return analysis_detail::importances_of(data.space, points, analysis_detail::normal_scores(costs));
}

}  // namespace eigentune
