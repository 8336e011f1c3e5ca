#pragma once

#include <eigentune/analysis/diagnose.hpp>
#include <eigentune/analysis/finding.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/report/state_counts.hpp>
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

namespace report_detail {

/// A user's text in lines of a terminal: control characters, which could move its cursor, as "\x1b", line breaks as
/// spaces.
inline std::string terminal_text(std::string_view text) {
  std::string safe;
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (character == '\n' || character == '\t') {
      safe += ' ';
    } else if (byte < 0x20 || byte == 0x7f) {
      safe += fmt::format("\\x{:02x}", byte);
    } else {
      safe += character;
    }
  }
  return safe;
}

}  // namespace report_detail

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

/// What the study asked, how its trials ended, and the best one, in lines. Control characters in a user's text are
/// shown, not sent.
inline std::string study_heading(const StudyData& data) {
  const StudyDefinition& study = data.definition;
  std::string text = fmt::format("study \"{}\"\n", report_detail::terminal_text(study.name));
  const auto line = [&text](std::string_view name, std::string_view value) {
    if (!value.empty()) text += fmt::format("  {}: {}\n", name, report_detail::terminal_text(value));
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

/// The findings in lines, by urgency. Control characters as in study_heading.
inline std::string findings_text(std::vector<Finding> findings) {
  std::string text;
  for (Finding& finding : findings) {  // a line break in a user's text must not look like a line of ours
    for (std::string* words : {&finding.hyperparameter, &finding.conclusion, &finding.action}) {
      *words = report_detail::terminal_text(*words);
    }
  }
  for (const Finding& finding : by_urgency(std::move(findings))) {
    const std::string whole = fmt::format("{}\n", finding);
    for (std::string_view rest = whole; !rest.empty();) {
      const std::size_t end = rest.find('\n');
      text += report_detail::terminal_text(rest.substr(0, end)) + '\n';
      rest.remove_prefix(end + 1);
    }
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
