#pragma once

#include <eigentune/analysis/importance.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/report/plot.hpp>
#include <eigentune/report/trial_marks.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

namespace eigentune {

/// The importance of the hyperparameters that vary as horizontal bars, the most important on top, with a line of a
/// standard error to either side: see hyperparameter_importances. No layers if there are too few trials to tell.
inline Plot importance_plot(const StudyData& data) {
  const report_detail::TrialMarks marks(data);
  Plot plot{.id = "importance",
            .title = fmt::format("hyperparameters against their importance for {}", marks.metric())};
  const std::optional<Importances> importances = hyperparameter_importances(data);
  if (!importances || importances->ranked.empty()) return plot;
  const std::size_t count = importances->ranked.size();
  RectangleLayer bars;
  LineLayer errors{.label = "standard error", .tone = Tone::muted, .bold = true};
  double highest = 0.0;
  std::string words;
  plot.y.categories.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    const Importance& one = importances->ranked[i];
    const auto place = static_cast<double>(count - 1 - i);  // the first on top
    plot.y.categories[count - 1 - i] = one.hyperparameter;
    const std::string numbers = fmt::format("{:.0f}% (standard error {:.0f}%)", 100.0 * one.share, 100.0 * one.error);
    const std::string tooltip = fmt::format("{}: {}", one.hyperparameter, numbers);
    constexpr double half = 0.35;
    bars.rectangles.push_back({.x_high = one.share, .y_low = place - half, .y_high = place + half, .tooltip = tooltip});
    errors.lines.push_back(
        {.x = {std::max(0.0, one.share - one.error), one.share + one.error}, .y = {place, place}, .tooltip = tooltip});
    highest = std::max(highest, one.share + one.error);
    words += fmt::format(" {}: {}.", one.hyperparameter, numbers);
  }
  plot.x = {.title = "share of the variance of the ranks", .high = std::max(0.1, 1.05 * highest)};
  plot.y.scale = AxisScale::category;
  plot.y.low = -0.5;
  plot.y.high = static_cast<double>(count) - 0.5;
  plot.description =
      fmt::format("Of the variance of the ranks of {} a polynomial in all hyperparameters explains {:.0f}%.{}",
                  report_detail::count_text(static_cast<std::size_t>(importances->trials), "trial"),
                  100.0 * importances->explained, words);
  plot.layers.emplace_back(std::move(bars));
  plot.layers.emplace_back(std::move(errors));
  return plot;
}

}  // namespace eigentune
