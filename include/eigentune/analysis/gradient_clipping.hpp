#pragma once

#include <eigentune/analysis/cost_curve.hpp>
#include <eigentune/analysis/finding.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/error.hpp>
#include <eigentune/core/quantile.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace eigentune {

/// The gradient norms of the best trials ("How can optimization failures be debugged and mitigated?"): the clip
/// threshold that the playbook suggests, the 90th percentile of the norms before clipping, and the share of the
/// reported steps that were clipped, each the median of the best trials. More than half is a problem; without a report
/// of clipping the threshold is a note. These are facts of the trials, so nothing is tested.
inline Finding find_gradient_clipping(const StudyData& data) {
  Finding finding{.check = Check::gradient_clipping};
  std::vector<double> thresholds, shares;
  std::size_t left = best_trials_count;
  for (const RankedTrial& one : ranked_trials(data)) {
    if (left-- == 0) break;
    const auto found = data.curves.find(one.trial->number);
    if (found == data.curves.end()) continue;
    std::vector<double> norms;
    double steps = 0.0, clipped = 0.0;
    for (const CurveRow& row : found->second.rows()) {
      if (!row.values.gradient_norm || !is_finite(*row.values.gradient_norm)) continue;
      norms.push_back(*row.values.gradient_norm);
      if (!row.values.clip_scale || !is_finite(*row.values.clip_scale)) continue;
      steps += 1.0;
      clipped += *row.values.clip_scale < 1.0 ? 1.0 : 0.0;
    }
    if (norms.size() < least_evaluations) continue;
    thresholds.push_back(quantile_in_place(norms, 0.9));
    finding.trials.push_back(one.trial->number);
    if (steps > 0.0) shares.push_back(clipped / steps);
  }
  if (thresholds.empty()) {
    finding.conclusion = fmt::format("none of the best trials has at least {} gradient norms", least_evaluations);
    return finding;
  }
  const double threshold = median(thresholds);
  finding.evidence = {{"best_trials", static_cast<double>(thresholds.size())}, {"percentile_90", threshold}};
  finding.conclusion = fmt::format("90% of the gradient norms of the best trials are at most {:.3g}", threshold);
  if (shares.empty()) {
    finding.verdict = Verdict::note;
    finding.action = fmt::format("if training needs gradient clipping, clip at {:.3g}", threshold);
    return finding;
  }
  const double share = median(shares);
  finding.evidence.push_back({"clipped_share", share});
  finding.conclusion += fmt::format(", and {:.3g}% of the steps were clipped", 100.0 * share);
  if (share > 0.5) {
    finding.verdict = Verdict::problem;
    finding.action = fmt::format(
        "lower the learning rate instead of clipping so much, or clip at the 90th percentile, {:.3g}", threshold);
  } else {
    finding.verdict = Verdict::good;
  }
  return finding;
}

}  // namespace eigentune
