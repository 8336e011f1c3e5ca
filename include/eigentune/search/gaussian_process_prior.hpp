#pragma once

#include <eigentune/core/portable_math.hpp>
#include <eigentune/core/random.hpp>
#include <eigentune/search/projected_lbfgs.hpp>

#include <Eigen/Core>

#include <cmath>
#include <cstdint>
#include <limits>

namespace eigentune::gp {

/// Independent normal distributions of the logarithms of hyperparameters, cut off at bounds.
struct LogNormalPrior {
  Eigen::VectorXd mean, deviation, lower, upper;  ///< [parameters]

  explicit LogNormalPrior(Eigen::Index parameters)
      : mean(parameters), deviation(parameters), lower(parameters), upper(parameters) {}

  void set(Eigen::Index i, double mean_of_log, double deviation_of_log, double low, double high) {
    mean[i] = mean_of_log;
    deviation[i] = deviation_of_log;
    lower[i] = low;
    upper[i] = high;
  }

  /// Of `count` lengths on the unit cube, from index 0 on: ln(length) of mean sqrt(2) + ln(count) / 2 and deviation
  /// sqrt(3), so that what the process expects to see does not grow wilder with the dimension: Hvarfner, Hellsten and
  /// Nardi, "Vanilla Bayesian Optimization Performs Great in High Dimensions" (2024).
  void set_lengths(int count) {
    const double center = std::sqrt(2.0) + 0.5 * portable::log(static_cast<double>(count));
    for (int i = 0; i < count; ++i) set(i, center, std::sqrt(3.0), portable::log(5e-3), portable::log(1e3));
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

/// The theta of the highest posterior density, `model.log_likelihood` times `prior`, that L-BFGS finds from each of
/// `starts` within `max_evaluations` of the likelihood.
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
    BoxMinimum found = minimize_in_box(loss, starts.col(i), prior.lower, prior.upper,
                                       {.max_evaluations = max_evaluations,
                                        .gradient_tolerance = 1e-3,
                                        .relative_decrease = 1e-6});
    if (i == 0 || found.value < best.value || !is_finite(best.value)) best = std::move(found);
  }
  return best.x;
}

}  // namespace eigentune::gp
