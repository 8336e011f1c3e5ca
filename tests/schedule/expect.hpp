#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <string>

namespace eigentune {

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
