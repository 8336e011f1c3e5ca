// Values by hand: at the first, a middle and the last step, and beyond.

#include <eigentune/schedule/constant.hpp>
#include <eigentune/schedule/constant_then_linear.hpp>
#include <eigentune/schedule/cosine_decay.hpp>
#include <eigentune/schedule/exponential_decay.hpp>
#include <eigentune/schedule/inverse_square_root.hpp>
#include <eigentune/schedule/linear_decay.hpp>
#include <eigentune/schedule/piecewise_constant.hpp>
#include <eigentune/schedule/polynomial_decay.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <optional>

#include "schedule/expect.hpp"

namespace eigentune {
namespace {

TEST(Constant, IsTheSameAtEveryStepAndNeverEnds) {
  const auto rate = constant(0.1);
  for (const std::int64_t step : {std::int64_t{0}, std::int64_t{1}, std::int64_t{1'000'000}, last}) {
    EXPECT_EQ(rate(step), 0.1);
  }
  EXPECT_EQ(rate.steps(), std::nullopt);
  EXPECT_EQ(rate.rate(), 0.1);
  EXPECT_EQ(constant(0.0)(5), 0.0);
}

TEST(LinearDecay, IsAStraightLineDownToZero) {
  const auto rate = linear_decay(8.0, 16);
  EXPECT_EQ(rate(0), 8.0);
  EXPECT_EQ(rate(1), 7.5);
  EXPECT_EQ(rate(8), 4.0);
  EXPECT_EQ(rate(15), 0.5);
  EXPECT_EQ(rate(16), 0.0);
  EXPECT_EQ(rate(17), 0.0);
  EXPECT_EQ(rate(last), 0.0);
  EXPECT_EQ(rate.steps(), 16);
}

TEST(LinearDecay, ReachesItsFinalValueAtTheLastStep) {
  const auto rate = linear_decay(0.3, 10, 0.1);
  EXPECT_EQ(rate(0), 0.3);
  expect_close(rate(5), 0.2, rounding);
  EXPECT_GT(rate(9), 0.1);
  EXPECT_EQ(rate(10), 0.1);
  EXPECT_EQ(rate(last), 0.1);
}

TEST(CosineDecay, IsHalfAPeriodOfACosine) {
  const auto rate = cosine_decay(1e-3, 12);
  EXPECT_EQ(rate(0), 1e-3);
  expect_close(rate(3), 1e-3 * (2.0 + std::sqrt(2.0)) / 4.0, rounding);  // (1 + cos 45) / 2
  expect_close(rate(4), 0.75e-3, rounding);                              // (1 + cos 60) / 2
  expect_close(rate(6), 0.5e-3, rounding);
  expect_close(rate(8), 0.25e-3, rounding);
  EXPECT_GT(rate(11), 0.0);
  EXPECT_EQ(rate.steps(), 12);
}

TEST(CosineDecay, ReachesItsFinalValueAtTheLastStep) {
  const auto rate = cosine_decay(0.3, 20'000, 0.1);
  EXPECT_EQ(rate(0), 0.3);
  expect_close(rate(10'000), 0.2, rounding);
  EXPECT_GT(rate(19'999), 0.1);
  EXPECT_EQ(rate(20'000), 0.1);
  EXPECT_EQ(rate(20'001), 0.1);
  EXPECT_EQ(rate(last), 0.1);
  EXPECT_EQ(cosine_decay(0.3, 20'000)(20'000), 0.0);
}

TEST(CosineDecay, OfOneStepIsAllAtOnce) {
  const auto rate = cosine_decay(0.3, 1, 0.1);
  EXPECT_EQ(rate(0), 0.3);
  EXPECT_EQ(rate(1), 0.1);
}

TEST(PolynomialDecay, RaisesTheRemainingFractionToThePower) {
  const auto square = polynomial_decay(16.0, 4, 2.0);
  EXPECT_EQ(square(0), 16.0);
  expect_close(square(1), 9.0, rounding);
  expect_close(square(2), 4.0, rounding);
  expect_close(square(3), 1.0, rounding);
  EXPECT_EQ(square(4), 0.0);
  EXPECT_EQ(square(last), 0.0);
  EXPECT_EQ(square.steps(), 4);
  const auto root = polynomial_decay(3.0, 4, 0.5, 1.0);
  EXPECT_EQ(root(0), 3.0);
  expect_close(root(3), 2.0, rounding);  // 1 + 2 sqrt(1/4)
  EXPECT_EQ(root(4), 1.0);
}

TEST(PolynomialDecay, OfPowerOneIsLinear) {
  const auto rate = polynomial_decay(0.3, 1000, 1.0, 0.01);
  const auto line = linear_decay(0.3, 1000, 0.01);
  for (std::int64_t step = 0; step <= 1000; ++step) expect_close(rate(step), line(step), rounding);
}

TEST(ExponentialDecay, MultipliesByTheFactorEveryTransition) {
  const auto rate = exponential_decay(0.8, 10, 0.25);
  EXPECT_EQ(rate(0), 0.8);
  expect_close(rate(5), 0.4, rounding);  // sqrt(1/4)
  expect_close(rate(10), 0.2, rounding);
  expect_close(rate(20), 0.05, rounding);
  EXPECT_GT(rate(1'000), 0.0);
  EXPECT_EQ(rate(last), 0.0);  // underflow
  EXPECT_EQ(rate.steps(), std::nullopt);
  EXPECT_EQ(exponential_decay(0.8, 10, 1.0)(last), 0.8);
}

TEST(ExponentialDecay, AsAStaircaseFallsOnlyAtTheMultiples) {
  const auto rate = exponential_decay(0.8, 10, 0.25, {.staircase = true});
  for (std::int64_t step = 0; step < 10; ++step) EXPECT_EQ(rate(step), 0.8);
  for (std::int64_t step = 10; step < 20; ++step) expect_close(rate(step), 0.2, rounding);
  expect_close(rate(20), 0.05, rounding);
}

TEST(ExponentialDecay, StopsAtItsFloor) {
  const auto rate = exponential_decay(0.8, 10, 0.25, {.final_rate = 0.1});
  EXPECT_EQ(rate(0), 0.8);
  expect_close(rate(10), 0.2, rounding);
  expect_close(rate(14), 0.8 * std::pow(0.25, 1.4), 16 * rounding);
  EXPECT_EQ(rate(16), 0.1);  // 0.8 * 0.25^1.6 is 0.087
  EXPECT_EQ(rate(last), 0.1);
}

TEST(InverseSquareRoot, HalvesAfterThreeTimescales) {
  const auto rate = inverse_square_root(0.4, 100);
  EXPECT_EQ(rate(0), 0.4);
  expect_close(rate(300), 0.2, rounding);
  expect_close(rate(1500), 0.1, rounding);
  expect_close(rate(9'900), 0.04, rounding);
  expect_close(rate(last), 0.4 * 10.0 / std::sqrt(0x1p63), rounding);
  EXPECT_EQ(rate.steps(), std::nullopt);
}

TEST(PiecewiseConstant, ChangesAtTheStepItself) {
  const auto rate = piecewise_constant(0.1, {{30, 0.01}, {60, 0.05}});
  EXPECT_EQ(rate(0), 0.1);
  EXPECT_EQ(rate(29), 0.1);
  EXPECT_EQ(rate(30), 0.01);
  EXPECT_EQ(rate(59), 0.01);
  EXPECT_EQ(rate(60), 0.05);
  EXPECT_EQ(rate(last), 0.05);
  EXPECT_EQ(rate.steps(), std::nullopt);
  EXPECT_EQ(piecewise_constant(0.1, {})(7), 0.1);
}

TEST(ConstantThenLinear, FallsInItsLastSteps) {
  const auto rate = constant_then_linear(8.0, 100, 16);
  EXPECT_EQ(rate(0), 8.0);
  EXPECT_EQ(rate(100), 8.0);
  EXPECT_EQ(rate(101), 7.5);
  EXPECT_EQ(rate(108), 4.0);
  EXPECT_EQ(rate(115), 0.5);
  EXPECT_EQ(rate(116), 0.0);
  EXPECT_EQ(rate(last), 0.0);
  EXPECT_EQ(rate.steps(), 116);
  EXPECT_EQ(constant_then_linear(0.3, 0, 10, 0.1)(10), 0.1);
}

TEST(Decays, AreEqualWhenTheirArgumentsAre) {
  EXPECT_EQ(constant(0.1), constant(0.1));
  EXPECT_NE(constant(0.1), constant(0.2));
  EXPECT_EQ(cosine_decay(0.1, 10), cosine_decay(0.1, 10, 0.0));
  EXPECT_NE(cosine_decay(0.1, 10), cosine_decay(0.1, 11));
  EXPECT_NE(linear_decay(0.1, 10), linear_decay(0.1, 10, 0.01));
  EXPECT_NE(polynomial_decay(0.1, 10, 2), polynomial_decay(0.1, 10, 3));
  EXPECT_NE(exponential_decay(0.1, 10, 0.5), exponential_decay(0.1, 10, 0.5, {.staircase = true}));
  EXPECT_NE(inverse_square_root(0.1, 10), inverse_square_root(0.1, 11));
  EXPECT_NE(piecewise_constant(0.1, {{3, 0.01}}), piecewise_constant(0.1, {{3, 0.02}}));
  EXPECT_NE(constant_then_linear(0.1, 5, 10), constant_then_linear(0.1, 6, 10));
}

}  // namespace
}  // namespace eigentune
