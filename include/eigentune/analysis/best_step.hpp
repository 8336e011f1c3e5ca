#pragma once

#include <eigentune/analysis/finding.hpp>
#include <eigentune/analysis/late_gain.hpp>
#include <eigentune/analysis/significance.hpp>
#include <eigentune/analysis/study_data.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace eigentune {

/// The best step is early in the first tenth and late in the last quarter of training.
inline constexpr double early_share = 0.1, late_share = 0.25;

/// "Is max_train_steps too small or too large?" ("How to choose the number of steps": the best step of each run.)
/// max_train_steps is the last step of any curve. Of the better half of the complete trials, those whose best step is
/// in the first 10% (bound: lower) or in the last 25% (bound: upper) are a problem if they are more than half of all
/// such trials that there could be, by Wilson's interval at 95%. Late ones are none if what is gained at the end is
/// negligible (find_still_improving): a curve that only creeps on is best at its end, too.
inline Finding find_best_step(const StudyData& data) {
  Finding finding{.check = Check::best_step};
  constexpr std::size_t least_choices = 4;  // the best of fewer says nothing of where the best would be
  std::int64_t last = 0;
  for (const auto& [number, curve] : data.curves) {
    if (!curve.empty()) last = std::max(last, curve.rows().back().step);
  }
  const std::vector<RankedTrial> ranked = ranked_trials(data);
  std::int64_t count = 0, early = 0, late = 0;
  for (std::size_t i = 0; i < (ranked.size() + 1) / 2; ++i) {
    const TrialRecord& trial = *ranked[i].trial;
    const auto curve = data.curves.find(trial.number);
    if (!trial.best_step || curve == data.curves.end()) continue;
    if (curve->second.series(data.definition.metric).values.size() < least_choices) continue;
    const double share = static_cast<double>(*trial.best_step) / static_cast<double>(last);
    ++count;
    early += share <= early_share ? 1 : 0;
    late += share >= 1.0 - late_share ? 1 : 0;
  }
  if (count == 0 || last == 0) {
    finding.conclusion =
        fmt::format("none of the better half of trials has a best step among at least {} evaluations", least_choices);
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
  } else if (late_interval.lower > 0.5 && find_still_improving(data).verdict == Verdict::good) {
    finding.conclusion = fmt::format(
        "{} of the {} better trials were best in the last 25% of training, but what is gained there is negligible",
        late, count);
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
