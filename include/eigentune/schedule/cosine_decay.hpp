#pragma once

#include <eigentune/core/message.hpp>
#include <eigentune/schedule/annealing.hpp>
#include <eigentune/schedule/checks.hpp>
#include <eigentune/schedule/text.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace eigentune {

/// Half a period of a cosine from one rate down to another. Made by `cosine_decay`.
class CosineDecay {
 public:
  CosineDecay(double initial_rate, std::int64_t steps, double final_rate = 0.0)
      : initial_rate_(initial_rate), steps_(steps), final_rate_(final_rate) {
    schedule_detail::check_decay("cosine_decay", initial_rate, final_rate);
    schedule_detail::check_steps("cosine_decay", "steps", steps);
  }

  double operator()(std::int64_t step) const {
    schedule_detail::check_step("cosine_decay", step);
    if (step >= steps_) return final_rate_;
    const double progress = static_cast<double>(step) / static_cast<double>(steps_);
    return schedule_detail::interpolate(final_rate_, initial_rate_, schedule_detail::half_cosine(progress));
  }

  std::optional<std::int64_t> steps() const { return steps_; }
  double initial_rate() const { return initial_rate_; }
  double final_rate() const { return final_rate_; }

  std::string to_string() const {
    if (final_rate_ == 0.0) return message("cosine_decay({}, {})", initial_rate_, steps_);
    return message("cosine_decay({}, {}, {})", initial_rate_, steps_, final_rate_);
  }

  friend bool operator==(const CosineDecay&, const CosineDecay&) = default;

 private:
  double initial_rate_;
  std::int64_t steps_;
  double final_rate_;
};

/// Cosine decay over `steps` steps:
/// rate(t) = final_rate + (initial_rate - final_rate) (1 + cos(pi t / steps)) / 2.
///
/// Step 0 has `initial_rate`; step `steps` and every later one `final_rate`. Never rises. This is PyTorch's
/// CosineAnnealingLR up to step T_max = steps (after which PyTorch's rises again), and
/// optax.cosine_decay_schedule(initial_rate, steps, alpha = final_rate / initial_rate). Loshchilov and Hutter (2017),
/// without the restarts. With linear decay, the playbook's default ("Which learning rate decay should I use as a
/// default?").
///
/// Needs finite rates with 0 <= final_rate <= initial_rate, and steps >= 1; throws std::invalid_argument otherwise.
inline CosineDecay cosine_decay(double initial_rate, std::int64_t steps, double final_rate = 0.0) {
  return CosineDecay(initial_rate, steps, final_rate);
}

}  // namespace eigentune
