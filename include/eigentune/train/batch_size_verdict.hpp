#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/portable_math.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace eigentune {

/// How one batch size did.
struct BatchSizeTiming {
  std::int64_t batch_size = 0;
  std::string does_not_fit{};  ///< why, if it does not; empty if it fits
  double time_per_step = 0.0;  ///< seconds, the median over the measured steps; 0 if it does not fit
  double spread = 0.0;         ///< seconds, between the quartiles of the measured steps
  std::int64_t steps = 0;      ///< how many were measured

  bool fits() const { return does_not_fit.empty(); }
  /// Examples per second: batch_size / time_per_step; 0 if it does not fit.
  double throughput() const { return fits() ? static_cast<double>(batch_size) / time_per_step : 0.0; }
  /// How far the median may be off, as a share of it: 1.57 spread / sqrt(steps), the notch of a box plot (McGill, Tukey
  /// and Larsen 1978). Medians whose notches do not overlap differ at about the 95% level.
  double uncertainty() const {
    return fits() ? 1.57 * spread / (std::sqrt(static_cast<double>(steps)) * time_per_step) : 0.0;
  }
};

/// What a sweep over batch sizes says.
struct BatchSizeSweep {
  std::vector<BatchSizeTiming> sizes;  ///< each twice the one before; only the last may be one that does not fit

  /// The batch size from which on throughput no longer grows. None if it still grows at the largest that fits, or fewer
  /// than two fit.
  std::optional<std::int64_t> saturated_at{};
  /// Doubling never helps: throughput is saturated at the first size already.
  bool bottleneck_elsewhere = false;
  /// The times vary so much that the verdict above may be chance: two medians differ by less than they may be off.
  bool noisy = false;

  /// The largest size that fits; none if not even the first does.
  std::optional<std::int64_t> largest_that_fits() const {
    for (std::size_t i = sizes.size(); i-- > 0;) {
      if (sizes[i].fits()) return sizes[i].batch_size;
    }
    return std::nullopt;
  }

  /// The verdict and what the playbook adds to it, as sentences.
  std::vector<std::string> advice() const;
};

/// Judges the timings of doubling batch sizes as the playbook does ("Choosing the batch size").
///
/// Throughput T grows from size i to size j, k doublings later, if
///
///     T_j / T_i > (1 + min_gain)^k (1 + u_i + u_j)
///
/// with the uncertainties u of both: each doubling gains more than `min_gain`, beyond what the spread explains.
/// Throughput is saturated at the first size from which it grows to none of the larger ones; so a single slow
/// measurement in the middle does not count. While nothing is saturated, doubling the size leaves the time per step as
/// it is, and doubles the throughput.
///
/// Throws std::invalid_argument unless min_gain > 0, and the sizes are at least 1, double, and only the last does not
/// fit; where a size fits, time_per_step > 0, spread >= 0 and steps >= 1.
inline BatchSizeSweep judge_batch_sizes(std::vector<BatchSizeTiming> sizes, double min_gain = 0.1) {
  require(min_gain > 0.0 && is_finite(min_gain), "judge_batch_sizes: min_gain must be in (0, inf), got {}", min_gain);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const BatchSizeTiming& size = sizes[i];
    require(size.batch_size >= 1 &&
                (i == 0 || (size.batch_size % 2 == 0 && size.batch_size / 2 == sizes[i - 1].batch_size)),
            "judge_batch_sizes: sizes must be at least 1 and double, got {} at position {}", size.batch_size, i);
    require(size.fits() || i + 1 == sizes.size(), "judge_batch_sizes: only the last size may not fit, got {} of {}",
            i + 1, sizes.size());
    require(!size.fits() || (size.time_per_step > 0.0 && is_finite(size.time_per_step) && size.spread >= 0.0 &&
                             is_finite(size.spread) && size.steps >= 1),
            "judge_batch_sizes: a size that fits must have time_per_step > 0, spread >= 0 and steps >= 1, got {}, {} "
            "and {} at {}",
            size.time_per_step, size.spread, size.steps, size.batch_size);
  }
  BatchSizeSweep result{.sizes = std::move(sizes)};
  const auto fitting = static_cast<std::size_t>(std::ranges::count_if(result.sizes, &BatchSizeTiming::fits));
  const auto grows = [&](std::size_t i, std::size_t j) {
    const BatchSizeTiming &a = result.sizes[i], &b = result.sizes[j];
    const double needed = portable::power(1.0 + min_gain, static_cast<std::int64_t>(j - i));
    return b.throughput() / a.throughput() > needed * (1.0 + a.uncertainty() + b.uncertainty());
  };
  for (std::size_t i = 0; i + 1 < fitting && !result.saturated_at; ++i) {
    bool grows_to_any = false;
    for (std::size_t j = i + 1; j < fitting; ++j) grows_to_any = grows_to_any || grows(i, j);
    if (grows_to_any) continue;
    result.saturated_at = result.sizes[i].batch_size;
    result.bottleneck_elsewhere = i == 0;
  }
  for (std::size_t i = 1; i < fitting; ++i) {
    if (result.sizes[i - 1].uncertainty() + result.sizes[i].uncertainty() > min_gain) result.noisy = true;
  }
  return result;
}

inline std::vector<std::string> BatchSizeSweep::advice() const {
  std::vector<std::string> sentences;
  const auto fitting = std::ranges::count_if(sizes, &BatchSizeTiming::fits);
  const bool out_of_memory = !sizes.empty() && !sizes.back().fits();
  if (out_of_memory) {
    sentences.push_back(
        fmt::format("Batch size {} does not fit: {}.", sizes.back().batch_size, sizes.back().does_not_fit));
  }
  if (bottleneck_elsewhere) {
    sentences.push_back(
        fmt::format("Doubling the batch size never helps: throughput is {:.4g} examples/s at batch size {} already and "
                    "stays there. The bottleneck is elsewhere, for instance in the input pipeline or in the "
                    "synchronization between machines: find it first. Or even this size saturates the arithmetic: "
                    "sweep from a smaller one.",
                    sizes.front().throughput(), sizes.front().batch_size));
  } else if (saturated_at) {
    const auto at = std::ranges::find(sizes, *saturated_at, &BatchSizeTiming::batch_size);
    sentences.push_back(
        fmt::format("Throughput stops growing at batch size {} ({:.4g} examples/s): larger sizes are of "
                    "no use.",
                    *saturated_at, at->throughput()));
  } else if (fitting >= 2) {
    sentences.push_back(
        fmt::format("Throughput still grows at batch size {}, the largest that {}: every doubling up to "
                    "it trains on more examples in the same time.",
                    *largest_that_fits(), out_of_memory ? "fits" : "was tried"));
  } else if (fitting == 1) {
    sentences.push_back(
        fmt::format("Only batch size {} was measured, so that nothing is known about throughput against "
                    "batch size.",
                    sizes.front().batch_size));
  }
  if (noisy) {
    const auto worst = std::ranges::max_element(sizes, {}, &BatchSizeTiming::uncertainty);
    sentences.push_back(
        fmt::format("The times per step vary too much to be sure (the median at batch size {} may be off "
                    "by {:.0f}%): measure more steps, or on an idle machine.",
                    worst->batch_size, 100.0 * worst->uncertainty()));
  }
  sentences.emplace_back(
      "The batch size is never tuned for validation performance: choose it for the speed of training.");
  sentences.emplace_back(
      "Changing the batch size means re-tuning the hyperparameters of the optimizer and of the regularisers: they "
      "interact with it most.");
  return sentences;
}

}  // namespace eigentune
