#pragma once

#include <eigentune/optim.hpp>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "train/hyperparameter_options.hpp"
#include "train/norm_kind.hpp"
#include "train/optimizer_choice.hpp"
#include "train/option_parsing.hpp"
#include "train/residual_block.hpp"
#include "train/schedule_choice.hpp"

namespace example {

/// What the command line asks for.
struct Options {
  std::optional<std::string> data{};  ///< directory of IDX files; without it, the built-in digits

  std::string optimizer = "adam";
  eigentune::Hyperparameters hyperparameters{};  ///< of the optimizer, those that were given
  double weight_decay = 0.0;                     ///< of weight matrices
  bool coupled = false;                          ///< weight decay as part of the gradient (L2)
  std::optional<double> clip{};                  ///< the largest gradient norm
  double average_decay = 0.0;                    ///< of the average of the parameters; 0: none
  ScheduleChoice schedule{};                     ///< with the number of steps

  std::int64_t batch_size = 128;
  std::int64_t depth = 2;
  std::int64_t width = 256;
  Norm norm = Norm::pre;
  NormKind norm_kind = NormKind::layer;
  bool zero_init_residual = false;

  std::uint64_t seed = 1;
  int threads = 1;
  std::int64_t evaluate_every = 150;
  int producers = 1;                  ///< threads that make batches; 0: the training thread does
  bool monitor = true;                ///< watch gradient norms
  std::string curves = "curves.csv";  ///< empty: not written
  bool quiet = false;

  std::optional<std::string> checkpoint_dir{};
  std::int64_t checkpoint_every = 150;
  std::int64_t keep_best = 3;    ///< checkpoints with the smallest validation error
  std::int64_t keep_latest = 1;  ///< checkpoints that were saved last
  bool resume = false;
};

inline constexpr std::string_view help_footer = R"(
Steps are counted from the first update. --steps is max_train_steps: all updates that are made, the warmup's included, so the
schedule after a warmup of W steps runs over the remaining steps - W. Progress goes to standard error; the last line on standard
output is the accuracy on the test split: "test accuracy 0.9712". It is that of the parameters after the last step, or with
--checkpoint-dir, of the checkpoint with the smallest validation error. The file of curves has one row for each step, and
validation figures in the rows where the validation split was evaluated.

A run with --checkpoint-dir can be interrupted at any time. On SIGINT (Ctrl-C) and SIGTERM it saves a checkpoint and leaves; a
second signal ends it at once. The same command with --resume goes on from the checkpoint that was saved last, whatever ended the
run, and ends with the same bits as a run that was never interrupted: parameters, curves, checkpoints and accuracy. Without a
checkpoint in the folder --resume starts from the beginning, so that a script may always give it. Options that would change the
bits must be those of the run that is resumed.
Exit status: 0, 1 for a file that cannot be read or written, 2 for a wrong option, 3 for training that diverged; a run that was
interrupted ends by the signal, which shells show as 130 (SIGINT) or 143 (SIGTERM).

Examples:
  train                                                  Adam on the built-in digits
  train --data ~/mnist --curves mnist.csv                IDX files of MNIST or Fashion-MNIST, plain or gzipped
  train --optimizer nesterov --learning-rate 0.1 --momentum 0.95 --clip 1
  train --norm none --depth 16 --warmup 0                hard to train: a reason for --warmup, --clip and --norm pre
  train --steps 10000 --schedule linear --batch-size 512 --threads 4
  train --checkpoint-dir run7 --resume                   starts, and after an interruption goes on
)";

/// As many as there are processors, but no more than one for 64 examples of a batch, as more would not find work.
inline int default_threads(std::int64_t batch_size) {
  const std::int64_t processors = std::max(1U, std::thread::hardware_concurrency());
  return static_cast<int>(std::clamp<std::int64_t>(batch_size / 64, 1, processors));
}

