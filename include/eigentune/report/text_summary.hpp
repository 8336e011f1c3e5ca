#pragma once

#include <eigentune/analysis/diagnose.hpp>
#include <eigentune/analysis/finding.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/report/state_counts.hpp>
#include <eigentune/report/terminal_text.hpp>
#include <eigentune/study/study.hpp>
#include <eigentune/study/trial_record.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigentune {

/// The findings in the order in which a reader wants them: problems, what the data cannot say, notes, what is good;
/// within each as in `findings`.
inline std::vector<Finding> by_urgency(std::vector<Finding> findings) {
  const auto urgency = [](const Finding& finding) {
    constexpr std::array order = {3, 0, 2, 1};  // good, problem, note, cannot_say
    return order[static_cast<std::size_t>(finding.verdict)];
  };
  std::ranges::stable_sort(findings, {}, urgency);
  return findings;
}

/// How many trials there are and how they ended: "64 of 64 trials: 57 complete, 7 infeasible"; states without a trial
/// are left out.
inline std::string state_counts_text(const StudyData& data) {
  return fmt::format("{} of {} trials{}", data.trials.size(), data.definition.trials,
                     report_detail::state_counts(data));
}

/// What the study asked, how its trials ended, and the best one, in lines. A user's text is shown as terminal_text
/// does.
inline std::string study_heading(const StudyData& data) {
  const StudyDefinition& study = data.definition;
  std::string text = fmt::format("study \"{}\"\n", terminal_text(study.name));
  const auto line = [&text](std::string_view name, std::string_view value) {
    if (!value.empty()) text += fmt::format("  {}: {}\n", name, terminal_text(value));
  };
  line("question", study.question);
  line("notes", study.notes);
  line("objective", fmt::format("{}, {}", study.metric, to_string(study.direction)));
  line("sampler", study.sampler);
  line("budget", state_counts_text(data));
  if (const std::vector<RankedTrial> ranked = ranked_trials(data); !ranked.empty()) {
    const TrialRecord& best = *ranked.front().trial;
    std::string found = fmt::format("trial {}, {} {:.6g}", best.number, study.metric, *best.objective);
    if (best.best_step) found += fmt::format(" at step {}", *best.best_step);
    line("best", fmt::format("{}, at {}", found, best.point->text()));
  }
  return text;
}

/// The findings in lines, by urgency. A user's text as in study_heading.
inline std::string findings_text(std::vector<Finding> findings) {
  std::string text;
  for (Finding& finding : findings) {  // a line break in a user's text must not look like a line of ours
    for (std::string* words : {&finding.hyperparameter, &finding.conclusion, &finding.action}) {
      *words = terminal_text(*words);
    }
  }
  for (const Finding& finding : by_urgency(std::move(findings))) {
    text += terminal_lines(fmt::format("{}", finding));
  }
  return text;
}

/// A study for a terminal or a log: study_heading, and what diagnose finds, problems first.
inline std::string text_summary(const StudyData& data) {
  return study_heading(data) + '\n' + findings_text(diagnose(data));
}

/// The same of what the study's storage holds now. Throws eigentune::Error if that fails.
inline std::string text_summary(const Study& study) {
  return text_summary(read_study(study));
}

}  // namespace eigentune
