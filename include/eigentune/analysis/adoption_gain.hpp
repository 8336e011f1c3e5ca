#pragma once

#include <eigentune/analysis/adoption.hpp>
#include <eigentune/analysis/mean_difference.hpp>
#include <eigentune/core/direction.hpp>
#include <eigentune/core/portable_math.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <vector>

/// What retrainings tell of each configuration and of the gain.
namespace eigentune::analysis_detail {

inline ArmSummary summary_of(const RetrainedArm& arm) {
  ArmSummary summary{.runs = std::ssize(arm.objectives), .infeasible = arm.infeasible()};
  const std::vector<double> values = arm.complete();
  if (values.size() == 1) summary.mean = values.front();
  if (values.size() >= 2) {
    const MeanAndVariance of = MeanAndVariance::of(values);
    summary.mean = of.mean;
    summary.deviation = of.deviation();
  }
  return summary;
}

/// The gain of the candidate; absent if there are fewer than two complete pairs, or runs of either.
inline std::optional<MeanDifference> gain_of(const Retrainings& retrainings) {
  std::vector<double> candidate, baseline;
  if (retrainings.paired) {
    const auto& a = retrainings.candidate.objectives;
    const auto& b = retrainings.baseline.objectives;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
      if (!a[i] || !b[i]) continue;
      candidate.push_back(*a[i]);
      baseline.push_back(*b[i]);
    }
  } else {
    candidate = retrainings.candidate.complete();
    baseline = retrainings.baseline.complete();
  }
  if (candidate.size() < 2 || baseline.size() < 2) return std::nullopt;
  MeanDifference gain =
      retrainings.paired ? paired_difference(candidate, baseline) : welch_difference(candidate, baseline);
  if (retrainings.direction == Direction::minimize) gain.difference = 0.0 - gain.difference;  // and no gain is not -0
  return gain;
}

/// What counts as rounding of the objectives.
inline double rounding_of(const Adoption& result) {
  constexpr double relative = 1e-12;
  return relative *
         std::max(std::fabs(result.candidate.mean.value_or(0.0)), std::fabs(result.baseline.mean.value_or(0.0)));
}

/// Whether the retrainings of a configuration have one objective.
inline bool seeds_change_nothing(const Adoption& result) {
  return std::max(result.candidate.deviation.value_or(0.0), result.baseline.deviation.value_or(0.0)) <=
         rounding_of(result);
}

/// The numbers of a gain, at the look of `result`. One without an error is no certainty, so it has no interval.
inline void describe_gain(Adoption& result, const MeanDifference& gain) {
  result.gain = gain.difference;
  if (seeds_change_nothing(result) || (result.paired && gain.standard_error <= rounding_of(result))) return;
  result.lower = gain.quantile(result.look_level);
  result.upper = gain.quantile(1.0 - result.look_level);
  result.probability = gain.probability_above(result.minimum_gain);
  const double a = result.candidate.deviation.value_or(0.0), b = result.baseline.deviation.value_or(0.0);
  const double deviation = std::sqrt(0.5 * (portable::rounded(a * a) + portable::rounded(b * b)));
  if (deviation == 0.0) return;
  const std::int64_t degrees = result.candidate.complete() + result.baseline.complete() - 2;
  result.standardized_gain = gain.difference / deviation * (1.0 - 3.0 / static_cast<double>(4 * degrees - 1));
}

}  // namespace eigentune::analysis_detail