/// The options of the command line; nothing if it asked for help, which is then printed to standard output. Throws
/// std::invalid_argument with a sentence that names the option, the value and what is allowed.
inline std::optional<Options> parse_options(int argc, const char* const* argv) {
  constexpr std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  constexpr std::array<std::string_view, 3> norms = {"pre", "post", "none"};
  constexpr std::array<std::string_view, 2> norm_kinds = {"layer", "batch"};
  std::vector<std::string_view> optimizers;
  for (const StartingPoint& point : starting_points) optimizers.push_back(point.optimizer);

  constexpr NumberRange above_zero{0.0, false};

  Options options;
  HyperparameterTexts hyperparameters;
  std::optional<double> learning_rate, weight_decay;
  std::optional<std::int64_t> evaluate_every, threads, checkpoint_every, keep_best, keep_latest;
  std::optional<NormKind> norm_kind;
  bool no_curves = false, no_monitor = false;

  CLI::App app("Trains a residual multilayer perceptron to recognise handwritten digits.", "train");
  app.get_formatter()->column_width(32);
  app.set_help_flag("-h,--help", "Print this and exit");
  app.footer(std::string(help_footer));
  OptionAdder add(app);

  add.group("Data");
  add.text("--data", "DIR",
           "directory of IDX files (train-*, t10k-*; or t10k-* alone, which are then\nsplit); without it, "
           "digits that the program draws itself",
           [&](const std::string& value) { options.data = value; });

  add.group("Network");
  add.integer("--depth", 0, 256, "residual blocks, 0 to 256 (default 2)", [&](std::int64_t n) { options.depth = n; });
  add.integer("--width", 1, 8192, "features of each layer, 1 to 8192 (default 256)",
              [&](std::int64_t n) { options.width = n; });
  add.choice("--norm", norms, "pre: x + f(norm(x)); post: norm(x + f(x)); none: x + f(x) (default pre)",
             [&](const std::string& name) {
               options.norm = name == "pre" ? Norm::pre : name == "post" ? Norm::post : Norm::none;
             });
  add.choice("--norm-kind", norm_kinds,
             "layer: over the features of each example; batch: over about 64 examples at a\n"
             "time whatever the batch size (virtual batches), and by moving averages in\n"
             "evaluation. layer is often the better choice (default layer)",
             [&](const std::string& name) { norm_kind = name == "batch" ? NormKind::batch : NormKind::layer; });
  add.flag("--zero-init-residual", options.zero_init_residual, "the last layer of each residual branch starts at zero");

  add.group("Optimizer");
  add.choice("--optimizer", optimizers, "sgd, momentum, nesterov, rmsprop, adam, nadam (default adam)",
             [&](const std::string& name) { options.optimizer = name; });
  std::string rates, decays;
  for (const StartingPoint& point : starting_points) {
    const char* separator = rates.empty() ? "" : ", ";
    rates += fmt::format("{}{} {}", separator, point.optimizer, point.learning_rate);
    decays += fmt::format("{}{} {}", separator, point.optimizer, point.weight_decay);
  }
  add.number("--learning-rate", {}, fmt::format("after the warmup, at least 0\n(default {})", rates),
             [&](double x) { learning_rate = x; });
  add.number("--weight-decay", {},
             fmt::format("of weight matrices, times the learning rate (decoupled), at least 0\n(default {})", decays),
             [&](double x) { weight_decay = x; });
  add.flag("--coupled", options.coupled, "weight decay is added to the gradient instead (L2)");
  add_hyperparameters(add, hyperparameters);
  add.number("--clip", {}, "largest norm of the whole gradient; 0: no clipping (default 0)",
             [&](double x) { options.clip = x > 0.0 ? std::optional(x) : std::nullopt; });
  add.number("--average-decay", NumberRange{0.0, true, 1.0, false},
             "evaluate, and test, an exponential average of the parameters in their place, of\n"
             "about the last 1 / (1 - X) steps, in [0, 1); 0: no average (default 0)",
             [&](double x) { options.average_decay = x; });

  add.group("Schedule");
  add.integer("--steps", 1, huge, "updates in all, at least 1 (default 3000)",
              [&](std::int64_t n) { options.schedule.steps = n; });
  add.integer("--warmup", 0, huge,
              "of these, steps in which the learning rate rises from 0; less than --steps\n"
              "(default a twentieth of --steps; for one-cycle 0)",
              [&](std::int64_t n) { options.schedule.warmup = n; });
  add.choice("--schedule", schedule_names,
             "after the warmup: constant, linear, cosine, polynomial, exponential,\n"
             "inverse-square-root, one-cycle (default cosine)",
             [&](const std::string& name) { options.schedule.name = name; });
  add.number("--final-learning-rate", {}, "of linear, cosine, polynomial; at most --learning-rate (default 0)",
             [&](double x) { options.schedule.final_learning_rate = x; });
  add.number("--power", above_zero, "of polynomial, above 0 (default 2)",
             [&](double x) { options.schedule.power = x; });
  add.number("--decay-factor", NumberRange{0.0, false, 1.0},
             "of exponential: last over first learning rate, in (0, 1] (default 0.01)",
             [&](double x) { options.schedule.decay_factor = x; });

  add.group("Run");
  add.integer("--batch-size", 1, 65536, "examples in a step, 1 to 65536 (default 128)",
              [&](std::int64_t n) { options.batch_size = n; });
  add.integer("--seed", 0, huge, "of the initial weights and the order of examples, at least 0 (default 1)",
              [&](std::int64_t n) { options.seed = static_cast<std::uint64_t>(n); });
  add.integer("--threads", 1, 1024,
              "1 to 1024; the result is the same for any number\n"
              "(default one for 64 examples of a batch, at most the number of processors)",
              [&](std::int64_t n) { threads = n; });
  add.integer("--evaluate-every", 1, huge,
              "steps between evaluations on the validation split, at least 1\n"
              "(default a twentieth of --steps)",
              [&](std::int64_t n) { evaluate_every = n; });
  add.text("--curves", "FILE", "where to write the curves, as CSV (default curves.csv)",
           [&](const std::string& value) { options.curves = value; });
  add.flag("--no-curves", no_curves, "do not write them");
  add.integer("--producers", 0, 1024,
              "threads that make batches ahead, 0 to 1024; 0: training makes them itself.\n"
              "The result is the same for any number (default 1)",
              [&](std::int64_t n) { options.producers = static_cast<int>(n); });
  add.flag("--no-monitor", no_monitor, "do not watch gradient norms");
  add.flag("--quiet", options.quiet, "print the test accuracy only");

  add.group("Checkpoints");
  add.text("--checkpoint-dir", "DIR", "folder for checkpoints; without it, none are saved",
           [&](const std::string& value) { options.checkpoint_dir = value; });
  add.integer("--checkpoint-every", 1, huge,
              "steps between checkpoints, at least 1; there is one after the last step, too. A\n"
              "multiple of --evaluate-every gives each a validation error (default that)",
              [&](std::int64_t n) { checkpoint_every = n; });
  add.integer("--keep-best", 0, 1'000'000,
              "how many of the checkpoints with the smallest validation errors are kept, 0 to\n"
              "1000000; 0: the test is of the parameters after the last step (default 3)",
              [&](std::int64_t n) { keep_best = n; });
  add.integer("--keep-latest", 1, 1'000'000, "how many that were saved last are kept besides, 1 to 1000000 (default 1)",
              [&](std::int64_t n) { keep_latest = n; });
  add.flag("--resume", options.resume, "go on from the checkpoint that was saved last, if there is one");

  if (!parse_command_line(app, argc, argv)) return std::nullopt;

  if (norm_kind && options.norm == Norm::none) {
    throw std::invalid_argument("--norm-kind belongs to --norm pre or post; the norm is none");
  }
  options.norm_kind = norm_kind.value_or(NormKind::layer);
  if (options.norm_kind == NormKind::batch && options.batch_size == 1) {
    throw std::invalid_argument(
        "--batch-size must be at least 2 for --norm-kind batch, as one example has no variance, got 1");
  }

  const StartingPoint& start = starting_point(options.optimizer);
  options.schedule.learning_rate = learning_rate.value_or(start.learning_rate);
  options.weight_decay = weight_decay.value_or(start.weight_decay);
  options.hyperparameters = check_hyperparameters(options.optimizer, hyperparameters);
  make_schedule(options.schedule);  // throws where something does not fit
  options.evaluate_every = evaluate_every.value_or(std::max<std::int64_t>(1, options.schedule.steps / 20));
  options.threads = threads ? static_cast<int>(*threads) : default_threads(options.batch_size);
  if (no_curves) options.curves.clear();
  options.monitor = !no_monitor;

  for (const auto& [option, given] :
       {std::pair("--checkpoint-every", checkpoint_every.has_value()), std::pair("--keep-best", keep_best.has_value()),
        std::pair("--keep-latest", keep_latest.has_value()), std::pair("--resume", options.resume)}) {
    if (given && !options.checkpoint_dir) {
      throw std::invalid_argument(fmt::format("{} belongs to --checkpoint-dir, which is not given", option));
    }
  }
  options.checkpoint_every = checkpoint_every.value_or(options.evaluate_every);
  options.keep_best = keep_best.value_or(options.keep_best);
  options.keep_latest = keep_latest.value_or(options.keep_latest);
  return options;
}

}  // namespace example
