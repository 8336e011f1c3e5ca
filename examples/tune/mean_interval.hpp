#pragma once

#include <eigentune/analysis/student_t.hpp>
#include <eigentune/core/error.hpp>

#include <cmath>
#include <cstdint>
#include <span>

namespace example {

/// A mean, and an interval that covers the true one with a given probability.
struct MeanInterval {
  double mean = 0.0, low = 0.0, high = 0.0;
};

/// Student's interval for the mean of independent normal values, such as the differences of pairs (the paired t test):
/// mean -+ t * s / sqrt(n), with the sample's standard deviation s and t of n - 1 degrees of freedom. Throws
/// std::invalid_argument if there are fewer than 2 values, or unless 0 < probability < 1.
inline MeanInterval student_interval(std::span<const double> values, double probability) {
  const auto n = static_cast<std::int64_t>(values.size());
  eigentune::require(n >= 2, "student_interval: there must be at least 2 values, got {}", n);
  eigentune::require(probability > 0.0 && probability < 1.0, "student_interval: probability must be in (0, 1), got {}",
                     probability);
  const auto count = static_cast<double>(n);
  double mean = 0.0, squares = 0.0;
  for (const double value : values) mean += value / count;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double error = std::sqrt(squares / (count - 1.0) / count);
  const double reach = -eigentune::student_t::quantile(0.5 * (1.0 - probability), count - 1.0) * error;
  return {mean, mean - reach, mean + reach};
}

}  // namespace example
