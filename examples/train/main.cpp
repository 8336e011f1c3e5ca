// Trains a residual multilayer perceptron to recognise handwritten digits with eigentune's optimizers and schedules.
// See `train --help`.

#include <eigentune/optim.hpp>

#include <Eigen/Core>
#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "train/batches.hpp"
#include "train/curve.hpp"
#include "train/dataset.hpp"
#include "train/digits.hpp"
#include "train/evaluation.hpp"
#include "train/idx.hpp"
#include "train/network.hpp"
#include "train/options.hpp"
#include "train/parallel_for.hpp"
#include "train/progress.hpp"
#include "train/schedule_choice.hpp"

namespace {

using namespace example;

class Trainer {
 public:
  Trainer(const Options& options, const Splits& splits)
      : options_(options),
        splits_(splits),
        network_({.inputs = splits.train.images.rows(),
                  .classes = splits.classes,
                  .depth = options.depth,
                  .width = options.width,
                  .norm = options.norm,
                  .norm_kind = options.norm_kind,
                  .zero_init_residual = options.zero_init_residual,
                  // Evaluation takes batches at least as large as training's, as nothing is kept for a backward pass.
                  .max_batch = std::max<Eigen::Index>(options.batch_size, 256)}),
        optimizer_(eigentune::make_optimizer<float>(options.optimizer, options.hyperparameters)),
        rate_(make_schedule(options.schedule)),
        parallel_for_(options.threads),
        batches_(splits.train, options.batch_size, options.seed) {
    network_.initialize(options.seed);
    network_.for_each_parameter([&](const std::string& name, auto& parameter, auto& gradient) {
      parameters_ += parameter.size();
      optimizer_.add(name, parameter, gradient);
    });
    // Gains and biases are not decayed: pulling them to zero regularises nothing.
    optimizer_.options_for("*.weights", {.weight_decay = options.weight_decay, .coupled = options.coupled});
  }

  /// Trains, and returns the score on the test split. Throws eigentune::Error if training diverges or the file of
  /// curves cannot be opened.
  Score run() {
    std::signal(SIGXFSZ, SIG_IGN);  // a write beyond a limit then fails like any other
    const std::int64_t steps = options_.schedule.steps;
    if (!options_.curves.empty()) curves_.emplace(options_.curves);  // where that fails, nothing is lost yet
    Progress progress(steps, options_.quiet);
    progress.note(description());

    const std::vector<float> weights(static_cast<std::size_t>(options_.batch_size), 1.0F);
    ProgressFigures figures;
    validate(figures, {.step = 0});
    Score training;  // since the last evaluation
    double seconds = 0.0;
    std::int64_t skipped = 0;
    for (std::int64_t step = 0; step < steps; ++step) {
      const auto start = std::chrono::steady_clock::now();
      batches_.next();
      const Score score = network_.gradients(parallel_for_, batches_.images(), batches_.labels(), weights);
      const double rate = rate_(step);
      const eigentune::StepReport report = update({.learning_rate = rate, .max_gradient_norm = options_.clip});
      seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      training += score;
      skipped = report.skipped;

      figures.step = step + 1;
      figures.training_loss = training.mean_loss();
      figures.training_accuracy = training.accuracy();
      figures.learning_rate = rate;
      figures.examples_per_second = training.weight / seconds;
      CurveRow row{.step = step + 1,
                   .training_loss = score.mean_loss(),
                   .learning_rate = rate,
                   .gradient_norm = report.gradient_norm,
                   .clip_scale = report.clip_scale};
      if ((step + 1) % options_.evaluate_every == 0 || step + 1 == steps) {
        row.examples_per_second = figures.examples_per_second;
        validate(figures, row);
        progress.evaluated(figures);
        training = {};
        seconds = 0.0;
      } else {
        write(row, false);
      }
      progress.show(figures);
    }
    progress.finish();
    if (skipped > 0) progress.note(fmt::format("{} steps were skipped, as their gradients were not finite", skipped));
    progress.note(fmt::format("best validation accuracy {:.4f} after step {}", 1.0 - best_error_, best_step_));
    if (curves_) progress.note(fmt::format("curves: {}", options_.curves));
    return evaluate(network_, parallel_for_, splits_.test);
  }

