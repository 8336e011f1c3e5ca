#pragma once

#include <eigentune/optim.hpp>
#include <eigentune/train/class_counts.hpp>
#include <eigentune/train/evaluation.hpp>
#include <eigentune/train/evaluation_schedule.hpp>
#include <eigentune/train/throughput.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "train/checkpoints.hpp"
#include "train/configuration.hpp"
#include "train/curves.hpp"
#include "train/dataset.hpp"
#include "train/input.hpp"
#include "train/interrupt.hpp"
#include "train/options.hpp"
#include "train/parallel_for.hpp"
#include "train/progress.hpp"
#include "train/report.hpp"
#include "train/schedule_choice.hpp"
#include "train/training_state.hpp"

namespace example {

/// How a run ended: with the score on the test split, or interrupted by a signal.
struct Outcome {
  Score test{};
  int signal = 0;  ///< 0: it was not interrupted
};

/// Is told each row of the curves, in the order of the steps. What it throws ends the run.
using RowObserver = std::function<void(std::int64_t step, const eigentune::CurveValues&)>;

/// One training run, from the beginning or from a checkpoint.
class Trainer {
 public:
  /// Restores the state if that is asked for, or else evaluates before the first step, whose row `observer` is told,
  /// too. Throws std::invalid_argument where options do not fit the checkpoints, and eigentune::Error where a folder or
  /// file cannot be used; nothing is lost then. The trainer refers to `splits`, which must outlive it.
  Trainer(const Options& options, const Splits& splits, RowObserver observer = {})
      : options_(options),
        splits_(splits),
        state_{.network = Network<float>(network_options(options, splits)),
               .optimizer = eigentune::make_optimizer<float>(options.optimizer, options.hyperparameters)},
        rate_(make_schedule(options.schedule)),
        evaluation_due_({.every = options.evaluate_every, .max_train_steps = options.schedule.steps}),
        parallel_for_(options.threads),
        batches_(load_batches(splits.train, options.batch_size, options.seed, options.producers)),
        weights_(static_cast<std::size_t>(options.batch_size), 1.0F),
        observer_(std::move(observer)),
        progress_(options.schedule.steps, options.quiet),
        throughput_(options.batch_size) {
    state_.network.initialize(options.seed);
    state_.network.for_each_parameter([&](const std::string& name, auto& parameter, auto& gradient) {
      state_.optimizer.add(name, parameter, gradient);
    });
    // Gains and biases are not decayed: pulling them to zero regularises nothing.
    state_.optimizer.options_for("*.weights", {.weight_decay = options.weight_decay, .coupled = options.coupled});
    if (options.average_decay > 0.0) {
      state_.optimizer.average(eigentune::ExponentialAverage{.decay = options.average_decay});
    }
    if (options.monitor) state_.norms.emplace();

    std::optional<eigentune::RestoredCheckpoint> restored;
    if (options.checkpoint_dir) {
      checkpoints_.emplace(options, configuration(options, splits), rate_.to_string(), state_);
      if (options.resume) restored = checkpoints_->restore_latest();
    }
    const auto resume_at = restored ? std::optional(restored->step) : std::nullopt;
    if (!options.curves.empty()) curves_ = Curves(options.curves, resume_at);
    progress_.note(description(options, splits, state_, rate_));
    if (options.resume) note_start(restored);
    if (restored) {
      batches_->seek(state_.figures.step);
    } else {
      validate({});
    }
  }

  Trainer(const Options& options, const Splits&& splits, RowObserver observer = {}) = delete;

  /// Trains, and evaluates on the test split unless it was interrupted. Throws as train does.
  Outcome run() {
    if (const int signal = train(); signal != 0) return {.signal = signal};
    return {.test = test()};
  }

  /// Trains without a look at the test split. Returns the signal that interrupted it, or 0. Throws
  /// eigentune::DivergenceError if training diverges, and eigentune::Error if a checkpoint cannot be saved.
  int train() {
    std::optional<Interruption> interruption;
    if (checkpoints_) interruption.emplace();
    start_clocks();
    while (state_.figures.step < options_.schedule.steps) {
      step();
      if (interruption && interruption->signal() != 0) {
        leave(interruption->signal());
        return interruption->signal();
      }
    }
    report();
    return 0;
  }

