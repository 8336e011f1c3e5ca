#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/portable_math.hpp>

#include <array>
#include <cmath>

namespace eigentune {

namespace detail {

/// The x >= 0 with P(X > x) = `tail` for a standard normal X and 0 < tail <= 1/2.
inline double normal_quantile_of_tail(double tail) {
  using portable::polynomial;
  const double q = 0.5 - tail;
  if (q <= 0.425) {
    constexpr std::array numerator = {2509.0809287301226727, 33430.575583588128105, 67265.770927008700853,
                                      45921.953931549871457, 13731.693765509461125, 1971.5909503065514427,
                                      133.14166789178437745, 3.387132872796366608};
    constexpr std::array denominator = {
        5226.495278852854561,  28729.085735721942674, 39307.89580009271061,  21213.794301586595867,
        5394.1960214247511077, 687.1870074920579083,  42.313330701600911252, 1.0};
    const double r = 0.180625 - portable::rounded(q * q);
    return portable::rounded(q * polynomial(r, numerator)) / polynomial(r, denominator);
  }
  const double r = std::sqrt(-portable::log(tail));
  if (r <= 5.0) {
    constexpr std::array numerator = {7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177,
                                      1.27045825245236838258,   3.64784832476320460504,   5.7694972214606914055,
                                      4.6303378461565452959,    1.42343711074968357734};
    constexpr std::array denominator = {
        1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459,
        0.68976733498510000455,    1.6763848301838038494,   2.05319162663775882187,   1.0};
    return polynomial(r - 1.6, numerator) / polynomial(r - 1.6, denominator);
  }
  constexpr std::array numerator = {2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386,
                                    0.026532189526576123093,   0.29656057182850489123,    1.7848265399172913358,
                                    5.4637849111641143699,     6.6579046435011037772};
  constexpr std::array denominator = {
      2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4,
      0.0148753612908506148525,   0.13692988092273580531,   0.59983220655588793769,   1.0};
  return polynomial(r - 5.0, numerator) / polynomial(r - 5.0, denominator);
}

}  // namespace detail

/// The quantile of the standard normal distribution, the inverse of its distribution function: the x with P(X <= x) = p
/// for X of mean 0 and standard deviation 1. Odd about p = 1/2; its relative error is below 1e-15, and it has the same
/// bits on every platform. A small upper tail is best asked for as -normal_quantile(tail), since 1 - tail rounds.
///
/// Algorithm AS 241 (PPND16) of Wichura, "The Percentage Points of the Normal Distribution" (1988). Throws
/// std::invalid_argument unless 0 < p < 1.
inline double normal_quantile(double p) {
  require(p > 0.0 && p < 1.0, "normal_quantile: p must be in (0, 1), got {}", p);
  return p < 0.5 ? -detail::normal_quantile_of_tail(p) : detail::normal_quantile_of_tail(1.0 - p);
}

}  // namespace eigentune
