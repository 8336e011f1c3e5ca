#pragma once

#include <eigentune/core/error.hpp>

#include <cstdint>
#include <limits>
#include <string_view>

/// The checks that all schedules share. Each throws std::invalid_argument in the name of `schedule`, the factory.
namespace eigentune::schedule_detail {

inline void check_step(std::string_view schedule, std::int64_t step) {
  require(step >= 0, "{}: step must be at least 0, got {}", schedule, step);
}

inline void check_steps(std::string_view schedule, std::string_view argument, std::int64_t steps) {
  require(steps >= 1, "{}: {} must be at least 1, got {}", schedule, argument, steps);
}

inline void check_rate(std::string_view schedule, std::string_view argument, double rate) {
  require(rate >= 0.0 && is_finite(rate), "{}: {} must be finite and at least 0, got {}", schedule, argument, rate);
}

/// A function pointer or std::function, of those callables that can be null.
template <class Callable>
void check_callable(std::string_view schedule, const Callable& callable) {
  if constexpr (requires { callable == nullptr; }) {
    require(!(callable == nullptr), "{}: the function must not be null", schedule);
  }
}

/// The two ends of a decay. Rates in the wrong order are more likely two arguments swapped than a decay that rises.
inline void check_decay(std::string_view schedule, double initial_rate, double final_rate) {
  check_rate(schedule, "initial_rate", initial_rate);
  check_rate(schedule, "final_rate", final_rate);
  require(final_rate <= initial_rate, "{}: final_rate must be at most initial_rate, {}, got {}", schedule, initial_rate,
          final_rate);
}

/// The sum of two counts of steps, neither negative.
inline std::int64_t add_steps(std::string_view schedule, std::int64_t first, std::int64_t second) {
  require(first <= std::numeric_limits<std::int64_t>::max() - second,
          "{}: {} and {} steps are more than 64 bits can count", schedule, first, second);
  return first + second;
}

}  // namespace eigentune::schedule_detail
