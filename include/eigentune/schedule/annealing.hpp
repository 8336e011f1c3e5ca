#pragma once

#include <eigentune/core/portable_math.hpp>

namespace eigentune {

/// The curve between two rates: half a period of a cosine, flat at both ends, or a straight line.
enum class Annealing { cosine, linear };

namespace schedule_detail {

/// low + (high - low) * fraction for high >= low and a fraction in [0, 1]: exactly low at 0 and exactly high at 1,
/// never outside, and monotone in the fraction.
inline double interpolate(double low, double high, double fraction) {
  if (fraction >= 1.0) return high;  // where low + (high - low) may round to a neighbour of high, even the upper one
  return low + portable::rounded((high - low) * fraction);
}

/// (1 + cos(pi * progress)) / 2, which falls from 1 to 0 while `progress` goes from 0 to 1. Computed as
/// cos(pi * progress / 2)^2: the same number, without the cancellation near the end.
inline double half_cosine(double progress) {
  const double cosine = portable::cos_pi(0.5 * progress);
  return cosine * cosine;
}

/// From `high` at progress 0 down to `low` at progress 1.
inline double anneal_down(Annealing annealing, double high, double low, double progress) {
  return interpolate(low, high, annealing == Annealing::cosine ? half_cosine(progress) : 1.0 - progress);
}

/// From `low` at progress 0 up to `high` at progress 1.
inline double anneal_up(Annealing annealing, double low, double high, double progress) {
  return interpolate(low, high, annealing == Annealing::cosine ? half_cosine(1.0 - progress) : progress);
}

}  // namespace schedule_detail
}  // namespace eigentune
