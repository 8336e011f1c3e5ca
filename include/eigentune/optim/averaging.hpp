#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/rule/bias_correction.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace eigentune {

/// The average over the updates of a tensor in which one that lies k updates back counts decay^k as much as the last:
/// about the last 1 / (1 - decay) updates. With theta_t the parameters after the t-th averaged update, t = 1, 2, ...:
///
///   a_t = a_(t-1) + w_t (theta_t - a_(t-1)),   w_t = (1 - decay) / (1 - decay^t)
///
/// The denominator is the bias correction (Adam's, of Kingma and Ba 2015): a_1 = theta_1, and the weights of all
/// updates add up to one at any t. Without it w_t = 1 - decay, and a_0 are the parameters before the first averaged
/// update, as in PyTorch's and TensorFlow's averages. optax.ema has both.
///
/// Source: Deep Learning Tuning Playbook, "Polyak averaging"; Polyak and Juditsky 1992.
struct ExponentialAverage {
  double decay = 0.999;         ///< in [0, 1)
  bool bias_correction = true;  ///< false: the average starts from the parameters before the first averaged update

  /// Throws std::invalid_argument if a number is out of range.
  void validate() const {
    require(decay >= 0.0 && decay < 1.0, "ExponentialAverage: decay must be in [0, 1), got {}", decay);
  }

  friend bool operator==(const ExponentialAverage&, const ExponentialAverage&) = default;
};

/// The mean over all updates of a tensor from one on: a_t = a_(t-1) + (theta_t - a_(t-1)) / t. For the average over the
/// last part of training, where the rate is small and the parameters move around a minimum.
///
/// Source: Deep Learning Tuning Playbook, "Polyak averaging"; Polyak and Juditsky 1992.
struct UniformAverage {
  std::int64_t start = 0;  ///< updates of the tensor, counted from its first, before averaging begins, in [0, 2^53]

  /// Throws std::invalid_argument if a number is out of range.
  void validate() const {
    require(start >= 0 && start <= std::int64_t{1} << 53, "UniformAverage: start must be in [0, 2^53], got {}", start);
  }

  friend bool operator==(const UniformAverage&, const UniformAverage&) = default;
};

/// Which average of the parameters an optimizer keeps. Both are the recurrence a += w_t (theta - a), so the average
/// itself lies in memory at any time.
class Averaging {
 public:
  Averaging(const ExponentialAverage& average) : exponential_(average) {}                  // NOLINT: implicit
  Averaging(const UniformAverage& average) : is_exponential_(false), uniform_(average) {}  // NOLINT: implicit

  /// The one that it is; the other is null.
  const ExponentialAverage* exponential() const { return is_exponential_ ? &exponential_ : nullptr; }
  const UniformAverage* uniform() const { return is_exponential_ ? nullptr : &uniform_; }

  friend bool operator==(const Averaging&, const Averaging&) = default;

 private:
  // No std::variant, which every file that includes this would compile. The one that it is not has its defaults.
  bool is_exponential_ = true;
  ExponentialAverage exponential_{};
  UniformAverage uniform_{};
};

namespace detail {

inline void validate(const Averaging& averaging) {
  averaging.uniform() != nullptr ? averaging.uniform()->validate() : averaging.exponential()->validate();
}

/// Whether the update that comes after `updates` others is averaged.
inline bool averages_after(const Averaging& averaging, std::int64_t updates) {
  return averaging.uniform() == nullptr || updates >= averaging.uniform()->start;
}

/// w_t of the averaged update number `t`, from 1: in (0, 1], and 1 for the first of an average that needs no start.
inline double average_weight(const Averaging& averaging, std::int64_t t) {
  const ExponentialAverage* exponential = averaging.exponential();
  if (exponential == nullptr) return 1.0 / static_cast<double>(t);
  const double weight = 1.0 - exponential->decay;
  return exponential->bias_correction ? weight / one_minus_power(exponential->decay, t) : weight;
}

/// Whether the average starts from the parameters before the first averaged update.
inline bool starts_from_parameters(const Averaging& averaging) {
  return averaging.exponential() != nullptr && !averaging.exponential()->bias_correction;
}

/// For messages: "exponential (decay 0.999)", "exponential (decay 0.999, no bias correction)", "uniform (start 1000)",
/// "none".
inline std::string describe(const std::optional<Averaging>& averaging) {
  if (!averaging) return "none";
  if (averaging->uniform() != nullptr) return message("uniform (start {})", averaging->uniform()->start);
  const ExponentialAverage& exponential = *averaging->exponential();
  return message("exponential (decay {}{})", exponential.decay,
                 exponential.bias_correction ? "" : ", no bias correction");
}

}  // namespace detail
}  // namespace eigentune
