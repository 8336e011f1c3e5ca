#include <eigentune/core/random.hpp>
#include <eigentune/train/sampled_evaluation.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "support/expect.hpp"
#include "support/special_values.hpp"

namespace eigentune {
namespace {

using support::nan;

using support::error_of;

TEST(CheckSampledEvaluation, AllowsTheErrorsThatTheOracleAllows) {  // sampled_evaluation_oracle.py
  struct Case {
    std::int64_t whole, errors, drawn;
    double level;
    std::int64_t fewest, most;
  };
  constexpr Case cases[] = {
      {10, 3, 4, 0.05, 0, 3},
      {20, 10, 10, 0.05, 3, 7},
      {20, 10, 10, 0.01, 2, 8},
      {100, 1, 50, 0.01, 0, 1},
      {100, 0, 50, 0.01, 0, 0},
      {100, 100, 50, 0.01, 50, 50},
      {100, 37, 100, 0.01, 37, 37},
      {100, 50, 1, 0.5, 0, 1},
      {2000, 60, 300, 0.05, 4, 15},
      {2000, 60, 300, 0.01, 3, 17},
      {10000, 298, 1000, 0.01, 17, 44},
      {10000, 9702, 9000, 0.001, 8716, 8750},
      {10000, 5000, 2500, 1e-12, 1096, 1404},
  };
  for (const Case& c : cases) {
    for (std::int64_t errors = 0; errors <= c.drawn; ++errors) {
      const SampledEvaluationCheck check =
          check_sampled_evaluation(ErrorCount{errors, c.drawn}, ErrorCount{c.errors, c.whole}, {.level = c.level});
      ASSERT_EQ(check.agrees(), errors >= c.fewest && errors <= c.most)
          << errors << " errors of " << c.drawn << " from " << c.errors << " of " << c.whole;
    }
  }
}

TEST(CheckSampledEvaluation, TellsADifferenceOfAMillionthAmongManyExamples) {
  // Normal, as the counts are large: 2.5758 standard errors of sqrt(1e8 * 1/4 * (1 - 0.1)) = 4743.4 are 12218.
  const ErrorCount whole{500'000'000, 1'000'000'000};
  const auto agrees = [&](std::int64_t errors) {
    return check_sampled_evaluation(ErrorCount{errors, 100'000'000}, whole, {.level = 0.01}).agrees();
  };
  EXPECT_TRUE(agrees(50'012'210));
  EXPECT_FALSE(agrees(50'012'230));
  EXPECT_TRUE(agrees(49'987'790));
  EXPECT_FALSE(agrees(49'987'770));
}

TEST(CheckSampledEvaluation, AllowsTheMeansThatTheFormulaAllows) {  // sampled_evaluation_oracle.py
  const WeightedMean whole(10000, 0.5, 0.04);
  const auto check = [&](double examples, double level) {
    return check_sampled_evaluation(WeightedMean(examples, 0.5, 0.04), whole, {.level = level});
  };
  EXPECT_NEAR(check(100, 0.05).highest, 0.5 + 0.039002790836, 1e-11);
  EXPECT_NEAR(check(100, 0.05).lowest, 0.5 - 0.039002790836, 1e-11);
  EXPECT_NEAR(check(2500, 0.01).highest, 0.5 + 0.00892293445074, 1e-11);
  EXPECT_NEAR(check(2500, 0.01).lowest, 0.5 - 0.00892293445074, 1e-11);
  // A sample of all must have the same mean, up to rounding.
  EXPECT_EQ(check(10000, 0.01).highest, 0.5 + 0.5e-6);
  EXPECT_EQ(check(10000, 0.01).lowest, 0.5 - 0.5e-6);
}

/// The first `count` elements of `values`, drawn at random from all of them.
template <class Value>
void draw(Random& random, std::vector<Value>& values, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    std::swap(values[i], values[i + static_cast<std::size_t>(random.below(values.size() - i))]);
  }
}

TEST(CheckSampledEvaluation, RaisesFalseAlarmsOfErrorsAsOftenAsTheOracleSays) {
  std::vector<int> wrong(2000, 0);
  std::fill_n(wrong.begin(), 60, 1);
  Random random(1);
  constexpr int trials = 5000;
  int alarms = 0;
  for (int trial = 0; trial < trials; ++trial) {
    draw(random, wrong, 300);
    const std::int64_t errors = std::accumulate(wrong.begin(), wrong.begin() + 300, std::int64_t{0});
    if (!check_sampled_evaluation(ErrorCount{errors, 300}, ErrorCount{60, 2000}, {.level = 0.05}).agrees()) ++alarms;
  }
  constexpr double rate = 0.0261268;
  EXPECT_LT(rate, 0.05);
  EXPECT_NEAR(alarms, trials * rate, 4.0 * std::sqrt(trials * rate));  // 4 standard deviations
}

TEST(CheckSampledEvaluation, RaisesFalseAlarmsOfSkewedLossesAboutAsOftenAsItsLevel) {
  Random random(2);
  std::vector<double> losses(1000);
  WeightedMean whole;
  for (double& loss : losses) {
    loss = -std::log(1.0 - random.uniform());  // exponential: a skewness of 2
    whole.add(loss);
  }
  for (const std::size_t drawn : {std::size_t{200}, std::size_t{800}}) {
    constexpr int trials = 2000;
    constexpr double level = 0.05;
    int alarms = 0;
    for (int trial = 0; trial < trials; ++trial) {
      draw(random, losses, drawn);
      WeightedMean sampled;
      for (std::size_t i = 0; i < drawn; ++i) sampled.add(losses[i]);
      if (!check_sampled_evaluation(sampled, whole, {.level = level}).agrees()) ++alarms;
    }
    // 4 standard deviations, and a tenth for the skewness. Without the correction, 800 of 1000 would hardly ever fail.
    EXPECT_NEAR(alarms, trials * level, 4.0 * std::sqrt(trials * level) + 0.1 * trials * level) << drawn;
  }
}

TEST(CheckSampledEvaluation, FindsASampleOfEasyExamples) {
  // The first 500 of 5000 examples, sorted by their losses.
  WeightedMean sampled, whole;
  for (int i = 0; i < 5000; ++i) {
    whole.add(i);
    if (i < 500) sampled.add(i);
  }
  EXPECT_FALSE(check_sampled_evaluation(sampled, whole).agrees());
  EXPECT_FALSE(check_sampled_evaluation(ErrorCount{5, 500}, ErrorCount{250, 5000}).agrees());
}

TEST(CheckSampledEvaluation, TakesRoundingForNoDifference) {
  const WeightedMean whole(100, 2.0, 0.0);  // all losses the same
  EXPECT_TRUE(check_sampled_evaluation(WeightedMean(10, 2.0 * (1 + 0.9e-6), 0.0), whole).agrees());
  EXPECT_FALSE(check_sampled_evaluation(WeightedMean(10, 2.0 * (1 + 1.1e-6), 0.0), whole).agrees());
  EXPECT_FALSE(check_sampled_evaluation(WeightedMean(10, 2.0 * (1 + 0.9e-6), 0.0), whole, {.tolerance = 0}).agrees());
}

TEST(CheckSampledEvaluation, SaysWhetherTheyAgree) {
  EXPECT_EQ(check_sampled_evaluation(ErrorCount{31, 1000}, ErrorCount{298, 10000}).to_string(),
            "the sampled evaluation agrees with the whole: 0.031 over 1000 examples, 0.0298 over all 10000, where "
            "sampling explains 0.017 to 0.044 (level 0.01)");
  EXPECT_EQ(check_sampled_evaluation(ErrorCount{45, 1000}, ErrorCount{298, 10000}).to_string(),
            "the sampled evaluation does not agree with the whole: 0.045 over 1000 examples, 0.0298 over all 10000, "
            "where sampling explains 0.017 to 0.044 (level 0.01); the sample is not a random one of these examples, or "
            "was evaluated otherwise");
}

TEST(CheckSampledEvaluation, DoesNotAgreeWithNaN) {
  const auto check = check_sampled_evaluation(WeightedMean(10, 1.0, 1.0), WeightedMean(100, nan, nan));
  EXPECT_FALSE(check.agrees());
  EXPECT_EQ(check.to_string(),
            "the sampled evaluation, 1 over 10 examples, cannot be compared with the whole, nan over 100: not all is "
            "finite");
  EXPECT_FALSE(check_sampled_evaluation(WeightedMean(10, nan, nan), WeightedMean(100, 1.0, 1.0)).agrees());
}

TEST(CheckSampledEvaluation, SaysWhatIsWrong) {
  const auto error = [](ErrorCount sampled, ErrorCount whole, SampledEvaluationOptions options = {}) {
    return error_of([&] { check_sampled_evaluation(sampled, whole, options); });
  };
  EXPECT_EQ(error({0, 0}, {0, 1}), "check_sampled_evaluation: examples must be in [1, 2^53], got 0");
  EXPECT_EQ(error({-1, 1}, {0, 1}), "check_sampled_evaluation: errors must be in [0, 1], got -1");
  EXPECT_EQ(error({0, 1}, {3, 2}), "check_sampled_evaluation: errors must be in [0, 2], got 3");
  EXPECT_EQ(error({0, 3}, {0, 2}),
            "check_sampled_evaluation: the sample must have at most the 2 examples of the whole, got 3");
  EXPECT_EQ(error({0, 1}, {0, 2}, {.level = 0.0}), "check_sampled_evaluation: level must be in [1e-30, 1), got 0");
  EXPECT_EQ(error({0, 1}, {0, 2}, {.level = 1.0}), "check_sampled_evaluation: level must be in [1e-30, 1), got 1");
  EXPECT_EQ(error({0, 1}, {0, 2}, {.tolerance = -1.0}),
            "check_sampled_evaluation: tolerance must be in [0, inf), got -1");
  EXPECT_EQ(error_of([] { check_sampled_evaluation(WeightedMean(1.5, 0, 0), WeightedMean(3, 0, 0)); }),
            "check_sampled_evaluation: a mean must be over 1 to 2^53 examples of weight 1, got a weight of 1.5");
  EXPECT_EQ(error_of([] { check_sampled_evaluation(WeightedMean(), WeightedMean(3, 0, 0)); }),
            "check_sampled_evaluation: a mean must be over 1 to 2^53 examples of weight 1, got a weight of 0");
}

}  // namespace
}  // namespace eigentune
