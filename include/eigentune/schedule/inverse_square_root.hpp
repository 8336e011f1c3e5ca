#pragma once

#include <eigentune/core/message.hpp>
#include <eigentune/schedule/checks.hpp>
#include <eigentune/schedule/text.hpp>

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>

namespace eigentune {

/// A rate that falls with the inverse square root of the step. Made by `inverse_square_root`.
class InverseSquareRoot {
 public:
  InverseSquareRoot(double initial_rate, std::int64_t timescale) : initial_rate_(initial_rate), timescale_(timescale) {
    schedule_detail::check_rate("inverse_square_root", "initial_rate", initial_rate);
    schedule_detail::check_steps("inverse_square_root", "timescale", timescale);
  }

  double operator()(std::int64_t step) const {
    schedule_detail::check_step("inverse_square_root", step);
    const auto timescale = static_cast<double>(timescale_);
    return initial_rate_ * std::sqrt(timescale / (timescale + static_cast<double>(step)));
  }

  /// It never ends.
  std::optional<std::int64_t> steps() const { return std::nullopt; }
  double initial_rate() const { return initial_rate_; }
  std::int64_t timescale() const { return timescale_; }
  std::string to_string() const { return message("inverse_square_root({}, {})", initial_rate_, timescale_); }

  friend bool operator==(const InverseSquareRoot&, const InverseSquareRoot&) = default;

 private:
  double initial_rate_;
  std::int64_t timescale_;
};

/// Inverse square root decay: rate(t) = initial_rate sqrt(timescale / (timescale + t)).
///
/// Step 0 has `initial_rate`, step 3 * timescale half of it. There is no last step, and so no number of steps to decide
/// on in advance. Never rises. `warmup(n, inverse_square_root(peak, n))` is the schedule of the Transformer (Vaswani et
/// al. 2017): it rises to `peak` at step n, and is peak * sqrt(n / step) after that.
///
/// Needs a finite rate >= 0, and a timescale >= 1, in steps; throws std::invalid_argument otherwise.
inline InverseSquareRoot inverse_square_root(double initial_rate, std::int64_t timescale) {
  return InverseSquareRoot(initial_rate, timescale);
}

}  // namespace eigentune
