#include <eigentune/schedule/cosine_decay.hpp>
#include <eigentune/schedule/cosine_restarts.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <optional>

#include "schedule/expect.hpp"

namespace eigentune {
namespace {

TEST(CosineRestarts, RepeatsOneCosine) {
  const auto rate = cosine_restarts(0.1, 100, {.final_rate = 0.01});
  const auto cycle = cosine_decay(0.1, 100, 0.01);
  for (std::int64_t step = 0; step < 1000; ++step) EXPECT_EQ(rate(step), cycle(step % 100));
  EXPECT_EQ(rate.steps(), std::nullopt);
}

TEST(CosineRestarts, StartsAgainAtThePeak) {
  const auto rate = cosine_restarts(0.1, 100);
  EXPECT_EQ(rate(0), 0.1);
  expect_close(rate(50), 0.05, rounding);
  EXPECT_LT(rate(99), 1e-4);
  EXPECT_EQ(rate(100), 0.1);
  EXPECT_EQ(rate(1'000'000'000'000'000'000), 0.1);
}

TEST(CosineRestarts, MultipliesThePeriod) {
  const auto rate = cosine_restarts(0.1, 100, {.period_multiplier = 3});  // cycles begin at 0, 100, 400, 1300
  EXPECT_EQ(rate(100), 0.1);
  expect_close(rate(250), 0.05, rounding);
  EXPECT_LT(rate(399), 1e-5);
  EXPECT_EQ(rate(400), 0.1);
  expect_close(rate(850), 0.05, rounding);
  EXPECT_EQ(rate(1300), 0.1);
}

TEST(CosineRestarts, LowersThePeakAboveTheFinalRate) {
  const auto rate = cosine_restarts(0.9, 100, {.peak_factor = 0.5, .final_rate = 0.1});
  EXPECT_EQ(rate(0), 0.9);
  expect_close(rate(100), 0.5, rounding);
  expect_close(rate(150), 0.3, rounding);
  expect_close(rate(200), 0.3, rounding);
  expect_close(rate(300), 0.2, rounding);
  expect_close(rate(1'000'000), 0.1, rounding);
}

TEST(CosineRestarts, SurvivesAPeriodBeyond64Bits) {
  const auto rate = cosine_restarts(0.1, std::int64_t{1} << 61, {.period_multiplier = 1'000'000});
  EXPECT_EQ(rate(std::int64_t{1} << 61), 0.1);
  EXPECT_LT(rate(std::numeric_limits<std::int64_t>::max()), 0.1);
  EXPECT_GT(rate(std::numeric_limits<std::int64_t>::max()), 0.0);
}

TEST(CosineRestarts, IsEqualWhenItsOptionsAre) {
  EXPECT_EQ(cosine_restarts(0.1, 10), cosine_restarts(0.1, 10, {.period_multiplier = 1}));
  EXPECT_NE(cosine_restarts(0.1, 10), cosine_restarts(0.1, 10, {.period_multiplier = 2}));
}

}  // namespace
}  // namespace eigentune
