#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/log_histogram.hpp>
#include <eigentune/core/portable_math.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace eigentune {

/// A histogram to draw over a logarithmic axis.
struct LogSpacedBins {
  std::vector<double> edges;         ///< [bins + 1], increasing, above 0; bin i is [edges[i], edges[i + 1])
  std::vector<std::int64_t> counts;  ///< [bins]
  std::int64_t zeros = 0;            ///< values of 0, which have no place on the axis

  friend bool operator==(const LogSpacedBins&, const LogSpacedBins&) = default;
};

/// At most `bins` bins from the least value above 0 to the greatest, of equal width in the logarithm but for this: the
/// edges lie on bounds of the histogram's buckets, less than 0.8% below the exact place, so that the counts are exact.
/// There are fewer bins where the values span fewer buckets than that, and none where there is no value above 0.
/// Throws std::invalid_argument if `bins` is not at least 1.
inline LogSpacedBins log_spaced_bins(const LogHistogram& histogram, std::int64_t bins) {
  require(bins >= 1, "log_spaced_bins: bins must be at least 1, got {}", bins);
  LogSpacedBins result;
  const std::vector<std::int64_t> counts(histogram.counts().begin(), histogram.counts().end());
  const std::int64_t end = histogram.first_bucket() + static_cast<std::int64_t>(counts.size());
  const auto count_of = [&](std::int64_t bucket) {
    return counts[static_cast<std::size_t>(bucket - histogram.first_bucket())];
  };
  std::int64_t begin = histogram.first_bucket();
  if (begin == 0 && end > 0) result.zeros = count_of(begin++);
  while (begin < end && count_of(begin) == 0) ++begin;
  if (begin == end) return result;

  const auto edge_of = [](std::int64_t bucket) {  // the last bucket of all ends at infinity
    const double bound = LogHistogram::lower_bound(bucket);
    return is_finite(bound) ? bound : std::numeric_limits<double>::max();
  };
  const double low = portable::log(edge_of(begin)), high = portable::log(edge_of(end));
  std::int64_t bucket = begin;
  result.edges.push_back(edge_of(begin));
  for (std::int64_t bin = 1; bin <= bins; ++bin) {
    const double share = static_cast<double>(bin) / static_cast<double>(bins);
    const double exact_edge = portable::exp(low + portable::rounded(share * (high - low)));
    const std::int64_t next = bin == bins ? end : LogHistogram::bucket_of(exact_edge);
    if (next <= bucket) continue;
    std::int64_t count = 0;
    for (; bucket < next && bucket < end; ++bucket) count += count_of(bucket);
    result.edges.push_back(edge_of(bucket));
    result.counts.push_back(count);
  }
  return result;
}

}  // namespace eigentune
