#pragma once

#include <eigentune/analysis/cost_curve.hpp>
#include <eigentune/analysis/finding.hpp>
#include <eigentune/analysis/spread_of_better_half.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/quantile.hpp>

#include <fmt/core.h>

#include <optional>
#include <vector>

namespace eigentune {

/// The step-to-step deviation is high from this share of the spread of the better half of trials on, and low up to
/// half of that.
inline constexpr double high_step_noise = 0.5, low_step_noise = 0.25;

/// "Is there high step-to-step variance in the validation error late in training?" Compares its standard deviation in
/// the last quarter (CostCurve::noise, the median of the best trials) with what it would blur: spread_of_better_half.
inline Finding find_late_variance(const StudyData& data) {
  Finding finding{.check = Check::late_variance};
  const std::vector<NumberedCurve> best = best_validation_curves(data);
  const std::vector<RankedTrial> ranked = ranked_trials(data);
  const std::optional<double> spread = spread_of_better_half(ranked);
  if (!spread) {
    finding.conclusion = too_few_text(ranked.size());
    return finding;
  }
  if (best.empty()) {
    finding.conclusion =
        fmt::format("none of the best trials has a curve of at least {} validation values", least_evaluations);
    return finding;
  }
  std::vector<double> noises;
  for (const NumberedCurve& one : best) noises.push_back(one.curve.noise(0.25));
  const double noise = median(noises);
  finding.evidence = {{"step_to_step_deviation", noise}, {"spread_of_better_half", *spread}};
  if (!(*spread > 0.0)) {
    finding.conclusion = "the better trials have the same objective";
  } else if (noise > high_step_noise * *spread) {
    finding.verdict = Verdict::problem;
    for (const NumberedCurve& one : best) finding.trials.push_back(one.number);
    finding.conclusion =
        "the validation error jumps from step to step by as much as the better trials differ, so each may have ended "
        "on a lucky or unlucky one";
    finding.action =
        "increase the batch size, obtain more validation data, use learning rate decay, or use Polyak averaging";
  } else if (noise < low_step_noise * *spread) {
    finding.verdict = Verdict::good;
    finding.conclusion = "the validation error varies less from step to step than between the better trials";
  } else {
    finding.conclusion =
        "the step-to-step variance is neither small nor large against what the better trials differ by";
  }
  return finding;
}

}  // namespace eigentune
