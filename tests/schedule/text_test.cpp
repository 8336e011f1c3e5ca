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

#include <fmt/core.h>
#include <gtest/gtest.h>

namespace eigentune {
namespace {

// The compiler's own copy of the code is what the schedule has to print: the text is code, and makes an equal schedule.
#define EXPECT_PRINTS_ITSELF(...) EXPECT_EQ(to_string(__VA_ARGS__), #__VA_ARGS__)

TEST(Text, IsTheCodeThatMakesTheSchedule) {
  EXPECT_PRINTS_ITSELF(constant(0.1));
  EXPECT_PRINTS_ITSELF(linear_decay(0.1, 1000));
  EXPECT_PRINTS_ITSELF(linear_decay(0.1, 1000, 1e-05));
  EXPECT_PRINTS_ITSELF(cosine_decay(0.001, 20000));
  EXPECT_PRINTS_ITSELF(cosine_decay(0.001, 20000, 1e-06));
  EXPECT_PRINTS_ITSELF(polynomial_decay(0.1, 1000, 2));
  EXPECT_PRINTS_ITSELF(polynomial_decay(0.1, 1000, 0.5, 0.01));
  EXPECT_PRINTS_ITSELF(exponential_decay(0.1, 1000, 0.5));
  EXPECT_PRINTS_ITSELF(exponential_decay(0.1, 1000, 0.5, {.staircase = true}));
  EXPECT_PRINTS_ITSELF(exponential_decay(0.1, 1000, 0.5, {.staircase = true, .final_rate = 0.001}));
  EXPECT_PRINTS_ITSELF(inverse_square_root(0.001, 4000));
  EXPECT_PRINTS_ITSELF(piecewise_constant(0.1, {}));
  EXPECT_PRINTS_ITSELF(piecewise_constant(0.1, {{30000, 0.01}, {60000, 0.001}}));
  EXPECT_PRINTS_ITSELF(one_cycle(0.1, 1000));
  EXPECT_PRINTS_ITSELF(one_cycle(0.1, 1000, {.rising_fraction = 0.25}));
  EXPECT_PRINTS_ITSELF(one_cycle(0.1, 1000,
                                 {.rising_fraction = 0.45,
                                  .initial_divisor = 10,
                                  .final_divisor = 100,
                                  .annealing = Annealing::linear,
                                  .three_phases = true}));
  EXPECT_PRINTS_ITSELF(cosine_restarts(0.1, 1000));
  EXPECT_PRINTS_ITSELF(cosine_restarts(0.1, 1000, {.period_multiplier = 2, .peak_factor = 0.5, .final_rate = 0.001}));
  EXPECT_PRINTS_ITSELF(constant_then_linear(0.1, 8000, 2000));
  EXPECT_PRINTS_ITSELF(constant_then_linear(0.1, 8000, 2000, 0.01));
  EXPECT_PRINTS_ITSELF(sequence({{constant(0.1), 10000}, {linear_decay(0.1, 5000), 5000}, {constant(0.001)}}));
  EXPECT_PRINTS_ITSELF(warmup(500, cosine_decay(0.001, 20000)));
  EXPECT_PRINTS_ITSELF(warmup(0, warmup(5, sequence({{constant(0.1)}}))));
}

TEST(Text, LeavesOutDefaults) {
  EXPECT_EQ(to_string(cosine_decay(1e-3, 20'000, 0.0)), "cosine_decay(0.001, 20000)");
  EXPECT_EQ(to_string(one_cycle(0.1, 10, {.rising_fraction = 0.3})), "one_cycle(0.1, 10)");
}

TEST(Text, GivesEveryDigitThatIsNeeded) {
  EXPECT_EQ(to_string(constant(0.1 + 0.2)), "constant(0.30000000000000004)");
  EXPECT_EQ(to_string(constant(1.0 / 3.0)), "constant(0.3333333333333333)");
  EXPECT_EQ(to_string(constant(5e-324)), "constant(5e-324)");
}

TEST(Text, IsWhatFmtPrints) {
  EXPECT_EQ(fmt::format("{}", warmup(500, cosine_decay(1e-3, 20'000))), "warmup(500, cosine_decay(0.001, 20000))");
  EXPECT_EQ(fmt::format("rate = {};", Schedule(constant(0.1))), "rate = constant(0.1);");
}

}  // namespace
}  // namespace eigentune
