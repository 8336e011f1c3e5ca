// Against PyTorch's schedulers, and the formulas of optax, Keras and a paper: see schedule_oracle.py.

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

#include <cmath>
#include <vector>

#include "schedule/schedule_golden.hpp"

namespace eigentune {
namespace {

/// Tables of 50 digits: the difference is our own rounding.
constexpr double exact = 1e-14;

/// cosine_decay evaluates cos(pi x) at a rounded x, near the root of the cosine in the last steps: with r steps of n
/// left, one rounding of x moves the rate by up to 2^-52 n / r. That is 5e-12 in the last of 20,000 steps.
constexpr double last_of_20000_steps = 0x1p-52 * 20'000 + exact;

/// PyTorch multiplies up to 200 roundings of 2^-53 in a recursion, or subtracts numbers as large as the first rate,
/// which leaves an absolute error of about 2^-53 of it in rates near 0.
constexpr double pytorch = 1e-12;
constexpr double pytorch_absolute = 1e-15;

void expect_rates(const Schedule& schedule, const std::vector<golden::Rate>& rates, double relative,
                  double absolute = 0.0) {
  ASSERT_FALSE(rates.empty());
  for (const auto& [step, rate] : rates) {
    EXPECT_LE(std::abs(schedule(step) - rate), relative * rate + absolute)
        << schedule.to_string() << " at step " << step << ": got " << schedule(step) << ", not " << rate;
  }
}

void expect_pytorch(const Schedule& schedule, const std::vector<golden::Rate>& rates) {
  expect_rates(schedule, rates, pytorch, pytorch_absolute * 0.4);  // the highest rate of any table
}

/// The one_cycle with the rates of PyTorch's OneCycleLR(peak_rate, total_steps, pct_start).
OneCycle pytorch_one_cycle(double peak_rate, std::int64_t total_steps, double pct_start, OneCycleOptions options = {}) {
  const auto last_step = static_cast<double>(total_steps - 1);
  options.rising_fraction = (pct_start * static_cast<double>(total_steps) - 1.0) / last_step;
  return one_cycle(peak_rate, total_steps - 1, options);
}

TEST(Golden, DecaysAreAsInPyTorch) {
  expect_pytorch(linear_decay(0.1, 40, 0.01), golden::pytorch_linear);
  expect_pytorch(cosine_decay(0.1, 50, 0.001), golden::pytorch_cosine);
  expect_pytorch(polynomial_decay(0.2, 30, 1.7), golden::pytorch_polynomial);
  expect_pytorch(exponential_decay(0.1, 1, 0.97), golden::pytorch_exponential);
  expect_pytorch(exponential_decay(0.1, 7, 0.5, {.staircase = true}), golden::pytorch_step);
  expect_pytorch(piecewise_constant(0.1, {{10, 0.01}, {25, 0.001}}), golden::pytorch_multistep);
}

TEST(Golden, RestartsAreAsInPyTorch) {
  expect_pytorch(cosine_restarts(0.05, 10), golden::pytorch_restarts);
  expect_pytorch(cosine_restarts(0.05, 10, {.period_multiplier = 2, .final_rate = 0.0005}),
                 golden::pytorch_growing_restarts);
}

TEST(Golden, OneCycleIsAsInPyTorch) {
  expect_pytorch(pytorch_one_cycle(0.4, 101, 0.3), golden::pytorch_one_cycle);
  expect_pytorch(pytorch_one_cycle(0.4, 80, 0.25,
                                   {.initial_divisor = 10.0, .final_divisor = 100.0, .annealing = Annealing::linear}),
                 golden::pytorch_one_cycle_linear);
  expect_pytorch(pytorch_one_cycle(0.4, 101, 0.33, {.three_phases = true}), golden::pytorch_one_cycle_three_phases);
  expect_pytorch(pytorch_one_cycle(0.4, 101, 0.4, {.annealing = Annealing::linear, .three_phases = true}),
                 golden::pytorch_one_cycle_linear_three_phases);
}

TEST(Golden, SequenceIsAsInPyTorch) {
  expect_pytorch(
      sequence({{linear_decay(0.08, 20, 0.02)}, {cosine_decay(0.08, 30, 0.002)}, {exponential_decay(0.08, 1, 0.9)}}),
      golden::pytorch_sequential);
}

TEST(Golden, DecaysAreAsInOptax) {
  expect_rates(linear_decay(0.3, 1000, 0.02), golden::optax_linear, exact);
  expect_rates(polynomial_decay(0.3, 1000, 2.5, 0.001), golden::optax_polynomial, exact);
  expect_rates(cosine_decay(0.001, 20'000), golden::optax_cosine, last_of_20000_steps);
  expect_rates(exponential_decay(0.1, 300, 0.7), golden::optax_exponential, 1e-13);  // an exponent of 119 at 2^-53
  expect_rates(exponential_decay(0.1, 300, 0.7, {.staircase = true, .final_rate = 0.0005}),
               golden::optax_exponential_staircase, exact);
}

TEST(Golden, WarmupIsAsInOptaxWithTheWarmupCountedIn) {
  expect_rates(warmup(1000, cosine_decay(0.01, 10'000, 1e-5)), golden::optax_warmup_cosine, exact);
}

TEST(Golden, OneCycleIsAsInOptax) {
  expect_rates(one_cycle(0.3, 1000), golden::optax_cosine_onecycle, 1e-12);
  expect_rates(one_cycle(0.3, 1000, {.rising_fraction = 0.4, .annealing = Annealing::linear, .three_phases = true}),
               golden::optax_linear_onecycle, 1e-12);
}

TEST(Golden, RestartsWithWarmupAreAsInOptax) {
  expect_rates(sequence({{warmup(10, cosine_decay(0.1, 100, 0.001))}, {warmup(20, cosine_decay(0.05, 200, 0.0005))}}),
               golden::optax_sgdr, exact);
}

TEST(Golden, RestartsAreAsInKeras) {
  expect_rates(cosine_restarts(0.1, 100, {.period_multiplier = 2, .peak_factor = 0.5, .final_rate = 0.001}),
               golden::keras_restarts, exact);
}

TEST(Golden, WarmupAndInverseSquareRootAreTheTransformers) {
  const double peak_rate = 1.0 / std::sqrt(512.0 * 4000.0);
  expect_rates(warmup(4000, inverse_square_root(peak_rate, 4000)), golden::paper_transformer, exact);
}

}  // namespace
}  // namespace eigentune
