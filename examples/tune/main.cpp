// Tunes the train example on handwritten digits: a study over optimizers and their hyperparameters that is kept in a
// database, and goes on when it is run again. See `tune --help`.

#include <eigentune/search/gaussian_process.hpp>
#include <eigentune/sql.hpp>
#include <eigentune/tune.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "train/configuration.hpp"
#include "train/dataset.hpp"
#include "train/digits.hpp"
#include "train/idx.hpp"
#include "tune/confirmation.hpp"
#include "tune/options.hpp"
#include "tune/results.hpp"
#include "tune/training.hpp"

namespace {

using namespace example;

constexpr int interrupted_status = 130;

/// What went wrong, as a sentence on standard error.
int report(int status, const std::string& text) {
  std::fputs(fmt::format("tune: {}\n", text).c_str(), stderr);
  return status;
}

eigentune::AnySampler make_sampler(const TuneOptions& options) {
  const auto seed = static_cast<std::uint64_t>(options.seed);
  if (options.sampler == "gp") return eigentune::GaussianProcess{.seed = seed};
  if (options.sampler == "random") return eigentune::RandomSearch{.seed = seed};
  return eigentune::Halton{.seed = seed};
}

int run(int argc, char** argv) {
  const std::optional<TuneOptions> options = parse_tune_options(argc, argv);
  if (!options) return 0;
  const Splits splits = options->data ? load_idx_directory(*options->data) : draw_digits();
  const std::shared_ptr<eigentune::Storage> storage = eigentune::open_storage(options->storage);
  eigentune::Study study(options->study, make_search_space(*options, fingerprint(splits)),
                         {.question = "Which optimizer reaches the lower validation error?",
                          .trials = options->trials,
                          .sampler = make_sampler(*options),
                          .storage = storage});
  const auto summary =
      study.run([&](eigentune::Trial& trial) { train(trial, trial.point(), splits); }, {.workers = options->workers});
  fmt::print("{}", results_text(study, *options));
  if (summary.interrupted) return interrupted_status;

  if (std::ranges::any_of(study.trials(), [](const auto& trial) { return !is_final(trial.state); })) {
    return report(1, "other workers hold trials; when they are done, or gone for a minute, the same command goes on");
  }
  if (options->confirm == 0) return 0;
  if (!study.best()) return report(1, "--confirm: no trial is complete, so there is none to confirm");
  Confirmation confirmation(study, storage, *options);
  const bool ended = confirmation.run(splits);
  fmt::print("\n{}", confirmation.text());
  return ended ? 0 : interrupted_status;
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
    return report(2, fmt::format("{}\ntune: --help lists the options", error.what()));
  } catch (const std::exception& error) {
    return report(1, error.what());
  }
}
