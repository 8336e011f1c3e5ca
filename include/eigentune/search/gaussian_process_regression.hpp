#pragma once

#include <eigentune/core/portable_math.hpp>
#include <eigentune/search/gaussian_process_kernel.hpp>
#include <eigentune/search/gaussian_process_posterior.hpp>
#include <eigentune/search/normal_distribution.hpp>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include <limits>
#include <utility>
#include <vector>

namespace eigentune::gp {

/// y_i = f(x_i) + noise, f a Gaussian process of constant mean: the logarithm of the marginal likelihood of the data as
/// a function of the hyperparameters theta [groups.count + 2]: the logarithms of the lengths, of the kernel's variance,
/// and of the noise's variance.
///
///     ln p(y) = -1/2 (y - m)' K^-1 (y - m) - 1/2 ln det K - n/2 ln(2 pi),   K = k(X, X) + (noise + jitter) I
///
/// m is the mean that maximizes it, (1' K^-1 y) / (1' K^-1 1). The jitter of 1e-11 of the kernel's variance keeps K
/// numerically positive definite.
class Regression {
 public:
  /// `features` [n, groups.features()], `values` [n], n >= 1. Refers to `groups`.
  Regression(const FeatureGroups& groups, Eigen::MatrixXd features, Eigen::VectorXd values)
      : groups_(groups), features_(std::move(features)), values_(std::move(values)) {}

  Eigen::Index parameters() const { return groups_.count + 2; }
  const FeatureGroups& groups() const { return groups_; }
  const Eigen::MatrixXd& features() const { return features_; }
  const Eigen::VectorXd& values() const { return values_; }

  /// The same of some rows of the data.
  Regression subset(const std::vector<Eigen::Index>& rows) const {
    return Regression(groups_, features_(rows, Eigen::all), values_(rows));
  }

  /// ln p(y), and its gradient [groups.count + 2] with respect to theta. Minus infinity where K is not positive
  /// definite in double precision; the gradient then means nothing.
  double log_likelihood(const Eigen::VectorXd& theta, Eigen::VectorXd& gradient) const {
    const Eigen::Index n = values_.size();
    const Kernel kernel = kernel_of(theta);
    const Eigen::MatrixXd scaled = kernel.scaled(features_);
    CovarianceAndSlope k(kernel, scaled);
    const double noise = portable::exp(theta[groups_.count + 1]);
    Eigen::MatrixXd inverse = k.covariance;
    inverse.diagonal().array() += noise + jitter * kernel.variance();
    const Eigen::LLT<Eigen::MatrixXd> cholesky(inverse);
    if (cholesky.info() != Eigen::Success) return -std::numeric_limits<double>::infinity();
    inverse.setIdentity();
    cholesky.solveInPlace(inverse);

    const Eigen::VectorXd inverse_row_sums = inverse.rowwise().sum();
    const double mean = inverse_row_sums.dot(values_) / inverse_row_sums.sum();
    const Eigen::VectorXd residual = values_.array() - mean;
    const Eigen::VectorXd alpha = inverse * residual;
    double log_root_determinant = 0.0;
    for (Eigen::Index i = 0; i < n; ++i) log_root_determinant += portable::log(cholesky.matrixLLT()(i, i));

    const Eigen::MatrixXd weights = 0.5 * (alpha * alpha.transpose() - inverse);  // d ln p / d K; m is at its optimum
    gradient.resize(parameters());
    gradient.head(groups_.count + 1) = contract_with_derivatives(weights, k, scaled, groups_);
    gradient[groups_.count] += jitter * kernel.variance() * weights.trace();
    gradient[groups_.count + 1] = noise * weights.trace();
    return -0.5 * residual.dot(alpha) - log_root_determinant -
           static_cast<double>(n) * normal_distribution::log_sqrt_two_pi;
  }

  /// f given the data and, at `pending` [p, features], outcomes that are not known yet. `normals` [p, worlds] are draws
  /// of a standard normal: each column makes one world, in which the pending outcomes are drawn from what the data
  /// predicts of them jointly. A column of zeros is the world in which each is what was expected.
  ///
  /// With the data first and K = L L', those outcomes are m + L z where z ends in the normals: no extra solve.
  /// `theta` must be one at which log_likelihood() is finite.
  Posterior condition(const Eigen::VectorXd& theta, const Eigen::MatrixXd& pending,
                      const Eigen::MatrixXd& normals) const {
    const Eigen::Index n = values_.size(), p = pending.rows();
    const Kernel kernel = kernel_of(theta);
    Eigen::MatrixXd all(n + p, features_.cols());
    all << features_, pending;
    all = kernel.scaled(all);
    double diagonal = portable::exp(theta[groups_.count + 1]) + jitter * kernel.variance();
    Eigen::MatrixXd k = kernel.between(all, all);
    k.diagonal().array() += diagonal;
    Eigen::LLT<Eigen::MatrixXd> cholesky(k);
    while (cholesky.info() != Eigen::Success) {  // a pending point next to another one: the data alone were fine
      k.diagonal().array() += diagonal;
      diagonal *= 2.0;
      cholesky.compute(k);
    }
    const Eigen::MatrixXd lower = cholesky.matrixL();
    const auto data = lower.topLeftCorner(n, n).triangularView<Eigen::Lower>();
    const Eigen::VectorXd ones = data.solve(Eigen::VectorXd::Ones(n)), values = data.solve(values_);
    const double mean = ones.dot(values) / ones.squaredNorm();
    Eigen::MatrixXd alpha(n + p, normals.cols());
    alpha.topRows(n) = (values - mean * ones).replicate(1, normals.cols());
    alpha.bottomRows(p) = normals;
    lower.triangularView<Eigen::Lower>().transpose().solveInPlace(alpha);
    return Posterior(kernel, std::move(all), mean, std::move(alpha), lower, Eigen::VectorXd::Ones(n + p));
  }

 private:
  static constexpr double jitter = 1e-11;

  Kernel kernel_of(const Eigen::VectorXd& theta) const {
    return Kernel(groups_, theta.head(groups_.count), theta[groups_.count]);
  }

  const FeatureGroups& groups_;
  Eigen::MatrixXd features_;
  Eigen::VectorXd values_;
};

}  // namespace eigentune::gp
