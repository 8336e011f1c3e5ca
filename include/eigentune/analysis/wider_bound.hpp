#pragma once

#include <eigentune/analysis/finding.hpp>
#include <eigentune/core/portable_math.hpp>
#include <eigentune/space/domain.hpp>
#include <eigentune/space/scale.hpp>
#include <eigentune/space/value.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

namespace eigentune {

namespace analysis_detail {

/// Of the numbers {1, 2, 5} 10^k the nearest to `x` > 0 in ratio among those beyond `bound`: above it, or below.
inline double round_number_beyond(double x, double bound, bool above) {
  constexpr double ln10 = 2.302585092994045684;
  if (!(x > 0.0) || !is_finite(x)) return x;
  const auto decade = static_cast<std::int64_t>(std::floor(portable::log(x) / ln10));
  double best = 0.0, best_distance = 0.0;
  for (std::int64_t k = decade - 1; k <= decade + 2; ++k) {
    for (const double digit : {1.0, 2.0, 5.0}) {
      const double candidate = k >= 0 ? digit * portable::power(10.0, k) : digit / portable::power(10.0, -k);
      // By a hair further counts as equal: 1 - 0.999 is no round number, though it is meant to be.
      if (above ? candidate <= bound * (1.0 + 1e-9) : candidate >= bound * (1.0 - 1e-9)) continue;
      const double distance = std::fabs(portable::log(candidate / x));
      if (best == 0.0 || distance < best_distance) {
        best = candidate;
        best_distance = distance;
      }
    }
  }
  return best;
}

}  // namespace analysis_detail

/// A bound further out than the domain's, so that the best may lie inside: by a quarter of the range on its scale
/// beyond where the best is expected, but by at most half of it in all (what lies beyond the trials is extrapolated),
/// and rounded to 1, 2 or 5 times a power of ten on a logarithmic scale. `best` is that position, [0, 1] being the
/// range; if absent, half of the range is added. On a linear scale a lower bound of at least 0 does not fall below 0, a
/// count's of at least 1 not below 1, and an upper bound of real numbers within [0, 1] does not rise above 1. The
/// result is absent where there is nothing further out, and for values given one by one.
inline std::optional<Value> wider_bound(const Domain& domain, Bound bound, std::optional<double> best) {
  if (domain.is_listed()) return std::nullopt;
  const bool upper = bound == Bound::upper;
  const double beyond = best ? (upper ? *best - 1.0 : -*best) : 0.25;
  const double extension = std::clamp(beyond + 0.25, 0.25, 0.5);
  const double low = domain.low().as_double(), high = domain.high().as_double();
  const double end = upper ? high : low;
  const auto as_value = [&](double x) -> std::optional<Value> {
    if (domain.is_countable()) {
      constexpr double most = 1e12;  // as of integer and log_integer
      x = std::clamp(x, -most, most);
    }
    if (!is_finite(x) || (upper ? x <= end : x >= end)) return std::nullopt;
    if (domain.is_countable()) return Value(static_cast<std::int64_t>(x));
    // What the domains demand: a range that is finite, numbers that are normal, 1 - x above 0.
    constexpr double least_normal = std::numeric_limits<double>::min();
    const bool fits = domain.scale() == Scale::linear ? is_finite(x - (upper ? low : high))
                      : domain.scale() == Scale::log  ? x >= least_normal
                                                      : x < 1.0;
    return fits ? std::optional(Value(x)) : std::nullopt;
  };
  if (domain.scale() == Scale::linear) {
    const double range = high - low;
    const double step = analysis_detail::round_number_beyond(range / 10.0, range / 25.0, true);
    const double wider = end + (upper ? extension : -extension) * range;
    double rounded = std::floor(wider / step + 0.5) * step;
    if (step < 1.0) rounded = std::floor(wider / step + 0.5) / std::floor(1.0 / step + 0.5);
    if (domain.is_countable()) {
      rounded = std::floor(rounded + 0.5);
      rounded = upper ? std::max(rounded, end + 1.0) : std::min(rounded, end - 1.0);
    }
    // Counts begin at 1, shares end at 1, and what has no sign gets none.
    if (!upper && low >= 0.0) rounded = std::max(rounded, domain.is_countable() && low >= 1.0 ? 1.0 : 0.0);
    if (upper && !domain.is_countable() && low >= 0.0 && high <= 1.0) rounded = std::min(rounded, 1.0);
    return as_value(rounded);
  }
  if (domain.scale() == Scale::log) {
    const double ratio = portable::pow(high / low, extension);
    const double far = std::clamp(upper ? end * ratio : end / ratio, 1e-307, 1e308);  // where round numbers end
    const double x = analysis_detail::round_number_beyond(far, end, upper);
    return as_value(domain.is_countable() ? std::max(1.0, std::floor(x + 0.5)) : x);
  }
  const double ratio = portable::pow((1.0 - low) / (1.0 - high), extension);
  const double rest = 1.0 - end;
  return as_value(
      std::max(0.0, 1.0 - analysis_detail::round_number_beyond(upper ? rest / ratio : rest * ratio, rest, !upper)));
}

}  // namespace eigentune
