#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/report/palette.hpp>
#include <eigentune/report/plot.hpp>
#include <eigentune/report/vega_lite_axis.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace eigentune::report_detail {

using Layers = std::vector<Json>;

inline std::string tone_colour(Tone tone) {
  return std::string(light_colour(to_string(tone)));
}

/// The axes of a plot, and the scale of colours that all of its layers share: one colour for each label.
struct VegaFrame {
  explicit VegaFrame(const Plot& plot) : x(plot.x, false), y(plot.y, true) {
    const auto add = [this](const std::string& label, Tone tone) {
      if (label.empty() || std::ranges::find(labels, Json(label)) != labels.end()) return;
      labels.push_back(label);
      colours.push_back(tone_colour(tone));
    };
    for (const PlotLayer& layer : plot.layers) {
      std::visit(
          [&add](const auto& its) {
            using Its = std::remove_cvref_t<decltype(its)>;
            if constexpr (!std::is_same_v<Its, RuleLayer> && !std::is_same_v<Its, TextLayer>) add(its.label, its.tone);
          },
          layer);
    }
  }

  VegaAxis x, y;
  Json labels = Json::array(), colours = Json::array();
  int words_at_top = 0;  ///< of vertical rules so far
};

/// A layer of those rows. One with a label takes its colour from the scale, of which the legend is made.
inline Json vega_layer(const VegaFrame& frame, const std::string& label, Tone tone, Json rows, Json mark,
                       Json encoding) {
  Json layer = {{"data", {{"values", std::move(rows)}}}};
  if (label.empty()) {
    mark["color"] = tone_colour(tone);
  } else {
    const std::string literal = Json(label).dump(-1, ' ', true, Json::error_handler_t::replace);
    layer["transform"] = Json::array({{{"calculate", literal}, {"as", "label"}}});
    encoding["color"] = {{"field", "label"},
                         {"type", "nominal"},
                         {"scale", {{"domain", frame.labels}, {"range", frame.colours}}},
                         {"legend", {{"title", nullptr}}}};
  }
  layer["mark"] = std::move(mark);
  layer["encoding"] = std::move(encoding);
  return layer;
}

inline void add_about(Json& row, const std::optional<std::int64_t>& trial, const std::string& tooltip) {
  if (trial) row["trial"] = *trial;
  if (!tooltip.empty()) row["tooltip"] = tooltip;
}

inline Json tooltip_field() {
  return {{"field", "tooltip"}, {"type", "nominal"}};
}

inline Layers vega_layers(const VegaFrame& frame, const PointLayer& layer) {
  const VegaAxis &x = frame.x, &y = frame.y;
  const Json mark = {{"type", "point"},
                     {"shape", layer.symbol == Symbol::cross ? "M-.7-.7L.7.7M.7-.7L-.7.7" : "circle"},
                     {"filled", layer.symbol == Symbol::circle},
                     {"opacity", 1}};
  Layers result;
  for (const bool x_in_band : {false, true}) {
    for (const bool y_in_band : {false, true}) {
      Json rows = Json::array();
      for (const PlotPoint& point : layer.points) {
        const std::optional<double> own_x = x.datum(point.x), own_y = y.datum(point.y);
        if (own_x.has_value() == x_in_band || own_y.has_value() == y_in_band) continue;
        Json row = Json::object();
        if (own_x) row["x"] = *own_x;
        if (own_y) row["y"] = *own_y;
        add_about(row, point.trial, point.tooltip);
        rows.push_back(std::move(row));
      }
      const bool has_place = (!x_in_band || !x.axis().band.empty()) && (!y_in_band || !y.axis().band.empty());
      if (rows.empty() || !has_place) continue;
      Json encoding = {{"x", x_in_band ? x.band() : x.encoding("x")},
                       {"y", y_in_band ? y.band() : y.encoding("y")},
                       {"tooltip", tooltip_field()}};
      result.push_back(vega_layer(frame, layer.label, layer.tone, std::move(rows), mark, std::move(encoding)));
    }
  }
  return result;
}

inline Layers vega_layers(const VegaFrame& frame, const LineLayer& layer) {
  const VegaAxis &x = frame.x, &y = frame.y;
  Json rows = Json::array();
  std::int64_t pieces = 0;  // a line that is interrupted is several
  for (const PlotLine& line : layer.lines) {
    ++pieces;
    for (std::size_t i = 0; i < std::min(line.x.size(), line.y.size()); ++i) {
      const std::optional<double> own_x = x.datum(line.x[i]), own_y = y.datum(line.y[i]);
      if (!own_x || !own_y) {
        ++pieces;
        continue;
      }
      Json row = {{"x", *own_x}, {"y", *own_y}, {"line", pieces}};
      add_about(row, line.trial, line.tooltip);
      rows.push_back(std::move(row));
    }
  }
  Json encoding = encoding_of(x, y);
  encoding["detail"] = {{"field", "line"}, {"type", "nominal"}};
  encoding["tooltip"] = tooltip_field();
  const Json mark = {{"type", "line"},
                     {"clip", true},
                     {"strokeWidth", layer.bold ? 2.4 : 1.0},
                     {"opacity", layer.tone == Tone::muted ? 0.5 : 1.0}};
  return {vega_layer(frame, layer.label, layer.tone, std::move(rows), mark, std::move(encoding))};
}

