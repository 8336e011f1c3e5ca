#include <eigentune/core/random.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <span>
#include <vector>

namespace eigentune {
namespace {

// The seeds are fixed, so a test passes always or never. Bounds are about 5 standard deviations of the statistic.

/// Expects a chi-squared `statistic` of `freedom` degrees within 5 standard deviations of its mean:
/// freedom +- 5 sqrt(2 freedom).
void expect_chi_squared(double statistic, double freedom) {
  EXPECT_LT(std::fabs(statistic - freedom), 5.0 * std::sqrt(2.0 * freedom)) << statistic << " of " << freedom;
}

/// The chi-squared statistic of counts that all have the same expectation.
double evenness(const std::vector<std::int64_t>& counts) {
  const double expected = static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::int64_t{0})) /
                          static_cast<double>(counts.size());
  double statistic = 0;
  for (const std::int64_t count : counts) {
    statistic += (static_cast<double>(count) - expected) * (static_cast<double>(count) - expected) / expected;
  }
  return statistic;
}

/// Kolmogorov and Smirnov's sqrt(n) * sup |empirical - expected distribution function|. It exceeds 2.5 with a
/// probability of 2 exp(-2 * 2.5^2) < 1e-5.
template <class Distribution>
double kolmogorov_smirnov(std::vector<double> sample, Distribution distribution) {
  std::sort(sample.begin(), sample.end());
  const auto n = static_cast<double>(sample.size());
  double distance = 0;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    const double expected = distribution(sample[i]);
    distance = std::max({distance, expected - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - expected});
  }
  return distance * std::sqrt(n);
}

/// sqrt(n) * the correlation of two sequences of mean 0 and variance 1: standard normal if they are independent.
double scaled_correlation(Random a, Random b) {
  constexpr int n = 100000;
  double sum = 0;
  for (int i = 0; i < n; ++i) sum += a.normal() * b.normal();
  return sum / std::sqrt(n);
}

TEST(RandomStatistics, HasNoCorrelationBetweenSeedsStreamsChildrenAndNeighbours) {
  const Random random(2024);
  Random next = random;
  next.seek(1);
  for (const Random& other : {Random(2025), Random(2024, 1), Random(0), random.split(0), random.split(1), next}) {
    EXPECT_LT(std::fabs(scaled_correlation(random, other)), 5.0);
  }
  EXPECT_LT(std::fabs(scaled_correlation(random.split(0), random.split(1))), 5.0);
}

TEST(RandomStatistics, SetsEachBitHalfOfTheTime) {
  Random random(9);
  constexpr int n = 100000;
  std::array<int, 64> counts{};
  for (int i = 0; i < n; ++i) {
    const std::uint64_t word = random.bits();
    for (std::size_t bit = 0; bit < 64; ++bit) counts[bit] += static_cast<int>(word >> bit & 1);
  }
  for (const int count : counts) EXPECT_LT(std::fabs(count - n / 2.0), 5.0 * std::sqrt(n / 4.0));
}

TEST(RandomStatistics, IsUniformOverTheUnitInterval) {
  Random random(11);
  std::vector<double> sample(100000);
  random.fill_uniform(sample);
  for (const double value : sample) {
    ASSERT_GE(value, 0.0);
    ASSERT_LT(value, 1.0);
  }
  EXPECT_LT(kolmogorov_smirnov(sample, [](double x) { return x; }), 2.5);
}

TEST(RandomStatistics, IsUniformOverAnInterval) {
  Random random(12);
  std::vector<double> sample(100000);
  for (double& value : sample) {
    value = random.uniform(-3.0, 5.0);
    ASSERT_GE(value, -3.0);
    ASSERT_LT(value, 5.0);
  }
  EXPECT_LT(kolmogorov_smirnov(sample, [](double x) { return (x + 3.0) / 8.0; }), 2.5);
}

