#pragma once

#include <eigentune/schedule/schedule.hpp>
#include <eigentune/train/class_counts.hpp>
#include <eigentune/train/input_report.hpp>
#include <eigentune/train/throughput.hpp>

#include <fmt/core.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "train/dataset.hpp"
#include "train/options.hpp"
#include "train/training_state.hpp"

namespace example {

/// What a run is made of, before it begins.
inline std::string description(const Options& options, const Splits& splits, TrainingState& state,
                               const eigentune::Schedule& rate) {
  const auto examples = [](const Dataset& dataset) { return dataset.labels.size(); };
  std::string hyperparameters;
  for (const auto& [name, value] : state.optimizer.hyperparameters()) {
    hyperparameters += fmt::format(" {}={}", name, to_string(value));
  }
  Eigen::Index parameters = 0;
  state.network.for_each_parameter([&](const std::string&, auto& parameter, auto&) { parameters += parameter.size(); });
  return fmt::format(
      "data: {}; {} examples to train, {} to validate, {} to test\n"
      "network: depth {}, width {}, {} parameters\n"
      "optimizer: {}{} weight_decay={}{}, learning rate {}{}{}\n"
      "batch size {}, seed {}, threads {}",
      splits.description, examples(splits.train), examples(splits.validation), examples(splits.test), options.depth,
      options.width, parameters, options.optimizer, hyperparameters, options.weight_decay,
      options.coupled ? " (coupled)" : "", rate.to_string(),
      options.clip ? fmt::format(", clip {}", *options.clip) : "",
      options.average_decay > 0.0 ? fmt::format(", average of decay {}", options.average_decay) : "",
      options.batch_size, options.seed, options.threads);
}

/// What is to be learned from a whole run, in lines: the same for a run that was interrupted.
inline std::string summary(const TrainingState& state) {
  std::string lines;
  const auto add = [&](const std::string& line) { (lines += lines.empty() ? "" : "\n") += line; };
  if (const std::int64_t skipped = state.optimizer.memory().counts.skipped; skipped > 0) {
    add(fmt::format("{} steps were skipped, as their gradients were not finite", skipped));
  }
  if (const auto& norms = state.norms; norms && norms->steps() > norms->non_finite_steps()) {
    add(
        fmt::format("gradient norms: median {:.4g}, 90th percentile {:.4g} (a value for --clip); {:.1f}% of the steps "
                    "were clipped",
                    norms->quantile(0.5), norms->clip_threshold(), 100.0 * norms->fraction_clipped()));
    if (const auto warning = norms->clipping_warning()) add("warning: " + warning->text);
  }
  add(fmt::format("best validation accuracy {:.4f} after step {}", 1.0 - state.figures.best_error,
                  state.figures.best_step));
  return lines;
}

/// How each class did on the test split, in lines.
inline std::string by_class(const eigentune::ClassCounts& classes) {
  std::string lines;
  for (std::int64_t label = 0; label < classes.classes(); ++label) {
    lines += fmt::format("test, {}\n", classes.to_string(label));
  }
  return lines + fmt::format("test, each class counting the same: accuracy {:.4f}", classes.balanced_accuracy());
}

/// How fast this process trained, in lines; nothing if it was too short to tell.
inline std::string speed(const eigentune::Throughput& throughput, const eigentune::InputReport& input) {
  const auto figures = throughput.figures();
  if (!figures || input.batches == 0) return "";
  return fmt::format("throughput: {:.0f} examples/s, {:.4g} ms a step (median of {} windows)\ninput: {}",
                     figures->examples_per_second, 1e3 * figures->time_per_step, figures->windows, input.to_string());
}

}  // namespace example
