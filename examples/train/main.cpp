// Trains a residual multilayer perceptron to recognise handwritten digits with eigentune's optimizers and schedules.
// See `train --help`.

#include <eigentune/core/error.hpp>

#include <fmt/core.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>

#include "train/dataset.hpp"
#include "train/digits.hpp"
#include "train/idx.hpp"
#include "train/options.hpp"
#include "train/trainer.hpp"

namespace {

using namespace example;

/// What went wrong, as a sentence on standard error.
int report(int status, const std::string& text) {
  std::fputs(fmt::format("train: {}\n", text).c_str(), stderr);
  return status;
}

struct Exit {
  int status = 0;
  int signal = 0;  // that interrupted training
};

Exit run(int argc, char** argv) {
  const std::optional<Options> options = parse_options(argc, argv);
  if (!options) return {};
  std::signal(SIGXFSZ, SIG_IGN);  // a write beyond a limit then fails like any other
  const Splits splits = options->data ? load_idx_directory(*options->data) : draw_digits();
  Trainer trainer(*options, splits);
  const Outcome outcome = trainer.run();
  if (outcome.signal == 0) fmt::print("test accuracy {:.4f}\n", outcome.test.accuracy());
  const int status = trainer.curve_error().empty() ? 0 : report(1, trainer.curve_error());
  return {status, outcome.signal};
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto [status, signal] = run(argc, argv);
    if (std::fflush(stdout) != 0) {
      return report(1, fmt::format("standard output cannot be written: {}", std::strerror(errno)));
    }
    if (signal != 0) std::raise(signal);  // so that a shell sees what ended the program
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
