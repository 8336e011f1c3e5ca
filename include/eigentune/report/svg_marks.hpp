#pragma once

#include <eigentune/report/markup.hpp>
#include <eigentune/report/palette.hpp>
#include <eigentune/report/plot.hpp>
#include <eigentune/report/svg_layout.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigentune::report_detail {

/// Path data as short as it gets: relative, each number only as long as it must be. Differences are of rounded places,
/// so that nothing adds up.
class PathData {
 public:
  explicit PathData(int decimals) : decimals_(decimals) {}

  void move_to(double x, double y) { add('M', in_units(x, decimals_), in_units(y, decimals_), true); }

  /// A line from where the path is.
  void line_to(double x, double y) { add('l', in_units(x, decimals_), in_units(y, decimals_), false); }

  void close() {
    text_ += 'Z';
    last_command_ = 'Z';
  }

  const std::string& text() const { return text_; }

 private:
  void add(char command, std::int64_t x, std::int64_t y, bool absolute) {
    if (!absolute && x == x_ && y == y_ && last_command_ == 'l') return;  // has been drawn
    const std::string first = decimal(absolute ? x : x - x_, decimals_);
    const std::string second = decimal(absolute ? y : y - y_, decimals_);
    if (command != last_command_ || absolute) {
      text_ += command;
    } else if (first.front() != '-') {
      text_ += ' ';
    }
    text_ += first;
    if (second.front() != '-') text_ += ' ';
    text_ += second;
    last_command_ = command;
    x_ = x;
    y_ = y;
  }

  int decimals_;
  char last_command_ = 'Z';
  std::int64_t x_ = 0, y_ = 0;
  std::string text_;
};

/// " data-trial="3"", or nothing.
inline std::string trial_attribute(const std::optional<std::int64_t>& trial) {
  return trial ? fmt::format(" data-trial=\"{}\"", *trial) : "";
}

/// The end of an element: with its tooltip, or empty.
inline std::string closed(std::string_view element, const std::string& tooltip) {
  return tooltip.empty() ? "/>" : fmt::format("><title>{}</title></{}>", escaped(tooltip), element);
}

/// Places that a reader may switch to another scale are written to a hundredth, so that they can be taken back to their
/// values; others to a tenth.
inline int decimals_of(const SvgLayout& layout) {
  return layout.x.is_switchable() || layout.y.is_switchable() ? 2 : 1;
}

inline std::string drawn_layer(const SvgLayout& layout, const PointLayer& layer) {
  std::string result = fmt::format("<g class=\"points tone-{}\">", to_string(layer.tone));
  const int decimals = decimals_of(layout);
  for (const PlotPoint& point : layer.points) {
    const std::optional<double> x = layout.x.place_of_mark(point.x), y = layout.y.place_of_mark(point.y);
    if (!x || !y) continue;
    const std::string trial = trial_attribute(point.trial);
    if (layer.symbol == Symbol::cross) {
      result += fmt::format("<path transform=\"translate({} {})\" d=\"M-4-4 4 4M4-4-4 4\"{}{}",
                            coordinate(*x, decimals), coordinate(*y, decimals), trial, closed("path", point.tooltip));
    } else {
      result += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"4\"{}{}", coordinate(*x, decimals),
                            coordinate(*y, decimals), trial, closed("circle", point.tooltip));
    }
  }
  return result + "</g>";
}

inline std::string path_of(const SvgLayout& layout, const PlotLine& line, int decimals) {
  PathData path(decimals);
  bool drawing = false;
  std::optional<std::pair<double, double>> lone;  // a point without a neighbour: a line of no length is a dot
  const auto end_piece = [&] {
    if (lone) path.line_to(lone->first, lone->second);
    lone.reset();
    drawing = false;
  };
  const std::size_t size = std::min(line.x.size(), line.y.size());
  for (std::size_t i = 0; i < size; ++i) {
    const std::optional<double> x = layout.x.place_on_scale(line.x[i]), y = layout.y.place_on_scale(line.y[i]);
    if (!x || !y) {
      end_piece();
    } else if (drawing) {
      path.line_to(*x, *y);
      lone.reset();
    } else {
      path.move_to(*x, *y);
      lone = {*x, *y};
      drawing = true;
    }
  }
  end_piece();
  return path.text();
}

