#pragma once

#include <eigentune/analysis/best_of_n.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/normal_quantile.hpp>
#include <eigentune/core/portable_math.hpp>
#include <eigentune/core/quantile.hpp>
#include <eigentune/core/random.hpp>
#include <eigentune/search/gaussian_process_fit.hpp>
#include <eigentune/search/gaussian_process_landscape.hpp>
#include <eigentune/search/gaussian_process_regression.hpp>
#include <eigentune/search/gaussian_process_standardize.hpp>
#include <eigentune/search/halton.hpp>
#include <eigentune/space/point.hpp>
#include <eigentune/space/search_space.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numbers>
#include <optional>
#include <utility>
#include <vector>

namespace eigentune {

namespace analysis_detail {

inline bool is_of(const SearchSpace& space, const Point& point) {
  return std::ranges::all_of(space.hyperparameters(), [&point](const Hyperparameter& hyperparameter) {
    if (!hyperparameter.is_active(point)) return true;
    const Value* value = point.find(hyperparameter.name);
    return value != nullptr && hyperparameter.domain.contains(*value);
  });
}

/// At most `most` of `trials`, evenly spaced from the first on; a row for each, of what gp::Landscape makes of its
/// point.
inline Eigen::MatrixXd features_of(const gp::Landscape& landscape, const std::vector<const TrialRecord*>& trials,
                                   std::size_t most) {
  const std::size_t count = std::min(trials.size(), most);
  Eigen::MatrixXd features(static_cast<Eigen::Index>(count), landscape.groups().features());
  for (std::size_t i = 0; i < count; ++i) {
    const Point& point = *trials[i * trials.size() / count]->point;
    features.row(static_cast<Eigen::Index>(i)) = landscape.place_of(point).features;
  }
  return features;
}

/// Of each row of `places`, the square of its distance from the nearest row of `features`; infinite if there is none.
inline Eigen::VectorXd squared_distances_to_nearest(const Eigen::MatrixXd& places, const Eigen::MatrixXd& features) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  Eigen::VectorXd nearest = Eigen::VectorXd::Constant(places.rows(), infinity);
  for (Eigen::Index i = 0; i < features.rows(); ++i) {
    nearest = nearest.cwiseMin(gp::Kernel::squared_distances(places, features.row(i)));
  }
  return nearest;
}

/// The retraining noise of an objective is expected to have about a seventh of its variation over the space: that is
/// what tells a rough landscape from a smooth one with noise where there are few trials. The search for a single best
/// point expects less (see prior_of), so that it goes on to look closely.
inline gp::LogNormalPrior prior_with_noise(const gp::Regression& model) {
  gp::LogNormalPrior prior = gp::prior_of(model);
  prior.set(model.groups().count + 1, -4.0, 1.5, {1e-8, 3.0});
  return prior;
}

}  // namespace analysis_detail

/// What another 4,096 quasi-random trials of the study's space would have come to, as a Gaussian process
/// (gp::Regression) fitted to its trials expects it:
///
///     its mean at point i + noise z,   z the quantiles (k + u_i) / 16 of the standard normal, k = 0, ..., 15,
///     u_i the fractional part of (i + 1/2) times the golden ratio
///
/// with the noise's fitted standard deviation, so that there are enough to tell what is rare: the expected best of n.
/// Costs are in the units of gp::standardized, of mean 0 and variance 1 over the study's trials and linear among its
/// better ones. A point whose nearest trial is infeasible is infeasible too.
///
/// Of more than 256 complete trials as many, evenly spaced in order of their cost, stand for all. Trials whose point is
/// not of the space do not count. Absent if fewer than 8 complete ones remain, if three quarters of them are as good as
/// the best, if no hyperparameter has several values, or if no point is feasible.
inline std::optional<BestOfN> expected_trials(const StudyData& data) {
  constexpr std::size_t least_complete = 8, most_complete = 256, most_infeasible = 256;
  constexpr Eigen::Index points = 4096;
  constexpr int noises = 16;
  std::vector<const TrialRecord*> complete, infeasible;
  std::vector<double> costs;
  for (const auto& [trial, cost] : ranked_trials(data)) {
    if (!analysis_detail::is_of(data.space, *trial->point)) continue;
    complete.push_back(trial);
    costs.push_back(cost);
  }
  for (const TrialRecord& trial : data.trials) {
    if (is_infeasible(trial) && trial.point && analysis_detail::is_of(data.space, *trial.point)) {
      infeasible.push_back(&trial);
    }
  }
  if (costs.size() < least_complete || !(quantile(costs, 0.75) > costs.front())) return std::nullopt;
  const gp::Landscape landscape(data.space, *complete.front()->point);
  if (landscape.groups().count == 0) return std::nullopt;

  const Eigen::MatrixXd features = analysis_detail::features_of(landscape, complete, most_complete);
  const Eigen::VectorXd all_values = gp::standardized(costs);
  Eigen::VectorXd values(features.rows());
  for (Eigen::Index i = 0; i < values.size(); ++i) values[i] = all_values[i * all_values.size() / values.size()];
  const gp::Regression model(landscape.groups(), features, std::move(values));
  Random random(0, 0x4558);
  const Eigen::VectorXd theta = gp::fit(model, analysis_detail::prior_with_noise(model), {}, random);
  const double noise = std::sqrt(portable::exp(theta[landscape.groups().count + 1]));

  const Halton halton{.seed = 0x4558};
  Eigen::MatrixXd places(points, landscape.groups().features());
  for (Eigen::Index i = 0; i < points; ++i) {
    places.row(i) = landscape.place_of(halton.suggest(data.space, {}, i)).features;
  }
  const Eigen::VectorXd to_complete = analysis_detail::squared_distances_to_nearest(places, features);
  const Eigen::VectorXd to_infeasible = analysis_detail::squared_distances_to_nearest(
      places, analysis_detail::features_of(landscape, infeasible, most_infeasible));
  const gp::Posterior posterior = model.condition(theta, Eigen::MatrixXd(0, features.cols()), Eigen::MatrixXd(0, 1));
  const Eigen::VectorXd means = posterior.at(places).means;
  std::vector<double> expected;
  for (Eigen::Index i = 0; i < points; ++i) {
    if (to_infeasible[i] < to_complete[i]) continue;
    const double turns = (static_cast<double>(i) + 0.5) * std::numbers::phi;
    for (int k = 0; k < noises; ++k) {
      const double z = normal_quantile((k + turns - std::floor(turns)) / noises);
      expected.push_back(means[i] + portable::rounded(noise * z));
    }
  }
  if (expected.empty()) return std::nullopt;
  const std::int64_t all = points * noises - static_cast<std::int64_t>(expected.size());
  return BestOfN(std::move(expected), all);
}

}  // namespace eigentune
