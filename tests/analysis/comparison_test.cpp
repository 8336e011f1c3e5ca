#include <eigentune/analysis/best_of_n.hpp>
#include <eigentune/analysis/expected_trials.hpp>
#include <eigentune/analysis/sampled_enough.hpp>
#include <eigentune/analysis/scientific_comparison.hpp>
#include <eigentune/core/random.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analysis/hand_made.hpp"
#include "support/expect.hpp"

namespace eigentune {
namespace {

using support::error_of;
using support::study_of;
using support::unit;

/// Two of {1, 2, 3} with replacement: the least is 1 in 5 of 9 cases, 2 in 3, 3 in 1. Two different ones: 1, 1, 2.
TEST(BestOfN, IsExact) {
  const BestOfN best({3.0, 1.0, 2.0});
  const std::vector<double> chances = best.probabilities(2);
  EXPECT_NEAR(chances[0], 5.0 / 9.0, 1e-15);
  EXPECT_NEAR(chances[1], 3.0 / 9.0, 1e-15);
  EXPECT_NEAR(chances[2], 1.0 / 9.0, 1e-15);
  EXPECT_EQ(best.quantile(2, 0.5), 1.0);
  EXPECT_EQ(best.quantile(2, 0.75), 2.0);
  EXPECT_NEAR(best.mean_of_subsets(2), 4.0 / 3.0, 1e-15);
  EXPECT_NEAR(best.mean_of_subsets(1), 2.0, 1e-15);
  EXPECT_NEAR(best.mean_of_subsets(3), 1.0, 1e-15);
}

/// With an infeasible third: {1, 2}, {1, x}, {2, x} have 1, 1, 2.
TEST(BestOfN, PutsInfeasibleTrialsLast) {
  const BestOfN best({1.0, 2.0}, 1);
  EXPECT_EQ(best.trials(), 3);
  EXPECT_NEAR(best.mean_of_subsets(2), 4.0 / 3.0, 1e-15);
  EXPECT_NEAR(best.probabilities(2)[0] + best.probabilities(2)[1], 8.0 / 9.0, 1e-15);
  EXPECT_EQ(best.quantile(1, 1.0), 2.0);
}

TEST(BestOfN, RefusesWhatIsNoSample) {
  EXPECT_EQ(error_of([] { BestOfN({}); }), "BestOfN: there must be at least 1 cost, got 0");
  EXPECT_EQ(error_of([] { BestOfN({1.0}, -1); }), "BestOfN: infeasible must be at least 0, got -1");
  EXPECT_EQ(error_of([] { BestOfN({1.0}).probabilities(0); }), "BestOfN: n must be at least 1, got 0");
  EXPECT_EQ(error_of([] { BestOfN({1.0}).mean_of_subsets(2); }), "BestOfN: n must be in [1, 1], got 2");
}

SearchSpace axes(int count) {
  SearchSpace space;
  for (int i = 0; i < count; ++i) space.nuisance("x" + std::to_string(i), uniform(0.0, 1.0));
  return space;
}

StudyData bowl(int dimensions, std::int64_t trials) {
  return study_of(axes(dimensions), trials, [](const Point& point) {
    double sum = 0.0;
    for (const auto& [name, value] : point) sum += (value.as_double() - 0.5) * (value.as_double() - 0.5);
    return std::optional(sum);
  });
}

/// A parabola of one hyperparameter has nearly reached its bottom; in six dimensions 64 trials are nowhere near it.
TEST(SampledEnough, IsAQuestionOfWhatMoreTrialsWouldGain) {
  EXPECT_EQ(find_sampled_enough(bowl(1, 64)).verdict, Verdict::good);
  const Finding finding = find_sampled_enough(bowl(6, 64));
  EXPECT_EQ(finding.verdict, Verdict::problem);
  EXPECT_EQ(finding.action, "run more trials, for instance 128 in all");
}

/// Where the objective is x, uniform in [0, 1], the best of n is 1 / (n + 1) on average and the median 1/2; where more
/// than 1/4 is infeasible, the median is 1/8 and the best of n, of which a quarter are feasible, still about 1 / (n +
/// 1). Of nothing but normal noise the best of 64 and of 128 are 2.344 and 2.595 deviations from the median (integrals
/// of the normal order statistics; Harter, "Expected Values of Normal Order Statistics", 1961).
TEST(SampledEnough, KnowsTheGainWhereItCanBeComputed) {
  const auto gain = [](const StudyData& data) { return *find_sampled_enough(data).number("gain_of_doubling"); };
  const double best = 1.0 / 65.0 - 1.0 / 129.0;
  const auto x = [](const Point& point) { return std::optional(point.begin()->second.as_double()); };
  EXPECT_NEAR(gain(study_of(axes(1), 64, x)), best / (1.0 / 2.0 - 1.0 / 65.0), 1e-3);
  const auto quarter = [&x](const Point& point) { return *x(point) > 0.25 ? std::nullopt : x(point); };
  EXPECT_NEAR(gain(study_of(axes(1), 64, quarter)), best / (1.0 / 8.0 - 1.0 / 65.0), 8e-3);
  Random random(1);
  const auto noise = [&random](const Point&) { return std::optional(random.normal()); };
  EXPECT_NEAR(gain(study_of(axes(2), 64, noise)), (2.595 - 2.344) / 2.344, 0.02);
}

/// How bad the bad ones are, and that they scatter there, says nothing of the best.
TEST(SampledEnough, IsNotMisledByTrialsThatNearlyDiverged) {
  Random random(1);
  const StudyData data = study_of(axes(1), 64, [&random](const Point& point) {
    const double x = point.begin()->second.as_double();
    return std::optional(x < 0.6 ? x : x + 10.0 * std::exp(2.0 * random.normal()));
  });
  EXPECT_EQ(find_sampled_enough(data).verdict, Verdict::good);
}

/// The unit of the objective and its sign do not matter, nor how many trials there are beyond those that the model
/// takes.
TEST(SampledEnough, IsTheSameForEveryUnit) {
  StudyData data = bowl(3, 300);
  const double gain = *find_sampled_enough(data).number("gain_of_doubling");
  data.definition.direction = Direction::maximize;
  for (TrialRecord& trial : data.trials) trial.objective = 7.0 - 1e-3 * *trial.objective;
  EXPECT_NEAR(*find_sampled_enough(data).number("gain_of_doubling"), gain, 1e-6);
}

TEST(SampledEnough, SaysSoWhereTheDataCannotSay) {
  for (const std::int64_t trials : {0, 1, 8}) {
    EXPECT_EQ(find_sampled_enough(bowl(2, trials)).verdict, Verdict::cannot_say);
  }
  EXPECT_EQ(find_sampled_enough(study_of(axes(1), 64, [](const Point&) { return std::optional(1.0); })).conclusion,
            "too many trials have the same objective to tell");
  const auto mostly_equal = [](const Point& point) {
    return std::optional(point.begin()->second.as_double() < 0.6 ? 0.0 : 1.0);
  };
  EXPECT_EQ(find_sampled_enough(study_of(axes(1), 64, mostly_equal)).conclusion,
            "too many trials have the same objective to tell");
  EXPECT_EQ(find_sampled_enough(study_of(axes(1), 64, [](const Point&) { return std::optional<double>(); })).verdict,
            Verdict::cannot_say);
  Random random(1);
  StudyData elsewhere = study_of(axes(1), 64, [&random](const Point&) { return std::optional(random.normal()); });
  for (TrialRecord& trial : elsewhere.trials) trial.point = Point({{"other", 1.0}});
  EXPECT_EQ(find_sampled_enough(elsewhere).conclusion,
            "the trials say nothing of how the objective depends on the space");
}

/// Each value has its own level, and a nuisance hyperparameter with a valley.
StudyData optimizers(double sgd, double adam, std::int64_t trials, double noise = 0.0, std::uint64_t seed = 1) {
  SearchSpace space;
  space.scientific("optimizer", choice({"sgd", "adam"}));
  space.nuisance("learning_rate", log_uniform(1e-4, 1.0));
  Random random(seed);
  return study_of(space, trials, [&](const Point& point) {
    const double away = unit(space, 1, point) - 0.4;
    return std::optional((point["optimizer"] == "adam" ? adam : sgd) + away * away + noise * random.normal());
  });
}

TEST(ScientificComparison, DecidesByTheBestTrials) {
  const auto findings = find_scientific_comparisons(optimizers(1.0, 0.9, 64));
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].verdict, Verdict::good);
  EXPECT_EQ(findings[0].value, Value("adam"));
  EXPECT_EQ(findings[0].conclusion, "adam is best");
  EXPECT_NEAR(*findings[0].number("best_of_adam"), 0.9, 0.01);
  EXPECT_NEAR(*findings[0].number("best_of_sgd"), 1.0, 0.01);
}

