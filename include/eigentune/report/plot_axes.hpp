#pragma once

#include <eigentune/analysis/finding.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/direction.hpp>
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
  if (high - low > 1e-9 * size) return {low, high};
  const double more = size > 1e-300 ? 0.1 * size : 0.5;
  return {low - more, high + more};
}

/// The axis of a hyperparameter, from bound to bound of the search space on its scale. Integers own the cell from half
/// below to half above them, listed values are categories.
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
  std::tie(axis.low, axis.high) = widened(domain.low().as_double() - half, domain.high().as_double() + half);
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

/// The axis of what trials or steps result in, on which a few terrible values do not squash the others:
///
/// - it goes from the best value to the worst, but no further than half as far again behind the third quartile as that
///   is behind the best (1.5 times that distance). So the better three quarters have at least two fifths of the axis.
///   Worse values are drawn at its edge; what they are, their tooltips say;
/// - if all values are above 0 a reader may switch to the log scale; it is on from the beginning, and the distances are
///   ratios, where the third quartile is at least 30 times the best (or the best 30 times it, if that is higher).
///
/// Values that are not finite are not on it, and go to its band: see PlotAxis.
class OutcomeAxis {
 public:
  /// `values` in any order; those that are not finite are left out.
  OutcomeAxis(std::string title, std::vector<double> values, Direction direction) {
    axis_.title = std::move(title);
    axis_.band_at_high = direction == Direction::minimize;
    std::erase_if(values, [](double value) { return !is_finite(value); });
    if (values.empty()) return;
    for (double& value : values) value = std::clamp(value, -largest, largest);
    std::ranges::sort(values);
    const bool positive = values.front() > 0.0;
    const double least = values.front();
    if (direction == Direction::maximize) std::ranges::reverse(values);
    const double best = values.front(), worst = values.back(), quartile = values[3 * (values.size() - 1) / 4];
    constexpr double wide = 30.0;
    if (positive && std::max(quartile / best, best / quartile) >= wide) axis_.scale = AxisScale::log;

    const double reach = 2.5 * (scaled(quartile) - scaled(best));  // signed: away from the best
    double last = scaled(worst);
    if (reach != 0.0 && std::fabs(last - scaled(best)) > std::fabs(reach)) last = scaled(best) + reach;
    const auto [first_end, last_end] = std::minmax({scaled(best), last});
    constexpr double margin = 0.04;
    const double more = margin * (last_end - first_end);
    double low = unscaled(first_end - more), high = unscaled(last_end + more);
    if (positive) low = std::max(low, 0.5 * least);  // stays on the log scale
    std::tie(axis_.low, axis_.high) = widened(low, high);
    axis_.switchable = positive && axis_.low > 0.0;
  }

  const PlotAxis& axis() const { return axis_; }

  /// Where the value is drawn: itself, or the nearer end of the axis; NaN if it is not finite.
  double place(double value) const {
    return is_finite(value) ? std::clamp(value, axis_.low, axis_.high) : std::numeric_limits<double>::quiet_NaN();
  }
  bool is_beyond(double value) const { return is_finite(value) && place(value) != value; }

 private:
  static constexpr double largest = 1e300;  // so that the length of an axis is finite

  double scaled(double value) const { return axis_.scale == AxisScale::log ? portable::log(value) : value; }
  double unscaled(double value) const {
    return std::min(axis_.scale == AxisScale::log ? portable::exp(value) : value, 2.0 * largest);
  }

  PlotAxis axis_;
};

}  // namespace eigentune::report_detail
