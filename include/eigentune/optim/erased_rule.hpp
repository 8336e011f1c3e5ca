#pragma once

#include <eigentune/core/simd.hpp>
#include <eigentune/rule/hyperparameter.hpp>
#include <eigentune/rule/rule.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace eigentune {

/// A rule behind an interface, so that all that is not the formula is compiled once for all rules. Called per step and
/// per block of a tensor, never per element.
template <class Scalar, class State>
class ErasedRule {
 public:
  ErasedRule(const ErasedRule&) = delete;
  ErasedRule& operator=(const ErasedRule&) = delete;
  virtual ~ErasedRule() = default;
  virtual std::array<double, simd::max_slots> start_values() const = 0;  ///< of the slots, in their order
  virtual void make_scalars(std::int64_t step, double rate, simd::ScalarStorage& storage) const = 0;
  virtual void validate() const = 0;

  std::string_view name() const { return name_; }
  std::span<const StateSlot> slots() const { return slots_; }
  std::span<const RuleHyperparameter> hyperparameters() const { return hyperparameters_; }
  const void* address() const { return address_; }
  void* address() { return address_; }
  const simd::Kernels<Scalar, State>& kernels() const { return *kernels_; }

  void set_hyperparameters(const Hyperparameters& values) {
    std::vector<double> before;
    for (const RuleHyperparameter& entry : hyperparameters_) before.push_back(entry.get(address()));
    try {
      eigentune::set_hyperparameters(name_, hyperparameters_, address(), values);
      validate();
    } catch (...) {
      for (std::size_t i = 0; i < before.size(); ++i) hyperparameters_[i].set(address(), before[i]);
      throw;
    }
  }

 protected:
  ErasedRule(std::string_view name, std::span<const StateSlot> slots,
             std::span<const RuleHyperparameter> hyperparameters, const simd::Kernels<Scalar, State>& kernels,
             void* address)
      : name_(name), slots_(slots), hyperparameters_(hyperparameters), kernels_(&kernels), address_(address) {}

 private:
  std::string_view name_;
  std::span<const StateSlot> slots_;
  std::span<const RuleHyperparameter> hyperparameters_;
  const simd::Kernels<Scalar, State>* kernels_;  // constants of a translation unit
  void* address_;                                // of the rule that is held
};

namespace detail {

template <class Pack, std::size_t>
using StateReference = Pack&;

/// Whether Rule::update takes (scalars, gradient, parameter&, one state& per slot) for packs of `Scalar`, and takes the
/// parameter by reference.
template <class Rule, class Scalar, std::size_t... slot>
constexpr bool has_update(std::index_sequence<slot...>) {
  using Pack = simd::BaselinePack<Scalar>;
  using Reference = Pack&;
  return requires(const typename Rule::Scalars& scalars, Pack gradient, Reference parameter) {
    Rule::update(scalars, gradient, parameter, std::declval<StateReference<Pack, slot>>()...);
  }
  &&!requires(const typename Rule::Scalars& scalars, Pack gradient) {
    Rule::update(scalars, gradient, Pack(), std::declval<StateReference<Pack, slot>>()...);
  };
}

/// What a rule lists; nothing for one that lists nothing.
template <class Rule>
constexpr std::span<const RuleHyperparameter> listed_hyperparameters() {
  if constexpr (requires { Rule::hyperparameters(); }) {
    return hyperparameters_of<Rule>;
  } else {
    return {};
  }
}

/// Whether no two slots have one name.
template <class Rule>
constexpr bool has_distinct_slots() {
  for (std::size_t i = 0; i < Rule::state.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (std::string_view(Rule::state[i].name) == std::string_view(Rule::state[j].name)) return false;
    }
  }
  return true;
}

}  // namespace detail

/// The kernels come from outside: which copy of them is the right one, the translation unit that makes the optimizer
/// knows, and not this class, of which a program has but one (see simd::kernels).
template <UpdateRule Rule, class Scalar, class State>
class HeldRule final : public ErasedRule<Scalar, State> {
 public:
  static_assert(
      detail::has_update<Rule, Scalar>(std::make_index_sequence<Rule::state.size()>()),
      "eigentune: a rule needs `template <class T> static void update(const auto& scalars, T gradient, T& parameter, "
      "T& state_0, ...)` with one T& for each of its named states");
  static_assert(detail::has_distinct_slots<Rule>(), "eigentune: two of the rule's named states have the same name");

  HeldRule(Rule held, const simd::Kernels<Scalar, State>& kernels)
      : ErasedRule<Scalar, State>(rule_name<Rule>(), Rule::state, detail::listed_hyperparameters<Rule>(), kernels,
                                  &rule),
        rule(std::move(held)) {
    validate_rule(rule);
  }

  std::array<double, simd::max_slots> start_values() const override {
    const auto starts = rule_start_values(rule);
    std::array<double, simd::max_slots> values{};
    for (std::size_t slot = 0; slot < starts.size(); ++slot) values[slot] = starts[slot];
    return values;
  }
  void make_scalars(std::int64_t step, double rate, simd::ScalarStorage& storage) const override {
    new (storage.bytes) typename Rule::Scalars(rule.scalars(step, rate));
  }
  void validate() const override { validate_rule(rule); }

  Rule rule;
};

}  // namespace eigentune
