#pragma once

#include <eigentune/optim/any_optimizer.hpp>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

// Averages of the parameters: switched on and off, kept up in a step, swapped in.

namespace eigentune {

template <class Scalar, class State>
void AnyOptimizer<Scalar, State>::start_averaging(const Averaging& averaging, const AverageWork& work) {
  check_usable("average");
  detail::validate(averaging);
  if (averaging_ == averaging) return;
  require(!averaging_, "average: the average is {} already, got {}; call stop_averaging first",
          detail::describe(averaging_), detail::describe(averaging));
  std::vector<std::shared_ptr<Buffer<State>>> averages;
  for (const Tensor& tensor : tensors_) averages.push_back(new_average(tensor.size()));
  for (std::size_t index = 0; index < averages.size(); ++index) tensors_[index].average = std::move(averages[index]);
  averaging_ = averaging;
  average_work_ = work;
}

template <class Scalar, class State>
void AnyOptimizer<Scalar, State>::stop_averaging() {
  check_usable("stop_averaging");
  for (Tensor& tensor : tensors_) {
    tensor.average = nullptr;
    tensor.averaged = 0;
    tensor.average_weight = 0.0;
  }
  averaging_.reset();
  average_work_ = {};
}

template <class Scalar, class State>
AverageSwap<Scalar, State> AnyOptimizer<Scalar, State>::swap_in_average() {
  constexpr const char* call = "swap_in_average";
  check_usable(call);
  require(averaging_.has_value(), "{}: there is no average; call average before the steps that it is of", call);
  tensors_.look_up(call);
  auto swapped = std::make_shared<detail::SwappedAverage<Scalar, State>>();
  for (const Tensor& tensor : tensors_) {
    if (tensor.averaged > 0) swapped->tensors.push_back({tensor.name, tensor.parameter, tensor.average});
  }
  require(!swapped->tensors.empty(), "{}: no update has been averaged yet; the average is {}", call,
          detail::describe(averaging_));
  swapped->swap_in(call);
  swapped_ = swapped;
  return AverageSwap<Scalar, State>(std::move(swapped));
}

/// The weights of this step. Tensors that were averaged equally often share theirs.
template <class Scalar, class State>
void AnyOptimizer<Scalar, State>::prepare_average() {
  double shared_weight = 0.0;
  std::int64_t shared_count = -1;
  for (Tensor& tensor : tensors_) {
    tensor.average_weight = 0.0;
    if (tensor.frozen() || !detail::averages_after(*averaging_, tensor.updates)) continue;
    if (tensor.averaged != shared_count) {
      shared_weight = detail::average_weight(*averaging_, tensor.averaged + 1);
      shared_count = tensor.averaged;
    }
    tensor.average_weight = shared_weight;
  }
}

/// Before the first averaged update of a block.
template <class Scalar, class State>
void AnyOptimizer<Scalar, State>::start_average(const Tensor& tensor, const BlockPlan::Block& block) const {
  State* average = tensor.average->data() + block.begin;
  if (detail::starts_from_parameters(*averaging_)) {
    const Scalar* parameter = tensor.pass.parameter + block.begin;
    std::transform(parameter, parameter + block.size, average, [](Scalar value) { return static_cast<State>(value); });
  } else {
    std::fill_n(average, block.size, State(0));  // the first weight is 1, and 0 + 1 (theta - 0) is exact
  }
}

/// Updates a block by the rule, and its average directly after, while the block's parameters are still in the cache:
/// averaging then costs no more traffic than the average's own. Returns what `apply` does.
template <class Scalar, class State>
double AnyOptimizer<Scalar, State>::apply_and_average(const Tensor& tensor, const BlockPlan::Block& block,
                                                      SimdLevel level, bool adaptive_clip) const {
  if (tensor.average_weight == 0.0) return apply(tensor, block, level, adaptive_clip);
  if (tensor.averaged == 0) start_average(tensor, block);
  const double sum = apply(tensor, block, level, adaptive_clip);
  average_work_.pass(level, tensor.pass.parameter + block.begin, tensor.average->data() + block.begin,
                     tensor.average_weight, block.size, tensor.size() - block.begin - block.size);
  return sum;
}

}  // namespace eigentune
