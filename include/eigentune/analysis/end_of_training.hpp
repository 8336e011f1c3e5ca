#pragma once

#include <eigentune/analysis/cost_curve.hpp>
#include <eigentune/analysis/finding.hpp>
#include <eigentune/analysis/significance.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/quantile.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace eigentune {

/// What is gained in the last fifth counts from here on, as a share of what training gains in all; and what is gained
/// in all of the second half counts up to here as nothing.
inline constexpr double late_gain_that_counts = 0.03, late_gain_that_does_not = 0.02;

namespace analysis_detail {

/// How much the best trials gain between two parts of training, on average, per what each gains in all.
struct LateGain {
  double share = 0.0, lower = 0.0, upper = 0.0;  ///< and its interval, 95% on either side
};

inline std::optional<LateGain> late_gain(const std::vector<NumberedCurve>& best, double begin, double end) {
  double sum = 0.0, variance = 0.0, count = 0.0;
  for (const NumberedCurve& one : best) {
    const double gain = one.curve.gain();
    if (!(gain > 0.0)) continue;
    const CostCurve::Level before = one.curve.level(begin, end), after = one.curve.level(0.8, 1.0);
    sum += (before.cost - after.cost) / gain;
    variance += (before.error * before.error + after.error * after.error) / (gain * gain);
    count += 1.0;
  }
  if (count == 0.0) return std::nullopt;
  const double reach = 1.645 * std::sqrt(variance) / count;
  return LateGain{sum / count, sum / count - reach, sum / count + reach};
}

inline std::vector<NumberedCurve> best_validation_curves(const StudyData& data) {
  return curves_of_best(data, [&data](std::int64_t number) { return validation_curve(data, number); });
}

}  // namespace analysis_detail

/// "Are the trials still improving at the end of training?" Whether the best trials gain more than 3% of all they gain
/// between the fourth fifth of training and the last: by the interval of the mean over them, from the noise of each
/// curve (see CostCurve::noise).
inline Finding find_still_improving(const StudyData& data) {
  const std::vector<NumberedCurve> best = analysis_detail::best_validation_curves(data);
  const auto gain = analysis_detail::late_gain(best, 0.6, 0.8);
  Finding finding{.check = Check::still_improving};
  if (!gain) {
    finding.conclusion = "none of the best trials has a curve that improves";
    return finding;
  }
  finding.evidence = {{"best_trials", static_cast<double>(best.size())},
                      {"gain_in_last_fifth", gain->share},
                      {"lower_95", gain->lower},
                      {"upper_95", gain->upper}};
  if (gain->lower > late_gain_that_counts) {
    finding.verdict = Verdict::problem;
    for (const NumberedCurve& one : best) finding.trials.push_back(one.number);
    finding.conclusion = "the best trials are still improving at the end of training, so this may be compute-bound";
    finding.action = "increase the number of training steps, or change the learning rate schedule";
  } else if (gain->upper < late_gain_that_counts) {
    finding.verdict = Verdict::good;
    finding.conclusion = "the best trials no longer improve at the end of training";
  } else {
    finding.conclusion = "the curves of the best trials do not tell";
  }
  return finding;
}

/// "Has performance saturated long before the final training step?" Whether the best trials gain less than 2% of all
/// they gain between the middle fifth of training and the last.
inline Finding find_saturated(const StudyData& data) {
  const std::vector<NumberedCurve> best = analysis_detail::best_validation_curves(data);
  const auto gain = analysis_detail::late_gain(best, 0.4, 0.6);
  Finding finding{.check = Check::saturated};
  if (!gain) {
    finding.conclusion = "none of the best trials has a curve that improves";
    return finding;
  }
  finding.evidence = {{"best_trials", static_cast<double>(best.size())},
                      {"gain_after_the_middle", gain->share},
                      {"lower_95", gain->lower},
                      {"upper_95", gain->upper}};
  if (gain->upper < late_gain_that_does_not) {
    finding.verdict = Verdict::problem;
    for (const NumberedCurve& one : best) finding.trials.push_back(one.number);
    finding.conclusion = "the best trials gain nothing in the second half of training";
    finding.action = "decrease the number of training steps";
  } else if (gain->lower > late_gain_that_does_not) {
    finding.verdict = Verdict::good;
    finding.conclusion = "the best trials still gain in the second half of training";
  } else {
    finding.conclusion = "the curves of the best trials do not tell";
  }
  return finding;
}

/// The step-to-step deviation is high from this share of the spread of the better half of trials on, and low up to
/// half of that.
inline constexpr double high_step_noise = 0.5, low_step_noise = 0.25;