  /// The score on the test split, of the best checkpoint where there are any: the playbook's retrospective selection.
  Score test() {
    if (checkpoints_) checkpoints_->wait();
    if (checkpoints_ && options_.keep_best > 0 && checkpoints_->any_measured()) {
      const auto best = checkpoints_->restore_best();
      note_passed_over(best);
      progress_.note(fmt::format("the test is of the best checkpoint, of step {}, validation accuracy {:.4f}",
                                 best.step, 1.0 - best.metric.value_or(1.0)));
    }
    eigentune::ClassCounts classes(splits_.classes);
    const Score score = evaluate(splits_.test, &classes);
    progress_.note(by_class(classes));
    return score;
  }

  /// Why the file of curves is incomplete, or nothing.
  const std::string& curve_error() const { return curves_.error(); }

 private:
  static NetworkOptions network_options(const Options& options, const Splits& splits) {
    return {.inputs = splits.train.images.rows(),
            .classes = splits.classes,
            .depth = options.depth,
            .width = options.width,
            .norm = options.norm,
            .norm_kind = options.norm_kind,
            .zero_init_residual = options.zero_init_residual,
            // Evaluation takes batches at least as large as training's, as nothing is kept for a backward pass.
            .max_batch = std::max<Eigen::Index>(options.batch_size, 256)};
  }

  void note_start(const std::optional<eigentune::RestoredCheckpoint>& restored) {
    if (!restored) {
      return progress_.note(
          fmt::format("no checkpoint in {}: training starts from the beginning", *options_.checkpoint_dir));
    }
    note_passed_over(*restored);
    progress_.note(fmt::format("resumed from {}", restored->path.string()));
    progress_.resumed_at(restored->step);
  }
  void note_passed_over(const eigentune::RestoredCheckpoint& restored) {
    for (const auto& damaged : restored.passed_over) progress_.tell("passed over: " + damaged.reason);
  }

  void step() {
    TrainingFigures& figures = state_.figures;
    const Batch& batch = batches_->next();
    const Score score = state_.network.gradients(parallel_for_, batch.images, batch.labels, weights_);
    const double rate = rate_(figures.step);
    const eigentune::StepReport report = update({.learning_rate = rate, .max_gradient_norm = options_.clip});
    if (state_.norms) state_.norms->record(report);
    figures.training += score;
    ++figures.step;
    eigentune::CurveValues row{.training_loss = score.mean_loss(),
                               .learning_rate = rate,
                               .gradient_norm = report.gradient_norm,
                               .clip_scale = report.clip_scale};
    const bool evaluate = evaluation_due_(figures.step), checkpoint = checkpoint_due();
    if (!evaluate) add_row(row);
    throughput_.step();
    interval_->step();

    const auto progress = [&] { return progress_figures(rate); };
    if (evaluate) {
      row.examples_per_second = interval_->figures()->examples_per_second;
      validate(std::move(row));
      progress_.evaluated(progress());
    }
    progress_.show(figures.step, progress);
    if (evaluate) figures.training = {};
    if (checkpoint) save(evaluate ? std::optional(figures.validation_error) : std::nullopt);
    if (evaluate) {
      start_clocks();
    } else if (checkpoint) {
      throughput_.start();
      interval_->start();
    }
  }

  eigentune::StepReport update(const eigentune::StepOptions& options) {
    auto& optimizer = state_.optimizer;
    return parallel_for_.pool() ? optimizer.step(*parallel_for_.pool(), options) : optimizer.step(options);
  }

  /// The time since now counts as training, and as the interval to the next evaluation.
  void start_clocks() {
    interval_.emplace(options_.batch_size, eigentune::ThroughputOptions{.warmup_steps = 0, .window_steps = 1});
    throughput_.start();
    interval_->start();
  }

  ProgressFigures progress_figures(double rate) const {
    const TrainingFigures& figures = state_.figures;
    return {.step = figures.step,
            .training_loss = figures.training.mean_loss(),
            .training_accuracy = figures.training.accuracy(),
            .learning_rate = rate,
            .examples_per_second = interval_->figures()->examples_per_second,
            .validation_loss = figures.validation_loss,
            .validation_accuracy = 1.0 - figures.validation_error};
  }

