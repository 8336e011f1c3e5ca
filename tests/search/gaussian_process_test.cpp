#include <eigentune/core/random.hpp>
#include <eigentune/search/gaussian_process.hpp>
#include <eigentune/search/sampler.hpp>
#include <eigentune/space/search_space.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "support/expect.hpp"

namespace eigentune {
namespace {

using support::error_of;

using Objective = std::function<std::optional<double>(const Point&)>;  // absent: infeasible

Observation observed(std::int64_t number, const Point& point, const Objective& objective) {
  const std::optional<double> value = objective(point);
  return {number, point, value ? Outcome::complete : Outcome::infeasible, value.value_or(0.0)};
}

/// What a study of `trials` trials, one at a time, learns.
History study(const GaussianProcess& sampler, const SearchSpace& space, std::int64_t trials, const Objective& objective,
              Direction direction = Direction::minimize) {
  History history = {direction, {}};
  for (std::int64_t number = 0; number < trials; ++number) {
    history.observations.push_back(observed(number, sampler.suggest(space, history, number), objective));
  }
  return history;
}

double best_of(const History& history) {
  double best = std::numeric_limits<double>::infinity();
  for (const Observation& observation : history.observations) {
    if (observation.outcome == Outcome::complete) best = std::min(best, observation.objective);
  }
  return best;
}

SearchSpace square() {
  SearchSpace space;
  space.nuisance("x", uniform(0.0, 1.0));
  space.nuisance("y", uniform(0.0, 1.0));
  return space;
}

std::optional<double> bowl(const Point& point) {
  const double x = point.get<double>("x") - 0.3, y = point.get<double>("y") - 0.8;
  return x * x + 2.0 * y * y + x * y;
}

/// A space with everything: two optimizers with hyperparameters of their own, integers, an order and a choice.
SearchSpace everything() {
  SearchSpace space;
  const auto optimizer = space.scientific("optimizer", choice({"nesterov", "adam"}));
  space.nuisance("learning_rate", log_uniform(1e-2, 10.0), optimizer.is("nesterov"));
  space.nuisance("learning_rate", log_uniform(1e-5, 1e-1), optimizer.is("adam"));
  space.nuisance("beta1", one_minus_log_uniform(0.5, 0.99), optimizer.is("adam"));
  space.nuisance("layers", integer(1, 6));
  space.nuisance("batch", discrete({32, 64, 128, 256}));
  space.nuisance("activation", choice({"relu", "tanh", "gelu"}));
  space.fixed("classes", 10);
  return space;
}

std::optional<double> everything_objective(const Point& point) {
  const bool adam = point.get<std::string>("optimizer") == "adam";
  double loss = std::fabs(static_cast<double>(point.get<std::int64_t>("layers")) - 4.0);
  loss += 0.2 * std::fabs(std::log2(static_cast<double>(point.get<std::int64_t>("batch"))) - 6.0);
  if (point.get<std::string>("activation") != "tanh") loss += 0.7;
  loss += std::fabs(std::log10(point.get<double>("learning_rate")) + (adam ? 3.0 : 0.0));
  if (adam) loss += std::fabs(std::log10(1.0 - point.get<double>("beta1")) + 1.0);
  return loss;
}

TEST(GaussianProcess, IsASamplerWhoseTextNamesItsOptions) {
  static_assert(Sampler<GaussianProcess> && GaussianProcess::adaptive);
  EXPECT_EQ(AnySampler(GaussianProcess{.seed = 7}).text(), "gaussian_process(seed=7)");
  EXPECT_EQ((GaussianProcess{.seed = 7, .initial = 12}.text()), "gaussian_process(seed=7, initial=12)");
}

TEST(GaussianProcess, BeginsWithTheHaltonPointsOfItsSeed) {
  const SearchSpace space = everything();
  for (std::int64_t number = 0; number < 9; ++number) {
    EXPECT_EQ((GaussianProcess{.seed = 3, .initial = 9}.suggest(space, {}, number)),
              (Halton{.seed = 3}.suggest(space, {}, number)));
  }
  // And goes on with them while nothing is known: ten workers that start at once.
  EXPECT_EQ((GaussianProcess{.seed = 3}.suggest(space, {}, 40)), (Halton{.seed = 3}.suggest(space, {}, 40)));
}

TEST(GaussianProcess, SuggestionsAreAFunctionOfSeedSpaceHistoryAndNumber) {
  const History history = study({.seed = 5}, square(), 12, bowl);
  const Point first = GaussianProcess{.seed = 5}.suggest(square(), history, 12);
  EXPECT_EQ((GaussianProcess{.seed = 5}.suggest(square(), history, 12)), first);
  EXPECT_EQ(study({.seed = 5}, square(), 12, bowl), history);
  EXPECT_NE((GaussianProcess{.seed = 6}.suggest(square(), history, 12)), first);
  EXPECT_NE((GaussianProcess{.seed = 5}.suggest(square(), history, 13)), first);
}

TEST(GaussianProcess, FindsTheBottomOfABowl) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    EXPECT_LT(best_of(study({.seed = seed}, square(), 20, bowl)), 1e-4) << seed;
  }
}

