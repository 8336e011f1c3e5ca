#pragma once

#include <eigentune/optim/any_optimizer.hpp>

#include <algorithm>

// The state of an optimizer, as a value and back.

namespace eigentune {

template <class Scalar, class State>
OptimizerState<State> AnyOptimizer<Scalar, State>::state() const {
  OptimizerState<State> result{std::string(rule_->name()), step_, skipped_, consecutive_skips_, accumulated_, {}};
  for (const Tensor& tensor : tensors_) {
    const TensorView<Scalar>& view = tensor.parameter.bound_view();
    TensorState<State> entry{tensor.name, view.shape, view.order, tensor.updates, {}};
    for (std::size_t slot = 0; slot < tensor.state.size(); ++slot) {
      const auto values = tensor.state[slot].values();
      entry.slots.push_back({std::string(rule_->slots()[slot].name), {values.begin(), values.end()}});
    }
    if (accumulated_ > 0) {
      const auto values = tensor.accumulated.values();
      entry.slots.push_back({accumulated_gradient_slot, {values.begin(), values.end()}});
    }
    result.tensors.push_back(std::move(entry));
  }
  return result;
}

template <class Scalar, class State>
void AnyOptimizer<Scalar, State>::load_state(const OptimizerState<State>& state) {
  std::string problems;
  const auto problem = [&]<class... Arguments>(fmt::format_string<Arguments...> text, Arguments&&... arguments) {
    problems.append(problems.empty() ? "" : "; ").append(fmt::format(text, std::forward<Arguments>(arguments)...));
  };
  if (state.rule != rule_->name()) problem("it is of rule {}, not {}", state.rule, rule_->name());
  const auto count = [&](std::int64_t value, const std::string& what) {
    constexpr std::int64_t most = std::int64_t{1} << 53;  // far from overflow, and exact in a double
    if (value < 0 || value > most) problem("{} must be in [0, 2^53], got {}", what, value);
  };
  count(state.step, "step");
  count(state.skipped, "skipped");
  count(state.consecutive_skips, "consecutive_skips");
  count(state.accumulated, "accumulated");
  std::vector<std::string> expected_slots;
  for (const StateSlot& slot : rule_->slots()) expected_slots.emplace_back(slot.name);
  if (state.accumulated > 0) expected_slots.emplace_back(accumulated_gradient_slot);

  std::vector<const TensorState<State>*> entries(tensors_.size(), nullptr);
  for (const TensorState<State>& entry : state.tensors) {
    const Tensor* tensor = tensors_.find(entry.name);
    if (tensor == nullptr) {
      problem("\"{}\" is extra", entry.name);
      continue;
    }
    const auto index = static_cast<std::size_t>(tensor - &*tensors_.begin());
    if (entries[index] != nullptr) problem("\"{}\" is there twice", entry.name);
    entries[index] = &entry;
    const TensorView<Scalar>& view = tensor->parameter.bound_view();
    if (entry.shape != view.shape) {
      problem("\"{}\" has shape {}, not {}", entry.name, to_string(entry.shape), to_string(view.shape));
    }
    if (entry.order != view.order)
      problem("\"{}\" is {}, not {}", entry.name, to_string(entry.order), to_string(view.order));
    count(entry.updates, fmt::format("updates of \"{}\"", entry.name));
    if (!std::ranges::equal(entry.slots, expected_slots, {}, &SlotState<State>::name)) {
      std::string slots_found, slots_wanted;
      for (const auto& slot : entry.slots) slots_found.append(slots_found.empty() ? "" : ", ").append(slot.name);
      for (const auto& slot : expected_slots) slots_wanted.append(slots_wanted.empty() ? "" : ", ").append(slot);
      problem("\"{}\" has the slots [{}], not [{}]", entry.name, slots_found, slots_wanted);
    }
    for (const SlotState<State>& slot : entry.slots) {
      if (static_cast<std::int64_t>(slot.values.size()) != view.size()) {
        problem("\"{}\" has {} values of {}, not {}", entry.name, slot.values.size(), slot.name, view.size());
      }
    }
  }
  for (std::size_t index = 0; index < entries.size(); ++index) {
    if (entries[index] == nullptr) problem("\"{}\" is missing", tensors_[index].name);
  }
  require(problems.empty(), "load_state: the state does not fit this optimizer: {}", problems);

  // All sums are made before anything is written: the allocation may fail.
  std::vector<Buffer<Scalar>> sums(tensors_.size());
  if (state.accumulated > 0) {
    for (std::size_t index = 0; index < sums.size(); ++index) {
      sums[index] = {tensors_[index].size(), Scalar(0)};
      std::ranges::transform(entries[index]->slots.back().values, sums[index].data(),
                             [](State value) { return static_cast<Scalar>(value); });
    }
  }
  for (std::size_t index = 0; index < entries.size(); ++index) {
    Tensor& tensor = tensors_[index];
    tensor.updates = entries[index]->updates;
    for (std::size_t slot = 0; slot < tensor.state.size(); ++slot) {
      std::ranges::copy(entries[index]->slots[slot].values, tensor.state[slot].data());
    }
    if (state.accumulated > 0) {
      tensor.accumulated = std::move(sums[index]);
    } else {
      std::ranges::fill(tensor.accumulated.values(), Scalar(0));
    }
  }
  step_ = state.step;
  skipped_ = state.skipped;
  consecutive_skips_ = state.consecutive_skips;
  accumulated_ = state.accumulated;
}

template <class Scalar, class State>
OptimizerMemory<const Scalar, const State> AnyOptimizer<Scalar, State>::memory() const {
  check_alive("memory");
  OptimizerMemory<const Scalar, const State> memory{
      rule_->name(), {step_, skipped_, consecutive_skips_, accumulated_}, {}};
  for (const Tensor& tensor : tensors_) {
    const TensorView<Scalar> view = tensor.parameter.view("memory", "parameter", tensor.name);
    auto& entry = memory.tensors.emplace_back();
    entry.name = tensor.name;
    entry.parameter = {view.data, view.shape, view.order};
    entry.updates = tensor.updates;
    for (std::size_t slot = 0; slot < tensor.state.size(); ++slot) {
      entry.state.emplace_back(rule_->slots()[slot].name, tensor.state[slot].values());
    }
    if (accumulated_ > 0) entry.accumulated = tensor.accumulated.values();
  }
  return memory;
}

template <class Scalar, class State>
OptimizerMemory<Scalar, State> AnyOptimizer<Scalar, State>::writable_memory(bool with_sums) {
  check_alive("writable_memory");
  OptimizerMemory<Scalar, State> memory{rule_->name(), {step_, skipped_, consecutive_skips_, accumulated_}, {}};
  for (Tensor& tensor : tensors_) {
    if (with_sums && tensor.accumulated.size() != tensor.size()) tensor.accumulated = {tensor.size(), Scalar(0)};
    auto& entry = memory.tensors.emplace_back();
    entry.name = tensor.name;
    entry.parameter = tensor.parameter.view("writable_memory", "parameter", tensor.name);
    entry.updates = tensor.updates;
    for (std::size_t slot = 0; slot < tensor.state.size(); ++slot) {
      entry.state.emplace_back(rule_->slots()[slot].name, tensor.state[slot].values());
    }
    if (with_sums) entry.accumulated = tensor.accumulated.values();
  }
  return memory;
}

template <class Scalar, class State>
void AnyOptimizer<Scalar, State>::set_counts(const OptimizerCounts& counts, std::span<const std::int64_t> updates) {
  check_alive("set_counts");
  const auto check = [](std::int64_t value, const char* what) {
    constexpr std::int64_t most = std::int64_t{1} << 53;
    require(value >= 0 && value <= most, "set_counts: {} must be in [0, 2^53], got {}", what, value);
  };
  check(counts.step, "step");
  check(counts.skipped, "skipped");
  check(counts.consecutive_skips, "consecutive_skips");
  check(counts.accumulated, "accumulated");
  for (const std::int64_t value : updates) check(value, "updates");
  require(updates.size() == tensors_.size(), "set_counts: there must be {} updates, one for each tensor, got {}",
          tensors_.size(), updates.size());
  for (const Tensor& tensor : tensors_) {
    require(counts.accumulated == 0 || tensor.accumulated.size() == tensor.size(),
            "set_counts: accumulated must be 0 where there are no sums of gradients, got {}", counts.accumulated);
  }
  for (std::size_t index = 0; index < tensors_.size(); ++index) {
    tensors_[index].updates = updates[index];
    if (counts.accumulated == 0) std::ranges::fill(tensors_[index].accumulated.values(), Scalar(0));
  }
  step_ = counts.step;
  skipped_ = counts.skipped;
  consecutive_skips_ = counts.consecutive_skips;
  accumulated_ = counts.accumulated;
}

}  // namespace eigentune
