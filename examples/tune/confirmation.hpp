#pragma once

#include <eigentune/playbook/adoption.hpp>
#include <eigentune/study/study.hpp>

#include <fmt/core.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "train/dataset.hpp"
#include "tune/options.hpp"
#include "tune/training.hpp"

namespace example {

/// Retrains the best configuration of a study, and the trainer's defaults, with seeds that the study did not use, and
/// compares them on the test split: "a change that survives retraining" is what the playbook asks for before it is
/// adopted ("Determining whether to adopt a training pipeline change or hyperparameter configuration"). It is itself a
/// study, beside the first one, and as such goes on where it was stopped.
class Confirmation {
 public:
  /// `tuned` must have a best trial.
  Confirmation(const eigentune::Study& tuned, std::shared_ptr<eigentune::Storage> storage, const TuneOptions& options)
      : workers_(options.workers),
        study_(eigentune::retraining_study(
            fmt::format("{}: trial {} or the defaults, {} steps", tuned.name(), tuned.best()->number,
                        options.confirm_steps),
            {.candidate = configuration(tuned, options, true),
             .baseline = configuration(tuned, options, false),
             .runs = options.confirm,
             .first_seed = options.seed + 1,
             .question = "Is the selected configuration better than the trainer's defaults on the test split?",
             .metric = "test_error",
             .objective = eigentune::last_of("test_error"),
             .storage = std::move(storage)})) {}

  /// Whether it came to its end.
  bool run(const Splits& splits) {
    const auto function = [&](eigentune::Trial& trial) { return train_and_test(trial, trial.point(), splits); };
    return !study_.run(function, {.workers = workers_}).interrupted;
  }

  /// The test accuracies of each seed, and the verdict, in lines.
  std::string text() const {
    std::string text =
        fmt::format("{}: accuracy on the test split\n      seed  selected  defaults  difference\n", study_.name());
    const std::vector<eigentune::TrialRecord> trials = study_.trials();
    for (std::size_t i = 0; i + 1 < trials.size(); i += 2) {
      const auto &selected = trials[i].objective, &defaults = trials[i + 1].objective;
      text += fmt::format("{:10}  {:>8}  {:>8}", trials[i].point ? trials[i].point->get<std::int64_t>("seed") : 0,
                          state_text(trials[i]), state_text(trials[i + 1]));
      if (selected && defaults) text += fmt::format("  {:+10.4f}", *defaults - *selected);
      text += '\n';
    }
    return text + fmt::format("{}\n", eigentune::judge_adoption(study_));
  }

 private:
  static std::string state_text(const eigentune::TrialRecord& trial) {
    return trial.objective ? fmt::format("{:.4f}", 1.0 - *trial.objective) : std::string(to_string(trial.state));
  }

  /// The best point, or of that only what the search did not choose, with other steps.
  static eigentune::Point configuration(const eigentune::Study& tuned, const TuneOptions& options, bool selected) {
    const eigentune::Point best = *tuned.best()->point;
    eigentune::Point result;
    for (const eigentune::Hyperparameter& hyperparameter : tuned.space().hyperparameters()) {
      const std::string& name = hyperparameter.name;
      const bool chosen = hyperparameter.role != eigentune::Role::fixed;
      if (!hyperparameter.is_active(best) || (chosen && !selected)) continue;
      result.append(name, name == "steps" ? options.confirm_steps : best[name]);
    }
    return result;
  }

  std::int64_t workers_;
  eigentune::Study study_;
};

}  // namespace example
