#pragma once

#include <eigentune/analysis/finding.hpp>
#include <eigentune/core/portable_math.hpp>
#include <eigentune/space/domain.hpp>
#include <eigentune/space/scale.hpp>
#include <eigentune/space/value.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

namespace eigentune {

namespace analysis_detail {

/// The number in [low, high] with the fewest decimal digits; 0 if that is within. One minus it if `rest` is true, by
/// its digits: 0.3 for 0.7, where 1.0 - 0.7 is 0.30000000000000004.
inline double roundest_number(double low, double high, bool rest = false) {
  if (low <= 0.0 && high >= 0.0) return rest ? 1.0 : 0.0;
  constexpr double ln10 = 2.302585092994045684;
  const auto most =
      static_cast<std::int64_t>(std::floor(portable::log(std::max(std::fabs(low), std::fabs(high))) / ln10));
  for (std::int64_t k = most + 1; k >= most - 16; --k) {
    const double power = portable::power(10.0, k >= 0 ? k : -k);
    const double digits = std::ceil(k >= 0 ? low / power : low * power);
    const double candidate = k >= 0 ? digits * power : digits / power;
    if (candidate < low || candidate > high) continue;
    if (!rest) return candidate;
    return k >= 0 ? 1.0 - candidate : (power - digits) / power;
  }
  return rest ? 1.0 - low : low;
}

}  // namespace analysis_detail

namespace analysis_detail {

/// The roundest value between two positions on the axis of a continuous domain; round in 1 - x on the scale of that.
inline Value roundest_value(const Domain& domain, double from, double to) {
  const double low = domain.from_unit(from).as_double(), high = domain.from_unit(to).as_double();
  if (domain.scale() != Scale::one_minus_log) return roundest_number(low, high);
  return std::clamp(roundest_number(1.0 - high, 1.0 - low, true), low, high);
}

}  // namespace analysis_detail

/// A bound of the domain that leaves room beside the `position` in [0, 1] on its axis: of a continuous one, the
/// roundest value between 1 and 3/2 `margin` further out; of a countable one, the value that the margin reaches, but at
/// least the next. The domain's own bound, if that is reached.
inline Value bound_beside(const Domain& domain, Bound bound, double position, double margin) {
  const bool upper = bound == Bound::upper;
  const double outwards = upper ? margin : -margin, inner = position + outwards, outer = position + 1.5 * outwards;
  if (domain.is_countable()) {
    const std::int64_t own = domain.index_of(domain.from_unit(position)), last = *domain.cardinality() - 1;
    const std::int64_t reached = domain.index_of(domain.from_unit(std::clamp(inner, 0.0, 1.0)));
    return domain.at(upper ? std::min(last, std::max(reached, own + 1))
                           : std::max<std::int64_t>(0, std::min(reached, own - 1)));
  }
  if (upper ? outer >= 1.0 : outer <= 0.0) return upper ? domain.high() : domain.low();
  return upper ? analysis_detail::roundest_value(domain, inner, outer)
               : analysis_detail::roundest_value(domain, outer, inner);
}

/// A bound of the domain that cuts off what lies beyond `edge` in (0, 1) on its axis: of a continuous one, the roundest
/// value within a fiftieth of the axis from there; of a countable one, the last value whose middle is not beyond.
inline Value bound_before(const Domain& domain, Bound bound, double edge) {
  const bool upper = bound == Bound::upper;
  if (domain.is_countable()) {
    std::int64_t index = domain.index_of(domain.from_unit(edge));
    const double middle = domain.to_unit(domain.at(index));
    if (upper && middle > edge && index > 0) --index;
    if (!upper && middle < edge && index < *domain.cardinality() - 1) ++index;
    return domain.at(index);
  }
  constexpr double room = 0.02;
  return upper ? analysis_detail::roundest_value(domain, std::max(0.0, edge - room), edge)
               : analysis_detail::roundest_value(domain, edge, std::min(1.0, edge + room));
}

/// A bound of the domain that keeps what lies at `position` in [0, 1] on its axis, and hardly more: of a continuous
/// one, the roundest value from there to a fiftieth of the axis further out; of a countable one, the value there.
inline Value bound_at(const Domain& domain, Bound bound, double position) {
  if (domain.is_countable()) return domain.from_unit(position);
  constexpr double room = 0.02;
  return bound == Bound::upper ? analysis_detail::roundest_value(domain, position, std::min(1.0, position + room))
                               : analysis_detail::roundest_value(domain, std::max(0.0, position - room), position);
}

/// The same kind of domain with other bounds, which may be further out if it is not listed. `low` must be below `high`.
/// Throws std::invalid_argument as the domain's factory.
inline Domain with_bounds(const Domain& domain, const Value& low, const Value& high) {
  if (domain.is_listed()) {
    std::vector<Value> values;
    for (std::int64_t i = domain.index_of(low); i <= domain.index_of(high); ++i) values.push_back(domain.at(i));
    return discrete(std::move(values));
  }
  if (domain.is_countable()) {
    return domain.scale() == Scale::log ? log_integer(low.as_integer(), high.as_integer())
                                        : integer(low.as_integer(), high.as_integer());
  }
  const double from = low.as_double(), to = high.as_double();
  return domain.scale() == Scale::linear ? uniform(from, to)
         : domain.scale() == Scale::log  ? log_uniform(from, to)
                                         : one_minus_log_uniform(from, to);
}

}  // namespace eigentune
