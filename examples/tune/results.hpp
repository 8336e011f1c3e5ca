#pragma once

#include <eigentune/space/search_space.hpp>
#include <eigentune/study/study.hpp>
#include <eigentune/study/trial_record.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "tune/options.hpp"
#include "tune/training.hpp"

namespace example {

/// What a point has that others do not: "adam, learning_rate 0.00123, beta1 0.87, weight_decay 0.0521".
inline std::string varied_text(const eigentune::SearchSpace& space, const eigentune::Point& point) {
  std::string text;
  for (const eigentune::Hyperparameter& hyperparameter : space.hyperparameters()) {
    if (hyperparameter.role == eigentune::Role::fixed || !hyperparameter.is_active(point)) continue;
    if (!text.empty()) text += ", ";
    const eigentune::Value& value = point[hyperparameter.name];
    text += value.is_string() ? value.as_string() : fmt::format("{} {:.3g}", hyperparameter.name, value.as_double());
  }
  return text;
}

/// The complete trials, the best ones first, and of equals the earlier.
inline std::vector<eigentune::TrialRecord> ranking(const eigentune::Study& study) {
  std::vector<eigentune::TrialRecord> trials = study.trials();
  std::erase_if(trials, [](const auto& trial) { return !trial.objective; });
  std::ranges::sort(trials, {}, [](const auto& trial) { return std::tuple(*trial.objective, trial.number); });
  return trials;
}

/// The study as it is, in lines: the best trials; the best of each optimizer, with which its other hyperparameters are
/// optimized away; what was the same in all of them; the command that trains the best again.
inline std::string results_text(const eigentune::Study& study, const TuneOptions& options) {
  using eigentune::TrialState;
  const std::vector<eigentune::TrialRecord> best_first = ranking(study);
  const auto line = [&](const eigentune::TrialRecord& trial) {
    return fmt::format("{:5}  {:16.4f}  {:7}  {}\n", trial.number, *trial.objective, trial.best_step.value_or(0),
                       varied_text(study.space(), *trial.point));
  };
  std::string text =
      fmt::format("{} of {} trials complete, {} infeasible, {} failed\n", best_first.size(), study.definition().trials,
                  study.count(TrialState::infeasible), study.count(TrialState::failed));
  if (best_first.empty()) return text;

  constexpr std::size_t most_lines = 10;
  text += "\ntrial  validation error  at step  configuration\n";
  for (std::size_t i = 0; i < std::min(most_lines, best_first.size()); ++i) text += line(best_first[i]);

  text += "\nthe best trial of each optimizer\n";
  for (const char* optimizer : {"nesterov", "adam"}) {
    const auto has_it = [&](const auto& trial) { return (*trial.point)["optimizer"] == optimizer; };
    const auto best = std::ranges::find_if(best_first, has_it);
    if (best != best_first.end()) text += line(*best);
  }

  std::string fixed;
  for (const eigentune::Hyperparameter& hyperparameter : study.space().hyperparameters()) {
    if (hyperparameter.role != eigentune::Role::fixed) continue;
    fixed += fmt::format("{}{} {}", fixed.empty() ? "" : ", ", hyperparameter.name,
                         hyperparameter.domain.from_unit(0.0).text());
  }
  text += fmt::format("\nall of this holds for {}\n", fixed);
  return text + fmt::format("\nthe best again: {}\n", train_command(*best_first.front().point, options.data));
}

}  // namespace example
