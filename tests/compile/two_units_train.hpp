#pragma once

#include <eigentune/eigentune.hpp>

#include <vector>

#include "support/numbers.hpp"

/// A static function: each unit has its own, built with the unit's flags.
static inline std::vector<float> trained_here() {
  std::vector<float> result;
  for (const char* name : {"sgd", "momentum", "nesterov", "rmsprop", "adam", "nadam"}) {
    std::vector<float> parameters = support::uneven_numbers<float>(1003, 1), gradients = support::uneven_numbers<float>(1003, 2);
    auto optimizer = eigentune::make_optimizer<float>(name);
    optimizer.add("theta", Eigen::Map<Eigen::ArrayXf>(parameters.data(), 1003), Eigen::Map<Eigen::ArrayXf>(gradients.data(), 1003));
    const auto rate = eigentune::warmup(3, eigentune::cosine_decay(0.1, 10));
    for (std::int64_t step = 0; step < 13; ++step) optimizer.step({.learning_rate = rate(step), .max_gradient_norm = 5.0});
    result.insert(result.end(), parameters.begin(), parameters.end());
  }
  return result;
}
