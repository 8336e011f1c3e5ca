#pragma once

#include <eigentune/core/message.hpp>
#include <eigentune/schedule/annealing.hpp>
#include <eigentune/schedule/checks.hpp>
#include <eigentune/schedule/text.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace eigentune {

/// A straight line from one rate down to another. Made by `linear_decay`.
class LinearDecay {
 public:
  LinearDecay(double initial_rate, std::int64_t steps, double final_rate = 0.0)
      : initial_rate_(initial_rate), steps_(steps), final_rate_(final_rate) {
    schedule_detail::check_decay("linear_decay", initial_rate, final_rate);
    schedule_detail::check_steps("linear_decay", "steps", steps);
  }

  double operator()(std::int64_t step) const {
    schedule_detail::check_step("linear_decay", step);
    if (step >= steps_) return final_rate_;
    const double remaining = static_cast<double>(steps_ - step) / static_cast<double>(steps_);
    return schedule_detail::interpolate(final_rate_, initial_rate_, remaining);
  }

  std::optional<std::int64_t> steps() const { return steps_; }
  double initial_rate() const { return initial_rate_; }
  double final_rate() const { return final_rate_; }

  std::string to_string() const {
    if (final_rate_ == 0.0) return message("linear_decay({}, {})", initial_rate_, steps_);
    return message("linear_decay({}, {}, {})", initial_rate_, steps_, final_rate_);
  }

  friend bool operator==(const LinearDecay&, const LinearDecay&) = default;

 private:
  double initial_rate_;
  std::int64_t steps_;
  double final_rate_;
};

/// Linear decay over `steps` steps: rate(t) = final_rate + (initial_rate - final_rate) (1 - t / steps).
///
/// Step 0 has `initial_rate`; step `steps` and every later one `final_rate`. Never rises. This is
/// optax.linear_schedule(initial_rate, final_rate, steps), and PyTorch's LinearLR with end_factor = final_rate /
/// initial_rate. With cosine decay, the playbook's default ("Which learning rate decay should I use as a default?").
///
/// Needs finite rates with 0 <= final_rate <= initial_rate, and steps >= 1; throws std::invalid_argument otherwise.
inline LinearDecay linear_decay(double initial_rate, std::int64_t steps, double final_rate = 0.0) {
  return LinearDecay(initial_rate, steps, final_rate);
}

}  // namespace eigentune
