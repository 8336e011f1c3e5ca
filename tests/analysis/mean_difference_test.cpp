#include <eigentune/analysis/mean_difference.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

namespace eigentune {
namespace {

const std::vector<double> candidate_errors = {0.0312, 0.0298, 0.0321, 0.0305, 0.0317};
const std::vector<double> baseline_errors = {0.0354, 0.0371, 0.0339, 0.0349, 0.0362};

// The figures are those of adoption_oracle.py. (SciPy's quantiles for fractional degrees have ten digits.)

TEST(MeanDifference, OfIndependentSamplesIsWelchs) {
  const MeanDifference gain = welch_difference(baseline_errors, candidate_errors);
  EXPECT_NEAR(gain.difference, 0.00444, 1e-16);
  EXPECT_NEAR(gain.standard_error, 0.000685273667960472, 1e-16);
  EXPECT_NEAR(gain.degrees_of_freedom, 7.44351681645454, 1e-11);
  EXPECT_NEAR(gain.quantile(0.025), 0.00283895404226542, 1e-12);
  EXPECT_NEAR(gain.quantile(0.975), 0.00604104595773459, 1e-12);
  EXPECT_NEAR(gain.probability_above(0.003), 0.964314679461169, 1e-12);
}

TEST(MeanDifference, OfSamplesOfDifferentSizesIsWelchs) {
  const MeanDifference difference =
      welch_difference(std::vector{1.0, 4.0, 2.0}, std::vector{-1.0, 0.5, 0.25, 0.0, 7.0});
  EXPECT_NEAR(difference.difference, 0.983333333333333, 1e-14);
  EXPECT_NEAR(difference.standard_error, 1.68457050246577, 1e-13);
  EXPECT_NEAR(difference.degrees_of_freedom, 5.90667817289956, 1e-12);
}

TEST(MeanDifference, OfPairsIsStudents) {
  const MeanDifference gain = paired_difference(baseline_errors, candidate_errors);
  EXPECT_NEAR(gain.difference, 0.00444, 1e-16);
  EXPECT_NEAR(gain.standard_error, 0.000872123844416605, 1e-16);
  EXPECT_EQ(gain.degrees_of_freedom, 4.0);
  EXPECT_NEAR(gain.quantile(0.025), 0.00201859602104323, 1e-14);
  EXPECT_NEAR(gain.quantile(0.975), 0.00686140397895677, 1e-14);
  EXPECT_NEAR(gain.probability_above(0.003), 0.912972941655341, 1e-12);
}

TEST(MeanDifference, WithoutVarianceIsCertain) {
  const MeanDifference none = welch_difference(std::vector{0.3, 0.3, 0.3}, std::vector{0.1, 0.1, 0.1});
  EXPECT_EQ(none.standard_error, 0.0);
  EXPECT_EQ(none.degrees_of_freedom, 4.0);
  EXPECT_EQ(none.quantile(0.01), none.difference);
  EXPECT_EQ(none.probability_above(0.1), 1.0);
  EXPECT_EQ(none.probability_above(0.3), 0.0);
  EXPECT_EQ(none.probability_above(none.difference), 0.5);
}

TEST(MeanDifference, RefusesWhatHasNoAnswer) {
  const std::vector one = {1.0}, two = {1.0, 2.0}, nan = {1.0, std::nan("")};
  const std::vector infinite = {1.0, std::numeric_limits<double>::infinity()};
  EXPECT_THROW(MeanAndVariance::of(one), std::invalid_argument);
  EXPECT_THROW(MeanAndVariance::of(nan), std::invalid_argument);
  EXPECT_THROW(welch_difference(one, two), std::invalid_argument);
  EXPECT_THROW(welch_difference(two, infinite), std::invalid_argument);
  EXPECT_THROW(paired_difference(one, two), std::invalid_argument);
  EXPECT_THROW(paired_difference(one, one), std::invalid_argument);
}

}  // namespace
}  // namespace eigentune
