#pragma once

#include <eigentune/core/simd.hpp>
#include <eigentune/rule/hyperparameter.hpp>
#include <eigentune/rule/rule.hpp>

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
  virtual ~ErasedRule() = default;
  virtual std::string_view name() const = 0;
  virtual std::span<const StateSlot> slots() const = 0;
  virtual std::vector<double> start_values() const = 0;
  virtual void make_scalars(std::int64_t step, double rate, simd::ScalarStorage& storage) const = 0;
  virtual double fused_pass(SimdLevel level, const simd::FusedPass<Scalar, State>& pass, std::int64_t begin,
                            std::int64_t count) const = 0;
  virtual std::span<const Hyperparameter> hyperparameters() const = 0;
  virtual const void* address() const = 0;
  virtual void set_hyperparameters(const Hyperparameters& values) = 0;
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

template <UpdateRule Rule, class Scalar, class State>
class HeldRule final : public ErasedRule<Scalar, State> {
 public:
  static_assert(
      detail::has_update<Rule, Scalar>(std::make_index_sequence<Rule::state.size()>()),
      "eigentune: a rule needs `template <class T> static void update(const auto& scalars, T gradient, T& parameter, "
      "T& state_0, ...)` with one T& for each of its named states");
  static_assert(detail::has_distinct_slots<Rule>(), "eigentune: two of the rule's named states have the same name");

  explicit HeldRule(Rule held) : rule(std::move(held)) { validate_rule(rule); }

  std::string_view name() const override { return rule_name<Rule>(); }
  std::span<const StateSlot> slots() const override { return Rule::state; }
  std::vector<double> start_values() const override {
    const auto starts = rule_start_values(rule);
    return {starts.begin(), starts.end()};
  }
  void make_scalars(std::int64_t step, double rate, simd::ScalarStorage& storage) const override {
    new (storage.bytes) typename Rule::Scalars(rule.scalars(step, rate));
  }
  double fused_pass(SimdLevel level, const simd::FusedPass<Scalar, State>& pass, std::int64_t begin,
                    std::int64_t count) const override {
    return simd::fused_pass<Rule>(level, pass, begin, count);
  }
  std::span<const Hyperparameter> hyperparameters() const override {
    if constexpr (requires { Rule::hyperparameters(); }) {
      static constexpr auto entries = Rule::hyperparameters();
      return entries;
    } else {
      return {};
    }
  }
  const void* address() const override { return &rule; }
  void set_hyperparameters(const Hyperparameters& values) override {
    Rule changed = rule;
    eigentune::set_hyperparameters(name(), hyperparameters(), &changed, values);
    validate_rule(changed);
    rule = std::move(changed);
  }

  Rule rule;
};

}  // namespace eigentune
