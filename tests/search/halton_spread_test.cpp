#include <eigentune/core/random.hpp>
#include <eigentune/search/halton.hpp>
#include <eigentune/search/halton_coordinate.hpp>
#include <eigentune/search/halton_layout.hpp>
#include <eigentune/search/primes.hpp>
#include <eigentune/space/search_space.hpp>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "search/discrepancy.hpp"
#include "search/halton_golden.hpp"

namespace eigentune {
namespace {

using search_detail::HaltonCoordinate;
using search_detail::HaltonLayout;
using search_detail::smallest_primes;

/// How many of the numbers are in each [i, i + 1) / cells.
std::vector<int> counts(const std::vector<double>& numbers, std::uint64_t cells) {
  std::vector<int> result(cells, 0);
  for (const double x : numbers) ++result.at(static_cast<std::size_t>(x * static_cast<double>(cells)));
  return result;
}

std::vector<std::vector<double>> cube_points(std::size_t count, std::size_t dimensions, std::uint64_t seed) {
  std::vector<HaltonCoordinate> coordinates;
  for (const std::uint64_t prime : smallest_primes(dimensions)) {
    coordinates.emplace_back(prime, 0, Random(seed).split(coordinates.size()));
  }
  std::vector<std::vector<double>> points(count);
  for (std::size_t k = 0; k < count; ++k) {
    for (const HaltonCoordinate& coordinate : coordinates) points[k].push_back(coordinate(k));
  }
  return points;
}

TEST(CentredDiscrepancy, IsWhatSciPyGives) {
  for (const auto& [n, d, squared] : golden::discrepancies) {
    std::vector<std::vector<double>> points(static_cast<std::size_t>(n));
    for (std::size_t k = 0; k < points.size(); ++k) {
      for (const std::uint64_t base : smallest_primes(static_cast<std::size_t>(d))) {
        double x = 0.0, weight = 1.0;
        for (std::uint64_t rest = k; rest > 0; rest /= base) {
          weight /= static_cast<double>(base);
          x += weight * static_cast<double>(rest % base);
        }
        points[k].push_back(x);
      }
    }
    EXPECT_NEAR(centred_discrepancy(points), squared, 1e-12 * std::pow(1.5, d)) << n << " " << d;
  }
}

TEST(HaltonSpread, PutsOnePointInEachCellAfterAnyNumberOfTrials) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    for (const std::uint64_t base : smallest_primes(10)) {
      for (std::size_t spent = 0; spent <= 3; ++spent) {
        const HaltonCoordinate coordinate(base, spent, Random(seed).split(base));
        for (std::uint64_t cells = base; cells <= 400; cells *= base) {
          std::vector<int> count(cells, 0);
          for (std::uint64_t k = 0; k < 1000; ++k) {
            ++count.at(static_cast<std::size_t>(coordinate(k) * static_cast<double>(cells)));
            const auto [least, most] = std::minmax_element(count.begin(), count.end());
            ASSERT_LE(*most - *least, 1) << "base " << base << ", spent " << spent << ", trial " << k;
          }
        }
      }
    }
  }
}

/// Independent of the coordinate's own reasoning: a branch is the trials with one residue.
TEST(HaltonSpread, PutsOnePointOfABranchInEachCellInAnyRow) {
  for (const std::uint64_t combinations : {2u, 3u, 4u, 6u, 8u, 9u, 10u, 12u, 30u}) {
    for (const std::uint64_t base : smallest_primes(5)) {
      std::size_t spent = 0;
      for (std::uint64_t rest = combinations; rest % base == 0; rest /= base) ++spent;
      const HaltonCoordinate coordinate(base, spent, Random(combinations));
      for (std::uint64_t cells = base; cells <= 130; cells *= base) {
        for (std::uint64_t residue = 0; residue < combinations; ++residue) {
          for (std::uint64_t start = 0; start < 50; start += 7) {
            std::vector<double> branch;
            for (std::uint64_t j = 0; j < cells; ++j)
              branch.push_back(coordinate(residue + combinations * (start + j)));
            ASSERT_EQ(counts(branch, cells), std::vector<int>(cells, 1)) << combinations << " " << base << " " << cells;
          }
        }
      }
    }
  }
}