/// The levels differ by half of the noise, so 64 trials cannot tell by their best; the analysis of covariance can, once
/// the valley of the learning rate, ten times as deep, is taken out.
TEST(ScientificComparison, TakesTheNuisanceHyperparametersIntoAccount) {
  SearchSpace space;
  space.scientific("optimizer", choice({"sgd", "adam"}));
  space.nuisance("learning_rate", log_uniform(1e-4, 1.0));
  int decided = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Random random(seed);
    const StudyData data = study_of(space, 64, [&](const Point& point) {
      const double away = unit(space, 1, point) - 0.4;
      return std::optional((point["optimizer"] == "adam" ? 0.0 : 0.1) + 4.0 * away * away + 0.05 * random.normal());
    });
    const Finding finding = find_scientific_comparisons(data)[0];
    EXPECT_TRUE(finding.number("p_adjusted"));
    decided += finding.verdict == Verdict::good && finding.value == Value("adam") ? 1 : 0;
  }
  EXPECT_GE(decided, 16);
}

/// With a learning rate of its own each value has a space of its own, of which an average over the space says nothing:
/// adam is better at its best, but worse on average.
TEST(ScientificComparison, GoesByTheBestTrialsWhereEachValueHasItsOwnHyperparameters) {
  SearchSpace space;
  const auto optimizer = space.scientific("optimizer", choice({"sgd", "adam"}));
  space.nuisance("learning_rate", log_uniform(1e-2, 1.0), optimizer.is("sgd"));
  space.nuisance("learning_rate", log_uniform(1e-6, 1.0), optimizer.is("adam"));
  const StudyData data = study_of(space, 64, [&](const Point& point) {
    const bool adam = point["optimizer"] == "adam";
    const double away = unit(space, adam ? 2 : 1, point) - 0.5;
    return std::optional(adam ? 20.0 * away * away : 0.5 + away * away);
  });
  const Finding finding = find_scientific_comparisons(data)[0];
  EXPECT_FALSE(finding.number("p_adjusted"));
  EXPECT_TRUE(finding.number("p_ranks"));
  EXPECT_NE(finding.value, Value("sgd"));
}

