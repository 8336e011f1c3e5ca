#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/schedule/constant_then_linear.hpp>
#include <eigentune/schedule/cosine_decay.hpp>
#include <eigentune/schedule/linear_decay.hpp>
#include <eigentune/schedule/warmup.hpp>

#include <cstdint>

/// The same schedule for a longer run of `steps` steps in all, by the recipe for the second round of tuning in the
/// playbook ("Deciding how long to train when training is compute-bound"): a few long runs with what shorter runs
/// found. The extra steps are never spent at too small a rate:
/// - linear decay keeps its length and its rates, and the constant period in front of it is extended;
/// - cosine decay keeps its rates, and is stretched;
/// - warmup keeps its length, and the schedule after it takes the extra steps.
///
/// Each throws std::invalid_argument if `steps` is less than the schedule runs already. Other schedules have no such
/// rule: write the longer one out.
namespace eigentune {

namespace schedule_detail {

template <PrintableSchedule Inner>
void check_longer(const Inner& schedule, std::int64_t steps) {
  require(steps >= *schedule.steps(), "lengthened: {} runs {} steps already, got {}", schedule.to_string(),
          *schedule.steps(), steps);
}

}  // namespace schedule_detail

/// `lengthened(constant_then_linear(r, 8'000, 2'000), 30'000)` is `constant_then_linear(r, 28'000, 2'000)`.
inline ConstantThenLinear lengthened(const ConstantThenLinear& schedule, std::int64_t steps) {
  schedule_detail::check_longer(schedule, steps);
  return constant_then_linear(schedule.initial_rate(), steps - schedule.decay_steps(), schedule.decay_steps(),
                              schedule.final_rate());
}

/// `lengthened(linear_decay(r, 10'000), 30'000)` is `constant_then_linear(r, 20'000, 10'000)`.
inline ConstantThenLinear lengthened(const LinearDecay& schedule, std::int64_t steps) {
  schedule_detail::check_longer(schedule, steps);
  return constant_then_linear(schedule.initial_rate(), steps - *schedule.steps(), *schedule.steps(),
                              schedule.final_rate());
}

/// `lengthened(cosine_decay(r, 10'000), 30'000)` is `cosine_decay(r, 30'000)`.
inline CosineDecay lengthened(const CosineDecay& schedule, std::int64_t steps) {
  schedule_detail::check_longer(schedule, steps);
  return cosine_decay(schedule.initial_rate(), steps, schedule.final_rate());
}

/// `lengthened(warmup(500, cosine_decay(r, 9'500)), 30'000)` is `warmup(500, cosine_decay(r, 29'500))`.
template <LearningRateSchedule Inner>
requires requires(const Inner& inner, std::int64_t steps) {
  lengthened(inner, steps);
}
auto lengthened(const Warmup<Inner>& schedule, std::int64_t steps) {
  schedule_detail::check_longer(schedule, steps);
  return warmup(schedule.warmup_steps(), lengthened(schedule.schedule(), steps - schedule.warmup_steps()));
}

}  // namespace eigentune
