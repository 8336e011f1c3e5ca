#pragma once

#include <eigentune/optim/any_optimizer.hpp>

#include <memory>
#include <utility>

namespace eigentune {

/// An optimizer with a rule known at compile time: `Adam<float> optimizer({.beta2 = 0.99})`, and for a rule of one's
/// own `Optimizer<MyRule, float>`. All else is AnyOptimizer's.
template <UpdateRule Rule, class Scalar, class State = Scalar>
class Optimizer : public AnyOptimizer<Scalar, State> {
 public:
  using rule_type = Rule;

  /// Throws std::invalid_argument if a hyperparameter or option is out of range. Always inlined, so that the kernels
  /// are those of the translation unit that makes the optimizer.
  [[gnu::always_inline]] Optimizer(Rule rule = {}, OptimizerOptions options = {})  // NOLINT: implicit: `= {}`, lists
      : AnyOptimizer<Scalar, State>(hold(std::move(rule), simd::kernels<Rule, Scalar, State>), std::move(options)) {}

  /// The hyperparameters.
  const Rule& rule() const { return held("rule").rule; }

  /// Changes hyperparameters from the next step on; state stays. Throws std::invalid_argument, and changes nothing, if
  /// one is out of range.
  void set_rule(Rule rule) {
    validate_rule(rule);
    const_cast<Held&>(held("set_rule")).rule = std::move(rule);
  }

 private:
  using Held = HeldRule<Rule, Scalar, State>;
  using Erased = std::unique_ptr<ErasedRule<Scalar, State>>;

  [[gnu::cold, gnu::noinline]] static Erased hold(Rule rule, const simd::Kernels<Scalar, State>& kernels) {
    return Erased(new Held(std::move(rule), kernels));
  }

  // With a check: assigning to the AnyOptimizer within may have put another rule in its place.
  const Held& held(const char* call) const {
    const auto* found = dynamic_cast<const Held*>(this->erased_rule());
    require(found != nullptr,
            "{}: this optimizer's own rule is gone: it was moved from, or assigned another as an AnyOptimizer", call);
    return *found;
  }
};

}  // namespace eigentune
