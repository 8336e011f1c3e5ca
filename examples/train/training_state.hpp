#pragma once

#include <eigentune/optim/any_optimizer.hpp>
#include <eigentune/train/checkpoint_extras.hpp>
#include <eigentune/train/gradient_norm_monitor.hpp>

#include <cstdint>
#include <optional>

#include "train/network.hpp"
#include "train/softmax_cross_entropy.hpp"

namespace example {

/// The numbers of a run that later steps, rows of the curves and lines of output depend on.
struct TrainingFigures {
  std::int64_t step = 0;         ///< updates made so far; also the number of the next batch
  Score training{};              ///< since the last evaluation
  double validation_loss = 0.0;  ///< of the last evaluation, as is
  double validation_error = 1.0;
  double best_error = 2.0;     ///< of all evaluations so far; it starts worse than any
  std::int64_t best_step = 0;  ///< where that was; the first of equal ones

  /// The figures as small values of a checkpoint.
  void save(eigentune::CheckpointExtras& extras) const {
    extras.value("step", step)
        .value("training_weight", training.weight)
        .value("training_loss", training.loss)
        .value("training_correct", training.correct)
        .value("validation_loss", validation_loss)
        .value("validation_error", validation_error)
        .value("best_error", best_error)
        .value("best_step", best_step);
  }
  static TrainingFigures restored(const eigentune::CheckpointValues& values) {
    return {.step = values.get<std::int64_t>("step"),
            .training = {.weight = values.get<double>("training_weight"),
                         .loss = values.get<double>("training_loss"),
                         .correct = values.get<double>("training_correct")},
            .validation_loss = values.get<double>("validation_loss"),
            .validation_error = values.get<double>("validation_error"),
            .best_error = values.get<double>("best_error"),
            .best_step = values.get<std::int64_t>("best_step")};
  }
};

/// All of a run that the next step depends on, and so what a checkpoint holds. What every start makes anew (batches,
/// the file of curves, threads, clocks) is elsewhere.
struct TrainingState {
  Network<float> network;                                 ///< parameters, and moving averages of batch normalisation
  eigentune::AnyOptimizer<float> optimizer;               ///< bound to the network
  std::optional<eigentune::GradientNormMonitor> norms{};  ///< unless switched off
  TrainingFigures figures{};
};

}  // namespace example
