#pragma once

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

#include "train/option_parsing.hpp"

namespace example {

/// What the command line of the tune example asks for.
struct TuneOptions {
  std::optional<std::string> data{};  ///< directory of IDX files; without it, the built-in digits

  std::string study = "tune";  ///< its name in the storage
  std::string storage = "sqlite:///tune.db";
  std::int64_t trials = 16;
  std::string sampler = "halton";
  std::int64_t seed = 1;  ///< of the search, and of the training in every trial

  std::int64_t steps = 200, batch_size = 128, depth = 2, width = 256;  ///< of every trial

  std::int64_t workers = 1;
  std::int64_t confirm = 0;        ///< seeds to retrain with; 0: the test split is not looked at
  std::int64_t confirm_steps = 0;  ///< of each retraining
};

inline constexpr std::int64_t most_confirmations = 1000;

inline constexpr std::string_view tune_footer = R"(
A trial is a run of the train example, in this process and on one thread; its objective is the smallest validation error of the
run. Trials are stored as they end: the same command goes on where an earlier one stopped or was stopped (Ctrl-C), and only prints
the results where nothing is left to do. A larger --trials adds trials; whatever else changes needs another --study or --storage.
With halton and random the trials are the same whatever the number of workers; gp learns from what has ended by then.

Standard output has the best trials, the best of each optimizer, and the command that trains the best again. --confirm trains the
best trial's configuration and the trainer's defaults, both with N seeds that the search has not seen, and compares their
accuracies on the test split, which nothing else looks at, as `train` prints them: of the parameters after the last step. Runs of
one seed, which start from the same weights and see the same batches, are a pair. N may be doubled later, and doubled again.
Exit status: 0, 1 for a file that cannot be read or written and a study that is not finished, 2 for a wrong option, 130 if it was
interrupted.

Examples:
  tune                                                   sixteen short trials on the built-in digits
  tune --data ~/mnist --steps 600 --trials 32 --study mnist
  tune --data ~/mnist --steps 600 --trials 32 --study mnist --confirm 5 --confirm-steps 3000
)";

/// The options of the command line; nothing if it asked for help, which is then printed to standard output. Throws
/// std::invalid_argument with a sentence that names the option, the value and what is allowed.
inline std::optional<TuneOptions> parse_tune_options(int argc, const char* const* argv) {
  constexpr std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  constexpr std::array<std::string_view, 3> samplers = {"halton", "gp", "random"};

  TuneOptions options;
  options.workers = std::max(1U, std::thread::hardware_concurrency());
  std::optional<std::int64_t> confirm_steps;

  CLI::App app("Tunes the train example: optimizer, learning rate, momentum or beta1, and weight decay.", "tune");
  app.get_formatter()->column_width(32);
  app.set_help_flag("-h,--help", "Print this and exit");
  app.footer(std::string(tune_footer));
  OptionAdder add(app);

  add.group("Data");
  add.text("--data", "DIR", "directory of IDX files, as of train; without it, the built-in digits",
           [&](const std::string& value) { options.data = value; });

  add.group("Study");
  add.text("--study", "NAME", "its name in the storage (default tune)",
           [&](const std::string& value) { options.study = value; });
  add.text("--storage", "URL",
           "a database, made if there is none (default sqlite:///tune.db, a file in the\nworking directory)",
           [&](const std::string& value) { options.storage = value; });
  add.integer("--trials", 1, 1'000'000, "in all, earlier ones included, 1 to 1000000 (default 16)",
              [&](std::int64_t n) { options.trials = n; });
  add.choice("--sampler", samplers,
             "halton: quasi-random, to explore; gp: Gaussian process, to exploit; random\n(default halton)",
             [&](const std::string& name) { options.sampler = name; });
  add.integer("--seed", 0, huge - most_confirmations,
              "of the search, and of the training in every trial, at least 0 (default 1)",
              [&](std::int64_t n) { options.seed = n; });

  add.group("Every trial");
  add.integer("--steps", 1, huge, "updates, at least 1 (default 200)", [&](std::int64_t n) { options.steps = n; });
  add.integer("--batch-size", 1, 65536, "examples in a step, 1 to 65536 (default 128)",
              [&](std::int64_t n) { options.batch_size = n; });
  add.integer("--depth", 0, 256, "residual blocks, 0 to 256 (default 2)", [&](std::int64_t n) { options.depth = n; });
  add.integer("--width", 1, 8192, "features of each layer, 1 to 8192 (default 256)",
              [&](std::int64_t n) { options.width = n; });

  add.group("Run");
  add.integer("--workers", 1, 1024, "trials at once, 1 to 1024 (default the number of processors)",
              [&](std::int64_t n) { options.workers = n; });
  add.integer("--confirm", 2, most_confirmations,
              "when the trials have ended, retrain with N fresh seeds and test, 2 to 1000",
              [&](std::int64_t n) { options.confirm = n; });
  add.integer("--confirm-steps", 1, huge, "updates of each retraining, at least 1 (default --steps)",
              [&](std::int64_t n) { confirm_steps = n; });

  if (!parse_command_line(app, argc, argv)) return std::nullopt;
  if (confirm_steps && options.confirm == 0) {
    throw std::invalid_argument("--confirm-steps belongs to --confirm, which is not given");
  }
  options.confirm_steps = confirm_steps.value_or(options.steps);
  return options;
}

}  // namespace example
