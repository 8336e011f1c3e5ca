#include "tune/mean_interval.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

namespace {

using example::MeanInterval;
using example::student_interval;

TEST(StudentInterval, OfFiveValuesIsTheOneByHand) {
  // Mean 3; s^2 = (4 + 1 + 0 + 1 + 4) / 4 = 2.5; s / sqrt(5) = sqrt(0.5); t of 4 degrees at 95% is 2.7764451.
  const MeanInterval interval = student_interval(std::vector{1.0, 4.0, 2.0, 5.0, 3.0}, 0.95);
  EXPECT_NEAR(interval.mean, 3.0, 1e-15);
  EXPECT_NEAR(interval.low, 3.0 - 2.7764451051977944 * std::sqrt(0.5), 1e-12);
  EXPECT_NEAR(interval.high, 3.0 + 2.7764451051977944 * std::sqrt(0.5), 1e-12);
}

TEST(StudentInterval, OfEqualValuesIsAPoint) {
  const MeanInterval interval = student_interval(std::vector{0.25, 0.25}, 0.95);
  EXPECT_EQ(interval.low, 0.25);
  EXPECT_EQ(interval.high, 0.25);
}

TEST(StudentInterval, RefusesWhatHasNoAnswer) {
  EXPECT_THROW(student_interval(std::vector{1.0}, 0.95), std::invalid_argument);
  EXPECT_THROW(student_interval(std::vector{1.0, 2.0}, 0.0), std::invalid_argument);
  EXPECT_THROW(student_interval(std::vector{1.0, 2.0}, 1.0), std::invalid_argument);
}

}  // namespace
