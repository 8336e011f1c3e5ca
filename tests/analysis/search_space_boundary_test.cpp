#include <eigentune/analysis/search_space_boundary.hpp>
#include <eigentune/core/random.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "analysis/hand_made.hpp"

namespace eigentune {
namespace {

using support::study_of;
using support::unit;

SearchSpace rate_and_momentum() {
  SearchSpace space;
  space.nuisance("learning_rate", log_uniform(1e-5, 1e-1));
  space.nuisance("momentum", one_minus_log_uniform(0.5, 0.99));
  return space;
}

/// A valley whose lowest point is at these positions of the two axes.
StudyData valley(double rate, double momentum, std::int64_t trials, double noise = 0.0) {
  const SearchSpace space = rate_and_momentum();
  Random random(3);
  return study_of(space, trials, [&](const Point& point) -> std::optional<double> {
    const double a = unit(space, 0, point) - rate, b = unit(space, 1, point) - momentum;
    return a * a + b * b + noise * random.normal();
  });
}

TEST(SearchSpaceBoundary, RaisesTheUpperBoundWhereTheObjectiveStillImproves) {
  const auto findings = find_search_space_boundaries(valley(1.2, 0.5, 64));
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[0].verdict, Verdict::problem);
  EXPECT_EQ(findings[0].hyperparameter, "learning_rate");
  EXPECT_EQ(findings[0].bound, Bound::upper);
  EXPECT_EQ(findings[0].value, Value(0.1));
  EXPECT_EQ(findings[0].action, "raise the upper bound of learning_rate from 0.1 to 10");
  EXPECT_EQ(findings[0].suggested, Value(10.0));
  EXPECT_EQ(findings[1].verdict, Verdict::good);
  EXPECT_EQ(findings[1].action, "");
}

/// The example of Finding's docstring.
TEST(SearchSpaceBoundary, PrintsWhatWasSeenAndWhatToDo) {
  EXPECT_EQ(
      fmt::format("{}", find_search_space_boundaries(valley(1.1, 0.5, 64, 0.1))[0]),
      "problem: Is the search space large enough? learning_rate: the objective still improves at the upper "
      "bound, 0.1.\n"
      "  evidence: trials 64, p_no_effect 2.54e-28, p_value_lower 1, p_value_upper 0.0001247, best_position 2.486\n"
      "  trials: 35, 23, 15, 59, 53\n"
      "  next: raise the upper bound of learning_rate from 0.1 to 10");
}

TEST(SearchSpaceBoundary, LowersTheLowerBound) {
  const auto findings = find_search_space_boundaries(valley(0.5, -0.3, 64));
  EXPECT_EQ(findings[0].verdict, Verdict::good);
  EXPECT_EQ(findings[1].verdict, Verdict::problem);
  EXPECT_EQ(findings[1].bound, Bound::lower);
  EXPECT_EQ(findings[1].action.substr(0, 44), "lower the lower bound of momentum from 0.5 t");
}

TEST(SearchSpaceBoundary, TurnsAroundWithTheDirection) {
  StudyData data = valley(1.2, 0.5, 64);
  data.definition.direction = Direction::maximize;
  for (TrialRecord& trial : data.trials) trial.objective = -*trial.objective;
  EXPECT_EQ(find_search_space_boundaries(data), find_search_space_boundaries(valley(1.2, 0.5, 64)));
}

TEST(SearchSpaceBoundary, IsSilentInPureNoise) {
  int problems = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Random random(seed);
    const StudyData data =
        study_of(rate_and_momentum(), 64, [&](const Point&) -> std::optional<double> { return random.normal(); });
    for (const Finding& finding : find_search_space_boundaries(data)) {
      problems += finding.verdict == Verdict::problem ? 1 : 0;
      EXPECT_NE(finding.verdict, Verdict::note);
    }
  }
  EXPECT_LE(problems, 5);  // of 100 hyperparameters, at a level of 1%
}

TEST(SearchSpaceBoundary, SaysSoWhereTheDataCannotSay) {
  for (const std::int64_t trials : {0, 1, 4}) {
    const auto findings = find_search_space_boundaries(valley(1.2, 0.5, trials));
    ASSERT_EQ(findings.size(), 2u);
    EXPECT_EQ(findings[0].verdict, Verdict::cannot_say);
    EXPECT_EQ(findings[0].conclusion, trials == 0   ? "there is no complete trial"
                                      : trials == 1 ? "1 complete trial is too few to tell"
                                                    : "4 complete trials are too few to tell");
  }
  const auto constant = study_of(rate_and_momentum(), 64, [](const Point&) { return std::optional(0.5); });
  EXPECT_EQ(find_search_space_boundaries(constant)[0].conclusion, "all complete trials have the same objective");
  const auto infeasible = study_of(rate_and_momentum(), 64, [](const Point&) { return std::optional<double>(); });
  EXPECT_EQ(find_search_space_boundaries(infeasible)[0].verdict, Verdict::cannot_say);
}

