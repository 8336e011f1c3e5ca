#pragma once

#include <eigentune/core/portable_math.hpp>
#include <eigentune/report/axis_map.hpp>
#include <eigentune/report/plot.hpp>
#include <eigentune/report/tick_label.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace eigentune {

struct Tick {
  double value = 0.0;
  double position = 0.0;  ///< along the axis, 0 at its lower end, 1 at its upper
  std::string label{};    ///< empty for a minor tick
};

/// How much of the axis a label takes, in the unit of its length: the width on a horizontal one, the height of a line
/// on a vertical one; with the gap to the next label.
using LabelExtent = std::function<double(const std::string&)>;

namespace report_detail {

/// The ticks at decimals between the ends, in order of position.
inline std::vector<Tick> ticks_at(const AxisMap& map, const std::vector<Decimal>& decimals, bool of_one_minus) {
  constexpr double rounding = 1e-9;  // of the axis: an end that is a tick but for its last bits
  const std::vector<std::string> labels = of_one_minus ? one_minus_labels(decimals) : labels_of(decimals);
  std::vector<Tick> ticks;
  for (std::size_t i = 0; i < decimals.size(); ++i) {
    const double value = of_one_minus ? 1.0 - decimals[i].value() : decimals[i].value();
    const std::optional<double> position = map.position(value);
    if (!position || *position < -rounding || *position > 1.0 + rounding) continue;
    ticks.push_back({value, std::clamp(*position, 0.0, 1.0), labels[i]});
  }
  std::ranges::sort(ticks, {}, &Tick::position);
  return ticks;
}

/// Whether no two labels touch on an axis of that length.
inline bool fit(const std::vector<Tick>& ticks, double length, const LabelExtent& extent) {
  for (std::size_t i = 1; i < ticks.size(); ++i) {
    const double apart = (ticks[i].position - ticks[i - 1].position) * length;
    if (apart < (extent(ticks[i].label) + extent(ticks[i - 1].label)) / 2.0) return false;
  }
  return true;
}

inline int decade_below(double value) {
  constexpr int least = -307;
  if (!(value >= least_drawn)) return least;
  return static_cast<int>(std::floor(portable::log(value) / portable::log(10.0) + 1e-12));
}

/// The multiples of m 10^e, m in 1, 2, 5, from the finest for which the labels fit.
inline std::vector<Tick> linear_ticks(const AxisMap& map, bool whole_numbers, double length,
                                      const LabelExtent& extent) {
  constexpr int finest = 20;  // ticks on an axis, more or less
  const double range = map.high() / 2.0 - map.low() / 2.0;
  int exponent = decade_below(range / finest * 2.0);
  if (whole_numbers) exponent = std::max(exponent, 0);
  std::vector<Tick> best;
  for (int decade = exponent; decade <= exponent + 3; ++decade) {
    for (const std::int64_t mantissa : {1, 2, 5}) {
      const double step = Decimal{mantissa, decade}.value();
      const double first = std::ceil(map.low() / step - 1e-9), last = std::floor(map.high() / step + 1e-9);
      if (!(std::abs(first) < 1e14) || !(std::abs(last) < 1e14) || last - first > 10.0 * finest) continue;
      std::vector<Decimal> decimals;
      for (double i = first; i <= last; i += 1.0) decimals.push_back({static_cast<std::int64_t>(i) * mantissa, decade});
      std::vector<Tick> ticks = ticks_at(map, decimals, false);
      if (best.empty() && !ticks.empty()) best = {ticks.front()};
      if (fit(ticks, length, extent)) {
        if (ticks.size() >= best.size()) best = std::move(ticks);
        if (best.size() >= 2) return best;
      }
    }
  }
  return best;
}

/// Decades, with 1-2-5 in between where there is room, every so many of them where there is not.
inline std::vector<Tick> decade_ticks(const AxisMap& map, double low, double high, bool of_one_minus, double length,
                                      const LabelExtent& extent) {
  const int first = decade_below(low), last = decade_below(high);
  const auto decades = [&](int stride, std::initializer_list<std::int64_t> mantissas) {
    std::vector<Decimal> decimals;
    for (int decade = first; decade <= last; ++decade) {
      if (((decade % stride) + stride) % stride != 0) continue;
      for (const std::int64_t mantissa : mantissas) decimals.push_back({mantissa, decade});
    }
    return ticks_at(map, decimals, of_one_minus);
  };
  constexpr std::size_t enough = 4;  // labels between which nobody misses 2 and 5
  std::vector<Tick> ticks = decades(1, {1});
  if (ticks.size() < enough) {
    std::vector<Tick> finer = decades(1, {1, 2, 5});
    if (fit(finer, length, extent)) ticks = std::move(finer);
  }
  int stride = 1;
  while (!fit(ticks, length, extent) && stride < last - first + 1) ticks = decades(++stride, {1});
  if (stride == 1 && length / (last - first + 1) >= 24.0) {  // minor ticks that can be told apart
    for (Tick minor : decades(1, {2, 3, 4, 5, 6, 7, 8, 9})) {
      minor.label.clear();
      const auto same = [&](const Tick& tick) { return std::abs(tick.position - minor.position) < 1e-9; };
      if (std::ranges::none_of(ticks, same)) ticks.push_back(std::move(minor));
    }
  }
  return ticks;
}

inline std::size_t labelled(const std::vector<Tick>& ticks) {
  return static_cast<std::size_t>(std::ranges::count_if(ticks, [](const Tick& tick) { return !tick.label.empty(); }));
}

/// Every category, or every so many of them where all are too many.
inline std::vector<Tick> category_ticks(const AxisMap& map, const std::vector<std::string>& categories, double length,
                                        const LabelExtent& extent) {
  for (std::size_t stride = 1;; ++stride) {
    std::vector<Tick> ticks;
    for (std::size_t i = 0; i < categories.size(); i += stride) {
      const double value = static_cast<double>(i);
      ticks.push_back({value, *map.position(value), categories[i]});
    }
    if (stride >= categories.size() || fit(ticks, length, extent)) return ticks;
  }
}

}  // namespace report_detail

/// The ticks of an axis that is `length` long, labels that do not touch: multiples of 1, 2 or 5 times a power of ten on
/// a linear scale; decades on a log one, with 1-2-5 and minor ticks in between where there is room; 0.9, 0.99, 0.999
/// on a one_minus_log one, labelled with x and not with 1 - x; categories thinned where there are too many. An axis of
/// whole numbers has no tick between them. Those with a label come first, each in order of position.
inline std::vector<Tick> axis_ticks(const PlotAxis& axis, double length, const LabelExtent& extent) {
  using namespace report_detail;
  const AxisMap map(axis);
  if (map.scale() == AxisScale::category) return category_ticks(map, axis.categories, length, extent);
  if (map.scale() != AxisScale::linear) {
    const bool of_one_minus = map.scale() == AxisScale::one_minus_log;
    const double low = of_one_minus ? 1.0 - map.high() : map.low();
    const double high = of_one_minus ? 1.0 - map.low() : map.high();
    std::vector<Tick> ticks = decade_ticks(map, low, high, of_one_minus, length, extent);
    if (axis.whole_numbers) std::erase_if(ticks, [](const Tick& tick) { return std::floor(tick.value) != tick.value; });
    if (labelled(ticks) >= 2) return ticks;
  }
  return linear_ticks(map, axis.whole_numbers, length, extent);
}

}  // namespace eigentune
