#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/portable_math.hpp>
#include <eigentune/schedule/annealing.hpp>
#include <eigentune/schedule/checks.hpp>
#include <eigentune/schedule/text.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace eigentune {

/// A power of the remaining fraction of steps, from one rate down to another. Made by `polynomial_decay`.
class PolynomialDecay {
 public:
  PolynomialDecay(double initial_rate, std::int64_t steps, double power, double final_rate = 0.0)
      : initial_rate_(initial_rate), steps_(steps), power_(power), final_rate_(final_rate) {
    schedule_detail::check_decay("polynomial_decay", initial_rate, final_rate);
    schedule_detail::check_steps("polynomial_decay", "steps", steps);
    require(power > 0.0 && is_finite(power), "polynomial_decay: power must be finite and above 0, got {}", power);
  }

  double operator()(std::int64_t step) const {
    schedule_detail::check_step("polynomial_decay", step);
    if (step >= steps_) return final_rate_;
    const double remaining = static_cast<double>(steps_ - step) / static_cast<double>(steps_);
    return schedule_detail::interpolate(final_rate_, initial_rate_, portable::pow(remaining, power_));
  }

  std::optional<std::int64_t> steps() const { return steps_; }
  double initial_rate() const { return initial_rate_; }
  double power() const { return power_; }
  double final_rate() const { return final_rate_; }

  std::string to_string() const {
    if (final_rate_ == 0.0) return message("polynomial_decay({}, {}, {})", initial_rate_, steps_, power_);
    return message("polynomial_decay({}, {}, {}, {})", initial_rate_, steps_, power_, final_rate_);
  }

  friend bool operator==(const PolynomialDecay&, const PolynomialDecay&) = default;

 private:
  double initial_rate_;
  std::int64_t steps_;
  double power_;
  double final_rate_;
};

/// Polynomial decay over `steps` steps: rate(t) = final_rate + (initial_rate - final_rate) (1 - t / steps)^power.
///
/// Step 0 has `initial_rate`; step `steps` and every later one `final_rate`. Never rises. A power above 1 falls fast
/// first, one below 1 falls fast last, and 1 is `linear_decay`. This is optax.polynomial_schedule(initial_rate,
/// final_rate, power, steps), Keras's PolynomialDecay(initial_rate, steps, final_rate, power) and, with a final rate of
/// 0, PyTorch's PolynomialLR.
///
/// Needs finite rates with 0 <= final_rate <= initial_rate, steps >= 1 and a finite power > 0; throws
/// std::invalid_argument otherwise.
inline PolynomialDecay polynomial_decay(double initial_rate, std::int64_t steps, double power,
                                        double final_rate = 0.0) {
  return PolynomialDecay(initial_rate, steps, power, final_rate);
}

}  // namespace eigentune
