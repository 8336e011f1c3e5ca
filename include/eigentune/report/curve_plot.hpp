#pragma once

#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/error.hpp>
#include <eigentune/core/quantile.hpp>
#include <eigentune/core/training_curve.hpp>
#include <eigentune/report/clipped_axis.hpp>
#include <eigentune/report/plot.hpp>
#include <eigentune/report/trial_marks.hpp>
#include <eigentune/study/trial_record.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigentune::report_detail {

/// A series as a line of at most `most` points, at least 4, and the gaps besides. If there are more finite values they
/// are cut into buckets of equally many, of which each keeps its least and its greatest, and the first and the last
/// value are kept; so the line keeps the extremes of the whole and of every part of it. Wherever values that are not
/// finite lie between two that are kept there is one NaN, which interrupts the line.
inline PlotLine thinned_line(const CurveSeries& series, std::size_t most) {
  std::vector<std::size_t> finite;
  for (std::size_t i = 0; i < series.values.size(); ++i) {
    if (is_finite(series.values[i])) finite.push_back(i);
  }
  const std::size_t count = finite.size();
  most = std::max<std::size_t>(most, 4);
  std::vector<std::size_t> kept;  // places in `finite`
  if (count <= most) {
    for (std::size_t i = 0; i < count; ++i) kept.push_back(i);
  } else {
    const std::size_t inner = count - 2, buckets = (most - 2) / 2;
    kept.push_back(0);
    for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
      const std::size_t begin = 1 + bucket * inner / buckets, end = 1 + (bucket + 1) * inner / buckets;
      std::size_t least = begin, greatest = begin;
      for (std::size_t i = begin; i < end; ++i) {
        const double value = series.values[finite[i]];
        if (value < series.values[finite[least]]) least = i;
        if (value > series.values[finite[greatest]]) greatest = i;
      }
      kept.push_back(std::min(least, greatest));
      if (least != greatest) kept.push_back(std::max(least, greatest));
    }
    kept.push_back(count - 1);
  }
  PlotLine line;
  for (std::size_t k = 0; k < kept.size(); ++k) {
    const std::size_t at = finite[kept[k]];
    if (k > 0 && at - finite[kept[k - 1]] != kept[k] - kept[k - 1]) {
      line.x.push_back(static_cast<double>(series.steps[at]));
      line.y.push_back(std::numeric_limits<double>::quiet_NaN());
    }
    line.x.push_back(static_cast<double>(series.steps[at]));
    line.y.push_back(series.values[at]);
  }
  return line;
}

/// The least and greatest value; absent if none is finite.
inline std::optional<ValueRange> range_of(const std::vector<double>& values) {
  std::optional<ValueRange> range;
  for (const double value : values) {
    if (!is_finite(value)) continue;
    if (!range) range = ValueRange{value, value};
    range->low = std::min(range->low, value);
    range->high = std::max(range->high, value);
  }
  return range;
}

/// The most points of one curve among the best, and among the others.
struct CurvePoints {
  std::size_t best = 100, others = 100;
};

/// The curves of `column` of all trials against the step, those of the best on top (see curve_axis for the range).
/// Those of infeasible trials end with a cross: at the last finite value, or in a band if there is none. No layers if
/// no curve has the column.
inline Plot curve_plot(const TrialMarks& marks, std::string id, const std::string& column, CurvePoints points) {
  Plot plot{.id = std::move(id), .title = fmt::format("{} against the step", column)};
  struct Drawn {
    PlotLine line;
    bool infeasible;
    std::int64_t diverged;
  };
  std::vector<Drawn> best, others;
  std::vector<ValueRange> best_ranges, other_ranges;
  std::int64_t first = std::numeric_limits<std::int64_t>::max(), last = 0;
  for (const auto& [number, curve] : marks.data().curves) {
    const TrialRecord* trial = marks.trial(number);
    if (trial == nullptr) continue;
    const CurveSeries series = curve.series(column);
    if (series.steps.empty()) continue;
    first = std::min(first, series.steps.front());
    last = std::max(last, series.steps.back());
    const bool is_best = std::ranges::any_of(marks.best(), [&](const RankedTrial& one) { return one.trial == trial; });
    Drawn drawn{thinned_line(series, is_best ? points.best : points.others), is_infeasible(*trial),
                trial->infeasible_step.value_or(series.steps.back())};
    drawn.line.trial = number;
    drawn.line.tooltip = marks.tooltip(*trial);
    if (const auto range = range_of(drawn.line.y)) (is_best ? best_ranges : other_ranges).push_back(*range);
    (is_best ? best : others).push_back(std::move(drawn));
  }
  if (best.empty() && others.empty()) return plot;

  const ClippedAxis clipped = curve_axis(column, best_ranges, other_ranges);
  plot.y = clipped.axis;
  plot.y.band_at_high = column != marks.metric() || marks.data().direction() == Direction::minimize;
  plot.x = {
      .title = "step", .low = static_cast<double>(first), .high = static_cast<double>(last), .whole_numbers = true};
  if (first == last)
    plot.x = {.title = "step", .low = plot.x.low - 0.5, .high = plot.x.high + 0.5, .whole_numbers = true};
  LineLayer background{.label = "trials", .tone = Tone::muted};
  LineLayer top{.label = marks.best_label(), .tone = Tone::best, .bold = true};
  PointLayer crosses{.label = "infeasible", .tone = Tone::infeasible, .symbol = Symbol::cross};
  std::vector<double> ends;
  for (std::vector<Drawn>* curves : {&others, &best}) {
    for (Drawn& drawn : *curves) {
      PlotLine& line = drawn.line;
      const bool nothing = line.y.empty();
      if (!nothing) ends.push_back(line.y.back());
      for (double& y : line.y) y = clipped.place(y);
      if (drawn.infeasible) {
        if (nothing) plot.y.band = "not finite";
        crosses.points.push_back(
            {.x = nothing ? std::clamp(static_cast<double>(drawn.diverged), plot.x.low, plot.x.high) : line.x.back(),
             .y = nothing ? std::numeric_limits<double>::quiet_NaN() : line.y.back(),
             .trial = line.trial,
             .tooltip = line.tooltip});
      }
      if (nothing) continue;
      (curves == &best ? top : background).lines.push_back(std::move(line));
    }
  }
  plot.description = fmt::format(
      "{} of {} from step {} to {}{}.", count_text(best.size() + others.size(), "curve"), column, first, last,
      crosses.points.empty() ? "" : fmt::format(", {} of them of infeasible trials", crosses.points.size()));
  if (ends.empty()) plot.description += " No value is finite.";
  if (!ends.empty()) {
    plot.description += fmt::format(" They end between {:.4g} and {:.4g}, in the median at {:.4g}.",
                                    *std::ranges::min_element(ends), *std::ranges::max_element(ends), median(ends));
  }
  for (const RankedTrial& one : marks.best().first(std::min<std::size_t>(1, marks.best().size()))) {
    const auto own = std::ranges::find(top.lines, one.trial->number, &PlotLine::trial);
    if (own == top.lines.end()) continue;
    const ValueRange range = *range_of(own->y);
    plot.description +=
        fmt::format(" That of the best trial, {}, goes from {:.4g} to {:.4g}, and lies between {:.4g} and {:.4g}.",
                    one.trial->number, own->y.front(), own->y.back(), range.low, range.high);
  }
  if (!background.lines.empty()) plot.layers.emplace_back(std::move(background));
  if (!top.lines.empty()) plot.layers.emplace_back(std::move(top));
  if (!crosses.points.empty()) plot.layers.emplace_back(std::move(crosses));
  return plot;
}

}  // namespace eigentune::report_detail
