#pragma once

#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/portable_math.hpp>
#include <eigentune/space/search_space.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "analysis/hand_made.hpp"

namespace support {

/// Conditional hyperparameters, infeasible trials, curves.
inline StudyData some_study(std::int64_t trials = 48) {
  SearchSpace space;
  const auto optimizer = space.scientific("optimizer", choice({"nesterov", "adam"}));
  space.nuisance("learning_rate", log_uniform(1e-2, 10.0), optimizer.is("nesterov"));
  space.nuisance("learning_rate", log_uniform(1e-5, 1e-1), optimizer.is("adam"));
  space.nuisance("beta1", one_minus_log_uniform(0.5, 0.99), optimizer.is("adam"));
  space.fixed("batch_size", 128);
  StudyData data = study_of(space, trials, [](const Point& point) -> std::optional<double> {
    const bool adam = point.get<std::string>("optimizer") == "adam";
    const double away = portable::log(point.get<double>("learning_rate") / (adam ? 1e-3 : 0.3));
    if (away > 3.0) return std::nullopt;
    return 0.02 + 0.01 * away * away;
  });
  data.definition.name = "nesterov-or-adam";
  data.definition.question = "Which optimizer is better?";
  data.definition.trials = trials;
  for (TrialRecord& trial : data.trials) {
    TrainingCurve curve;
    const double end = trial.objective.value_or(std::numeric_limits<double>::quiet_NaN());
    for (int i = 1; i <= 20; ++i) {
      curve.add(i * 100, {.training_loss = end + 1.0 / i, .validation_error = end + 0.5 / i, .gradient_norm = 1.0});
    }
    if (trial.objective) {
      trial.best_step = 2000;
    } else {
      trial.reason = "training_loss was nan at step 100";
      trial.infeasible_step = 100;
    }
    data.curves.emplace(trial.number, std::move(curve));
  }
  return data;
}

}  // namespace support
