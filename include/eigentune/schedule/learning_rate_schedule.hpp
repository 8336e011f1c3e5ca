#pragma once

#include <eigentune/core/error.hpp>

#include <concepts>
#include <cstdint>
#include <optional>
#include <type_traits>

namespace eigentune {

/// A learning rate as a function of the step: callable on a const object as `schedule(step)`, where the first step is
/// 0.
///
/// The schedules in this folder, which any function of that shape joins (a lambda, a struct with operator()):
/// - are values: copyable, comparable with ==, without hidden state. The rate depends on the step alone and never on
///   earlier calls, so steps can be evaluated in any order, from several threads, and after a resume;
/// - return a finite rate >= 0 for every step >= 0, with the same bits on every platform;
/// - throw std::invalid_argument for a negative step, and in their factories for arguments out of range;
/// - say by `steps()` how many steps they run, if they end. A decay over `steps` steps has its initial rate at step 0,
///   its final rate at step `steps`, and holds it from then on. A loop of `steps` steps therefore takes its last step,
///   number steps - 1, at a rate just above the final one: no step is spent at a rate of 0;
/// - print themselves, by `to_string()` and through fmt, as the code that makes them.
template <class Schedule>
concept LearningRateSchedule =
    std::copy_constructible<Schedule> && std::is_invocable_r_v<double, const Schedule&, std::int64_t>;

/// The number of steps that `schedule` runs: what its member `steps()` says, and std::nullopt (it never ends) if it
/// says so or has no such member. For `max_train_steps`: `schedule_steps(warmup(1'000, cosine_decay(1e-3, 10'000)))` is
/// 11,000. Throws std::invalid_argument if a user's schedule says less than 0.
template <LearningRateSchedule Schedule>
std::optional<std::int64_t> schedule_steps(const Schedule& schedule) {
  if constexpr (requires {
                  { schedule.steps() } -> std::convertible_to<std::optional<std::int64_t>>;
                }) {
    const std::optional<std::int64_t> steps = schedule.steps();
    require(steps.value_or(0) >= 0, "schedule: steps() must be at least 0, got {}", steps.value_or(0));
    return steps;
  } else {
    return std::nullopt;
  }
}

}  // namespace eigentune
