#include <eigentune/schedule/constant.hpp>
#include <eigentune/schedule/constant_then_linear.hpp>
#include <eigentune/schedule/cosine_decay.hpp>
#include <eigentune/schedule/linear_decay.hpp>
#include <eigentune/schedule/sequence.hpp>
#include <eigentune/schedule/warmup.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <utility>

#include "schedule/expect.hpp"

namespace eigentune {
namespace {

TEST(Sequence, RunsEachScheduleFromItsOwnStart) {
  const auto rate = sequence({{constant(0.1), 100}, {linear_decay(8.0, 16)}, {cosine_decay(0.5, 40), 20}});
  EXPECT_EQ(rate(0), 0.1);
  EXPECT_EQ(rate(99), 0.1);
  EXPECT_EQ(rate(100), 8.0);
  EXPECT_EQ(rate(115), 0.5);
  EXPECT_EQ(rate(116), 0.5);
  EXPECT_EQ(rate(117), cosine_decay(0.5, 40)(1));
  EXPECT_EQ(rate.steps(), 136);
}

TEST(Sequence, HoldsTheRateOfItsEnd) {
  const auto rate = sequence({{constant(0.1), 100}, {cosine_decay(0.5, 40), 20}});
  EXPECT_EQ(rate(120), cosine_decay(0.5, 40)(20));
  EXPECT_EQ(rate(121), cosine_decay(0.5, 40)(20));
  EXPECT_EQ(rate(last), cosine_decay(0.5, 40)(20));
}

TEST(Sequence, MayEndInAScheduleWithoutAnEnd) {
  const auto rate = sequence({{linear_decay(8.0, 16, 1.0)}, {constant(1.0)}});
  EXPECT_EQ(rate(15), 1.4375);
  EXPECT_EQ(rate(16), 1.0);
  EXPECT_EQ(rate(last), 1.0);
  EXPECT_EQ(rate.steps(), std::nullopt);
}

TEST(Sequence, OfConstantAndLinearIsConstantThenLinear) {
  const auto rate = sequence({{constant(0.3), 50}, {linear_decay(0.3, 20, 0.1)}});
  const auto same = constant_then_linear(0.3, 50, 20, 0.1);
  for (std::int64_t step = 0; step < 100; ++step) EXPECT_EQ(rate(step), same(step));
  EXPECT_EQ(rate.steps(), same.steps());
}

TEST(Sequence, NestsInWarmupAndInItself) {
  const auto inner = sequence({{constant(0.1), 10}, {constant(0.2), 10}});
  const auto rate = sequence({{warmup(10, inner)}, {inner}});
  EXPECT_EQ(rate(5), 0.05);
  EXPECT_EQ(rate(10), 0.1);
  EXPECT_EQ(rate(29), 0.2);
  EXPECT_EQ(rate(30), 0.1);
  EXPECT_EQ(rate.steps(), 50);
}

TEST(Sequence, IsEqualWhenItsPartsAre) {
  EXPECT_EQ(sequence({{linear_decay(0.1, 10)}}), sequence({{linear_decay(0.1, 10), 10}}));
  EXPECT_NE(sequence({{linear_decay(0.1, 10)}}), sequence({{linear_decay(0.1, 10), 9}}));
  EXPECT_NE(sequence({{linear_decay(0.1, 10)}}), sequence({{cosine_decay(0.1, 10)}}));
}

TEST(Sequence, IsWholeAfterBeingMovedFrom) {
  auto rate = sequence({{constant(0.1), 10}});
  const auto moved = std::move(rate);
  EXPECT_EQ(moved(3), 0.1);
  EXPECT_EQ(rate(3), 0.1);  // NOLINT(bugprone-use-after-move): what is tested
}

}  // namespace
}  // namespace eigentune
