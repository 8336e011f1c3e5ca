#pragma once

#include <eigentune/report/markup.hpp>
#include <eigentune/report/palette.hpp>
#include <eigentune/report/plot.hpp>
#include <eigentune/report/svg_layout.hpp>
#include <eigentune/report/text_width.hpp>
#include <eigentune/report/tick_label.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace eigentune {

/// The key to the labelled layers of a plot and to its shades: a row of symbols with their words, in as many rows as
/// they need.
class SvgLegend {
 public:
  SvgLegend(const Plot& plot, double width) : room_(width - 2.0 * report_detail::margin) {
    for (const PlotLayer& layer : plot.layers) {
      std::visit([this](const auto& its) { add(its); }, layer);
    }
    if (plot.shades) add_shades(*plot.shades);
  }

  double height() const { return rows_ == 0 ? 0.0 : rows_ * row_height + 4.0; }

  std::string drawn(double from) const {
    if (entries_.empty()) return "";
    std::string result = "<g class=\"legend\">";
    for (const Entry& entry : entries_) {
      const double x = report_detail::margin + entry.x, y = from + row_height * (entry.row + 0.5);
      result += fmt::format("<g transform=\"translate({} {})\">{}<text x=\"{}\" y=\"4\">{}</text></g>", coordinate(x),
                            coordinate(y), entry.symbol, coordinate(entry.text_from), escaped(entry.text));
    }
    return result + "</g>";
  }

 private:
  static constexpr double row_height = 18.0, symbol_width = 24.0, gap = 14.0;

  struct Entry {
    std::string symbol, text;
    double x, text_from;
    int row;
  };

  void add(const PointLayer& layer) {
    const std::string_view mark = layer.symbol == Symbol::cross
                                      ? "<path transform=\"translate(12 0)\" d=\"M-4-4 4 4M4-4-4 4\"/>"
                                      : "<circle cx=\"12\" cy=\"0\" r=\"4\"/>";
    add(layer.label, "points", layer.tone, mark);
  }
  void add(const LineLayer& layer) {
    add(layer.label, layer.bold ? "lines bold" : "lines", layer.tone, "<path d=\"M2 0H22\"/>");
  }
  void add(const BoxLayer& layer) {
    add(layer.label, "boxes", layer.tone, "<path d=\"M5-5H19V5H5Z\"/><path class=\"median\" d=\"M12-5V5\"/>");
  }
  void add(const RectangleLayer& layer) {
    add(layer.label, "bars", layer.tone, "<rect x=\"5\" y=\"-5\" width=\"14\" height=\"10\"/>");
  }
  void add(const RuleLayer&) {}  // has its words beside it
  void add(const TextLayer&) {}

  void add(const std::string& label, std::string_view kind, Tone tone, std::string_view mark) {
    if (label.empty()) return;
    append(fmt::format("<g class=\"{} tone-{}\">{}</g>", kind, to_string(tone), mark), label, symbol_width + 4.0);
  }

  void add_shades(const Plot::Shades& shades) {
    constexpr int steps = 8;
    constexpr double step = 10.0;
    const std::string low = fmt::format("{:.4g}", shades.low), high = fmt::format("{:.4g}", shades.high);
    const double from = report_detail::width_of(low) + 6.0;
    std::string symbol = fmt::format("<text y=\"4\">{}</text><g class=\"cells\">", low);
    for (int i = 0; i < steps; ++i) {
      symbol += fmt::format("<rect x=\"{}\" y=\"-6\" width=\"{}\" height=\"12\" class=\"{}\"/>",
                            coordinate(from + step * i), coordinate(step), shade_of(i / (steps - 1.0)));
    }
    symbol += "</g>";
    const std::string text = shades.title.empty() ? high : high + "  " + shades.title;
    append(std::move(symbol), text, from + step * steps + 6.0);
  }

  void append(std::string symbol, const std::string& text, double text_from) {
    const std::string shown = shortened(text, (room_ - text_from) / report_detail::font_size);
    const double width = text_from + report_detail::width_of(shown);
    if (rows_ == 0 || used_ + width > room_) {
      ++rows_;
      used_ = 0.0;
    }
    entries_.push_back({std::move(symbol), shown, used_, text_from, rows_ - 1});
    used_ += width + gap;
  }

  double room_, used_ = 0.0;
  int rows_ = 0;
  std::vector<Entry> entries_;
};

}  // namespace eigentune