  /// The score of the parameters' average, if there is one. Moving averages of batch normalisation are of the
  /// parameters that are trained; they stay. Adds how each class did to `classes`, if that is asked for.
  Score evaluate(const Dataset& dataset, eigentune::ClassCounts* classes = nullptr) {
    std::optional<eigentune::AverageSwap<float, float>> swapped;
    if (has_average()) swapped.emplace(state_.optimizer.swap_in_average());
    const auto score = [&](const eigentune::EvaluationBatch& batch) {
      const auto first = static_cast<std::size_t>(batch.first), count = static_cast<std::size_t>(batch.count);
      const auto labels = std::span(dataset.labels).subspan(first, count);
      const Score result = state_.network.score(parallel_for_, dataset.images.middleCols(batch.first, batch.count),
                                                labels, batch.weights.first(count));
      for (std::size_t j = 0; classes != nullptr && j < count; ++j) {
        classes->add(labels[j], state_.network.predictions()[j], static_cast<double>(batch.weights[j]));
      }
      return result;
    };
    return eigentune::evaluate(std::ssize(dataset.labels), {.batch_size = state_.network.options().max_batch}, score);
  }

  /// Not before the first update that was not skipped.
  bool has_average() const {
    const auto memory = std::as_const(state_.optimizer).memory();
    return memory.averaging && memory.tensors.front().counts.averaged > 0;
  }

  /// Evaluates on the validation split, and completes and writes the row.
  void validate(eigentune::CurveValues row) {
    TrainingFigures& figures = state_.figures;
    const Score score = evaluate(splits_.validation);
    row.validation_loss = figures.validation_loss = score.mean_loss();
    row.validation_error = figures.validation_error = 1.0 - score.accuracy();
    add_row(row);
    if (!eigentune::is_finite(score.mean_loss())) {
      throw eigentune::DivergenceError(
          fmt::format("the validation loss after step {} is not finite; training has diverged", figures.step));
    }
    if (figures.validation_error < figures.best_error) {
      figures.best_error = figures.validation_error;
      figures.best_step = figures.step;
    }
  }

  void add_row(const eigentune::CurveValues& row) {
    curves_.add(state_.figures.step, row);
    if (observer_) observer_(state_.figures.step, row);
  }

  bool checkpoint_due() const {
    const std::int64_t step = state_.figures.step;
    return checkpoints_ && (step % options_.checkpoint_every == 0 || step == options_.schedule.steps);
  }

  /// The rows up to a checkpoint are on the disk before it is.
  void save(std::optional<double> validation_error) {
    curves_.flush();
    checkpoints_->save(validation_error);
  }

  /// Saves where no checkpoint was due: to resume from, and not among the best, which are those of a run that was not
  /// interrupted.
  void leave(int signal) {
    if (!checkpoint_due()) save(std::nullopt);
    checkpoints_->wait();
    progress_.finish();
    progress_.tell(fmt::format("{} after step {}: a checkpoint is saved in {}; the same command with --resume goes on",
                               Interruption::name(signal), state_.figures.step, *options_.checkpoint_dir));
  }

  void report() {
    progress_.finish();
    progress_.note(summary(std::as_const(state_)));
    if (const std::string text = speed(throughput_, batches_->report()); !text.empty()) progress_.note(text);
    if (!curves_.path().empty() && curves_.error().empty()) progress_.note("curves: " + curves_.path());
  }

  const Options options_;
  const Splits& splits_;
  TrainingState state_;
  eigentune::Schedule rate_;
  eigentune::EvaluationSchedule evaluation_due_;
  ThreadedFor parallel_for_;
  std::unique_ptr<Batches> batches_;
  std::vector<float> weights_;  // of a batch
  std::optional<Checkpoints> checkpoints_;
  Curves curves_;
  RowObserver observer_;
  Progress progress_;
  eigentune::Throughput throughput_;               // of the whole run
  std::optional<eigentune::Throughput> interval_;  // since the last evaluation
};

}  // namespace example
