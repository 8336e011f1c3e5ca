#include <eigentune/search/random_search.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdint>

#include "support/expect.hpp"

namespace eigentune {
namespace {

using support::error_of;

SearchSpace optimizers() {
  SearchSpace space;
  const auto optimizer = space.scientific("optimizer", choice({"sgd", "adam", "nadam"}));
  space.nuisance("rate", uniform(0.0, 1.0));
  space.nuisance("beta1", uniform(0.0, 1.0), optimizer.is("adam"));
  return space;
}

TEST(RandomSearch, IsAFunctionOfSeedAndNumber) {
  const SearchSpace space = optimizers();
  for (std::int64_t k = 0; k < 50; ++k) {
    const Point point = RandomSearch{1}.suggest(space, {}, k);
    EXPECT_NO_THROW(space.check(point));
    EXPECT_EQ(RandomSearch{1}.suggest(space, {}, k), point);
    EXPECT_NE(RandomSearch{2}.suggest(space, {}, k), point);
    EXPECT_NE(RandomSearch{1}.suggest(space, {}, k + 1), point);
  }
}

/// Child 5 of seed 1 draws for optimizer and rate in this order.
TEST(RandomSearch, DrawsFromTheDomainsInTheOrderOfTheSpace) {
  Random random = Random(1).split(5);
  const Point point = RandomSearch{1}.suggest(optimizers(), {}, 5);
  EXPECT_EQ(point["optimizer"], choice({"sgd", "adam", "nadam"}).from_unit(random.uniform()));
  EXPECT_EQ(point["rate"], Value(random.uniform()));
}

TEST(RandomSearch, IsUniformAndIndependent) {
  constexpr int trials = 3000;
  std::array<double, 3> sums{};
  double rates = 0.0, products = 0.0;
  const Domain optimizer = choice({"sgd", "adam", "nadam"});
  for (std::int64_t k = 0; k < trials; ++k) {
    const Point point = RandomSearch{3}.suggest(optimizers(), {}, k);
    const auto index = static_cast<std::size_t>(optimizer.index_of(point["optimizer"]));
    const double rate = point.get<double>("rate") - 0.5;
    ++sums[index];
    rates += rate;
    products += rate * (static_cast<double>(index) - 1.0);
  }
  const double n = trials;  // five standard deviations each
  for (const double sum : sums) EXPECT_NEAR(sum, n / 3.0, 5.0 * std::sqrt(n * 2.0 / 9.0));
  EXPECT_NEAR(rates, 0.0, 5.0 * std::sqrt(n / 12.0));
  EXPECT_NEAR(products, 0.0, 5.0 * std::sqrt(n / 18.0));
}

TEST(RandomSearch, PrintsItselfAndRefusesANegativeNumber) {
  EXPECT_EQ(RandomSearch{.seed = 4}.text(), "random_search(seed=4)");
  EXPECT_EQ(error_of([] { RandomSearch{}.suggest(optimizers(), {}, -1); }),
            "RandomSearch: the number of a trial must be at least 0, got -1");
}

}  // namespace
}  // namespace eigentune
