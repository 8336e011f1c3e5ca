#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/schedule/checks.hpp>
#include <eigentune/schedule/linear_decay.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

namespace eigentune {

/// A constant rate and then a straight line down. Made by `constant_then_linear`.
class ConstantThenLinear {
 public:
  ConstantThenLinear(double initial_rate, std::int64_t constant_steps, std::int64_t decay_steps,
                     double final_rate = 0.0)
      : constant_steps_(constant_steps), decay_(checked(initial_rate, constant_steps, decay_steps, final_rate)) {}

  double operator()(std::int64_t step) const {
    schedule_detail::check_step("constant_then_linear", step);
    return decay_(std::max<std::int64_t>(0, step - constant_steps_));
  }

  std::optional<std::int64_t> steps() const { return constant_steps_ + decay_steps(); }
  double initial_rate() const { return decay_.initial_rate(); }
  std::int64_t constant_steps() const { return constant_steps_; }
  std::int64_t decay_steps() const { return *decay_.steps(); }
  double final_rate() const { return decay_.final_rate(); }

  std::string to_string() const {
    if (final_rate() == 0.0) {
      return message("constant_then_linear({}, {}, {})", initial_rate(), constant_steps_, decay_steps());
    }
    return message("constant_then_linear({}, {}, {}, {})", initial_rate(), constant_steps_, decay_steps(),
                   final_rate());
  }

  friend bool operator==(const ConstantThenLinear&, const ConstantThenLinear&) = default;

 private:
  static LinearDecay checked(double initial_rate, std::int64_t constant_steps, std::int64_t decay_steps,
                             double final_rate) {
    schedule_detail::check_decay("constant_then_linear", initial_rate, final_rate);
    require(constant_steps >= 0, "constant_then_linear: constant_steps must be at least 0, got {}", constant_steps);
    schedule_detail::check_steps("constant_then_linear", "decay_steps", decay_steps);
    schedule_detail::add_steps("constant_then_linear", constant_steps, decay_steps);
    return LinearDecay(initial_rate, decay_steps, final_rate);
  }

  std::int64_t constant_steps_;
  LinearDecay decay_;
};

/// `initial_rate` for `constant_steps` steps, then linear decay over `decay_steps` steps.
///
/// Steps 0 to constant_steps have `initial_rate`; step constant_steps + decay_steps and every later one `final_rate`.
/// Never rises. With `warmup` in front it is also known as trapezoidal, or warmup-stable-decay. The playbook's choice
/// for a run that may have to be made longer ("Deciding how long to train when training is compute-bound"); see
/// `lengthened`.
///
/// Needs finite rates with 0 <= final_rate <= initial_rate, constant_steps >= 0 and decay_steps >= 1; throws
/// std::invalid_argument otherwise.
inline ConstantThenLinear constant_then_linear(double initial_rate, std::int64_t constant_steps,
                                               std::int64_t decay_steps, double final_rate = 0.0) {
  return ConstantThenLinear(initial_rate, constant_steps, decay_steps, final_rate);
}

}  // namespace eigentune
