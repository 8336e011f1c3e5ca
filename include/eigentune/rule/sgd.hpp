#pragma once

#include <eigentune/rule/hyperparameter.hpp>
#include <eigentune/rule/rule.hpp>

namespace eigentune {

/// Stochastic gradient descent. With gradient g and learning rate eta, element by element:
///
///   theta <- theta - eta g
///
/// No hyperparameters, no state. Source: Deep Learning Tuning Playbook, "Stochastic gradient descent (SGD)". PyTorch's
/// SGD, Keras's SGD and optax.sgd without momentum are the same.
struct SGDRule {
  static constexpr std::string_view name = "SGD";
  static constexpr std::array<StateSlot, 0> state{};
  static constexpr std::array<RuleHyperparameter, 0> hyperparameters() { return {}; }

  struct Scalars {
    double rate;
  };
  Scalars scalars(std::int64_t /*step*/, double rate) const { return {rate}; }

  template <class T>
  static void update(const auto& s, T gradient, T& parameter) {
    parameter -= s.rate * gradient;
  }
};

}  // namespace eigentune
