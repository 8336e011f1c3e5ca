#include <eigentune/core/random.hpp>
#include <eigentune/search/halton.hpp>
#include <eigentune/search/sampler.hpp>
#include <eigentune/space/search_space.hpp>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "search/halton_golden.hpp"
#include "support/expect.hpp"

namespace eigentune {
namespace {

using support::error_of;

static_assert(Sampler<Halton> && !Halton::adaptive);

SearchSpace cube(int dimensions) {
  SearchSpace space;
  for (int i = 0; i < dimensions; ++i) space.nuisance(fmt::format("x{}", i), uniform(0.0, 1.0));
  return space;
}

/// On uniform(0, 1) a value is its coordinate. weight_decay is declared last, but is always active: base 2; both
/// learning rates share base 3; beta1 has 5, dropout 7. The optimizer's turns have period 1, those of layers period 2
/// and skip 1.
SearchSpace two_optimizers() {
  SearchSpace space;
  const auto optimizer = space.scientific("optimizer", choice({"nesterov", "adam"}));
  space.nuisance("learning_rate", uniform(0.0, 1.0), optimizer.is("nesterov"));
  space.nuisance("learning_rate", uniform(0.0, 1.0), optimizer.is("adam"));
  space.nuisance("beta1", uniform(0.0, 1.0), optimizer.is("adam"));
  const auto layers = space.nuisance("layers", discrete({2, 4}), optimizer.is("adam"));
  space.nuisance("dropout", uniform(0.0, 1.0), layers.is(4));
  space.nuisance("weight_decay", uniform(0.0, 1.0));
  return space;
}

std::vector<Point> first_points(const SearchSpace& space, std::int64_t count, std::uint64_t seed) {
  std::vector<Point> points;
  for (std::int64_t i = 0; i < count; ++i) points.push_back(Halton{seed}.suggest(space, {}, i));
  return points;
}

TEST(Halton, HasTheReferencePointsOfTheCube) {
  const SearchSpace space = cube(10);
  for (const auto& golden : golden::cube) {
    const Point point = Halton{golden.seed}.suggest(space, {}, golden.trial);
    for (std::size_t i = 0; i < golden.x.size(); ++i) {
      EXPECT_EQ(point.get<double>(fmt::format("x{}", i)), golden.x[i]) << golden.seed << " " << golden.trial;
    }
  }
}

TEST(Halton, HasTheReferencePointsOfAConditionalSpace) {
  const SearchSpace space = two_optimizers();
  for (const auto& golden : golden::conditional) {
    EXPECT_EQ(Halton{golden.seed}.suggest(space, {}, golden.trial).text(), golden.text) << golden.trial;
  }
}

TEST(Halton, GivesTheSamePointsToAnyNumberOfWorkers) {
  const SearchSpace space = two_optimizers();
  constexpr std::int64_t count = 200;
  const std::vector<Point> expected = first_points(space, count, 3);
  const AnySampler sampler = Halton{.seed = 3};
  for (const int workers : {1, 4, 8}) {
    std::vector<Point> points(count);
    std::atomic<std::int64_t> next = 0;
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < workers; ++i) {
        threads.emplace_back([&] {
          for (auto k = next++; k < count; k = next++) {
            points[static_cast<std::size_t>(k)] = sampler.suggest(space, {}, k);
          }
        });
      }
    }
    EXPECT_EQ(points, expected);
  }
}

TEST(Halton, DoesNotLookAtTheHistory) {
  const SearchSpace space = two_optimizers();
  const Point point = Halton{1}.suggest(space, {}, 5);
  const History history{Direction::maximize,
                        {{0, point, Outcome::complete, 1.0}, {1, point, Outcome::infeasible, 0.0}}};
  EXPECT_EQ(Halton{1}.suggest(space, history, 5), point);
}

TEST(Halton, GivesPointsOfTheSpaceAndOtherSeedsOthers) {
  const SearchSpace space = two_optimizers();
  std::set<std::string> texts;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    for (const Point& point : first_points(space, 20, seed)) {
      EXPECT_NO_THROW(space.check(point));
      texts.insert(point.text());
    }
  }
  EXPECT_EQ(texts.size(), 200);
}

TEST(Halton, GivesAHyperparameterWithOneValueNoCoordinate) {
  SearchSpace space;
  space.fixed("batch_size", 128);
  space.nuisance("activation", choice({"relu"}));
  space.nuisance("x0", uniform(0.0, 1.0));
  for (std::int64_t k = 0; k < 5; ++k) {
    const Point point = Halton{1}.suggest(space, {}, k);
    EXPECT_EQ(point["x0"], (Halton{1}.suggest(cube(1), {}, k))["x0"]);
    EXPECT_EQ(point.text(),
              fmt::format(R"({{"batch_size": 128, "activation": "relu", "x0": {}}})", point["x0"].text()));
  }
}

TEST(Halton, RefusesATrialThatCannotBe) {
  EXPECT_EQ(error_of([] { Halton{}.suggest(cube(1), {}, -1); }),
            "Halton: the number of a trial must be in [0, 4294967296), got -1");
  EXPECT_EQ(error_of([] { Halton{}.suggest(cube(1), {}, std::int64_t{1} << 32); }),
            "Halton: the number of a trial must be in [0, 4294967296), got 4294967296");
}

TEST(Halton, PrintsItself) {
  EXPECT_EQ(Halton{.seed = 7}.text(), "halton(seed=7)");
}

}  // namespace
}  // namespace eigentune
