#pragma once

#include <eigentune/core/error.hpp>

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>

namespace eigentune {

/// The learning rate of one step: finite, and 0 or more. It has no default, so a step without one does not compile.
class LearningRate {
 public:
  template <class Number>
  requires(std::integral<Number> || std::floating_point<Number>) constexpr LearningRate(Number rate)
      : value_(static_cast<double>(rate)) {}  // NOLINT: implicit, `.learning_rate = rate(step)`
  constexpr double value() const { return value_; }

 private:
  double value_;
};

/// Which elements adaptive clipping takes for one unit, whose weights and gradient are compared.
enum class ClipUnits {
  automatic,   ///< first_axis for a matrix or tensor (the rows of `weights * input`), whole for a vector, be it a
               ///< matrix of one column or row
  whole,       ///< all elements together
  first_axis,  ///< each index of the first axis: rows of a matrix, output channels of a [out, in, h, w] convolution
  last_axis    ///< each index of the last axis: columns of a matrix, as for `input * weights`
};

inline const char* to_string(ClipUnits units) {
  switch (units) {
    case ClipUnits::automatic:
      return "automatic";
    case ClipUnits::whole:
      return "whole";
    case ClipUnits::first_axis:
      return "first_axis";
    case ClipUnits::last_axis:
      return "last_axis";
  }
  return "unknown";
}

/// Options of one tensor. What is absent comes from OptimizerOptions::defaults, and what is absent there from the value
/// given here.
struct TensorOptions {
  std::optional<double> learning_rate_scale{};  ///< multiplies the learning rate, in [0, inf); 1
  std::optional<double> weight_decay{};         ///< lambda, in [0, inf); 0
  std::optional<bool>
      coupled{};  ///< false (AdamW): theta <- (1 - eta lambda) theta; true (L2): g <- g + lambda theta; false
  std::optional<bool> frozen{};           ///< neither updated nor read, and left out of the gradient norm; false
  std::optional<ClipUnits> clip_units{};  ///< for StepOptions::adaptive_clip; automatic

  /// Calls visit(name, pointer to member) for each option.
  template <class Visit>
  static void for_each(Visit&& visit) {
    visit("learning_rate_scale", &TensorOptions::learning_rate_scale);
    visit("weight_decay", &TensorOptions::weight_decay);
    visit("coupled", &TensorOptions::coupled);
    visit("frozen", &TensorOptions::frozen);
    visit("clip_units", &TensorOptions::clip_units);
  }

  /// These options where they are present, else those of `fallback`.
  TensorOptions or_else(const TensorOptions& fallback) const {
    TensorOptions merged = fallback;
    for_each([&](const char*, auto option) {
      if (this->*option) merged.*option = this->*option;
    });
    return merged;
  }

  /// What is in force: these options where they are present, else the values given above. None is absent.
  TensorOptions resolved() const {
    return or_else({.learning_rate_scale = 1.0,
                    .weight_decay = 0.0,
                    .coupled = false,
                    .frozen = false,
                    .clip_units = ClipUnits::automatic});
  }

  /// Throws std::invalid_argument if a number is out of range.
  void validate() const {
    require(!learning_rate_scale || (*learning_rate_scale >= 0.0 && is_finite(*learning_rate_scale)),
            "TensorOptions: learning_rate_scale must be in [0, inf), got {}", learning_rate_scale.value_or(0.0));
    require(!weight_decay || (*weight_decay >= 0.0 && is_finite(*weight_decay)),
            "TensorOptions: weight_decay must be in [0, inf), got {}", weight_decay.value_or(0.0));
  }
};

/// Options of an optimizer.
struct OptimizerOptions {
  TensorOptions defaults{};  ///< for tensors that do not say otherwise

  /// A step whose gradients are not finite is skipped; this many in a row throw DivergenceError. At least 1.
  std::int64_t max_consecutive_skips = 20;

