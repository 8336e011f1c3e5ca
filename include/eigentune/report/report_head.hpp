#pragma once

#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/direction.hpp>
#include <eigentune/report/markup.hpp>
#include <eigentune/report/state_counts.hpp>
#include <eigentune/study/trial_record.hpp>

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

namespace eigentune::report_detail {

/// "64 of 64: 58 complete, 6 infeasible".
inline std::string trial_counts(const StudyData& data) {
  const std::string budget = data.definition.trials > 0 ? fmt::format(" of {}", data.definition.trials) : "";
  return fmt::format("{}{}{}", data.trials.size(), budget, state_counts(data));
}

/// The best trial as HTML: its objective, a link to its row, and the step of its best checkpoint.
inline std::string best_trial(const StudyData& data) {
  const std::vector<RankedTrial> ranked = ranked_trials(data);
  if (ranked.empty()) return "none";
  const TrialRecord& best = *ranked.front().trial;
  const std::string step = best.best_step ? fmt::format(", step {}", *best.best_step) : "";
  return fmt::format("{:.6} (<a href=\"#trial-{}\" data-trial=\"{}\">trial {}</a>{})", *best.objective, best.number,
                     best.number, best.number, step);
}

/// Name, question, notes and what the playbook's tracking table has of a study, as HTML.
inline std::string report_head(const StudyData& data) {
  const StudyDefinition& definition = data.definition;
  std::string result =
      fmt::format("<header>\n<h1>{}</h1>\n", escaped(definition.name.empty() ? "Study" : definition.name));
  if (!definition.question.empty())
    result += fmt::format("<p class=\"question\">{}</p>\n", escaped(definition.question));
  constexpr std::size_t short_notes = 400;
  if (definition.notes.size() > short_notes) {
    result += fmt::format("<details><summary>Notes</summary><p class=\"notes\">{}</p></details>\n",
                          escaped(definition.notes));
  } else if (!definition.notes.empty()) {
    result += fmt::format("<p class=\"notes\">{}</p>\n", escaped(definition.notes));
  }
  result += "<dl class=\"facts\">\n";
  const auto fact = [&result](std::string_view name, const std::string& markup) {
    if (!markup.empty()) result += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", name, markup);
  };
  fact("Best", best_trial(data));
  const std::string metric = definition.metric.empty() ? "objective" : definition.metric;
  fact("Metric", fmt::format("{}, {}d", escaped(metric), to_string(definition.direction)));
  if (definition.objective != "best " + definition.metric) fact("Objective", escaped(definition.objective));
  fact("Trials", trial_counts(data));
  fact("Sampler", escaped(definition.sampler));
  return result + "</dl>\n</header>\n";
}

}  // namespace eigentune::report_detail
