#pragma once

#include <eigentune/core/error.hpp>

#include <array>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>

/// Elementary functions with the same bits on every platform, compiler and optimisation level. libm's differ in the
/// last bit between machines; these use only IEEE +, -, *, /, std::floor and bit manipulation. No promise is made under
/// -ffast-math, with another rounding mode than to nearest, where subnormals are flushed to zero, or on the x87 unit.
namespace eigentune::portable {

/// Returns `value`, having forced the compiler to round it to its type first. A compiler that may contract `a * b + c`
/// into a fused multiply-add (g++ does, by default, on a machine that has one) skips the rounding of the product, so
/// the last bit depends on the machine. Where bits matter, write `rounded(a * b) + c`: every product that feeds an
/// addition or subtraction. It also keeps the value from being folded at compile time. It costs no instruction, but the
/// loop around it is not vectorised.
template <class Scalar>
requires std::same_as<Scalar, double> || std::same_as<Scalar, float> Scalar rounded(Scalar value) {
#if defined(__GNUC__) && defined(__x86_64__)
  asm("" : "+x"(value));
  return value;
#elif defined(__GNUC__) && defined(__aarch64__)
  asm("" : "+w"(value));
  return value;
#else
  const volatile Scalar copy = value;
  return copy;
#endif
}

/// The polynomial in `x` with these coefficients, the highest power's first, by Horner's rule.
template <std::size_t count>
double polynomial(double x, const std::array<double, count>& coefficients) {
  double sum = coefficients[0];
  for (std::size_t i = 1; i < count; ++i) sum = rounded(sum * x) + coefficients[i];
  return sum;
}

namespace detail {

/// The unevaluated sum high + low of two doubles with |low| <= ulp(high) / 2: about 106 bits.
struct DoubleDouble {
  double high;
  double low;
};

/// a + b without error, if |a| >= |b| or a = 0 (Dekker 1971).
inline DoubleDouble ordered_sum(double a, double b) {
  const double sum = a + b;
  return {sum, b - (sum - a)};
}

/// a + b without error (Knuth's TwoSum).
inline DoubleDouble exact_sum(double a, double b) {
  const double sum = a + b;
  const double b_part = sum - a;
  return {sum, (a - (sum - b_part)) + (b - b_part)};
}

/// a * b without error (Dekker 1971; Veltkamp's splitting), if nothing overflows or underflows on the way.
inline DoubleDouble exact_product(double a, double b) {
  constexpr double splitter = 0x1p27 + 1.0;
  const double a_scaled = rounded(a * splitter);
  const double b_scaled = rounded(b * splitter);
  const double a_high = a_scaled - (a_scaled - a);
  const double b_high = b_scaled - (b_scaled - b);
  const double a_low = a - a_high;
  const double b_low = b - b_high;
  const double product = rounded(a * b);
  const double error = ((rounded(a_high * b_high) - product) + rounded(a_high * b_low)) + rounded(a_low * b_high);
  return {product, error + rounded(a_low * b_low)};
}

/// a * b, with a relative error of about 2^-104.
inline DoubleDouble product(const DoubleDouble& a, const DoubleDouble& b) {
  const DoubleDouble leading = exact_product(a.high, b.high);
  return ordered_sum(leading.high, leading.low + (rounded(a.high * b.low) + rounded(a.low * b.high)));
}

/// numerator / denominator, with a relative error of about 2^-104.
inline DoubleDouble quotient(double numerator, const DoubleDouble& denominator) {
  const double first = numerator / denominator.high;
  const DoubleDouble back = exact_product(first, denominator.high);
  const double remainder = ((numerator - back.high) - back.low) - rounded(first * denominator.low);
  return ordered_sum(first, remainder / denominator.high);
}

/// 2^exponent, for a normal result.
inline double power_of_two(int exponent) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52);
}

inline constexpr double nan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double infinity = std::numeric_limits<double>::infinity();

