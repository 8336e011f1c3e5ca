#pragma once

#include <eigentune/core/portable_math.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>

namespace eigentune {

/// Whether Adam's epsilon is added to the root of v as it is, or to the root after v's bias correction.
enum class EpsilonPlacement { before_bias_correction, after_bias_correction };

inline constexpr std::array<std::string_view, 2> epsilon_placement_names = {"before_bias_correction",
                                                                            "after_bias_correction"};

/// 1 - base^exponent for base in [0, 1] and exponent >= 0, without the cancellation that plagues it near base = 1:
/// squares and products of powers are carried as their distance from one. No libm call, so the bits are everybody's.
[[gnu::noinline]] inline double one_minus_power(double base, std::int64_t exponent) {
  double result = 0.0;         // 1 - (the product so far)
  double square = 1.0 - base;  // 1 - base^(2^k), exact for base >= 1/2
  for (auto bits = static_cast<std::uint64_t>(exponent); bits > 0; bits >>= 1) {
    // A factor of 1 for a bit that is not set, by arithmetic: the bits of a step count are a poor thing to predict.
    const double factor = square * static_cast<double>(bits & 1);
    result = factor + portable::rounded(result * (1.0 - factor));
    if (square == 1.0) return bits > 1 ? 1.0 : result;  // all further powers are 0 to the last bit
    square *= 2.0 - square;
  }
  return result;
}

}  // namespace eigentune
