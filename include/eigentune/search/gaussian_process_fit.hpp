#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/portable_math.hpp>
#include <eigentune/core/random.hpp>
#include <eigentune/search/gaussian_process_feasibility.hpp>
#include <eigentune/search/gaussian_process_regression.hpp>
#include <eigentune/search/projected_lbfgs.hpp>

#include <Eigen/Core>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace eigentune::gp {

/// Independent normal distributions of the logarithms of hyperparameters, cut off at bounds.
struct LogNormalPrior {
  Eigen::VectorXd mean, deviation, lower, upper;  ///< [parameters]

  /// Of `lengths` lengths on the unit cube, and of `others` more, still to set: ln(length) has the mean
  /// ln(lengths) / 2 - 1.2 and the deviation 0.5. The first term is that of Hvarfner, Hellsten and Nardi, "Vanilla
  /// Bayesian Optimization Performs Great in High Dimensions" (2024): what is expected of a function does not grow
  /// wilder with the dimension. Lengths are shorter than theirs and known better: with few trials, long ones declare
  /// hyperparameters irrelevant that are not, and then a part of the space is never searched.
  LogNormalPrior(int lengths, int others)
      : mean(lengths + others), deviation(lengths + others), lower(lengths + others), upper(lengths + others) {
    const double center = 0.5 * portable::log(static_cast<double>(lengths)) - 1.2;
    for (int i = 0; i < lengths; ++i) set(i, center, 0.5, {5e-3, 1e3});
  }

  /// The bounds are of the hyperparameter itself.
  void set(Eigen::Index i, double mean_of_log, double deviation_of_log, std::pair<double, double> bounds) {
    mean[i] = mean_of_log;
    deviation[i] = deviation_of_log;
    lower[i] = portable::log(bounds.first);
    upper[i] = portable::log(bounds.second);
  }

  /// The logarithm of the density up to a constant; adds its gradient to `gradient`.
  double log_density(const Eigen::VectorXd& theta, Eigen::VectorXd& gradient) const {
    const Eigen::ArrayXd z = (theta - mean).array() / deviation.array();
    gradient.array() -= z / deviation.array();
    return -0.5 * z.square().sum();
  }

  Eigen::VectorXd draw(Random& random) const {
    Eigen::VectorXd theta(mean.size());
    for (Eigen::Index i = 0; i < theta.size(); ++i) theta[i] = mean[i] + deviation[i] * random.normal();
    return theta.cwiseMax(lower).cwiseMin(upper);
  }
};

/// For values of mean 0 and variance 1. The noise's variance is about 1e-4, give or take a factor of 50: little is
/// likelier than much, and it is never 0.
inline LogNormalPrior prior_of(const Regression& model) {
  const int lengths = model.groups().count;
  LogNormalPrior prior(lengths, 2);
  prior.set(lengths, 0.0, 2.0, {1e-3, 1e5});
  prior.set(lengths + 1, -9.0, 4.0, {1e-8, 3.0});
  return prior;
}

/// A variance of about 50 of the latent function, so that borders are expected to be sharp.
inline LogNormalPrior prior_of(const Classification& model) {
  const int lengths = model.groups().count;
  LogNormalPrior prior(lengths, 1);
  prior.set(lengths, 4.0, 2.0, {5e-2, 1e5});
  return prior;
}

/// How much work fit() may do.
struct FitEffort {
  int starts = 2;              ///< the stated one, and draws of the prior
  int evaluations = 50;        ///< of the likelihood, from each start
  Eigen::Index subset = 128;   ///< of more data than this, starts are compared on so many
  int final_evaluations = 10;  ///< on all of them, from the best found there
};

namespace detail {

/// Climbs the posterior density from each column of `starts`.
template <class Model>
Eigen::VectorXd most_probable(const Model& model, const LogNormalPrior& prior, const Eigen::MatrixXd& starts,
                              int max_evaluations) {
  const auto loss = [&](const Eigen::VectorXd& theta, Eigen::VectorXd& gradient) {
    double log_posterior = model.log_likelihood(theta, gradient);
    if (!is_finite(log_posterior)) return std::numeric_limits<double>::infinity();
    log_posterior += prior.log_density(theta, gradient);
    gradient = -gradient;
    return -log_posterior;
  };
  BoxMinimum best;
  for (Eigen::Index i = 0; i < starts.cols(); ++i) {
    BoxMinimum found =
        minimize_in_box(loss, starts.col(i), prior.lower, prior.upper,
                        {.max_evaluations = max_evaluations, .gradient_tolerance = 1e-3, .relative_decrease = 1e-5});
    if (i == 0 || !is_finite(best.value) || found.value < best.value) best = std::move(found);
  }
  return best.x;
}

}  // namespace detail

/// The most probable theta of `model` under `prior` that L-BFGS finds from several starts: the prior's mean with
/// somewhat shorter lengths, and draws from the prior.
template <class Model>
Eigen::VectorXd fit(const Model& model, const LogNormalPrior& prior, const FitEffort& effort, Random& random) {
  Eigen::MatrixXd starts(model.parameters(), effort.starts);
  for (Eigen::Index i = 0; i < starts.cols(); ++i) starts.col(i) = i == 0 ? prior.mean : prior.draw(random);
  starts.col(0).head(model.groups().count).array() -= 0.5;

  const Eigen::Index n = model.features().rows();
  if (n <= effort.subset) return detail::most_probable(model, prior, starts, effort.evaluations);
  std::vector<Eigen::Index> rows;
  for (Eigen::Index i = 0; i < effort.subset; ++i) rows.push_back(i * n / effort.subset);
  const Model part = model.subset(rows);
  const Eigen::VectorXd theta = detail::most_probable(part, prior, starts, effort.evaluations);
  return effort.final_evaluations == 0 ? theta : detail::most_probable(model, prior, theta, effort.final_evaluations);
}

/// The same under prior_of(model).
template <class Model>
Eigen::VectorXd fit(const Model& model, const FitEffort& effort, Random& random) {
  return fit(model, prior_of(model), effort, random);
}

}  // namespace eigentune::gp