TEST(GaussianProcess, MaximizesWhatIsToBeMaximized) {
  const auto hill = [](const Point& point) { return std::optional(-*bowl(point)); };
  const History down = study({.seed = 1}, square(), 15, bowl);
  const History up = study({.seed = 1}, square(), 15, hill, Direction::maximize);
  for (std::size_t i = 0; i < 15; ++i) EXPECT_EQ(down.observations[i].point, up.observations[i].point);
}

TEST(GaussianProcess, EveryPointIsOfTheSpaceAndScientificValuesAreHaltons) {
  const SearchSpace space = everything();
  const History history = study({.seed = 2}, space, 40, everything_objective);
  std::map<std::string, int> trials;
  std::set<std::string> texts;
  for (const Observation& observation : history.observations) {
    EXPECT_NO_THROW(space.check(observation.point));
    const Point halton = Halton{.seed = 2}.suggest(space, {}, observation.number);
    EXPECT_EQ(observation.point["optimizer"], halton["optimizer"]);
    ++trials[observation.point.get<std::string>("optimizer")];
    texts.insert(observation.point.text());
  }
  EXPECT_EQ(trials["adam"], 20);
  EXPECT_EQ(texts.size(), 40U);
}

TEST(GaussianProcess, TunesBothBranchesOfAScientificChoice) {
  const History history = study({.seed = 2}, everything(), 60, everything_objective);
  std::map<std::string, double> best = {{"adam", 9.0}, {"nesterov", 9.0}};
  for (const Observation& observation : history.observations) {
    double& value = best[observation.point.get<std::string>("optimizer")];
    value = std::min(value, observation.objective);
  }
  EXPECT_LT(best["adam"], 0.2);
  EXPECT_LT(best["nesterov"], 0.2);
}

TEST(GaussianProcess, AScientificRealNumberIsHaltonsToo) {
  SearchSpace space = square();
  space.scientific("width", uniform(1.0, 2.0));
  const auto objective = [](const Point& point) {
    const double x = point.get<double>("x") - 0.3 * point.get<double>("width"), y = point.get<double>("y") - 0.5;
    return std::optional(x * x + y * y);
  };
  const History history = study({.seed = 4}, space, 30, objective);
  double late = 0.0;
  for (const Observation& observation : history.observations) {
    const Point halton = Halton{.seed = 4}.suggest(space, {}, observation.number);
    EXPECT_DOUBLE_EQ(observation.point.get<double>("width"), halton.get<double>("width"));
    if (observation.number >= 20) late = std::max(late, observation.objective);
  }
  EXPECT_LT(best_of(history), 1e-3);
}

TEST(GaussianProcess, LearnsWhereTrialsDiverge) {
  const auto cliff = [](const Point& point) -> std::optional<double> {
    const double x = point.get<double>("x"), y = point.get<double>("y");
    if (x + 0.3 * y > 0.6) return std::nullopt;
    return (x + 0.3 * y - 0.58) * (x + 0.3 * y - 0.58) + (y - 0.4) * (y - 0.4);
  };
  const History history = study({.seed = 1}, square(), 30, cliff);
  const auto late = std::count_if(history.observations.begin() + 15, history.observations.end(),
                                  [](const Observation& one) { return one.outcome == Outcome::infeasible; });
  EXPECT_LE(late, 3);
  EXPECT_LT(best_of(history), 1e-3);
}

TEST(GaussianProcess, LeavesARegionWhereEverythingDiverges) {
  const auto corner = [](const Point& point) -> std::optional<double> {
    if (point.get<double>("x") < 0.85 || point.get<double>("y") < 0.85) return std::nullopt;
    return 0.0;
  };
  const History history = study({.seed = 1, .initial = 1}, square(), 25, corner);
  EXPECT_LT(best_of(history), 1.0);  // 2% of the space; the first trials all diverge
}

TEST(GaussianProcess, WorkersThatAskAtOnceGetPointsApart) {
  History history = study({.seed = 1}, square(), 10, bowl);
  std::vector<Point> batch;
  for (std::int64_t number = 10; number < 16; ++number) {
    batch.push_back(GaussianProcess{.seed = 1}.suggest(square(), history, number));
    history.observations.push_back({number, batch.back(), Outcome::pending, 0.0});
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const double distance = std::hypot(batch[i].get<double>("x") - batch[j].get<double>("x"),
                                         batch[i].get<double>("y") - batch[j].get<double>("y"));
      EXPECT_GT(distance, 1e-3) << batch[i].text() << batch[j].text();
    }
  }
}

