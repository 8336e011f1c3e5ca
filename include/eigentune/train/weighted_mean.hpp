#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/portable_math.hpp>

#include <limits>

namespace eigentune {

/// The weighted mean of a metric over examples, and its variance over them, summed in double in the order of the calls:
///
///     mean     = sum(weight * value) / sum(weight)
///     variance = sum(weight * (value - mean)^2) / (sum(weight) - 1)
///
/// What weighs zero has no part in either, whatever its value: padding may well be NaN. A value that counts and is not
/// finite makes them so too.
class WeightedMean {
 public:
  WeightedMean() = default;

  /// As if `weight` examples had been added that have this mean and variance. Throws std::invalid_argument if weight is
  /// negative or not finite, or variance negative.
  WeightedMean(double weight, double mean, double variance) : weight_(weight), sum_(weight * mean) {
    check_weight(weight);
    require(!(variance < 0.0), "WeightedMean: variance must be at least 0, got {}", variance);
    squares_ = variance * (weight - 1.0);
    if (!(weight > 1.0)) squares_ = 0.0;
    if (weight == 0.0) sum_ = 0.0;
  }

  /// Throws std::invalid_argument if weight is negative or not finite.
  void add(double value, double weight = 1.0) {
    check_weight(weight);
    merge(weight, weight * value, 0.0);
  }

  /// Adds what `other` has summed, on another host or in another batch.
  WeightedMean& operator+=(const WeightedMean& other) {
    merge(other.weight_, other.sum_, other.squares_);
    return *this;
  }

  double weight() const { return weight_; }  ///< the number of examples, where each weighs 1
  double sum() const { return sum_; }        ///< of weight * value

  /// NaN if nothing was added.
  double mean() const { return weight_ > 0.0 ? sum_ / weight_ : std::numeric_limits<double>::quiet_NaN(); }

  /// Unbiased where each example weighs 1. NaN unless weight() > 1.
  double variance() const {
    return weight_ > 1.0 ? squares_ / (weight_ - 1.0) : std::numeric_limits<double>::quiet_NaN();
  }

 private:
  static void check_weight(double weight) {
    require(weight >= 0.0 && is_finite(weight), "WeightedMean: weight must be in [0, inf), got {}", weight);
  }

  /// The squares around the two means grow by that of their distance (Chan, Golub and LeVeque 1979).
  void merge(double weight, double sum, double squares) {
    if (weight == 0.0) return;
    if (weight_ > 0.0) {
      const double distance = sum / weight - sum_ / weight_;
      const double factor = weight * (weight_ / (weight_ + weight));
      squares_ += portable::rounded(portable::rounded(distance * distance) * factor);
    }
    squares_ += squares;
    sum_ += portable::rounded(sum);
    weight_ += weight;
  }

  double weight_ = 0.0;
  double sum_ = 0.0;
  double squares_ = 0.0;  // sum of weight * (value - mean)^2
};

}  // namespace eigentune
