#pragma once

#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/training_curve.hpp>
#include <eigentune/report/curve_plot.hpp>
#include <eigentune/report/plot.hpp>
#include <eigentune/report/plot_options.hpp>
#include <eigentune/report/trial_marks.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace eigentune {

namespace report_detail {

/// The columns that training curves are plotted of: the study's metric first, then validation error, validation and
/// training loss, then other metrics by name. Not the columns that say how was trained instead of what came out: the
/// learning rate, the gradient norm (which has plots of its own) and its clip scale, the throughput.
inline std::vector<std::string> plotted_columns(const StudyData& data) {
  std::set<std::string> present;
  for (const auto& [number, curve] : data.curves) {
    for (std::string& name : curve.columns()) present.insert(std::move(name));
  }
  std::vector<std::string> columns;
  const auto take = [&](const std::string& name) {
    if (present.erase(name) > 0) columns.push_back(name);
  };
  take(data.definition.metric);
  for (const char* name : {"validation_error", "validation_loss", "training_loss"}) take(name);
  for (const CurveColumn& column : curve_columns) present.erase(std::string(column.name));
  columns.insert(columns.end(), present.begin(), present.end());
  return columns;
}

/// So many columns are plotted at most: a run may report dozens of metrics.
inline constexpr std::size_t most_curve_plots = 8;
/// " Not plotted besides: a, b." if there are more columns.
inline std::string columns_left_out(const StudyData& data) {
  std::string text;
  const std::vector<std::string> columns = plotted_columns(data);
  for (std::size_t i = most_curve_plots; i < columns.size(); ++i) {
    text += fmt::format("{}{}", i == most_curve_plots ? " Not plotted besides: " : ", ", columns[i]);
  }
  return text.empty() ? text : text + ".";
}

/// So many points all curves of a report have together, but for those of the best trials, so that it stays small: a
/// thousand trials have about ten each in five plots.
inline constexpr std::size_t most_curve_points = 50'000;

/// How many points a curve may have if there are `plots` plots of curves.
inline CurvePoints curve_points(const StudyData& data, const PlotOptions& options, std::size_t plots) {
  const auto most = static_cast<std::size_t>(options.curve_points);
  const std::size_t curves = std::max<std::size_t>(1, plots * data.curves.size());
  return {.best = most,
          .others = std::clamp<std::size_t>(most_curve_points / curves, 8, std::max<std::size_t>(most, 8))};
}

}  // namespace report_detail

/// The training curves of all trials with those of the best on top ("Examining the training curves"): a plot for each
/// column that has values, up to eight; the study's metric, validation error, validation loss, training loss, then
/// other metrics. Curves are thinned to options.curve_points, and those in the background to fewer if there are many,
/// down to 8: see report_detail::thinned_line for what is kept.
inline std::vector<Plot> training_curve_plots(const StudyData& data, const PlotOptions& options = {}) {
  const report_detail::TrialMarks marks(data, options);
  std::vector<std::string> columns = report_detail::plotted_columns(data);
  if (columns.size() > report_detail::most_curve_plots) columns.resize(report_detail::most_curve_plots);
  const report_detail::CurvePoints points = report_detail::curve_points(data, options, columns.size() + 1);
  std::vector<Plot> plots;
  for (const std::string& column : columns) {
    plots.push_back(
        report_detail::curve_plot(marks, report_detail::plot_id("curves", plots.size(), column), column, points));
  }
  return plots;
}

}  // namespace eigentune
