#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace eigentune {

/// One named state of a rule, as many elements as the parameter has, and the value that they start from.
struct StateSlot {
  std::string_view name;
  double start = 0.0;
};

/// An update rule: a value that holds the hyperparameters, and how one element is updated. A rule has
///
///   static constexpr std::array<StateSlot, n> state   its named state, n from 0 to 8
///   struct Scalars                                    the numbers of one step, made once per step; trivially copyable
///   Scalars scalars(std::int64_t step, double rate) const     from the step (the first is 0) and the learning rate
///   template <class T> static void update(const auto& scalars, T gradient, T& parameter, T& state_0, ...)
///
/// `update` is compiled for packs of elements: T has + - * / (also with double), sqrt, square, abs, sign, min, max, and
/// comparisons for select(condition, yes, no). It must not branch on elements, only on scalars. Rates are positive and
/// rules subtract. A rule may also have
///
///   static constexpr std::string_view name            for messages and saved state; "Rule" if there is none
///   void validate() const                             throws std::invalid_argument, for what no range says
///   std::array<double, n> start_values() const        where the state starts, if that depends on hyperparameters
///   static constexpr auto hyperparameters()           an array of RuleHyperparameter, so that they are checked and can
///                                                     be set by name
template <class R>
concept UpdateRule = std::is_copy_constructible_v<R> && std::is_copy_assignable_v<R> &&
    requires(const R& rule, std::int64_t step, double rate) {
  { std::tuple_size_v<std::remove_cvref_t<decltype(R::state)>> } -> std::convertible_to<std::size_t>;
  { R::state[0] } -> std::convertible_to<const StateSlot&>;
  { rule.scalars(step, rate) } -> std::same_as<typename R::Scalars>;
};

/// The rule's name, or "Rule".
template <class R>
constexpr std::string_view rule_name() {
  if constexpr (requires { R::name; }) {
    return R::name;
  } else {
    return "Rule";
  }
}

}  // namespace eigentune
