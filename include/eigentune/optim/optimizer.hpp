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
  [[gnu::always_inline]] Optimizer(Rule rule = {}, const OptimizerOptions& options = {})  // NOLINT: `= {}`, lists
      : AnyOptimizer<Scalar, State>(hold(std::move(rule)), simd::kernels<Rule, Scalar, State>, options) {}

  /// The hyperparameters.
  const Rule& rule() const { return held("rule").rule; }

  /// Changes hyperparameters from the next step on; state stays. Throws std::invalid_argument, and changes nothing, if
  /// one is out of range.
  void set_rule(Rule rule) {
    ErasedRule::validate_rule(rule_description<Rule>, &rule);
    const_cast<HeldRule<Rule>&>(held("set_rule")).rule = std::move(rule);
  }

 private:
  static_assert(
      detail::has_update<Rule, Scalar>(std::make_index_sequence<Rule::state.size()>()),
      "eigentune: a rule needs `template <class T> static void update(const auto& scalars, T gradient, T& parameter, "
      "T& state_0, ...)` with one T& for each of its named states");

  [[gnu::cold, gnu::noinline]] static std::unique_ptr<ErasedRule> hold(Rule rule) {
    return std::unique_ptr<ErasedRule>(new HeldRule<Rule>(std::move(rule)));
  }

  // With a check: assigning to the AnyOptimizer within may have put another rule in its place.
  const HeldRule<Rule>& held(const char* call) const {
    const auto* found = dynamic_cast<const HeldRule<Rule>*>(this->erased_rule());
    require(found != nullptr,
            "{}: this optimizer's own rule is gone: it was moved from, or assigned another as an AnyOptimizer", call);
    return *found;
  }
};

}  // namespace eigentune
