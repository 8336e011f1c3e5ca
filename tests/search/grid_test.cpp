#include <eigentune/search/grid.hpp>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "support/expect.hpp"

namespace eigentune {
namespace {

using support::error_of;

std::vector<std::string> all(const Grid& grid, const SearchSpace& space) {
  std::vector<std::string> texts;
  for (std::int64_t k = 0; k < *grid.size(space); ++k) texts.push_back(grid.suggest(space, {}, k).text());
  return texts;
}

TEST(Grid, IsEveryCombinationTheLastFastest) {
  SearchSpace space;
  space.nuisance("a", choice({"x", "y"}));
  space.nuisance("b", uniform(0.0, 1.0));
  space.fixed("c", 1);
  EXPECT_EQ(all(Grid{.steps = 3}, space),
            (std::vector<std::string>{R"({"a": "x", "b": 0.0, "c": 1})", R"({"a": "x", "b": 0.5, "c": 1})",
                                      R"({"a": "x", "b": 1.0, "c": 1})", R"({"a": "y", "b": 0.0, "c": 1})",
                                      R"({"a": "y", "b": 0.5, "c": 1})", R"({"a": "y", "b": 1.0, "c": 1})"}));
}

TEST(Grid, CombinesConditionalHyperparametersOnlyWhereTheyAreActive) {
  SearchSpace space;
  const auto optimizer = space.scientific("optimizer", choice({"sgd", "adam"}));
  space.nuisance("rate", integer(1, 2), optimizer.is("sgd"));
  space.nuisance("rate", integer(1, 3), optimizer.is("adam"));
  space.nuisance("beta", choice({0, 1}), optimizer.is("adam"));
  EXPECT_EQ(all(Grid{}, space),
            (std::vector<std::string>{
                R"({"optimizer": "sgd", "rate": 1})", R"({"optimizer": "sgd", "rate": 2})",
                R"({"optimizer": "adam", "rate": 1, "beta": 0})", R"({"optimizer": "adam", "rate": 1, "beta": 1})",
                R"({"optimizer": "adam", "rate": 2, "beta": 0})", R"({"optimizer": "adam", "rate": 2, "beta": 1})",
                R"({"optimizer": "adam", "rate": 3, "beta": 0})", R"({"optimizer": "adam", "rate": 3, "beta": 1})"}));
}

TEST(Grid, HasEveryPointOfANestedSpaceOnce) {
  SearchSpace space;
  const auto a = space.scientific("a", choice({0, 1, 2}));
  space.nuisance("before", integer(0, 1));
  const auto b = space.nuisance("b", choice({0, 1}), a.is_any_of({1, 2}));
  space.nuisance("c", integer(0, 3), b.is(1));
  space.nuisance("d", integer(0, 1), a.is(0));
  space.nuisance("after", integer(0, 1));
  // after * before * (a = 0: d; a = 1, 2: b = 0, or b = 1 with c)
  const std::vector<std::string> points = all(Grid{}, space);
  EXPECT_EQ(points.size(), 2 * 2 * (2 + 2 * (1 + 4)));
  EXPECT_EQ(std::set<std::string>(points.begin(), points.end()).size(), points.size());
  for (std::size_t k = 0; k < points.size(); ++k) {
    EXPECT_NO_THROW(space.check(Grid{}.suggest(space, {}, static_cast<std::int64_t>(k))));
  }
}

TEST(Grid, SpreadsItsStepsOnTheScale) {
  SearchSpace space;
  space.nuisance("rate", log_uniform(1e-4, 1.0));
  EXPECT_EQ(all(Grid{.steps = 2}, space), (std::vector<std::string>{R"({"rate": 0.0001})", R"({"rate": 1.0})"}));
  EXPECT_NEAR((Grid{.steps = 3}.suggest(space, {}, 1).get<double>("rate")), 1e-2, 1e-15);
  EXPECT_NEAR((Grid{.steps = 1}.suggest(space, {}, 0).get<double>("rate")), 1e-2, 1e-15);
}

TEST(Grid, SpreadsIntegersWithoutRepeatingOne) {
  SearchSpace space;
  space.nuisance("x", log_integer(1, 100));
  const std::vector<std::string> points = all(Grid{.steps = 50}, space);
  EXPECT_EQ(points.front(), R"({"x": 1})");
  EXPECT_EQ(points.back(), R"({"x": 100})");
  EXPECT_LT(points.size(), 50);
  EXPECT_EQ(std::set<std::string>(points.begin(), points.end()).size(), points.size());
  EXPECT_EQ(all(Grid{.steps = 100}, space).size(), 100);
}

TEST(Grid, TakesStepsByNameAndById) {
  SearchSpace space;
  const auto optimizer = space.scientific("optimizer", choice({"sgd", "adam"}));
  space.nuisance("rate", uniform(0.0, 1.0), optimizer.is("sgd"));
  space.nuisance("rate", uniform(0.0, 1.0), optimizer.is("adam"));
  EXPECT_EQ((Grid{.steps = 4}.size(space)), 8);
  EXPECT_EQ((Grid{.steps = 4, .steps_of = {{"rate", 3}}}.size(space)), 6);
  EXPECT_EQ((Grid{.steps = 4, .steps_of = {{"rate", 3}, {"rate[optimizer=adam]", 7}}}.size(space)), 10);
}

TEST(Grid, PrintsItself) {
  EXPECT_EQ(Grid{}.text(), "grid(steps=5)");
  EXPECT_EQ((Grid{.steps = 2, .steps_of = {{"rate", 9}, {"beta", 3}}}.text()),
            R"(grid(steps=2, steps_of={"beta": 3, "rate": 9}))");
}

TEST(Grid, SaysWhatIsWrong) {
  SearchSpace space, vast;
  space.nuisance("x", uniform(0.0, 1.0));
  for (int i = 0; i < 27; ++i) vast.nuisance(fmt::format("x{}", i), uniform(0.0, 1.0));
  EXPECT_EQ(error_of([&] { Grid{}.suggest(space, {}, 5); }), "Grid: the number of a trial must be in [0, 5), got 5");
  EXPECT_EQ(error_of([&] { Grid{}.suggest(space, {}, -1); }), "Grid: the number of a trial must be in [0, 5), got -1");
  EXPECT_EQ(error_of([&] { Grid{.steps = 0}.size(space); }), "Grid: steps must be in [1, 1000000], got 0");
  EXPECT_EQ(error_of([&] {
              Grid{.steps_of = {{"y", 2}}}.size(space);
            }),
            "Grid: steps_of has y, which the space does not");
  EXPECT_EQ(error_of([&] { Grid{}.size(vast); }), "Grid: there are more than 2^62 points");
  EXPECT_EQ((Grid{.steps = 1}.size(vast)), 1);
  EXPECT_EQ((Grid{}.size(SearchSpace())), 1);
}

}  // namespace
}  // namespace eigentune
