#pragma once

#include <eigentune/report/markup.hpp>
#include <eigentune/report/palette.hpp>
#include <eigentune/report/plot.hpp>
#include <eigentune/report/svg_axes.hpp>
#include <eigentune/report/svg_layout.hpp>
#include <eigentune/report/svg_marks.hpp>
#include <eigentune/report/text_width.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace eigentune::report_detail {

/// Draws words within a plot so that none lies on others: rules with theirs, and texts.
class PlacedWords {
 public:
  explicit PlacedWords(const SvgLayout& layout) : layout_(layout) {}

  std::string drawn_layer(const RuleLayer& rule) {
    const DrawnAxis& axis = rule.vertical ? layout_.x : layout_.y;
    const std::optional<double> position = axis.map.position(rule.value);
    if (!position || *position < 0.0 || *position > 1.0) return "";
    const double place = axis.from + *position * (axis.to - axis.from);
    PathData line(decimals_of(layout_));
    line.move_to(rule.vertical ? place : layout_.left, rule.vertical ? layout_.top : place);
    line.line_to(rule.vertical ? place : layout_.right, rule.vertical ? layout_.bottom : place);
    return fmt::format("<g class=\"rule tone-{}\"><path d=\"{}\"/>{}</g>", to_string(rule.tone), line.text(),
                       rule.label.empty() ? "" : beside(rule, place));
  }

  std::string drawn_layer(const TextLayer& layer) {
    std::string result = "<g class=\"words\">";
    for (const PlotText& text : layer.texts) {
      const std::optional<double> x = layout_.x.place_of_mark(text.x), y = layout_.y.place_of_mark(text.y);
      if (!x || !y) continue;
      const std::string shown = shortened(text.text, room_at(layer, text, *x) / font_size);
      const double half = width_of(shown) / 2.0;
      const double middle = (layout_.left + layout_.right) / 2.0;  // of what is too wide
      const double center =
          std::clamp(*x, std::min(layout_.left + half + 3.0, middle), std::max(layout_.width - half - 3.0, middle));
      result += text_element(
          fmt::format("class=\"middle halo\" x=\"{}\" y=\"{}\"", coordinate(center, 1), coordinate(*y + 4.0, 1)), shown,
          text.text);
    }
    return result + "</g>";
  }

 private:
  struct Box {
    double left, right, top, bottom;
    bool touches(const Box& other) const {
      return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
    }
  };

  /// The words of a rule: to the right of a vertical one, or to its left where there is more room; above a horizontal
  /// one; further down where others are.
  std::string beside(const RuleLayer& rule, double place) {
    constexpr double gap = 4.0;
    double room = layout_.right - layout_.left - gap;
    bool to_left = false;
    if (rule.vertical) {
      to_left = place - layout_.left > layout_.right - place && width_of(rule.label) > layout_.right - place - gap;
      room = to_left ? place - layout_.left - gap : layout_.right - place - gap;
    }
    const std::string shown = shortened(rule.label, room / font_size);
    const double width = width_of(shown);
    const double left = !rule.vertical ? layout_.right - width : to_left ? place - gap - width : place + gap;
    double top = rule.vertical ? layout_.y.band_to < layout_.y.band_from && layout_.y.axis->band_at_high ? layout_.y.to
                                                                                                         : layout_.top
                               : std::max(layout_.top, place - line_height - 1.0);
    Box box{left, left + width, top, top + line_height};
    const auto taken = [&](const Box& other) { return box.touches(other); };
    while (std::ranges::any_of(taken_, taken) && box.bottom + line_height <= layout_.bottom) {
      box.top += line_height;
      box.bottom += line_height;
    }
    taken_.push_back(box);
    return text_element(
        fmt::format("class=\"halo\" x=\"{}\" y=\"{}\"", coordinate(left, 1), coordinate(box.top + 12.0, 1)), shown,
        rule.label);
  }

  /// Up to where the neighbour at the same height begins to have more claim.
  double room_at(const TextLayer& layer, const PlotText& text, double x) const {
    double room = layout_.width - 2.0 * margin;
    for (const PlotText& other : layer.texts) {
      const std::optional<double> place = layout_.x.place_of_mark(other.x);
      if (other.y == text.y && place && *place != x) room = std::min(room, std::abs(*place - x) - 6.0);
    }
    return std::max(room, 2.0 * font_size);
  }

  const SvgLayout& layout_;
  std::vector<Box> taken_{};
};

}  // namespace eigentune::report_detail
