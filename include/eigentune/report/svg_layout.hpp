#pragma once

#include <eigentune/report/axis_map.hpp>
#include <eigentune/report/plot.hpp>
#include <eigentune/report/text_width.hpp>
#include <eigentune/report/ticks.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace eigentune {

struct SvgOptions {
  double width = 420.0;        ///< of the drawing, in px; a text is 12 px high, and still 10 on a page of 400 px
  double plot_height = 220.0;  ///< of what is between the axes
  /// A file of its own, with title, style and background. Otherwise part of a page that has plot_style(), where the
  /// title is written beside the plot.
  bool standalone = true;
};

namespace report_detail {

inline constexpr double font_size = 12.0, line_height = 16.0, margin = 8.0, tick_length = 4.0;
inline constexpr double slant_degrees = 35.0, slant_sine = 0.574, slant_cosine = 0.819;  ///< of labels that do not fit
inline constexpr double longest_slanted = 120.0;

inline double width_of(const std::string& text) {
  return font_size * text_width(text);
}

/// One axis as it is drawn, its lengths in px.
struct DrawnAxis {
  DrawnAxis(const PlotAxis& its_axis, bool is_vertical) : axis(&its_axis), vertical(is_vertical), map(its_axis) {}

  const PlotAxis* axis;
  bool vertical;
  AxisMap map;
  double from = 0.0, to = 0.0;            ///< where the ends of the scale are; `from` is below `to` on a vertical one
  double band_from = 0.0, band_to = 0.0;  ///< equal without a band
  double longest_label = 0.0;             ///< the widest label beside the axis
  std::vector<std::string> band_label{};  ///< in lines
  std::vector<Tick> ticks{}, other_ticks{};  ///< as drawn, and on the other scale if a reader may switch to it
  double longest_offered = 0.0;              ///< the room that a label has
  bool slanted = false;                      ///< the labels below a horizontal axis: categories that do not fit

  bool has_band() const { return !axis->band.empty(); }
  double length() const { return std::abs(to - from); }

  /// Takes the room from `start`, the lower end, to `end`, of which a band has `size` at one of them, and its label
  /// lines of `label_width`.
  void take(double start, double end, double size, double label_width) {
    from = start;
    to = end;
    if (!has_band()) return;
    band_label = wrapped(axis->band, label_width / font_size, 2);
    constexpr double gap = 5.0;
    const double sign = end > start ? 1.0 : -1.0;
    if (axis->band_at_high) {
      band_from = end - sign * size;
      band_to = end;
      to = band_from - sign * gap;
    } else {
      band_from = start;
      band_to = start + sign * size;
      from = band_to + sign * gap;
    }
  }

  /// Whether there is another scale: linear and log, if both ends are above 0.
  bool is_switchable() const {
    const bool either = map.scale() == AxisScale::linear || map.scale() == AxisScale::log;
    return axis->switchable && either && map.low() > 0.0;
  }

  /// Where a value is drawn that may lie beyond the ends, but not far; absent where it is not on the scale.
  std::optional<double> place_on_scale(double value) const {
    const std::optional<double> position = map.position(value);
    if (!position) return std::nullopt;
    constexpr double far_outside = 20.0;  // so that a segment keeps its direction, and a number its size
    return from + std::clamp(*position, -far_outside, far_outside) * (to - from);
  }

  /// Where a mark of that value is drawn: at the nearer end if it is beyond one, in the band if it is not on the scale;
  /// absent if there is none.
  std::optional<double> place_of_mark(double value) const {
    if (const std::optional<double> place = place_on_scale(value)) {
      return std::clamp(*place, std::min(from, to), std::max(from, to));
    }
    return has_band() ? std::optional((band_from + band_to) / 2.0) : std::nullopt;
  }

  void find_ticks(double room_for_label) {
    longest_offered = room_for_label;
    ticks = ticks_on(*axis);
    if (is_switchable()) {
      PlotAxis other = *axis;
      other.scale = map.scale() == AxisScale::log ? AxisScale::linear : AxisScale::log;
      other_ticks = ticks_on(other);
    }
    longest_label = 0.0;
    for (const auto* all : {&ticks, &other_ticks}) {
      for (const Tick& tick : *all) longest_label = std::max(longest_label, width_of(offered(tick.label)));
    }
    for (const std::string& line : band_label) longest_label = std::max(longest_label, width_of(line));
  }

  /// The label in the room that it has.
  std::string offered(const std::string& label) const {
    return shortened_in_middle(label, longest_offered / font_size);
  }

 private:
  std::vector<Tick> ticks_on(const PlotAxis& drawn) const {
    constexpr double gap = 10.0;         // between two labels on a horizontal axis
    constexpr double least_step = 24.0;  // from one to the next on a vertical one
    return axis_ticks(drawn, length(), [this](const std::string& label) {
      return vertical ? least_step : slanted ? line_height : width_of(offered(label)) + gap;
    });
  }
};

}  // namespace report_detail

