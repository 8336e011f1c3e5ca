#include <eigentune/analysis/infeasible_fraction.hpp>
#include <eigentune/analysis/infeasible_region.hpp>
#include <eigentune/analysis/instability_edge.hpp>
#include <eigentune/core/random.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "analysis/hand_made.hpp"

namespace eigentune {
namespace {

using support::find;
using support::study_of;
using support::unit;

SearchSpace rate_and_decay() {
  SearchSpace space;
  space.nuisance("learning_rate", log_uniform(1e-4, 1.0));
  space.nuisance("weight_decay", log_uniform(1e-6, 1e-2));
  return space;
}

/// Diverges beyond `cliff`; is best at `optimum`, both positions on the axis of the rate.
StudyData with_cliff(double cliff, double optimum, std::int64_t trials = 64) {
  const SearchSpace space = rate_and_decay();
  return study_of(space, trials, [=](const Point& point) -> std::optional<double> {
    const double rate = unit(space, 0, point);
    if (rate > cliff) return std::nullopt;
    return (rate - optimum) * (rate - optimum) + 0.1 * unit(space, 1, point);
  });
}

TEST(InfeasibleRegion, BeginsBetweenTheLastTrialThatTrainedAndTheFirstThatDidNot) {
  const StudyData data = with_cliff(0.5, 0.3);
  const auto region = infeasible_region(data, data.space.hyperparameters()[0]);
  ASSERT_TRUE(region);
  EXPECT_EQ(region->side, Bound::upper);
  EXPECT_NEAR(region->unit, 0.5, 0.02);
  EXPECT_NEAR(region->value.as_double(), 1e-2, 2e-3);
  EXPECT_EQ(region->infeasible_beyond, region->beyond);
  EXPECT_EQ(region->infeasible_within, 0);
  EXPECT_EQ(region->beyond + region->within, 64);
  EXPECT_FALSE(infeasible_region(data, data.space.hyperparameters()[1]));
}

TEST(InfeasibleRegion, MayBeTheLowerEnd) {
  const SearchSpace space = rate_and_decay();
  const StudyData data = study_of(space, 64, [&](const Point& point) {
    const double decay = unit(space, 1, point);
    return decay < 0.3 ? std::nullopt : std::optional(decay);
  });
  EXPECT_EQ(infeasible_region(data, space.hyperparameters()[1])->side, Bound::lower);
}

TEST(InfeasibleRegion, IsNotSeenInScatteredFailures) {
  int regions = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Random random(seed);
    const StudyData data = study_of(rate_and_decay(), 64, [&](const Point&) {
      return random.uniform() < 0.3 ? std::nullopt : std::optional(random.normal());
    });
    for (const Hyperparameter& one : data.space.hyperparameters()) regions += infeasible_region(data, one) ? 1 : 0;
  }
  EXPECT_LE(regions, 2);  // of 100, at a level below 1%
}

/// Three infeasible trials beyond all of the others: of 3! 3! / 6! = 1/20, times 2 * 5 cuts and ends, nothing follows.
TEST(InfeasibleRegion, NeedsEnoughTrials) {
  StudyData data = with_cliff(0.5, 0.3, 6);
  EXPECT_FALSE(infeasible_region(data, data.space.hyperparameters()[0]));
}

TEST(InfeasibleFraction, IsAProblemAboveAQuarterOfTheSpace) {
  EXPECT_EQ(find_infeasible_fraction(with_cliff(0.4, 0.3)).verdict, Verdict::problem);
  const Finding some = find_infeasible_fraction(with_cliff(0.75, 0.3));
  EXPECT_EQ(some.verdict, Verdict::cannot_say);
  EXPECT_EQ(find_infeasible_fraction(with_cliff(0.95, 0.3)).verdict, Verdict::good);
  EXPECT_EQ(find_infeasible_fraction(with_cliff(0.75, 0.3, 0)).conclusion, "no trial has ended yet");
  EXPECT_EQ(find_infeasible_fraction(with_cliff(-1.0, 0.3, 20)).conclusion, "20 of 20 trials are infeasible");
  EXPECT_EQ(find_infeasible_fraction(with_cliff(-1.0, 0.3, 1)).verdict, Verdict::cannot_say);
}

TEST(InstabilityEdge, IsAProblemWhereTheBestLieAtIt) {
  const auto findings = find_infeasible_regions(with_cliff(0.6, 0.9));
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[0].check, Check::infeasible_region);
  EXPECT_EQ(findings[0].verdict, Verdict::note);
  EXPECT_EQ(findings[1].check, Check::instability_edge);
  EXPECT_EQ(findings[1].verdict, Verdict::problem);
  EXPECT_NE(findings[1].action.find("learning rate warmup"), std::string::npos);
}

