#pragma once

#include <eigentune/report/markup.hpp>
#include <eigentune/report/svg_layout.hpp>
#include <eigentune/report/text_width.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace eigentune::report_detail {

/// A text with the whole of it as a tooltip if it is drawn shortened.
inline std::string text_element(std::string_view attributes, const std::string& shown, const std::string& whole) {
  const std::string title = shown == whole ? "" : "<title>" + escaped(whole) + "</title>";
  return fmt::format("<text {}>{}{}</text>", attributes, title, escaped(shown));
}

/// The label of a tick at `place`: left of a vertical axis, below a horizontal one.
inline std::string drawn_label(const SvgLayout& layout, const DrawnAxis& axis, const std::string& label, double place) {
  const double below = layout.bottom + tick_length;
  if (axis.slanted) {
    const double room = std::min(longest_slanted, (place - margin) / slant_cosine);
    return text_element(fmt::format("class=\"end\" transform=\"translate({} {})rotate(-{})\"",
                                    coordinate(place + 4.0, 1), coordinate(below + 9.0, 1), slant_degrees),
                        shortened_in_middle(label, room / font_size), label);
  }
  const double x = axis.vertical ? layout.left - tick_length - 4.0 : place;
  const double y = axis.vertical ? place + 4.0 : below + font_size;
  return text_element(fmt::format("class=\"{}\" x=\"{}\" y=\"{}\"", axis.vertical ? "end" : "middle", coordinate(x, 1),
                                  coordinate(y, 1)),
                      axis.offered(label), label);
}

/// The ticks of one scale of an axis, with grid lines and labels.
inline std::string drawn_ticks(const SvgLayout& layout, const DrawnAxis& axis, const std::vector<Tick>& ticks,
                               std::string_view scale, bool hidden) {
  std::string grid, marks, labels;
  for (const Tick& tick : ticks) {
    const double place = axis.from + tick.position * (axis.to - axis.from);
    const std::string at = coordinate(place, 1);
    const double length = tick.label.empty() ? tick_length / 2.0 : tick_length;
    if (axis.vertical) {
      if (!tick.label.empty())
        grid += fmt::format("M{} {}H{}", coordinate(layout.left, 1), at, coordinate(layout.right, 1));
      marks += fmt::format("M{} {}h-{}", coordinate(layout.left, 1), at, coordinate(length));
    } else {
      if (!tick.label.empty())
        grid += fmt::format("M{} {}V{}", at, coordinate(layout.top, 1), coordinate(layout.bottom, 1));
      marks += fmt::format("M{} {}v{}", at, coordinate(layout.bottom, 1), coordinate(length));
    }
    if (tick.label.empty()) continue;
    labels += drawn_label(layout, axis, tick.label, place);
  }
  if (axis.axis->scale == AxisScale::category) grid.clear();
  return fmt::format("<g class=\"ticks {}\"{}><path class=\"grid\" d=\"{}\"/><path d=\"{}\"/>{}</g>", scale,
                     hidden ? " display=\"none\"" : "", grid.empty() ? "M0 0" : grid, marks.empty() ? "M0 0" : marks,
                     labels);
}

/// Which scale of which axis a group of ticks belongs to, for a script that switches: "x-log".
inline std::string scale_class(const DrawnAxis& axis, bool log) {
  return fmt::format("{}-{}", axis.vertical ? 'y' : 'x', log ? "log" : "linear");
}

inline std::string drawn_ticks(const SvgLayout& layout, const DrawnAxis& axis) {
  const bool log = axis.map.scale() == AxisScale::log;
  std::string result = drawn_ticks(layout, axis, axis.ticks, scale_class(axis, log), false);
  if (axis.is_switchable()) result += drawn_ticks(layout, axis, axis.other_ticks, scale_class(axis, !log), true);
  return result;
}

inline std::string drawn_band(const SvgLayout& layout, const DrawnAxis& axis) {
  if (!axis.has_band()) return "";
  const double from = std::min(axis.band_from, axis.band_to), length = std::abs(axis.band_to - axis.band_from);
  const double x = axis.vertical ? layout.left : from, y = axis.vertical ? from : layout.top;
  const double width = axis.vertical ? layout.right - layout.left : length;
  const double height = axis.vertical ? length : layout.bottom - layout.top;
  std::string result = fmt::format("<rect class=\"band\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
                                   coordinate(x, 1), coordinate(y, 1), coordinate(width, 1), coordinate(height, 1));
  for (std::size_t i = 0; i < axis.band_label.size(); ++i) {
    const double line = static_cast<double>(i), lines = static_cast<double>(axis.band_label.size());
    const double label_x = axis.vertical ? layout.left - tick_length - 4.0 : from + length / 2.0;
    const double label_y = axis.vertical ? from + length / 2.0 + 4.0 + 13.0 * (line - (lines - 1.0) / 2.0)
                                         : layout.bottom + tick_length + font_size + 13.0 * line;
    result += text_element(fmt::format("class=\"{}\" x=\"{}\" y=\"{}\"", axis.vertical ? "end" : "middle",
                                       coordinate(label_x, 1), coordinate(label_y, 1)),
                           axis.band_label[i], lines > 1.0 ? axis.band_label[i] : axis.axis->band);
  }
  return result;
}

/// Bands, grid, ticks, labels and titles of both axes: what lies under the marks.
inline std::string drawn_axes(const SvgLayout& layout) {
  std::string result = drawn_band(layout, layout.x) + drawn_band(layout, layout.y);
  result += drawn_ticks(layout, layout.x) + drawn_ticks(layout, layout.y);
  result += fmt::format("<path class=\"frame\" d=\"M{} {}V{}H{}\"/>", coordinate(layout.left, 1),
                        coordinate(layout.top, 1), coordinate(layout.bottom, 1), coordinate(layout.right, 1));
  constexpr double size = 12.5 * 1.08;  // semibold is wider
  const std::string &x_title = layout.x.axis->title, &y_title = layout.y.axis->title;
  if (!y_title.empty()) {
    const std::string shown = shortened(y_title, (layout.width - 2.0 * margin) / size);
    result += text_element(fmt::format("class=\"axis-title\" x=\"{}\" y=\"{}\"", coordinate(margin),
                                       coordinate(layout.y_title_from + 12.0, 1)),
                           shown, y_title);
  }
  if (!x_title.empty()) {
    const std::string shown = shortened(x_title, (layout.width - 2.0 * margin) / size);
    const double half = size * text_width(shown) / 2.0;
    const double center = (layout.left + layout.right) / 2.0;
    const double x = std::min(std::max(center, half + margin), layout.width - half - margin);
    result += text_element(fmt::format("class=\"axis-title middle\" x=\"{}\" y=\"{}\"", coordinate(x, 1),
                                       coordinate(layout.x_title_from + 12.0, 1)),
                           shown, x_title);
  }
  return result;
}

}  // namespace eigentune::report_detail
