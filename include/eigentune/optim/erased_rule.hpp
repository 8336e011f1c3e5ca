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

/// What there is to know of a rule's type. Pointers and not virtual functions, so that what a rule does not have is not
/// compiled for it.
struct RuleDescription {
  std::string_view name;
  std::span<const StateSlot> slots;
  std::span<const RuleHyperparameter> hyperparameters;
  void (*make_scalars)(const void* rule, std::int64_t step, double rate, simd::ScalarStorage& storage);
  void (*start_values)(const void* rule, double* values);  ///< null: the slots say where the state starts
  void (*validate)(const void* rule);                      ///< null: the hyperparameters' ranges say what is allowed
};

/// A rule behind an interface, so that all that is not the formula is compiled once for all rules. Called per step and
/// per tensor, never per element.
class ErasedRule {
 public:
  ErasedRule(const ErasedRule&) = delete;
  ErasedRule& operator=(const ErasedRule&) = delete;
  virtual ~ErasedRule() = default;

  const RuleDescription& description() const { return *description_; }
  std::string_view name() const { return description_->name; }
  std::span<const StateSlot> slots() const { return description_->slots; }
  std::span<const RuleHyperparameter> hyperparameters() const { return description_->hyperparameters; }
  const void* address() const { return address_; }

  void make_scalars(std::int64_t step, double rate, simd::ScalarStorage& storage) const {
    description_->make_scalars(address_, step, rate, storage);
  }

  /// Of the slots, in their order.
  std::array<double, simd::max_slots> start_values() const {
    std::array<double, simd::max_slots> values{};
    for (std::size_t slot = 0; slot < slots().size(); ++slot) values[slot] = slots()[slot].start;
    if (description_->start_values != nullptr) description_->start_values(address_, values.data());
    return values;
  }

  void set_hyperparameters(const Hyperparameters& values) {
    std::vector<double> before;
    for (const RuleHyperparameter& entry : hyperparameters()) before.push_back(entry.get(address_));
    try {
      eigentune::set_hyperparameters(name(), hyperparameters(), address_, values);
      validate_rule(*description_, address_);
    } catch (...) {
      for (std::size_t i = 0; i < before.size(); ++i) hyperparameters()[i].set(address_, before[i]);
      throw;
    }
  }

  /// Throws std::invalid_argument if a hyperparameter of the rule at `rule` is not allowed.
  static void validate_rule(const RuleDescription& description, const void* rule) {
    validate_hyperparameters(description.name, description.hyperparameters, rule);
    if (description.validate != nullptr) description.validate(rule);
  }

 protected:
  [[gnu::cold, gnu::noinline]] ErasedRule(const RuleDescription& description, void* address)
      : description_(&description), address_(address) {}

 private:
  const RuleDescription* description_;
  void* address_;  // of the rule that is held
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

template <class Rule>
constexpr RuleDescription describe_rule() {
  RuleDescription description{};
  description.name = rule_name<Rule>();
  description.slots = Rule::state;
  description.hyperparameters = listed_hyperparameters<Rule>();
  description.make_scalars = [](const void* rule, std::int64_t step, double rate, simd::ScalarStorage& storage) {
    new (storage.bytes) typename Rule::Scalars(static_cast<const Rule*>(rule)->scalars(step, rate));
  };
  if constexpr (requires(const Rule& rule) { rule.start_values(); }) {
    description.start_values = [](const void* rule, double* values) {
      for (const double start : static_cast<const Rule*>(rule)->start_values()) *values++ = start;
    };
  }
  if constexpr (requires(const Rule& rule) { rule.validate(); }) {
    description.validate = [](const void* rule) { static_cast<const Rule*>(rule)->validate(); };
  }
  return description;
}

}  // namespace detail

template <class Rule>
inline constexpr RuleDescription rule_description = detail::describe_rule<Rule>();

/// A rule, of any type, and what may be asked of it.
template <UpdateRule Rule>
class HeldRule final : public ErasedRule {
 public:
  static_assert(detail::has_distinct_slots<Rule>(), "eigentune: two of the rule's named states have the same name");

  explicit HeldRule(Rule held) : ErasedRule(rule_description<Rule>, &rule), rule(std::move(held)) {}

  Rule rule;
};

}  // namespace eigentune