TEST(SearchSpaceBoundary, IgnoresAnObjectiveThatIsNotFinite) {
  StudyData data = valley(1.2, 0.5, 64);
  for (TrialRecord& trial : data.trials) trial.objective = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(find_search_space_boundaries(data)[0].verdict, Verdict::cannot_say);
}

/// Only adam's rate is cut off; its values are judged among adam's trials, though nesterov's are all better.
TEST(SearchSpaceBoundary, JudgesAConditionalHyperparameterWhereItIsActive) {
  SearchSpace space;
  const auto optimizer = space.scientific("optimizer", choice({"nesterov", "adam"}));
  space.nuisance("learning_rate", log_uniform(1e-2, 10.0), optimizer.is("nesterov"));
  space.nuisance("learning_rate", log_uniform(1e-5, 1e-1), optimizer.is("adam"));
  const StudyData data = study_of(space, 64, [&](const Point& point) -> std::optional<double> {
    const bool adam = point["optimizer"] == "adam";
    const double away = unit(space, adam ? 2 : 1, point) - (adam ? 1.3 : 0.5);
    return away * away + (adam ? 5.0 : 0.0);
  });
  const auto findings = find_search_space_boundaries(data);
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[0].hyperparameter, "learning_rate[optimizer=nesterov]");
  EXPECT_EQ(findings[0].verdict, Verdict::good);
  EXPECT_EQ(findings[1].hyperparameter, "learning_rate[optimizer=adam]");
  EXPECT_EQ(findings[1].verdict, Verdict::problem);
}

TEST(SearchSpaceBoundary, DoesNotBlameABoundThatTrialsCannotReach) {
  const SearchSpace space = rate_and_momentum();
  const StudyData data = study_of(space, 64, [&](const Point& point) -> std::optional<double> {
    const double rate = unit(space, 0, point);
    if (rate > 0.7) return std::nullopt;
    return -rate + 0.1 * unit(space, 1, point);
  });
  EXPECT_NE(support::find(find_search_space_boundaries(data), Check::search_space_boundary, "learning_rate")->verdict,
            Verdict::problem);
}

TEST(SearchSpaceBoundary, HasNothingBelowZeroToSuggest) {
  SearchSpace space;
  space.nuisance("dropout", uniform(0.0, 0.5));
  const StudyData data =
      study_of(space, 64, [](const Point& point) { return std::optional(point.get<double>("dropout")); });
  const Finding finding = find_search_space_boundaries(data)[0];
  EXPECT_EQ(finding.verdict, Verdict::note);
  EXPECT_EQ(finding.suggested, std::nullopt);
  EXPECT_EQ(finding.action, "consider leaving dropout out by fixing it at 0");
}

/// Extends by a quarter of the range beyond the best, on the scale: 10^(4 (0.2 + 0.25)) is nearest to 50 in {1, 2, 5}.
TEST(WiderBound, IsARoundNumberOnTheScale) {
  EXPECT_EQ(wider_bound(log_uniform(1e-5, 1e-1), Bound::upper, 1.0), Value(1.0));
  EXPECT_EQ(wider_bound(log_uniform(1e-5, 1e-1), Bound::upper, 1.2), Value(5.0));
  EXPECT_EQ(wider_bound(log_uniform(1e-5, 1e-1), Bound::upper, 7.0), Value(10.0));
  EXPECT_EQ(wider_bound(log_uniform(1e-5, 1e-1), Bound::lower, 0.0), Value(1e-6));
  EXPECT_EQ(wider_bound(one_minus_log_uniform(0.9, 0.999), Bound::upper, 1.25), Value(0.9999));
  EXPECT_EQ(wider_bound(one_minus_log_uniform(0.9, 0.999), Bound::lower, 0.0), Value(0.8));
  EXPECT_EQ(wider_bound(one_minus_log_uniform(0.0, 0.9), Bound::lower, 0.0), std::nullopt);
  EXPECT_EQ(wider_bound(uniform(0.0, 0.4), Bound::upper, 1.25), Value(0.6));
  EXPECT_EQ(wider_bound(uniform(0.0, 0.4), Bound::lower, -0.25), std::nullopt);
  EXPECT_EQ(wider_bound(uniform(-1.0, 1.0), Bound::lower, 0.0), Value(-1.4));
  EXPECT_EQ(wider_bound(integer(1, 8), Bound::upper, 1.25), Value(12));
  EXPECT_EQ(wider_bound(log_integer(16, 256), Bound::upper, 1.0), Value(500));
  EXPECT_EQ(wider_bound(log_integer(1, 256), Bound::lower, 0.0), std::nullopt);
  EXPECT_EQ(wider_bound(discrete({1, 2, 4}), Bound::upper, 1.0), std::nullopt);
}

}  // namespace
}  // namespace eigentune
