#pragma once

#include <eigentune/core/portable_math.hpp>
#include <eigentune/search/gaussian_process_kernel.hpp>
#include <eigentune/search/gaussian_process_posterior.hpp>
#include <eigentune/search/normal_distribution.hpp>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace eigentune::gp {

/// P(point i is feasible) = Phi(f(x_i)), f a Gaussian process of mean 0, by expectation propagation: Rasmussen and
/// Williams (2006), section 3.6 and algorithm 5.2, all sites in one sweep. A model of its own, beside that of the
/// objective, as in Gelbart, Snoek and Adams, "Bayesian Optimization with Unknown Constraints" (2014).
///
/// Not Laplace's approximation: divergence has a sharp border, which is a kernel of large variance, and there the mode
/// of f lies far from its mean. Laplace then goes on to give a quarter to places amid nothing but diverged trials.
class Classification {
 public:
  /// `features` [n, groups.features()], `labels` [n]: 1 feasible, -1 infeasible; n >= 1. Refers to `groups`.
  Classification(const FeatureGroups& groups, Eigen::MatrixXd features, Eigen::VectorXd labels)
      : groups_(groups), features_(std::move(features)), labels_(std::move(labels)) {}

  Eigen::Index parameters() const { return groups_.count + 1; }
  const FeatureGroups& groups() const { return groups_; }
  const Eigen::MatrixXd& features() const { return features_; }
  const Eigen::VectorXd& labels() const { return labels_; }

  /// The same of some rows of the data.
  Classification subset(const std::vector<Eigen::Index>& rows) const {
    return Classification(groups_, features_(rows, Eigen::all), labels_(rows));
  }

  /// Expectation propagation's ln p(labels), and its gradient [groups.count + 1] with respect to theta: the logarithms
  /// of the lengths and of the kernel's variance. Minus infinity if it does not converge.
  double log_likelihood(const Eigen::VectorXd& theta, Eigen::VectorXd& gradient) const {
    const Kernel kernel(groups_, theta.head(groups_.count), theta[groups_.count]);
    const Eigen::MatrixXd scaled = kernel.scaled(features_);
    const CovarianceAndSlope k(kernel, scaled);
    const std::optional<Approximation> found = approximate(k.covariance);
    if (!found) return -std::numeric_limits<double>::infinity();
    Eigen::MatrixXd r = found->root_precisions.asDiagonal();
    found->cholesky.triangularView<Eigen::Lower>().solveInPlace(r);
    const Eigen::MatrixXd weights = 0.5 * (found->alpha * found->alpha.transpose() - r.transpose() * r);
    gradient = contract_with_derivatives(weights, k, scaled, groups_);
    return found->log_likelihood;
  }

  /// f given the labels, in one world; std::nullopt where log_likelihood() is not finite.
  std::optional<Posterior> condition(const Eigen::VectorXd& theta) const {
    const Kernel kernel(groups_, theta.head(groups_.count), theta[groups_.count]);
    Eigen::MatrixXd scaled = kernel.scaled(features_);
    std::optional<Approximation> found = approximate(kernel.between(scaled, scaled));
    if (!found) return std::nullopt;
    return Posterior(kernel, std::move(scaled), 0.0, std::move(found->alpha), std::move(found->cholesky),
                     std::move(found->root_precisions));
  }

 private:
  /// Each likelihood Phi(labels_i f_i) is replaced by a normal density of f_i, its site, of this precision, and of this
  /// precision times mean (`shift`).
  struct Sites {
    Eigen::VectorXd precision, shift;  ///< [n]
  };

  struct Approximation {
    double log_likelihood = 0.0;
    Eigen::VectorXd alpha;            ///< (K + 1 / precision)^-1 times the sites' means
    Eigen::VectorXd root_precisions;  ///< S^1/2
    Eigen::MatrixXd cholesky;         ///< L of B = I + S^1/2 K S^1/2
  };