TEST(InstabilityEdge, SaysSoWhereTheDataCannotSay) {
  const SearchSpace space = rate_and_decay();
  Random random(4);
  const StudyData data = study_of(space, 64, [&](const Point& point) -> std::optional<double> {
    if (unit(space, 0, point) > 0.6) return std::nullopt;
    return random.normal();
  });
  EXPECT_EQ(find(find_infeasible_regions(data), Check::instability_edge, "learning_rate")->verdict,
            Verdict::cannot_say);
}

/// 16 trials at (2 i + 1) / 32 of the axis: of the lower 8 these are the costs, the others diverge.
Finding edge_of(const std::vector<double>& costs) {
  StudyData data;
  data.definition.metric = "validation_error";
  data.space.nuisance("learning_rate", log_uniform(1e-4, 1.0));
  const Domain& domain = data.space.hyperparameters()[0].domain;
  for (std::int64_t i = 0; i < 16; ++i) {
    const Value rate = domain.from_unit(static_cast<double>(2 * i + 1) / 32.0);
    TrialRecord trial{.number = i, .point = Point({{"learning_rate", rate}}), .attempt = 1};
    trial.state = TrialState::infeasible;
    if (i < 8) {
      trial.state = TrialState::complete;
      trial.objective = costs[static_cast<std::size_t>(i)];
    }
    data.trials.push_back(std::move(trial));
  }
  return *find(find_infeasible_regions(data), Check::instability_edge, "learning_rate");
}

/// Of the parabola through the scores -1.43, ... of these ranks the slope at 1/2 points down with 0.86, and that at
/// 1/4, which is the one from end to end, with 0.902 (Student's t of 5 degrees of freedom, by the normal equations and
/// the closed form of its tail). That there is an effect of any shape is less sure.
TEST(InstabilityEdge, IsSeenInTheWholeWayToIt) {
  const Finding finding = edge_of({4, 3, 7, 6, 5, 0, 1, 2});
  EXPECT_NEAR(*finding.number("probability_of_improving"), 0.8600839724729903, 1e-9);
  EXPECT_NEAR(*finding.number("p_no_trend"), 1.0 - 0.9023702049252362, 1e-9);
  EXPECT_NEAR(*finding.number("p_no_effect"), 0.3088529103310761, 1e-9);
  EXPECT_EQ(finding.verdict, Verdict::problem);
}

/// The slope at the edge points up with 0.932, but the F-test of the parabola leaves 0.203 to chance.
TEST(InstabilityEdge, IsNotCalledGoodWithoutAnEffect) {
  const Finding finding = edge_of({2, 3, 5, 0, 4, 1, 6, 7});
  EXPECT_NEAR(*finding.number("probability_of_improving"), 0.06813417794743148, 1e-9);
  EXPECT_NEAR(*finding.number("p_no_effect"), 0.20330073083677427, 1e-9);
  EXPECT_EQ(finding.verdict, Verdict::cannot_say);
}

/// The slopes of nothing are tested one-sided at 10%, and pass in 200 studies in 20 +- 4.2 at most.
TEST(InstabilityEdge, IsSeldomSeenInNoise) {
  int problems = 0, good = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const SearchSpace space = rate_and_decay();
    Random random(seed);
    const StudyData data = study_of(space, 64, [&](const Point& point) -> std::optional<double> {
      if (unit(space, 0, point) > 0.6) return std::nullopt;
      return random.normal();
    });
    const auto finding = find(find_infeasible_regions(data), Check::instability_edge, "learning_rate");
    problems += finding->verdict == Verdict::problem ? 1 : 0;
    good += finding->verdict == Verdict::good ? 1 : 0;
  }
  EXPECT_LE(problems, 33);
  EXPECT_LE(good, 33);
}

TEST(InfeasibleFraction, CountsATrialWithoutAFiniteObjective) {
  StudyData data = with_cliff(2.0, 0.3, 20);
  for (TrialRecord& trial : data.trials) trial.objective = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(find_infeasible_fraction(data).conclusion, "20 of 20 trials are infeasible");
}

TEST(InstabilityEdge, IsGoodWhereTheBestKeepAway) {
  EXPECT_EQ(find(find_infeasible_regions(with_cliff(0.7, 0.3)), Check::instability_edge, "learning_rate")->verdict,
            Verdict::good);
}

TEST(InfeasibleRegions, AreNoneInStudiesWithoutThem) {
  EXPECT_TRUE(find_infeasible_regions(with_cliff(2.0, 0.3)).empty());
  EXPECT_TRUE(find_infeasible_regions(with_cliff(-1.0, 0.3)).empty());
  EXPECT_TRUE(find_infeasible_regions(with_cliff(0.5, 0.3, 0)).empty());
  EXPECT_TRUE(find_infeasible_regions(with_cliff(0.5, 0.3, 1)).empty());
}

}  // namespace
}  // namespace eigentune