inline std::string drawn_layer(const SvgLayout& layout, const LineLayer& layer, const std::string& clip) {
  constexpr std::size_t crowd = 20'000;  // points of which nobody sees a tenth of a pixel
  std::size_t points = 0;
  for (const PlotLine& line : layer.lines) points += line.x.size();
  const int decimals = points > crowd ? 0 : decimals_of(layout);
  std::string result =
      fmt::format("<g class=\"lines{} tone-{}\"{}>", layer.bold ? " bold" : "", to_string(layer.tone), clip);
  for (const PlotLine& line : layer.lines) {
    const std::string path = path_of(layout, line, decimals);
    if (path.empty()) continue;
    result += fmt::format("<path d=\"{}\"{}{}", path, trial_attribute(line.trial), closed("path", line.tooltip));
  }
  return result + "</g>";
}

/// How far a box reaches to either side: not to its nearest neighbour.
inline double half_width(const SvgLayout& layout, const BoxLayer& layer) {
  constexpr double widest = 18.0, share = 0.35, narrowest = 1.5;
  std::vector<double> places;
  for (const PlotBox& box : layer.boxes) {
    if (const std::optional<double> place = layout.x.place_on_scale(box.x)) places.push_back(*place);
  }
  std::ranges::sort(places);
  double nearest = widest / share;
  for (std::size_t i = 1; i < places.size(); ++i) {
    if (places[i] > places[i - 1]) nearest = std::min(nearest, places[i] - places[i - 1]);
  }
  return std::max(narrowest, share * nearest);
}

inline std::string drawn_layer(const SvgLayout& layout, const BoxLayer& layer, const std::string& clip) {
  std::string result = fmt::format("<g class=\"boxes tone-{}\"{}>", to_string(layer.tone), clip);
  const double half = half_width(layout, layer);
  for (const PlotBox& box : layer.boxes) {
    const auto x = layout.x.place_on_scale(box.x);
    const auto y = [&](double value) { return layout.y.place_on_scale(value); };
    const auto low = y(box.lower_whisker), lower = y(box.lower_quartile), median = y(box.median);
    const auto upper = y(box.upper_quartile), high = y(box.upper_whisker);
    if (!x || !low || !lower || !median || !upper || !high) continue;
    PathData path(2), line(2);
    path.move_to(*x, *low);
    path.line_to(*x, *high);
    for (const double whisker : {*low, *high}) {
      path.move_to(*x - half / 2.0, whisker);
      path.line_to(*x + half / 2.0, whisker);
    }
    path.move_to(*x - half, *lower);
    path.line_to(*x + half, *lower);
    path.line_to(*x + half, *upper);
    path.line_to(*x - half, *upper);
    path.close();
    line.move_to(*x - half, *median);
    line.line_to(*x + half, *median);
    const std::string title = box.tooltip.empty() ? "" : "<title>" + escaped(box.tooltip) + "</title>";
    result +=
        fmt::format("<g>{}<path d=\"{}\"/><path class=\"median\" d=\"{}\"/></g>", title, path.text(), line.text());
  }
  return result + "</g>";
}

inline std::string drawn_layer(const SvgLayout& layout, const RectangleLayer& layer, const std::string& clip) {
  const bool shaded =
      std::ranges::any_of(layer.rectangles, [](const PlotRectangle& one) { return one.shade.has_value(); });
  std::string result =
      fmt::format("<g class=\"{} tone-{}\"{}>", shaded ? "cells" : "bars", to_string(layer.tone), clip);
  for (const PlotRectangle& one : layer.rectangles) {
    // What is not on a log scale, as the foot of a bar at 0, is at its lower end.
    const auto x_low =
        layout.x.place_of_mark(is_finite(one.x_low) ? std::max(one.x_low, layout.x.map.low()) : one.x_low);
    const auto y_low =
        layout.y.place_of_mark(is_finite(one.y_low) ? std::max(one.y_low, layout.y.map.low()) : one.y_low);
    const auto x_high = layout.x.place_on_scale(one.x_high), y_high = layout.y.place_on_scale(one.y_high);
    if (!x_low || !x_high || !y_low || !y_high) continue;
    const std::int64_t left = in_units(std::min(*x_low, *x_high), 2), right = in_units(std::max(*x_low, *x_high), 2);
    const std::int64_t upper = in_units(std::min(*y_low, *y_high), 2), lower = in_units(std::max(*y_low, *y_high), 2);
    if (left == right || upper == lower) continue;
    result +=
        fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"{}{}", decimal(left, 2), decimal(upper, 2),
                    decimal(right - left, 2), decimal(lower - upper, 2),
                    one.shade ? fmt::format(" class=\"{}\"", shade_of(*one.shade)) : "", closed("rect", one.tooltip));
  }
  return result + "</g>";
}

}  // namespace eigentune::report_detail
