#include <eigentune/schedule/constant.hpp>
#include <eigentune/schedule/cosine_decay.hpp>
#include <eigentune/schedule/exponential_decay.hpp>
#include <eigentune/schedule/inverse_square_root.hpp>
#include <eigentune/schedule/one_cycle.hpp>
#include <eigentune/schedule/warmup.hpp>

#include <gtest/gtest.h>

#include <concepts>
#include <cstdint>
#include <optional>
#include <type_traits>

#include "schedule/expect.hpp"

namespace eigentune {
namespace {

static_assert(std::regular<Warmup<CosineDecay>> == std::default_initializable<CosineDecay>);
static_assert(std::copyable<Warmup<CosineDecay>> && std::equality_comparable<Warmup<CosineDecay>>);
static_assert(std::is_trivially_copyable_v<Warmup<CosineDecay>>);

TEST(Warmup, RampsFromZeroToTheFirstRateOfTheSchedule) {
  const auto rate = warmup(500, cosine_decay(1e-3, 20'000));
  EXPECT_EQ(rate(0), 0.0);
  expect_close(rate(1), 2e-6, rounding);
  expect_close(rate(250), 5e-4, rounding);
  expect_close(rate(499), 9.98e-4, rounding);
  EXPECT_EQ(rate(500), 1e-3);
}

TEST(Warmup, ThenRunsTheScheduleFromItsOwnStart) {
  const auto decay = cosine_decay(1e-3, 10'000, 1e-5);
  const auto rate = warmup(1'000, decay);
  for (std::int64_t step = 0; step < 12'000; step += 7) EXPECT_EQ(rate(1'000 + step), decay(step));
  EXPECT_GT(rate(10'999), 1e-5);
  EXPECT_EQ(rate(11'000), 1e-5);
}

TEST(Warmup, OfOneThousandStepsMakesElevenThousandOfTenThousand) {
  EXPECT_EQ(warmup(1'000, cosine_decay(1e-3, 10'000)).steps(), 11'000);
  EXPECT_EQ(warmup(1'000, constant(1e-3)).steps(), std::nullopt);
  EXPECT_EQ(warmup(1'000, [](std::int64_t) { return 0.1; }).steps(), std::nullopt);
}

TEST(Warmup, IsContinuousWhereTheScheduleBegins) {
  const auto check = [](const auto& rate) {
    const std::int64_t steps = rate.warmup_steps();
    expect_close(rate(steps) - rate(steps - 1), rate(steps) / static_cast<double>(steps), 1e-10);
  };
  check(warmup(10'000, cosine_decay(0.3, 10)));
  check(warmup(10'000, exponential_decay(0.3, 10, 0.5)));
  check(warmup(10'000, one_cycle(0.3, 10)));
}

TEST(Warmup, OfZeroStepsIsNone) {
  const auto decay = cosine_decay(1e-3, 100);
  for (std::int64_t step = 0; step <= 100; ++step) EXPECT_EQ(warmup(0, decay)(step), decay(step));
  EXPECT_EQ(warmup(0, decay).steps(), 100);
}

TEST(Warmup, BeforeAnInverseSquareRootFallsAsTheRootOfTheWholeStep) {
  const auto rate = warmup(400, inverse_square_root(0.5, 400));
  expect_close(rate(200), 0.25, rounding);
  EXPECT_EQ(rate(400), 0.5);
  expect_close(rate(1'600), 0.25, rounding);  // sqrt(400 / 1600)
}

TEST(Warmup, TakesAUsersLambda) {
  const auto rate = warmup(10, [](std::int64_t step) { return 1.0 / static_cast<double>(1 + step); });
  EXPECT_EQ(rate(5), 0.5);
  EXPECT_EQ(rate(10), 1.0);
  EXPECT_EQ(rate(13), 0.25);
}

TEST(Warmup, IsEqualWhenItsPartsAre) {
  EXPECT_EQ(warmup(5, constant(0.1)), warmup(5, constant(0.1)));
  EXPECT_NE(warmup(5, constant(0.1)), warmup(6, constant(0.1)));
  EXPECT_NE(warmup(5, constant(0.1)), warmup(5, constant(0.2)));
}

}  // namespace
}  // namespace eigentune
