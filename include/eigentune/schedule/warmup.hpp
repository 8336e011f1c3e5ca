#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/schedule/checks.hpp>
#include <eigentune/schedule/learning_rate_schedule.hpp>
#include <eigentune/schedule/text.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace eigentune {

/// A linear ramp from 0, and then another schedule. Made by `warmup`.
template <LearningRateSchedule Inner>
class Warmup {
 public:
  Warmup(std::int64_t warmup_steps, Inner inner) : warmup_steps_(warmup_steps), schedule_(std::move(inner)) {
    require(warmup_steps >= 0, "warmup: steps must be at least 0, got {}", warmup_steps);
    schedule_detail::check_callable("warmup", schedule_);
    if (const auto inner_steps = schedule_steps(schedule_)) {
      schedule_detail::add_steps("warmup", warmup_steps, *inner_steps);
    }
  }

  double operator()(std::int64_t step) const {
    schedule_detail::check_step("warmup", step);
    if (step >= warmup_steps_) return schedule_(step - warmup_steps_);
    const double peak_rate = schedule_(std::int64_t{0});
    return peak_rate * (static_cast<double>(step) / static_cast<double>(warmup_steps_));
  }

  /// Of the warmup and the schedule together; std::nullopt if the schedule never ends.
  std::optional<std::int64_t> steps() const {
    const auto inner_steps = schedule_steps(schedule_);
    return inner_steps ? std::optional(warmup_steps_ + *inner_steps) : std::nullopt;
  }
  std::int64_t warmup_steps() const { return warmup_steps_; }
  const Inner& schedule() const { return schedule_; }

  std::string to_string() const {
    return message("warmup({}, {})", warmup_steps_, schedule_detail::text_of(schedule_));
  }

  friend bool operator==(const Warmup&, const Warmup&) = default;

 private:
  std::int64_t warmup_steps_;
  Inner schedule_;
};

/// Learning rate warmup before `schedule`, any callable from step to rate:
///
///     rate(t) = schedule(0) * t / steps      for t < steps
///     rate(t) = schedule(t - steps)          from t = steps on
///
/// Step 0 has the rate 0, step `steps` the schedule's first rate, and there the schedule runs from its own start. So
/// warmup comes on top: `warmup(1'000, cosine_decay(1e-3, 10'000))` has its final rate at step 11,000, as the playbook
/// asks ("Learning rate warmup"). (optax.warmup_cosine_decay_schedule counts the warmup in: its decay_steps would be
/// 11,000.) 0 steps are no warmup at all, so that a study may sweep the number.
///
/// Throws std::invalid_argument if `steps` is negative or `schedule` a null function.
template <LearningRateSchedule Inner>
Warmup<Inner> warmup(std::int64_t steps, Inner schedule) {
  return Warmup<Inner>(steps, std::move(schedule));
}

}  // namespace eigentune
