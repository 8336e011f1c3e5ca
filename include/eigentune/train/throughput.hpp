#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/quantile.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace eigentune {

/// Seconds since some fixed moment, never going back.
using SecondsClock = std::function<double()>;

inline double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct ThroughputOptions {
  std::int64_t warmup_steps = 10;   ///< the first steps, which are not counted: caches, allocations. 0 or more
  std::int64_t window_steps = 10;   ///< steps that are timed together. At least 1
  std::int64_t max_windows = 1000;  ///< the latest windows that are kept, 8 bytes each. At least 1
};

/// How fast training was.
struct ThroughputFigures {
  double time_per_step = 0.0;        ///< seconds: the median over the windows of a window's mean
  double spread = 0.0;               ///< seconds: how far the middle half of the windows differs from each other
  double examples_per_second = 0.0;  ///< batch_size / time_per_step
  std::int64_t windows = 0;          ///< the number of windows
};

/// Measures the training throughput and the time per step of the playbook ("Choosing the batch size"):
///
///     training throughput = examples per second,    time per step = batch size / training throughput
///
/// as the median over windows of steps, so that a pause of the machine does not count.
///
///     Throughput throughput(batch_size);
///     throughput.start();
///     for (...) { ...; throughput.step(); if (...) { evaluate(); throughput.start(); } }
///     if (const auto figures = throughput.figures()) fmt::print("{} examples/s", figures->examples_per_second);
class Throughput {
 public:
  /// For steps of `batch_size` examples, at least 1. `clock` is there for tests. Throws std::invalid_argument if an
  /// argument is out of range.
  explicit Throughput(std::int64_t batch_size, const ThroughputOptions& options = {},
                      SecondsClock clock = steady_seconds)
      : batch_size_(batch_size), options_(options), clock_(std::move(clock)) {
    require(batch_size >= 1, "Throughput: batch_size must be at least 1, got {}", batch_size);
    require(options.warmup_steps >= 0, "Throughput: warmup_steps must be at least 0, got {}", options.warmup_steps);
    require(options.window_steps >= 1, "Throughput: window_steps must be at least 1, got {}", options.window_steps);
    require(options.max_windows >= 1, "Throughput: max_windows must be at least 1, got {}", options.max_windows);
  }

  /// A step begins now: to be called before the first one, and again after anything that is no training (an evaluation,
  /// a checkpoint), so that the time since the last step is not counted.
  void start() { since_ = clock_(); }

  /// A step ends now, and the next one begins. Throws std::invalid_argument if there was no start.
  void step() {
    require(since_.has_value(), "Throughput: start must be called before step");
    const double now = clock_();
    const double seconds = now - std::exchange(*since_, now);
    if (warmed_up_ < options_.warmup_steps) {
      ++warmed_up_;
      return;
    }
    window_seconds_ += seconds;
    if (++window_steps_ < options_.window_steps) return;
    const double time_per_step = window_seconds_ / static_cast<double>(window_steps_);
    if (static_cast<std::int64_t>(windows_.size()) < options_.max_windows) {
      windows_.push_back(time_per_step);
    } else {
      windows_[oldest_] = time_per_step;
      oldest_ = (oldest_ + 1) % windows_.size();
    }
    window_seconds_ = 0.0;
    window_steps_ = 0;
  }

  /// The figures over the windows that are kept; none before the first window is full.
  std::optional<ThroughputFigures> figures() const {
    if (windows_.empty()) return std::nullopt;
    const double time_per_step = median(windows_);
    return ThroughputFigures{.time_per_step = time_per_step,
                             .spread = interquartile_range(windows_),
                             .examples_per_second = static_cast<double>(batch_size_) / time_per_step,
                             .windows = static_cast<std::int64_t>(windows_.size())};
  }

 private:
  std::int64_t batch_size_;
  ThroughputOptions options_;
  SecondsClock clock_;
  std::optional<double> since_;
  std::int64_t warmed_up_ = 0, window_steps_ = 0;
  double window_seconds_ = 0.0;
  std::vector<double> windows_;  // a ring once it is full
  std::size_t oldest_ = 0;
};

}  // namespace eigentune
