#pragma once

#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/training_curve.hpp>
#include <eigentune/space/hyperparameter.hpp>
#include <eigentune/space/value.hpp>
#include <eigentune/study/trial_record.hpp>

#include <fmt/core.h>

#include <chrono>
#include <cstdint>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace eigentune {

/// A field of a CSV file (RFC 4180): in quotes, with its own doubled, if it has a comma, a quote, a line break, or a
/// space at an end.
inline std::string csv_field(std::string_view text) {
  const bool plain = text.find_first_of(",\"\r\n") == std::string_view::npos &&
                     (text.empty() || (text.front() != ' ' && text.back() != ' '));
  if (plain) return std::string(text);
  std::string quoted = "\"";
  for (const char character : text) quoted += character == '"' ? std::string("\"\"") : std::string(1, character);
  return quoted + '"';
}

/// The point in time as "2026-01-31T12:00:00.250Z".
inline std::string time_text(StorageTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::int64_t milliseconds = (time - day).count();
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), milliseconds / 3'600'000,
                     milliseconds / 60'000 % 60, milliseconds / 1'000 % 60, milliseconds % 1'000);
}

/// All trials, a line each, by number, in UTF-8 with a line of names first:
///
///     number,state,objective,best_step,hyperparameter.<id> ...,reason,infeasible_step,diverged_step,attempt,worker,
///     started,finished
///
/// There is a column for every hyperparameter of the space, the fixed ones included, and it is empty where that one is
/// not active. Doubles are in the fewest digits that read back as the same double. A missing value is an empty field.
inline std::string trials_csv(const StudyData& data) {
  std::string csv = "number,state,objective,best_step";
  for (const Hyperparameter& hyperparameter : data.space.hyperparameters()) {
    csv += ',' + csv_field("hyperparameter." + hyperparameter.id);
  }
  csv += ",reason,infeasible_step,diverged_step,attempt,worker,started,finished\n";
  const auto out = std::back_inserter(csv);
  const auto optional = [&](const auto& value) {
    csv += ',';
    if (value) fmt::format_to(out, "{}", *value);
  };
  for (const TrialRecord& trial : data.trials) {
    fmt::format_to(out, "{},{}", trial.number, to_string(trial.state));
    optional(trial.objective);
    optional(trial.best_step);
    for (const Hyperparameter& hyperparameter : data.space.hyperparameters()) {
      csv += ',';
      if (!trial.point || !hyperparameter.is_active(*trial.point)) continue;
      const Value* value = trial.point->find(hyperparameter.name);
      if (value != nullptr) csv += csv_field(value->is_string() ? value->as_string() : value->text());
    }
    csv += ',' + csv_field(trial.reason);
    optional(trial.infeasible_step);
    optional(trial.diverged_step);
    fmt::format_to(out, ",{},{},{},{}\n", trial.attempt, csv_field(trial.worker),
                   trial.started ? time_text(*trial.started) : "", trial.finished ? time_text(*trial.finished) : "");
  }
  return csv;
}

/// All curves, a line for each trial and step, with a line of names first: `trial,step`, then each column of
/// curve_columns that some curve has, then the metrics in the order of the alphabet. Doubles as in trials_csv, NaN as
/// "nan" and the infinities as "inf" and "-inf"; what was not measured is an empty field.
inline std::string curves_csv(const StudyData& data) {
  std::vector<CurveColumn> columns;
  std::set<std::string_view> metrics;
  for (const CurveColumn& column : curve_columns) {
    for (const auto& [number, curve] : data.curves) {
      if (curve.series(column.name).values.empty()) continue;
      columns.push_back(column);
      break;
    }
  }
  for (const auto& [number, curve] : data.curves) {
    for (const CurveRow& row : curve.rows()) {
      for (const auto& [name, value] : row.values.metrics) metrics.insert(name);
    }
  }
  std::string csv = "trial,step";
  const auto out = std::back_inserter(csv);
  for (const CurveColumn& column : columns) fmt::format_to(out, ",{}", column.name);
  for (const std::string_view name : metrics) fmt::format_to(out, ",{}", csv_field(name));
  csv += '\n';
  for (const auto& [number, curve] : data.curves) {
    for (const CurveRow& row : curve.rows()) {
      fmt::format_to(out, "{},{}", number, row.step);
      for (const CurveColumn& column : columns) {
        csv += ',';
        if (const auto& value = row.values.*column.value) fmt::format_to(out, "{}", *value);
      }
      for (const std::string_view name : metrics) {
        csv += ',';
        const auto value = row.values.metrics.find(name);
        if (value != row.values.metrics.end()) fmt::format_to(out, "{}", value->second);
      }
      csv += '\n';
    }
  }
  return csv;
}

}  // namespace eigentune
