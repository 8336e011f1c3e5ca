#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <string>

namespace eigentune {

/// How long training waited for its input: the playbook's "Optimizing the input pipeline". Of each batch after the
/// warm-up, the time the consumer spent in next() is waiting, and the time from the end of the next() before it is
/// busy: the training step, and whatever else the loop did.
struct InputReport {
  std::int64_t batches = 0;      ///< batches measured
  double waiting_seconds = 0.0;  ///< in all of them together
  double busy_seconds = 0.0;
  int producers = 0;               ///< of the loader; 0: batches are made while training waits
  double input_bound_share = 0.1;  ///< above this share of waiting, training is input-bound

  /// waiting / (waiting + busy), in [0, 1]; 0 if nothing was measured.
  double waiting_share() const {
    const double seconds = waiting_seconds + busy_seconds;
    return seconds > 0.0 ? waiting_seconds / seconds : 0.0;
  }

  /// Whether waiting_share() > input_bound_share.
  bool input_bound() const { return waiting_share() > input_bound_share; }

  /// What was measured since `earlier`, another report of the same loader: of one interval between evaluations, say.
  InputReport since(const InputReport& earlier) const {
    InputReport difference = *this;
    difference.batches -= earlier.batches;
    difference.waiting_seconds -= earlier.waiting_seconds;
    difference.busy_seconds -= earlier.busy_seconds;
    return difference;
  }

  /// One sentence: whether training is input-bound, the figures, and what to do.
  std::string to_string() const {
    if (batches <= 0) return "input: nothing was measured yet";
    const double per_batch = 1e3 / static_cast<double>(batches);
    const std::string figures = fmt::format(
        "training waited for input {:.1f}% of the time ({:.3g} ms of {:.3g} ms a batch, over {} batches)",
        100.0 * waiting_share(), waiting_seconds * per_batch, (waiting_seconds + busy_seconds) * per_batch, batches);
    if (!input_bound()) return fmt::format("not input-bound: {}", figures);
    return fmt::format(
        "input-bound: {}; {}, or make a batch cheaper (data close to the process, costly preprocessing "
        "done once and kept, unused features dropped early)",
        figures, producers == 0 ? "make batches ahead with producers" : "add producers");
  }
};

}  // namespace eigentune
