#pragma once

#include <eigentune/rule/rule.hpp>

/// Lion (Chen et al. 2023), which steps by the sign of an interpolated momentum:
///   theta <- theta - eta sign(beta1 m + (1 - beta1) g);  m <- beta2 m + (1 - beta2) g
struct Lion {
  double beta1 = 0.9, beta2 = 0.99;  // hyperparameters

  static constexpr std::array state = {eigentune::StateSlot{"m", 0.0}};  // named state, and where it starts

  struct Scalars {  // the numbers of one step
    double beta1, beta2, rate;
  };
  Scalars scalars(std::int64_t /*step*/, double rate) const { return {beta1, beta2, rate}; }

  template <class T>
  static void update(const auto& s, T gradient, T& parameter, T& m) {  // one element, or a pack of them
    parameter -= s.rate * sign(s.beta1 * m + (1.0 - s.beta1) * gradient);
    m = s.beta2 * m + (1.0 - s.beta2) * gradient;
  }
};
