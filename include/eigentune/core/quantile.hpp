#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/portable_math.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace eigentune {

/// Where the quantile `q` of a sample of `size` ordered values x[0] <= x[1] <= ... lies:
///
///     h = (size - 1) q,    quantile = x[floor(h)] + (h - floor(h)) (x[floor(h) + 1] - x[floor(h)])
///
/// This is type 7 of Hyndman and Fan, "Sample Quantiles in Statistical Packages" (1996), the default of NumPy and R:
/// q = 0 is the least value, q = 1 the greatest, q = 1/2 the median (of an even number of values the mean of the middle
/// two).
struct QuantilePosition {
  std::size_t lower = 0;  ///< floor(h)
  double fraction = 0.0;  ///< h - floor(h), in [0, 1); where it is 0 nothing above x[lower] is needed

  /// Throws std::invalid_argument unless `q` is in [0, 1] and `size` at least 1.
  QuantilePosition(std::size_t size, double q) {
    require(q >= 0.0 && q <= 1.0, "quantile: q must be in [0, 1], got {}", q);
    require(size >= 1, "quantile: there must be at least 1 value, got {}", size);
    const double position = portable::rounded(static_cast<double>(size - 1) * q);
    lower = std::min(static_cast<std::size_t>(position), size - 1);
    fraction = lower == size - 1 ? 0.0 : position - static_cast<double>(lower);
  }

  /// The quantile, given x[lower] and x[lower + 1]. With the roundings of NumPy's own formula, so that both agree to
  /// the last bit.
  double between(double below, double above) const {
    const double difference = above - below;
    if (!is_finite(difference)) {  // two numbers further apart than the largest double
      return portable::rounded((1.0 - fraction) * below) + portable::rounded(fraction * above);
    }
    return fraction < 0.5 ? below + portable::rounded(difference * fraction)
                          : above - portable::rounded(difference * (1.0 - fraction));
  }
};

/// The quantile `q` (see QuantilePosition) of `values` [n], n >= 1, in any order, which is changed. O(n).
/// Throws std::invalid_argument unless `q` is in [0, 1], there is a value, and all are finite.
inline double quantile_in_place(std::span<double> values, double q) {
  const QuantilePosition position(values.size(), q);
  for (const double value : values) require(is_finite(value), "quantile: values must be finite, got {}", value);
  const auto lower = values.begin() + static_cast<std::ptrdiff_t>(position.lower);
  std::nth_element(values.begin(), lower, values.end());
  if (position.fraction == 0.0) return *lower;
  return position.between(*lower, *std::min_element(lower + 1, values.end()));
}

/// The same of a copy of `values`.
inline double quantile(std::span<const double> values, double q) {
  std::vector<double> copy(values.begin(), values.end());
  return quantile_in_place(copy, q);
}

/// The quantile 1/2. Throws as `quantile`.
inline double median(std::span<const double> values) {
  return quantile(values, 0.5);
}

/// How far the middle half of the values spreads: quantile(3/4) - quantile(1/4), 0 or more. Throws as `quantile`.
inline double interquartile_range(std::span<const double> values) {
  std::vector<double> copy(values.begin(), values.end());
  const double upper = quantile_in_place(copy, 0.75);
  return upper - quantile_in_place(copy, 0.25);
}

}  // namespace eigentune
