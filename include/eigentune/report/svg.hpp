#pragma once

#include <eigentune/report/markup.hpp>
#include <eigentune/report/palette.hpp>
#include <eigentune/report/plot.hpp>
#include <eigentune/report/svg_axes.hpp>
#include <eigentune/report/svg_layout.hpp>
#include <eigentune/report/svg_legend.hpp>
#include <eigentune/report/svg_marks.hpp>
#include <eigentune/report/svg_words.hpp>

#include <fmt/format.h>

#include <string>
#include <type_traits>
#include <variant>

namespace eigentune {

namespace report_detail {

/// What a script needs to switch an axis: its scale, its ends, and where they are drawn.
inline std::string switch_attribute(const DrawnAxis& axis) {
  if (!axis.is_switchable()) return "";
  return fmt::format(" data-{}=\"{} {} {} {} {}\"", axis.vertical ? 'y' : 'x',
                     axis.map.scale() == AxisScale::log ? "log" : "linear", axis.map.low(), axis.map.high(),
                     coordinate(axis.from), coordinate(axis.to));
}

inline std::string standalone_head(const SvgLayout& layout) {
  std::string result = fmt::format("<style>{}@media(prefers-color-scheme:dark){{{}}}</style>",
                                   with_colours(plot_style(), false), with_colours(plot_style(), true));
  result += fmt::format("<rect class=\"background\" width=\"{}\" height=\"{}\"/>", coordinate(layout.width),
                        coordinate(layout.height));
  for (std::size_t i = 0; i < layout.title_lines.size(); ++i) {
    const double y = layout.title_from + 13.0 + 18.0 * static_cast<double>(i);
    result += fmt::format("<text class=\"title\" x=\"{}\" y=\"{}\">{}</text>", coordinate(margin), coordinate(y),
                          escaped(layout.title_lines[i]));
  }
  return result;
}

}  // namespace report_detail

/// A plot as SVG 1.1: a file of its own that any browser shows, or an element of a page that has plot_style(). It has a
/// title and a description for those who do not see it, a tooltip on every mark that has one, `data-trial` on every
/// mark of a trial, and follows the reader's choice of light or dark. Deterministic. Any text is shown as it is, markup
/// in it too; axes, values and texts may be as broken as they like. A mark beyond the ends of an axis is drawn at the
/// nearer end, a line is cut off there.
inline std::string svg(const Plot& plot, const SvgOptions& options = {}) {
  using namespace report_detail;
  const SvgLegend legend(plot, options.width);
  const SvgLayout layout(plot, options, legend.height());
  const std::string id = escaped(plot.id), width = coordinate(layout.width), height = coordinate(layout.height);
  std::string result = "<svg class=\"plot\" role=\"img\"";
  if (options.standalone) {
    result += fmt::format(" xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\"", width, height);
  }
  result += fmt::format(" viewBox=\"0 0 {} {}\" aria-labelledby=\"{}-title {}-description\"{}{}>", width, height, id,
                        id, switch_attribute(layout.x), switch_attribute(layout.y));
  result += fmt::format("<title id=\"{}-title\">{}</title><desc id=\"{}-description\">{}</desc>", id,
                        escaped(plot.title), id, escaped(plot.description));
  if (options.standalone) result += standalone_head(layout);
  result += legend.drawn(layout.legend_from);
  result += drawn_axes(layout);
  result += fmt::format("<clipPath id=\"{}-clip\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/></clipPath>", id,
                        coordinate(layout.left - 1.0), coordinate(layout.top - 1.0),
                        coordinate(layout.right - layout.left + 2.0), coordinate(layout.bottom - layout.top + 2.0));
  const std::string clip = fmt::format(" clip-path=\"url(#{}-clip)\"", id);
  PlacedWords words(layout);
  for (const PlotLayer& layer : plot.layers) {
    result += std::visit(
        [&](const auto& its) -> std::string {
          using Layer = std::remove_cvref_t<decltype(its)>;
          if constexpr (std::is_same_v<Layer, RuleLayer> || std::is_same_v<Layer, TextLayer>) {
            return words.drawn_layer(its);
          } else if constexpr (std::is_same_v<Layer, PointLayer>) {
            return drawn_layer(layout, its);
          } else {
            return drawn_layer(layout, its, clip);
          }
        },
        layer);
  }
  return result + "</svg>";
}

}  // namespace eigentune