// ln(2) in two parts: the first has 42 bits, so that its product with an exponent (11 bits) is exact.
inline constexpr double ln2_high = 0x1.62e42fefa3800p-1;
inline constexpr double ln2_low = 0x1.ef35793c76730p-45;

/// ln(x) for a finite x > 0, with a relative error below 2^-64.
/// x = 2^k m, 1/sqrt(2) < m <= sqrt(2), s = (m - 1) / (m + 1): ln(x) = k ln(2) + 2 (s + s^3/3 + s^5/5 + ...).
inline DoubleDouble log_of_positive(double x) {
  int exponent = -1023;
  if (x < std::numeric_limits<double>::min()) {  // subnormal: make it normal
    x *= 0x1p54;
    exponent -= 54;
  }
  const auto bits = std::bit_cast<std::uint64_t>(x);
  exponent += static_cast<int>(bits >> 52);
  double mantissa = std::bit_cast<double>((bits & 0x000f'ffff'ffff'ffff) | 0x3ff0'0000'0000'0000);
  if (mantissa > 0x1.6a09e667f3bcdp+0) {  // sqrt(2)
    mantissa *= 0.5;
    ++exponent;
  }
  // The first two terms of the series carry the precision, so they are double-doubles; for the others, doubles do.
  constexpr std::array tail = {1.0 / 25, 1.0 / 23, 1.0 / 21, 1.0 / 19, 1.0 / 17, 1.0 / 15,
                               1.0 / 13, 1.0 / 11, 1.0 / 9,  1.0 / 7,  1.0 / 5};
  const DoubleDouble third = {0x1.5555555555555p-2, 0x1.5555555555555p-56};
  const DoubleDouble s = quotient(mantissa - 1.0, exact_sum(mantissa, 1.0));
  const DoubleDouble square = product(s, s);
  const DoubleDouble factor = ordered_sum(third.high, third.low + rounded(square.high * polynomial(square.high, tail)));
  const DoubleDouble correction = product(s, product(square, factor));
  const DoubleDouble half_log = ordered_sum(s.high, correction.high);
  const double half_log_low = half_log.low + (s.low + correction.low);
  const double k = exponent;
  const DoubleDouble sum = exact_sum(rounded(k * ln2_high), half_log.high + half_log.high);
  return ordered_sum(sum.high, sum.low + (rounded(k * ln2_low) + (half_log_low + half_log_low)));
}

/// e^(x.high + x.low), for any x.high but NaN and |x.low| <= ulp(x.high) / 2.
/// x = k ln(2) + r, |r| <= ln(2) / 2: e^x = 2^k (1 + r + r^2/2! + ... + r^14/14!).
inline double exp_of_sum(const DoubleDouble& x) {
  if (x.high > 710.0) return infinity;
  if (x.high < -746.0) return 0.0;
  constexpr double log2_of_e = 0x1.71547652b82fep+0;
  constexpr std::array tail = {1.0 / 87178291200, 1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800,
                               1.0 / 362880,      1.0 / 40320,      1.0 / 5040,      1.0 / 720,      1.0 / 120,
                               1.0 / 24,          1.0 / 6,          1.0 / 2};
  const double k = std::floor(rounded(x.high * log2_of_e) + 0.5);
  const DoubleDouble r = exact_sum(x.high - rounded(k * ln2_high), x.low - rounded(k * ln2_low));
  const double square = rounded(r.high * r.high);
  const double mantissa = 1.0 + (r.high + (r.low + rounded(square * polynomial(r.high, tail))));
  // Two factors, because 2^k alone may overflow or be subnormal; only the second product can round.
  const int exponent = static_cast<int>(k);
  const int half = exponent / 2;
  return rounded(mantissa * power_of_two(half) * power_of_two(exponent - half));
}

}  // namespace detail

/// base^exponent by repeated squaring, in O(log exponent) products; power(base, 0) is 1. The relative error is at most
/// about exponent * 2^-53. Throws std::invalid_argument if `exponent` is negative.
inline double power(double base, std::int64_t exponent) {
  require(exponent >= 0, "power: exponent must be at least 0, got {}", exponent);
  double result = 1.0;
  for (double square = base; exponent > 0; exponent >>= 1) {
    if (exponent & 1) result *= square;
    square *= square;
  }
  return rounded(result);
}

