#pragma once

#include <bit>
#include <cstdint>

namespace eigentune {

/// Whether a smaller or a larger metric is the better one: an error is minimized, an accuracy maximized.
enum class Direction { minimize, maximize };

/// "minimize" or "maximize".
constexpr const char* to_string(Direction direction) {
  return direction == Direction::minimize ? "minimize" : "maximize";
}

/// Whether `value` is a NaN. Looks at the bits, as is_finite does.
constexpr bool is_nan(double value) {
  constexpr std::uint64_t sign_bit = 0x8000'0000'0000'0000, infinity = 0x7ff0'0000'0000'0000;
  return (std::bit_cast<std::uint64_t>(value) & ~sign_bit) > infinity;
}

/// Whether the metric `a` is better than `b`. Any number is better than a NaN; equal metrics are not better than each
/// other, nor are two NaNs.
constexpr bool is_better(Direction direction, double a, double b) {
  if (is_nan(a) || is_nan(b)) return !is_nan(a) && is_nan(b);
  return direction == Direction::minimize ? a < b : a > b;
}

}  // namespace eigentune
