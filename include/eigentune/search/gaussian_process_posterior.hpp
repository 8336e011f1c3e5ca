#pragma once

#include <eigentune/search/gaussian_process_kernel.hpp>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include <algorithm>
#include <utility>

namespace eigentune::gp {

/// What a Gaussian process with data predicts of a latent function f at one point: one variance, and a mean for each of
/// the `worlds` that share the points of the data but not all of their values (see condition()).
struct Prediction {
  Eigen::RowVectorXd means;        ///< of f [worlds]
  double variance = 0.0;           ///< of f, without observation noise; at least a tiny positive number
  Eigen::MatrixXd mean_slopes;     ///< d means / d x [features, worlds], x in features, not in lengths
  Eigen::VectorXd variance_slope;  ///< d variance / d x [features]
};

/// The same at many points, without slopes.
struct Predictions {
  Eigen::MatrixXd means;      ///< [points, worlds]
  Eigen::VectorXd variances;  ///< [points]
};

/// A Gaussian process given data, in the form that regression and Laplace's approximation of classification share:
///
///     mean(x) = prior_mean + k(x)' alpha,   variance(x) = k(x, x) - | L^-1 diag(root_weights) k(x) |^2
///
/// k(x) being the covariances with the n points of the data.
class Posterior {
 public:
  /// `points` [n, features] as scaled by `kernel`, `alpha` [n, worlds], `cholesky` the lower triangle L [n, n],
  /// `root_weights` [n].
  Posterior(Kernel kernel, Eigen::MatrixXd points, double prior_mean, Eigen::MatrixXd alpha, Eigen::MatrixXd cholesky,
            Eigen::VectorXd root_weights)
      : kernel_(std::move(kernel)),
        points_(std::move(points)),
        prior_mean_(prior_mean),
        alpha_(std::move(alpha)),
        cholesky_(std::move(cholesky)),
        root_weights_(std::move(root_weights)) {}

  const Kernel& kernel() const { return kernel_; }
  double prior_mean() const { return prior_mean_; }
  Eigen::Index worlds() const { return alpha_.cols(); }

  /// At each row of `x` [m, features].
  Predictions at(const Eigen::MatrixXd& x) const {
    Eigen::MatrixXd k = kernel_.between(points_, kernel_.scaled(x));
    Predictions result;
    result.means = (k.transpose() * alpha_).array() + prior_mean_;
    k = root_weights_.asDiagonal() * k;
    cholesky_.triangularView<Eigen::Lower>().solveInPlace(k);
    result.variances = (kernel_.variance() - k.colwise().squaredNorm().transpose().array()).max(least_variance());
    return result;
  }

  /// At one point `x` [features], with slopes.
  Prediction with_slopes_at(const Eigen::RowVectorXd& x) const {
    const Eigen::RowVectorXd scaled = x.cwiseProduct(kernel_.inverse_lengths());
    const Eigen::VectorXd r2 = Kernel::squared_distances(points_, scaled);
    Eigen::VectorXd k(r2.size()), slope(r2.size());
    for (Eigen::Index i = 0; i < r2.size(); ++i) {
      const auto at = Kernel::correlation_and_slope(r2[i]);
      k[i] = kernel_.variance() * at.correlation;
      slope[i] = 2.0 * kernel_.variance() * at.slope;
    }
    // dk_i / dx_c = slope_i (x_c - x_ic) / length_c, differences in lengths
    Eigen::MatrixXd derivative(r2.size(), scaled.size());
    for (Eigen::Index c = 0; c < scaled.size(); ++c) {
      derivative.col(c) = slope.array() * (scaled[c] - points_.col(c).array()) * kernel_.inverse_lengths()[c];
    }
    Prediction result;
    result.means = (k.transpose() * alpha_).array() + prior_mean_;
    result.mean_slopes = derivative.transpose() * alpha_;
    Eigen::VectorXd whitened = root_weights_.cwiseProduct(k);
    cholesky_.triangularView<Eigen::Lower>().solveInPlace(whitened);
    const double variance = kernel_.variance() - whitened.squaredNorm();
    result.variance = std::max(variance, least_variance());
    if (variance > least_variance()) {
      cholesky_.triangularView<Eigen::Lower>().transpose().solveInPlace(whitened);
      result.variance_slope = -2.0 * (derivative.transpose() * root_weights_.cwiseProduct(whitened));
    } else {
      result.variance_slope = Eigen::VectorXd::Zero(scaled.size());
    }
    return result;
  }

 private:
  /// What rounding leaves of a variance that is 0.
  double least_variance() const { return 1e-14 * kernel_.variance(); }

  Kernel kernel_;
  Eigen::MatrixXd points_;
  double prior_mean_;
  Eigen::MatrixXd alpha_, cholesky_;
  Eigen::VectorXd root_weights_;
};

}  // namespace eigentune::gp
