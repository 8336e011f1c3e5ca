#pragma once

#include <eigentune/core/view.hpp>

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace eigentune {

/// How far an optimizer has come: see OptimizerState.
struct OptimizerCounts {
  std::int64_t step = 0;
  std::int64_t skipped = 0;
  std::int64_t consecutive_skips = 0;
  std::int64_t accumulated = 0;

  friend bool operator==(const OptimizerCounts&, const OptimizerCounts&) = default;
};

/// Where the numbers of one tensor lie. State and sums have the parameter's shape and storage order.
template <class Scalar, class State>
struct TensorMemory {
  std::string_view name;
  TensorView<Scalar> parameter;
  std::int64_t updates = 0;                                            ///< steps that updated this tensor
  std::vector<std::pair<std::string_view, std::span<State>>> state{};  ///< by the slot's name, in the rule's order
  std::span<Scalar> accumulated{};                                     ///< sum of gradients; empty if there is none
};

/// What OptimizerState is as a value, and the parameters besides, as views of live memory: for saving without a copy
/// and for restoring in place. The tensors are in the order in which they were added.
template <class Scalar, class State>
struct OptimizerMemory {
  std::string_view rule;
  OptimizerCounts counts;
  std::vector<TensorMemory<Scalar, State>> tensors;
};

}  // namespace eigentune
