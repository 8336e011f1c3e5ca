#pragma once

#include <eigentune/rule/hyperparameter.hpp>
#include <eigentune/rule/rate_placement.hpp>
#include <eigentune/rule/rule.hpp>

namespace eigentune {

/// Momentum. With gradient g, learning rate eta and v = 0 at the start, element by element:
///
///   v <- gamma v + g;  theta <- theta - eta v
///
/// That is PyTorch's SGD(momentum=gamma, dampening=0) and optax.sgd(momentum=gamma). With
/// RatePlacement::inside_momentum it is Keras's SGD, whose buffer holds steps instead of gradients (a different
/// trajectory only where eta changes):
///
///   v <- gamma v + eta g;  theta <- theta - v
///
/// Source: Deep Learning Tuning Playbook, "Momentum".
struct MomentumRule {
  double momentum = 0.9;  ///< gamma, in [0, 1)
  RatePlacement rate_placement = RatePlacement::outside_momentum;

  static constexpr std::string_view name = "Momentum";
  static constexpr std::array state = {StateSlot{"v", 0.0}};
  static constexpr auto hyperparameters() {
    return std::array{number<&MomentumRule::momentum>("momentum", unit_half_open),
                      option<&MomentumRule::rate_placement>("rate_placement", rate_placement_names)};
  }

  struct Scalars {
    double momentum, rate_inside, rate_outside;
  };
  Scalars scalars(std::int64_t /*step*/, double rate) const {
    const bool inside = rate_placement == RatePlacement::inside_momentum;
    return {momentum, inside ? rate : 1.0, inside ? 1.0 : rate};  // multiplying by one changes no bit
  }

  template <class T>
  static void update(const auto& s, T gradient, T& parameter, T& v) {
    v = s.momentum * v + s.rate_inside * gradient;
    parameter -= s.rate_outside * v;
  }
};

}  // namespace eigentune
