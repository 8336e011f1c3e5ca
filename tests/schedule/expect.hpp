#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>

namespace eigentune {

/// The last step that there is.
inline constexpr std::int64_t last = std::numeric_limits<std::int64_t>::max();
/// Of a few operations on numbers near 1.
inline constexpr double rounding = 4 * std::numeric_limits<double>::epsilon();

/// |actual - expected| <= relative * |expected|.
inline void expect_close(double actual, double expected, double relative) {
  EXPECT_LE(std::abs(actual - expected), relative * std::abs(expected)) << "got " << actual << ", not " << expected;
}

/// Expects std::invalid_argument with exactly this text.
template <class Function>
void expect_invalid(Function&& function, const std::string& text) {
  try {
    function();
    ADD_FAILURE() << "nothing was thrown, expected: " << text;
  } catch (const std::invalid_argument& error) {
    EXPECT_EQ(error.what(), text);
  }
}

}  // namespace eigentune
