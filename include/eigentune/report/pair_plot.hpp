#pragma once

#include <eigentune/analysis/importance.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/portable_math.hpp>
#include <eigentune/report/axis_plot.hpp>
#include <eigentune/report/plot.hpp>
#include <eigentune/report/plot_axes.hpp>
#include <eigentune/report/plot_options.hpp>
#include <eigentune/report/trial_marks.hpp>
#include <eigentune/space/hyperparameter.hpp>
#include <eigentune/study/trial_record.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace eigentune {

namespace report_detail {

/// Of the ordered hyperparameters that are not listed, the two most important that are active together in at least
/// `least_pair_trials` final trials (see hyperparameter_importances; if it is absent, the first two of the space).
inline constexpr std::size_t least_pair_trials = 8;

inline std::optional<std::pair<std::size_t, std::size_t>> most_important_pair(const TrialMarks& marks) {
  const StudyData& data = marks.data();
  const auto hyperparameters = data.space.hyperparameters();
  std::vector<std::size_t> order;
  if (const auto importances = hyperparameter_importances(data)) {
    for (const Importance& one : importances->ranked) order.push_back(one.index);
  } else {
    for (std::size_t i = 0; i < hyperparameters.size(); ++i) order.push_back(i);
  }
  std::erase_if(order,
                [&](std::size_t i) { return !has_axis(hyperparameters[i]) || hyperparameters[i].domain.is_listed(); });
  const auto together = [&](std::size_t a, std::size_t b) {
    std::size_t count = 0;
    for (const TrialRecord& trial : data.trials) {
      count += is_final(trial.state) && trial.point && unit_position(hyperparameters[a], *trial.point) &&
                       unit_position(hyperparameters[b], *trial.point)
                   ? 1
                   : 0;
    }
    return count;
  };
  for (std::size_t b = 1; b < order.size(); ++b) {
    for (std::size_t a = 0; a < b; ++a) {
      if (together(order[a], order[b]) >= least_pair_trials) return std::pair(order[a], order[b]);
    }
  }
  return std::nullopt;
}

}  // namespace report_detail

/// The two most important numeric hyperparameters against each other: the trials, infeasible ones as crosses, over a
/// heat map of how good the trials around a place are. That is the share of the other trials that a trial beats, equal
/// ones halved, infeasible ones the worst; averaged with Gaussian weights in the unit square of both scales (Nadaraya's
/// and Watson's kernel regression, 1964) of width 0.3 n^(-1/6), Scott's rule for the plane at the deviation of a
/// uniform variable. Places further than two widths from every trial stay empty. No layers if no two numeric
/// hyperparameters are active together in at least 8 trials, or no trial there has an objective.
inline Plot pair_plot(const StudyData& data, const PlotOptions& options = {}) {
  const report_detail::TrialMarks marks(data, options);
  Plot plot{.id = "pair"};
  const auto pair = report_detail::most_important_pair(marks);
  if (!pair) return plot;
  const Hyperparameter& first = data.space.hyperparameters()[pair->first];
  const Hyperparameter& second = data.space.hyperparameters()[pair->second];
  struct Site {
    double x, y, share;
  };
  std::vector<Site> sites;
  PointLayer all{.label = "trials", .tone = Tone::muted}, best{.label = marks.best_label(), .tone = Tone::best};
  PointLayer crosses{.label = "infeasible", .tone = Tone::infeasible, .symbol = Symbol::cross};
  const auto total = static_cast<double>(marks.ranked().size() + marks.infeasible().size());
  const auto add = [&](const TrialRecord& trial, double beaten, PointLayer& layer) {
    if (!trial.point) return;
    const auto x = unit_position(first, *trial.point), y = unit_position(second, *trial.point);
    if (!x || !y) return;
    sites.push_back({*x, *y, total > 1.0 ? beaten / (total - 1.0) : 0.5});
    layer.points.push_back({.x = *report_detail::axis_value(first, *trial.point),
                            .y = *report_detail::axis_value(second, *trial.point),
                            .trial = trial.number,
                            .tooltip = marks.tooltip(trial, {&first, &second})});
  };
  const std::span<const RankedTrial> ranked = marks.ranked();
  for (std::size_t begin = 0; begin < ranked.size();) {
    std::size_t end = begin;
    while (end < ranked.size() && ranked[end].cost == ranked[begin].cost) ++end;
    const double beaten = total - 0.5 * static_cast<double>(begin + end + 1);
    for (std::size_t i = begin; i < end; ++i) add(*ranked[i].trial, beaten, i < marks.best().size() ? best : all);
    begin = end;
  }
  if (all.points.empty() && best.points.empty()) return plot;
  const double beaten_by_infeasible = 0.5 * (static_cast<double>(marks.infeasible().size()) - 1.0);
  for (const TrialRecord* trial : marks.infeasible()) add(*trial, beaten_by_infeasible, crosses);

  plot.title = fmt::format("{} against {}", second.id, first.id);
  plot.x = report_detail::hyperparameter_axis(first);
  plot.y = report_detail::hyperparameter_axis(second);
  const double width = 0.3 * portable::pow(static_cast<double>(sites.size()), -1.0 / 6.0);
  constexpr int cells = 24;
  RectangleLayer map;
  double lightest = 1.0, darkest = 0.0, at_x = 0.0, at_y = 0.0;
  for (int i = 0; i < cells; ++i) {
    for (int j = 0; j < cells; ++j) {
      const double x = (i + 0.5) / cells, y = (j + 0.5) / cells;
      double weights = 0.0, sum = 0.0, nearest = std::numeric_limits<double>::infinity();
      for (const Site& site : sites) {
        const double square = ((site.x - x) * (site.x - x) + (site.y - y) * (site.y - y)) / (width * width);
        const double weight = portable::exp(-0.5 * square);
        weights += weight;
        sum += weight * site.share;
        nearest = std::min(nearest, square);
      }
      if (nearest > 4.0) continue;
      const double share = sum / weights;
      map.rectangles.push_back({.x_low = report_detail::value_at(plot.x, static_cast<double>(i) / cells),
                                .x_high = report_detail::value_at(plot.x, static_cast<double>(i + 1) / cells),
                                .y_low = report_detail::value_at(plot.y, static_cast<double>(j) / cells),
                                .y_high = report_detail::value_at(plot.y, static_cast<double>(j + 1) / cells),
                                .shade = share});
      lightest = std::min(lightest, share);
      if (share > darkest) {
        darkest = share;
        at_x = report_detail::value_at(plot.x, x);
        at_y = report_detail::value_at(plot.y, y);
      }
    }
  }
  for (PlotRectangle& cell : map.rectangles) {
    cell.tooltip = fmt::format("{:.0f}% of the trials are worse than those around here", 100.0 * *cell.shade);
    cell.shade = darkest > lightest ? (*cell.shade - lightest) / (darkest - lightest) : 0.5;
  }
  if (darkest > lightest)
    plot.shades = Plot::Shades{.title = "share of worse trials", .low = lightest, .high = darkest};
  plot.description = fmt::format(
      "{}. The trials around {} {:.3g} and {} {:.3g} are the best: on average {:.0f}% of all are worse. Around the "
      "worst "
      "place it is {:.0f}%.",
      marks.count_sentence(all.points.size() + best.points.size(), crosses.points.size()), first.name, at_x,
      second.name, at_y, 100.0 * darkest, 100.0 * lightest);
  plot.layers.emplace_back(std::move(map));
  for (PointLayer* layer : {&all, &crosses, &best}) {
    if (!layer->points.empty()) plot.layers.emplace_back(std::move(*layer));
  }
  return plot;
}

}  // namespace eigentune
