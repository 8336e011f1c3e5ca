#pragma once

#include <eigentune/analysis/cost_curve.hpp>
#include <eigentune/analysis/finding.hpp>
#include <eigentune/analysis/spread_of_better_half.hpp>
#include <eigentune/analysis/student_t.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/portable_math.hpp>

#include <fmt/core.h>

#include <cmath>
#include <optional>
#include <string_view>
#include <vector>

namespace eigentune {

/// What is gained in the last fifth counts from here on, as a share of what training gains in all; and what is gained
/// in all of the second half counts up to here as nothing.
inline constexpr double late_gain_that_counts = 0.03, late_gain_that_does_not = 0.02;

namespace analysis_detail {

/// A mean over trials, and Student's interval for it, 95% on either side. The trials are independent, so however long
/// the noise of a curve lasts it is in how they differ.
struct MeanInterval {
  double mean = 0.0, lower = 0.0, upper = 0.0;

  /// Of at least two values.
  explicit MeanInterval(const std::vector<double>& values) {
    const auto count = static_cast<double>(values.size());
    double squares = 0.0;
    for (const double value : values) mean += value / count;
    for (const double value : values) squares += portable::rounded((value - mean) * (value - mean));
    const double reach = -student_t::quantile(0.05, count - 1.0) * std::sqrt(squares / (count - 1.0) / count);
    lower = mean - reach;
    upper = mean + reach;
  }
};

/// How much the best trials gain between a part of training and its last fifth: in the metric, and per what each gains
/// in all.
struct LateGain {
  MeanInterval gain, share;
};

/// Absent if there are fewer than two curves that gain anything.
inline std::optional<LateGain> late_gain(const std::vector<NumberedCurve>& best, double begin, double end) {
  std::vector<double> gains, shares;
  for (const NumberedCurve& one : best) {
    if (!(one.curve.gain() > 0.0)) continue;
    gains.push_back(one.curve.level(begin, end).cost - one.curve.level(0.8, 1.0).cost);
    shares.push_back(gains.back() / one.curve.gain());
  }
  if (shares.size() < 2) return std::nullopt;
  return LateGain{MeanInterval(gains), MeanInterval(shares)};
}

/// What a late gain is measured by: a share of all that training gains, and a share of what the better half of trials
/// differ by. A share of the whole alone would not do: where an untrained model is wrong nine times in ten, one part in
/// a hundred of that is much between trials that are wrong once in twenty.
struct LateGainLimits {
  double share, spread;
  bool spread_suffices;  ///< whether more than the second alone is a gain that counts
};

/// The answer that the late gain of the best trials, from `begin` to `end` on, lies above or below the limits.
struct LateGainAnswer {
  Verdict above, below;
  std::string_view conclusion_above, conclusion_below, action;
};

inline Finding judge_late_gain(Check check, const StudyData& data, double begin, double end,
                               const LateGainLimits& limits, const LateGainAnswer& answer) {
  Finding finding{.check = check};
  const std::vector<NumberedCurve> best = best_validation_curves(data);
  const auto gain = late_gain(best, begin, end);
  if (!gain) {
    finding.conclusion =
        fmt::format("fewer than 2 of the best trials have a curve of at least {} validation values that improves",
                    least_evaluations);
    return finding;
  }
  const double spread = spread_of_better_half(ranked_trials(data)).value_or(0.0);
  finding.evidence = {{"best_trials", static_cast<double>(best.size())},
                      {"share_of_gain", gain->share.mean},
                      {"lower_95", gain->share.lower},
                      {"upper_95", gain->share.upper},
                      {"gain", gain->gain.mean},
                      {"spread_of_better_half", spread}};
  const double enough = limits.spread * spread;
  const bool above =
      gain->share.lower > limits.share || (limits.spread_suffices && spread > 0.0 && gain->gain.lower > enough);
  const bool below = gain->share.upper < limits.share && (spread == 0.0 || gain->gain.upper < enough);
  if (above || below) {
    finding.verdict = above ? answer.above : answer.below;
    finding.conclusion = above ? answer.conclusion_above : answer.conclusion_below;
  } else if (gain->share.upper < limits.share) {
    finding.conclusion = "the best trials gain little of the whole, but not little of what the better trials differ by";
  } else {
    finding.conclusion =
        fmt::format("the curves of the {} best trials are too noisy, or differ too much, to tell", best.size());
  }
  if (finding.verdict == Verdict::problem) {
    finding.action = answer.action;
    for (const NumberedCurve& one : best) finding.trials.push_back(one.number);
  }
  return finding;
}

}  // namespace analysis_detail

/// "Are the trials still improving at the end of training?" Whether the best trials gain more than 3% of all they gain
/// between the fourth fifth of training and the last, on average (see LateGain). They do not if it is less than that
/// and than a quarter of what the better half of trials differ by.
inline Finding find_still_improving(const StudyData& data) {
  return analysis_detail::judge_late_gain(
      Check::still_improving, data, 0.6, 0.8,
      {.share = late_gain_that_counts, .spread = 0.25, .spread_suffices = false},
      {.above = Verdict::problem,
       .below = Verdict::good,
       .conclusion_above =
           "the best trials are still improving at the end of training, so this may be the compute-bound regime",
       .conclusion_below = "the best trials no longer improve at the end of training",
       .action = "increase the number of training steps, or change the learning rate schedule"});
}

/// "Has performance saturated long before the final training step?" Whether the best trials gain less than 2% of all
/// they gain between the middle fifth of training and the last, on average (see LateGain), and less than half of what
/// the better half of trials differ by.
inline Finding find_saturated(const StudyData& data) {
  Finding finding = analysis_detail::judge_late_gain(
      Check::saturated, data, 0.4, 0.6, {.share = late_gain_that_does_not, .spread = 0.5, .spread_suffices = true},
      {.above = Verdict::good,
       .below = Verdict::problem,
       .conclusion_above = "the best trials still gain in the second half of training",
       .conclusion_below = "the best trials gain nothing in the second half of training",
       .action = "decrease the number of training steps"});
  if (finding.verdict == Verdict::problem && find_still_improving(data).verdict == Verdict::problem) {
    finding.verdict = Verdict::cannot_say;  // it got worse in between
    finding.conclusion = "the best trials gain nothing in the second half of training, but improve at its very end";
    finding.action.clear();
    finding.trials.clear();
  }
  return finding;
}

}  // namespace eigentune
