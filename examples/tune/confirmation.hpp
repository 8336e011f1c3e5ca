#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/search/history.hpp>
#include <eigentune/space/search_space.hpp>
#include <eigentune/study/study.hpp>

#include <fmt/core.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "train/dataset.hpp"
#include "tune/mean_interval.hpp"
#include "tune/options.hpp"
#include "tune/training.hpp"

namespace example {

/// A sampler: trial 2 k trains the selected configuration, and trial 2 k + 1 the defaults, with the seed first_seed +
/// k. More pairs can follow at any time.
struct SeedPairs {
  std::int64_t first_seed = 0;

  static constexpr bool adaptive = false;

  eigentune::Point suggest(const eigentune::SearchSpace& space, const eigentune::History&, std::int64_t number) const {
    return space.from_units([&](const eigentune::Hyperparameter& hyperparameter) {
      const eigentune::Value configuration = number % 2 == 0 ? "selected" : "defaults";
      const eigentune::Value seed = first_seed + number / 2;
      return hyperparameter.domain.to_unit(hyperparameter.name == "seed" ? seed : configuration);
    });
  }
  std::string text() const { return fmt::format("seed_pairs(first_seed={})", first_seed); }
};

/// Retrains the best configuration of a study, and the trainer's defaults, with seeds that the study did not use, and
/// compares them on the test split: "a change that survives retraining" is what the playbook asks for before it is
/// adopted ("Determining whether to adopt a training pipeline change or hyperparameter configuration"). It is itself a
/// study, beside the first one, and as such goes on where it was stopped.
class Confirmation {
 public:
  /// `tuned` must have a best trial.
  Confirmation(const eigentune::Study& tuned, std::shared_ptr<eigentune::Storage> storage, const TuneOptions& options)
      : tuned_space_(tuned.space()),
        selected_(*tuned.best()->point),
        options_(options),
        study_(fmt::format("{}: trial {} or the defaults, {} steps", tuned.name(), tuned.best()->number,
                           options.confirm_steps),
               search_space(),
               {.question = "Is the selected configuration better than the trainer's defaults on the test split?",
                .trials = 2 * options.confirm,
                .sampler = SeedPairs{.first_seed = options.seed + 1},
                .metric = "test_error",
                .objective = eigentune::last_of("test_error"),
                .storage = std::move(storage)}) {}

  /// Whether it came to its end.
  bool run(const Splits& splits) {
    const auto function = [&](eigentune::Trial& trial) { return train_and_test(trial, point(trial.point()), splits); };
    return !study_.run(function, {.workers = options_.workers}).interrupted;
  }

  /// The test accuracies of each seed, and the mean difference with its 95% interval, in lines.
  std::string text() const {
    std::string text =
        fmt::format("{}: accuracy on the test split\n      seed  selected  defaults  difference\n", study_.name());
    const std::vector<eigentune::TrialRecord> trials = study_.trials();
    std::vector<double> differences;
    double selected_mean = 0.0, defaults_mean = 0.0;
    for (std::size_t i = 0; i + 1 < trials.size(); i += 2) {
      const auto seed = trials[i].point ? trials[i].point->get<std::int64_t>("seed") : 0;
      if (!trials[i].objective || !trials[i + 1].objective) {
        text += fmt::format("{:10}  {:>8}  {:>8}\n", seed, state_text(trials[i]), state_text(trials[i + 1]));
        continue;
      }
      const double selected = 1.0 - *trials[i].objective, defaults = 1.0 - *trials[i + 1].objective;
      differences.push_back(selected - defaults);
      selected_mean += selected;
      defaults_mean += defaults;
      text += fmt::format("{:10}  {:8.4f}  {:8.4f}  {:+10.4f}\n", seed, selected, defaults, differences.back());
    }
    if (std::ssize(differences) < options_.confirm) return text + "without a run of each seed there is no comparison\n";
    const auto count = static_cast<double>(differences.size());
    const MeanInterval interval = student_interval(differences, 0.95);
    text += fmt::format("{:>10}  {:8.4f}  {:8.4f}  {:+10.4f}\n", "mean", selected_mean / count, defaults_mean / count,
                        interval.mean);
    return text + fmt::format(
                      "mean difference {:+.4f}, 95% interval [{:+.4f}, {:+.4f}]: {}\n"
                      "(paired t, {} pairs: over training with other seeds, not over other test examples)\n",
                      interval.mean, interval.low, interval.high, verdict(interval), differences.size());
  }

 private:
  static std::string verdict(const MeanInterval& interval) {
    if (interval.low > 0.0) return "the selected configuration is better";
    if (interval.high < 0.0) return "the defaults are better";
    return "no difference is shown";
  }
  static std::string state_text(const eigentune::TrialRecord& trial) {
    return trial.objective ? fmt::format("{:.4f}", 1.0 - *trial.objective) : std::string(to_string(trial.state));
  }

  eigentune::SearchSpace search_space() const {
    using namespace eigentune;
    SearchSpace space;
    space.scientific("configuration", choice({"selected", "defaults"}));
    space.nuisance("seed", integer(options_.seed + 1, options_.seed + most_confirmations));
    space.fixed("steps", options_.confirm_steps);
    space.fixed("selected", selected_.text());
    return space;
  }

  /// What a trial of this study trains: the selected point, or of that only what the search did not choose, with a seed
  /// and steps of its own.
  eigentune::Point point(const eigentune::Point& trial) const {
    eigentune::Point result;
    for (const eigentune::Hyperparameter& hyperparameter : tuned_space_.hyperparameters()) {
      const std::string& name = hyperparameter.name;
      const bool chosen = hyperparameter.role != eigentune::Role::fixed;
      if (!hyperparameter.is_active(selected_) || (chosen && trial["configuration"] == "defaults")) continue;
      result.append(name, trial.contains(name) ? trial[name] : selected_[name]);
    }
    return result;
  }

  eigentune::SearchSpace tuned_space_;
  eigentune::Point selected_;
  TuneOptions options_;
  eigentune::Study study_;
};

}  // namespace example