/// Where everything of a plot is, in px from the upper left corner.
struct SvgLayout {
  double width, height = 0.0;
  double title_from, legend_from, y_title_from, x_title_from = 0.0;
  std::vector<std::string> title_lines{};
  double left = 0.0, right = 0.0, top = 0.0, bottom = 0.0;  ///< of the area between the axes, bands included
  report_detail::DrawnAxis x, y;

  /// `legend_height`: how much the legend takes above the plot.
  SvgLayout(const Plot& plot, const SvgOptions& options, double legend_height)
      : width(options.width), title_from(report_detail::margin), x(plot.x, false), y(plot.y, true) {
    using namespace report_detail;
    constexpr double title_size = 14.0, title_line = 18.0;
    if (options.standalone) title_lines = wrapped(plot.title, (width - 2.0 * margin) / title_size / 1.06, 3);
    legend_from = title_from + title_line * static_cast<double>(title_lines.size());
    y_title_from = legend_from + legend_height;
    top = y_title_from + (plot.y.title.empty() ? 8.0 : 25.0);
    bottom = top + options.plot_height;
    place_y();
    place_x();
    const double label_lines = static_cast<double>(std::max<std::size_t>(1, x.band_label.size()));
    x_title_from = bottom + tick_length + 2.0 + line_height * label_lines;
    if (x.slanted) x_title_from += std::min(longest_slanted, x.longest_label) * slant_sine;
    height = x_title_from + (plot.x.title.empty() ? 0.0 : 18.0) + 4.0;
  }

 private:
  void place_y() {
    using namespace report_detail;
    const double most = width * 0.3;  // for labels beside the axis
    constexpr double band_height = 30.0;
    y.take(bottom, top, band_height, most);
    y.find_ticks(most);
    left = std::max(24.0, margin + y.longest_label + tick_length + 4.0);
  }

  void place_x() {
    using namespace report_detail;
    right = width - 14.0;
    for (int pass = 0; pass < 2; ++pass) {  // the second with room for half of the last label
      constexpr double band_width = 46.0, label_width = 64.0;
      x.take(left, right, band_width, label_width);
      x.slanted = !categories_fit();
      x.find_ticks(x.slanted ? longest_slanted : x.length());
      if (x.slanted) {  // again, if the first label needs room on the left
        const double needed = room_for_slanted();
        if (needed <= left) break;
        left = needed;
        continue;
      }
      double beyond = 0.0;
      for (const auto* ticks : {&x.ticks, &x.other_ticks}) {
        for (const Tick& tick : *ticks) {
          const double place = x.from + tick.position * (x.to - x.from);
          beyond = std::max(beyond, place + width_of(x.offered(tick.label)) / 2.0 + 2.0 - width);
        }
      }
      if (x.has_band() && x.axis->band_at_high) {
        beyond = std::max(beyond, (x.band_from + x.band_to) / 2.0 + 36.0 - width);
      }
      if (beyond <= 0.0) break;
      right -= std::min(beyond, 60.0);
    }
    if (x.has_band()) drop_under_band_label();
  }

  /// Where the area between the axes must begin for the first of slanted labels not to be cut.
  double room_for_slanted() const {
    using namespace report_detail;
    constexpr double most = 110.0;
    if (x.ticks.empty()) return left;
    const double first = x.from + x.ticks.front().position * (x.to - x.from);
    const double reach = std::min(longest_slanted, width_of(x.ticks.front().label)) * slant_cosine;
    const double missing = margin + reach + 1.0 - first;
    return missing <= 0.0 ? left : std::min(left + 1.3 * missing, std::max(most, left));  // the tick moves by less
  }

  /// Whether the labels of categories fit side by side.
  bool categories_fit() const {
    if (x.map.scale() != AxisScale::category) return true;
    const std::vector<std::string>& all = x.axis->categories;
    constexpr double gap = 6.0;
    const double room = x.length() / std::max(1.0, static_cast<double>(all.size())) - gap;
    return std::ranges::all_of(all, [room](const std::string& one) { return report_detail::width_of(one) <= room; });
  }

  void drop_under_band_label() {
    using namespace report_detail;
    double half = 0.0;
    for (const std::string& line : x.band_label) half = std::max(half, width_of(line) / 2.0);
    const double center = (x.band_from + x.band_to) / 2.0;
    for (auto* ticks : {&x.ticks, &x.other_ticks}) {
      for (Tick& tick : *ticks) {
        const double place = x.from + tick.position * (x.to - x.from);
        if (std::abs(place - center) < half + width_of(tick.label) / 2.0 + 6.0) tick.label.clear();
      }
    }
  }
};

}  // namespace eigentune
