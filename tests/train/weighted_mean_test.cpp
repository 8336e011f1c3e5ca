#include <eigentune/train/weighted_mean.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "support/expect.hpp"
#include "support/special_values.hpp"

namespace eigentune {
namespace {

using support::error_of;

using support::nan;

TEST(WeightedMean, IsTheMeanAndTheUnbiasedVarianceOfTheExamples) {
  WeightedMean mean;
  for (const double value : {2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0}) mean.add(value);
  EXPECT_EQ(mean.weight(), 8.0);
  EXPECT_EQ(mean.sum(), 40.0);
  EXPECT_EQ(mean.mean(), 5.0);
  EXPECT_NEAR(mean.variance(), 32.0 / 7.0, 1e-14);  // the squares around 5 sum to 32
}

TEST(WeightedMean, WeighsAnExampleOfWeightTwoAsTwo) {
  WeightedMean weighted, twice;
  weighted.add(1.0, 2.0);
  weighted.add(4.0);
  for (const double value : {1.0, 1.0, 4.0}) twice.add(value);
  EXPECT_EQ(weighted.mean(), 2.0);
  EXPECT_EQ(twice.mean(), 2.0);
  EXPECT_NEAR(weighted.variance(), 3.0, 1e-15);
  EXPECT_NEAR(twice.variance(), 3.0, 1e-15);
}

TEST(WeightedMean, IgnoresWhatWeighsZeroEvenNaN) {
  WeightedMean mean;
  mean.add(nan, 0.0);
  mean.add(3.0);
  mean.add(nan, 0.0);
  mean.add(5.0);
  mean.add(std::numeric_limits<double>::infinity(), 0.0);
  EXPECT_EQ(mean.mean(), 4.0);
  EXPECT_EQ(mean.variance(), 2.0);
}

TEST(WeightedMean, IsNaNWithoutExamplesAndWithOneThatIsNaN) {
  WeightedMean mean;
  EXPECT_TRUE(std::isnan(mean.mean()));
  EXPECT_TRUE(std::isnan(mean.variance()));
  mean.add(1.0);
  EXPECT_EQ(mean.mean(), 1.0);
  EXPECT_TRUE(std::isnan(mean.variance()));
  mean.add(nan);
  EXPECT_TRUE(std::isnan(mean.mean()));
}

TEST(WeightedMean, KeepsTheVarianceOfLargeNearlyEqualValues) {
  WeightedMean mean;
  for (int i = 0; i < 1000; ++i) mean.add(1e9 + (i % 2));
  EXPECT_NEAR(mean.variance(), 250.0 / 999.0, 1e-6);  // squares of values would leave nothing of it
}

TEST(WeightedMean, OfPartsIsTheMeanOfTheWhole) {
  WeightedMean whole, first, second;
  for (int i = 0; i < 20; ++i) {
    const double value = (i * i) % 7;  // whole numbers: sums are exact
    whole.add(value);
    (i < 13 ? first : second).add(value);
  }
  WeightedMean sum;
  sum += first;
  sum += WeightedMean();
  sum += second;
  EXPECT_EQ(sum.weight(), 20.0);
  EXPECT_EQ(sum.mean(), whole.mean());
  EXPECT_NEAR(sum.variance(), whole.variance(), 1e-14);
}

TEST(WeightedMean, IsMadeOfItsFigures) {
  const WeightedMean mean(10, 0.25, 2.0);
  EXPECT_EQ(mean.weight(), 10.0);
  EXPECT_EQ(mean.mean(), 0.25);
  EXPECT_EQ(mean.variance(), 2.0);
  WeightedMean nothing(0, nan, nan);  // as the figures of a WeightedMean() are
  nothing.add(2.0);
  EXPECT_EQ(nothing.mean(), 2.0);
}

TEST(WeightedMean, SaysWhatIsWrong) {
  EXPECT_EQ(error_of([] { WeightedMean().add(1.0, -1.0); }), "WeightedMean: weight must be in [0, inf), got -1");
  EXPECT_EQ(error_of([] { WeightedMean().add(1.0, nan); }), "WeightedMean: weight must be in [0, inf), got nan");
  EXPECT_EQ(error_of([] { WeightedMean(-1, 0, 0); }), "WeightedMean: weight must be in [0, inf), got -1");
  EXPECT_EQ(error_of([] { WeightedMean(2, 0, -1); }), "WeightedMean: variance must be at least 0, got -1");
}

}  // namespace
}  // namespace eigentune
