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

#include <cstdint>
#include <functional>

#include "schedule/expect.hpp"
#include "support/special_values.hpp"

namespace eigentune {
namespace {

using support::infinity;
using support::nan;

TEST(BadInput, ANegativeStepNamesTheSchedule) {
  expect_invalid([] { constant(0.1)(-1); }, "constant: step must be at least 0, got -1");
  expect_invalid([] { linear_decay(0.1, 5)(-1); }, "linear_decay: step must be at least 0, got -1");
  expect_invalid([] { cosine_decay(0.1, 5)(-7); }, "cosine_decay: step must be at least 0, got -7");
  expect_invalid([] { polynomial_decay(0.1, 5, 2)(-1); }, "polynomial_decay: step must be at least 0, got -1");
  expect_invalid([] { exponential_decay(0.1, 5, 0.5)(-1); }, "exponential_decay: step must be at least 0, got -1");
  expect_invalid([] { inverse_square_root(0.1, 5)(-1); }, "inverse_square_root: step must be at least 0, got -1");
  expect_invalid([] { piecewise_constant(0.1, {})(-1); }, "piecewise_constant: step must be at least 0, got -1");
  expect_invalid([] { one_cycle(0.1, 5)(-1); }, "one_cycle: step must be at least 0, got -1");
  expect_invalid([] { cosine_restarts(0.1, 5)(-1); }, "cosine_restarts: step must be at least 0, got -1");
  expect_invalid([] { constant_then_linear(0.1, 5, 5)(-last - 1); },
                 "constant_then_linear: step must be at least 0, got -9223372036854775808");
  expect_invalid([] { sequence({{constant(0.1)}})(-1); }, "sequence: step must be at least 0, got -1");
  expect_invalid([] { warmup(5, constant(0.1))(-1); }, "warmup: step must be at least 0, got -1");
  expect_invalid([] { Schedule([](std::int64_t) { return 0.1; })(-1); }, "schedule: step must be at least 0, got -1");
}

TEST(BadInput, StepsOfADecayAreAtLeastOne) {
  expect_invalid([] { linear_decay(0.1, 0); }, "linear_decay: steps must be at least 1, got 0");
  expect_invalid([] { cosine_decay(0.1, 0); }, "cosine_decay: steps must be at least 1, got 0");
  expect_invalid([] { cosine_decay(0.1, -3); }, "cosine_decay: steps must be at least 1, got -3");
  expect_invalid([] { polynomial_decay(0.1, 0, 2); }, "polynomial_decay: steps must be at least 1, got 0");
  expect_invalid([] { exponential_decay(0.1, 0, 0.5); },
                 "exponential_decay: transition_steps must be at least 1, got 0");
  expect_invalid([] { inverse_square_root(0.1, 0); }, "inverse_square_root: timescale must be at least 1, got 0");
  expect_invalid([] { one_cycle(0.1, 0); }, "one_cycle: steps must be at least 1, got 0");
  expect_invalid([] { cosine_restarts(0.1, 0); }, "cosine_restarts: first_period must be at least 1, got 0");
  expect_invalid([] { constant_then_linear(0.1, 5, 0); },
                 "constant_then_linear: decay_steps must be at least 1, got 0");
  expect_invalid([] { constant_then_linear(0.1, -1, 5); },
                 "constant_then_linear: constant_steps must be at least 0, got -1");
}

TEST(BadInput, RatesAreFiniteAndNotNegative) {
  expect_invalid([] { constant(-0.1); }, "constant: rate must be finite and at least 0, got -0.1");
  expect_invalid([] { constant(nan); }, "constant: rate must be finite and at least 0, got nan");
  expect_invalid([] { linear_decay(nan, 5); }, "linear_decay: initial_rate must be finite and at least 0, got nan");
  expect_invalid([] { linear_decay(0.1, 5, -1); }, "linear_decay: final_rate must be finite and at least 0, got -1");
  expect_invalid([] { cosine_decay(infinity, 5); },
                 "cosine_decay: initial_rate must be finite and at least 0, got inf");
  expect_invalid([] { cosine_decay(0.1, 5, nan); }, "cosine_decay: final_rate must be finite and at least 0, got nan");
  expect_invalid([] { polynomial_decay(-1, 5, 2); },
                 "polynomial_decay: initial_rate must be finite and at least 0, got -1");
  expect_invalid([] { exponential_decay(-1, 5, 0.5); },
                 "exponential_decay: initial_rate must be finite and at least 0, got -1");
  expect_invalid([] { exponential_decay(1, 5, 0.5, {.final_rate = nan}); },
                 "exponential_decay: final_rate must be finite and at least 0, got nan");
  expect_invalid([] { inverse_square_root(nan, 5); },
                 "inverse_square_root: initial_rate must be finite and at least 0, got nan");
  expect_invalid([] { piecewise_constant(-1, {}); },
                 "piecewise_constant: initial_rate must be finite and at least 0, got -1");
  expect_invalid(
      [] {
        piecewise_constant(1, {{5, 0.1}, {9, nan}});
      },
      "piecewise_constant: the rate from step 9 must be finite and at least 0, got nan");
  expect_invalid([] { one_cycle(nan, 5); }, "one_cycle: peak_rate must be finite and at least 0, got nan");
  expect_invalid([] { cosine_restarts(nan, 5); },
                 "cosine_restarts: initial_rate must be finite and at least 0, got nan");
  expect_invalid([] { constant_then_linear(nan, 5, 5); },
                 "constant_then_linear: initial_rate must be finite and at least 0, got nan");
}

TEST(BadInput, ADecayDoesNotRise) {
  expect_invalid([] { linear_decay(0.001, 5, 0.1); },
                 "linear_decay: final_rate must be at most initial_rate, 0.001, got 0.1");
  expect_invalid([] { cosine_decay(0, 5, 0.1); }, "cosine_decay: final_rate must be at most initial_rate, 0, got 0.1");
  expect_invalid([] { polynomial_decay(0.1, 5, 0.01, 2); },
                 "polynomial_decay: final_rate must be at most initial_rate, 0.1, got 2");
  expect_invalid([] { exponential_decay(0.1, 5, 0.5, {.final_rate = 0.2}); },
                 "exponential_decay: final_rate must be at most initial_rate, 0.1, got 0.2");
  expect_invalid([] { cosine_restarts(0.1, 5, {.final_rate = 0.2}); },
                 "cosine_restarts: final_rate must be at most initial_rate, 0.1, got 0.2");
  expect_invalid([] { constant_then_linear(0.1, 5, 5, 0.2); },
                 "constant_then_linear: final_rate must be at most initial_rate, 0.1, got 0.2");
  expect_invalid([] { exponential_decay(0.1, 5, 1.5); }, "exponential_decay: factor must be in (0, 1], got 1.5");
}

TEST(BadInput, OptionsAreInTheirRanges) {
  expect_invalid([] { polynomial_decay(0.1, 5, 0); }, "polynomial_decay: power must be finite and above 0, got 0");
  expect_invalid([] { polynomial_decay(0.1, 5, nan); }, "polynomial_decay: power must be finite and above 0, got nan");
  expect_invalid([] { exponential_decay(0.1, 5, 0); }, "exponential_decay: factor must be in (0, 1], got 0");
  expect_invalid([] { exponential_decay(0.1, 5, nan); }, "exponential_decay: factor must be in (0, 1], got nan");
  expect_invalid([] { one_cycle(0.1, 5, {.rising_fraction = 0}); },
                 "one_cycle: rising_fraction must be in (0, 1), got 0");
  expect_invalid([] { one_cycle(0.1, 5, {.rising_fraction = nan}); },
                 "one_cycle: rising_fraction must be in (0, 1), got nan");
  expect_invalid([] { one_cycle(0.1, 5, {.rising_fraction = 0.5, .three_phases = true}); },
                 "one_cycle: rising_fraction must be in (0, 0.5) with three phases, got 0.5");
  expect_invalid([] { one_cycle(0.1, 5, {.initial_divisor = 0.5}); },
                 "one_cycle: initial_divisor must be finite and at least 1, got 0.5");
  expect_invalid([] { one_cycle(0.1, 5, {.final_divisor = infinity}); },
                 "one_cycle: final_divisor must be finite and at least 1, got inf");
  expect_invalid([] { cosine_restarts(0.1, 5, {.period_multiplier = 0}); },
                 "cosine_restarts: period_multiplier must be at least 1, got 0");
  expect_invalid([] { cosine_restarts(0.1, 5, {.peak_factor = 1.5}); },
                 "cosine_restarts: peak_factor must be in (0, 1], got 1.5");
  expect_invalid([] { cosine_restarts(0.1, 5, {.peak_factor = nan}); },
                 "cosine_restarts: peak_factor must be in (0, 1], got nan");
}

TEST(BadInput, ChangesComeInOrder) {
  expect_invalid(
      [] {
        piecewise_constant(0.1, {{0, 0.01}});
      },
      "piecewise_constant: the steps of the changes must be at least 1 and increase, got 0 after 0");
  expect_invalid(
      [] {
        piecewise_constant(0.1, {{9, 0.01}, {9, 0.001}});
      },
      "piecewise_constant: the steps of the changes must be at least 1 and increase, got 9 after 9");
}

TEST(BadInput, AWarmupIsNotNegative) {
  expect_invalid([] { warmup(-1, constant(0.1)); }, "warmup: steps must be at least 0, got -1");
}

TEST(BadInput, ASequenceKnowsWhereEachPartEnds) {
  expect_invalid([] { sequence({}); }, "sequence: at least one schedule is needed, got none");
  expect_invalid(
      [] {
        sequence({{constant(0.1), 5}, {constant(0.2), 0}});
      },
      "sequence: the steps of part 2 must be at least 1, got 0");
  expect_invalid(
      [] {
        sequence({{cosine_decay(0.1, 5)}, {constant(0.2)}, {constant(0.3)}});
      },
      "sequence: part 2 of 3, constant(0.2), never ends: the number of steps it runs is needed");
}

TEST(BadInput, StepsThatOverflowAreRefused) {
  const char* text = "{}: {} and {} steps are more than 64 bits can count";
  expect_invalid([] { warmup(1, cosine_decay(0.1, last)); }, fmt::format(fmt::runtime(text), "warmup", 1, last));
  expect_invalid(
      [] {
        sequence({{constant(0.1), last}, {constant(0.1), 2}});
      },
      fmt::format(fmt::runtime(text), "sequence", last, 2));
  expect_invalid([] { constant_then_linear(0.1, last, 3); },
                 fmt::format(fmt::runtime(text), "constant_then_linear", last, 3));
}

TEST(BadInput, ANullFunctionIsNoSchedule) {
  double (*null)(std::int64_t) = nullptr;
  expect_invalid([&] { Schedule{null}; }, "schedule: the function must not be null");
  expect_invalid([] { Schedule{std::function<double(std::int64_t)>()}; }, "schedule: the function must not be null");
  expect_invalid([&] { warmup(5, null); }, "warmup: the function must not be null");
}

TEST(BadInput, AUsersScheduleDoesNotRunANegativeNumberOfSteps) {
  struct Backwards {
    double operator()(std::int64_t) const { return 0.1; }
    std::int64_t steps() const { return -last; }
  };
  expect_invalid([] { warmup(5, Backwards{}); }, "schedule: steps() must be at least 0, got -9223372036854775807");
}

}  // namespace
}  // namespace eigentune
