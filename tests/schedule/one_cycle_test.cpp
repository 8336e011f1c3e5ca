#include <eigentune/schedule/one_cycle.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "schedule/expect.hpp"

namespace eigentune {
namespace {

constexpr double one_cycle_rounding = 8 * std::numeric_limits<double>::epsilon();

TEST(OneCycle, RisesToThePeakAndFallsToTheFinalRate) {
  const auto rate = one_cycle(1.0, 1000);
  expect_close(rate(0), 0.04, one_cycle_rounding);
  expect_close(rate(150), 0.52, one_cycle_rounding);  // halfway between 0.04 and 1
  EXPECT_EQ(rate(300), 1.0);
  expect_close(rate(650), 0.500002, one_cycle_rounding);  // halfway between 1 and 4e-6
  expect_close(rate(1000), 4e-6, one_cycle_rounding);
  EXPECT_EQ(rate(1001), rate(1000));
  EXPECT_EQ(rate(std::numeric_limits<std::int64_t>::max()), rate(1000));
  EXPECT_EQ(rate.steps(), 1000);
  EXPECT_EQ(rate.initial_rate(), rate(0));
  EXPECT_EQ(rate.final_rate(), rate(1000));
}

TEST(OneCycle, OfStraightLines) {
  const auto rate = one_cycle(
      1.0, 100,
      {.rising_fraction = 0.25, .initial_divisor = 5.0, .final_divisor = 2.0, .annealing = Annealing::linear});
  expect_close(rate(0), 0.2, one_cycle_rounding);
  expect_close(rate(5), 0.36, one_cycle_rounding);
  EXPECT_EQ(rate(25), 1.0);
  expect_close(rate(50), 0.7, one_cycle_rounding);
  expect_close(rate(75), 0.4, one_cycle_rounding);
  expect_close(rate(100), 0.1, one_cycle_rounding);
}

TEST(OneCycle, InThreePhasesIsBackAtTheInitialRateAsFastAsItRose) {
  for (const auto annealing : {Annealing::linear, Annealing::cosine}) {
    const auto rate = one_cycle(1.0, 100,
                                {.rising_fraction = 0.4,
                                 .initial_divisor = 5.0,
                                 .final_divisor = 10.0,
                                 .annealing = annealing,
                                 .three_phases = true});
    expect_close(rate(0), 0.2, one_cycle_rounding);
    expect_close(rate(20), 0.6, one_cycle_rounding);
    EXPECT_EQ(rate(40), 1.0);
    expect_close(rate(60), 0.6, one_cycle_rounding);
    expect_close(rate(80), 0.2, one_cycle_rounding);
    expect_close(rate(90), 0.11, one_cycle_rounding);
    expect_close(rate(100), 0.02, one_cycle_rounding);
    for (std::int64_t step = 0; step < 40; ++step) expect_close(rate(step), rate(80 - step), one_cycle_rounding);
  }
}

TEST(OneCycle, MayHaveItsPeakBetweenTwoSteps) {
  const auto rate = one_cycle(
      1.0, 10, {.rising_fraction = 0.25, .initial_divisor = 5.0, .final_divisor = 1.0, .annealing = Annealing::linear});
  expect_close(rate(2), 0.2 + 0.8 * 2.0 / 2.5, one_cycle_rounding);
  expect_close(rate(3), 1.0 - 0.8 * 0.5 / 7.5, one_cycle_rounding);
}

TEST(OneCycle, IsEqualWhenItsOptionsAre) {
  EXPECT_EQ(one_cycle(0.1, 10), one_cycle(0.1, 10, {.rising_fraction = 0.3}));
  EXPECT_NE(one_cycle(0.1, 10), one_cycle(0.1, 10, {.annealing = Annealing::linear}));
}

}  // namespace
}  // namespace eigentune
