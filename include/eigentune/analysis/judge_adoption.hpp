#pragma once

#include <eigentune/analysis/adoption.hpp>
#include <eigentune/analysis/mean_difference.hpp>
#include <eigentune/analysis/significance.hpp>
#include <eigentune/analysis/t_test_power.hpp>
#include <eigentune/core/direction.hpp>
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

/// More runs are worth while if they show a gain with this probability, and the gain that is hoped for is one which the
/// true gain exceeds with `hope`.
inline constexpr double adoption_power = 0.8, adoption_hope = 0.2;

namespace analysis_detail {

/// The looks at retrainings that a plan of `planned` runs has: at planned, 2 planned, 4 planned, ... runs of each. The
/// first may err with half of the level, the next with a quarter, and so on, so that all of them together stay below
/// it, whichever are taken and whatever made somebody take them (Bonferroni's inequality).
class AdoptionLooks {
 public:
  AdoptionLooks(std::int64_t planned, double level) : planned_(planned), level_(level) {}

  std::int64_t runs(std::int64_t look) const { return planned_ << look; }
  double level(std::int64_t look) const { return level_ / static_cast<double>(std::int64_t{2} << look); }

  /// Which look `runs` of each are, if they are one.
  std::optional<std::int64_t> of_runs(std::int64_t runs) const {
    for (std::int64_t look = 0; look < 40 && this->runs(look) <= runs; ++look) {
      if (this->runs(look) == runs) return look;
    }
    return std::nullopt;
  }

