#pragma once

#include <eigentune/rule/bias_correction.hpp>
#include <eigentune/rule/hyperparameter.hpp>
#include <eigentune/rule/rule.hpp>

namespace eigentune {

/// How NAdam corrects the bias of its momentum.
enum class NAdamMomentum {
  playbook,        ///< Adam's b for the whole numerator (TensorFlow's ApplyAdam with use_nesterov)
  bias_corrected,  ///< m by step t+2 and g by step t+1, with a constant beta1 (optax.nadam)
  scheduled        ///< beta1 grows by Dozat's 0.96-power schedule (PyTorch and Keras)
};

/// NAdam, Adam with Nesterov's momentum. With gradient g, learning rate eta, m = v = 0 at the start and t the step,
/// counted from 0, element by element:
///
///   m <- beta1 m + (1 - beta1) g;  v <- beta2 v + (1 - beta2) g^2
///   b = sqrt(1 - beta2^(t+1)) / (1 - beta1^(t+1))
///   theta <- theta - eta b (beta1 m + (1 - beta1) g) / (sqrt(v) + epsilon)
///
/// The others, with v' = v / (1 - beta2^(t+1)) and epsilon_placement = after_bias_correction:
///   optax    NAdamMomentum::bias_corrected:
///            theta <- theta - eta (beta1 m / (1 - beta1^(t+2)) + (1 - beta1) g / (1 - beta1^(t+1))) / (sqrt(v') +
///            epsilon)
///   PyTorch  NAdamMomentum::scheduled, with mu(i) = beta1 (1 - 0.96^(i momentum_decay) / 2), M(i) = mu(1) ... mu(i), i
///   = t+1:
///            theta <- theta - eta (mu(i+1) m / (1 - M(i+1)) + (1 - mu(i)) g / (1 - M(i))) / (sqrt(v') + epsilon)
///   Keras    as PyTorch with .momentum_decay = 1, .epsilon = 1e-7
///
/// Source: Deep Learning Tuning Playbook, "NADAM"; Dozat 2016.
struct NAdamRule {
  double beta1 = 0.9;     ///< decay of the mean gradient, in [0, 1)
  double beta2 = 0.999;   ///< decay of the mean squared gradient, in [0, 1)
  double epsilon = 1e-8;  ///< in [0, inf); at 0, or 0 once in float, a gradient that was never other than 0 gives 0/0
  EpsilonPlacement epsilon_placement = EpsilonPlacement::before_bias_correction;
  NAdamMomentum momentum_schedule = NAdamMomentum::playbook;
  double momentum_decay = 0.004;  ///< of NAdamMomentum::scheduled, in [0, inf)

  static constexpr std::string_view name = "NAdam";
  static constexpr std::array state = {StateSlot{"m", 0.0}, StateSlot{"v", 0.0}};
  static constexpr std::array<std::string_view, 3> momentum_schedule_names = {"playbook", "bias_corrected",
                                                                              "scheduled"};
  static constexpr auto hyperparameters() {
    return std::array{number<&NAdamRule::beta1>("beta1", unit_half_open),
                      number<&NAdamRule::beta2>("beta2", unit_half_open),
                      number<&NAdamRule::epsilon>("epsilon", not_negative),
                      option<&NAdamRule::epsilon_placement>("epsilon_placement", epsilon_placement_names),
                      option<&NAdamRule::momentum_schedule>("momentum_schedule", momentum_schedule_names),
                      number<&NAdamRule::momentum_decay>("momentum_decay", not_negative)};
  }

  struct Scalars {
    double beta1, one_minus_beta1, beta2, one_minus_beta2, epsilon, rate_of_m, rate_of_gradient;
  };
  Scalars scalars(std::int64_t step, double rate) const {
    const double root = std::sqrt(one_minus_power(beta2, step + 1));
    const bool after = epsilon_placement == EpsilonPlacement::after_bias_correction;
    const double scaled = rate * root;
    Scalars s{beta1, 1.0 - beta1, beta2, 1.0 - beta2, after ? epsilon * root : epsilon, 0.0, 0.0};
    const double correction = one_minus_power(beta1, step + 1);
    switch (momentum_schedule) {
      case NAdamMomentum::playbook:
        s.rate_of_m = scaled / correction * beta1;
        s.rate_of_gradient = scaled / correction * (1.0 - beta1);
        break;
      case NAdamMomentum::bias_corrected:
        s.rate_of_m = scaled * beta1 / one_minus_power(beta1, step + 2);
        s.rate_of_gradient = scaled * (1.0 - beta1) / correction;
        break;
      case NAdamMomentum::scheduled: {
        const double now = scheduled_momentum(step + 1), next = scheduled_momentum(step + 2);
        const double product = momentum_product(step + 1);
        s.rate_of_m = scaled * next / (1.0 - portable::rounded(product * next));
        s.rate_of_gradient = scaled * (1.0 - now) / (1.0 - product);
        break;
      }
    }
    return s;
  }

  template <class T>
  static void update(const auto& s, T gradient, T& parameter, T& m, T& v) {
    m = s.beta1 * m + s.one_minus_beta1 * gradient;
    v = s.beta2 * v + s.one_minus_beta2 * square(gradient);
    parameter -= (s.rate_of_m * m + s.rate_of_gradient * gradient) / (sqrt(v) + s.epsilon);
  }

 private:
  /// mu(i)
  double scheduled_momentum(std::int64_t i) const {
    constexpr double base = 0.96;
    return beta1 * (1.0 - portable::rounded(0.5 * portable::pow(base, static_cast<double>(i) * momentum_decay)));
  }
  /// M(i). Stops where the product no longer changes 1 - M, after some 70 factors with the default hyperparameters.
  double momentum_product(std::int64_t last) const {
    constexpr double negligible = 0x1p-60;
    double product = 1.0;
    for (std::int64_t i = 1; i <= last && product > negligible; ++i) product *= scheduled_momentum(i);
    return product;
  }
};

}  // namespace eigentune
