#include <eigentune/core/quantile.hpp>
#include <eigentune/core/random.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "core/quantile_golden.hpp"
#include "support/expect.hpp"

namespace eigentune {
namespace {

using support::error_of;

TEST(Quantile, IsNumPysToTheLastBit) {
  for (const auto& [name, values, quantiles, spread] : golden::samples) {
    for (std::size_t i = 0; i < golden::probabilities.size(); ++i) {
      EXPECT_EQ(quantile(values, golden::probabilities[i]), quantiles[i]) << name << ' ' << golden::probabilities[i];
    }
    EXPECT_EQ(interquartile_range(values), spread) << name;
  }
}

TEST(Quantile, OfFourValuesIsAsTheFormulaSays) {
  const std::vector<double> values = {40.0, 10.0, 30.0, 20.0};
  EXPECT_EQ(quantile(values, 0.0), 10.0);
  EXPECT_EQ(quantile(values, 0.25), 17.5);  // h = 0.75
  EXPECT_EQ(median(values), 25.0);          // h = 1.5
  EXPECT_EQ(quantile(values, 1.0), 40.0);
  EXPECT_EQ(interquartile_range(values), 15.0);
}

TEST(Quantile, DoesNotDependOnTheOrderOfTheValues) {
  std::vector<double> values;
  Random random(1);
  for (int i = 0; i < 101; ++i) values.push_back(random.normal());
  const double before = quantile(values, 0.37);
  for (int i = 0; i < 20; ++i) {
    random.shuffle(values);
    EXPECT_EQ(quantile(values, 0.37), before);
  }
}

TEST(Quantile, OfEqualValuesIsThatValue) {
  const std::vector<double> values(10, 0.1);
  for (const double q : golden::probabilities) EXPECT_EQ(quantile(values, q), 0.1);
}

TEST(Quantile, LiesBetweenNumbersWhoseDifferenceOverflows) {
  constexpr double greatest = std::numeric_limits<double>::max();
  const std::vector<double> values = {-greatest, greatest};
  EXPECT_EQ(median(values), 0.0);
  EXPECT_DOUBLE_EQ(quantile(values, 0.75), 0.5 * greatest);
}

TEST(Quantile, LeavesTheValuesAlone) {
  const std::vector<double> values = {3.0, 1.0, 2.0};
  median(values);
  EXPECT_EQ(values, (std::vector<double>{3.0, 1.0, 2.0}));
}

TEST(Quantile, RejectsWhatHasNone) {
  const std::vector<double> values = {1.0, std::numeric_limits<double>::quiet_NaN()}, good = {1.0};
  EXPECT_EQ(error_of([&] { quantile(good, 1.5); }), "quantile: q must be in [0, 1], got 1.5");
  EXPECT_EQ(error_of([&] { quantile(good, values[1]); }), "quantile: q must be in [0, 1], got nan");
  EXPECT_EQ(error_of([&] { quantile({}, 0.5); }), "quantile: there must be at least 1 value, got 0");
  EXPECT_EQ(error_of([&] { quantile(values, 0.5); }), "quantile: values must be finite, got nan");
}

}  // namespace
}  // namespace eigentune
