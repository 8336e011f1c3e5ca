#pragma once

namespace eigentune {

/// Whether a smaller or a larger metric is the better one: an error is minimized, an accuracy maximized.
enum class Direction { minimize, maximize };

/// "minimize" or "maximize".
constexpr const char* to_string(Direction direction) {
  return direction == Direction::minimize ? "minimize" : "maximize";
}

/// Whether the metric `a` is better than `b`. A NaN is better than nothing, and any number is better than a NaN. Equal
/// metrics are not better than each other.
constexpr bool is_better(Direction direction, double a, double b) {
  const auto is_nan = [](double value) { return !(value <= 0.0) && !(value >= 0.0); };
  if (is_nan(a) || is_nan(b)) return !is_nan(a) && is_nan(b);
  return direction == Direction::minimize ? a < b : a > b;
}

}  // namespace eigentune