inline Layers vega_layers(const VegaFrame& frame, const BoxLayer& layer) {
  const VegaAxis &x = frame.x, &y = frame.y;
  Json rows = Json::array();
  for (const PlotBox& box : layer.boxes) {
    const auto own_x = x.datum(box.x), low = y.datum(box.lower_whisker), lower = y.datum(box.lower_quartile),
               median = y.datum(box.median), upper = y.datum(box.upper_quartile), high = y.datum(box.upper_whisker);
    if (!own_x || !low || !lower || !median || !upper || !high) continue;
    Json row = {{"x", *own_x}, {"low", *low}, {"lower", *lower}, {"y", *median}, {"upper", *upper}, {"high", *high}};
    add_about(row, std::nullopt, box.tooltip);
    rows.push_back(std::move(row));
  }
  const auto part = [&](Json mark, const char* from, const char* to) {
    Json encoding = {{"x", x.encoding("x")}, {"y", y.encoding(from)}};
    if (to != nullptr) encoding["y2"] = {{"field", to}};
    encoding["tooltip"] = tooltip_field();
    return vega_layer(frame, layer.label, layer.tone, rows, std::move(mark), std::move(encoding));
  };
  return {part({{"type", "rule"}}, "low", "high"),
          part({{"type", "bar"}, {"width", 16}, {"fillOpacity", 0.35}}, "lower", "upper"),
          part({{"type", "tick"}, {"width", 16}, {"thickness", 3}, {"orient", "horizontal"}}, "y", nullptr)};
}

inline Layers vega_layers(const VegaFrame& frame, const RectangleLayer& layer) {
  const VegaAxis &x = frame.x, &y = frame.y;
  Json rows = Json::array();
  bool shaded = false;
  for (const PlotRectangle& one : layer.rectangles) {
    // What is not on a log scale, as the foot of a bar at 0, is at its lower end.
    const auto x_low = x.datum(is_finite(one.x_low) ? std::max(one.x_low, x.map().low()) : one.x_low);
    const auto y_low = y.datum(is_finite(one.y_low) ? std::max(one.y_low, y.map().low()) : one.y_low);
    const auto x_high = x.datum(one.x_high), y_high = y.datum(one.y_high);
    if (!x_low || !x_high || !y_low || !y_high) continue;
    Json row = {{"x", *x_low}, {"x2", *x_high}, {"y", *y_low}, {"y2", *y_high}};
    if (one.shade) {
      row["shade"] = *one.shade;
      shaded = true;
    }
    add_about(row, std::nullopt, one.tooltip);
    rows.push_back(std::move(row));
  }
  Json encoding = encoding_of(x, y);
  encoding["x2"] = {{"field", "x2"}};
  encoding["y2"] = {{"field", "y2"}};
  encoding["tooltip"] = tooltip_field();
  if (shaded) {
    encoding["opacity"] = {{"field", "shade"},
                           {"type", "quantitative"},
                           {"scale", {{"domain", {0, 1}}, {"range", {0.06, 1}}}},
                           {"legend", nullptr}};
  }
  return {vega_layer(frame, layer.label, layer.tone, std::move(rows), {{"type", "rect"}, {"clip", true}},
                     std::move(encoding))};
}

inline Layers vega_layers(VegaFrame& frame, const RuleLayer& layer) {
  const VegaAxis& axis = layer.vertical ? frame.x : frame.y;
  const std::optional<double> value = axis.datum(layer.value);
  if (!value) return {};
  const Json rows = Json::array({{{axis.channel(), *value}, {"text", layer.label}}});
  Json encoding = {{axis.channel(), axis.encoding(axis.channel())}};
  Layers result = {vega_layer(frame, "", layer.tone, rows, {{"type", "rule"}, {"strokeDash", {5, 3}}}, encoding)};
  if (layer.label.empty()) return result;
  encoding["text"] = {{"field", "text"}, {"type", "nominal"}};
  if (layer.vertical) {
    encoding["y"] = {{"value", 8 + 14 * frame.words_at_top++}};  // below those of others
  } else {
    encoding["x"] = {{"value", 4}};
  }
  const Json words = {{"type", "text"}, {"align", "left"}, {"dx", 4}, {"dy", layer.vertical ? 0 : -6}};
  result.push_back(vega_layer(frame, "", layer.tone, rows, words, std::move(encoding)));
  return result;
}

inline Layers vega_layers(const VegaFrame& frame, const TextLayer& layer) {
  const VegaAxis &x = frame.x, &y = frame.y;
  Json rows = Json::array();
  for (const PlotText& text : layer.texts) {
    const std::optional<double> own_x = x.datum(text.x), own_y = y.datum(text.y);
    if (own_x && own_y) rows.push_back({{"x", *own_x}, {"y", *own_y}, {"text", text.text}});
  }
  Json encoding = encoding_of(x, y);
  encoding["text"] = {{"field", "text"}, {"type", "nominal"}};
  return {vega_layer(frame, "", Tone::muted, std::move(rows), {{"type", "text"}}, std::move(encoding))};
}

/// The words beside a band for marks without a value: where it is, at the lower end of the other axis.
inline Layers vega_band(VegaFrame& frame, bool vertical) {
  const VegaAxis& axis = vertical ? frame.y : frame.x;
  if (axis.axis().band.empty()) return {};
  Json encoding = {{"x", vertical ? Json{{"value", 4}} : frame.x.band()},
                   {"y", vertical ? frame.y.band() : Json{{"value", 8}}},
                   {"text", {{"field", "text"}, {"type", "nominal"}}}};
  const char* align = vertical || !axis.axis().band_at_high ? "left" : "right";
  const Json words = {{"type", "text"}, {"align", align}, {"dy", vertical && axis.axis().band_at_high ? 10 : -10}};
  const Json rows = Json::array({{{"text", axis.axis().band}}});
  return {vega_layer(frame, "", Tone::muted, rows, words, std::move(encoding))};
}

}  // namespace eigentune::report_detail
