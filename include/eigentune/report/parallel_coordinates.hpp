#pragma once

#include <eigentune/analysis/study_data.hpp>
#include <eigentune/report/clipped_axis.hpp>
#include <eigentune/report/plot.hpp>
#include <eigentune/report/plot_axes.hpp>
#include <eigentune/report/plot_options.hpp>
#include <eigentune/report/trial_marks.hpp>
#include <eigentune/space/hyperparameter.hpp>
#include <eigentune/space/scale.hpp>
#include <eigentune/study/trial_record.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace eigentune {

/// Parallel coordinates: each trial is a line over all hyperparameters that vary, each on its scale from the lower
/// bound at 0 to the upper at 1, and at last the objective, on the axis that axis plots have. The words are what lies
/// at the ends, or at the values of a short list. Where a hyperparameter is not active the line is interrupted;
/// infeasible trials end before the objective. No layers if nothing varies or no trial is final.
inline Plot parallel_coordinates_plot(const StudyData& data, const PlotOptions& options = {}) {
  const report_detail::TrialMarks marks(data, options);
  Plot plot{.id = "parallel-coordinates",
            .title = fmt::format("position on the axis of each hyperparameter and of {}", marks.metric())};
  const std::vector<const Hyperparameter*> varied = marks.varied();
  if (varied.empty() || marks.empty()) return plot;
  const report_detail::ClippedAxis outcome = marks.objective_axis();
  constexpr double beside = 0.05;
  TextLayer words;
  const auto add_ends = [&](std::string low, std::string high) {
    const auto x = static_cast<double>(plot.x.categories.size());
    words.texts.push_back({.x = x, .y = -beside, .text = std::move(low)});
    words.texts.push_back({.x = x, .y = 1.0 + beside, .text = std::move(high)});
  };
  for (const Hyperparameter* one : varied) {
    constexpr std::int64_t short_list = 6;
    const Domain& domain = one->domain;
    if (domain.is_listed() && *domain.cardinality() <= short_list) {
      for (const Value& value : domain.arguments()) {
        words.texts.push_back({.x = static_cast<double>(plot.x.categories.size()),
                               .y = domain.to_unit(value),
                               .text = report_detail::value_text(value)});
      }
    } else if (domain.is_listed()) {
      add_ends(report_detail::value_text(domain.at(0)),
               report_detail::value_text(domain.at(*domain.cardinality() - 1)));
    } else {
      add_ends(report_detail::value_text(domain.low()), report_detail::value_text(domain.high()));
    }
    plot.x.categories.push_back(one->id);
  }
  add_ends(fmt::format("{:.3g}", outcome.axis.low), fmt::format("{:.3g}", outcome.axis.high));
  plot.x.categories.push_back(marks.metric());
  plot.x.title = "hyperparameter";
  plot.x.scale = AxisScale::category;
  plot.x.low = -0.5;
  plot.x.high = static_cast<double>(plot.x.categories.size()) - 0.5;
  plot.y = {.title = "position on the axis", .low = -0.1, .high = 1.1};

  LineLayer all{.label = "trials", .tone = Tone::muted}, infeasible{.label = "infeasible", .tone = Tone::infeasible};
  LineLayer best{.label = marks.best_label(), .tone = Tone::best, .bold = true};
  constexpr double gap = std::numeric_limits<double>::quiet_NaN();
  const auto add = [&](LineLayer& layer, const TrialRecord& trial) {
    if (!trial.point) return;
    PlotLine line{.trial = trial.number, .tooltip = marks.tooltip(trial)};
    for (std::size_t i = 0; i < varied.size(); ++i) {
      line.x.push_back(static_cast<double>(i));
      line.y.push_back(unit_position(*varied[i], *trial.point).value_or(gap));
    }
    line.x.push_back(static_cast<double>(varied.size()));
    line.y.push_back(marks.has_objective(trial) ? report_detail::share_of(outcome.axis, outcome.place(*trial.objective))
                                                : gap);
    layer.lines.push_back(std::move(line));
  };
  for (const TrialRecord* trial : marks.infeasible()) add(infeasible, *trial);
  for (const RankedTrial& one : marks.others()) add(all, *one.trial);
  for (std::size_t i = marks.best().size(); i-- > 0;) add(best, *marks.best()[i].trial);
  plot.description = marks.count_sentence(marks.ranked().size(), marks.infeasible().size()) + ".";
  for (const RankedTrial& one : marks.best()) plot.description += fmt::format(" {}.", marks.tooltip(*one.trial));
  for (LineLayer* layer : {&infeasible, &all, &best}) {
    if (!layer->lines.empty()) plot.layers.emplace_back(std::move(*layer));
  }
  if (!plot.layers.empty()) plot.layers.emplace_back(std::move(words));
  return plot;
}

}  // namespace eigentune
