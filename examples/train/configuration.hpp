#pragma once

#include <eigentune/train/checkpoint_extras.hpp>
#include <eigentune/train/checksum.hpp>

#include <fmt/core.h>

#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <variant>

#include "train/dataset.hpp"
#include "train/optimizer_choice.hpp"
#include "train/options.hpp"
#include "train/schedule_choice.hpp"

namespace example {

/// Values by option, as "--seed": "1".
using Configuration = std::map<std::string, std::string>;

/// A checksum of all images and labels.
inline std::string fingerprint(const Splits& splits) {
  eigentune::Checksum checksum;
  for (const Dataset* split : {&splits.train, &splits.validation, &splits.test}) {
    const auto pixels = static_cast<std::size_t>(split->images.size());
    checksum.update(std::as_bytes(std::span(split->images.data(), pixels)));
    checksum.update(std::as_bytes(std::span(split->labels)));
  }
  return checksum.digits();
}

/// The options that decide the bits of a run, defaults resolved: two runs of one configuration are the same to the
/// bit. The data are known by their contents, wherever they lie. Not here: the number of threads and producers, and
/// what is written where and when.
inline Configuration configuration(const Options& options, const Splits& splits) {
  const auto text = [](const auto& value) { return fmt::format("{}", value); };
  const auto given = [](bool flag) { return std::string(flag ? "given" : "not given"); };
  const ScheduleChoice& schedule = options.schedule;
  Configuration result{
      {"--data", fmt::format("contents {}", fingerprint(splits))},
      {"--depth", text(options.depth)},
      {"--width", text(options.width)},
      {"--norm", options.norm == Norm::pre    ? "pre"
                 : options.norm == Norm::post ? "post"
                                              : "none"},
      {"--norm-kind", options.norm_kind == NormKind::batch ? "batch" : "layer"},
      {"--zero-init-residual", given(options.zero_init_residual)},
      {"--optimizer", options.optimizer},
      {"--learning-rate", text(schedule.learning_rate)},
      {"--weight-decay", text(options.weight_decay)},
      {"--coupled", given(options.coupled)},
      {"--clip", text(options.clip.value_or(0.0))},
      {"--average-decay", text(options.average_decay)},
      {"--steps", text(schedule.steps)},
      {"--warmup", text(warmup_steps(schedule))},
      {"--schedule", schedule.name},
      {"--final-learning-rate", text(schedule.final_learning_rate.value_or(0.0))},
      {"--power", text(schedule.power.value_or(2.0))},
      {"--decay-factor", text(schedule.decay_factor.value_or(0.01))},
      {"--batch-size", text(options.batch_size)},
      {"--seed", text(options.seed)},
      {"--evaluate-every", text(options.evaluate_every)},
      {"--no-monitor", given(!options.monitor)},
  };
  const auto optimizer = eigentune::make_optimizer<float>(options.optimizer, options.hyperparameters);
  for (const auto& [name, value] : optimizer.hyperparameters()) result[option_name(name)] = to_string(value);
  return result;
}

/// The configuration as small values of a checkpoint.
inline void save(const Configuration& configuration, eigentune::CheckpointExtras& extras) {
  for (const auto& [option, value] : configuration) extras.value(option, value);
}

/// Throws std::invalid_argument, listing every option that differs, unless the checkpoint that is resumed from was
/// made with this configuration.
inline void check_same(const Configuration& configuration, const eigentune::CheckpointValues& saved,
                       const std::string& checkpoint) {
  std::map<std::string, std::string> before;
  for (const auto& [name, value] : saved.all()) {
    if (const auto* text = std::get_if<std::string>(&value); text != nullptr && name.starts_with("--")) {
      before[name] = *text;
    }
  }
  // Those of both first: what only one of them has follows from another rule, as --beta1 from --optimizer adam.
  std::string differences;
  const auto differ = [&](const std::string& option, const std::string& was, const std::string& is) {
    differences += fmt::format("{}{} was {}, not {}", differences.empty() ? "" : "; ", option, was, is);
  };
  for (const auto& [option, value] : configuration) {
    const auto found = before.find(option);
    if (found != before.end() && found->second != value) differ(option, found->second, value);
  }
  if (differences.empty()) {
    for (const auto& [option, value] : configuration) {
      if (!before.contains(option)) differ(option, "absent", value);
    }
    for (const auto& [option, value] : before) {
      if (!configuration.contains(option)) differ(option, value, "absent");
    }
  }
  if (!differences.empty()) {
    throw std::invalid_argument(
        fmt::format("--resume: the run of {} had other options: {}. Give it the same ones, or a --checkpoint-dir of "
                    "its own",
                    checkpoint, differences));
  }
}

}  // namespace example
