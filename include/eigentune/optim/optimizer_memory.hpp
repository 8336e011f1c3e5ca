#pragma once

#include <eigentune/core/view.hpp>
#include <eigentune/optim/averaging.hpp>
#include <eigentune/optim/options.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace eigentune {

/// The largest count of anything: far from overflow, and exact in a double.
inline constexpr std::int64_t largest_count = std::int64_t{1} << 53;

/// How far an optimizer has come: see OptimizerState.
struct OptimizerCounts {
  std::int64_t step = 0;
  std::int64_t skipped = 0;
  std::int64_t consecutive_skips = 0;
  std::int64_t accumulated = 0;

  /// Calls visit(count, its name) for each.
  template <class Visit>
  void for_each(Visit&& visit) const {
    visit(step, "step");
    visit(skipped, "skipped");
    visit(consecutive_skips, "consecutive_skips");
    visit(accumulated, "accumulated");
  }

  friend bool operator==(const OptimizerCounts&, const OptimizerCounts&) = default;
};

/// How far one tensor has come: see TensorState.
struct TensorCounts {
  std::int64_t updates = 0;
  std::int64_t averaged = 0;

  friend bool operator==(const TensorCounts&, const TensorCounts&) = default;
};

/// Where the numbers of one tensor lie. State, sums and averages have the parameter's shape and storage order.
template <class Scalar, class State>
struct TensorMemory {
  std::string_view name;
  TensorView<Scalar> parameter;
  TensorCounts counts;
  TensorOptions options{};                                             ///< those in force: none is absent
  std::vector<std::pair<std::string_view, std::span<State>>> state{};  ///< by the slot's name, in the rule's order
  std::span<Scalar> accumulated{};                                     ///< sum of gradients; empty if there is none
  std::span<State> average{};                                          ///< of the parameter; empty if none is kept
};

/// What OptimizerState is as a value, and the parameters besides, as views of live memory: for saving without a copy
/// and for restoring in place. The tensors are in the order in which they were added.
template <class Scalar, class State>
struct OptimizerMemory {
  std::string_view rule;
  OptimizerCounts counts;
  std::optional<Averaging> averaging;
  std::vector<TensorMemory<Scalar, State>> tensors;
};

}  // namespace eigentune
