#pragma once

#include <eigentune/analysis/finding.hpp>
#include <eigentune/analysis/significance.hpp>
#include <eigentune/analysis/study_data.hpp>

#include <fmt/core.h>

#include <cstdint>

namespace eigentune {

/// How much of a study may be infeasible before that is a problem. The playbook says "a large fraction"; this is a
/// quarter, beyond which a budget of 64 trials has less than 48 to learn from.
inline constexpr double large_infeasible_share = 0.25;

/// "What fraction of the trials in the study are infeasible?" The share of the search space is judged, from which the
/// trials are a sample: by Wilson's interval at 95%.
inline Finding find_infeasible_fraction(const StudyData& data) {
  Finding finding{.check = Check::infeasible_fraction};
  std::int64_t finished = 0;
  for (const TrialRecord& trial : data.trials) {
    if (!is_final(trial.state)) continue;
    ++finished;
    if (is_infeasible(trial)) finding.trials.push_back(trial.number);
  }
  if (finished == 0) {
    finding.conclusion = "no trial has ended yet";
    return finding;
  }
  const auto infeasible = static_cast<std::int64_t>(finding.trials.size());
  const analysis_detail::WilsonInterval share(infeasible, finished, 1.96);
  finding.conclusion = fmt::format("{} of {} trials are infeasible", infeasible, finished);
  finding.evidence = {{"infeasible_share", static_cast<double>(infeasible) / static_cast<double>(finished)},
                      {"lower_95", share.lower},
                      {"upper_95", share.upper}};
  if (share.lower > large_infeasible_share) {
    finding.verdict = Verdict::problem;
    finding.action = infeasible == finished
                         ? "look for a bug in the training code, or avoid these points by adjusting the search space"
                         : "avoid sampling such points by adjusting the search space, or reparameterise it; a large "
                           "fraction of infeasible points can also indicate a bug in the training code";
  } else if (share.upper < large_infeasible_share) {
    finding.verdict = Verdict::good;
  } else {
    finding.conclusion += ", too few to tell whether more than a quarter of the search space is";
  }
  return finding;
}

}  // namespace eigentune
