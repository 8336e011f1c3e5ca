#include <eigentune/analysis/infeasible_fraction.hpp>
#include <eigentune/analysis/infeasible_region.hpp>
#include <eigentune/analysis/instability_edge.hpp>
#include <eigentune/core/random.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <optional>

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
