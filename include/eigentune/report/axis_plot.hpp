#pragma once

#include <eigentune/analysis/infeasible_region.hpp>
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
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace eigentune {

namespace report_detail {

/// Spreads the marks of one category over half of its width, in an order that looks random, so that they do not hide
/// one another: multiples of the golden ratio, which no two trials share.
inline double category_jitter(std::int64_t trial) {
  constexpr double golden = 0.6180339887498949;
  const double turn = golden * static_cast<double>(trial);
  return 0.5 * (turn - std::floor(turn) - 0.5);
}

/// What the axis plot of `hyperparameter` shows, in words.
inline std::string axis_plot_description(const TrialMarks& marks, const Hyperparameter& hyperparameter) {
  std::vector<const RankedTrial*> active;
  for (const RankedTrial& one : marks.ranked()) {
    if (unit_position(hyperparameter, *one.trial->point)) active.push_back(&one);
  }
  const auto infeasible =
      static_cast<std::size_t>(std::ranges::count_if(marks.infeasible(), [&](const TrialRecord* trial) {
        return trial->point && unit_position(hyperparameter, *trial->point);
      }));
  std::string text = marks.count_sentence(active.size(), infeasible) + ".";
  if (active.empty()) return text;
  const auto value_of = [&](const RankedTrial* one) { return (*one->trial->point)[hyperparameter.name]; };
  text +=
      fmt::format(" The best of them, trial {}, has {} {:.4g} at {} {}.", active.front()->trial->number, marks.metric(),
                  *active.front()->trial->objective, hyperparameter.name, value_text(value_of(active.front())));
  const Domain& domain = hyperparameter.domain;
  const std::size_t top = std::min(active.size(), marks.best().size());
  if (domain.scale() == Scale::unordered) {
    for (std::int64_t i = 0; i < *domain.cardinality(); ++i) {
      const auto best =
          std::ranges::find_if(active, [&](const RankedTrial* one) { return value_of(one) == domain.at(i); });
      if (best == active.end()) continue;
      text += fmt::format(" Best with {}: {:.4g}.", value_text(domain.at(i)), *(*best)->trial->objective);
    }
  } else if (top > 1) {
    const auto [low, high] = std::minmax_element(
        active.begin(), active.begin() + static_cast<std::ptrdiff_t>(top), [&](const auto* a, const auto* b) {
          return *unit_position(hyperparameter, *a->trial->point) < *unit_position(hyperparameter, *b->trial->point);
        });
    text +=
        fmt::format(" The best {} lie from {} to {}, in a search space from {} to {}.", top, value_text(value_of(*low)),
                    value_text(value_of(*high)), value_text(domain.low()), value_text(domain.high()));
  }
  if (const auto region = infeasible_region(marks.data(), hyperparameter)) {
    text += fmt::format(" {} of the {} trials {} {} are infeasible.", region->infeasible_beyond, region->beyond,
                        region->side == Bound::upper ? "above" : "below", value_text(region->value));
  }
  return text;
}

}  // namespace report_detail

/// The playbook's basic hyperparameter axis plots ("Examining the search space boundaries"): for each varied
/// hyperparameter the objective of the trials in which it is active against its value, from bound to bound of the
/// search space and on its scale. Values of a choice are categories, in which trials are spread sideways. Infeasible
/// trials are red crosses in a band beyond the worst objectives; for terrible ones see outcome_axis. In the order of
/// the space; none for a hyperparameter that no final trial has.
inline std::vector<Plot> axis_plots(const StudyData& data, const PlotOptions& options = {}) {
  const report_detail::TrialMarks marks(data, options);
  const report_detail::ClippedAxis outcome = marks.objective_axis();
  std::vector<Plot> plots;
  for (std::size_t index = 0; index < data.space.hyperparameters().size(); ++index) {
    const Hyperparameter& hyperparameter = data.space.hyperparameters()[index];
    if (hyperparameter.role == Role::fixed) continue;
    Plot plot{.id = report_detail::plot_id("axis", index, hyperparameter.id),
              .title = fmt::format("{} against {}", marks.metric(), hyperparameter.id),
              .description = report_detail::axis_plot_description(marks, hyperparameter),
              .x = report_detail::hyperparameter_axis(hyperparameter)};
    const bool categories = plot.x.scale == AxisScale::category;
    const auto x_of = [&](const TrialRecord& trial) {
      std::optional<double> x = trial.point ? report_detail::axis_value(hyperparameter, *trial.point) : std::nullopt;
      if (x && categories) *x += report_detail::category_jitter(trial.number);
      return x;
    };
    marks.add_to(plot, outcome, x_of, {&hyperparameter});
    if (!plot.layers.empty()) plots.push_back(std::move(plot));
  }
  return plots;
}

}  // namespace eigentune
