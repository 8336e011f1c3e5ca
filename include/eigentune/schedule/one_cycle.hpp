#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/portable_math.hpp>
#include <eigentune/schedule/annealing.hpp>
#include <eigentune/schedule/checks.hpp>
#include <eigentune/schedule/text.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace eigentune {

/// Options of `one_cycle`; the defaults are PyTorch's.
struct OneCycleOptions {
  double rising_fraction = 0.3;  ///< The peak is at step rising_fraction * steps. In (0, 1); below 0.5 in three phases.
  double initial_divisor = 25.0;            ///< The initial rate is peak_rate / initial_divisor. Finite, >= 1.
  double final_divisor = 10000.0;           ///< The final rate is the initial rate / final_divisor. Finite, >= 1.
  Annealing annealing = Annealing::cosine;  ///< The curve of each phase.
  bool three_phases = false;                ///< Back to the initial rate as fast as it rose, and then to the final one.

  friend bool operator==(const OneCycleOptions&, const OneCycleOptions&) = default;
};

/// One rise and one fall. Made by `one_cycle`.
class OneCycle {
 public:
  OneCycle(double peak_rate, std::int64_t steps, OneCycleOptions options = {})
      : peak_rate_(peak_rate), steps_(steps), options_(options) {
    schedule_detail::check_rate("one_cycle", "peak_rate", peak_rate);
    schedule_detail::check_steps("one_cycle", "steps", steps);
    const double limit = options.three_phases ? 0.5 : 1.0;
    require(options.rising_fraction > 0.0 && options.rising_fraction < limit,
            "one_cycle: rising_fraction must be in (0, {}){}, got {}", limit,
            options.three_phases ? " with three phases" : "", options.rising_fraction);
    check_divisor("initial_divisor", options.initial_divisor);
    check_divisor("final_divisor", options.final_divisor);
  }

  double operator()(std::int64_t step) const {
    schedule_detail::check_step("one_cycle", step);
    const auto now = static_cast<double>(step);
    const auto end = static_cast<double>(steps_);
    if (now >= end) return final_rate();
    const double peak = portable::rounded(options_.rising_fraction * end);
    if (now < peak) return schedule_detail::anneal_up(options_.annealing, initial_rate(), peak_rate_, now / peak);
    if (!options_.three_phases) return down(peak_rate_, final_rate(), now, peak, end);
    if (now < 2.0 * peak) return down(peak_rate_, initial_rate(), now, peak, 2.0 * peak);
    return down(initial_rate(), final_rate(), now, 2.0 * peak, end);
  }

  std::optional<std::int64_t> steps() const { return steps_; }
  double peak_rate() const { return peak_rate_; }
  double initial_rate() const { return peak_rate_ / options_.initial_divisor; }
  double final_rate() const { return initial_rate() / options_.final_divisor; }
  const OneCycleOptions& options() const { return options_; }

  std::string to_string() const {
    constexpr OneCycleOptions defaults;
    schedule_detail::OptionsText options;
    options.add("rising_fraction", options_.rising_fraction, defaults.rising_fraction);
    options.add("initial_divisor", options_.initial_divisor, defaults.initial_divisor);
    options.add("final_divisor", options_.final_divisor, defaults.final_divisor);
    options.add("annealing", annealing_text(options_.annealing), annealing_text(defaults.annealing));
    options.add("three_phases", options_.three_phases, defaults.three_phases);
    return message("one_cycle({}, {}{})", peak_rate_, steps_, options.text());
  }

  friend bool operator==(const OneCycle&, const OneCycle&) = default;

 private:
  static void check_divisor(std::string_view argument, double divisor) {
    require(divisor >= 1.0 && is_finite(divisor), "one_cycle: {} must be finite and at least 1, got {}", argument,
            divisor);
  }

  static std::string_view annealing_text(Annealing annealing) {
    return annealing == Annealing::cosine ? "Annealing::cosine" : "Annealing::linear";
  }

  /// The rate at step `now` of a phase that falls from `high` at step `begin` to `low` at step `end`.
  double down(double high, double low, double now, double begin, double end) const {
    return schedule_detail::anneal_down(options_.annealing, high, low, (now - begin) / (end - begin));
  }

  double peak_rate_;
  std::int64_t steps_;
  OneCycleOptions options_;
};

/// The 1cycle schedule of Smith and Topin (2018) over `steps` steps: up from the initial rate to `peak_rate`, and down
/// to the final rate, far below the initial one.
///
///     initial_rate = peak_rate / initial_divisor,  final_rate = initial_rate / final_divisor
///     step 0: initial_rate;  step rising_fraction * steps: peak_rate;  step `steps` and every later one: final_rate
///
/// With `.three_phases = true`, as in the paper, the rate is back at the initial one at step 2 * rising_fraction *
/// steps. Between these points it follows `.annealing`: half a period of a cosine, or a straight line. A point that
/// falls between two steps is not rounded.
///
/// PyTorch's OneCycleLR has this shape, squeezed so that the final rate is at step total_steps - 1 and the peak at step
/// pct_start * total_steps - 1. OneCycleLR(peak_rate, total_steps = n, pct_start = p) is
/// `one_cycle(peak_rate, n - 1, {.rising_fraction = (p * n - 1) / (n - 1)})`. optax.cosine_onecycle_schedule has our
/// convention, with the peak rounded down to a whole step. The momentum is not cycled.
///
/// Needs a finite rate >= 0, steps >= 1 and options in their ranges; throws std::invalid_argument otherwise.
inline OneCycle one_cycle(double peak_rate, std::int64_t steps, OneCycleOptions options = {}) {
  return OneCycle(peak_rate, steps, options);
}

}  // namespace eigentune
