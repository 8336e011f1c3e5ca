#pragma once

#include <eigentune/core/portable_math.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>

namespace eigentune {

/// Whether Adam's epsilon is added to the root of v as it is, or to the root after v's bias correction.
enum class EpsilonPlacement { before_bias_correction, after_bias_correction };

inline constexpr std::array<std::string_view, 2> epsilon_placement_names = {"before_bias_correction", "after_bias_correction"};

/// 1 - base^exponent for base in [0, 1] and exponent >= 0, without the cancellation that plagues it near base = 1: squares
/// and products of powers are carried as their distance from one. No libm call, so the bits are everybody's.
inline double one_minus_power(double base, std::int64_t exponent) {
  double result = 0.0;         // 1 - (the product so far)
  double square = 1.0 - base;  // 1 - base^(2^k), exact for base >= 1/2
  for (; exponent > 0; exponent /= 2) {
    // Both outcomes are computed and one is chosen: the bits of a step count are a poor thing to predict.
    const double product = square + portable::rounded(result * (1.0 - square));
    result = exponent % 2 == 1 ? product : result;
    square *= 2.0 - square;
    if (square == 1.0) return exponent > 1 ? 1.0 : result;  // all further powers are 0 to the last bit
  }
  return result;
}

}  // namespace eigentune
