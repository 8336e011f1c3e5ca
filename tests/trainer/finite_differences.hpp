#pragma once

#include <eigentune/core/random.hpp>

#include <cmath>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "train/network.hpp"

/// The central finite difference of `loss()` with respect to `value`, which it changes meanwhile: (f(x + h) - f(x - h))
/// / (2 h), h = 1e-5.
template <class Loss>
double central_difference(double& value, Loss&& loss) {
  constexpr double step = 1e-5;
  const double original = value;
  value = original + step;
  const double above = loss();
  value = original - step;
  const double below = loss();
  value = original;
  return (above - below) / (2.0 * step);
}

/// Moves every parameter, so that no bias is zero and no gain one.
template <class Scalar>
void perturb(example::Network<Scalar>& network) {
  eigentune::Random random(11);
  network.for_each_parameter([&](const std::string&, auto& parameter, auto&) {
    for (Scalar& value : parameter.reshaped()) value += static_cast<Scalar>(0.1 * random.normal());
  });
}

/// The gradients that a network holds, by tensor.
template <class Scalar>
std::map<std::string, std::vector<Scalar>> gradients_of(example::Network<Scalar>& network) {
  std::map<std::string, std::vector<Scalar>> result;
  network.for_each_parameter([&](const std::string& name, auto&, auto& gradient) {
    result[name].assign(gradient.data(), gradient.data() + gradient.size());
  });
  return result;
}

/// Of one tensor, Euclidean norms.
struct GradientError {
  double difference = 0.0;  ///< between its gradient and the finite differences
  double magnitude = 0.0;   ///< of the finite differences
};

/// How far the gradients that the network holds are from central finite differences of `loss()`, by tensor; `loss` may
/// write over them. With loss values of order 1 in double and a step of 1e-5, rounding (1e-16 / 1e-5) and truncation
/// (1e-10) leave some 1e-10 in each element.
template <class Loss>
std::map<std::string, GradientError> gradient_errors(example::Network<double>& network, Loss&& loss) {
  const auto gradients = gradients_of(network);
  std::map<std::string, GradientError> errors;
  network.for_each_parameter([&](const std::string& name, auto& parameter, auto&) {
    double difference = 0.0, magnitude = 0.0;
    for (Eigen::Index i = 0; i < parameter.size(); ++i) {
      const double expected = central_difference(parameter.data()[i], loss);
      difference += std::pow(gradients.at(name)[static_cast<std::size_t>(i)] - expected, 2);
      magnitude += std::pow(expected, 2);
    }
    errors[name] = {std::sqrt(difference), std::sqrt(magnitude)};
  });
  return errors;
}
