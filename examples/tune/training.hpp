#pragma once

#include <eigentune/core/shell_word.hpp>
#include <eigentune/space/point.hpp>
#include <eigentune/space/search_space.hpp>
#include <eigentune/study/trial.hpp>

#include <fmt/core.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "train/dataset.hpp"
#include "train/optimizer_choice.hpp"
#include "tune/options.hpp"

namespace example {

struct Options;

/// What the study searches. A hyperparameter has the name of the option of `train` that sets it, but for "data", which
/// is there so that a study never goes on with other data. Learning rates and decays reach a factor of about 30 to
/// either side of the trainer's defaults.
inline eigentune::SearchSpace make_search_space(const TuneOptions& options, const std::string& data_fingerprint) {
  using namespace eigentune;
  SearchSpace space;
  const auto optimizer = space.scientific("optimizer", choice({"nesterov", "adam"}));
  space.nuisance("learning_rate", log_uniform(1e-3, 1.0), optimizer.is("nesterov"));
  space.nuisance("learning_rate", log_uniform(1e-4, 1e-1), optimizer.is("adam"));
  space.nuisance("momentum", one_minus_log_uniform(0.5, 0.99), optimizer.is("nesterov"));
  space.nuisance("beta1", one_minus_log_uniform(0.5, 0.99), optimizer.is("adam"));
  space.nuisance("weight_decay", log_uniform(1e-4, 1e-1), optimizer.is("nesterov"));
  space.nuisance("weight_decay", log_uniform(1e-2, 3.0), optimizer.is("adam"));
  space.fixed("steps", options.steps);
  space.fixed("batch_size", options.batch_size);
  space.fixed("depth", options.depth);
  space.fixed("width", options.width);
  space.fixed("seed", options.seed);
  space.fixed("data", data_fingerprint);
  return space;
}

/// The options of `train` that a point stands for, exactly: "--optimizer", "adam", "--learning-rate", "0.001", ... What
/// a retraining study says of itself is none.
inline std::vector<std::string> train_arguments(const eigentune::Point& point) {
  std::vector<std::string> arguments;
  for (const auto& [name, value] : point) {
    if (name == "data" || name == "arm" || name == "planned_runs") continue;
    arguments.push_back(option_name(name));
    arguments.push_back(value.is_string() ? value.as_string() : value.text());
  }
  return arguments;
}

/// The command that does again what a point stands for.
inline std::string train_command(const eigentune::Point& point, const std::optional<std::string>& data) {
  std::string command = "train";
  if (data) command += fmt::format(" --data {}", eigentune::shell_word(*data));
  for (const std::string& argument : train_arguments(point))
    command += fmt::format(" {}", eigentune::shell_word(argument));
  return command;
}

/// The trainer's own options for a point: what its command line would make of them, on one thread and without a word.
Options train_options(const eigentune::Point& point);

/// Trains as `point` says, without a look at the test split, and reports every row of the curves to `trial`. Throws
/// eigentune::DivergenceError, by which Study::run knows an infeasible trial, and what Trial::report throws.
void train(eigentune::Trial& trial, const eigentune::Point& point, const Splits& splits);

/// The same, and then the error on the test split, of the parameters after the last step.
double train_and_test(eigentune::Trial& trial, const eigentune::Point& point, const Splits& splits);

}  // namespace example
