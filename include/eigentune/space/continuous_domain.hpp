#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/portable_math.hpp>
#include <eigentune/space/scale.hpp>
#include <eigentune/space/value.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace eigentune::space_detail {

/// ln(numerator / denominator) for positive numbers, also where the quotient overflows. Not 0 unless they are equal.
inline double log_ratio(double numerator, double denominator) {
  const double ratio = numerator / denominator;
  return is_finite(ratio) ? portable::log(ratio) : portable::log(numerator) - portable::log(denominator);
}

/// start * e^exponent, with no overflow on the way: both factors are below 10^308 wherever start and result are normal.
inline double grown(double start, double exponent) {
  const double root = portable::exp(0.5 * exponent);
  return portable::rounded(portable::rounded(start * root) * root);
}

/// The real numbers from low to high, both included, evenly spread on a scale.
class ContinuousDomain {
 public:
  ContinuousDomain(Scale scale, double low, double high) : scale_(scale), low_(low), high_(high) {
    require(is_finite(low), "{}: low must be finite, got {}", name(), low);
    require(is_finite(high), "{}: high must be finite, got {}", name(), high);
    if (scale == Scale::log) {
      require(low > 0.0, "{}: low must be above 0, got {}", name(), low);
      constexpr double least = std::numeric_limits<double>::min();
      require(low >= least, "{}: low must be at least {}, got {}", name(), least, low);
    }
    if (scale == Scale::one_minus_log) {
      require(low >= 0.0, "{}: low must be at least 0, got {}", name(), low);
      require(high < 1.0, "{}: high must be below 1, got {}", name(), high);
    }
    require(low < high, "{}: low must be below high, got low {} and high {}", name(), low, high);
    require(is_finite(high - low), "{}: high - low must be finite, got low {} and high {}", name(), low, high);
  }

  const char* name() const {
    return scale_ == Scale::linear ? "uniform" : scale_ == Scale::log ? "log_uniform" : "one_minus_log_uniform";
  }
  std::vector<Value> arguments() const { return {low_, high_}; }
  Scale scale() const { return scale_; }
  Value low() const { return low_; }
  Value high() const { return high_; }
  std::optional<std::int64_t> cardinality() const { return std::nullopt; }

  bool contains(const Value& value) const {
    return value.is_double() && low_ <= value.as_double() && value.as_double() <= high_;
  }

  Value from_unit(double unit) const {
    if (unit == 0.0) return low_;
    if (unit == 1.0) return high_;
    return std::clamp(between(unit), low_, high_);  // rounding may leave the interval by a bit
  }

  double to_unit(const Value& value) const {
    const double x = value.as_double();
    const double unit = scale_ == Scale::linear ? (x - low_) / (high_ - low_)
                        : scale_ == Scale::log  ? log_ratio(x, low_) / log_ratio(high_, low_)
                                                : log_ratio(1.0 - low_, 1.0 - x) / log_ratio(1.0 - low_, 1.0 - high_);
    return std::clamp(unit, 0.0, 1.0);
  }

  friend bool operator==(const ContinuousDomain&, const ContinuousDomain&) = default;

 private:
  double between(double unit) const {
    using portable::rounded;
    if (scale_ == Scale::linear) return low_ + rounded(unit * (high_ - low_));
    if (scale_ == Scale::log) return grown(low_, unit * log_ratio(high_, low_));
    return 1.0 - grown(1.0 - low_, unit * log_ratio(1.0 - high_, 1.0 - low_));
  }

  Scale scale_;
  double low_;
  double high_;
};

}  // namespace eigentune::space_detail
