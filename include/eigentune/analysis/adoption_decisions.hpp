#pragma once

#include <eigentune/analysis/adoption.hpp>
#include <eigentune/analysis/adoption_gain.hpp>
#include <eigentune/analysis/adoption_looks.hpp>
#include <eigentune/analysis/mean_difference.hpp>
#include <eigentune/analysis/significance.hpp>
#include <eigentune/core/portable_math.hpp>

#include <fmt/core.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace eigentune {

/// More runs are worth while if they show a gain with this probability, and the gain that is hoped for is one which the
/// true gain exceeds with `hope`.
inline constexpr double adoption_power = 0.8, adoption_hope = 0.2;

namespace analysis_detail {

/// " by more than 0.002", if a gain is asked for.
inline std::string by_minimum(const Adoption& result) {
  return result.minimum_gain > 0.0 ? fmt::format(" by more than {:.3g}", result.minimum_gain) : std::string();
}

/// Whether the candidate is infeasible more often by at least a standard deviation of the difference of two counts, the
/// root of their sum: 1 to 0, 3 to 1, 6 to 3. A run that is lost costs more than most gains, so that is enough.
inline bool fails_more_often(const Adoption& result) {
  const std::int64_t more = result.candidate.infeasible - result.baseline.infeasible;
  return more > 0 && more * more >= result.candidate.infeasible + result.baseline.infeasible;
}

/// The p-value of Fisher's exact test that the baseline is infeasible more often than the candidate.
inline double p_of_baseline_failures(const Adoption& result) {
  const auto count = [](std::int64_t of) { return static_cast<std::size_t>(of); };
  const std::size_t failures = count(result.baseline.infeasible),
                    marked = failures + count(result.candidate.infeasible), runs = count(result.baseline.runs),
                    total = runs + count(result.candidate.runs);
  return fisher_upper_tail(failures, runs, marked, total, log_factorials(total));
}

/// The verdict where there are too few complete runs for means.
inline void decide_by_failures(Adoption& result, std::optional<std::int64_t> next_runs) {
  const std::int64_t failures = result.baseline.infeasible, others = result.candidate.infeasible;
  result.conclusion = fmt::format("{} of {} retrainings of the baseline are infeasible, and {} of the candidate's",
                                  failures, result.baseline.runs, others);
  if (p_of_baseline_failures(result) < result.look_level) {
    result.verdict = AdoptionVerdict::adopt;
    result.conclusion += ", which trains where the baseline does not";
    return;
  }
  result.conclusion += ": too few are complete to compare them";
  const bool hopeful = others < failures && next_runs;
  result.verdict = hopeful ? AdoptionVerdict::not_enough_runs : AdoptionVerdict::do_not_adopt;
  if (hopeful) result.next_runs = next_runs;
}

/// The verdict where all `pairs` differ by the same amount, as counts easily do. There is no error for a t-test, but
/// the sign test needs none: were the gain not above a threshold, all pairs would be with probability 2^-pairs at most.
inline void decide_by_signs(Adoption& result, std::int64_t pairs, std::optional<std::int64_t> next_runs) {
  const double p = portable::power(0.5, pairs);
  const bool better = *result.gain - result.minimum_gain > rounding_of(result);
  if (better && p < result.look_level) {
    result.verdict = AdoptionVerdict::adopt;
    result.conclusion = fmt::format("the candidate beats the baseline{} by the same amount for each of {} seeds",
                                    by_minimum(result), pairs);
    return;
  }
  result.conclusion =
      std::fabs(*result.gain) <= rounding_of(result)
          ? "the candidate has the objective of the baseline for every seed: see that the change reaches the training"
          : "the difference is the same for every seed, so these runs do not tell how much it varies by chance";
  const bool hopeful = next_runs && (better || p >= adoption_hope);
  result.verdict = hopeful ? AdoptionVerdict::not_enough_runs : AdoptionVerdict::do_not_adopt;
  if (hopeful) result.next_runs = next_runs;
}

/// The verdict by the gain after `runs` of each.
inline void decide_by_gain(Adoption& result, const MeanDifference& gain, const AdoptionLooks& looks, std::int64_t runs,
                           std::int64_t most_runs) {
  if (*result.lower > result.minimum_gain) {
    result.verdict = AdoptionVerdict::adopt;
    result.conclusion =
        fmt::format("the candidate beats the baseline{} with the retraining variance of both taken into account",
                    by_minimum(result));
    return;
  }
  std::int64_t last = result.look;
  while (looks.runs(last + 1) <= most_runs) ++last;
  const double hoped_for = gain.quantile(1.0 - adoption_hope) - result.minimum_gain;
  if (last == result.look || power_at(looks, last, runs, gain, hoped_for) < adoption_power) {
    result.verdict = AdoptionVerdict::do_not_adopt;
    result.conclusion =
        fmt::format("{} runs of each do not show that the candidate beats the baseline{}", runs, by_minimum(result));
    if (last > result.look) {
      result.conclusion += fmt::format(", and {} of each most likely would not either", looks.runs(last));
    }
    return;
  }
  const double seen = gain.difference - result.minimum_gain;
  std::int64_t next = result.look + 1;
  for (std::int64_t later = next; later <= last; ++later) {
    if (power_at(looks, later, runs, gain, seen) < adoption_power) continue;
    next = later;
    break;
  }
  result.verdict = AdoptionVerdict::not_enough_runs;
  result.conclusion = fmt::format("{} runs of each do not tell yet whether the candidate beats the baseline{}", runs,
                                  by_minimum(result));
  result.next_runs = looks.runs(next);
  result.next_power = power_at(looks, next, runs, gain, seen);
}

}  // namespace analysis_detail

}  // namespace eigentune