 private:
  std::int64_t planned_;
  double level_;
};

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

/// The power of look `look` if the true gain lies `distance` above the threshold, with errors as they are after `runs`.
inline double power_at(const AdoptionLooks& looks, std::int64_t look, std::int64_t runs, const MeanDifference& gain,
                       double distance) {
  const auto before = static_cast<double>(runs), then = static_cast<double>(looks.runs(look));
  const double error = gain.standard_error * std::sqrt(before / then);
  const double degrees = std::max(1.0, gain.degrees_of_freedom * (then - 1.0) / (before - 1.0));
  return error > 0.0 ? t_test_power(distance / error, degrees, looks.level(look)) : distance > 0.0 ? 1.0 : 0.0;
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

/// What to know and to weigh besides.
inline void add_remarks(Adoption& result, std::int64_t runs) {
  const auto remark = [&result](std::string text) { result.remarks.push_back(std::move(text)); };
  if (result.gain && result.candidate.infeasible + result.baseline.infeasible > 0) {
    remark(fmt::format("infeasible runs{} are left out of the gain", result.paired ? ", and their pairs," : ""));
  }
  if (result.gain && result.baseline.infeasible > result.candidate.infeasible) {
    if (const double p = p_of_baseline_failures(result); p < result.look_level) {
      remark(fmt::format(
          "{} of {} retrainings of the baseline are infeasible, and {} of {} of the candidate's (p = {:.2g}, "
          "Fisher's exact test): that speaks for the candidate, whatever the gain",
          result.baseline.infeasible, result.baseline.runs, result.candidate.infeasible, result.candidate.runs, p));
    }
  }
  if (result.candidate.deviation || result.baseline.deviation) {
    remark(
        "these runs show trial variance; study variance (of another search) and data variance (of other data) add to "
        "it");
  }
  if (result.next_runs && *result.next_runs > runs) {
    std::string text = fmt::format("next: retrain until there are {} runs of each, {} more", *result.next_runs,
                                   *result.next_runs - runs);
    if (result.next_power) {
      text += fmt::format("; if the gain is the true one, they show it with probability {:.2f}", *result.next_power);
    }
    remark(std::move(text));
  }
  if (result.verdict == AdoptionVerdict::adopt) {
    if (result.minimum_gain == 0.0) {
      remark("weigh the gain against the complexity that the change adds, or say what would be worth it: minimum_gain");
    }
    remark("complete certainty is not demanded");
  }
}

}  // namespace analysis_detail

/// Whether to adopt a change ("Determining whether to adopt a training pipeline change or hyperparameter
/// configuration"): when it beats the baseline with the retraining variance of both taken into account, by more than
/// minimum_gain.
///
/// - **Gain and interval.** Where run k of both has one seed, the paired t-test; where seeds differ, Welch's. That is
///   settled when the retrainings are planned, not by their results.
/// - **Adopt** if the lower end of the gain's interval is above minimum_gain. At the first look, after the planned
/// number
///   of runs, the interval has 95% and errs upwards with 2.5%. The runs may be doubled, and doubled again, and then it
///   has 97.5%, 98.75%, ..., so that all looks together adopt a change without the gain with at most `level`, 5%, for
///   however long one goes on. Other numbers of runs are refused: to stop where it looks best is to be fooled.
/// - **Do not adopt** if the candidate is infeasible more often than the baseline, by a standard deviation of the
/// counts;
///   or if the gain is not shown, and would most likely not be by most_runs: not even one so large that the true gain
///   exceeds it with a probability of 20%, with a power of 80%.
/// - **By the signs**, where all pairs differ by the same amount and there is no variance to test with: adopt if that
/// is
///   above minimum_gain in so many pairs that 2^-pairs is below the look's level; do not if it is not in three or more.
/// - **Not enough runs** otherwise. Look again after the smallest planned number of runs that shows the gain seen, if
/// it
///   is the true one, with a power of 80%; if none does, after twice as many.
///
/// Infeasible runs have no objective and are left out of the gain, in pairs both. If the baseline has hardly a complete
/// run to compare with, Fisher's exact test decides at the same level whether it fails more often than the candidate;
/// if there is a gain to judge, a remark says so where it does, since the two are different questions.
///
/// The 5% are exact for normal retrainings, and hold for skewed or heavy-tailed ones that both configurations share
/// (benchmarks/adoption.cpp). They do not where only the candidate's have a long bad tail: of runs so rare that none
/// was seen no test can tell.
///
/// Throws std::invalid_argument if an option is out of range, an objective not finite, the runs are no look of the
/// plan, or there are more than are planned.
inline Adoption judge_adoption(const Retrainings& retrainings, const AdoptionOptions& options = {}) {
  require(options.minimum_gain >= 0.0 && is_finite(options.minimum_gain),
          "judge_adoption: minimum_gain must be at least 0, got {}", options.minimum_gain);
  require(options.level > 0.0 && options.level < 0.5, "judge_adoption: level must be in (0, 0.5), got {}",
          options.level);
  require(options.most_runs >= 2 && options.most_runs <= 1'000'000,
          "judge_adoption: most_runs must be in [2, 1000000], got {}", options.most_runs);
  Adoption result{.metric = retrainings.metric,
                  .candidate = analysis_detail::summary_of(retrainings.candidate),
                  .baseline = analysis_detail::summary_of(retrainings.baseline),
                  .paired = retrainings.paired,
                  .minimum_gain = options.minimum_gain};
  constexpr std::int64_t most = 1'000'000;
  require(retrainings.runs >= 0 && retrainings.runs <= most, "judge_adoption: runs must be in [0, {}], got {}", most,
          retrainings.runs);
  require(retrainings.planned_runs >= 0 && retrainings.planned_runs <= most,
          "judge_adoption: planned_runs must be in [0, {}], got {}", most, retrainings.planned_runs);
  const std::int64_t ended = std::min(result.candidate.runs, result.baseline.runs);
  const std::int64_t runs = retrainings.runs > 0 ? retrainings.runs : ended > 0 ? ended : retrainings.planned_runs;
  const std::int64_t planned = retrainings.planned_runs > 0 ? retrainings.planned_runs : runs;
  require(std::max(result.candidate.runs, result.baseline.runs) <= runs,
          "judge_adoption: there must be at most {} runs of each, got {} and {}", runs, result.candidate.runs,
          result.baseline.runs);
  const analysis_detail::AdoptionLooks looks(planned, options.level);
  const std::optional<std::int64_t> look = runs > 0 ? looks.of_runs(runs) : std::optional<std::int64_t>(0);
  require(look.has_value(), "judge_adoption: runs must be {}, {}, {}, ..., as planned before the first, got {}",
          planned, 2 * planned, 4 * planned, runs);
  result.look = *look;
  result.look_level = looks.level(*look);
  result.confidence = 1.0 - 2.0 * result.look_level;
  const std::optional<MeanDifference> gain = analysis_detail::gain_of(retrainings);
  if (gain) analysis_detail::describe_gain(result, *gain);
  const std::int64_t after_this = looks.runs(result.look + 1);
  const std::optional<std::int64_t> next_look =
      after_this <= options.most_runs ? std::optional(after_this) : std::nullopt;

  if (ended < runs || runs < 2) {
    result.conclusion = fmt::format("{} of the {} planned runs of each have ended", ended, runs);
    if (runs < 2) result.next_runs = 2;
  } else if (analysis_detail::fails_more_often(result)) {
    result.verdict = AdoptionVerdict::do_not_adopt;
    result.conclusion = fmt::format("{} of {} retrainings of the candidate are infeasible, and {} of the baseline's",
                                    result.candidate.infeasible, runs, result.baseline.infeasible);
  } else if (!gain) {
    analysis_detail::decide_by_failures(result, next_look);
  } else if (analysis_detail::seeds_change_nothing(result)) {
    result.conclusion =
        std::fabs(*result.gain) <= analysis_detail::rounding_of(result)
            ? "all retrainings of both have the same objective: see that the seed of the trial and the change reach "
              "the "
              "training, and that the metric can tell trainings apart"
            : "all retrainings of a configuration have the same objective: see that the seed of the trial reaches the "
              "training";
  } else if (!result.probability) {
    analysis_detail::decide_by_signs(result, static_cast<std::int64_t>(gain->degrees_of_freedom) + 1, next_look);
  } else {
    analysis_detail::decide_by_gain(result, *gain, looks, runs, options.most_runs);
  }
  analysis_detail::add_remarks(result, runs);
  return result;
}

}  // namespace eigentune
