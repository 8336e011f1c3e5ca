#pragma once

#include <eigentune/core/child_process.hpp>
#include <eigentune/core/error.hpp>
#include <eigentune/core/quantile.hpp>
#include <eigentune/train/batch_size_verdict.hpp>
#include <eigentune/train/throughput.hpp>

#include <fmt/core.h>

#include <cstdint>
#include <functional>
#include <new>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace eigentune {

/// The memory that a batch size may take, by the user's own reckoning.
struct ByteBudget {
  std::int64_t max_bytes = 0;                            ///< at least 1
  std::function<std::int64_t(std::int64_t)> bytes_of{};  ///< the bytes that training takes at a batch size
};

/// Each batch size is tried in a process of its own (run_in_child), where it may fail as it likes: if the child is out
/// of memory, throws, crashes, is killed or is too slow, that size does not fit.
struct SeparateProcesses {
  ChildLimits limits{};
};

struct BatchSizeSweepOptions {
  std::int64_t first = 1;            ///< at least 1
  std::int64_t last = 65536;         ///< at least `first`; the sizes are first, 2 first, 4 first, ... up to it
  std::int64_t warmup_steps = 3;     ///< at each size, before those that are measured. 0 or more
  std::int64_t measured_steps = 10;  ///< at each size, each timed by itself. At least 2, for their spread
  double min_gain = 0.1;             ///< what a doubling must gain in throughput to be of use (judge_batch_sizes). > 0

  /// When to stop besides at `last`. By default at a std::bad_alloc, which Linux seldom gives: it rather kills.
  std::variant<std::monostate, ByteBudget, SeparateProcesses> memory{};

  SecondsClock clock = steady_seconds;  ///< for tests

  /// Throws std::invalid_argument if an option is out of range.
  void validate() const {
    require(first >= 1, "batch_size_sweep: first must be at least 1, got {}", first);
    require(last >= first, "batch_size_sweep: last must be at least first, got {} and {}", last, first);
    require(warmup_steps >= 0, "batch_size_sweep: warmup_steps must be at least 0, got {}", warmup_steps);
    require(measured_steps >= 2, "batch_size_sweep: measured_steps must be at least 2, got {}", measured_steps);
    require(min_gain > 0.0 && is_finite(min_gain), "batch_size_sweep: min_gain must be in (0, inf), got {}", min_gain);
    if (const auto* budget = std::get_if<ByteBudget>(&memory)) {
      require(budget->max_bytes >= 1, "batch_size_sweep: max_bytes must be at least 1, got {}", budget->max_bytes);
      require(budget->bytes_of != nullptr, "batch_size_sweep: bytes_of must be a function, got none");
    }
    require(clock != nullptr, "batch_size_sweep: clock must be a function, got none");
  }
};

namespace batch_size_detail {

/// The seconds of each measured step at one size.
inline std::vector<double> measure(const std::function<void(std::int64_t)>& step, std::int64_t batch_size,
                                   const BatchSizeSweepOptions& options) {
  for (std::int64_t i = 0; i < options.warmup_steps; ++i) step(batch_size);
  std::vector<double> seconds;
  for (std::int64_t i = 0; i < options.measured_steps; ++i) {
    const double begin = options.clock();
    step(batch_size);
    seconds.push_back(options.clock() - begin);
  }
  return seconds;
}

inline BatchSizeTiming try_size(const std::function<void(std::int64_t)>& step, std::int64_t batch_size,
                                const BatchSizeSweepOptions& options) {
  BatchSizeTiming timing{.batch_size = batch_size};
  std::vector<double> seconds;
  if (const auto* processes = std::get_if<SeparateProcesses>(&options.memory)) {
    ChildOutcome outcome = run_in_child([&] { return measure(step, batch_size, options); }, processes->limits);
    timing.does_not_fit = std::move(outcome.reason);
    if (!outcome.values) return timing;
    seconds = std::move(*outcome.values);
  } else {
    if (const auto* budget = std::get_if<ByteBudget>(&options.memory)) {
      if (const std::int64_t bytes = budget->bytes_of(batch_size); bytes > budget->max_bytes) {
        timing.does_not_fit = fmt::format("takes {} bytes, more than the budget of {}", bytes, budget->max_bytes);
        return timing;
      }
    }
    try {
      seconds = measure(step, batch_size, options);
    } catch (const std::bad_alloc&) {
      timing.does_not_fit = "memory ran out (std::bad_alloc)";
      return timing;
    }
  }
  timing.time_per_step = median(seconds);
  timing.spread = interquartile_range(seconds);
  timing.steps = options.measured_steps;
  require(timing.time_per_step > 0.0, "batch_size_sweep: a step must take time that the clock can tell, got {} s at {}",
          timing.time_per_step, batch_size);
  return timing;
}

}  // namespace batch_size_detail

/// Finds the training throughput against the batch size, as the playbook asks ("Determining the feasible batch sizes
/// and estimating training throughput"): runs a few steps at doubling sizes until `last` or until memory does not
/// allow, and says from which size on larger ones are of no use.
///
///     const BatchSizeSweep sweep = batch_size_sweep([&](std::int64_t batch_size) { trainer.step(batch_size); },
///                                                   {.first = 16, .last = 4096, .memory = SeparateProcesses{}});
///     for (const std::string& sentence : sweep.advice()) fmt::print("{}\n", sentence);
///
/// `step(batch_size)` is one step of training, input included: what is left out of it is not judged. It sets itself up
/// for a new size in its warmup steps. It may change the model; throw that away, or use SeparateProcesses, which must
/// be called before any thread is started (see run_in_child). Without these, exceptions of `step` other than
/// std::bad_alloc pass through.
///
/// Throws std::invalid_argument if an option is out of range, or if a step takes no time by the clock.
inline BatchSizeSweep batch_size_sweep(const std::function<void(std::int64_t)>& step,
                                       const BatchSizeSweepOptions& options = {}) {
  options.validate();
  require(step != nullptr, "batch_size_sweep: step must be a function, got none");
  std::vector<BatchSizeTiming> sizes;
  for (std::int64_t size = options.first;; size *= 2) {
    sizes.push_back(batch_size_detail::try_size(step, size, options));
    if (!sizes.back().fits() || size > options.last / 2) break;
  }
  return judge_batch_sizes(std::move(sizes), options.min_gain);
}

}  // namespace eigentune