/// e^x, within 1 ulp, for every x: overflows to infinity, underflows through the subnormals to 0, NaN gives NaN.
inline double exp(double x) {
  if (x != x) return x;
  return detail::exp_of_sum({x, 0.0});
}

/// The natural logarithm, within 1 ulp: log(0) is -infinity, log(infinity) is infinity, a negative x or NaN gives NaN.
inline double log(double x) {
  if (x != x || x < 0.0) return detail::nan;
  if (x == 0.0) return -detail::infinity;
  if (x == detail::infinity) return x;
  return detail::log_of_positive(x).high;
}

/// base^exponent for base >= 0, within 1 ulp. As in C, pow(x, 0) and pow(1, y) are 1 even for a NaN, and the limits are
/// taken at 0 and infinity. A negative base gives NaN, even for an integral exponent: that is what power() is for.
[[gnu::noinline]] inline double pow(double base, double exponent) {
  if (exponent == 0.0 || base == 1.0) return 1.0;
  if (base != base || exponent != exponent || base < 0.0) return detail::nan;
  if (base == 0.0) return exponent > 0.0 ? 0.0 : detail::infinity;
  if (base == detail::infinity) return exponent > 0.0 ? detail::infinity : 0.0;
  const detail::DoubleDouble log_base = detail::log_of_positive(base);
  const double estimate = rounded(exponent * log_base.high);
  if (estimate > 750.0) return detail::infinity;
  if (estimate < -750.0) return 0.0;
  const detail::DoubleDouble product = detail::exact_product(exponent, log_base.high);
  return detail::exp_of_sum({product.high, product.low + rounded(exponent * log_base.low)});
}

/// cos(pi x), within 2 ulp, for every x: exactly 1, 0 or -1 at the multiples of 1/2 (every |x| >= 2^53 is an even
/// integer), cos_pi(-x) = cos_pi(x). An infinite x or NaN gives NaN.
inline double cos_pi(double x) {
  if (!is_finite(x)) return detail::nan;
  if (x < 0.0) x = -x;
  x -= 2.0 * std::floor(x / 2.0);  // the period; this and the next two lines are exact
  if (x > 1.0) x = 2.0 - x;        // cos(2 pi - y) = cos(y)
  const bool negative = x > 0.5;
  if (negative) x = 1.0 - x;            // cos(pi - y) = -cos(y)
  const bool near_the_root = x > 0.25;  // there cos(y) = sin(pi / 2 - y), of small angles where the result is small
  if (near_the_root) x = 0.5 - x;
  constexpr double pi_high = 0x1.921fb54442d18p+1;
  constexpr double pi_low = 0x1.1a62633145c07p-53;
  const detail::DoubleDouble angle = detail::exact_product(pi_high, x);
  const double angle_low = angle.low + rounded(pi_low * x);
  const double square = rounded(angle.high * angle.high);
  double result = 0.0;
  if (near_the_root) {
    constexpr std::array tail = {1.0 / 355687428096000, -1.0 / 1307674368000, 1.0 / 6227020800, -1.0 / 39916800,
                                 1.0 / 362880,          -1.0 / 5040,          1.0 / 120,        -1.0 / 6};
    const double cubic = rounded(rounded(angle.high * square) * polynomial(square, tail));
    result = angle.high + (angle_low + cubic);
  } else {
    constexpr std::array tail = {-1.0 / 6402373705728000,
                                 1.0 / 20922789888000,
                                 -1.0 / 87178291200,
                                 1.0 / 479001600,
                                 -1.0 / 3628800,
                                 1.0 / 40320,
                                 -1.0 / 720,
                                 1.0 / 24,
                                 -1.0 / 2};
    result = 1.0 + (rounded(square * polynomial(square, tail)) - rounded(angle.high * angle_low));
  }
  return negative ? -result : result;
}

}  // namespace eigentune::portable
