#pragma once

#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/shell_word.hpp>
#include <eigentune/report/csv.hpp>
#include <eigentune/report/terminal_text.hpp>
#include <eigentune/space/point.hpp>

#include <fmt/core.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace eigentune {

/// The command line that runs `program` at that point, as ExternalCommand does with PassPoint::arguments: a shell
/// command followed by `--name=value` for each active hyperparameter, values exact.
inline std::string reproduction_command(std::string_view program, const Point& point) {
  std::string command(program);
  for (const auto& [name, value] : point) {
    command += ' ' + shell_word(fmt::format("--{}={}", name, value.is_string() ? value.as_string() : value.text()));
  }
  return command;
}

/// What the playbook keeps of every study ("Tracking experiments").
struct TrackingRow {
  std::string study{};
  std::string configuration{};  ///< where its configuration is: a database, a file, a commit
  std::string notes{};
  std::int64_t trials = 0;       ///< that are final
  std::string metric{};          ///< of the next
  std::optional<double> best{};  ///< the objective of the best trial's best checkpoint
  std::string reproduction{};    ///< the command that trains the best again
};

/// The row of a study. `program` is the command that trains at a point (see reproduction_command); without it the row
/// has the point itself.
inline TrackingRow tracking_row(const StudyData& data, std::string configuration, std::string_view program = {}) {
  TrackingRow row{.study = data.definition.name,
                  .configuration = std::move(configuration),
                  .notes = data.definition.notes,
                  .metric = data.definition.metric};
  for (const TrialRecord& trial : data.trials) row.trials += is_final(trial.state) ? 1 : 0;
  const std::vector<RankedTrial> ranked = ranked_trials(data);
  if (ranked.empty()) return row;
  const TrialRecord& best = *ranked.front().trial;
  row.best = *best.objective;
  row.reproduction = program.empty() ? best.point->text() : reproduction_command(program, *best.point);
  return row;
}

namespace report_detail {

inline constexpr std::string_view tracking_columns[] = {"study",  "configuration", "notes",       "trials",
                                                        "metric", "best",          "reproduction"};

inline std::vector<std::string> tracking_fields(const TrackingRow& row) {
  return {row.study,       row.configuration,
          row.notes,       fmt::format("{}", row.trials),
          row.metric,      row.best ? fmt::format("{}", *row.best) : std::string(),
          row.reproduction};
}

}  // namespace report_detail

/// The tracking table as CSV: study,configuration,notes,trials,metric,best,reproduction.
inline std::string tracking_csv(std::span<const TrackingRow> rows) {
  std::string csv;
  for (const std::string_view column : report_detail::tracking_columns) {
    if (!csv.empty()) csv += ',';
    csv += column;
  }
  csv += '\n';
  for (const TrackingRow& row : rows) {
    bool first = true;
    for (const std::string& field : report_detail::tracking_fields(row)) {
      if (!first) csv += ',';
      csv += csv_field(field);
      first = false;
    }
    csv += '\n';
  }
  return csv;
}

/// The tracking table as Markdown, which reads well in a terminal too: columns as wide as their longest field,
/// fields as terminal_text shows them, "|" escaped.
inline std::string tracking_table(std::span<const TrackingRow> rows) {
  std::vector<std::vector<std::string>> lines(1);
  for (const std::string_view column : report_detail::tracking_columns) lines[0].emplace_back(column);
  for (const TrackingRow& row : rows) {
    std::vector<std::string>& line = lines.emplace_back();
    for (const std::string& field : report_detail::tracking_fields(row)) {
      std::string& cell = line.emplace_back();
      for (const char character : terminal_text(field)) {
        if (character == '|') cell += '\\';
        cell += character;
      }
    }
  }
  // Letters beyond ASCII take several bytes and, mostly, one column.
  const auto width_of = [](std::string_view text) {
    std::size_t width = 0;
    for (const char byte : text) width += (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U ? 1 : 0;
    return width;
  };
  std::vector<std::size_t> widths(lines[0].size(), 3);
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], width_of(line[i]));
  }
  std::string table;
  for (std::size_t row = 0; row < lines.size(); ++row) {
    for (std::size_t i = 0; i < widths.size(); ++i) {
      table += "| " + lines[row][i] + std::string(widths[i] - width_of(lines[row][i]) + 1, ' ');
    }
    table += "|\n";
    if (row > 0) continue;
    for (const std::size_t width : widths) table += '|' + std::string(width + 2, '-');
    table += "|\n";
  }
  return table;
}

}  // namespace eigentune