/// "Is there high step-to-step variance in the validation error late in training?" Compares its standard deviation in
/// the last quarter (CostCurve::noise, the median of the best trials) with what it would blur: the interquartile range
/// of the objectives of the better half of trials.
inline Finding find_late_variance(const StudyData& data) {
  Finding finding{.check = Check::late_variance};
  const std::vector<NumberedCurve> best = analysis_detail::best_validation_curves(data);
  const std::vector<RankedTrial> ranked = ranked_trials(data);
  std::vector<double> better;
  for (std::size_t i = 0; i < (ranked.size() + 1) / 2; ++i) better.push_back(ranked[i].cost);
  constexpr std::size_t least_trials = 4;  // quartiles of fewer say nothing
  if (best.empty() || better.size() < least_trials) {
    finding.conclusion = fmt::format("too few complete trials ({}), or no curves of at least {} validation values",
                                     ranked.size(), least_evaluations);
    return finding;
  }
  std::vector<double> noises;
  for (const NumberedCurve& one : best) noises.push_back(one.curve.noise(0.25));
  const double noise = median(noises), spread = interquartile_range(better);
  finding.evidence = {{"step_to_step_deviation", noise}, {"spread_of_better_half", spread}};
  if (!(spread > 0.0)) {
    finding.conclusion = "the better trials have the same objective";
  } else if (noise > high_step_noise * spread) {
    finding.verdict = Verdict::problem;
    for (const NumberedCurve& one : best) finding.trials.push_back(one.number);
    finding.conclusion =
        "the validation error jumps from step to step by as much as the better trials differ, so each may have ended "
        "on "
        "a lucky or unlucky one";
    finding.action =
        "increase the batch size, obtain more validation data, use learning rate decay, or use Polyak averaging";
  } else if (noise < low_step_noise * spread) {
    finding.verdict = Verdict::good;
    finding.conclusion = "the validation error varies less from step to step than between the better trials";
  } else {
    finding.conclusion =
        "the step-to-step variance is neither small nor large against what the better trials differ by";
  }
  return finding;
}

/// The best step is early in the first tenth and late in the last quarter of training.
inline constexpr double early_share = 0.1, late_share = 0.25;

/// "Is max_train_steps too small or too large?" ("How to choose the number of steps": the best step of each run.)
/// max_train_steps is the last step of any curve. Of the better half of the complete trials, those whose best step is
/// in the first 10% (bound: lower) or in the last 25% (bound: upper) are a problem if they are more than half of all
/// such trials that there could be, by Wilson's interval at 95%.
inline Finding find_best_step(const StudyData& data) {
  Finding finding{.check = Check::best_step};
  std::int64_t last = 0;
  for (const auto& [number, curve] : data.curves) {
    if (!curve.empty()) last = std::max(last, curve.rows().back().step);
  }
  const std::vector<RankedTrial> ranked = ranked_trials(data);
  std::int64_t count = 0, early = 0, late = 0;
  for (std::size_t i = 0; i < (ranked.size() + 1) / 2; ++i) {
    if (!ranked[i].trial->best_step) continue;
    const double share = static_cast<double>(*ranked[i].trial->best_step) / static_cast<double>(last);
    ++count;
    early += share <= early_share ? 1 : 0;
    late += share >= 1.0 - late_share ? 1 : 0;
  }
  if (count == 0 || last == 0) {
    finding.conclusion = "no complete trial has a best step";
    return finding;
  }
  const analysis_detail::WilsonInterval early_interval(early, count, 1.96), late_interval(late, count, 1.96);
  finding.evidence = {{"trials", static_cast<double>(count)},
                      {"in_first_tenth", static_cast<double>(early)},
                      {"in_last_quarter", static_cast<double>(late)},
                      {"max_train_steps", static_cast<double>(last)}};
  if (early_interval.lower > 0.5) {
    finding.verdict = Verdict::problem;
    finding.bound = Bound::lower;
    finding.conclusion = fmt::format("{} of the {} better trials were best in the first 10% of training", early, count);
    finding.action = fmt::format("decrease max_train_steps, now {}: it is far too large", last);
  } else if (late_interval.lower > 0.5) {
    finding.verdict = Verdict::problem;
    finding.bound = Bound::upper;
    finding.conclusion = fmt::format("{} of the {} better trials were best in the last 25% of training", late, count);
    finding.action =
        fmt::format("increase max_train_steps, now {}, and tune the learning rate decay again for it", last);
  } else if (early_interval.upper < 0.5 && late_interval.upper < 0.5) {
    finding.verdict = Verdict::good;
    finding.conclusion = "the best steps are neither all early nor all late";
  } else {
    finding.conclusion = fmt::format("the best steps of {} trials do not tell", count);
  }
  return finding;
}

}  // namespace eigentune
