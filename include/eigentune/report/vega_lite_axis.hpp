#pragma once

#include <eigentune/report/axis_map.hpp>
#include <eigentune/report/palette.hpp>
#include <eigentune/report/plot.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

namespace eigentune::report_detail {

using Json = nlohmann::ordered_json;

/// One axis of a Vega-Lite specification: where values go, and the encoding of a channel by them.
class VegaAxis {
 public:
  VegaAxis(const PlotAxis& axis, bool vertical) : axis_(axis), map_(axis), vertical_(vertical) {}

  const PlotAxis& axis() const { return axis_; }
  const AxisMap& map() const { return map_; }
  const char* channel() const { return vertical_ ? "y" : "x"; }

  /// What a row of the data has for this value: itself, or 1 - itself on a one_minus_log scale; absent if it is not on
  /// the scale.
  std::optional<double> datum(double value) const {
    if (!map_.position(value)) return std::nullopt;
    return map_.scale() == AxisScale::one_minus_log ? 1.0 - value : value;
  }

  /// The encoding of the channel by that field of the data.
  Json encoding(const std::string& field) const {
    return {{"field", field}, {"type", "quantitative"}, {"scale", scale()}, {"axis", labels()}, {"title", axis_.title}};
  }

  /// The place of marks whose value is not finite: the end of the axis where their band is.
  Json band() const {
    const bool at_zero = vertical_ == axis_.band_at_high;  // pixels count from the upper left corner
    return at_zero ? Json{{"value", 0}} : Json{{"value", vertical_ ? "height" : "width"}};
  }

 private:
  /// How many digits tell 0.9999999 from 1, and one more; 15 at most, since more show how a double rounds.
  static int digits_below_one(double high) {
    constexpr int least = 6, most = 15;
    int digits = 1;
    for (double rest = 1.0 - high; rest < 1.0 && digits < most; rest *= 10.0) ++digits;
    return std::max(digits, least);
  }

  Json scale() const {
    const bool mirrored = map_.scale() == AxisScale::one_minus_log;
    const double low = mirrored ? 1.0 - map_.high() : map_.low(), high = mirrored ? 1.0 - map_.low() : map_.high();
    Json result = {{"type", mirrored || map_.scale() == AxisScale::log ? "log" : "linear"},
                   {"domain", {low, high}},
                   {"nice", false},
                   {"zero", false}};
    if (mirrored) {
      result.erase("zero");
      result["reverse"] = true;
    } else if (map_.scale() == AxisScale::log) {
      result.erase("zero");
    }
    return result;
  }

  Json labels() const {
    if (map_.scale() == AxisScale::one_minus_log) {
      return {{"labelExpr", fmt::format("format(1 - datum.value, '.{}~g')", digits_below_one(map_.high()))}};
    }
    if (axis_.whole_numbers) return {{"tickMinStep", 1}};
    if (map_.scale() != AxisScale::category) return Json::object();
    Json values = Json::array(), names = Json::array();
    for (std::size_t i = 0; i < axis_.categories.size(); ++i) {
      values.push_back(i);
      names.push_back(axis_.categories[i]);
    }
    const std::string expression = names.dump(-1, ' ', true, Json::error_handler_t::replace) + "[datum.value]";
    return {{"values", std::move(values)}, {"labelExpr", expression}, {"labelLimit", 120}, {"grid", false}};
  }

  const PlotAxis& axis_;
  AxisMap map_;
  bool vertical_;
};

inline Json encoding_of(const VegaAxis& x, const VegaAxis& y) {
  return {{"x", x.encoding("x")}, {"y", y.encoding("y")}};
}

}  // namespace eigentune::report_detail
