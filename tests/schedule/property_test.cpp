// What holds for all schedules, at ordinary and at extreme arguments.

#include <eigentune/schedule/constant.hpp>
#include <eigentune/schedule/constant_then_linear.hpp>
#include <eigentune/schedule/cosine_decay.hpp>
#include <eigentune/schedule/cosine_restarts.hpp>
#include <eigentune/schedule/exponential_decay.hpp>
#include <eigentune/schedule/inverse_square_root.hpp>
#include <eigentune/schedule/linear_decay.hpp>
#include <eigentune/schedule/one_cycle.hpp>
#include <eigentune/schedule/piecewise_constant.hpp>
#include <eigentune/schedule/polynomial_decay.hpp>
#include <eigentune/schedule/schedule.hpp>
#include <eigentune/schedule/sequence.hpp>
#include <eigentune/schedule/warmup.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace eigentune {
namespace {

constexpr std::int64_t huge = std::int64_t{1} << 62;
constexpr double largest = std::numeric_limits<double>::max();
constexpr double smallest = std::numeric_limits<double>::denorm_min();

/// Those with a last step, which fall from the first rate to the last one.
std::vector<Schedule> finite_decays() {
  std::vector<Schedule> all;
  for (const double initial_rate : {0.0, smallest, 1e-300, 0.3, 1.0, largest}) {
    for (const double final_rate : {0.0, smallest, 0.1, largest}) {
      if (final_rate > initial_rate) continue;
      for (const std::int64_t steps :
           {std::int64_t{1}, std::int64_t{2}, std::int64_t{3}, std::int64_t{1000}, huge - 1}) {
        all.emplace_back(linear_decay(initial_rate, steps, final_rate));
        all.emplace_back(cosine_decay(initial_rate, steps, final_rate));
        all.emplace_back(constant_then_linear(initial_rate, steps - 1, steps, final_rate));
        for (const double power : {1e-3, 0.5, 1.0, 2.0, 1e3}) {
          all.emplace_back(polynomial_decay(initial_rate, steps, power, final_rate));
        }
      }
    }
  }
  return all;
}

/// Those that fall without end.
std::vector<Schedule> endless_decays() {
  std::vector<Schedule> all;
  for (const double initial_rate : {0.0, smallest, 0.3, largest}) {
    for (const std::int64_t steps : {std::int64_t{1}, std::int64_t{7}, std::int64_t{1000}, huge}) {
      all.emplace_back(constant(initial_rate));
      all.emplace_back(inverse_square_root(initial_rate, steps));
      for (const double factor : {smallest, 1e-10, 0.5, 0.999, 1.0}) {
        all.emplace_back(exponential_decay(initial_rate, steps, factor));
        all.emplace_back(exponential_decay(initial_rate, steps, factor, {.final_rate = initial_rate / 10}));
        all.emplace_back(exponential_decay(initial_rate, steps, factor, {.staircase = true}));
      }
    }
  }
  return all;
}

std::vector<Schedule> all_schedules() {
  std::vector<Schedule> all = finite_decays();
  for (const Schedule& decay : endless_decays()) all.push_back(decay);
  for (const double rate : {0.0, smallest, 0.3, largest}) {
    for (const std::int64_t steps : {std::int64_t{1}, std::int64_t{10}, std::int64_t{1000}, huge - 1, huge}) {
      all.emplace_back(piecewise_constant(0.1, {{steps, rate}}));
      all.emplace_back(cosine_restarts(rate, steps));
      all.emplace_back(cosine_restarts(rate, steps, {.period_multiplier = 2, .peak_factor = 0.9}));
      all.emplace_back(cosine_restarts(rate, steps, {.period_multiplier = huge, .final_rate = rate / 3}));
      for (const auto annealing : {Annealing::cosine, Annealing::linear}) {
        for (const double fraction : {smallest, 0.3, 0.49999999999999994, 0.9999999999999999}) {
          all.emplace_back(one_cycle(rate, steps, {.rising_fraction = fraction, .annealing = annealing}));
          if (fraction >= 0.5) continue;
          all.emplace_back(
              one_cycle(rate, steps, {.rising_fraction = fraction, .annealing = annealing, .three_phases = true}));
        }
      }
      all.emplace_back(warmup(steps, constant(rate)));
      all.emplace_back(warmup(steps, one_cycle(rate, steps - 1 > 0 ? steps - 1 : 1)));
      all.emplace_back(sequence({{cosine_decay(rate, steps), steps}, {warmup(3, constant(rate))}}));
    }
  }
  return all;
}

/// The first 200 steps, those around each power of two, and those around the end.
std::vector<std::int64_t> sampled_steps(const Schedule& schedule) {
  std::vector<std::int64_t> steps;
  for (std::int64_t step = 0; step < 200; ++step) steps.push_back(step);
  for (std::int64_t power = 256; power < huge; power *= 2) steps.insert(steps.end(), {power - 1, power, power + 1});
  steps.insert(steps.end(), {huge - 1, huge, std::numeric_limits<std::int64_t>::max()});
  if (const auto end = schedule.steps()) {
    for (std::int64_t back = std::min<std::int64_t>(20, *end); back >= 0; --back) steps.push_back(*end - back);
  }
  std::sort(steps.begin(), steps.end());
  return steps;
}

TEST(EverySchedule, IsFiniteAndNeverNegative) {
  for (const Schedule& schedule : all_schedules()) {
    for (const std::int64_t step : sampled_steps(schedule)) {
      const double rate = schedule(step);
      ASSERT_TRUE(std::isfinite(rate) && rate >= 0.0) << schedule.to_string() << " at " << step << ": " << rate;
    }
  }
}

TEST(EverySchedule, DependsOnNothingButTheStep) {
  for (const Schedule& schedule : all_schedules()) {
    const std::vector<std::int64_t> steps = sampled_steps(schedule);
    std::vector<double> forwards;
    for (const std::int64_t step : steps) forwards.push_back(schedule(step));
    for (std::size_t i = steps.size(); i-- > 0;) {
      ASSERT_EQ(std::bit_cast<std::uint64_t>(schedule(steps[i])), std::bit_cast<std::uint64_t>(forwards[i]))
          << schedule.to_string() << " at " << steps[i];
    }
  }
}

TEST(EverySchedule, StartsAtZeroAfterAWarmupInFront) {
  for (const Schedule& schedule : all_schedules()) {
    if (schedule.steps().value_or(0) > huge) continue;  // there is no room for more steps
    const auto warmed = warmup(100, schedule);
    ASSERT_EQ(warmed(0), 0.0);
    ASSERT_EQ(warmed(warmed.warmup_steps()), schedule(0));
    for (std::int64_t step = 1; step <= warmed.warmup_steps(); ++step) ASSERT_GE(warmed(step), warmed(step - 1));
  }
}

TEST(EveryDecay, NeverRises) {
  std::vector<Schedule> decays = finite_decays();
  for (const Schedule& decay : endless_decays()) decays.push_back(decay);
  for (const Schedule& decay : decays) {
    double previous = decay(0);
    for (const std::int64_t step : sampled_steps(decay)) {
      ASSERT_LE(decay(step), previous) << decay.to_string() << " at " << step;
      previous = decay(step);
    }
  }
}

TEST(EveryDecay, NeverRisesFromOneStepToTheNext) {
  for (const Schedule& decay :
       {Schedule(cosine_decay(0.3, 100'000)), Schedule(cosine_decay(0.3, 99'991, 0.1)),
        Schedule(polynomial_decay(0.3, 99'991, 0.3)), Schedule(exponential_decay(0.3, 9'973, 0.7)),
        Schedule(inverse_square_root(0.3, 3)), Schedule(linear_decay(0.3, 99'991, 0.1))}) {
    for (std::int64_t step = 1; step <= 100'001; ++step) {
      ASSERT_LE(decay(step), decay(step - 1)) << decay.to_string() << " at " << step;
    }
  }
}

TEST(EveryFiniteDecay, BeginsAndEndsExactlyAtItsRatesAndStaysBetweenThem) {
  for (int high = 1; high <= 60; ++high) {
    for (int low = 0; low <= high; ++low) {
      const double initial_rate = high / 60.0;
      const double final_rate = low / 60.0;
      for (const Schedule& decay : {Schedule(linear_decay(initial_rate, huge, final_rate)),
                                    Schedule(cosine_decay(initial_rate, huge, final_rate)),
                                    Schedule(polynomial_decay(initial_rate, huge, 0.7, final_rate))}) {
        ASSERT_EQ(decay(0), initial_rate) << decay.to_string();
        ASSERT_EQ(decay(huge), final_rate) << decay.to_string();
        for (std::int64_t step = 1; step < huge; step *= 2) {
          ASSERT_LE(decay(step), initial_rate) << decay.to_string() << " at " << step;
          ASSERT_GE(decay(huge - step), final_rate) << decay.to_string() << " at " << huge - step;
        }
      }
    }
  }
}

TEST(EveryFiniteDecay, HoldsItsFinalRateFromItsLastStepOn) {
  for (const Schedule& decay : finite_decays()) {
    const std::int64_t end = *decay.steps();
    for (const std::int64_t step : {end, end + 1, std::numeric_limits<std::int64_t>::max()}) {
      ASSERT_EQ(decay(step), decay(end)) << decay.to_string();
    }
  }
}

}  // namespace
}  // namespace eigentune