  std::optional<Approximation> approximate(const Eigen::MatrixXd& k) const {
    const Eigen::Index n = labels_.size();
    Sites sites = {Eigen::VectorXd::Zero(n), Eigen::VectorXd::Zero(n)};
    Approximation now;
    double before = -std::numeric_limits<double>::infinity(), change_before = 0.0, damping = 1.0;
    for (int sweep = 0; sweep < 100; ++sweep) {
      now.root_precisions = sites.precision.cwiseSqrt();
      Eigen::MatrixXd b = now.root_precisions.asDiagonal() * k * now.root_precisions.asDiagonal();
      b.diagonal().array() += 1.0;
      const Eigen::LLT<Eigen::MatrixXd> cholesky(b);
      if (cholesky.info() != Eigen::Success) return std::nullopt;
      now.cholesky = cholesky.matrixL();
      now.alpha = sites.shift -
                  now.root_precisions.cwiseProduct(cholesky.solve(now.root_precisions.cwiseProduct(k * sites.shift)));
      Eigen::MatrixXd whitened = now.root_precisions.asDiagonal() * k;
      now.cholesky.triangularView<Eigen::Lower>().solveInPlace(whitened);
      const Eigen::VectorXd mean = k * now.alpha,
                            variance = k.diagonal() - whitened.colwise().squaredNorm().transpose();
      const Sites next = updated(sites, mean, variance, now);
      const double change = now.log_likelihood - before;
      if (std::fabs(change) < 1e-9 * static_cast<double>(n)) return now;
      if (sweep > 1 && change * change_before < 0.0 && std::fabs(change) > 0.5 * std::fabs(change_before)) {
        damping *= 0.7;  // it swings to and fro
      }
      before = now.log_likelihood;
      change_before = change;
      sites.precision += damping * (next.precision - sites.precision);
      sites.shift += damping * (next.shift - sites.shift);
    }
    return std::nullopt;
  }

  /// The sites that match mean and variance of f_i under (the posterior without site i) times its likelihood; and the
  /// likelihood of `now` under the sites as they are.
  Sites updated(const Sites& sites, const Eigen::VectorXd& mean, const Eigen::VectorXd& variance,
                Approximation& now) const {
    const Eigen::Index n = labels_.size();
    Sites next = {Eigen::VectorXd(n), Eigen::VectorXd(n)};
    double sum = 0.0;
    for (Eigen::Index i = 0; i < n; ++i) {
      const double cavity_precision = std::max(1.0 / variance[i] - sites.precision[i], 1e-12);
      const double cavity_shift = mean[i] / variance[i] - sites.shift[i];
      const double cavity_variance = 1.0 / cavity_precision, cavity_mean = cavity_shift * cavity_variance;
      const double scale = 1.0 / std::sqrt(1.0 + cavity_variance);
      const double z = labels_[i] * cavity_mean * scale;
      const auto [log_cdf, g] = normal_distribution::log_cdf(z);
      const double w = g * (g + z) * scale * scale;
      next.precision[i] = std::max(w / (1.0 - cavity_variance * w), 1e-12);
      next.shift[i] = cavity_mean * next.precision[i] +
                      labels_[i] * g * scale * cavity_variance * (next.precision[i] + cavity_precision);
      // Eq. 3.65, with (3.73) and (3.74), one term for each site; the rest is below.
      const double total = sites.precision[i] + cavity_precision;
      sum += log_cdf + 0.5 * portable::log(total * cavity_variance) - portable::log(now.cholesky(i, i)) +
             0.5 * sites.shift[i] * (mean[i] - sites.shift[i] / total) +
             0.5 * cavity_shift * (sites.precision[i] * cavity_mean - 2.0 * sites.shift[i]) / total;
    }
    now.log_likelihood = sum;
    return next;
  }

  const FeatureGroups& groups_;
  Eigen::MatrixXd features_;
  Eigen::VectorXd labels_;
};

}  // namespace eigentune::gp