TEST(RandomStatistics, NeverReachesTheUpperEndOfANarrowInterval) {
  Random random(13);
  const double low = 1.0;
  const double high = 1.0 + 3 * std::numeric_limits<double>::epsilon();  // holds three doubles below `high`
  std::map<double, std::int64_t> counts;
  for (int i = 0; i < 30000; ++i) ++counts[random.uniform(low, high)];
  ASSERT_EQ(counts.size(), 3U);
  EXPECT_EQ(counts.begin()->first, low);
  EXPECT_LT(counts.rbegin()->first, high);
  std::vector<std::int64_t> values;
  values.reserve(counts.size());
  for (const auto& [value, count] : counts) values.push_back(count);
  expect_chi_squared(evenness(values), 2);
}

TEST(RandomStatistics, IsStandardNormal) {
  Random random(15);
  constexpr int n = 1000000;
  std::vector<double> sample(n);
  random.fill_normal(sample);
  double sums[5] = {};
  for (const double value : sample) {
    ASSERT_LT(std::fabs(value), 9.2);
    for (int power = 1; power <= 4; ++power) sums[power] += std::pow(value, power);
  }
  // The k-th power of a standard normal number has the variance m(2k) - m(k)^2, with m(2), m(4), ... = 1, 3, 15, 105.
  EXPECT_LT(std::fabs(sums[1] / n), 5.0 * std::sqrt(1.0 / n));
  EXPECT_LT(std::fabs(sums[2] / n - 1.0), 5.0 * std::sqrt(2.0 / n));
  EXPECT_LT(std::fabs(sums[3] / n), 5.0 * std::sqrt(15.0 / n));
  EXPECT_LT(std::fabs(sums[4] / n - 3.0), 5.0 * std::sqrt(96.0 / n));
  EXPECT_LT(kolmogorov_smirnov(sample, [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }), 2.5);
}

TEST(RandomStatistics, NeverFillsFloatsWithTheUpperEnd) {
  // Between two neighbours, as rounding to 1 from [0, 1) is too rare to be seen here.
  Random random(18);
  std::vector<float> values(1000);
  const float high = 1.0F + 2 * std::numeric_limits<float>::epsilon();  // holds two floats below `high`
  random.fill_uniform(values, 1.0, high);
  std::vector<std::int64_t> counts(2);
  for (const float value : values) {
    ASSERT_LT(value, high);
    ++counts[value == 1.0F ? 0 : 1];
  }
  expect_chi_squared(evenness(counts), 1);
}

TEST(RandomStatistics, DrawsEveryIntegerBelowABoundEquallyOften) {
  for (const std::uint64_t bound : {2U, 3U, 10U, 1000U}) {
    Random random(19, bound);
    std::vector<std::int64_t> counts(bound);
    for (std::uint64_t i = 0; i < 100 * bound; ++i) ++counts[random.below(bound)];
    expect_chi_squared(evenness(counts), static_cast<double>(bound - 1));
  }
}

TEST(RandomStatistics, HasNoBiasBelowAHugeBound) {
  // 2^64 modulo 3 * 2^62 would draw the first of three thirds twice as often as the others.
  const std::uint64_t third = std::uint64_t{1} << 62;
  Random random(20);
  std::vector<std::int64_t> counts(3);
  for (int i = 0; i < 30000; ++i) ++counts[random.below(3 * third) / third];
  expect_chi_squared(evenness(counts), 2);
}

TEST(RandomStatistics, GivesEveryOrderEquallyOften) {
  Random random(23);
  std::map<std::vector<std::int64_t>, std::int64_t> orders;
  for (int i = 0; i < 24000; ++i) ++orders[random.permutation(4)];
  ASSERT_EQ(orders.size(), 24U);
  std::vector<std::int64_t> counts;
  counts.reserve(orders.size());
  for (const auto& [order, count] : orders) counts.push_back(count);
  expect_chi_squared(evenness(counts), 23);
}

}  // namespace
}  // namespace eigentune