TEST(ScientificComparison, SeesNoDifferenceBetweenEqualValues) {
  int decided = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    decided += find_scientific_comparisons(optimizers(1.0, 1.0, 32, 0.1, seed))[0].verdict == Verdict::good ? 1 : 0;
  }
  EXPECT_LE(decided, 6);  // at a level of 2%
}

/// The scores of three are 11/6, 5/6 and 1/3, so above their mean by 5/6, -1/6 and -2/3, with squares that sum to
/// 42/36; of one of them the variance is 1 * 2 / (3 * 2) * 42/36 = 7/18, and the best is 5/6 / sqrt(7/18) = 1.3363
/// above.
TEST(SavageTest, AgreesWithAHandDerivation) {
  const ScientificValue best{.label = "a", .value = 1, .costs = {1.0}};
  EXPECT_NEAR(analysis_detail::chance_of_ranks(best, {2.0, 3.0}, 0), 0.0907, 1e-4);  // P(Z > 1.3363)
  EXPECT_NEAR(analysis_detail::chance_of_ranks(best, {2.0}, 1), 0.0907, 1e-4);
  EXPECT_EQ(analysis_detail::chance_of_ranks(best, {1.0, 1.0}, 0), 1.0);
  EXPECT_EQ(analysis_detail::chance_of_ranks(best, {}, 0), 1.0);
}

TEST(ScientificComparison, SaysSoWhereTheDataCannotSay) {
  EXPECT_EQ(find_scientific_comparisons(optimizers(1.0, 0.9, 4))[0].verdict, Verdict::cannot_say);
  for (const std::int64_t trials : {0, 1}) {
    EXPECT_EQ(find_scientific_comparisons(optimizers(1.0, 0.9, trials))[0].conclusion,
              "there are no complete trials of two values to compare");
  }
  StudyData constant = optimizers(1.0, 0.9, 64);
  for (TrialRecord& trial : constant.trials) trial.objective = 1.0;
  EXPECT_EQ(find_scientific_comparisons(constant)[0].verdict, Verdict::cannot_say);
  EXPECT_EQ(find_scientific_comparisons(constant)[0].conclusion, "all complete trials have the same objective");
  EXPECT_TRUE(find_scientific_comparisons(bowl(2, 64)).empty());
}

TEST(ScientificComparison, TakesAValueThatNeverTrainsForTheWorse) {
  StudyData data = optimizers(1.0, 0.9, 64);
  for (TrialRecord& trial : data.trials) {
    if ((*trial.point)["optimizer"] != "sgd") continue;
    trial.objective.reset();
    trial.state = TrialState::infeasible;
  }
  EXPECT_EQ(find_scientific_comparisons(data)[0].value, Value("adam"));
}

TEST(ScientificValues, BucketAContinuousAxisOnItsScale) {
  SearchSpace space;
  space.scientific("weight_decay", log_uniform(1e-5, 1e-1));
  const StudyData data =
      study_of(space, 64, [](const Point& point) { return std::optional(point.get<double>("weight_decay")); });
  const auto buckets = scientific_values(data, space.hyperparameters()[0]);
  ASSERT_EQ(buckets.size(), 4u);
  EXPECT_EQ(buckets[1].label, "0.0001 to 0.001");
  for (const ScientificValue& bucket : buckets) EXPECT_EQ(bucket.size(), 16);
  EXPECT_EQ(find_scientific_comparisons(data)[0].value, buckets[0].value);
}

}  // namespace
}  // namespace eigentune
