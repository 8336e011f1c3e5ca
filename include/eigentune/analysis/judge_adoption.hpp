#pragma once

#include <eigentune/analysis/adoption.hpp>
#include <eigentune/analysis/adoption_decisions.hpp>
#include <eigentune/analysis/adoption_gain.hpp>
#include <eigentune/analysis/adoption_looks.hpp>
#include <eigentune/analysis/mean_difference.hpp>
#include <eigentune/core/error.hpp>
#include <eigentune/core/portable_math.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace eigentune {

namespace analysis_detail {

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
///   runs, the interval has 95% and errs upwards with 2.5%. The runs may be doubled, and doubled again, and then it has
///   97.5%, 98.75%, ..., so that all looks together adopt a change without the gain with at most `level`, 5%, for
///   however long one goes on. Other numbers of runs are refused: to stop where it looks best is to be fooled.
/// - **Do not adopt** if the candidate is infeasible more often than the baseline, by a standard deviation of both
///   counts; or if the gain is not shown, and would most likely not be by most_runs: not even one so large that the
///   true gain exceeds it with a probability of 20%, with a power of 80%.
/// - **By the signs** where all pairs differ by the same amount, so that there is no variance to test with. Adopt if
///   that is above minimum_gain in so many pairs that 2^-pairs is below the error of the look; do not adopt if it is
///   not, in three pairs or more, or if it takes more than most_runs.
/// - **Not enough runs** otherwise. Look again after the smallest planned number of runs that shows the gain seen, if
///   that is the true one, with a power of 80%; if none does, after twice as many. Where all runs of a configuration
///   have the same objective there is nothing to look at again: the conclusion says what may be wrong.
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
