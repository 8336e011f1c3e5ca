#pragma once

#include <eigentune/rule/bias_correction.hpp>
#include <eigentune/rule/hyperparameter.hpp>
#include <eigentune/rule/rule.hpp>

namespace eigentune {

/// Adam. With gradient g, learning rate eta, m = v = 0 at the start and t the step, counted from 0, element by element:
///
///   m <- beta1 m + (1 - beta1) g;  v <- beta2 v + (1 - beta2) g^2
///   b = sqrt(1 - beta2^(t+1)) / (1 - beta1^(t+1))
///   theta <- theta - eta b m / (sqrt(v) + epsilon)
///
/// Epsilon is added before v's bias correction, as in TensorFlow and Keras (whose default is 1e-7). PyTorch, optax and
/// DeepSpeed add it after: EpsilonPlacement::after_bias_correction, which is
///
///   theta <- theta - eta (m / (1 - beta1^(t+1))) / (sqrt(v / (1 - beta2^(t+1))) + epsilon)
///
/// Source: Deep Learning Tuning Playbook, "ADAM"; Kingma and Ba 2015. AdamW is this with TensorOptions::weight_decay.
struct AdamRule {
  double beta1 = 0.9;     ///< decay of the mean gradient, in [0, 1)
  double beta2 = 0.999;   ///< decay of the mean squared gradient, in [0, 1)
  double epsilon = 1e-8;  ///< in [0, inf); at 0, or 0 once in float, a gradient that was never other than 0 gives 0/0
  EpsilonPlacement epsilon_placement = EpsilonPlacement::before_bias_correction;

  static constexpr std::string_view name = "Adam";
  static constexpr std::array state = {StateSlot{"m", 0.0}, StateSlot{"v", 0.0}};
  static constexpr auto hyperparameters() {
    return std::array{number<&AdamRule::beta1>("beta1", unit_half_open),
                      number<&AdamRule::beta2>("beta2", unit_half_open),
                      number<&AdamRule::epsilon>("epsilon", not_negative),
                      option<&AdamRule::epsilon_placement>("epsilon_placement", epsilon_placement_names)};
  }

  struct Scalars {
    double beta1, one_minus_beta1, beta2, one_minus_beta2, epsilon, rate;
  };
  Scalars scalars(std::int64_t step, double rate) const {
    const double root = std::sqrt(one_minus_power(beta2, step + 1));
    // sqrt(v / r^2) + epsilon = (sqrt(v) + epsilon r) / r: the other placement is another epsilon, and no other
    // formula.
    const bool after = epsilon_placement == EpsilonPlacement::after_bias_correction;
    return {beta1,
            1.0 - beta1,
            beta2,
            1.0 - beta2,
            after ? epsilon * root : epsilon,
            rate * (root / one_minus_power(beta1, step + 1))};
  }

  template <class T>
  static void update(const auto& s, T gradient, T& parameter, T& m, T& v) {
    m = s.beta1 * m + s.one_minus_beta1 * gradient;
    v = s.beta2 * v + s.one_minus_beta2 * square(gradient);
    parameter -= s.rate * m / (sqrt(v) + s.epsilon);
  }
};

}  // namespace eigentune
