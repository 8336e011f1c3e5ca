#pragma once

#include <eigentune/core/direction.hpp>
#include <eigentune/core/error.hpp>
#include <eigentune/core/portable_math.hpp>
#include <eigentune/core/quantile.hpp>
#include <eigentune/report/plot.hpp>
#include <eigentune/report/plot_axes.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace eigentune::report_detail {

/// An axis that need not reach to all values: those beyond it are drawn at its end.
struct ClippedAxis {
  PlotAxis axis{};

  /// Where the value is drawn: itself, or the nearer end of the axis; NaN if it is not finite.
  double place(double value) const {
    return is_finite(value) ? std::clamp(value, axis.low, axis.high) : std::numeric_limits<double>::quiet_NaN();
  }
  bool is_beyond(double value) const { return is_finite(value) && place(value) != value; }
};

/// The values are held within this, so that the length of an axis is finite.
inline constexpr double largest_drawn = 1e300;

/// The least and the greatest value of something.
struct ValueRange {
  double low = 0.0, high = 0.0;
};

/// Lets the axis go from end to end and a little further; above 0 if `least`, the least value, is: then it is
/// switchable.
inline void set_ends(PlotAxis& axis, ValueRange ends, double least) {
  const bool log = axis.scale == AxisScale::log;
  const double low = log ? portable::log(ends.low) : ends.low, high = log ? portable::log(ends.high) : ends.high;
  constexpr double margin = 0.04;
  const double more = margin * (high - low);
  const auto unscaled = [&](double value) { return std::min(log ? portable::exp(value) : value, 2.0 * largest_drawn); };
  std::tie(axis.low, axis.high) = widened(unscaled(low - more), unscaled(high + more));
  if (least > 0.0) axis.low = std::max(axis.low, 0.5 * std::min(least, ends.low));
  axis.switchable = axis.low > 0.0;
}

/// From this ratio on an axis is logarithmic from the beginning, if its values are above 0.
inline constexpr double wide_ratio = 30.0;

/// The axis of an objective, on which a few terrible values do not squash the others:
///
/// - it goes from the best value to the worst, but no further than four times as far from the best as the third
/// quartile
///   is, so that the better three quarters of the values have at least a quarter of it. Worse values are drawn at its
///   end, and their tooltips say what they are;
/// - if all values are above 0 a reader may switch to the log scale. It is on from the beginning, and the distances are
///   those of logarithms, where the third quartile and the best have a ratio of 30 or more.
///
/// `values` in any order; those that are not finite are left out.
inline ClippedAxis outcome_axis(std::string title, std::vector<double> values, Direction direction) {
  ClippedAxis result;
  PlotAxis& axis = result.axis;
  axis.title = std::move(title);
  axis.band_at_high = direction == Direction::minimize;
  std::erase_if(values, [](double value) { return !is_finite(value); });
  if (values.empty()) return result;
  for (double& value : values) value = std::clamp(value, -largest_drawn, largest_drawn);
  std::ranges::sort(values);
  const double least = values.front();
  if (direction == Direction::maximize) std::ranges::reverse(values);
  const double best = values.front(), worst = values.back(), quartile = values[3 * (values.size() - 1) / 4];
  if (least > 0.0 && std::max(quartile / best, best / quartile) >= wide_ratio) axis.scale = AxisScale::log;

  constexpr double reach = 4.0;
  const bool log = axis.scale == AxisScale::log;
  const double limit = log ? best * portable::pow(quartile / best, reach) : best + reach * (quartile - best);
  double last = worst;
  if (quartile != best && is_better(direction, limit, worst)) last = limit;
  set_ends(axis, {std::min(best, last), std::max(best, last)}, least);
  return result;
}

/// The axis of a column of many curves, of which each has a range; some diverge. It shows the `best` curves in full and
/// the others from the first quartile of their least values to the third quartile of their greatest, and up to half of
/// that length more on either side, if there is something. Beyond, curves run along its end. As in outcome_axis it is
/// logarithmic if its ends are above 0 with a ratio of 30 or more, and switchable if all values are above 0.
inline ClippedAxis curve_axis(std::string title, const std::vector<ValueRange>& best,
                              const std::vector<ValueRange>& others) {
  ClippedAxis result;
  PlotAxis& axis = result.axis;
  axis.title = std::move(title);
  std::vector<double> lows, highs;
  for (const auto* ranges : {&best, &others}) {
    for (const ValueRange& range : *ranges) {
      lows.push_back(std::clamp(range.low, -largest_drawn, largest_drawn));
      highs.push_back(std::clamp(range.high, -largest_drawn, largest_drawn));
    }
  }
  if (lows.empty()) return result;
  const double least = *std::ranges::min_element(lows);
  const ValueRange typical{quantile(lows, 0.25), quantile(highs, 0.75)};
  const auto ends_on = [&](bool log) {
    const double half = 0.5 * (log ? portable::log(typical.high / typical.low) : typical.high - typical.low);
    const double low = log ? typical.low * portable::exp(-half) : typical.low - half;
    const double high = log ? typical.high * portable::exp(half) : typical.high + half;
    ValueRange ends = typical;
    for (std::size_t i = 0; i < lows.size(); ++i) {
      const bool in_full = i < best.size();
      if (in_full || lows[i] >= low) ends.low = std::min(ends.low, lows[i]);
      if (in_full || highs[i] <= high) ends.high = std::max(ends.high, highs[i]);
    }
    return ends;
  };
  ValueRange ends = ends_on(false);
  if (least > 0.0 && ends.high / ends.low >= wide_ratio) {
    axis.scale = AxisScale::log;
    ends = ends_on(true);
  }
  set_ends(axis, ends, least);
  return result;
}

}  // namespace eigentune::report_detail
