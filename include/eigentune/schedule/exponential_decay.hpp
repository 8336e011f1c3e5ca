#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/portable_math.hpp>
#include <eigentune/schedule/checks.hpp>
#include <eigentune/schedule/text.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

namespace eigentune {

/// Options of `exponential_decay`.
struct ExponentialDecayOptions {
  bool staircase = false;   ///< The rate falls only at the multiples of `transition_steps`, in jumps.
  double final_rate = 0.0;  ///< The floor: the rate never falls below it. 0 <= final_rate <= initial_rate.

  friend bool operator==(const ExponentialDecayOptions&, const ExponentialDecayOptions&) = default;
};

/// A rate that is multiplied by the same factor every so many steps. Made by `exponential_decay`.
class ExponentialDecay {
 public:
  ExponentialDecay(double initial_rate, std::int64_t transition_steps, double factor,
                   ExponentialDecayOptions options = {})
      : initial_rate_(initial_rate), transition_steps_(transition_steps), factor_(factor), options_(options) {
    schedule_detail::check_decay("exponential_decay", initial_rate, options.final_rate);
    schedule_detail::check_steps("exponential_decay", "transition_steps", transition_steps);
    require(factor > 0.0 && factor <= 1.0, "exponential_decay: factor must be in (0, 1], got {}", factor);
  }

  double operator()(std::int64_t step) const {
    schedule_detail::check_step("exponential_decay", step);
    const std::int64_t counted = options_.staircase ? step - step % transition_steps_ : step;
    const double transitions = static_cast<double>(counted) / static_cast<double>(transition_steps_);
    return std::max(options_.final_rate, initial_rate_ * portable::pow(factor_, transitions));
  }

  /// It never ends, with or without a floor.
  std::optional<std::int64_t> steps() const { return std::nullopt; }
  double initial_rate() const { return initial_rate_; }
  std::int64_t transition_steps() const { return transition_steps_; }
  double factor() const { return factor_; }
  const ExponentialDecayOptions& options() const { return options_; }

  std::string to_string() const {
    schedule_detail::OptionsText options;
    options.add("staircase", options_.staircase, false);
    options.add("final_rate", options_.final_rate, 0.0);
    return message("exponential_decay({}, {}, {}{})", initial_rate_, transition_steps_, factor_, options.text());
  }

  friend bool operator==(const ExponentialDecay&, const ExponentialDecay&) = default;

 private:
  double initial_rate_;
  std::int64_t transition_steps_;
  double factor_;
  ExponentialDecayOptions options_;
};

/// Exponential decay, multiplied by `factor` every `transition_steps` steps:
/// rate(t) = max(final_rate, initial_rate factor^(t / transition_steps)), where with `.staircase = true` the exponent
/// is rounded down.
///
/// Step 0 has `initial_rate`, step `transition_steps` has initial_rate * factor (if above the floor). There is no last
/// step: it falls for ever, or to `.final_rate` and stays there. Never rises. This is optax.exponential_decay(
/// initial_rate, transition_steps, factor, staircase = ..., end_value = final_rate) and Keras's ExponentialDecay;
/// PyTorch's ExponentialLR has transition_steps = 1, and its StepLR is the staircase.
///
///     exponential_decay(0.1, 1'000, 0.5, {.staircase = true, .final_rate = 1e-4})
///
/// Needs finite rates with 0 <= final_rate <= initial_rate, transition_steps >= 1 and a factor in (0, 1]; throws
/// std::invalid_argument otherwise.
inline ExponentialDecay exponential_decay(double initial_rate, std::int64_t transition_steps, double factor,
                                          ExponentialDecayOptions options = {}) {
  return ExponentialDecay(initial_rate, transition_steps, factor, options);
}

}  // namespace eigentune
