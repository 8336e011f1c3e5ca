#pragma once

#include <eigentune/rule/hyperparameter.hpp>
#include <eigentune/rule/rate_placement.hpp>
#include <eigentune/rule/rule.hpp>

namespace eigentune {

/// Nesterov's momentum. With gradient g, learning rate eta and v = 0 at the start, element by element:
///
///   v <- gamma v + g;  theta <- theta - eta (gamma v + g)
///
/// That is PyTorch's SGD(momentum=gamma, nesterov=True) and optax.sgd(momentum=gamma, nesterov=True). With
/// RatePlacement::inside_momentum it is Keras's SGD(nesterov=True):
///
///   v <- gamma v + eta g;  theta <- theta - (gamma v + eta g)
///
/// Source: Deep Learning Tuning Playbook, "Nesterov".
struct NesterovRule {
  double momentum = 0.9;  ///< gamma, in [0, 1)
  RatePlacement rate_placement = RatePlacement::outside_momentum;

  static constexpr std::string_view name = "Nesterov";
  static constexpr std::array state = {StateSlot{"v", 0.0}};
  static constexpr auto hyperparameters() {
    return std::array{number<&NesterovRule::momentum>("momentum", unit_half_open),
                      option<&NesterovRule::rate_placement>("rate_placement", rate_placement_names)};
  }

  struct Scalars {
    double momentum, rate_inside, rate_outside;
  };
  Scalars scalars(std::int64_t /*step*/, double rate) const {
    const bool inside = rate_placement == RatePlacement::inside_momentum;
    return {momentum, inside ? rate : 1.0, inside ? 1.0 : rate};
  }

  template <class T>
  static void update(const auto& s, T gradient, T& parameter, T& v) {
    const T entering = s.rate_inside * gradient;
    v = s.momentum * v + entering;
    parameter -= s.rate_outside * (s.momentum * v + entering);
  }
};

}  // namespace eigentune
