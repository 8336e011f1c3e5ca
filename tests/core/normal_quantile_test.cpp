#include <eigentune/core/normal_quantile.hpp>
#include <eigentune/core/random.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>

#include "core/normal_quantile_golden.hpp"
#include "support/expect.hpp"

namespace eigentune {
namespace {

using support::error_of;

TEST(NormalQuantile, IsWithinItsRelativeErrorOfTheReferenceValues) {
  for (const auto& [p, quantile] : golden::normal_quantiles) {
    EXPECT_NEAR(normal_quantile(p), quantile, 1e-15 * std::fabs(quantile)) << p;
  }
}

TEST(NormalQuantile, IsOddAboutOneHalf) {
  EXPECT_EQ(normal_quantile(0.5), 0.0);
  EXPECT_FALSE(std::signbit(normal_quantile(0.5)));
  Random random(21);
  for (int i = 0; i < 1000; ++i) {
    const double p = 0.5 + 0x1p-53 * static_cast<double>(1 + random.below((std::uint64_t{1} << 52) - 1));
    EXPECT_EQ(normal_quantile(p), -normal_quantile(1.0 - p)) << p;  // 1 - p is exact
  }
}

TEST(NormalQuantile, RisesWhereItsFormulaChanges) {
  constexpr double far = 1.3887943864964021e-11;  // e^-25; the other is 0.5 - 0.425
  for (const double change : {far, 0.075}) {
    double last = normal_quantile(change * (1.0 - 1e-12));
    for (int i = -9; i <= 10; ++i) {
      const double next = normal_quantile(change * (1.0 + 1e-13 * i));
      EXPECT_GE(next, last) << change << " " << i;
      last = next;
    }
  }
}

TEST(NormalQuantile, OfTheMostExtremeRandomWordIsBelowItsPromise) {
  EXPECT_LT(-normal_quantile(0x1p-65), 9.2);  // see Random::normal
}

TEST(NormalQuantile, RejectsWhatIsNoProbabilityBetweenZeroAndOne) {
  const auto error = [](double p) { return error_of([&] { normal_quantile(p); }); };
  EXPECT_EQ(error(0.0), "normal_quantile: p must be in (0, 1), got 0");
  EXPECT_EQ(error(1.0), "normal_quantile: p must be in (0, 1), got 1");
  EXPECT_EQ(error(-0.25), "normal_quantile: p must be in (0, 1), got -0.25");
  EXPECT_EQ(error(std::numeric_limits<double>::quiet_NaN()), "normal_quantile: p must be in (0, 1), got nan");
}

}  // namespace
}  // namespace eigentune
