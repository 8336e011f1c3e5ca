#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/portable_math.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <numbers>

namespace eigentune {

namespace analysis_detail {

/// ln Gamma(z) - (z - 1/2) ln(z) + z - ln(2 pi) / 2, the error of Stirling's formula, for z > 0: its series from z = 16
/// on, below that by the recurrence of Gamma.
inline double stirling_error(double z) {
  double error = 0.0;
  for (; z < 16.0; z += 1.0) error += portable::rounded((z + 0.5) * portable::log((z + 1.0) / z)) - 1.0;
  constexpr std::array series = {1.0 / 1188, -1.0 / 1680, 1.0 / 1260, -1.0 / 360, 1.0 / 12};
  return error + portable::polynomial(1.0 / (z * z), series) / z;
}

/// x^a y^b / B(a, b) with B(a, b) = Gamma(a) Gamma(b) / Gamma(a + b), the large terms of which cancel beforehand.
inline double beta_prefactor(double x, double y, double a, double b) {
  const double c = a + b;
  const double exponent = portable::rounded(a * portable::log(x * (c / a))) +
                          portable::rounded(b * portable::log(y * (c / b))) +
                          (stirling_error(c) - stirling_error(a) - stirling_error(b));
  return std::sqrt(a * (b / c) / (2.0 * std::numbers::pi)) * portable::exp(exponent);
}

/// 1 + d[1] / (1 + d[2] / (1 + ...)) of the continued fraction below, by Lentz's method as Thompson and Barnett
/// modified it (1986).
inline double incomplete_beta_fraction(double x, double a, double b) {
  constexpr double tiny = std::numeric_limits<double>::min(), precision = std::numeric_limits<double>::epsilon();
  double numerator = 1.0, denominator = 0.0, fraction = 1.0;
  constexpr double most_terms = 1e5;
  for (double j = 1.0;; j += 1.0) {
    require(j < most_terms, "incomplete_beta: a and b must be smaller for this x, {}, got {} and {}", x, a, b);
    const double m = std::floor(j / 2.0), at = a + 2.0 * m;
    const double d = j > 2.0 * m ? -(a + m) * (a + b + m) * x / (at * (at + 1.0)) : m * (b - m) * x / ((at - 1.0) * at);
    denominator = 1.0 + portable::rounded(d * denominator);
    denominator = 1.0 / (denominator == 0.0 ? tiny : denominator);
    numerator = 1.0 + d / numerator;
    if (numerator == 0.0) numerator = tiny;
    const double change = numerator * denominator;
    fraction *= change;
    if (std::fabs(change - 1.0) <= precision) break;
  }
  return fraction;
}

}  // namespace analysis_detail

/// The regularized incomplete beta function I_x(a, b), the distribution function of a beta variable at x, for a, b > 0:
///
///     I_x(a, b) = x^a y^b / (a B(a, b)) / (1 + d[1] / (1 + d[2] / (1 + ...))),   y = 1 - x,
///     d[2 m] = m (b - m) x / ((a + 2 m - 1) (a + 2 m)),   d[2 m + 1] = -(a + m) (a + b + m) x / ((a + 2 m) (a + 2 m +
///     1))
///
/// (NIST Digital Library of Mathematical Functions, 8.17.22), or 1 - I_y(b, a) where that converges faster. `y` is
/// passed too, so that neither end of [0, 1] loses digits. The tails of Student's t and of Fisher's F are values of it.
/// Relative error below 1e-13 for a, b up to 1,000 unless the result is below 1e-30; it grows with their size. Throws
/// std::invalid_argument if x or y is not in [0, 1], a or b not in [1e-100, 1e100], or the fraction needs more than
/// 100,000 terms, as where both are beyond 1e9.
inline double incomplete_beta(double x, double y, double a, double b) {
  require(x >= 0.0 && x <= 1.0, "incomplete_beta: x must be in [0, 1], got {}", x);
  require(y >= 0.0 && y <= 1.0, "incomplete_beta: y must be in [0, 1], got {}", y);
  require(a >= 1e-100 && a <= 1e100, "incomplete_beta: a must be in [1e-100, 1e100], got {}", a);
  require(b >= 1e-100 && b <= 1e100, "incomplete_beta: b must be in [1e-100, 1e100], got {}", b);
  if (x == 0.0) return 0.0;
  if (y == 0.0) return 1.0;
  const double prefactor = analysis_detail::beta_prefactor(x, y, a, b);
  if (x > (a + 1.0) / (a + b + 2.0)) return 1.0 - prefactor / (b * analysis_detail::incomplete_beta_fraction(y, b, a));
  return prefactor / (a * analysis_detail::incomplete_beta_fraction(x, a, b));
}

}  // namespace eigentune
