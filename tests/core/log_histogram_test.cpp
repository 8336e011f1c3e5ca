#include <eigentune/core/log_histogram.hpp>
#include <eigentune/core/log_spaced_bins.hpp>
#include <eigentune/core/portable_math.hpp>
#include <eigentune/core/random.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "support/expect.hpp"

namespace eigentune {
namespace {

using support::error_of;
using Limits = std::numeric_limits<double>;

LogHistogram histogram_of(const std::vector<double>& values) {
  LogHistogram histogram;
  for (const double value : values) histogram.add(value);
  return histogram;
}

/// Holds the promise of the docstring against the exact quantiles. The interpolation rounds three times.
void expect_quantiles_within_the_bound(const std::vector<double>& values, const std::string& stream) {
  const LogHistogram histogram = histogram_of(values);
  for (int i = 0; i <= 1000; ++i) {
    const double q = i / 1000.0, exact = quantile(values, q);
    const double allowed = exact * (LogHistogram::relative_error + 4 * Limits::epsilon()) + 0x1p-1029;
    EXPECT_LE(std::fabs(histogram.quantile(q) - exact), allowed) << stream << ' ' << q;
  }
  EXPECT_EQ(histogram.quantile(0.0), quantile(values, 0.0)) << stream;
  EXPECT_EQ(histogram.quantile(1.0), quantile(values, 1.0)) << stream;
}

TEST(LogHistogram, KeepsItsErrorBoundOnAdversarialStreams) {
  Random random(3);
  std::vector<double> at_bounds, just_below_bounds, rising, falling, two_clusters, all_sizes, one_outlier(2000, 1.0);
  for (std::int64_t bucket = 0; bucket < (0x7ff << 7); bucket += 131) {
    at_bounds.push_back(LogHistogram::lower_bound(bucket));  // where the middle of the bucket is furthest away
    just_below_bounds.push_back(std::nextafter(LogHistogram::lower_bound(bucket + 1), 0.0));
  }
  for (int i = 0; i < 3000; ++i) {
    rising.push_back(1e-3 * i);
    falling.push_back(1e3 / (i + 1));
    two_clusters.push_back(i % 2 == 0 ? 1e-200 * (1 + random.uniform()) : 1e200 * (1 + random.uniform()));
    all_sizes.push_back(portable::exp(random.uniform(-740.0, 709.0)));
  }
  one_outlier.push_back(Limits::max());
  expect_quantiles_within_the_bound(at_bounds, "bounds");
  expect_quantiles_within_the_bound(just_below_bounds, "just below bounds");
  expect_quantiles_within_the_bound(rising, "rising");
  expect_quantiles_within_the_bound(falling, "falling");
  expect_quantiles_within_the_bound(two_clusters, "two clusters");
  expect_quantiles_within_the_bound(all_sizes, "all sizes");
  expect_quantiles_within_the_bound(one_outlier, "one outlier");
  expect_quantiles_within_the_bound({0.0, 0.0, 0.0, 1.0}, "zeros");
  expect_quantiles_within_the_bound({0.1}, "one value");
  expect_quantiles_within_the_bound(std::vector<double>(9, 0.1), "equal values");
}

TEST(LogHistogram, IsNotBetterThanItSays) {
  // The bound is tight: the least value of a bucket is off by half of its width, 1/256.
  const LogHistogram histogram = histogram_of({0.5, 1.0, 2.0});
  EXPECT_EQ(histogram.quantile(0.5), 1.0 + LogHistogram::relative_error);
}

TEST(LogHistogram, PutsEachValueBetweenTheBoundsOfItsBucket) {
  Random random(4);
  for (int i = 0; i < 10000; ++i) {
    const double value = portable::exp(random.uniform(-745.0, 709.0));
    const std::int64_t bucket = LogHistogram::bucket_of(value);
    EXPECT_LE(LogHistogram::lower_bound(bucket), value);
    EXPECT_GT(LogHistogram::lower_bound(bucket + 1), value);
  }
  EXPECT_EQ(LogHistogram::bucket_of(0.0), 0);
  EXPECT_EQ(LogHistogram::bucket_of(-0.0), 0);
}

TEST(LogHistogram, DoesNotDependOnTheOrderOfTheValues) {
  std::vector<double> values;
  Random random(5);
  for (int i = 0; i < 500; ++i) values.push_back(portable::exp(3.0 * random.normal()));
  const LogHistogram before = histogram_of(values);
  random.shuffle(values);
  EXPECT_EQ(histogram_of(values), before);
}

TEST(LogHistogram, StaysBoundedWhateverItCounts) {
  const LogHistogram histogram = histogram_of({Limits::max(), 0.0, Limits::denorm_min()});
  EXPECT_LE(histogram.counts().size() * sizeof(std::int64_t), std::size_t{2} << 20);
  EXPECT_EQ(histogram_of({1.0, 2.0}).counts().size(), 129U);
}

TEST(LogHistogram, IsRestoredFromItsCounts) {
  const LogHistogram histogram = histogram_of({0.3, 7.0, 2.0, 2.0});
  const LogHistogram restored =
      LogHistogram::from_counts(histogram.first_bucket(), histogram.counts(), histogram.least(), histogram.greatest());
  EXPECT_EQ(restored, histogram);
  EXPECT_EQ(LogHistogram::from_counts(0, {}, Limits::infinity(), 0.0), LogHistogram());
}

TEST(LogHistogram, RejectsValuesAndCountsThatItCannotHave) {
  LogHistogram histogram;
  EXPECT_EQ(error_of([&] { histogram.add(-1.0); }), "LogHistogram: value must be in [0, inf), got -1");
  EXPECT_EQ(error_of([&] { histogram.add(Limits::infinity()); }), "LogHistogram: value must be in [0, inf), got inf");
  EXPECT_EQ(error_of([&] { histogram.quantile(0.5); }), "quantile: there must be at least 1 value, got 0");
  EXPECT_EQ(histogram, LogHistogram());

  const std::int64_t one = LogHistogram::bucket_of(1.0);
  const auto from = [](std::int64_t first, const std::vector<std::int64_t>& counts, double least, double greatest) {
    return error_of([&] { LogHistogram::from_counts(first, counts, least, greatest); });
  };
  EXPECT_EQ(from(-1, {1}, 1.0, 1.0), "LogHistogram: buckets must be in [0, 262016), got 1 from -1 on");
  EXPECT_EQ(from(262016, {1}, 1.0, 1.0), "LogHistogram: buckets must be in [0, 262016), got 1 from 262016 on");
  EXPECT_EQ(from(one, {1, -1}, 1.0, 1.0), "LogHistogram: counts must be 0 or more and fit 64 bits together, got -1");
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(from(one, {most, 1}, 1.0, 1.0), "LogHistogram: counts must be 0 or more and fit 64 bits together, got 1");
  EXPECT_EQ(from(one, {1, 0}, 1.0, 1.0), "LogHistogram: the first and last count must be above 0");
  EXPECT_EQ(from(one, {1}, 1.0, 2.0), "LogHistogram: the extremes must lie in the first and last bucket, got 1 and 2");
}

TEST(LogSpacedBins, CountEveryValueBetweenTheirEdges) {
  Random random(6);
  std::vector<double> values;
  for (int i = 0; i < 5000; ++i) values.push_back(portable::exp(2.0 * random.normal()));
  const LogSpacedBins bins = log_spaced_bins(histogram_of(values), 40);
  ASSERT_EQ(bins.counts.size(), 40U);
  ASSERT_EQ(bins.edges.size(), 41U);
  for (std::size_t bin = 0; bin < bins.counts.size(); ++bin) {
    std::int64_t inside = 0;
    for (const double value : values) inside += value >= bins.edges[bin] && value < bins.edges[bin + 1] ? 1 : 0;
    EXPECT_EQ(bins.counts[bin], inside) << bin;
  }
  EXPECT_EQ(std::accumulate(bins.counts.begin(), bins.counts.end(), std::int64_t{0}), 5000);
}

TEST(LogSpacedBins, AreAsWideAsEachOtherInTheLogarithm) {
  const LogSpacedBins bins = log_spaced_bins(histogram_of({0.0, 0.0, 1.0, 3.0, 1e6}), 10);
  EXPECT_EQ(bins.zeros, 2);
  ASSERT_EQ(bins.edges.size(), 11U);
  EXPECT_EQ(bins.edges.front(), 1.0);
  for (std::size_t i = 0; i < 11; ++i) {
    const double exact = std::pow(bins.edges.back(), static_cast<double>(i) / 10.0);
    EXPECT_LE(bins.edges[i], exact * (1 + 1e-12));
    EXPECT_GT(bins.edges[i] * (1 + 1.0 / 128), exact);
  }
  EXPECT_EQ(bins.counts, (std::vector<std::int64_t>{2, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
}

TEST(LogSpacedBins, AreFewerWhereTheValuesAreCloseTogether) {
  EXPECT_EQ(log_spaced_bins(histogram_of({1.0, 1.0}), 20),
            (LogSpacedBins{.edges = {1.0, 1.0 + 1.0 / 128}, .counts = {2}}));
  EXPECT_EQ(log_spaced_bins(histogram_of({0.0}), 20), (LogSpacedBins{.edges = {}, .counts = {}, .zeros = 1}));
  EXPECT_EQ(log_spaced_bins(LogHistogram(), 20), LogSpacedBins());
}

TEST(LogSpacedBins, ReachTheLargestDouble) {
  const LogSpacedBins bins = log_spaced_bins(histogram_of({Limits::denorm_min(), 5e-320, Limits::max()}), 3);
  EXPECT_EQ(bins.edges.back(), Limits::max());
  EXPECT_EQ(std::accumulate(bins.counts.begin(), bins.counts.end(), bins.zeros), 3);
  EXPECT_EQ(error_of([&] { log_spaced_bins(LogHistogram(), 0); }), "log_spaced_bins: bins must be at least 1, got 0");
}

}  // namespace
}  // namespace eigentune
