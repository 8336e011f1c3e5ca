#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/schedule/checks.hpp>
#include <eigentune/schedule/text.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace eigentune {

/// From `step` on, that step included, the rate is `rate`.
struct RateChange {
  std::int64_t step;
  double rate;

  friend bool operator==(const RateChange&, const RateChange&) = default;
};

/// A rate that changes at given steps and is constant in between. Made by `piecewise_constant`.
class PiecewiseConstant {
 public:
  PiecewiseConstant(double initial_rate, std::vector<RateChange> changes)
      : initial_rate_(initial_rate), changes_(std::move(changes)) {
    schedule_detail::check_rate("piecewise_constant", "initial_rate", initial_rate);
    std::int64_t previous = 0;
    for (const RateChange& change : changes_) {
      require(change.step > previous,
              "piecewise_constant: the steps of the changes must be at least 1 and increase, got {} after {}",
              change.step, previous);
      schedule_detail::check_rate("piecewise_constant", message("the rate from step {}", change.step), change.rate);
      previous = change.step;
    }
  }

  double operator()(std::int64_t step) const {
    schedule_detail::check_step("piecewise_constant", step);
    const auto next =
        std::upper_bound(changes_.begin(), changes_.end(), step,
                         [](std::int64_t value, const RateChange& change) { return value < change.step; });
    return next == changes_.begin() ? initial_rate_ : std::prev(next)->rate;
  }

  /// It never ends.
  std::optional<std::int64_t> steps() const { return std::nullopt; }
  double initial_rate() const { return initial_rate_; }
  const std::vector<RateChange>& changes() const { return changes_; }

  std::string to_string() const {
    std::string changes;
    for (const RateChange& change : changes_) {
      changes += message("{}{{{}, {}}}", changes.empty() ? "" : ", ", change.step, change.rate);
    }
    return message("piecewise_constant({}, {{{}}})", initial_rate_, changes);
  }

  friend bool operator==(const PiecewiseConstant&, const PiecewiseConstant&) = default;

 private:
  double initial_rate_;
  std::vector<RateChange> changes_;
};

/// `initial_rate` from step 0, then from each change's step on (that step included) the change's rate; the last one is
/// held for ever. The rates may rise as well as fall; without changes it is a constant.
///
///     piecewise_constant(0.1, {{30'000, 0.01}, {60'000, 0.001}})   // 0.1 up to step 29,999, 0.01 from step 30,000
///
/// As PyTorch's MultiStepLR and optax.piecewise_constant_schedule, with the rates themselves instead of factors;
/// Keras's PiecewiseConstantDecay changes one step later.
///
/// Needs finite rates >= 0, and steps that are at least 1 and increase; throws std::invalid_argument otherwise.
inline PiecewiseConstant piecewise_constant(double initial_rate, std::vector<RateChange> changes) {
  return PiecewiseConstant(initial_rate, std::move(changes));
}

}  // namespace eigentune