/// Two valleys: one that is found first, and a deeper one, whose slopes cover a twentieth of the square.
std::optional<double> two_valleys(const Point& point) {
  const auto valley = [&](double x, double y, double width) {
    const double dx = (point.get<double>("x") - x) / width, dy = (point.get<double>("y") - y) / width;
    return std::exp(-0.5 * (dx * dx + dy * dy));
  };
  return -0.8 * valley(0.3, 0.35, 0.15) - valley(0.85, 0.8, 0.06);
}

TEST(GaussianProcess, LeavesAValleyThatItKnowsForADeeperOne) {
  int found = 0;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    if (best_of(study({.seed = seed}, square(), 50, two_valleys)) < -0.95) ++found;
  }
  EXPECT_GE(found, 4);
}

TEST(GaussianProcess, OnceSettledPolishesOneOfFourTimes) {
  const History history = study({.seed = 1}, square(), 30, two_valleys);
  int near = 0;
  for (std::int64_t number = 30; number < 50; ++number) {
    const Point point = GaussianProcess{.seed = 1}.suggest(square(), history, number);
    if (std::hypot(point.get<double>("x") - 0.3, point.get<double>("y") - 0.35) < 0.05) ++near;
  }
  EXPECT_GE(near, 2);
  EXPECT_LE(near, 9);
}

TEST(GaussianProcess, VisitsEveryPointOfASmallSpaceBeforeAnyAgain) {
  SearchSpace space;
  const auto kind = space.nuisance("kind", choice({"a", "b", "c"}));
  space.nuisance("steps", log_integer(1, 8), kind.is("b"));
  space.nuisance("order", discrete({1.0, 2.0}));
  const auto objective = [](const Point& point) {
    return std::optional(point.get<double>("order") + (point.contains("steps") ? 0.0 : 1.0));
  };
  const History history = study({.seed = 9, .initial = 1}, space, 20, objective);  // (1 + 8 + 1) 2
  std::set<std::string> texts;
  for (const Observation& observation : history.observations) texts.insert(observation.point.text());
  EXPECT_EQ(texts.size(), 20U);
  const Point again = GaussianProcess{.seed = 9, .initial = 1}.suggest(space, history, 20);
  EXPECT_TRUE(texts.contains(again.text()));
}

TEST(GaussianProcess, KeepsAwayFromRealPointsThatWereTried) {
  const History history = study({.seed = 3}, square(), 40, bowl);
  for (std::size_t i = 5; i < 40; ++i) {  // what precedes is Halton's
    for (std::size_t j = 0; j < i; ++j) {
      const Point &a = history.observations[i].point, &b = history.observations[j].point;
      EXPECT_GT(std::max(std::fabs(a.get<double>("x") - b.get<double>("x")),
                         std::fabs(a.get<double>("y") - b.get<double>("y"))),
                1e-4);
    }
  }
}

TEST(GaussianProcess, SurvivesStrangeObjectives) {
  int call = 0;
  const std::vector<Objective> objectives = {
      [](const Point&) { return std::optional(3.0); },
      [](const Point& point) { return std::optional(point.get<double>("x") < 0.5 ? 1e300 : -1e300); },
      [&call](const Point& point) { return std::optional(call++ % 3 == 0 ? 1e12 : point.get<double>("y")); },
      [](const Point&) { return std::optional<double>(); },
      [](const Point& point) { return std::optional(5e-324 * std::floor(4.0 * point.get<double>("x"))); }};
  for (const Objective& objective : objectives) {
    const History history = study({.seed = 1, .initial = 2}, square(), 12, objective);
    for (const Observation& observation : history.observations) EXPECT_NO_THROW(square().check(observation.point));
  }
}

TEST(GaussianProcess, ASpaceWithNothingToSearchHasOnePoint) {
  SearchSpace space;
  space.fixed("batch_size", 128);
  const Point point({{"batch_size", 128}});
  EXPECT_EQ((GaussianProcess{}.suggest(space, {Direction::minimize, {{0, point, Outcome::complete, 1.0}}}, 1)), point);
}

TEST(GaussianProcess, RefusesWhatIsNotOfTheSpace) {
  const SearchSpace space = square();
  History history = study({}, space, 8, bowl);
  EXPECT_EQ(error_of([&] { GaussianProcess{.initial = 0}.suggest(space, history, 8); }),
            "GaussianProcess: initial must be at least 1, got 0");
  history.observations[2].objective = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(error_of([&] { GaussianProcess{}.suggest(space, history, 8); }),
            "GaussianProcess: the objective of trial 2 must be finite, got nan");
  history.observations[2].point = Point({{"x", 2.0}, {"y", 0.5}});
  EXPECT_EQ(error_of([&] { GaussianProcess{}.suggest(space, history, 8); }),
            "SearchSpace: x must be in uniform(0.0, 1.0), got 2.0");
}

}  // namespace
}  // namespace eigentune
