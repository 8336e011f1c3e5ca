#include <eigentune/core/portable_math.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include "core/portable_math_golden.hpp"
#include "support/special_values.hpp"

namespace eigentune {
namespace {

using support::infinity;
using support::nan;
constexpr double smallest = std::numeric_limits<double>::denorm_min();
constexpr double largest = std::numeric_limits<double>::max();

/// |value - exact| in units of the last place of the exact value; 0 for equal infinities and two NaNs.
long double ulps(double value, long double exact) {
  const auto nearest = static_cast<double>(exact);
  if (std::isnan(value) && std::isnan(nearest)) return 0;
  if (!std::isfinite(value) || !std::isfinite(nearest))
    return value == nearest ? 0 : std::numeric_limits<long double>::infinity();
  int exponent = 0;
  std::frexp(nearest, &exponent);
  return std::fabs(value - exact) / std::ldexp(1.0L, std::max(exponent - 53, -1074));
}

/// Whether long double is more precise than double, as an oracle must be.
constexpr bool has_oracle = std::numeric_limits<long double>::digits >= 64;

/// The generator of arguments, the same as in portable_math_oracle.py.
class SplitMix {
 public:
  explicit SplitMix(std::uint64_t state) : state_(state) {}

  std::uint64_t bits() {
    state_ += 0x9E3779B97F4A7C15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  double unit() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
  double between(double low, double high) { return low + portable::rounded((high - low) * unit()); }
  double positive() { return std::bit_cast<double>(bits() % 0x7FF0000000000000); }

 private:
  std::uint64_t state_;
};

template <class Function>
std::uint64_t digest(std::uint64_t seed, Function value_of) {
  SplitMix arguments(seed);
  std::uint64_t total = 0;
  for (int i = 0; i < 10000; ++i) {
    total = total * 6364136223846793005 + std::bit_cast<std::uint64_t>(value_of(arguments));
  }
  return total;
}

TEST(Rounded, KeepsAProductFromBeingContractedIntoAFusedMultiplyAdd) {
  volatile double seed = 1.0 + 0x1p-30;
  const double x = seed;
  // x * x = 1 + 2^-29 + 2^-60, whose last term the rounding drops and a fused multiply-add would keep.
  EXPECT_EQ(portable::rounded(x * x) - (1.0 + 0x1p-29), 0.0);
  volatile float seed_float = 1.0F + 0x1p-13F;
  const float y = seed_float;
  EXPECT_EQ(portable::rounded(y * y) - (1.0F + 0x1p-12F), 0.0F);
}

TEST(Rounded, ReturnsItsArgument) {
  for (const double x : {0.0, 1.0, -1e300, smallest, infinity}) EXPECT_EQ(portable::rounded(x), x);
  EXPECT_EQ(portable::rounded(0.1F), 0.1F);
  EXPECT_TRUE(std::signbit(portable::rounded(-0.0)));
  EXPECT_TRUE(std::isnan(portable::rounded(nan)));
}

TEST(Polynomial, TakesTheHighestPowerFirst) {
  EXPECT_EQ(portable::polynomial(10.0, std::array{3.0, 2.0, 1.0}), 321.0);
  EXPECT_EQ(portable::polynomial(10.0, std::array{7.0}), 7.0);
}

TEST(Exp, IsWithinOneUlpOfTheReferenceValues) {
  for (const auto& [x, value] : golden::exp_golden) EXPECT_LE(ulps(portable::exp(x), value), 1.0) << x;
}

TEST(Exp, IsWithinOneUlpOfLongDoubleOverItsWholeRange) {
  if (!has_oracle) GTEST_SKIP() << "long double is double here";
  SplitMix arguments(10);
  long double worst = 0;
  for (int i = 0; i < 200000; ++i) {
    for (const double x : {arguments.between(-746, 710), arguments.between(-1, 1)}) {
      worst = std::max(worst, ulps(portable::exp(x), std::exp(static_cast<long double>(x))));
    }
  }
  EXPECT_LE(worst, 1.0);
}

TEST(Exp, OverflowsUnderflowsAndPassesNaN) {
  EXPECT_EQ(portable::exp(0.0), 1.0);
  EXPECT_EQ(portable::exp(709.7827128933841), infinity);
  for (const double x : {710.0, 711.0, largest, infinity}) EXPECT_EQ(portable::exp(x), infinity) << x;
  EXPECT_EQ(portable::exp(-745.1332191019411), smallest);
  for (const double x : {-745.1332191019413, -746.0, -747.0, -largest, -infinity})
    EXPECT_EQ(portable::exp(x), 0.0) << x;
  EXPECT_TRUE(std::isnan(portable::exp(nan)));
}

TEST(Log, IsCorrectlyRoundedAtTheReferenceValues) {
  for (const auto& [x, value] : golden::log_golden) EXPECT_EQ(portable::log(x), value) << x;
}

TEST(Log, IsWithinOneUlpOfLongDoubleOverItsWholeRange) {
  if (!has_oracle) GTEST_SKIP() << "long double is double here";
  SplitMix arguments(11);
  long double worst = 0;
  for (int i = 0; i < 200000; ++i) {
    const double near_one = 1.0 + std::ldexp(arguments.between(-1, 1), -static_cast<int>(arguments.bits() % 53));
    for (const double x : {arguments.positive(), arguments.between(0.5, 2), near_one}) {
      worst = std::max(worst, ulps(portable::log(x), std::log(static_cast<long double>(x))));
    }
  }
  EXPECT_LE(worst, 1.0);
}

TEST(Log, CarriesMoreThanSixtyBitsInItsTwoParts) {
  if (!has_oracle) GTEST_SKIP() << "long double is double here";
  SplitMix arguments(12);
  for (int i = 0; i < 1000; ++i) {
    const double x = arguments.positive();
    const auto [high, low] = portable::detail::log_of_positive(x);
    const long double exact = std::log(static_cast<long double>(x));
    // The oracle itself has 64 bits.
    EXPECT_LE(std::fabs((static_cast<long double>(high) + low) - exact), std::fabs(exact) * 0x1p-62L) << x;
  }
}

TEST(Log, HandlesTheEndsOfItsRange) {
  EXPECT_EQ(portable::log(1.0), 0.0);
  EXPECT_EQ(portable::log(0.0), -infinity);
  EXPECT_EQ(portable::log(-0.0), -infinity);
  EXPECT_EQ(portable::log(infinity), infinity);
  for (const double x : {-smallest, -1.0, -infinity, nan}) EXPECT_TRUE(std::isnan(portable::log(x))) << x;
}

TEST(Pow, IsWithinOneUlpOfTheReferenceValues) {
  for (const auto& [x, y, value] : golden::pow_golden)
    EXPECT_LE(ulps(portable::pow(x, y), value), 1.0) << x << ' ' << y;
}

TEST(Pow, IsWithinOneUlpOfLongDoubleWhereTheResultIsNormal) {
  if (!has_oracle) GTEST_SKIP() << "long double is double here";
  SplitMix arguments(13);
  long double worst = 0;
  for (int i = 0; i < 200000; ++i) {
    for (const double x : {arguments.positive(), arguments.between(0.5, 2)}) {
      const double y = arguments.between(-700, 700) / std::log(x);
      const long double exact = std::pow(static_cast<long double>(x), static_cast<long double>(y));
      worst = std::max(worst, ulps(portable::pow(x, y), exact));
    }
  }
  EXPECT_LE(worst, 1.0);
}

TEST(Pow, AgreesWithCAtZeroOneInfinityAndNaN) {
  for (const double x : {0.0, -0.0, smallest, 0.5, 1.0, 2.0, largest, infinity, nan}) {
    for (const double y : {-infinity, -largest, -0.5, -smallest, 0.0, -0.0, smallest, 1.5, largest, infinity, nan}) {
      EXPECT_LE(ulps(portable::pow(x, y), std::pow(x, y)), 1.0) << x << ' ' << y;
    }
  }
}

TEST(Pow, IsNaNForANegativeBase) {
  for (const double y : {-1.0, 0.5, 2.0, infinity}) EXPECT_TRUE(std::isnan(portable::pow(-2.0, y))) << y;
  EXPECT_EQ(portable::pow(-2.0, 0.0), 1.0);
}

TEST(CosPi, IsWithinTwoUlpOfTheReferenceValues) {
  for (const auto& [x, value] : golden::cos_pi_golden) EXPECT_LE(ulps(portable::cos_pi(x), value), 2.0) << x;
}

TEST(CosPi, IsExactAtTheMultiplesOfAHalf) {
  for (double n = -64; n <= 64; ++n) {
    EXPECT_EQ(portable::cos_pi(n), std::fmod(n, 2.0) == 0 ? 1.0 : -1.0) << n;
    EXPECT_EQ(portable::cos_pi(n + 0.5), 0.0) << n;
  }
  EXPECT_EQ(portable::cos_pi(0x1p53 - 1), -1.0);
  EXPECT_EQ(portable::cos_pi(0x1p52 - 0.5), 0.0);
  for (const double x : {0x1p53, 0x1p53 + 2, 1e300, largest, -largest}) EXPECT_EQ(portable::cos_pi(x), 1.0) << x;
}

TEST(CosPi, IsEvenAndPeriodic) {
  SplitMix arguments(14);
  for (int i = 0; i < 1000; ++i) {
    const double x = std::floor(arguments.between(0, 0x1p40)) * 0x1p-38;  // in [0, 4), so that x + 2 is exact
    EXPECT_EQ(portable::cos_pi(-x), portable::cos_pi(x)) << x;
    EXPECT_EQ(portable::cos_pi(x + 2), portable::cos_pi(x)) << x;
    EXPECT_EQ(portable::cos_pi(x + 1), -portable::cos_pi(x)) << x;
  }
}

TEST(CosPi, IsNaNForInfinityAndNaN) {
  for (const double x : {infinity, -infinity, nan}) EXPECT_TRUE(std::isnan(portable::cos_pi(x)));
}

TEST(Power, IsWithinItsErrorBoundOfTheReferenceValues) {
  for (const auto& [base, exponent, value] : golden::power_golden) {
    const double result = portable::power(base, static_cast<std::int64_t>(exponent));
    EXPECT_LE(std::fabs(result - value), exponent * 0x1p-53 * std::fabs(value)) << base << ' ' << exponent;
  }
}

TEST(Power, IsExactForSmallIntegersAndPowersOfTwo) {
  EXPECT_EQ(portable::power(3.0, 5), 243.0);
  EXPECT_EQ(portable::power(-3.0, 3), -27.0);
  EXPECT_EQ(portable::power(2.0, 1023), 0x1p1023);
  EXPECT_EQ(portable::power(0.5, 1074), smallest);
}

TEST(Power, HandlesTheEndsOfItsRange) {
  for (const double base : {0.0, 1.0, -2.0, infinity, nan}) EXPECT_EQ(portable::power(base, 0), 1.0);
  EXPECT_EQ(portable::power(0.0, 3), 0.0);
  EXPECT_EQ(portable::power(10.0, 309), infinity);
  EXPECT_EQ(portable::power(0.999, std::numeric_limits<std::int64_t>::max()), 0.0);
  EXPECT_EQ(portable::power(1.0, std::numeric_limits<std::int64_t>::max()), 1.0);
  EXPECT_TRUE(std::isnan(portable::power(nan, 1)));
}

TEST(Power, RejectsANegativeExponent) {
  try {
    portable::power(2.0, -1);
    FAIL() << "no exception";
  } catch (const std::invalid_argument& error) {
    EXPECT_EQ(std::string(error.what()), "power: exponent must be at least 0, got -1");
  }
}

TEST(PortableMath, HasTheBitsOfTheReferenceImplementation) {
  EXPECT_EQ(digest(1, [](SplitMix& a) { return portable::exp(a.between(-750, 750)); }), golden::exp_digest);
  EXPECT_EQ(digest(2, [](SplitMix& a) { return portable::log(a.positive()); }), golden::log_digest);
  EXPECT_EQ(digest(3,
                   [](SplitMix& a) {
                     const double base = a.positive();
                     return portable::pow(base, a.between(-2, 2));
                   }),
            golden::pow_digest);
  EXPECT_EQ(digest(4,
                   [](SplitMix& a) {
                     const double base = a.between(0.5, 2);
                     return portable::pow(base, a.between(-700, 700));
                   }),
            golden::pow_near_one_digest);
  EXPECT_EQ(digest(5, [](SplitMix& a) { return portable::cos_pi(a.between(-4, 4)); }), golden::cos_pi_digest);
  EXPECT_EQ(digest(6,
                   [](SplitMix& a) {
                     const double base = a.between(0.5, 1.5);
                     return portable::power(base, static_cast<std::int64_t>(a.bits() % 2000));
                   }),
            golden::power_digest);
}

}  // namespace
}  // namespace eigentune
