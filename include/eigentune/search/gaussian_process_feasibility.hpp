#pragma once

#include <eigentune/core/portable_math.hpp>
#include <eigentune/search/gaussian_process_kernel.hpp>
#include <eigentune/search/gaussian_process_posterior.hpp>
#include <eigentune/search/gaussian_process_prior.hpp>
#include <eigentune/search/normal_distribution.hpp>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include <cmath>
#include <limits>
#include <optional>

namespace eigentune::gp {

/// P(point i is feasible) = Phi(f(x_i)), f a Gaussian process of mean 0, by Laplace's approximation: Rasmussen and
/// Williams (2006), algorithms 3.1, 3.2 and 5.1, with the probit likelihood. A model of its own, beside that of the
/// objective, as in Gelbart, Snoek and Adams, "Bayesian Optimization with Unknown Constraints" (2014). A kernel of large
/// variance is a sharp border.
class Classification {
 public:
  /// `features` [n, groups.features()], `labels` [n]: 1 feasible, -1 infeasible; n >= 1. Refers to `groups`.
  Classification(const FeatureGroups& groups, Eigen::MatrixXd features, Eigen::VectorXd labels)
      : groups_(groups), features_(std::move(features)), labels_(std::move(labels)) {}

  Eigen::Index parameters() const { return groups_.count + 1; }
  const FeatureGroups& groups() const { return groups_; }
  const Eigen::MatrixXd& features() const { return features_; }
  const Eigen::VectorXd& labels() const { return labels_; }

  /// Laplace's approximation of ln p(labels), and its gradient [groups.count + 1] with respect to theta: the logarithms of
  /// the lengths and of the kernel's variance. Minus infinity if the mode cannot be found.
  double log_likelihood(const Eigen::VectorXd& theta, Eigen::VectorXd& gradient) const {
    const Kernel kernel(groups_, theta.head(groups_.count), theta[groups_.count]);
    const Eigen::MatrixXd scaled = kernel.scaled(features_);
    const CovarianceAndSlope k(kernel, scaled);
    const std::optional<Mode> mode = find_mode(k.covariance);
    if (!mode) return -std::numeric_limits<double>::infinity();
    const Derivatives& at = mode->derivatives;

    // R = W^1/2 B^-1 W^1/2, C = L^-1 W^1/2 K, then the implicit part: how the mode moves with theta.
    Eigen::MatrixXd r = at.root_weights.asDiagonal();
    mode->cholesky.triangularView<Eigen::Lower>().solveInPlace(r);
    r = (r.transpose() * r).eval();
    Eigen::MatrixXd c = at.root_weights.asDiagonal() * k.covariance;
    mode->cholesky.triangularView<Eigen::Lower>().solveInPlace(c);
    const Eigen::VectorXd by_mode =
        0.5 * (k.covariance.diagonal() - c.colwise().squaredNorm().transpose()).cwiseProduct(at.third);
    const Eigen::VectorXd u = by_mode - r * (k.covariance * by_mode);
    const Eigen::MatrixXd weights =
        0.5 * (at.first * at.first.transpose() - r + u * at.first.transpose() + at.first * u.transpose());
    gradient = contract_with_derivatives(weights, k, scaled, groups_);
    return mode->log_likelihood;
  }

  /// f given the labels: its `worlds` are one. `theta` must be one at which log_likelihood() is finite.
  std::optional<Posterior> condition(const Eigen::VectorXd& theta) const {
    const Kernel kernel(groups_, theta.head(groups_.count), theta[groups_.count]);
    Eigen::MatrixXd scaled = kernel.scaled(features_);
    std::optional<Mode> mode = find_mode(kernel.between(scaled, scaled));
    if (!mode) return std::nullopt;
    return Posterior(kernel, std::move(scaled), 0.0, mode->derivatives.first, std::move(mode->cholesky),
                     mode->derivatives.root_weights);
  }

 private:
  /// Of sum over i of ln Phi(labels_i f_i), with respect to each f_i.
  struct Derivatives {
    double value = 0.0;
    Eigen::VectorXd first, root_weights, third;  ///< root_weights: the root of minus the second derivative, W
  };

  struct Mode {
    double log_likelihood;
    Derivatives derivatives;
    Eigen::MatrixXd cholesky;  ///< L of B = I + W^1/2 K W^1/2
  };

  Derivatives derivatives_at(const Eigen::VectorXd& f) const {
    Derivatives result;
    result.first.resize(f.size());
    result.root_weights.resize(f.size());
    result.third.resize(f.size());
    for (Eigen::Index i = 0; i < f.size(); ++i) {
      const double z = labels_[i] * f[i];
      const auto [log_cdf, g] = normal_distribution::log_cdf(z);
      const double weight = std::max(g * (g + z), 0.0);
      result.value += log_cdf;
      result.first[i] = labels_[i] * g;
      result.root_weights[i] = std::sqrt(weight);
      result.third[i] = labels_[i] * (weight * (2.0 * g + z) - g);
    }
    return result;
  }

  /// Newton's method for the f of the largest posterior density, from f = 0, each step halved until it climbs.
  std::optional<Mode> find_mode(const Eigen::MatrixXd& k) const {
    const Eigen::Index n = labels_.size();
    Eigen::VectorXd a = Eigen::VectorXd::Zero(n), f = a;  // f = K a
    Derivatives at = derivatives_at(f);
    double objective = at.value;
    Eigen::LLT<Eigen::MatrixXd> cholesky;
    const auto factorize = [&] {
      Eigen::MatrixXd b = at.root_weights.asDiagonal() * k * at.root_weights.asDiagonal();
      b.diagonal().array() += 1.0;
      cholesky.compute(b);
      return cholesky.info() == Eigen::Success;
    };
    for (int iteration = 0; iteration < 50; ++iteration) {
      if (!factorize()) return std::nullopt;
      const Eigen::VectorXd b = at.root_weights.cwiseAbs2().cwiseProduct(f) + at.first;
      const Eigen::VectorXd solved = cholesky.solve(at.root_weights.cwiseProduct(k * b));
      const Eigen::VectorXd step = b - at.root_weights.cwiseProduct(solved) - a, f_step = k * step;
      double gain = 0.0;
      for (double length = 1.0; length > 1e-3; length *= 0.5) {
        const Eigen::VectorXd new_a = a + length * step, new_f = f + length * f_step;
        Derivatives next = derivatives_at(new_f);
        const double next_objective = next.value - 0.5 * new_a.dot(new_f);
        gain = next_objective - objective;
        if (!(gain > 0.0)) continue;
        a = new_a;
        f = new_f;
        at = std::move(next);
        objective = next_objective;
        break;
      }
      if (!(gain > 1e-10)) break;
    }
    if (!factorize()) return std::nullopt;
    Mode mode = {objective, std::move(at), cholesky.matrixL()};
    for (Eigen::Index i = 0; i < n; ++i) mode.log_likelihood -= portable::log(mode.cholesky(i, i));
    return mode;
  }

  const FeatureGroups& groups_;
  Eigen::MatrixXd features_;
  Eigen::VectorXd labels_;
};

}  // namespace eigentune::gp
