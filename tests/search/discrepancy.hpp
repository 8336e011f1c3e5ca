#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace eigentune {

/// The squared centred L2-discrepancy (Hickernell 1998) of the first n points in their first d coordinates, for several
/// n and all d at once, since the sums of fewer points and coordinates are part of those of more:
///
///     (13/12)^d - 2/n sum_i prod_k (1 + |z_ik|/2 - z_ik^2/2) + 1/n^2 sum_ij prod_k (1 + (|z_ik| + |z_jk| - |x_ik -
///     x_jk|)/2)
///
/// with z = x - 1/2. result[a][d - 1] is for counts[a] points; the counts ascend.
inline std::vector<std::vector<double>> centred_discrepancies(const std::vector<std::vector<double>>& points,
                                                              const std::vector<std::size_t>& counts) {
  const std::size_t dimensions = points.front().size();  // at most 64
  std::vector<std::vector<double>> result;
  std::array<double, 64> single{}, pairs{};
  std::size_t done = 0;
  for (const std::size_t count : counts) {
    for (; done < count; ++done) {
      const std::vector<double>& x = points[done];
      double product = 1.0;
      for (std::size_t k = 0; k < dimensions; ++k) {
        const double z = std::abs(x[k] - 0.5);
        product *= 1.0 + 0.5 * z - 0.5 * z * z;
        single[k] += product;
      }
      for (std::size_t j = 0; j <= done; ++j) {
        product = j < done ? 2.0 : 1.0;
        for (std::size_t k = 0; k < dimensions; ++k) {
          const double y = points[j][k];
          product *= 1.0 + 0.5 * (std::abs(x[k] - 0.5) + std::abs(y - 0.5) - std::abs(x[k] - y));
          pairs[k] += product;
        }
      }
    }
    const auto n = static_cast<double>(count);
    result.emplace_back();
    for (std::size_t k = 0; k < dimensions; ++k) {
      const double whole = std::pow(13.0 / 12.0, static_cast<double>(k + 1));
      result.back().push_back(whole - 2.0 / n * single[k] + pairs[k] / (n * n));
    }
  }
  return result;
}

/// Of all points in all coordinates.
inline double centred_discrepancy(const std::vector<std::vector<double>>& points) {
  return centred_discrepancies(points, {points.size()}).front().back();
}

/// What it is on average for n independent uniform points: the kernel's integral over the diagonal, (5/4)^d, less that
/// over the square, (13/12)^d, divided by n.
inline double random_discrepancy(std::size_t n, std::size_t d) {
  const auto dimensions = static_cast<double>(d);
  return (std::pow(1.25, dimensions) - std::pow(13.0 / 12.0, dimensions)) / static_cast<double>(n);
}

}  // namespace eigentune
