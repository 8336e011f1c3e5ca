#pragma once

#include <eigentune/analysis/finding.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/report/markup.hpp>
#include <eigentune/space/hyperparameter.hpp>
#include <eigentune/space/value.hpp>
#include <eigentune/study/trial_record.hpp>

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace eigentune {

namespace report_detail {

/// A cell with any text, escaped.
inline std::string cell(std::string_view text, std::string_view attributes = "") {
  return fmt::format("<td{}>{}</td>", attributes, escaped(text));
}

template <class Number>
std::string number_cell(const std::optional<Number>& number) {
  return number ? fmt::format("<td>{:.6}</td>", static_cast<double>(*number)) : "<td></td>";
}

inline std::string number_cell(const std::optional<std::int64_t>& number) {
  return number ? fmt::format("<td>{}</td>", *number) : "<td></td>";
}

/// The value of a hyperparameter as people write it; a string without quotes.
inline std::string plain_text(const Value& value) {
  return value.is_string() ? value.as_string() : number_text(value);
}

/// The trial's value of the hyperparameter, null where it is not active.
inline const Value* value_of(const TrialRecord& trial, const Hyperparameter& hyperparameter) {
  if (!trial.point || !hyperparameter.is_active(*trial.point)) return nullptr;
  return trial.point->find(hyperparameter.name);
}

inline std::string trial_row(const StudyData& data, const TrialRecord& trial) {
  const std::int64_t number = trial.number;
  std::string row = fmt::format(
      "<tr id=\"trial-{0}\" data-trial=\"{0}\"><th scope=\"row\"><a href=\"#trial-{0}\">{0}</a></th>", number);
  row += cell(to_string(trial.state), " class=\"words-cell\"");
  row += number_cell(trial.objective) + number_cell(trial.best_step);
  for (const Hyperparameter& hyperparameter : data.space.hyperparameters()) {
    const Value* value = value_of(trial, hyperparameter);
    row += value == nullptr ? "<td></td>" : cell(plain_text(*value));
  }
  row += fmt::format("<td>{}</td>", trial.attempt);
  row += number_cell(trial.infeasible_step ? trial.infeasible_step : trial.diverged_step);
  return row + cell(trial.reason, " class=\"reason\"") + "</tr>\n";
}

}  // namespace report_detail

/// All trials of a study as an HTML table, a row for each, `id="trial-3"` for links to it: state, objective, the step
/// at which it was reached, every hyperparameter by its id (empty where it is not active), the
/// step at which it turned out infeasible or diverged, and why.
inline std::string trial_table(const StudyData& data) {
  using report_detail::cell;
  if (data.trials.empty()) return "<p>There are no trials yet.</p>\n";
  std::string result =
      "<section class=\"scroll\" tabindex=\"0\" aria-label=\"All trials\"><table>\n<caption>A row for each "
      "trial. A hyperparameter without a value is not active there.</caption>\n<thead><tr>";
  const auto header = [&result](std::string_view text, std::string_view attributes = "") {
    result += fmt::format("<th scope=\"col\"{}>{}</th>", attributes, escaped(text));
  };
  header("trial");
  header("state", " class=\"words-cell\"");
  header(data.definition.metric.empty() ? "objective" : data.definition.metric);
  header("best step");
  for (const Hyperparameter& hyperparameter : data.space.hyperparameters()) header(hyperparameter.id);
  header("attempt");
  header("went wrong at step");
  header("reason", " class=\"words-cell\"");
  result += "</tr></thead>\n<tbody>\n";
  for (const TrialRecord& trial : data.trials) result += report_detail::trial_row(data, trial);
  return result + "</tbody></table></section>\n";
}

}  // namespace eigentune
