#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/portable_math.hpp>
#include <eigentune/report/plot.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace eigentune {

/// Smaller numbers, next to the subnormal ones, count as 0.
inline constexpr double least_drawn = 1e-300;

/// Where values lie between the ends of an axis. Whatever the axis says, the map works: ends that are none for the
/// scale (equal, in the wrong order, not finite, not above 0 on a log one) are replaced by ones around what is there.
/// Ends that a log or one_minus_log scale hardly tells apart are on a linear one, which looks the same there.
class AxisMap {
 public:
  explicit AxisMap(const PlotAxis& axis) : scale_(axis.scale), low_(axis.low), high_(axis.high) {
    if (scale_ == AxisScale::category) {
      low_ = -0.5;
      high_ = std::max(1.0, static_cast<double>(axis.categories.size())) - 0.5;
    }
    if (!is_finite(low_)) low_ = is_finite(high_) ? high_ : 0.0;
    if (!is_finite(high_)) high_ = low_;
    if (low_ > high_) std::swap(low_, high_);
    const bool fits = scale_ == AxisScale::log ? low_ > 0.0 : scale_ != AxisScale::one_minus_log || high_ < 1.0;
    if (!fits) scale_ = AxisScale::linear;
    if (scale_ == AxisScale::log && high_ < least_drawn) scale_ = AxisScale::linear;
    if (scale_ == AxisScale::log) low_ = std::max(low_, least_drawn);
    if (low_ >= high_) widen();
    constexpr double straight = 1e-6;  // of the scale: so short, it is straight, and logarithms round to a part of it
    if (scale_ != AxisScale::linear && scale_ != AxisScale::category && *on_scale(high_) - *on_scale(low_) < straight)
      scale_ = AxisScale::linear;
    if (scale_ == AxisScale::linear && high_ - low_ < least_drawn) widen();
    from_ = *on_scale(low_);
    length_ = *on_scale(high_) - from_;
  }

  AxisScale scale() const { return scale_; }
  double low() const { return low_; }
  double high() const { return high_; }

  /// 0 at the lower end, 1 at the upper one, beyond for values outside of them; absent for what is not finite or not on
  /// the scale.
  std::optional<double> position(double value) const {
    const std::optional<double> transformed = on_scale(value);
    if (!transformed) return std::nullopt;
    return (*transformed - from_) / length_;
  }

 private:
  /// Where the scale is a straight line. Halves, so that differences of the largest numbers are finite.
  std::optional<double> on_scale(double value) const {
    if (!is_finite(value)) return std::nullopt;
    if (scale_ == AxisScale::log) return value > 0.0 ? std::optional(portable::log(value)) : std::nullopt;
    if (scale_ == AxisScale::one_minus_log) {
      return value < 1.0 ? std::optional(-portable::log(1.0 - value)) : std::nullopt;
    }
    return value / 2.0;
  }

  void widen() {
    if (scale_ == AxisScale::log) {
      low_ /= 2.0;
      high_ *= 2.0;
    } else if (scale_ == AxisScale::one_minus_log) {
      low_ = 1.0 - 2.0 * (1.0 - high_);
      high_ = std::min(1.0 - 0.5 * (1.0 - high_), 0x1.fffffffffffffp-1);
    } else {
      const double margin = std::abs(low_) < least_drawn ? 1.0 : std::abs(low_) / 2.0;
      low_ -= margin;
      high_ += margin;
    }
    constexpr double most = std::numeric_limits<double>::max();
    low_ = std::max(low_, -most);
    high_ = std::min(high_, most);
  }

  AxisScale scale_;
  double low_, high_, from_ = 0.0, length_ = 1.0;
};

}  // namespace eigentune
