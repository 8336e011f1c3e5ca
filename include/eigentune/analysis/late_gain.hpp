#pragma once

#include <eigentune/analysis/cost_curve.hpp>
#include <eigentune/analysis/finding.hpp>
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

/// How much the best trials gain between a part of training and its last fifth, per what each gains in all: the mean
/// over the trials, and Student's interval for it, 95% on either side. The trials are independent, so however long the
/// noise of a curve lasts it is in how they differ.
struct LateGain {
  double share = 0.0, lower = 0.0, upper = 0.0;
};

/// Absent if there are fewer than two curves that gain anything.
inline std::optional<LateGain> late_gain(const std::vector<NumberedCurve>& best, double begin, double end) {
  std::vector<double> shares;
  double mean = 0.0, squares = 0.0;
  for (const NumberedCurve& one : best) {
    const double gain = one.curve.gain();
    if (gain > 0.0) shares.push_back((one.curve.level(begin, end).cost - one.curve.level(0.8, 1.0).cost) / gain);
  }
  if (shares.size() < 2) return std::nullopt;
  const auto count = static_cast<double>(shares.size());
  for (const double share : shares) mean += share / count;
  for (const double share : shares) squares += portable::rounded((share - mean) * (share - mean));
  const double reach = -student_t::quantile(0.05, count - 1.0) * std::sqrt(squares / (count - 1.0) / count);
  return LateGain{mean, mean - reach, mean + reach};
}

/// The answer that the late gain of the best trials, from `begin` to `end` on, lies above or below `limit`.
struct LateGainAnswer {
  Verdict above, below;
  std::string_view conclusion_above, conclusion_below, action;
};

inline Finding judge_late_gain(Check check, const StudyData& data, double begin, double end, double limit,
                               const LateGainAnswer& answer) {
  Finding finding{.check = check};
  const std::vector<NumberedCurve> best = best_validation_curves(data);
  const auto gain = late_gain(best, begin, end);
  if (!gain) {
    finding.conclusion =
        fmt::format("fewer than 2 of the best trials have a curve of at least {} validation values that improves",
                    least_evaluations);
    return finding;
  }
  finding.evidence = {{"best_trials", static_cast<double>(best.size())},
                      {"share_of_gain", gain->share},
                      {"lower_95", gain->lower},
                      {"upper_95", gain->upper}};
  if (gain->lower > limit || gain->upper < limit) {
    const bool above = gain->lower > limit;
    finding.verdict = above ? answer.above : answer.below;
    finding.conclusion = above ? answer.conclusion_above : answer.conclusion_below;
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
/// between the fourth fifth of training and the last, on average (see LateGain).
inline Finding find_still_improving(const StudyData& data) {
  return analysis_detail::judge_late_gain(
      Check::still_improving, data, 0.6, 0.8, late_gain_that_counts,
      {.above = Verdict::problem,
       .below = Verdict::good,
       .conclusion_above =
           "the best trials are still improving at the end of training, so this may be the compute-bound regime",
       .conclusion_below = "the best trials no longer improve at the end of training",
       .action = "increase the number of training steps, or change the learning rate schedule"});
}

/// "Has performance saturated long before the final training step?" Whether the best trials gain less than 2% of all
/// they gain between the middle fifth of training and the last, on average (see LateGain).
inline Finding find_saturated(const StudyData& data) {
  return analysis_detail::judge_late_gain(
      Check::saturated, data, 0.4, 0.6, late_gain_that_does_not,
      {.above = Verdict::good,
       .below = Verdict::problem,
       .conclusion_above = "the best trials still gain in the second half of training",
       .conclusion_below = "the best trials gain nothing in the second half of training",
       .action = "decrease the number of training steps"});
}

}  // namespace eigentune
