#pragma once

#include <eigentune/train/checkpoint_keeper.hpp>

#include <fmt/core.h>

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "train/configuration.hpp"
#include "train/options.hpp"
#include "train/training_state.hpp"

namespace example {

/// The checkpoints of a run: parameters, the optimizer's state, moving averages, gradient norms, figures and the
/// configuration. They are written while training goes on.
class Checkpoints {
 public:
  /// Opens the folder of `options.checkpoint_dir`. Throws std::invalid_argument if it has checkpoints and the run is
  /// not to be resumed, and eigentune::Error if the folder cannot be used.
  Checkpoints(const Options& options, Configuration configuration, std::string schedule, TrainingState& state)
      : configuration_(std::move(configuration)),
        schedule_(std::move(schedule)),
        state_(state),
        keeper_(*options.checkpoint_dir,
                {.keep_best = options.keep_best, .keep_latest = options.keep_latest, .background = true}) {
    if (options.resume || keeper_.list().empty()) return;
    throw std::invalid_argument(
        fmt::format("--checkpoint-dir {} has the checkpoints of a run: --resume continues it; another run needs "
                    "another folder",
                    *options.checkpoint_dir));
  }

  /// Sets the state to that of the checkpoint that was saved last, or does nothing if there is none. Throws
  /// std::invalid_argument if its run had another configuration, and eigentune::Error if there are checkpoints and
  /// none can be restored.
  std::optional<eigentune::RestoredCheckpoint> restore_latest() {
    if (keeper_.list().empty()) return std::nullopt;
    if (const auto latest = keeper_.latest()) {  // all in the folder are of one configuration
      const auto header = eigentune::SafetensorsFile::read_header(latest->path);
      check_same(configuration_, eigentune::decode_checkpoint_metadata(header, latest->path).values,
                 latest->path.filename().string());
    }
    auto restored = keeper_.restore_latest(state_.optimizer, buffers(), {.ignore_extra_tensors = true});
    state_.figures = TrainingFigures::restored(restored.values);
    if (state_.norms) state_.norms->restore(read_norms(restored.path));
    return restored;
  }

  /// Sets parameters and moving averages to those of the checkpoint with the smallest validation error, for the
  /// playbook's retrospective selection.
  eigentune::RestoredCheckpoint restore_best() {
    return keeper_.restore_best(state_.optimizer, buffers(), {.ignore_extra_tensors = true});
  }
  bool any_measured() const { return keeper_.best().has_value(); }

  /// Saves the state, under its step. It is measured by its validation error, or it is only to resume from.
  void save(std::optional<double> validation_error) {
    eigentune::CheckpointExtras extras = buffers();
    example::save(configuration_, extras);
    state_.figures.save(extras);
    extras.schedule(schedule_);
    eigentune::GradientNormState norms;
    if (state_.norms) norms = state_.norms->state();
    for (auto& [name, numbers] : norms.numbers) extras.tensor(norms_prefix + name, std::span(numbers));
    for (auto& [name, integers] : norms.integers) extras.tensor(norms_prefix + name, std::span(integers));
    if (validation_error) {
      keeper_.save(state_.figures.step, *validation_error, state_.optimizer, extras);
    } else {
      keeper_.save(state_.figures.step, state_.optimizer, extras);
    }
  }

  /// Waits until what was saved is on the disk. Throws eigentune::Error if that failed.
  void wait() { keeper_.wait(); }

 private:
  static inline const std::string norms_prefix = "gradient_norms/";

  eigentune::CheckpointExtras buffers() {
    eigentune::CheckpointExtras extras;
    state_.network.for_each_buffer([&](const std::string& name, auto& buffer) { extras.tensor(name, buffer); });
    return extras;
  }

  /// The arrays of gradient norms, whose lengths only the file knows.
  static eigentune::GradientNormState read_norms(const std::filesystem::path& path) {
    const auto file = eigentune::SafetensorsFile::read(path);
    eigentune::GradientNormState norms;
    for (const eigentune::FileTensor& tensor : file.header().tensors) {
      if (!tensor.name.starts_with(norms_prefix)) continue;
      const std::string name = tensor.name.substr(norms_prefix.size());
      const auto read = [&]<class Number>(std::vector<Number>& values) {
        values.resize(static_cast<std::size_t>(tensor.shape.size()));
        file.copy(tensor.name, Eigen::Map<Vector<Number>>(values.data(), tensor.shape.size()));
      };
      if (tensor.type == eigentune::DataType::I64) {
        read(norms.integers[name]);
      } else {
        read(norms.numbers[name]);
      }
    }
    return norms;
  }

  Configuration configuration_;
  std::string schedule_;
  TrainingState& state_;
  eigentune::CheckpointKeeper keeper_;
};

}  // namespace example
