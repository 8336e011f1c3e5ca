#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/portable_math.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace eigentune {

/// The distribution of the best of n trials, of which the N trials of a study tell ("Has the study sampled enough?").
/// Nothing is simulated: of costs y[0] <= ... <= y[N-1], the best of n drawn with replacement, a bootstrap's resample,
/// is
///
///     y[i] with probability (1 - i / N)^n - (1 - (i + 1) / N)^n
///
/// (Dodge et al., "Show Your Work: Improved Reporting of Experimental Results", 2019), and the best of n different ones
///
///     y[i] with probability C(N - i - 1, n - 1) / C(N, n),
///
/// whose mean estimates the expected best of n without bias (Tang et al., "Showing Your Work Doesn't Always Work",
/// 2020). Infeasible trials have no cost and are behind all others.
class BestOfN {
 public:
  /// Of `costs` in any order, and how many trials are infeasible besides. Throws std::invalid_argument if a cost is not
  /// finite, there is none, or `infeasible` is negative.
  explicit BestOfN(std::vector<double> costs, std::int64_t infeasible = 0)
      : costs_(std::move(costs)), trials_(static_cast<std::int64_t>(costs_.size()) + infeasible) {
    require(!costs_.empty(), "BestOfN: there must be at least 1 cost, got 0");
    require(infeasible >= 0, "BestOfN: infeasible must be at least 0, got {}", infeasible);
    for (const double cost : costs_) require(is_finite(cost), "BestOfN: costs must be finite, got {}", cost);
    std::ranges::sort(costs_);
  }

  /// Ascending, without the infeasible trials'.
  std::span<const double> costs() const { return costs_; }
  /// N, the infeasible ones included.
  std::int64_t trials() const { return trials_; }

  /// Of each of costs(), that it is the best of n >= 1 drawn with replacement. What is missing to 1 is the probability
  /// that all n are infeasible. Throws std::invalid_argument for another n.
  std::vector<double> probabilities(std::int64_t n) const {
    require(n >= 1, "BestOfN: n must be at least 1, got {}", n);
    std::vector<double> result;
    const auto total = static_cast<double>(trials_);
    double none_better = 1.0;
    for (std::size_t i = 0; i < costs_.size(); ++i) {
      const double next = portable::power(static_cast<double>(trials_ - static_cast<std::int64_t>(i) - 1) / total, n);
      result.push_back(none_better - next);
      none_better = next;
    }
    return result;
  }

  /// The quantile `q` in [0, 1] of the best of n drawn with replacement: for a box of the bootstrap's box plot. The
  /// worst cost if the best may be infeasible. Throws std::invalid_argument for another q or n.
  double quantile(std::int64_t n, double q) const {
    require(q >= 0.0 && q <= 1.0, "BestOfN: q must be in [0, 1], got {}", q);
    const std::vector<double> chances = probabilities(n);
    double sum = 0.0;
    for (std::size_t i = 0; i < costs_.size(); ++i) {
      sum += chances[i];
      if (sum >= q) return costs_[i];
    }
    return costs_.back();
  }

  /// The mean of the best of n in [1, N] different trials, given that one is feasible. Throws std::invalid_argument for
  /// another n.
  double mean_of_subsets(std::int64_t n) const {
    require(n >= 1 && n <= trials_, "BestOfN: n must be in [1, {}], got {}", trials_, n);
    double chance = static_cast<double>(n) / static_cast<double>(trials_), sum = 0.0, total = 0.0;
    for (std::size_t i = 0; i < costs_.size(); ++i) {
      sum += portable::rounded(chance * costs_[i]);
      total += chance;
      const std::int64_t behind = trials_ - static_cast<std::int64_t>(i) - 1;
      if (behind == 0) break;
      chance *= static_cast<double>(std::max<std::int64_t>(0, behind + 1 - n)) / static_cast<double>(behind);
    }
    return sum / total;
  }

 private:
  std::vector<double> costs_;
  std::int64_t trials_;
};

}  // namespace eigentune
