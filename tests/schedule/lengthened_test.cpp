#include <eigentune/schedule/lengthened.hpp>

#include <gtest/gtest.h>

#include <cstdint>

#include "schedule/expect.hpp"

namespace eigentune {
namespace {

TEST(Lengthened, ExtendsTheConstantPeriodAndKeepsTheDecay) {
  const auto short_run = constant_then_linear(0.3, 8'000, 2'000, 0.01);
  const auto long_run = lengthened(short_run, 30'000);
  EXPECT_EQ(long_run, constant_then_linear(0.3, 28'000, 2'000, 0.01));
  EXPECT_EQ(long_run.steps(), 30'000);
  for (std::int64_t step = 0; step <= 2'000; ++step) EXPECT_EQ(long_run(28'000 + step), short_run(8'000 + step));
}

TEST(Lengthened, PutsAConstantPeriodBeforeALinearDecay) {
  EXPECT_EQ(lengthened(linear_decay(0.3, 10'000), 30'000), constant_then_linear(0.3, 20'000, 10'000));
  const auto same = lengthened(linear_decay(0.3, 100, 0.1), 100);
  for (std::int64_t step = 0; step <= 101; ++step) EXPECT_EQ(same(step), linear_decay(0.3, 100, 0.1)(step));
}

TEST(Lengthened, StretchesACosineAndKeepsTheRates) {
  const auto long_run = lengthened(cosine_decay(0.3, 10'000, 0.01), 30'000);
  EXPECT_EQ(long_run, cosine_decay(0.3, 30'000, 0.01));
  EXPECT_EQ(long_run(30), cosine_decay(0.3, 10'000, 0.01)(10));
}

TEST(Lengthened, KeepsTheWarmup) {
  EXPECT_EQ(lengthened(warmup(500, cosine_decay(0.3, 9'500)), 30'000), warmup(500, cosine_decay(0.3, 29'500)));
  EXPECT_EQ(lengthened(warmup(500, linear_decay(0.3, 9'500)), 30'000),
            warmup(500, constant_then_linear(0.3, 20'000, 9'500)));
}

TEST(Lengthened, NeverShortens) {
  EXPECT_EQ(lengthened(cosine_decay(0.3, 100), 100), cosine_decay(0.3, 100));
  expect_invalid([] { lengthened(cosine_decay(0.3, 100), 99); },
                 "lengthened: cosine_decay(0.3, 100) runs 100 steps already, got 99");
  expect_invalid([] { lengthened(linear_decay(0.3, 100), 99); },
                 "lengthened: linear_decay(0.3, 100) runs 100 steps already, got 99");
  expect_invalid([] { lengthened(constant_then_linear(0.3, 50, 50), -1); },
                 "lengthened: constant_then_linear(0.3, 50, 50) runs 100 steps already, got -1");
  expect_invalid([] { lengthened(warmup(10, cosine_decay(0.3, 100)), 109); },
                 "lengthened: warmup(10, cosine_decay(0.3, 100)) runs 110 steps already, got 109");
}

}  // namespace
}  // namespace eigentune
