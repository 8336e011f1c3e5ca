#include <eigentune/search/given_points.hpp>
#include <eigentune/search/grid.hpp>
#include <eigentune/search/halton.hpp>
#include <eigentune/search/random_search.hpp>
#include <eigentune/search/sampler.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "support/expect.hpp"

namespace eigentune {
namespace {

using support::error_of;

/// A user's own sampler: the middle, and then the best point so far, moved a little.
struct NearTheBest {
  double distance = 0.1;

  static constexpr bool adaptive = true;

  Point suggest(const SearchSpace& space, const History& history, std::int64_t) const {
    const Observation* best = nullptr;
    for (const Observation& observation : history.observations) {
      const bool is_complete = observation.outcome == Outcome::complete;
      if (is_complete && (!best || is_better(history.direction, observation.objective, best->objective))) {
        best = &observation;
      }
    }
    return space.from_units([&](const Hyperparameter& hyperparameter) {
      const double unit = best ? hyperparameter.domain.to_unit(best->point[hyperparameter.name]) : 0.5;
      return best ? std::min(unit + distance, 1.0) : unit;
    });
  }
  std::string text() const { return "near_the_best"; }
};

static_assert(Sampler<NearTheBest> && Sampler<RandomSearch> && Sampler<Grid> && Sampler<GivenPoints>);
static_assert(!Sampler<int> && std::is_convertible_v<Halton, AnySampler>);

struct NoText {
  [[maybe_unused]] static constexpr bool adaptive = false;
  Point suggest(const SearchSpace&, const History&, std::int64_t) const { return {}; }
};
struct NeedsChange {
  [[maybe_unused]] static constexpr bool adaptive = false;
  Point suggest(const SearchSpace&, const History&, std::int64_t) { return {}; }
  std::string text() const { return ""; }
};
static_assert(!Sampler<NoText> && !Sampler<NeedsChange>);

SearchSpace one_rate() {
  SearchSpace space;
  space.nuisance("rate", uniform(0.0, 1.0));
  return space;
}

TEST(AnySampler, HoldsAUsersOwn) {
  const AnySampler sampler = NearTheBest{.distance = 0.25};
  EXPECT_TRUE(sampler.adaptive());
  EXPECT_EQ(sampler.text(), "near_the_best");
  EXPECT_EQ(sampler.size(one_rate()), std::nullopt);
  EXPECT_EQ(sampler.suggest(one_rate(), {}, 0).text(), R"({"rate": 0.5})");
  const History history{Direction::maximize,
                        {{0, Point({{"rate", 0.5}}), Outcome::complete, 1.0},
                         {1, Point({{"rate", 0.25}}), Outcome::complete, 2.0},
                         {2, Point({{"rate", 0.75}}), Outcome::infeasible, 0.0},
                         {3, Point({{"rate", 0.75}}), Outcome::pending, 0.0}}};
  EXPECT_EQ(sampler.suggest(one_rate(), history, 4).text(), R"({"rate": 0.5})");
}

TEST(AnySampler, SharesItsSamplerWithItsCopies) {
  struct Counted : Halton {
    std::shared_ptr<int> owners = std::make_shared<int>();
  };
  Counted counted;
  const std::weak_ptr<int> owners = counted.owners;
  AnySampler sampler = std::move(counted);
  counted.owners.reset();
  const auto copy = sampler;
  EXPECT_EQ(owners.use_count(), 1);
  sampler = Grid{};
  EXPECT_EQ(copy.text(), "halton(seed=0)");
  EXPECT_EQ(sampler.text(), "grid(steps=5)");
}

TEST(AnySampler, RefusesANegativeNumber) {
  EXPECT_EQ(error_of([] { AnySampler(NearTheBest{}).suggest(one_rate(), {}, -1); }),
            "near_the_best: the number of a trial must be at least 0, got -1");
}

TEST(AnySampler, KnowsTheSizeOfALimitedSampler) {
  EXPECT_EQ(AnySampler(GivenPoints{{Point(), Point()}}).size(one_rate()), 2);
  EXPECT_EQ(AnySampler(Grid{.steps = 7}).size(one_rate()), 7);
  EXPECT_EQ(AnySampler(RandomSearch{}).size(one_rate()), std::nullopt);
}

TEST(GivenPoints, AreTriedInTheirOrderAndArranged) {
  SearchSpace space;
  const auto optimizer = space.scientific("optimizer", choice({"sgd", "adam"}));
  space.nuisance("beta1", uniform(0.0, 1.0), optimizer.is("adam"));
  const GivenPoints given{
      {Point({{"beta1", 0.9}, {"optimizer", "adam"}}), Point({{"optimizer", "sgd"}}), Point({{"optimizer", "adam"}})}};
  EXPECT_EQ(given.suggest(space, {}, 0).text(), R"({"optimizer": "adam", "beta1": 0.9})");
  EXPECT_EQ(given.suggest(space, {}, 1).text(), R"({"optimizer": "sgd"})");
  EXPECT_EQ(error_of([&] { given.suggest(space, {}, 2); }),
            R"(SearchSpace: beta1[optimizer=adam] is missing in {"optimizer": "adam"})");
  EXPECT_EQ(error_of([&] { given.suggest(space, {}, 3); }),
            "GivenPoints: the number of a trial must be in [0, 3), got 3");
  EXPECT_EQ(given.text(),
            R"(given_points([{"beta1": 0.9, "optimizer": "adam"}, {"optimizer": "sgd"}, {"optimizer": "adam"}]))");
}

}  // namespace
}  // namespace eigentune
