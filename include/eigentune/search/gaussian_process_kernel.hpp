#pragma once

#include <eigentune/core/portable_math.hpp>

#include <Eigen/Core>

#include <cmath>
#include <cstddef>
#include <vector>

/// The parts of GaussianProcess: regression and classification over feature vectors, and the search for the next point.
/// They know nothing of search spaces; gaussian_process_encoding.hpp turns points into features.
namespace eigentune::gp {

/// Which features share a length scale: feature c belongs to group `group[c]`, in 0 ... count - 1. A number is a group
/// of one feature. A choice among k values is a group of k features, of which that of the value is 1 / sqrt(2) and the
/// others 0, so that two different values are at the distance 1, whichever they are.
struct FeatureGroups {
  std::vector<int> group;
  int count = 0;

  Eigen::Index features() const { return static_cast<Eigen::Index>(group.size()); }
};

/// The covariance function of Matérn with nu = 5/2 and automatic relevance determination:
///
///     k(x, x') = variance (1 + s + s^2 / 3) exp(-s),   s = sqrt(5 r2),   r2 = sum over c of ((x_c - x'_c) /
///     length_c)^2
///
/// with one length for each group of features (Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006,
/// eq. 4.17). For choices it is a kernel of the weighted Hamming distance; being a Matérn kernel of a Euclidean
/// distance between vectors, it is positive definite over numbers and choices alike.
class Kernel {
 public:
  /// `log_lengths` [groups.count] and the logarithm of the variance.
  Kernel(const FeatureGroups& groups, const Eigen::Ref<const Eigen::VectorXd>& log_lengths, double log_variance)
      : inverse_lengths_(groups.features()), variance_(portable::exp(log_variance)) {
    for (Eigen::Index c = 0; c < groups.features(); ++c) {
      inverse_lengths_[c] = portable::exp(-log_lengths[groups.group[static_cast<std::size_t>(c)]]);
    }
  }

  double variance() const { return variance_; }
  /// 1 / length of each feature [features].
  const Eigen::RowVectorXd& inverse_lengths() const { return inverse_lengths_; }

  /// The features [n, features] in units of their lengths.
  Eigen::MatrixXd scaled(const Eigen::MatrixXd& features) const { return features * inverse_lengths_.asDiagonal(); }

  /// k / variance at the squared distance `r2`.
  static double correlation(double r2) {
    const double s = std::sqrt(5.0 * r2);
    return (1.0 + s + s * s / 3.0) * portable::exp(-s);
  }

  /// k / variance and its derivative with respect to r2, -5/6 (1 + s) exp(-s), which is finite at 0.
  struct CorrelationAndSlope {
    double correlation;
    double slope;
  };
  static CorrelationAndSlope correlation_and_slope(double r2) {
    const double s = std::sqrt(5.0 * r2);
    const double decay = portable::exp(-s);
    return {(1.0 + s + s * s / 3.0) * decay, -5.0 / 6.0 * (1.0 + s) * decay};
  }

  /// r2 between the scaled point `x` [features] and each row of `points` [n, features], also scaled: [n].
  static Eigen::VectorXd squared_distances(const Eigen::Ref<const Eigen::MatrixXd>& points,
                                           const Eigen::Ref<const Eigen::RowVectorXd>& x) {
    Eigen::VectorXd r2 = Eigen::VectorXd::Zero(points.rows());
    for (Eigen::Index c = 0; c < points.cols(); ++c) r2.array() += (points.col(c).array() - x[c]).square();
    return r2;
  }

  /// k between each row of `a` [n, features] and of `b` [m, features], both scaled: [n, m].
  Eigen::MatrixXd between(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) const {
    Eigen::MatrixXd result(a.rows(), b.rows());
    for (Eigen::Index j = 0; j < b.rows(); ++j) {
      const Eigen::VectorXd r2 = squared_distances(a, b.row(j));
      for (Eigen::Index i = 0; i < a.rows(); ++i) result(i, j) = variance_ * correlation(r2[i]);
    }
    return result;
  }

 private:
  Eigen::RowVectorXd inverse_lengths_;
  double variance_;
};

/// k among the rows of `scaled` [n, features] and its derivative with respect to r2, both [n, n] and symmetric.
struct CovarianceAndSlope {
  Eigen::MatrixXd covariance;
  Eigen::MatrixXd slope;

  CovarianceAndSlope(const Kernel& kernel, const Eigen::MatrixXd& scaled)
      : covariance(scaled.rows(), scaled.rows()), slope(scaled.rows(), scaled.rows()) {
    const Eigen::Index n = scaled.rows();
    for (Eigen::Index j = 0; j < n; ++j) {
      const Eigen::VectorXd r2 = Kernel::squared_distances(scaled.bottomRows(n - j), scaled.row(j));
      for (Eigen::Index i = j; i < n; ++i) {
        const auto at = Kernel::correlation_and_slope(r2[i - j]);
        covariance(i, j) = covariance(j, i) = kernel.variance() * at.correlation;
        slope(i, j) = slope(j, i) = kernel.variance() * at.slope;
      }
    }
  }
};

/// sum over i, j of weights_ij dK_ij / dtheta [groups.count + 1] for theta = the logarithms of the lengths and of the
/// variance, `weights` [n, n] being symmetric. Costs one product [n, n] x [n, features] instead of a matrix per length,
/// since sum B_ij (x_i - x_j)^2 = 2 (sum_i x_i^2 sum_j B_ij - x' B x).
inline Eigen::VectorXd contract_with_derivatives(const Eigen::MatrixXd& weights, const CovarianceAndSlope& kernel,
                                                 const Eigen::MatrixXd& scaled, const FeatureGroups& groups) {
  const Eigen::MatrixXd b = weights.cwiseProduct(kernel.slope);
  const Eigen::VectorXd row_sums = b.rowwise().sum();
  const Eigen::MatrixXd product = b * scaled;
  Eigen::VectorXd result = Eigen::VectorXd::Zero(groups.count + 1);
  for (Eigen::Index c = 0; c < groups.features(); ++c) {
    const double sum = 2.0 * (row_sums.dot(scaled.col(c).cwiseAbs2()) - scaled.col(c).dot(product.col(c)));
    result[groups.group[static_cast<std::size_t>(c)]] -= 2.0 * sum;  // d r2 / d ln(length) = -2 (x_c - x'_c)^2
  }
  result[groups.count] = weights.cwiseProduct(kernel.covariance).sum();
  return result;
}

}  // namespace eigentune::gp