  /// Throws std::invalid_argument if a number is out of range.
  void validate() const {
    defaults.validate();
    require(max_consecutive_skips >= 1, "OptimizerOptions: max_consecutive_skips must be at least 1, got {}",
            max_consecutive_skips);
  }
};

/// Options of one step. The clippings follow one another in the order given here, each on what the one before has left;
/// with none of them and check_finite = false a step is exactly one pass over memory.
struct StepOptions {
  LearningRate learning_rate;  ///< eta

  std::optional<double>
      max_gradient_norm{};                  ///< lambda > 0: if |g| > lambda, g <- lambda g / |g|, |g| over all tensors
  std::optional<double> max_tensor_norm{};  ///< the same for each tensor by itself
  /// Adaptive gradient clipping (Brock et al. 2021), > 0: for each unit, |g| at most this times max(|theta|, 1e-3).
  std::optional<double> adaptive_clip{};
  std::optional<double> max_gradient_value{};  ///< > 0: each element into [-value, value]

  /// Store zeros to all bound gradients in the same pass, also of frozen tensors and when the step is skipped.
  bool zero_gradients = false;

  /// True: the gradients are read once before anything is written, and if their norm is not finite the step is skipped
  /// and leaves every bit of parameters and state alone. False: no check; a non-finite gradient is written through.
  /// The check is of the gradients: finite ones whose squares overflow (above 1.8e19 in float, 1.3e154 in double) can
  /// still make the state of RMSProp, Adam and NAdam infinite in float, and count as not finite in double.
  bool check_finite = true;

  /// False: the gradients' norm is not measured, and StepReport::gradient_norm is NaN; all else is the same, bit for
  /// bit. For steps whose norm nobody reads: a sum in double that narrow vectors (SSE2) cannot hide behind the rule's
  /// own arithmetic. Needs check_finite = false, and no clipping by max_gradient_norm or max_tensor_norm.
  bool measure_norm = true;

  /// Multiplies all gradients before anything else, the norm included: 1 / n after n gradients were summed, or one over
  /// the loss scale. Finite and not 0.
  double gradient_scale = 1.0;

  /// Throws std::invalid_argument if a number is out of range, or the norm is needed and not to be measured.
  void validate() const {
    require(learning_rate.value() >= 0.0 && is_finite(learning_rate.value()),
            "step: learning_rate must be in [0, inf), got {}", learning_rate.value());
    require_positive(max_gradient_norm, "max_gradient_norm");
    require_positive(max_tensor_norm, "max_tensor_norm");
    require_positive(adaptive_clip, "adaptive_clip");
    require_positive(max_gradient_value, "max_gradient_value");
    require(is_finite(gradient_scale) && gradient_scale != 0.0, "step: gradient_scale must be finite and not 0, got {}",
            gradient_scale);
    const char* needs_norm = check_finite        ? "check_finite"
                             : max_gradient_norm ? "max_gradient_norm"
                             : max_tensor_norm   ? "max_tensor_norm"
                                                 : nullptr;
    require(measure_norm || needs_norm == nullptr, "step: measure_norm must be true with {}, got false", needs_norm);
  }

 private:
  static void require_positive(const std::optional<double>& value, const char* name) {
    require(!value || *value > 0.0, "step: {} must be greater than 0, got {}", name, value.value_or(0.0));
  }
};

/// What a step did.
struct StepReport {
  bool applied = false;  ///< false: the gradients were not finite, nothing was updated
  /// |g| over all tensors that are not frozen, before clipping, after gradient_scale; NaN if it was not measured
  double gradient_norm = 0.0;
  double clip_scale = 1.0;             ///< what clipping by the global norm multiplied the gradients by, in (0, 1]
  std::int64_t step = 0;               ///< steps applied so far, this one included
  std::int64_t skipped = 0;            ///< steps skipped so far
  std::int64_t consecutive_skips = 0;  ///< steps skipped since the last one that was applied
};

/// Training has diverged: OptimizerOptions::max_consecutive_skips steps in a row had gradients that were not finite.
class DivergenceError : public Error {
 public:
  using Error::Error;
};

}  // namespace eigentune
