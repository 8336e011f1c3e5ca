#pragma once

#include <eigentune/analysis/best_step.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/report/plot.hpp>
#include <eigentune/report/plot_options.hpp>
#include <eigentune/report/trial_marks.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace eigentune {

/// A histogram of the steps at which the trials were best, as shares of max_train_steps, which is the last step of any
/// curve, in twentieths; the better half of the trials in front of all. Rules are at 10%, before which there are far
/// too many steps, and at 75%, after which there are too few ("How to choose the number of steps"). A step on the bound
/// of two bins counts for the lower one, so that the bars up to a rule are what find_best_step counts; those from 75%
/// on it counts as late. No layers if no trial has a best step.
inline Plot best_step_plot(const StudyData& data, const PlotOptions& options = {}) {
  const report_detail::TrialMarks marks(data, options);
  Plot plot{.id = "best-step", .title = "trials against their best step as a share of max_train_steps"};
  std::int64_t last = 0;
  for (const auto& [number, curve] : data.curves) {
    if (!curve.empty()) last = std::max(last, curve.rows().back().step);
  }
  if (last == 0) return plot;
  constexpr std::size_t bins = 20;
  constexpr double width = 1.0 / bins;
  std::array<std::size_t, bins> all{}, better{};
  std::size_t count = 0, early = 0, late = 0;
  for (std::size_t i = 0; i < marks.ranked().size(); ++i) {
    const auto& step = marks.ranked()[i].trial->best_step;
    if (!step) continue;
    const double share = std::clamp(static_cast<double>(*step) / static_cast<double>(last), 0.0, 1.0);
    const auto place = static_cast<std::int64_t>(std::ceil(share * bins - 1e-9)) - 1;
    const auto bin = static_cast<std::size_t>(std::max<std::int64_t>(place, 0));
    ++count;
    ++all[bin];
    if (i < (marks.ranked().size() + 1) / 2) ++better[bin];
    early += share <= early_share ? 1 : 0;
    late += share >= 1.0 - late_share ? 1 : 0;
  }
  if (count == 0) return plot;
  plot.x.title = "best step / max_train_steps";
  plot.y = {
      .title = "trials", .high = 1.05 * static_cast<double>(*std::ranges::max_element(all)), .whole_numbers = true};
  const auto bars = [&](const std::array<std::size_t, bins>& counts, const char* label, Tone tone) {
    RectangleLayer layer{.label = label, .tone = tone};
    for (std::size_t i = 0; i < bins; ++i) {
      if (counts[i] == 0) continue;
      const double low = static_cast<double>(i) * width, high = static_cast<double>(i + 1) * width;
      layer.rectangles.push_back(
          {.x_low = low,
           .x_high = high,
           .y_high = static_cast<double>(counts[i]),
           .tooltip = fmt::format("{:.0f}% to {:.0f}% of {} steps: {} ({})", 100.0 * low, 100.0 * high, last,
                                  report_detail::count_text(counts[i], "trial"), label)});
    }
    plot.layers.emplace_back(std::move(layer));
  };
  bars(all, "all trials", Tone::muted);
  bars(better, "better half", Tone::best);
  plot.layers.emplace_back(RuleLayer{.label = "10%: far too many steps", .value = early_share});
  plot.layers.emplace_back(RuleLayer{.label = "75%: too few steps", .value = 1.0 - late_share});
  plot.description =
      fmt::format("Of {} with a best step, {} were best in the first 10% of the {} steps, and {} in the last 25%.",
                  report_detail::count_text(count, "trial"), early, last, late);
  return plot;
}

}  // namespace eigentune
