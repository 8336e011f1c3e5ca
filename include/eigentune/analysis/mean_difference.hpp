#pragma once

#include <eigentune/analysis/student_t.hpp>
#include <eigentune/core/error.hpp>
#include <eigentune/core/portable_math.hpp>

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

namespace eigentune {

/// The mean of values and their sample variance, sum (x - mean)^2 / (n - 1).
struct MeanAndVariance {
  double mean = 0.0, variance = 0.0;

  double deviation() const { return std::sqrt(variance); }

  /// Throws std::invalid_argument if there are fewer than 2 values, or one is not finite.
  static MeanAndVariance of(std::span<const double> values) {
    require(values.size() >= 2, "MeanAndVariance: there must be at least 2 values, got {}", values.size());
    const auto count = static_cast<double>(values.size());
    MeanAndVariance result;
    for (const double value : values) {
      require(is_finite(value), "MeanAndVariance: values must be finite, got {}", value);
      // From the first value on, so that equal values have exactly that mean, and no variance.
      result.mean += (value - values.front()) / count;
    }
    result.mean += values.front();
    for (const double value : values) {
      const double away = value - result.mean;
      result.variance += portable::rounded(away * away) / (count - 1.0);
    }
    return result;
  }
};

/// The difference of two means as samples tell it: the true one is distributed about `difference` as `standard_error`
/// times Student's t. In the words of Bayes that is its posterior under Jeffreys' prior; in Neyman's, the intervals
/// cover it.
struct MeanDifference {
  double difference = 0.0;
  double standard_error = 0.0;
  double degrees_of_freedom = 1.0;

  /// The value below which the true difference lies with probability `p` in (0, 1).
  double quantile(double p) const {
    return difference + portable::rounded(standard_error * student_t::quantile(p, degrees_of_freedom));
  }
  /// The probability that the true difference is above `threshold`. 0, 1/2 or 1 where there is no error.
  double probability_above(double threshold) const {
    const double away = threshold - difference;
    if (standard_error == 0.0) return away < 0.0 ? 1.0 : away > 0.0 ? 0.0 : 0.5;
    return student_t::upper_tail(away / standard_error, degrees_of_freedom);
  }
};

/// mean(a) - mean(b) of independent samples with variances of their own (Welch, "The Generalization of 'Student's'
/// Problem when Several Different Population Variances are Involved", 1947):
///
///     error^2 = v_a / n_a + v_b / n_b,   degrees = error^4 / ((v_a / n_a)^2 / (n_a - 1) + (v_b / n_b)^2 / (n_b - 1))
///
/// Without any variance the degrees are n_a + n_b - 2. Throws as MeanAndVariance::of.
inline MeanDifference welch_difference(std::span<const double> a, std::span<const double> b) {
  const MeanAndVariance of_a = MeanAndVariance::of(a), of_b = MeanAndVariance::of(b);
  const auto n_a = static_cast<double>(a.size()), n_b = static_cast<double>(b.size());
  const double part_a = of_a.variance / n_a, part_b = of_b.variance / n_b, square = part_a + part_b;
  MeanDifference result{.difference = of_a.mean - of_b.mean, .standard_error = std::sqrt(square)};
  if (square == 0.0) {
    result.degrees_of_freedom = n_a + n_b - 2.0;
  } else {  // by shares, which do not underflow
    const double share_a = part_a / square, share_b = part_b / square;
    result.degrees_of_freedom =
        1.0 / (portable::rounded(share_a * share_a) / (n_a - 1.0) + portable::rounded(share_b * share_b) / (n_b - 1.0));
  }
  return result;
}

/// mean(a - b) of pairs, such as two trainings with one seed: error^2 = variance(a - b) / n, degrees = n - 1. Throws as
/// MeanAndVariance::of, and if the samples have different sizes.
inline MeanDifference paired_difference(std::span<const double> a, std::span<const double> b) {
  require(a.size() == b.size(), "paired_difference: the samples must have the same size, got {} and {}", a.size(),
          b.size());
  std::vector<double> differences;
  for (std::size_t i = 0; i < a.size(); ++i) differences.push_back(a[i] - b[i]);
  const MeanAndVariance of = MeanAndVariance::of(differences);
  const auto n = static_cast<double>(a.size());
  return {.difference = of.mean, .standard_error = std::sqrt(of.variance / n), .degrees_of_freedom = n - 1.0};
}

}  // namespace eigentune
