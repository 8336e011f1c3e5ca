#pragma once

#include <eigentune/rule/hyperparameter.hpp>
#include <eigentune/rule/rate_placement.hpp>
#include <eigentune/rule/rule.hpp>

namespace eigentune {

/// Whether RMSProp's epsilon is added to v, under the root, or to the root.
enum class RootEpsilon { inside_root, outside_root };

/// RMSProp. With gradient g, learning rate eta, v = 1 and m = 0 at the start, element by element:
///
///   v <- rho v + (1 - rho) g^2;  m <- gamma m + eta g / sqrt(v + epsilon);  theta <- theta - m
///
/// That is TensorFlow's ApplyRMSProp and optax.rmsprop(initial_scale=1, eps_in_sqrt=True, momentum=gamma). The others:
///   Keras    .initial_v = 0
///   PyTorch  .initial_v = 0, .root_epsilon = RootEpsilon::outside_root, .rate_placement =
///   RatePlacement::outside_momentum:
///            m <- gamma m + g / (sqrt(v) + epsilon);  theta <- theta - eta m
///   optax    .initial_v = initial_scale (0), .root_epsilon as eps_in_sqrt says
///
/// Source: Deep Learning Tuning Playbook, "RMSProp"; Tieleman and Hinton 2012, lecture 6.5.
struct RMSPropRule {
  double rho = 0.9;        ///< decay of the squared gradient, in [0, 1)
  double momentum = 0.0;   ///< gamma, in [0, 1)
  double epsilon = 1e-8;   ///< in [0, inf); at 0, or 0 once in float, a gradient that was never other than 0 gives 0/0
  double initial_v = 1.0;  ///< where v starts for tensors added from now on, in [0, inf)
  RootEpsilon root_epsilon = RootEpsilon::inside_root;
  RatePlacement rate_placement = RatePlacement::inside_momentum;

  static constexpr std::string_view name = "RMSProp";
  static constexpr std::array state = {StateSlot{"v", 1.0}, StateSlot{"m", 0.0}};
  static constexpr std::array<std::string_view, 2> root_epsilon_names = {"inside_root", "outside_root"};
  static constexpr auto hyperparameters() {
    return std::array{number<&RMSPropRule::rho>("rho", unit_half_open),
                      number<&RMSPropRule::momentum>("momentum", unit_half_open),
                      number<&RMSPropRule::epsilon>("epsilon", not_negative),
                      number<&RMSPropRule::initial_v>("initial_v", not_negative),
                      option<&RMSPropRule::root_epsilon>("root_epsilon", root_epsilon_names),
                      option<&RMSPropRule::rate_placement>("rate_placement", rate_placement_names)};
  }
  std::array<double, 2> start_values() const { return {initial_v, 0.0}; }

  struct Scalars {
    double rho, one_minus_rho, momentum, epsilon_inside, epsilon_outside, rate_inside, rate_outside;
  };
  Scalars scalars(std::int64_t /*step*/, double rate) const {
    const bool root = root_epsilon == RootEpsilon::inside_root;
    const bool inside = rate_placement == RatePlacement::inside_momentum;
    return {
        rho, 1.0 - rho, momentum, root ? epsilon : 0.0, root ? 0.0 : epsilon, inside ? rate : 1.0, inside ? 1.0 : rate};
  }

  template <class T>
  static void update(const auto& s, T gradient, T& parameter, T& v, T& m) {
    v = s.rho * v + s.one_minus_rho * square(gradient);
    m = s.momentum * m + s.rate_inside * gradient / (sqrt(v + s.epsilon_inside) + s.epsilon_outside);
    parameter -= s.rate_outside * m;
  }
};

}  // namespace eigentune
