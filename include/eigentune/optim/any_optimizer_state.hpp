#pragma once

#include <eigentune/optim/any_optimizer.hpp>

#include <algorithm>

// The state of an optimizer, as a value and back.

namespace eigentune {

template <class Scalar, class State>
OptimizerState<State> AnyOptimizer<Scalar, State>::state() const {
  check_usable("state");
  OptimizerState<State> result{
      std::string(rule_->name()), step_, skipped_, consecutive_skips_, accumulated_, averaging_, {}};
  for (const Tensor& tensor : tensors_) {
    const TensorView<Scalar>& view = tensor.parameter.bound_view();
    TensorState<State> entry{tensor.name, view.shape, view.order, tensor.updates, tensor.averaged, {}};
    for (std::size_t slot = 0; slot < tensor.state.size(); ++slot) {
      const auto values = tensor.state[slot].values();
      entry.slots.push_back({std::string(rule_->slots()[slot].name), {values.begin(), values.end()}});
    }
    if (accumulated_ > 0) {
      const auto values = tensor.accumulated.values();
      entry.slots.push_back({accumulated_gradient_slot, {values.begin(), values.end()}});
    }
    if (averaging_) {
      const auto values = tensor.average->values();
      entry.slots.push_back({average_slot, {values.begin(), values.end()}});
    }
    result.tensors.push_back(std::move(entry));
  }
  return result;
}

template <class Scalar, class State>
void AnyOptimizer<Scalar, State>::load_state(const OptimizerState<State>& state) {
  check_usable("load_state");
  std::string problems;
  const auto problem = [&]<class... Arguments>(MessageText<sizeof...(Arguments)> text, const Arguments&... arguments) {
    problems.append(problems.empty() ? "" : "; ").append(message(text, arguments...));
  };
  if (state.rule != rule_->name()) problem("it is of rule {}, not {}", state.rule, rule_->name());
  if (state.averaging != averaging_) {
    problem("its averaging is {}, not {}", detail::describe(state.averaging), detail::describe(averaging_));
  }
  const auto count = [&](std::int64_t value, const std::string& what) {
    if (value < 0 || value > largest_count) problem("{} must be in [0, 2^53], got {}", what, value);
  };
  const OptimizerCounts counts{state.step, state.skipped, state.consecutive_skips, state.accumulated};
  counts.for_each(count);
  std::vector<std::string> expected_slots;
  for (const StateSlot& slot : rule_->slots()) expected_slots.emplace_back(slot.name);
  if (state.accumulated > 0) expected_slots.emplace_back(accumulated_gradient_slot);
  if (state.averaging) expected_slots.emplace_back(average_slot);

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
    count(entry.updates, message("updates of \"{}\"", entry.name));
    count(entry.averaged, message("averaged of \"{}\"", entry.name));
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
      std::ranges::transform(entries[index]->slots[rule_->slots().size()].values, sums[index].data(),
                             [](State value) { return static_cast<Scalar>(value); });
    }
  }
  for (std::size_t index = 0; index < entries.size(); ++index) {
    Tensor& tensor = tensors_[index];
    tensor.updates = entries[index]->updates;
    tensor.averaged = entries[index]->averaged;
    for (std::size_t slot = 0; slot < tensor.state.size(); ++slot) {
      std::ranges::copy(entries[index]->slots[slot].values, tensor.state[slot].data());
    }
    if (state.accumulated > 0) {
      tensor.accumulated = std::move(sums[index]);
    }
    if (averaging_) std::ranges::copy(entries[index]->slots.back().values, tensor.average->data());
  }
  put_counts(counts);
}

/// memory and writable_memory: constant numbers of a constant optimizer.
template <class Scalar, class State>
template <class Self>
auto AnyOptimizer<Scalar, State>::memory_of(Self& self, const char* call, bool with_sums) {
  constexpr bool constant = std::is_const_v<Self>;
  using MemoryScalar = std::conditional_t<constant, const Scalar, Scalar>;
  using MemoryState = std::conditional_t<constant, const State, State>;
  self.check_usable(call);
  OptimizerMemory<MemoryScalar, MemoryState> memory{self.rule_->name(), self.counts(), self.averaging_, {}};
  for (auto& tensor : self.tensors_) {
    const TensorView<Scalar> view = tensor.parameter.view(call, "parameter", tensor.name);
    auto& entry = memory.tensors.emplace_back();
    entry.name = tensor.name;
    entry.parameter = {view.data, view.shape, view.order};
    entry.counts = {tensor.updates, tensor.averaged};
    entry.options = tensor.options.resolved();
    for (std::size_t slot = 0; slot < tensor.state.size(); ++slot) {
      entry.state.emplace_back(self.rule_->slots()[slot].name, tensor.state[slot].values());
    }
    if (with_sums) entry.accumulated = tensor.accumulated.values();
    if (tensor.average != nullptr) entry.average = tensor.average->values();
  }
  return memory;
}

template <class Scalar, class State>
OptimizerMemory<Scalar, State> AnyOptimizer<Scalar, State>::writable_memory(bool with_sums) {
  check_usable("writable_memory");
  for (Tensor& tensor : tensors_) {
    if (with_sums && tensor.accumulated.size() != tensor.size()) tensor.accumulated = {tensor.size(), Scalar(0)};
  }
  return memory_of(*this, "writable_memory", with_sums);
}

template <class Scalar, class State>
void AnyOptimizer<Scalar, State>::set_counts(const OptimizerCounts& counts, std::span<const TensorCounts> tensors) {
  check_usable("set_counts");
  const auto check = [](std::int64_t value, const char* what) {
    require(value >= 0 && value <= largest_count, "set_counts: {} must be in [0, 2^53], got {}", what, value);
  };
  counts.for_each(check);
  require(tensors.size() == tensors_.size(), "set_counts: there must be the counts of {} tensors, got {}",
          tensors_.size(), tensors.size());
  for (std::size_t index = 0; index < tensors_.size(); ++index) {
    check(tensors[index].updates, "updates");
    check(tensors[index].averaged, "averaged");
    const Tensor& tensor = tensors_[index];
    require(counts.accumulated == 0 || tensor.accumulated.size() == tensor.size(),
            "set_counts: accumulated must be 0 where there are no sums of gradients, got {}", counts.accumulated);
    require(tensors[index].averaged == 0 || averaging_.has_value(),
            "set_counts: averaged must be 0 where no average is kept, got {}", tensors[index].averaged);
  }
  for (std::size_t index = 0; index < tensors_.size(); ++index) {
    tensors_[index].updates = tensors[index].updates;
    tensors_[index].averaged = tensors[index].averaged;
  }
  put_counts(counts);
}

/// Sums that do not count start from zero.
template <class Scalar, class State>
void AnyOptimizer<Scalar, State>::put_counts(const OptimizerCounts& counts) {
  step_ = counts.step;
  skipped_ = counts.skipped;
  consecutive_skips_ = counts.consecutive_skips;
  accumulated_ = counts.accumulated;
  if (accumulated_ > 0) return;
  for (Tensor& tensor : tensors_) zero_sum(tensor);
}

}  // namespace eigentune
