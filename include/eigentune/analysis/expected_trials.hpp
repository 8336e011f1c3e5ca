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
    return !hyperparameter.is_active(point) || unit_position(hyperparameter, point).has_value();
  });
}

/// At most `most` of `trials`, evenly spaced from the first on.
template <class T>
std::vector<T> evenly_spaced(const std::vector<T>& trials, std::size_t most) {
  const std::size_t count = std::min(trials.size(), most);
  std::vector<T> result;
  for (std::size_t i = 0; i < count; ++i) result.push_back(trials[i * trials.size() / count]);
  return result;
}

/// A row for each of `trials`, of what the model sees of its point.
inline Eigen::MatrixXd features_of(const gp::Landscape& landscape, const std::vector<const TrialRecord*>& trials) {
  Eigen::MatrixXd features(static_cast<Eigen::Index>(trials.size()), landscape.groups().features());
  for (std::size_t i = 0; i < trials.size(); ++i) {
    features.row(static_cast<Eigen::Index>(i)) = landscape.place_of(*trials[i]->point).features;
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

/// Of each row of `places`, whether the nearest of the trials is infeasible. Of more than 1,024 trials as many stand
/// for all, so many of either kind that their share is kept.
inline std::vector<bool> are_infeasible(const gp::Landscape& landscape, const Eigen::MatrixXd& places,
                                        const std::vector<const TrialRecord*>& complete,
                                        const std::vector<const TrialRecord*>& infeasible) {
  constexpr std::size_t most = 1024;
  const std::size_t all = std::max(most, complete.size() + infeasible.size());
  const auto distances = [&](const std::vector<const TrialRecord*>& trials) {
    const std::size_t share = (most * trials.size() + all - 1) / all;
    return squared_distances_to_nearest(places, features_of(landscape, evenly_spaced(trials, share)));
  };
  const Eigen::VectorXd to_complete = distances(complete), to_infeasible = distances(infeasible);
  std::vector<bool> result;
  for (Eigen::Index i = 0; i < places.rows(); ++i) result.push_back(to_infeasible[i] < to_complete[i]);
  return result;
}

/// Costs [n], the best first, made fit for a Gaussian process: bad ones are compressed, and all are moved to mean 0 and
/// scaled to variance 1.
///
///     z = (cost - best) / (median - best);   z > 1 becomes 2 - 1 / z
///
/// What is asked concerns the better half, where the map is linear. The rest may reach as far as a loss that explodes,
/// and would pass its scatter on to all: noise is a single number.
inline Eigen::VectorXd compressed(const std::vector<double>& costs) {
  const double best = costs.front(), half_spread = 0.5 * median(costs) - 0.5 * best;  // halved, lest it overflow
  Eigen::VectorXd values(static_cast<Eigen::Index>(costs.size()));
  for (Eigen::Index i = 0; i < values.size(); ++i) {
    const double z = (0.5 * costs[static_cast<std::size_t>(i)] - 0.5 * best) / half_spread;
    values[i] = z > 1.0 ? 2.0 - 1.0 / z : z;
  }
  values.array() -= values.mean();
  return values / std::sqrt(values.squaredNorm() / static_cast<double>(values.size()));
}

/// Noise and lengths as a study's objective is expected to have them: the noise of retraining about a seventh of the
/// variation over the space, and lengths half as long again as in prior_of, which looks for a single best point and had
/// rather see too much in a surface than too little.
inline gp::LogNormalPrior prior_of_study(const gp::Regression& model) {
  gp::LogNormalPrior prior = gp::prior_of(model);
  const int lengths = model.groups().count;
  prior.mean.head(lengths).array() += 0.4;
  prior.set(lengths + 1, -4.0, 1.0, {1e-8, 3.0});
  return prior;
}

}  // namespace analysis_detail

/// What another 4,096 quasi-random trials of the study's space would have come to, as a Gaussian process
/// (gp::Regression) fitted to its trials expects it:
///
///     its mean at point i + noise z,   z the quantiles (k + u_i) / 16 of the standard normal, k = 0, ..., 15,
///     u_i the fractional part of (i + 1/2) times the golden ratio
///
/// with half of the noise's fitted variance (the other half is taken for what the mean smooths away), so that there are
/// enough to tell what is rare: the expected best of n. Costs are in units in which the study's have mean 0 and
/// variance 1; the better half is on a linear scale, how bad the rest is counts little. A point whose nearest trial is
/// infeasible is infeasible too.
///
/// Of more than 256 complete trials as many, evenly spaced in order of their cost, stand for all. Trials whose point is
/// not of the space do not count. Absent if fewer than 8 complete ones remain, if half of them are as good as
/// the best, if no hyperparameter has several values, or if no point is feasible.
inline std::optional<BestOfN> expected_trials(const StudyData& data) {
  constexpr std::size_t least_complete = 8, most_complete = 256;
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
  if (costs.size() < least_complete || !(0.5 * median(costs) > 0.5 * costs.front())) return std::nullopt;
  const gp::Landscape landscape(data.space, *complete.front()->point);
  if (landscape.groups().count == 0) return std::nullopt;

  constexpr std::uint64_t seed = 0x4558;  // whatever it is, but not the study's
  Random random(seed);
  const Halton halton{.seed = seed};
  Eigen::MatrixXd places(points, landscape.groups().features());
  for (Eigen::Index i = 0; i < points; ++i) {
    places.row(i) = landscape.place_of(halton.suggest(data.space, {}, i)).features;
  }
  const gp::Regression model(
      landscape.groups(),
      analysis_detail::features_of(landscape, analysis_detail::evenly_spaced(complete, most_complete)),
      analysis_detail::compressed(analysis_detail::evenly_spaced(costs, most_complete)));
  const Eigen::VectorXd theta = gp::fit(model, analysis_detail::prior_of_study(model), {}, random);
  const double noise = std::sqrt(0.5 * portable::exp(theta[landscape.groups().count + 1]));
  const Eigen::MatrixXd nothing_pending(0, landscape.groups().features()), one_world(0, 1);
  const Eigen::VectorXd means = model.condition(theta, nothing_pending, one_world).at(places).means;

  const std::vector<bool> are_infeasible = analysis_detail::are_infeasible(landscape, places, complete, infeasible);
  std::vector<double> expected;
  for (Eigen::Index i = 0; i < points; ++i) {
    if (are_infeasible[static_cast<std::size_t>(i)]) continue;
    const double turns = (static_cast<double>(i) + 0.5) * std::numbers::phi;
    for (int k = 0; k < noises; ++k) {
      const double z = normal_quantile((k + turns - std::floor(turns)) / noises);
      expected.push_back(means[i] + portable::rounded(noise * z));
    }
  }
  if (expected.empty()) return std::nullopt;
  const std::int64_t missing = points * noises - static_cast<std::int64_t>(expected.size());
  return BestOfN(std::move(expected), missing);
}

}  // namespace eigentune