TEST(HaltonSpread, IsUniformOverSeeds) {
  for (const std::uint64_t base : {2u, 7u, 29u}) {
    std::vector<double> numbers;
    for (std::uint64_t seed = 0; seed < 4000; ++seed) numbers.push_back(HaltonCoordinate(base, 0, Random(seed))(3));
    double chi_squared = 0.0;
    for (const int count : counts(numbers, 40)) chi_squared += (count - 100.0) * (count - 100.0) / 100.0;
    EXPECT_LT(chi_squared, 80.0);  // 39 degrees of freedom: P = 1e-4
    EXPECT_GT(chi_squared, 13.0);  // P = 1e-5
  }
}

/// Over 100 seeds, for n = 16, 32, ..., 1024 and d = 2, ..., 10.
TEST(HaltonSpread, HasALowerDiscrepancyThanRandomPoints) {
  const std::vector<std::size_t> sizes = {16, 32, 64, 128, 256, 512, 1024};
  constexpr int seeds = 100;
  std::vector<std::vector<double>> mean(sizes.size(), std::vector<double>(10, 0.0));
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const auto squared = centred_discrepancies(cube_points(sizes.back(), 10, seed), sizes);
    for (std::size_t a = 0; a < sizes.size(); ++a) {
      for (std::size_t k = 0; k < 10; ++k) mean[a][k] += squared[a][k] / seeds;
    }
  }
  for (std::size_t a = 0; a < sizes.size(); ++a) {
    for (std::size_t d = 2; d <= 10; ++d) {
      EXPECT_LT(mean[a][d - 1], 0.75 * random_discrepancy(sizes[a], d)) << sizes[a] << " points in " << d;
    }
  }
  // SciPy's mean is of as many other seeds; the scatter of a mean of 100 is a few percent.
  for (const auto& [n, d, squared] : golden::scrambled_by_scipy) {
    const auto a = static_cast<std::size_t>(std::find(sizes.begin(), sizes.end(), n) - sizes.begin());
    EXPECT_NEAR(mean[a][static_cast<std::size_t>(d) - 1], squared, 0.15 * squared) << n << " points in " << d;
  }
}

/// Three scientific values (and two of another hyperparameter) and three nuisance coordinates.
TEST(HaltonSpread, HasALowDiscrepancyWithinEveryBranch) {
  SearchSpace space;
  space.scientific("optimizer", choice({"a", "b", "c"}));
  const auto decay = space.scientific("decay", choice({"linear", "cosine"}));
  for (const char* name : {"x", "y"}) space.nuisance(name, uniform(0.0, 1.0));
  space.nuisance("z", uniform(0.0, 1.0), decay.is("linear"));
  space.nuisance("z", uniform(0.0, 1.0), decay.is("cosine"));
  constexpr int seeds = 40;
  std::map<std::string, double> mean;
  double alone = 0.0;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    std::map<std::string, std::vector<std::vector<double>>> branches;
    for (std::int64_t k = 0; k < 192; ++k) {
      const Point point = Halton{seed}.suggest(space, {}, k);
      const std::vector<double> x = {point.get<double>("x"), point.get<double>("y"), point.get<double>("z")};
      branches[point["optimizer"].text() + point["decay"].text()].push_back(x);
      branches["all"].push_back(x);
    }
    ASSERT_EQ(branches.size(), 7);
    for (const auto& [name, points] : branches) mean[name] += centred_discrepancy(points) / seeds;
    alone += centred_discrepancy(cube_points(32, 3, seed + 1000)) / seeds;
  }
  for (const auto& [branch, squared] : mean) {
    if (branch == "all") {
      EXPECT_LT(squared, 0.1 * random_discrepancy(192, 3));
    } else {  // as a Halton sequence of the branch's own, up to the scatter of a mean
      EXPECT_LT(squared, 0.3 * random_discrepancy(32, 3)) << branch;
      EXPECT_NEAR(squared, alone, 0.3 * alone) << branch;
    }
  }
}

