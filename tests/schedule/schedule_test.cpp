#include <eigentune/schedule/constant.hpp>
#include <eigentune/schedule/cosine_decay.hpp>
#include <eigentune/schedule/schedule.hpp>
#include <eigentune/schedule/sequence.hpp>
#include <eigentune/schedule/warmup.hpp>

#include <gtest/gtest.h>

#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace eigentune {
namespace {

double half_life(std::int64_t step) {
  return 1.0 / static_cast<double>(1 + step);
}

/// A user's own schedule, with everything that a schedule may have.
struct Triangle {
  double peak = 1.0;
  double operator()(std::int64_t step) const { return step < 10 ? peak * static_cast<double>(10 - step) / 10 : 0.0; }
  std::int64_t steps() const { return 10; }
  std::string to_string() const { return fmt::format("Triangle{{.peak = {}}}", peak); }
  friend bool operator==(const Triangle&, const Triangle&) = default;
};

static_assert(LearningRateSchedule<Schedule> && PrintableSchedule<Schedule>);
static_assert(LearningRateSchedule<Triangle> && PrintableSchedule<Triangle>);
static_assert(LearningRateSchedule<decltype(&half_life)> && !PrintableSchedule<decltype(&half_life)>);
static_assert(!LearningRateSchedule<double> && !LearningRateSchedule<std::string>);
static_assert(std::copyable<Schedule> && std::equality_comparable<Schedule>);
static_assert(!std::is_default_constructible_v<Schedule>);
static_assert(!std::is_constructible_v<Schedule, double> && !std::is_constructible_v<Schedule, std::string>);

TEST(Schedule, HoldsAnySchedule) {
  const auto decay = warmup(500, cosine_decay(1e-3, 20'000));
  const Schedule held = decay;
  for (std::int64_t step = 0; step < 21'000; step += 13) EXPECT_EQ(held(step), decay(step));
  EXPECT_EQ(held.steps(), 20'500);
  EXPECT_EQ(schedule_steps(held), 20'500);
  EXPECT_EQ(held.to_string(), decay.to_string());
}

TEST(Schedule, CanBeReplaced) {
  Schedule rate = constant(0.1);
  const Schedule before = rate;
  rate = warmup(10, rate);
  EXPECT_EQ(rate(5), 0.05);
  EXPECT_EQ(before(5), 0.1);
  EXPECT_EQ(rate.to_string(), "warmup(10, constant(0.1))");
}

TEST(Schedule, HoldsAUsersFunctions) {
  const double rate = 0.5;
  const std::vector<Schedule> all = {half_life, std::function<double(std::int64_t)>(half_life),
                                     [rate](std::int64_t) { return rate; }, Triangle{0.25}};
  EXPECT_EQ(all[0](3), 0.25);
  EXPECT_EQ(all[1](3), 0.25);
  EXPECT_EQ(all[2](3), 0.5);
  EXPECT_EQ(all[3](0), 0.25);
  EXPECT_EQ(all[0].steps(), std::nullopt);
  EXPECT_EQ(all[2].steps(), std::nullopt);
  EXPECT_EQ(all[3].steps(), 10);
}

TEST(Schedule, SaysWhichFunctionsAreTheUsers) {
  EXPECT_EQ(Schedule(half_life).to_string(), "<user schedule>");
  EXPECT_EQ(Schedule(half_life, "half_life").to_string(), "half_life");
  EXPECT_EQ(Schedule(Triangle{0.25}).to_string(), "Triangle{.peak = 0.25}");
  EXPECT_EQ(warmup(5, Schedule(half_life, "half_life")).to_string(), "warmup(5, half_life)");
  EXPECT_EQ(warmup(5, half_life).to_string(), "warmup(5, <user schedule>)");
  EXPECT_EQ(sequence({{half_life, 3}, {Triangle{}}}).to_string(),
            "sequence({{<user schedule>, 3}, {Triangle{.peak = 1}, 10}})");
}

TEST(Schedule, IsEqualWhenWhatItHoldsIs) {
  EXPECT_EQ(Schedule(cosine_decay(0.1, 10)), Schedule(cosine_decay(0.1, 10)));
  EXPECT_NE(Schedule(cosine_decay(0.1, 10)), Schedule(cosine_decay(0.1, 11)));
  EXPECT_NE(Schedule(cosine_decay(0.1, 10)), Schedule(constant(0.1)));
  EXPECT_EQ(Schedule(Triangle{0.5}), Schedule(Triangle{0.5}));
  EXPECT_NE(Schedule(half_life, "a"), Schedule(half_life, "b"));
  EXPECT_EQ(Schedule(cosine_decay(0.1, 10)), cosine_decay(0.1, 10));
}

TEST(Schedule, OfALambdaThatCapturesEqualsItsCopiesOnly) {
  const double value = 0.1;
  const auto lambda = [value](std::int64_t) { return value; };
  const Schedule rate = lambda;
  const Schedule copy = rate;
  EXPECT_EQ(rate, copy);
  EXPECT_NE(rate, Schedule(lambda));
}

TEST(Schedule, IsWholeAfterBeingMovedFrom) {
  Schedule rate = constant(0.1);
  const Schedule moved = std::move(rate);  // NOLINT(performance-move-const-arg): it copies
  EXPECT_EQ(moved(0), 0.1);
  EXPECT_EQ(rate(0), 0.1);  // NOLINT(bugprone-use-after-move): what is tested
}

}  // namespace
}  // namespace eigentune
