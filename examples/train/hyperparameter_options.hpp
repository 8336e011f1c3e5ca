#pragma once

#include <eigentune/optim.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "train/optimizer_choice.hpp"
#include "train/option_parsing.hpp"

namespace example {

/// Hyperparameters as they were given, by the library's name.
using HyperparameterTexts = std::map<std::string, std::string>;

/// One option for each hyperparameter that any optimizer has; its text says which, and what it starts from.
inline void add_hyperparameters(OptionAdder& add, HyperparameterTexts& given) {
  std::vector<std::string> names;
  std::map<std::string, std::string> owners;
  for (const StartingPoint& point : starting_points) {
    for (const auto& [name, value] : eigentune::make_optimizer<float>(point.optimizer).hyperparameters()) {
      if (!owners.contains(name)) names.push_back(name);
      owners[name] += fmt::format("{}{} {}", owners[name].empty() ? "" : ", ", point.optimizer, to_string(value));
    }
  }
  for (const std::string& name : names) {
    add.text(option_name(name), "X", fmt::format("{}\n({})", hyperparameter_text(name), owners[name]),
             [&given, name](const std::string& text) { given[name] = text; });
  }
}

/// Throws std::invalid_argument, naming the option, if the optimizer does not have a hyperparameter or it is out of
/// range.
inline eigentune::Hyperparameters check_hyperparameters(const std::string& optimizer,
                                                        const HyperparameterTexts& given) {
  auto trial = eigentune::make_optimizer<float>(optimizer);
  const eigentune::Hyperparameters available = trial.hyperparameters();
  eigentune::Hyperparameters checked;
  for (const auto& [name, text] : given) {
    const auto found = std::find_if(available.begin(), available.end(),
                                    [&name = name](const auto& entry) { return entry.first == name; });
    if (found == available.end()) {
      throw std::invalid_argument(fmt::format("{} is not a hyperparameter of {}; it has {}", option_name(name),
                                              optimizer, option_names_of(optimizer)));
    }
    const double number = to_number(text);
    const bool is_number = found->second.number() != nullptr && !std::isnan(number);
    checked.emplace_back(name,
                         is_number ? eigentune::HyperparameterValue(number) : eigentune::HyperparameterValue(text));
    try {
      trial.set_hyperparameters({checked.back()});
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument(fmt::format("{}: {}", option_name(name), error.what()));
    }
  }
  return checked;
}

}  // namespace example
