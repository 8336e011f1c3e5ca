#pragma once

#include <eigentune/optim/optimizers.hpp>

#include <algorithm>
#include <string_view>
#include <type_traits>
#include <utility>

namespace eigentune {

/// Calls `use` with a default rule of that name: SGDRule{} for "sgd", MomentumRule{} for "momentum", and so on for
/// "nesterov", "rmsprop", "adam" and "nadam", in upper or lower case. Throws std::invalid_argument for another name;
/// the text lists the right ones.
template <class Use>
decltype(auto) with_rule(std::string_view name, Use&& use) {
  const auto is = [name](std::string_view rule) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(name, rule, {}, lower, lower);
  };
  if (is(SGDRule::name)) return use(SGDRule{});
  if (is(MomentumRule::name)) return use(MomentumRule{});
  if (is(NesterovRule::name)) return use(NesterovRule{});
  if (is(RMSPropRule::name)) return use(RMSPropRule{});
  if (is(AdamRule::name)) return use(AdamRule{});
  if (is(NAdamRule::name)) return use(NAdamRule{});
  throw std::invalid_argument(
      message("there is no optimizer \"{}\"; there are sgd, momentum, nesterov, rmsprop, adam, nadam", name));
}

/// An optimizer by name, with hyperparameters by name: make_optimizer<float>("nadam", {{"beta1", 0.95}}). Throws
/// std::invalid_argument for a name that does not exist (the text lists the right ones) or a value that is not allowed.
template <class Scalar, class State = Scalar>
AnyOptimizer<Scalar, State> make_optimizer(std::string_view name, const Hyperparameters& hyperparameters = {},
                                           OptimizerOptions options = {}) {
  auto optimizer = with_rule(name, [&]<class Rule>(Rule rule) -> AnyOptimizer<Scalar, State> {
    return Optimizer<Rule, Scalar, State>(std::move(rule), std::move(options));
  });
  optimizer.set_hyperparameters(hyperparameters);
  return optimizer;
}

}  // namespace eigentune