TEST(HaltonSpread, GivesEveryScientificValueItsShareAfterAnyNumberOfTrials) {
  SearchSpace space;
  space.scientific("two", choice({0, 1}));
  space.scientific("three", choice({0, 1, 2}));
  space.scientific("other_two", discrete({0, 1}));
  space.scientific("four", integer(0, 3));
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    std::map<std::string, std::vector<int>> counts = {
        {"two", {0, 0}}, {"three", {0, 0, 0}}, {"other_two", {0, 0}}, {"four", {0, 0, 0, 0}}};
    std::map<std::string, int> combinations;
    for (std::int64_t k = 0; k < 240; ++k) {
      const Point point = Halton{seed}.suggest(space, {}, k);
      ++combinations[point.text()];
      for (auto& [name, count] : counts) {
        ++count.at(point.get<std::size_t>(name));
        const auto [least, most] = std::minmax_element(count.begin(), count.end());
        EXPECT_LE(*most - *least, 2) << name << " after " << k + 1;
      }
    }
    EXPECT_EQ(combinations.size(), 48);
    for (const auto& [text, count] : combinations) EXPECT_EQ(count, 5) << text;
  }
}

TEST(HaltonSpread, GivesNestedScientificValuesTheirShareOfTheBranch) {
  SearchSpace space;
  const auto optimizer = space.scientific("optimizer", choice({"sgd", "adam"}));
  space.scientific("schedule", choice({"linear", "cosine", "constant"}), optimizer.is("adam"));
  space.scientific("momentum", choice({0.0, 0.9}), optimizer.is("sgd"));
  std::map<std::string, int> combinations;
  for (std::int64_t k = 0; k < 120; ++k) ++combinations[Halton{2}.suggest(space, {}, k).text()];
  EXPECT_EQ(combinations.size(), 5);
  for (const auto& [text, count] : combinations) EXPECT_EQ(count, text.find("sgd") != std::string::npos ? 30 : 20);
}

TEST(HaltonLayout, GivesExclusiveHyperparametersOneAxisAndAlwaysActiveOnesTheFirst) {
  SearchSpace space;
  const auto optimizer = space.scientific("optimizer", choice({"sgd", "adam", "nadam"}));
  space.nuisance("learning_rate", log_uniform(1e-2, 1.0), optimizer.is("sgd"));
  space.nuisance("learning_rate", log_uniform(1e-4, 1e-1), optimizer.is_any_of({"adam", "nadam"}));
  space.nuisance("beta1", uniform(0.0, 0.9), optimizer.is("adam"));
  space.nuisance("beta1", uniform(0.0, 0.9), optimizer.is("nadam"));
  space.nuisance("dropout", uniform(0.0, 0.5));
  const HaltonLayout layout(space);
  ASSERT_EQ(layout.turns().size(), 1);
  EXPECT_EQ(layout.turns_of(0), 0);
  EXPECT_EQ(layout.axis_of(5), 0);
  EXPECT_EQ(layout.axis_of(1), 1);
  EXPECT_EQ(layout.axis_of(2), 1);
  EXPECT_EQ(layout.axis_of(3), 2);
  EXPECT_EQ(layout.axis_of(4), 2);
  ASSERT_EQ(layout.axes().size(), 3);
  EXPECT_EQ(layout.axes()[1].base, 3);
  EXPECT_EQ(layout.axes()[1].spent, 1);
  EXPECT_EQ(layout.axes()[2].base, 5);
  EXPECT_EQ(layout.axes()[2].spent, 0);
}

TEST(HaltonLayout, SpreadsManyOrderedScientificValuesOnAnAxis) {
  SearchSpace space;
  space.scientific("width", integer(1, 100));
  space.scientific("steps", log_integer(1, 16));
  const HaltonLayout layout(space);
  EXPECT_EQ(layout.axis_of(0), 0);
  EXPECT_EQ(layout.turns_of(1), 0);
}

}  // namespace
}  // namespace eigentune
