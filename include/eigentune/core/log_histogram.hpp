#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/quantile.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace eigentune {

/// A histogram of any number of finite values >= 0 in bounded memory, whose quantiles are off by at most 0.4% of the
/// value: a quantile sketch in the manner of Masson, Rim and Lee, "DDSketch" (2019), with buckets that take no
/// logarithm. Deterministic, whatever the order of the values.
///
/// Each power of two is cut into 128 buckets of equal width: the bucket of a value is the top of its bits, exponent and
/// first 7 of the mantissa. So the bounds of a bucket are exact doubles, upper <= lower (1 + 1/128), and its middle is
/// within `relative_error` of everything in it. Bucket 0 stands for 0. (Below 2^-1022, where doubles lose precision,
/// all buckets have the same width, and the error is at most 2^-1029 instead.)
///
/// Counts are kept from the least occupied bucket to the greatest, 8 bytes each: 1 KiB for every factor of two
/// between the extremes, and never more than 2 MiB.
class LogHistogram {
 public:
  static constexpr double relative_error = 1.0 / 256;

  /// Counts `value`. Throws std::invalid_argument unless it is finite and 0 or more.
  void add(double value) {
    require(is_finite(value) && value >= 0.0, "LogHistogram: value must be in [0, inf), got {}", value);
    const std::int64_t bucket = bucket_of(value);
    const std::int64_t offset = bucket - first_;
    if (offset >= 0 && offset < static_cast<std::int64_t>(counts_.size())) [[likely]] {
      ++counts_[static_cast<std::size_t>(offset)];
    } else {
      ++count_of(bucket);
    }
    ++size_;
    least_ = std::min(least_, value);
    greatest_ = std::max(greatest_, value);
  }

  /// The number of values.
  std::int64_t size() const { return size_; }
  /// The extremes, exactly; infinity and 0 if there is no value.
  double least() const { return least_; }
  double greatest() const { return greatest_; }

  /// The quantile `q` (see QuantilePosition), with a relative error of at most `relative_error`, within the extremes,
  /// which are exact. Throws std::invalid_argument unless `q` is in [0, 1] and there is a value.
  double quantile(double q) const {
    const QuantilePosition position(static_cast<std::size_t>(size_), q);
    if (position.lower == static_cast<std::size_t>(size_) - 1) return greatest_;
    const auto rank = static_cast<std::int64_t>(position.lower);
    const double below = rank == 0 ? least_ : value_of_rank(rank);
    return position.fraction == 0.0 ? below : position.between(below, value_of_rank(rank + 1));
  }

  /// The bucket of a finite value >= 0.
  static std::int64_t bucket_of(double value) {
    return static_cast<std::int64_t>(std::bit_cast<std::uint64_t>(std::fabs(value)) >> kept_from);  // of -0, that of 0
  }
  /// The least value of a bucket; the bucket goes up to, and without, the least value of the next.
  static double lower_bound(std::int64_t bucket) {
    return std::bit_cast<double>(static_cast<std::uint64_t>(bucket) << kept_from);
  }

  /// What is counted: the number of the first bucket, and the counts from it on, none but the first and last of which
  /// are certain to be greater than 0.
  std::int64_t first_bucket() const { return first_; }
  std::span<const std::int64_t> counts() const { return counts_; }

  /// A histogram with these counts and extremes, as they were read from another.
  /// Throws std::invalid_argument if no histogram could have them.
  static LogHistogram from_counts(std::int64_t first_bucket, std::span<const std::int64_t> counts, double least,
                                  double greatest) {
    LogHistogram result;
    if (counts.empty()) return result;
    const auto last_offset = static_cast<std::int64_t>(counts.size()) - 1;
    require(first_bucket >= 0 && last_offset < buckets && first_bucket < buckets - last_offset,
            "LogHistogram: buckets must be in [0, {}), got {} from {} on", buckets, counts.size(), first_bucket);
    for (const std::int64_t count : counts) {
      require(count >= 0 && count <= std::numeric_limits<std::int64_t>::max() - result.size_,
              "LogHistogram: counts must be 0 or more and fit 64 bits together, got {}", count);
      result.size_ += count;
    }
    require(counts.front() > 0 && counts.back() > 0, "LogHistogram: the first and last count must be above 0");
    require(is_finite(least) && is_finite(greatest) && least >= 0.0 && least <= greatest &&
                bucket_of(least) == first_bucket && bucket_of(greatest) == first_bucket + last_offset,
            "LogHistogram: the extremes must lie in the first and last bucket, got {} and {}", least, greatest);
    result.first_ = first_bucket;
    result.counts_.assign(counts.begin(), counts.end());
    result.least_ = least;
    result.greatest_ = greatest;
    return result;
  }

  friend bool operator==(const LogHistogram&, const LogHistogram&) = default;

 private:
  static constexpr int kept_from = 45;  // 52 bits of mantissa, of which 7 are kept
  static constexpr std::uint64_t half_a_bucket = std::uint64_t{1} << (kept_from - 1);
  static constexpr std::int64_t buckets = std::int64_t{0x7ff} << 7;  // infinity would be the first beyond

  /// The count of a bucket outside of what is kept, which is widened to it.
  std::int64_t& count_of(std::int64_t bucket) {
    if (counts_.empty()) first_ = bucket;
    if (bucket < first_) {
      counts_.insert(counts_.begin(), static_cast<std::size_t>(first_ - bucket), 0);
      first_ = bucket;
    }
    const auto offset = static_cast<std::size_t>(bucket - first_);
    if (offset >= counts_.size()) counts_.resize(offset + 1);
    return counts_[offset];
  }

  /// The middle of the bucket of the value that has `rank` values below it.
  double value_of_rank(std::int64_t rank) const {
    std::int64_t bucket = first_;
    for (const std::int64_t count : counts_) {
      rank -= count;
      if (rank < 0) break;
      ++bucket;
    }
    if (bucket == 0) return 0.0;
    const double middle = std::bit_cast<double>((static_cast<std::uint64_t>(bucket) << kept_from) | half_a_bucket);
    return std::clamp(middle, least_, greatest_);
  }

  std::int64_t first_ = 0;
  std::vector<std::int64_t> counts_;
  std::int64_t size_ = 0;
  double least_ = std::numeric_limits<double>::infinity();
  double greatest_ = 0.0;
};

}  // namespace eigentune
