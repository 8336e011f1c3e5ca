#include "tune/student_t.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <vector>

namespace {

using example::MeanInterval;
using example::student_interval;
using example::two_sided_student_t;

TEST(StudentT, QuantilesAreThoseOfTheIncompleteBetaFunction) {
  struct Case {
    double probability;
    std::int64_t degrees;
    double t;
  };
  const Case cases[] = {
      // from student_t_oracle.py
      {0.5, 1, 1.0},
      {0.5, 2, 0.81649658092772603},
      {0.5, 3, 0.76489232840434528},
      {0.5, 4, 0.74069708411268263},
      {0.5, 5, 0.72668684380042265},
      {0.5, 9, 0.70272214675132637},
      {0.5, 30, 0.68275569332129255},
      {0.5, 999, 0.67473541034671903},
      {0.95, 1, 12.706204736174705},
      {0.95, 2, 4.3026527297494639},
      {0.95, 3, 3.1824463052837096},
      {0.95, 4, 2.7764451051977944},
      {0.95, 5, 2.5705818356363155},
      {0.95, 9, 2.2621571627982055},
      {0.95, 30, 2.0422724563012383},
      {0.95, 999, 1.96234146113345},
      {0.99, 1, 63.656741162871581},
      {0.99, 2, 9.9248432009182931},
      {0.99, 3, 5.8409093097333573},
      {0.99, 4, 4.6040948713499932},
      {0.99, 5, 4.0321429835552281},
      {0.99, 9, 3.2498355415921263},
      {0.99, 30, 2.7499956535672253},
      {0.99, 999, 2.5807596372676368},
      {0.999, 1, 636.61924876871962},
      {0.999, 2, 31.599054576443621},
      {0.999, 3, 12.923978636687483},
      {0.999, 4, 8.6103015813792751},
      {0.999, 5, 6.8688266258811102},
      {0.999, 9, 4.7809125859311391},
      {0.999, 30, 3.6459586350420218},
      {0.999, 999, 3.3002924403987355},
  };
  for (const auto& [probability, degrees, t] : cases) {
    EXPECT_NEAR(two_sided_student_t(probability, degrees), t, 1e-12 * t) << probability << ", " << degrees;
  }
}

TEST(StudentT, IntervalOfFiveValuesIsTheOneByHand) {
  // Mean 3; s^2 = (4 + 1 + 0 + 1 + 4) / 4 = 2.5; s / sqrt(5) = sqrt(0.5); t of 4 degrees at 95% is 2.7764451.
  const MeanInterval interval = student_interval(std::vector{1.0, 4.0, 2.0, 5.0, 3.0}, 0.95);
  EXPECT_NEAR(interval.mean, 3.0, 1e-15);
  EXPECT_NEAR(interval.low, 3.0 - 2.7764451051977944 * std::sqrt(0.5), 1e-12);
  EXPECT_NEAR(interval.high, 3.0 + 2.7764451051977944 * std::sqrt(0.5), 1e-12);
}

TEST(StudentT, IntervalOfEqualValuesIsAPoint) {
  const MeanInterval interval = student_interval(std::vector{0.25, 0.25}, 0.95);
  EXPECT_EQ(interval.low, 0.25);
  EXPECT_EQ(interval.high, 0.25);
}

TEST(StudentT, RefusesWhatHasNoAnswer) {
  EXPECT_THROW(two_sided_student_t(0.0, 4), std::invalid_argument);
  EXPECT_THROW(two_sided_student_t(1.0, 4), std::invalid_argument);
  EXPECT_THROW(two_sided_student_t(0.95, 0), std::invalid_argument);
  EXPECT_THROW(student_interval(std::vector{1.0}, 0.95), std::invalid_argument);
}

}  // namespace
