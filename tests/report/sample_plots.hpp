#pragma once

#include <eigentune/core/random.hpp>
#include <eigentune/report/plot.hpp>

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "support/special_values.hpp"

namespace support {

using namespace eigentune;

using support::nan;

/// Points on a log axis, with a band for trials without an objective.
inline Plot axis_plot() {
  Random random(3);
  PointLayer ordinary{.label = "complete"}, best{.label = "best 5", .tone = Tone::best};
  PointLayer infeasible{.label = "infeasible", .tone = Tone::infeasible, .symbol = Symbol::cross};
  for (std::int64_t trial = 0; trial < 64; ++trial) {
    const double position = random.uniform(), rate = 1e-5 * std::pow(1e4, position);
    const double error = 0.01 + 0.4 * (position - 0.7) * (position - 0.7) + 0.01 * random.uniform();
    PlotPoint point{rate, error, trial,
                    fmt::format("trial {}\nlearning_rate {:.4g}\nerror {:.4g}", trial, rate, error)};
    if (position > 0.85) {
      point.y = nan;
      infeasible.points.push_back(point);
    } else {
      (error < 0.02 ? best : ordinary).points.push_back(point);
    }
  }
  RuleLayer rule{.label = "infeasible above", .value = 1e-5 * std::pow(1e4, 0.85)};
  return {.id = "axis",
          .title = "validation_error against learning_rate",
          .description = "64 trials. The error is least around 0.006; above 0.025 all trials are infeasible.",
          .x = {.title = "learning_rate", .scale = AxisScale::log, .low = 1e-5, .high = 1e-1, .switchable = true},
          .y = {.title = "validation_error",
                .scale = AxisScale::log,
                .low = 0.008,
                .high = 0.3,
                .band = "no objective",
                .switchable = true},
          .layers = {ordinary, best, infeasible, rule}};
}

inline Plot curves_plot(std::int64_t curves = 40, std::size_t points = 100) {
  Random random(4);
  LineLayer all{.label = "all trials", .tone = Tone::muted}, best{.label = "best 3", .tone = Tone::best, .bold = true};
  for (std::int64_t trial = 0; trial < curves; ++trial) {
    PlotLine line{.trial = trial, .tooltip = fmt::format("trial {}", trial)};
    const double level = 0.02 + 0.3 * random.uniform(), speed = random.uniform(2.0, 12.0);
    for (std::size_t i = 0; i < points; ++i) {
      const double s = static_cast<double>(i + 1) / static_cast<double>(points);
      line.x.push_back(20'000.0 * s);
      line.y.push_back(level + (0.9 - level) * std::exp(-speed * s) * (1.0 + 0.1 * random.normal()));
    }
    if (trial == 5 && points > 10) line.y[10] = nan;
    (level < 0.05 ? best : all).lines.push_back(std::move(line));
  }
  return {.id = "curves",
          .title = "Training curves of all trials",
          .description = "Curves of validation_error.",
          .x = {.title = "step", .low = 0.0, .high = 20'000.0, .whole_numbers = true},
          .y = {.title = "validation_error", .low = 0.01, .high = 1.0, .switchable = true},
          .layers = {all, best}};
}

inline Plot box_plot() {
  BoxLayer boxes{.label = "bootstrap samples", .tone = Tone::first};
  const std::vector<double> sizes = {4, 8, 16, 32, 64};
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const double median = 0.02 + 0.05 / sizes[i], spread = 0.02 / std::sqrt(sizes[i]);
    boxes.boxes.push_back({static_cast<double>(i), median - 1.5 * spread, median - spread, median,
                           median + 1.3 * spread, median + 2.5 * spread,
                           fmt::format("best of {}: median {:.4g}", sizes[i], median)});
  }
  return {.id = "bootstrap",
          .title = "Best of n trials",
          .description = "Boxes that become narrower.",
          .x = {.title = "trials", .scale = AxisScale::category, .categories = {"4", "8", "16", "32", "64"}},
          .y = {.title = "best validation_error", .low = 0.0, .high = 0.08},
          .layers = {boxes}};
}

inline Plot histogram() {
  RectangleLayer bars{.tone = Tone::first};
  for (int i = 0; i < 12; ++i) {
    const double low = 0.1 * std::pow(1.5, i), count = 400.0 * std::exp(-0.2 * (i - 5) * (i - 5));
    bars.rectangles.push_back({low, low * 1.5, 0.0, std::floor(count), {}, fmt::format("{:.0f} steps", count)});
  }
  return {.id = "norms",
          .title = "Gradient norms",
          .description = "A histogram.",
          .x = {.title = "gradient norm", .scale = AxisScale::log, .low = 0.1, .high = 0.1 * std::pow(1.5, 12)},
          .y = {.title = "steps", .low = 0.0, .high = 420.0, .whole_numbers = true},
          .layers = {bars, RuleLayer{.label = "90th percentile 2.1", .tone = Tone::infeasible, .value = 2.1},
                     RuleLayer{.label = "clip threshold 2.5", .value = 2.5},
                     RuleLayer{.label = "half of the peak", .vertical = false, .value = 200.0}}};
}

inline Plot heat_map() {
  RectangleLayer cells{.tone = Tone::first};
  for (int i = 0; i < 20; ++i) {
    for (int j = 0; j < 20; ++j) {
      const double x = i / 20.0, y = j / 20.0;
      cells.rectangles.push_back({0.5 + 0.02 * i, 0.5 + 0.02 * (i + 1), 1e-5 * std::pow(10, j / 5.0),
                                  1e-5 * std::pow(10, (j + 1) / 5.0),
                                  1.0 - (x - 0.6) * (x - 0.6) - (y - 0.4) * (y - 0.4), ""});
    }
  }
  PointLayer trials{
      .label = "trials", .tone = Tone::best, .points = {{0.6, 1e-3, 3, "trial 3"}, {0.8, 1e-4, 4, "trial 4"}}};
  return {.id = "contour",
          .title = "validation_error over momentum and weight_decay[optimizer=sgd_with_a_long_name|adam]",
          .description = "Cells.",
          .x = {.title = "momentum", .low = 0.5, .high = 0.9},
          .y = {.title = "weight_decay", .scale = AxisScale::log, .low = 1e-5, .high = 1e-1},
          .layers = {cells, trials},
          .shades = Plot::Shades{"validation_error", 0.35, 0.0123}};
}

inline Plot category_plot() {
  PointLayer points{.label = "first group", .tone = Tone::second};
  Plot plot{.id = "categories",
            .title = "Categories that are many and long",
            .description = "Isolation.",
            .x = {.title = "activation", .scale = AxisScale::category},
            .y = {.title = "beta", .scale = AxisScale::one_minus_log, .low = 0.8, .high = 0.9999}};
  for (int i = 0; i < 14; ++i) {
    plot.x.categories.push_back(fmt::format("{} of a long name, number {}", i % 2 == 0 ? "relu" : "tanh", i));
    points.points.push_back({static_cast<double>(i), 1.0 - 0.2 * std::pow(0.6, i), i, "a & b <c>"});
  }
  plot.layers = {points};
  return plot;
}

inline Plot parallel_plot() {
  LineLayer all{.label = "all", .tone = Tone::muted}, best{.label = "best", .tone = Tone::best, .bold = true};
  Random random(8);
  for (std::int64_t trial = 0; trial < 30; ++trial) {
    PlotLine line{.trial = trial, .tooltip = fmt::format("trial {}", trial)};
    for (int k = 0; k < 5; ++k) {
      line.x.push_back(k);
      line.y.push_back(random.uniform());
    }
    (trial < 3 ? best : all).lines.push_back(line);
  }
  TextLayer ends;
  for (int k = 0; k < 5; ++k) {
    ends.texts.push_back({static_cast<double>(k), -0.07, "1e-05"});
    ends.texts.push_back({static_cast<double>(k), 1.07, "20,000"});
  }
  return {.id = "parallel",
          .title = "Parallel coordinates",
          .description = "Lines.",
          .x = {.title = "",
                .scale = AxisScale::category,
                .categories = {"learning_rate", "momentum", "weight_decay[optimizer=adam]", "dropout", "error"}},
          .y = {.title = "position on the scale", .low = -0.12, .high = 1.12},
          .layers = {all, best, ends}};
}

inline Plot band_at_both() {
  PointLayer points{.label = "trials",
                    .points = {{0.1, 0.2, 1, "a"}, {nan, 0.5, 2, "b"}, {0.5, nan, 3, "c"}, {nan, nan, 4, "d"}}};
  return {.id = "bands",
          .title = "Bands at both axes",
          .description = "Points without values.",
          .x = {.title = "best step / max_train_steps", .low = 0.0, .high = 1.0, .band = "not active"},
          .y = {.title = "accuracy", .low = 0.0, .high = 1.0, .band = "infeasible", .band_at_high = false},
          .layers = {points}};
}

/// One plot with each kind of layer, axis and band.
inline std::vector<Plot> sample_plots() {
  return {axis_plot(), curves_plot(),   box_plot(),      histogram(),
          heat_map(),  category_plot(), parallel_plot(), band_at_both()};
}

}  // namespace support
