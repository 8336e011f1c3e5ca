#pragma once

#include <eigentune/analysis/scientific_comparison.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/error.hpp>
#include <eigentune/report/axis_plot.hpp>
#include <eigentune/report/clipped_axis.hpp>
#include <eigentune/report/plot.hpp>
#include <eigentune/report/plot_axes.hpp>
#include <eigentune/report/plot_options.hpp>
#include <eigentune/report/trial_marks.hpp>
#include <eigentune/space/hyperparameter.hpp>
#include <eigentune/space/role.hpp>
#include <eigentune/study/trial_record.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace eigentune {

/// The isolation plot of a hyperparameter ("Extracting insight from experimental results"): the best trial of each of
/// its values, or of each of a few buckets of its axis (see scientific_values), which is that value with all other
/// hyperparameters optimized away; joined by a line if the values have an order. The other trials lie muted behind.
/// Rules are the bounds of the buckets. No layers if no final trial has the hyperparameter.
inline Plot isolation_plot(const StudyData& data, std::size_t index, const PlotOptions& options = {}) {
  require(index < data.space.hyperparameters().size(), "isolation_plot: index must be in [0, {}), got {}",
          data.space.hyperparameters().size(), index);
  const Hyperparameter& hyperparameter = data.space.hyperparameters()[index];
  const report_detail::TrialMarks marks(data, options);
  const report_detail::ClippedAxis outcome = marks.objective_axis();
  Plot plot{.id = report_detail::plot_id("isolation", index, hyperparameter.id),
            .title = fmt::format("best {} for each value of {}", marks.metric(), hyperparameter.id),
            .x = report_detail::hyperparameter_axis(hyperparameter)};
  const bool categories = plot.x.scale == AxisScale::category;
  const auto x_of = [&](const TrialRecord& trial) {
    return trial.point ? report_detail::axis_value(hyperparameter, *trial.point) : std::nullopt;
  };
  const auto spread = [&](const TrialRecord& trial) {
    std::optional<double> x = x_of(trial);
    if (x && categories) *x += report_detail::category_jitter(trial.number);
    return x;
  };
  const std::vector<ScientificValue> values = scientific_values(data, hyperparameter);
  const std::optional<std::int64_t> cardinality = hyperparameter.domain.cardinality();
  const bool buckets = !cardinality || *cardinality > most_scientific_values;
  if (buckets && !categories) {
    for (std::size_t i = 1; i < values.size(); ++i) {
      plot.layers.emplace_back(RuleLayer{.value = values[i].value.as_double()});
    }
  }
  marks.add_to(plot, outcome, spread, {&hyperparameter}, Tone::muted, report_detail::OwnBest::muted);
  if (marks.empty()) return plot;

  PointLayer points{.label = buckets ? "best of each bucket" : "best of each value", .tone = Tone::best};
  PlotLine line{.tooltip = points.label};
  const ScientificValue* best = nullptr;
  for (const ScientificValue& value : values) {
    if (value.trials.empty()) {
      if (value.size() > 0) plot.description += fmt::format(" {}: all {} infeasible.", value.label, value.size());
      continue;
    }
    const TrialRecord& trial = *marks.trial(value.trials.front());
    const double x = *x_of(trial), y = outcome.place(*trial.objective);
    points.points.push_back({.x = x,
                             .y = y,
                             .trial = trial.number,
                             .tooltip = fmt::format("best of {} with {} {}; {}", value.size(), hyperparameter.name,
                                                    value.label, marks.tooltip(trial, {&hyperparameter}))});
    line.x.push_back(x);
    line.y.push_back(y);
    plot.description += fmt::format(" {}: {:.4g}, the best of {} in trial {}.", value.label, *trial.objective,
                                    value.size(), trial.number);
    if (best == nullptr || value.costs.front() < best->costs.front()) best = &value;
  }
  plot.description = fmt::format("The best {} of each {} of {}:{}", marks.metric(), buckets ? "bucket" : "value",
                                 hyperparameter.id, plot.description);
  if (best != nullptr) plot.description += fmt::format(" The best of all has {} {}.", hyperparameter.name, best->label);
  if (hyperparameter.role == Role::scientific) {
    plot.description += fmt::format(" Compared: {}.", analysis_detail::compare_values(data, index).conclusion);
  }
  if (line.x.size() > 1 && has_axis(hyperparameter)) {
    plot.layers.emplace_back(LineLayer{.tone = Tone::best, .bold = true, .lines = {std::move(line)}});
  }
  if (!points.points.empty()) plot.layers.emplace_back(std::move(points));
  return plot;
}

/// The isolation plots of the scientific hyperparameters, or if there is none, of the nuisance ones; those that have a
/// final trial.
inline std::vector<Plot> isolation_plots(const StudyData& data, const PlotOptions& options = {}) {
  const auto plots_of = [&](Role role) {
    std::vector<Plot> plots;
    for (std::size_t index = 0; index < data.space.hyperparameters().size(); ++index) {
      if (data.space.hyperparameters()[index].role != role) continue;
      Plot plot = isolation_plot(data, index, options);
      const bool has_trials = std::ranges::any_of(
          plot.layers, [](const PlotLayer& layer) { return std::holds_alternative<PointLayer>(layer); });
      if (has_trials) plots.push_back(std::move(plot));
    }
    return plots;
  };
  const bool scientific = std::ranges::any_of(data.space.hyperparameters(),
                                              [](const Hyperparameter& one) { return one.role == Role::scientific; });
  return plots_of(scientific ? Role::scientific : Role::nuisance);
}

}  // namespace eigentune
