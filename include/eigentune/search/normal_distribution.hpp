#pragma once

#include <eigentune/core/portable_math.hpp>

#include <cmath>

/// Functions of the standard normal distribution that stay accurate where the distribution itself underflows. They call
/// nothing of libm but std::sqrt.
namespace eigentune::normal_distribution {

/// The logarithm of a function, and that logarithm's derivative.
struct LogAndSlope {
  double value;
  double slope;
};

inline constexpr double log_sqrt_two_pi = 0.91893853320467274178;  // ln(sqrt(2 pi))

/// phi(z) = exp(-z^2 / 2) / sqrt(2 pi).
inline double density(double z) {
  return portable::exp(-0.5 * z * z - log_sqrt_two_pi);
}

namespace detail {

/// Beyond this distance from 0 the tail is a continued fraction, before it a power series.
inline constexpr double series_limit = 3.0;

/// c(t) = 1 / (t + 2 / (t + 3 / (t + ...))), t >= 3, to full precision. Laplace's continued fraction of the tail is
/// 1 - Phi(t) = phi(t) / (t + c(t)).
inline double tail_fraction(double t) {
  double fraction = 0.0;
  for (int term = 60; term >= 1; --term) fraction = term / (t + fraction);
  return fraction;
}

/// Phi(z) for |z| <= 3: 1/2 + phi(z) (z + z^3 / 3 + z^5 / (3 * 5) + ...), with an absolute error of some 1e-16.
inline double cdf_by_series(double z) {
  double term = z;
  double sum = z;
  for (int odd = 3; odd < 101; odd += 2) {
    term *= z * z / odd;
    sum += term;
  }
  return 0.5 + density(z) * sum;
}

}  // namespace detail

/// ln Phi(z) and its slope phi(z) / Phi(z), Phi being the cumulative distribution function, for every finite z.
inline LogAndSlope log_cdf(double z) {
  if (z < -detail::series_limit) {
    const double inverse_mills_ratio = detail::tail_fraction(-z) - z;
    return {-0.5 * z * z - log_sqrt_two_pi - portable::log(inverse_mills_ratio), inverse_mills_ratio};
  }
  const double cdf =
      z <= detail::series_limit ? detail::cdf_by_series(z) : 1.0 - density(z) / (z + detail::tail_fraction(z));
  return {portable::log(cdf), density(z) / cdf};
}

/// ln h(z) and its slope Phi(z) / h(z), for every finite z, where
///
///     h(z) = phi(z) + z Phi(z) = E max(z + X, 0), X standard normal
///
/// is the expected improvement in units of the standard deviation. Far below 0, where h underflows and phi cancels
/// z Phi, ln h is still exact to some digits less than double's: that is what keeps an optimizer of it from stalling
/// (Ament, Daulton, Eriksson, Balandat and Bakshy, "Unexpected Improvements to Expected Improvement for Bayesian
/// Optimization", 2023).
inline LogAndSlope log_expected_excess(double z) {
  if (z < -detail::series_limit) {  // h = phi (1 - t / (t + c)) = phi c / (t + c) with t = -z: nothing cancels
    const double fraction = detail::tail_fraction(-z);
    return {-0.5 * z * z - log_sqrt_two_pi + portable::log(fraction) - portable::log(fraction - z), 1.0 / fraction};
  }
  const double cdf =
      z <= detail::series_limit ? detail::cdf_by_series(z) : 1.0 - density(z) / (z + detail::tail_fraction(z));
  const double excess = density(z) + z * cdf;
  return {portable::log(excess), cdf / excess};
}

}  // namespace eigentune::normal_distribution
