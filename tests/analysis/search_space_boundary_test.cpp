#include <eigentune/analysis/search_space_boundary.hpp>
#include <eigentune/core/random.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "analysis/hand_made.hpp"
#include "support/special_values.hpp"

namespace eigentune {
namespace {

using support::infinity;
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

TEST(WiderBound, EndsWhereTheScaleDoes) {
  constexpr double least = std::numeric_limits<double>::min(), most = std::numeric_limits<double>::max();
  EXPECT_EQ(wider_bound(log_uniform(least, 1.0), Bound::lower, 0.0), std::nullopt);
  EXPECT_EQ(wider_bound(log_uniform(4e-308, 1.0), Bound::lower, 0.0), std::nullopt);  // 2e-308 is subnormal
  EXPECT_NEAR(wider_bound(log_uniform(1e-300, 1.0), Bound::lower, 0.0).value().as_double() / 1e-307, 1.0, 1e-14);
  EXPECT_NEAR(wider_bound(log_uniform(1.0, 1e300), Bound::upper, 1.0).value().as_double() / 1e308, 1.0, 1e-14);
  EXPECT_EQ(wider_bound(log_uniform(1.0, 1e308), Bound::upper, 1.0), std::nullopt);
  EXPECT_EQ(wider_bound(one_minus_log_uniform(0.5, 0x1.fffffffffffffp-1), Bound::upper, 1.0), std::nullopt);
  EXPECT_EQ(wider_bound(uniform(0.0, most), Bound::upper, 1.0), std::nullopt);
  EXPECT_EQ(wider_bound(uniform(-8e307, 8e307), Bound::upper, 1.0), std::nullopt);  // a range of 2e308
  EXPECT_EQ(wider_bound(uniform(-8e307, 8e307), Bound::lower, 0.0), std::nullopt);
  EXPECT_EQ(wider_bound(uniform(0.0, 5e-324), Bound::upper, 1.0), std::nullopt);
}

TEST(WiderBound, OfCountsIsAtLeastOneFurtherAndAtMostTenToTheTwelfth) {
  constexpr std::int64_t most = 1'000'000'000'000;
  EXPECT_EQ(wider_bound(integer(1, 2), Bound::upper, 1.0), Value(3));  // a quarter of the range is no count
  EXPECT_EQ(wider_bound(integer(-1, 1), Bound::lower, 0.0), Value(-2));
  EXPECT_EQ(wider_bound(integer(1, 2), Bound::lower, 0.0), std::nullopt);
  EXPECT_EQ(wider_bound(integer(0, most - 1), Bound::upper, 1.0), Value(most));
  EXPECT_EQ(wider_bound(integer(0, most), Bound::upper, 1.0), std::nullopt);
  EXPECT_EQ(wider_bound(integer(1 - most, 0), Bound::lower, 0.0), Value(-most));
  EXPECT_EQ(wider_bound(integer(-most, 0), Bound::lower, 0.0), std::nullopt);
  EXPECT_EQ(wider_bound(log_integer(1, most - 1), Bound::upper, 1.0), Value(most));
  EXPECT_EQ(wider_bound(log_integer(1, most), Bound::upper, 1.0), std::nullopt);
}

/// Whatever the range and where the best is thought to be: what is suggested is further out, and a domain takes it.
TEST(WiderBound, IsOneThatADomainTakes) {
  constexpr double least = std::numeric_limits<double>::min(), most = std::numeric_limits<double>::max();
  constexpr double below_one = 0x1.fffffffffffffp-1, above_one = 0x1.0000000000001p0;
  const auto widen = [](const Domain& domain, auto make) {
    for (const std::optional<double> best : {std::optional<double>(), {-infinity}, {-5.0}, {0.0}, {1.0}, {infinity}}) {
      for (const Bound bound : {Bound::lower, Bound::upper}) {
        const std::optional<Value> value = wider_bound(domain, bound, best);
        if (!value) continue;
        const Value low = bound == Bound::lower ? *value : domain.low();
        const Value high = bound == Bound::upper ? *value : domain.high();
        ASSERT_NO_THROW(make(low, high)) << domain.text() << " to " << value->text();
        EXPECT_FALSE(domain.contains(*value)) << domain.text() << " to " << value->text();
      }
    }
  };
  const auto real = [&](auto domain, double low, double high) {
    widen(domain(low, high), [&](const Value& a, const Value& b) { domain(a.as_double(), b.as_double()); });
  };
  const auto counts = [&](auto domain, std::int64_t low, std::int64_t high) {
    widen(domain(low, high), [&](const Value& a, const Value& b) { domain(a.as_integer(), b.as_integer()); });
  };
  for (const auto& [low, high] : {std::pair(least, 1.0),
                                  {3e-308, 1e-300},
                                  {least, most},
                                  {1e300, 1e308},
                                  {1.0, most},
                                  {1.0, above_one},
                                  {below_one, 1.0}}) {
    real(log_uniform, low, high);
    real(uniform, low, high);
  }
  for (const auto& [low, high] : {std::pair(0.0, 5e-324),
                                  {-5e-324, 5e-324},
                                  {0.0, 1e-310},
                                  {-1e-300, 1e-300},
                                  {-8e307, 8e307},
                                  {-1.0, 1.7e308},
                                  {-most, 0.0},
                                  {1e308, most},
                                  {-most, -1e308},
                                  {1e17, 1e17 + 16.0}}) {
    real(uniform, low, high);
  }
  for (const auto& [low, high] :
       {std::pair(0.0, 5e-324), {0.0, below_one}, {0.5, below_one}, {1.0 - 1e-15, below_one}, {1e-20, 0.5}}) {
    real(one_minus_log_uniform, low, high);
  }
  constexpr std::int64_t million_million = 1'000'000'000'000;
  for (const auto& [low, high] : {std::pair<std::int64_t, std::int64_t>(1, 2),
                                  {1, million_million},
                                  {million_million - 1, million_million},
                                  {2, million_million - 1}}) {
    counts(integer, low, high);
    counts(log_integer, low, high);
    counts(integer, -high, -low);
    counts(integer, -high, high);
  }
}

}  // namespace
}  // namespace eigentune
