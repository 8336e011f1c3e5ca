#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace eigentune {

/// How an axis maps values to its length.
enum class AxisScale {
  linear,
  log,            ///< equal ratios are equal lengths; both ends are above 0
  one_minus_log,  ///< equal ratios of 1 - x are equal lengths; both ends are below 1
  category        ///< category i lies at the value i; the axis goes from -0.5 to the number of categories - 0.5
};

/// One axis of a plot.
struct PlotAxis {
  std::string title{};  ///< what is shown, with its unit if it has one
  AxisScale scale = AxisScale::linear;
  double low = 0.0;                       ///< the value at the left or lower end
  double high = 1.0;                      ///< at the other end; above `low`
  std::vector<std::string> categories{};  ///< the labels of a category axis, in order
  bool whole_numbers = false;             ///< whether a tick between two whole numbers has no meaning
  /// A band beyond one end, with this label, in which marks are drawn whose value on this axis is not finite: trials
  /// without an objective. No band if it is empty.
  std::string band{};
  bool band_at_high = true;  ///< where the worst objectives are
  /// Whether a reader may switch between linear and log: both make sense.
  bool switchable = false;
};

/// What a colour stands for. The palette is the renderer's, and the same in all plots.
enum class Tone {
  ordinary,    ///< most marks
  best,        ///< the best trials
  infeasible,  ///< trials without an objective
  muted,       ///< what stays in the background
  first,       ///< the first of several groups told apart by colour
  second,
  third,
  fourth,
  fifth,
  sixth
};

enum class Symbol { circle, cross };

struct PlotPoint {
  double x = 0.0, y = 0.0;
  std::optional<std::int64_t> trial{};  ///< whose it is: highlighted in all plots at once
  std::string tooltip{};
};

struct PointLayer {
  std::string label{};  ///< in the legend; in none if empty
  Tone tone = Tone::ordinary;
  Symbol symbol = Symbol::circle;
  std::vector<PlotPoint> points{};
};

/// A line through (x[i], y[i]); it is interrupted where one of them is not finite, or not on the axis's scale.
struct PlotLine {
  std::vector<double> x{}, y{};
  std::optional<std::int64_t> trial{};
  std::string tooltip{};
};

struct LineLayer {
  std::string label{};
  Tone tone = Tone::ordinary;
  bool bold = false;  ///< on top of thin ones
  std::vector<PlotLine> lines{};
};

/// A box of a box plot at `x`, a category's index or a value. It is as wide as the distance to its nearest neighbour
/// allows.
struct PlotBox {
  double x = 0.0;
  double lower_whisker = 0.0, lower_quartile = 0.0, median = 0.0, upper_quartile = 0.0, upper_whisker = 0.0;
  std::string tooltip{};
};

struct BoxLayer {
  std::string label{};
  Tone tone = Tone::ordinary;
  std::vector<PlotBox> boxes{};
};

/// A bar of a histogram or of a bar chart, or a cell of a heat map, from corner to corner.
struct PlotRectangle {
  double x_low = 0.0, x_high = 0.0, y_low = 0.0, y_high = 0.0;
  std::optional<double> shade{};  ///< in [0, 1], on a scale from light to dark; without it the layer's tone
  std::string tooltip{};
};

struct RectangleLayer {
  std::string label{};
  Tone tone = Tone::ordinary;
  std::vector<PlotRectangle> rectangles{};
};

/// A straight line across the whole plot, with a few words beside it: a clip threshold, a bound.
struct RuleLayer {
  std::string label{};
  Tone tone = Tone::muted;
  bool vertical = true;  ///< at x = value; else at y = value
  double value = 0.0;
};

/// Words at a place of the plot: the ends of the axes of parallel coordinates.
struct PlotText {
  double x = 0.0, y = 0.0;
  std::string text{};
};

struct TextLayer {
  std::vector<PlotText> texts{};
};

using PlotLayer = std::variant<PointLayer, LineLayer, BoxLayer, RectangleLayer, RuleLayer, TextLayer>;

/// A plot as a value: what is drawn, not how. svg draws it, vega_lite writes it for other tools. Later layers lie on
/// earlier ones. Any text may come from a user: renderers escape it.
struct Plot {
  std::string id{};           ///< unique in a report: lower-case letters, digits and '-'
  std::string title{};        ///< what is plotted: "validation_error against learning_rate"
  std::string description{};  ///< what can be seen in it, in words, for those who do not see it
  PlotAxis x{}, y{};
  std::vector<PlotLayer> layers{};
  /// What the shades of rectangles mean: the title and the values at shade 0 and 1. No scale is drawn if it is absent.
  struct Shades {
    std::string title{};
    double low = 0.0, high = 1.0;
  };
  std::optional<Shades> shades{};
};

}  // namespace eigentune
