#pragma once

#include <eigentune/core/error.hpp>

#include <cstdint>

namespace eigentune {

struct EvaluationScheduleOptions {
  std::int64_t every = 0;            ///< steps between two evaluations, at least 1
  std::int64_t max_train_steps = 0;  ///< steps of the whole run, at least 0
};

/// When to evaluate: at regular step intervals, never time intervals, and at the end (the playbook, "Setting up
/// periodic evaluations").
///
///     const EvaluationSchedule evaluation_due({.every = 500, .max_train_steps = 20'000});
///     if (evaluation_due(0)) ...                   // before training: always
///     for (std::int64_t step = 0; step < 20'000; ++step) {
///       ...
///       if (evaluation_due(step + 1)) ...          // after 500, 1000, ..., 20'000 steps
///     }
class EvaluationSchedule {
 public:
  /// Throws std::invalid_argument if an option is out of range.
  explicit EvaluationSchedule(EvaluationScheduleOptions options) : options_(options) {
    require(options.every >= 1, "EvaluationSchedule: every must be at least 1, got {}", options.every);
    require(options.max_train_steps >= 0, "EvaluationSchedule: max_train_steps must be at least 0, got {}",
            options.max_train_steps);
  }

  /// Whether to evaluate after `steps` steps were made: at each multiple of `every`, 0 included, and at
  /// max_train_steps. Throws std::invalid_argument unless 0 <= steps <= max_train_steps.
  bool operator()(std::int64_t steps) const {
    require(steps >= 0 && steps <= options_.max_train_steps, "EvaluationSchedule: steps must be in [0, {}], got {}",
            options_.max_train_steps, steps);
    return steps % options_.every == 0 || steps == options_.max_train_steps;
  }

  const EvaluationScheduleOptions& options() const { return options_; }

 private:
  EvaluationScheduleOptions options_;
};

}  // namespace eigentune
