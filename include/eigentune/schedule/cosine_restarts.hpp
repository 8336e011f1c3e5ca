#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/portable_math.hpp>
#include <eigentune/schedule/annealing.hpp>
#include <eigentune/schedule/checks.hpp>
#include <eigentune/schedule/text.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace eigentune {

/// Options of `cosine_restarts`.
struct CosineRestartsOptions {
  std::int64_t period_multiplier = 1;  ///< Each cycle is this many times as long as the one before. >= 1.
  double peak_factor = 1.0;  ///< The height of each cycle above final_rate, relative to the one before. (0, 1].
  double final_rate = 0.0;   ///< What every cycle falls towards. 0 <= final_rate <= initial_rate.

  friend bool operator==(const CosineRestartsOptions&, const CosineRestartsOptions&) = default;
};

/// Cosine decay that starts again and again. Made by `cosine_restarts`.
class CosineRestarts {
 public:
  CosineRestarts(double initial_rate, std::int64_t first_period, CosineRestartsOptions options = {})
      : initial_rate_(initial_rate), first_period_(first_period), options_(options) {
    schedule_detail::check_decay("cosine_restarts", initial_rate, options.final_rate);
    schedule_detail::check_steps("cosine_restarts", "first_period", first_period);
    schedule_detail::check_steps("cosine_restarts", "period_multiplier", options.period_multiplier);
    require(options.peak_factor > 0.0 && options.peak_factor <= 1.0,
            "cosine_restarts: peak_factor must be in (0, 1], got {}", options.peak_factor);
  }

  double operator()(std::int64_t step) const {
    schedule_detail::check_step("cosine_restarts", step);
    const Position position = locate(step);
    const double progress = static_cast<double>(position.step) / static_cast<double>(position.period);
    const double fraction = portable::pow(options_.peak_factor, static_cast<double>(position.cycle)) *
                            schedule_detail::half_cosine(progress);
    return schedule_detail::interpolate(options_.final_rate, initial_rate_, fraction);
  }

  /// It never ends.
  std::optional<std::int64_t> steps() const { return std::nullopt; }
  double initial_rate() const { return initial_rate_; }
  std::int64_t first_period() const { return first_period_; }
  const CosineRestartsOptions& options() const { return options_; }

  std::string to_string() const {
    constexpr CosineRestartsOptions defaults;
    schedule_detail::OptionsText options;
    options.add("period_multiplier", options_.period_multiplier, defaults.period_multiplier);
    options.add("peak_factor", options_.peak_factor, defaults.peak_factor);
    options.add("final_rate", options_.final_rate, defaults.final_rate);
    return message("cosine_restarts({}, {}{})", initial_rate_, first_period_, options.text());
  }

  friend bool operator==(const CosineRestarts&, const CosineRestarts&) = default;

 private:
  struct Position {
    std::int64_t cycle;   // counted from 0
    std::int64_t step;    // within the cycle
    std::int64_t period;  // the length of the cycle
  };

  Position locate(std::int64_t step) const {
    if (options_.period_multiplier == 1) return {step / first_period_, step % first_period_, first_period_};
    Position position = {0, step, first_period_};
    while (position.step >= position.period) {  // at most 62 times: the period doubles at least
      position.step -= position.period;
      position.period = position.period > std::numeric_limits<std::int64_t>::max() / options_.period_multiplier
                            ? std::numeric_limits<std::int64_t>::max()
                            : position.period * options_.period_multiplier;
      ++position.cycle;
    }
    return position;
  }

  double initial_rate_;
  std::int64_t first_period_;
  CosineRestartsOptions options_;
};

/// Cosine decay with warm restarts (SGDR, Loshchilov and Hutter 2017). Cycle k = 0, 1, ... has
/// T_k = first_period * period_multiplier^k steps; at step s = 0 ... T_k - 1 of it
///
///     rate = final_rate + (initial_rate - final_rate) peak_factor^k (1 + cos(pi s / T_k)) / 2
///
/// Step 0 has `initial_rate`, and so has the first step of each cycle (with a `.peak_factor` of 1): at step
/// `first_period` the second cycle begins, so that `final_rate` itself is approached but not taken. There is no last
/// step; stop after a whole number of cycles.
///
/// PyTorch's CosineAnnealingWarmRestarts with T_0 = first_period, T_mult = period_multiplier, eta_min = final_rate;
/// Keras's CosineDecayRestarts with t_mul = period_multiplier (2 by default there), m_mul = peak_factor, alpha =
/// final_rate / initial_rate.
///
///     cosine_restarts(0.1, 1'000, {.period_multiplier = 2, .peak_factor = 0.5})
///
/// Needs finite rates with 0 <= final_rate <= initial_rate, first_period >= 1 and options in their ranges; throws
/// std::invalid_argument otherwise.
inline CosineRestarts cosine_restarts(double initial_rate, std::int64_t first_period,
                                      CosineRestartsOptions options = {}) {
  return CosineRestarts(initial_rate, first_period, options);
}

}  // namespace eigentune