  /// Why the file of curves is incomplete, or nothing.
  const std::string& curve_error() const { return curve_error_; }

 private:
  std::string description() const {
    const auto examples = [](const Dataset& dataset) { return dataset.labels.size(); };
    std::string hyperparameters;
    for (const auto& [name, value] : optimizer_.hyperparameters()) {
      hyperparameters += fmt::format(" {}={}", name, to_string(value));
    }
    return fmt::format(
        "data: {}; {} examples to train, {} to validate, {} to test\n"
        "network: depth {}, width {}, {} parameters\n"
        "optimizer: {}{} weight_decay={}{}, learning rate {}{}\n"
        "batch size {}, seed {}, threads {}",
        splits_.description, examples(splits_.train), examples(splits_.validation), examples(splits_.test),
        options_.depth, options_.width, parameters_, options_.optimizer, hyperparameters, options_.weight_decay,
        options_.coupled ? " (coupled)" : "", rate_.to_string(),
        options_.clip ? fmt::format(", clip {}", *options_.clip) : "", options_.batch_size, options_.seed,
        options_.threads);
  }

  eigentune::StepReport update(const eigentune::StepOptions& step) {
    return parallel_for_.pool() ? optimizer_.step(*parallel_for_.pool(), step) : optimizer_.step(step);
  }

  /// Evaluates on the validation split, and completes and writes the row.
  void validate(ProgressFigures& figures, CurveRow row) {
    const Score score = evaluate(network_, parallel_for_, splits_.validation);
    figures.validation_loss = row.validation_loss = score.mean_loss();
    figures.validation_accuracy = score.accuracy();
    row.validation_error = 1.0 - score.accuracy();
    write(row, true);
    if (!eigentune::is_finite(score.mean_loss())) {
      throw eigentune::DivergenceError(
          fmt::format("the validation loss after step {} is not finite; training has diverged", row.step));
    }
    if (row.validation_error < best_error_) {
      best_error_ = *row.validation_error;
      best_step_ = row.step;
    }
  }

  /// A row of the curves. Where that fails, the run goes on without them, and says so at its end.
  void write(const CurveRow& row, bool flush) {
    if (!curves_) return;
    try {
      curves_->add(row);
      if (flush) curves_->flush();
    } catch (const eigentune::Error& error) {
      curve_error_ = error.what();
      curves_.reset();
    }
  }

  const Options& options_;
  const Splits& splits_;
  Network<float> network_;
  eigentune::AnyOptimizer<float> optimizer_;
  eigentune::Schedule rate_;
  ThreadedFor parallel_for_;
  Batches batches_;
  std::optional<CurveFile> curves_;
  std::string curve_error_;
  Eigen::Index parameters_ = 0;
  double best_error_ = 2.0;  // worse than any
  std::int64_t best_step_ = 0;
};

/// What went wrong, as a sentence on standard error.
int report(int status, const std::string& text) {
  std::fputs(fmt::format("train: {}\n", text).c_str(), stderr);
  return status;
}

int run(int argc, char** argv) {
  const std::optional<Options> options = parse_options(argc, argv);
  if (!options) return 0;
  const Splits splits = options->data ? load_idx_directory(*options->data) : draw_digits();
  Trainer trainer(*options, splits);
  const Score test = trainer.run();
  fmt::print("test accuracy {:.4f}\n", test.accuracy());
  return trainer.curve_error().empty() ? 0 : report(1, trainer.curve_error());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const int status = run(argc, argv);
    if (std::fflush(stdout) != 0) {
      return report(1, fmt::format("standard output cannot be written: {}", std::strerror(errno)));
    }
    return status;
  } catch (const std::invalid_argument& error) {
    return report(2, fmt::format("{}\ntrain: --help lists the options", error.what()));
  } catch (const eigentune::DivergenceError& error) {
    return report(3, fmt::format("{}. A lower --learning-rate, a longer --warmup, --clip or --norm pre "
                                 "may keep it finite.",
                                 error.what()));
  } catch (const std::bad_alloc&) {
    return report(1, "there is not enough memory: --width, --depth or --batch-size must be smaller");
  } catch (const std::exception& error) {
    return report(1, error.what());
  }
}
