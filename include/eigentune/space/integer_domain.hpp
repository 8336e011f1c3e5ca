#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/space/continuous_domain.hpp>
#include <eigentune/space/scale.hpp>
#include <eigentune/space/value.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

namespace eigentune::space_detail {

/// The integers from low to high, both included. Each owns a cell of the unit interval: of equal length on the linear
/// scale; on the log scale as long as [i - 1/2, i + 1/2] is on the log scale of [low - 1/2, high + 1/2].
class IntegerDomain {
 public:
  /// So that the middle of a cell is well inside it in double precision, also on the log scale.
  static constexpr std::int64_t limit = 1'000'000'000'000;

  IntegerDomain(Scale scale, std::int64_t low, std::int64_t high) : scale_(scale), low_(low), high_(high) {
    if (scale == Scale::log) require(low >= 1, "{}: low must be at least 1, got {}", name(), low);
    require(low >= -limit, "{}: low must be at least {}, got {}", name(), -limit, low);
    require(high <= limit, "{}: high must be at most {}, got {}", name(), limit, high);
    require(low < high, "{}: low must be below high, got low {} and high {}", name(), low, high);
  }

  const char* name() const { return scale_ == Scale::linear ? "integer" : "log_integer"; }
  std::vector<Value> arguments() const { return {low_, high_}; }
  Scale scale() const { return scale_; }
  Value low() const { return low_; }
  Value high() const { return high_; }
  std::optional<std::int64_t> cardinality() const { return high_ - low_ + 1; }

  bool contains(const Value& value) const {
    return value.is_integer() && low_ <= value.as_integer() && value.as_integer() <= high_;
  }

  Value at(std::int64_t index) const { return low_ + index; }
  std::int64_t index_of(const Value& value) const { return value.as_integer() - low_; }

  Value from_unit(double unit) const {
    const double steps = scale_ == Scale::linear ? std::floor(unit * count())
                                                 : std::floor(grown(start(), unit * length()) + 0.5) - as_double(low_);
    return std::clamp(low_ + static_cast<std::int64_t>(steps), low_, high_);
  }

  double to_unit(const Value& value) const {
    const auto x = value.as_integer();
    if (scale_ == Scale::linear) return (as_double(x - low_) + 0.5) / count();
    return 0.5 * (log_ratio(as_double(x) - 0.5, start()) + log_ratio(as_double(x) + 0.5, start())) / length();
  }

  friend bool operator==(const IntegerDomain&, const IntegerDomain&) = default;

 private:
  static double as_double(std::int64_t integer) { return static_cast<double>(integer); }
  double count() const { return as_double(high_ - low_ + 1); }
  double start() const { return as_double(low_) - 0.5; }
  double length() const { return log_ratio(as_double(high_) + 0.5, start()); }

  Scale scale_;
  std::int64_t low_;
  std::int64_t high_;
};

}  // namespace eigentune::space_detail
