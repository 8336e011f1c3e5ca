#pragma once

#include <eigentune/core/shape.hpp>
#include <eigentune/optim/averaging.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace eigentune {

/// One named state of one tensor: [shape.size()] values in the tensor's storage order.
template <class State>
struct SlotState {
  std::string name;
  std::vector<State> values;

  friend bool operator==(const SlotState&, const SlotState&) = default;
};

/// The optimizer's state of one tensor.
template <class State>
struct TensorState {
  std::string name;
  Shape shape;
  StorageOrder order = StorageOrder::column_major;
  std::int64_t updates = 0;   ///< steps that updated this tensor; bias corrections count from here
  std::int64_t averaged = 0;  ///< those of them that the average is of
  std::vector<SlotState<State>> slots;

  friend bool operator==(const TensorState&, const TensorState&) = default;
};

/// All that an optimizer knows besides parameters and hyperparameters, as a value: what a checkpoint holds, keyed by
/// name. Putting it back and repeating the same steps gives the same bits.
template <class State>
struct OptimizerState {
  std::string rule;
  std::int64_t step = 0;
  std::int64_t skipped = 0;
  std::int64_t consecutive_skips = 0;
  std::int64_t accumulated =
      0;  ///< gradients accumulated since the last step; each tensor then has a slot "accumulated_gradient"
  /// Which average of the parameters there is, if any; each tensor then has a slot "average", its last.
  std::optional<Averaging> averaging{};
  std::vector<TensorState<State>> tensors;

  friend bool operator==(const OptimizerState&, const OptimizerState&) = default;
};

/// The name of the slot that holds accumulated gradients.
inline constexpr const char* accumulated_gradient_slot = "accumulated_gradient";

/// The name of the slot that holds the average of the parameter.
inline constexpr const char* average_slot = "average";

}  // namespace eigentune
