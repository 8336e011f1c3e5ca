#pragma once

#include <eigentune/optim.hpp>

#include <fmt/core.h>

#include <array>
#include <stdexcept>
#include <string>
#include <string_view>

namespace example {

/// What an optimizer starts from here, unless the command line says otherwise. Found on MNIST's test files and the
/// built-in digits, by validation accuracy after 3,000 steps of a network of the default size, among rates a factor of
/// two to two and a half apart and away from where training fails. Another problem needs a search of its own.
/// Hyperparameters that are not named here start from the library's defaults.
struct StartingPoint {
  std::string_view optimizer;
  double learning_rate;
  double weight_decay;  ///< decoupled, so it counts times the learning rate; of weight matrices only
};

inline constexpr std::array starting_points = {
    StartingPoint{"sgd", 0.2, 5e-4},     StartingPoint{"momentum", 0.05, 2e-3}, StartingPoint{"nesterov", 0.05, 2e-3},
    StartingPoint{"rmsprop", 1e-3, 0.1}, StartingPoint{"adam", 2e-3, 0.1},      StartingPoint{"nadam", 2e-3, 0.1},
};

inline const StartingPoint& starting_point(std::string_view optimizer) {
  for (const StartingPoint& point : starting_points) {
    if (point.optimizer == optimizer) return point;
  }
  throw std::invalid_argument(fmt::format("there is no starting point for the optimizer \"{}\"", optimizer));
}

/// The command line's name of a hyperparameter: "--epsilon-placement" for "epsilon_placement".
inline std::string option_name(std::string_view hyperparameter) {
  std::string name = "--" + std::string(hyperparameter);
  for (char& c : name) {
    if (c == '_') c = '-';
  }
  return name;
}

/// What a hyperparameter is, for --help.
inline std::string_view hyperparameter_text(std::string_view hyperparameter) {
  constexpr std::array<std::array<std::string_view, 2>, 10> texts = {{
      {"momentum", "gamma, the decay of the accumulated gradient, in [0, 1)"},
      {"rho", "decay of the mean squared gradient, in [0, 1)"},
      {"beta1", "decay of the mean gradient, in [0, 1)"},
      {"beta2", "decay of the mean squared gradient, in [0, 1)"},
      {"epsilon", "keeps the denominator from zero, at least 0"},
      {"initial_v", "where the mean squared gradient starts, at least 0"},
      {"root_epsilon", "where epsilon is added: inside_root, outside_root"},
      {"rate_placement", "the learning rate multiplies: inside_momentum, outside_momentum"},
      {"epsilon_placement", "epsilon is added: before_bias_correction, after_bias_correction"},
      {"momentum_schedule", "beta1 over time: playbook, bias_corrected, scheduled"},
  }};
  for (const auto& [name, text] : texts) {
    if (name == hyperparameter) return text;
  }
  return hyperparameter == "momentum_decay" ? "of the momentum schedule `scheduled`, at least 0" : "";
}

/// The names of an optimizer's hyperparameters as options, ", " between them; "none" if it has none.
inline std::string option_names_of(std::string_view optimizer) {
  std::string names;
  for (const auto& [name, value] : eigentune::make_optimizer<float>(optimizer).hyperparameters()) {
    names += (names.empty() ? "" : ", ") + option_name(name);
  }
  return names.empty() ? "none" : names;
}

}  // namespace example
