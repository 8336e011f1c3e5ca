#pragma once

#include <eigentune/core/portable_math.hpp>
#include <eigentune/core/quantile.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <span>

namespace eigentune::gp {

/// `values` [n], n >= 1, smaller being better, made fit for a Gaussian process: bad values are compressed, and all are
/// moved to mean 0 and scaled to variance 1.
///
///     z = (value - least) / (third quartile - least);   z > 2 becomes 2 + ln(1 + min(z - 2, 50))
///
/// The order is kept, but for values that are worse than the least by more than 52 times the spread of the better ones,
/// which are equal. A run that nearly diverged, with a finite loss of 1e10, then leaves the others as far apart as they
/// were; and near the optimum, where precision counts, the map is linear.
inline Eigen::VectorXd standardized(std::span<const double> values) {
  const double least = *std::min_element(values.begin(), values.end());
  const double spread = quantile(values, 0.75) - least;
  Eigen::VectorXd result(static_cast<Eigen::Index>(values.size()));
  for (Eigen::Index i = 0; i < result.size(); ++i) {
    // Halved, so that the difference of two numbers of opposite sign does not overflow.
    const double z = spread > 0.0 ? (0.5 * values[static_cast<std::size_t>(i)] - 0.5 * least) / (0.5 * spread) : 0.0;
    result[i] = z > 2.0 ? 2.0 + portable::log(1.0 + std::min(z - 2.0, 50.0)) : z;
  }
  result.array() -= result.mean();
  const double deviation = std::sqrt(result.squaredNorm() / static_cast<double>(result.size()));
  return deviation > 0.0 ? Eigen::VectorXd(result / deviation) : result;
}

}  // namespace eigentune::gp
