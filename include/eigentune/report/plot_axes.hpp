#pragma once

#include <eigentune/analysis/finding.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/portable_math.hpp>
#include <eigentune/report/plot.hpp>
#include <eigentune/space/domain.hpp>
#include <eigentune/space/hyperparameter.hpp>
#include <eigentune/space/scale.hpp>
#include <eigentune/space/value.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace eigentune::report_detail {

/// A value of a hyperparameter as a label: a string without quotes.
inline std::string value_text(const Value& value) {
  return value.is_string() ? value.as_string() : number_text(value);
}

/// An interval with `low` < `high`, finite, in which a tick can be placed: [low, high], or if its ends are (nearly)
/// equal, a tenth of their size more on either side.
inline std::pair<double, double> widened(double low, double high) {
  const double size = std::max(std::fabs(low), std::fabs(high));
  if (high - low > std::max(1e-9 * size, 1e-300)) return {low, high};
  const double more = size > 1e-300 ? 0.1 * size : 0.5;
  constexpr double most = std::numeric_limits<double>::max();
  return {std::max(low - more, -most), std::min(high + more, most)};
}

/// The axis of a hyperparameter, from bound to bound of the search space on its scale, which is linear where a log or
/// one_minus_log one can hardly tell them apart. Integers own the cell from half below to half above them, listed
/// values are categories.
inline PlotAxis hyperparameter_axis(const Hyperparameter& hyperparameter) {
  const Domain& domain = hyperparameter.domain;
  PlotAxis axis{.title = hyperparameter.id};
  if (domain.is_listed()) {
    axis.scale = AxisScale::category;
    for (const Value& value : domain.arguments()) axis.categories.push_back(value_text(value));
    axis.low = -0.5;
    axis.high = static_cast<double>(axis.categories.size()) - 0.5;
    return axis;
  }
  axis.scale = domain.scale() == Scale::log             ? AxisScale::log
               : domain.scale() == Scale::one_minus_log ? AxisScale::one_minus_log
                                                        : AxisScale::linear;
  axis.whole_numbers = domain.is_countable();
  const double half = axis.whole_numbers ? 0.5 : 0.0;
  axis.low = domain.low().as_double() - half;
  axis.high = domain.high().as_double() + half;
  constexpr double ratio = 1.0 + 1e-9;
  if (axis.scale == AxisScale::log && axis.high > axis.low * ratio) return axis;
  if (axis.scale == AxisScale::one_minus_log && 1.0 - axis.low > (1.0 - axis.high) * ratio) return axis;
  axis.scale = AxisScale::linear;
  std::tie(axis.low, axis.high) = widened(axis.low, axis.high);
  return axis;
}

/// Where the point lies on hyperparameter_axis; absent where the hyperparameter is not active.
inline std::optional<double> axis_value(const Hyperparameter& hyperparameter, const Point& point) {
  if (!unit_position(hyperparameter, point)) return std::nullopt;
  const Value& value = point[hyperparameter.name];
  if (hyperparameter.domain.is_listed()) return static_cast<double>(hyperparameter.domain.index_of(value));
  return value.as_double();
}

/// The value at `share` in [0, 1] of the axis's length.
inline double value_at(const PlotAxis& axis, double share) {
  if (share <= 0.0) return axis.low;
  if (share >= 1.0) return axis.high;
  const auto between = [share](double low, double high) { return low + share * (high - low); };
  if (axis.scale == AxisScale::log) return portable::exp(between(portable::log(axis.low), portable::log(axis.high)));
  if (axis.scale == AxisScale::one_minus_log) {
    return 1.0 - portable::exp(between(portable::log(1.0 - axis.low), portable::log(1.0 - axis.high)));
  }
  return between(axis.low, axis.high);
}

/// The inverse of value_at for a value on the axis.
inline double share_of(const PlotAxis& axis, double value) {
  const auto between = [](double low, double high, double at) { return (at - low) / (high - low); };
  if (axis.scale == AxisScale::log) {
    return between(portable::log(axis.low), portable::log(axis.high), portable::log(value));
  }
  if (axis.scale == AxisScale::one_minus_log) {
    return between(portable::log(1.0 - axis.low), portable::log(1.0 - axis.high), portable::log(1.0 - value));
  }
  return between(axis.low, axis.high, value);
}

}  // namespace eigentune::report_detail
