#pragma once

#include <eigentune/optim/any_optimizer.hpp>

#include <algorithm>
#include <limits>

// What an optimizer does: add a tensor, step (measure, prepare, apply), accumulate.

namespace eigentune {

template <class Scalar, class State>
void AnyOptimizer<Scalar, State>::add_binding(std::string_view name, const Binding<Scalar>& parameter,
                                              const Binding<Scalar>& gradient, const TensorOptions& options) {
  check_usable("add");
  tensors_.check_new(name, parameter, gradient);
  options.validate();
  const std::int64_t size = parameter.bound_view().size();
  Tensor tensor({std::string(name), parameter, gradient, options.or_else(options_.defaults)});
  tensor.state = std::vector<Buffer<State>>(rule_->slots().size());
  const auto starts = rule_->start_values();
  for (std::size_t slot = 0; slot < tensor.state.size(); ++slot) {
    tensor.state[slot] = {size, static_cast<State>(starts[slot])};
  }
  if (accumulated_ > 0) tensor.accumulated = {size, Scalar(0)};
  if (averaging_) tensor.average = average_work_.allocate(size);
  tensors_.append(std::move(tensor));
}

template <class Scalar, class State>
StepReport AnyOptimizer<Scalar, State>::run_step(const StepOptions& options, const Workers* workers) {
  check_usable("step");
  options.validate();
  const SimdLevel level = simd_level();
  tensors_.look_up("step");

  double gradient_scale = options.gradient_scale;
  if (accumulated_ > 0) gradient_scale /= static_cast<double>(accumulated_);
  check_representable(options, gradient_scale);

  StepReport report;
  if (!options.measure_norm) report.gradient_norm = std::numeric_limits<double>::quiet_NaN();
  const bool measure_first = options.check_finite || options.max_gradient_norm || options.max_tensor_norm;
  if (measure_first) {
    report.gradient_norm = measure(level, workers) * std::fabs(gradient_scale);
    // A scale above one may carry a gradient beyond the type of the arithmetic.
    const bool fits = std::fabs(gradient_scale) <= 1.0 || report.gradient_norm <= std::numeric_limits<Compute>::max();
    const bool finite = is_finite(report.gradient_norm) && fits;
    if (!finite && options.check_finite) return skip(options, report);
    const double threshold = options.max_gradient_norm.value_or(unlimited);
    if (finite && report.gradient_norm > threshold) report.clip_scale = threshold / report.gradient_norm;
  }

  const bool measure_within = !measure_first && options.measure_norm;
  prepare(options, gradient_scale * report.clip_scale, measure_within);
  if (averaging_) (this->*average_work_.prepare)();
  const bool adaptive_clip = options.adaptive_clip.has_value();
  if (adaptive_clip) prepare_adaptive_clip(options.adaptive_clip.value_or(unlimited), workers);
  std::vector<double>& sums = tensors_.plan().partial_sums();
  tensors_.plan().for_each(workers, region_, [&](std::int64_t task) {
    const auto number = static_cast<std::size_t>(task);
    const BlockPlan::Block& block = tensors_.plan().blocks()[number];
    const Tensor& tensor = tensors_[block.tensor];
    sums[number] = tensor.frozen() ? 0.0 : (this->*average_work_.apply)(tensor, block, level, adaptive_clip);
  });
  if (measure_within) report.gradient_norm = add_up() * std::fabs(gradient_scale);

  for (Tensor& tensor : tensors_) {
    tensor.updates += tensor.frozen() ? 0 : 1;
    tensor.averaged += tensor.average_weight > 0.0 ? 1 : 0;
    const bool zeroed = !tensor.frozen() && accumulated_ == 0;
    if (options.zero_gradients && !zeroed) zero_gradient(tensor);
    if (tensor.frozen() && accumulated_ > 0) zero_sum(tensor);
  }
  accumulated_ = 0;
  consecutive_skips_ = 0;
  ++step_;
  report.applied = true;
  report.step = step_;
  report.skipped = skipped_;
  return report;
}

/// What is finite in double may not be in float; asked before anything is written.
template <class Scalar, class State>
void AnyOptimizer<Scalar, State>::check_representable(const StepOptions& options, double gradient_scale) const {
  const auto fits = [](double value) { return std::fabs(value) <= std::numeric_limits<Compute>::max(); };
  constexpr const char* type = std::same_as<Compute, float> ? "float" : "double";
  require(fits(gradient_scale) && static_cast<Compute>(gradient_scale) != Compute(0),
          "step: gradient_scale (over the number of accumulated gradients) must be finite and not 0 in {}, got {}",
          type, gradient_scale);
  for (const Tensor& tensor : tensors_) {
    const double rate = tensor_rate(tensor, options);
    require(fits(rate), "step: learning_rate times the learning_rate_scale of \"{}\" must be finite in {}, got {}",
            tensor.name, type, rate);
  }
}

/// Nothing of parameters and state has been touched. The gradients of this step are spent: a sum that is not finite
/// stays so.
template <class Scalar, class State>
StepReport AnyOptimizer<Scalar, State>::skip(const StepOptions& options, StepReport report) {
  for (Tensor& tensor : tensors_) {
    if (options.zero_gradients) zero_gradient(tensor);
    if (accumulated_ > 0) zero_sum(tensor);
  }
  accumulated_ = 0;
  ++skipped_;
  ++consecutive_skips_;
  if (consecutive_skips_ >= options_.max_consecutive_skips) {
    throw DivergenceError(
        message("step: the gradients were not finite in {} steps in a row (gradient norm {} after {} "
                "applied steps); training has diverged",
                consecutive_skips_, report.gradient_norm, step_));
  }
  report.step = step_;
  report.skipped = skipped_;
  report.consecutive_skips = consecutive_skips_;
  return report;
}

/// The norm of all gradients, before gradient_scale.
template <class Scalar, class State>
double AnyOptimizer<Scalar, State>::measure(SimdLevel level, const Workers* workers) {
  std::vector<double>& sums = tensors_.plan().partial_sums();
  tensors_.plan().for_each(workers, region_, [&](std::int64_t task) {
    const auto number = static_cast<std::size_t>(task);
    const BlockPlan::Block& block = tensors_.plan().blocks()[number];
    Tensor& tensor = tensors_[block.tensor];
    sums[number] = tensor.frozen() ? 0.0
                                   : kernels_->sum_of_squares(level, gradient_source(tensor) + block.begin, block.size,
                                                              tensor.size() - block.begin - block.size);
  });
  return add_up();
}

/// The root of the sum of the blocks' sums of squares, tensor by tensor in their order.
template <class Scalar, class State>
double AnyOptimizer<Scalar, State>::add_up() {
  for (Tensor& tensor : tensors_) tensor.sum_of_squares = 0.0;
  for (std::size_t number = 0; number < tensors_.plan().blocks().size(); ++number) {
    tensors_[tensors_.plan().blocks()[number].tensor].sum_of_squares += tensors_.plan().partial_sums()[number];
  }
  double sum = 0.0;
  for (const Tensor& tensor : tensors_) sum += tensor.sum_of_squares;
  return std::sqrt(sum);
}

/// The numbers of this step, for each tensor. Tensors of the same rate and age share the rule's.
template <class Scalar, class State>
void AnyOptimizer<Scalar, State>::prepare(const StepOptions& options, double gradient_scale, bool measure) {
  double shared_rate = -1.0;
  std::int64_t shared_updates = -1;
  simd::ScalarStorage scalars;
  for (Tensor& tensor : tensors_) {
    if (tensor.frozen()) continue;
    const double rate = tensor_rate(tensor, options);
    if (rate != shared_rate || tensor.updates != shared_updates) {
      rule_->make_scalars(tensor.updates, rate, scalars);
      shared_rate = rate;
      shared_updates = tensor.updates;
    }
    Pass& pass = tensor.pass;
    pass.parameter = tensor.parameter_data;
    pass.gradient = gradient_source(tensor);
    pass.size = tensor.size();
    for (std::size_t slot = 0; slot < tensor.state.size(); ++slot) pass.state[slot] = tensor.state[slot].data();
    pass.scalars = scalars;
    pass.gradient_scale = gradient_scale;
    const double threshold = options.max_tensor_norm.value_or(unlimited);
    if (threshold < unlimited) {
      const double norm = std::sqrt(tensor.sum_of_squares) * std::fabs(gradient_scale);
      if (is_finite(norm) && norm > threshold) pass.gradient_scale *= threshold / norm;
    }
    pass.gradient_limit = options.max_gradient_value.value_or(unlimited);
    const double decay = tensor.options.weight_decay.value_or(0.0);
    const bool coupled = tensor.options.coupled.value_or(false);
    pass.coupled_decay = coupled ? decay : 0.0;
    pass.keep = coupled ? 1.0 : 1.0 - portable::rounded(rate * decay);
    pass.zero_gradient = options.zero_gradients || accumulated_ > 0;
    pass.measure = measure;
  }
}

/// The factors of adaptive clipping, for each tensor and unit.
template <class Scalar, class State>
void AnyOptimizer<Scalar, State>::prepare_adaptive_clip(double threshold, const Workers* workers) {
  for (Tensor& tensor : tensors_) {
    const auto& view = tensor.parameter.bound_view();
    tensor.units = UnitLayout(view.shape, view.order, tensor.options.clip_units.value_or(ClipUnits::automatic));
    tensor.unit_factors.resize(2 * static_cast<std::size_t>(tensor.units.count));
  }
  const auto factors = [&](std::int64_t index) {
    Tensor& tensor = tensors_[static_cast<std::size_t>(index)];
    if (tensor.frozen()) return;
    adaptive_clip_factors(tensor.units, tensor.pass.parameter, tensor.pass.gradient, tensor.pass.gradient_scale,
                          threshold, tensor.unit_factors);
  };
  const auto count = static_cast<std::int64_t>(tensors_.size());
  if (workers != nullptr) {
    workers->run(region_, count, factors);
  } else {
    for (std::int64_t index = 0; index < count; ++index) factors(index);
  }
}

/// One block of one tensor. Returns the sum of squares of its gradient if that is wanted.
template <class Scalar, class State>
double AnyOptimizer<Scalar, State>::apply(const Tensor& tensor, const BlockPlan::Block& block, SimdLevel level,
                                          bool adaptive_clip) const {
  if (!adaptive_clip) return kernels_->fused_pass(level, tensor.pass, block.begin, block.size);

  // Clipped gradients go through a piece of the stack; the caller's gradients stay as they are.
  constexpr std::int64_t piece_size = 1024;
  static_assert(BlockPlan::block_size % piece_size == 0 && piece_size % simd::square_lanes == 0);
  alignas(64) std::array<Scalar, piece_size> clipped;
  const double sum =
      tensor.pass.measure ? kernels_->sum_of_squares(level, tensor.pass.gradient + block.begin, block.size, 0) : 0.0;
  for (std::int64_t begin = block.begin; begin < block.begin + block.size; begin += piece_size) {
    const std::int64_t size = std::min(piece_size, block.begin + block.size - begin);
    const Scalar* gradient = tensor.pass.gradient + begin;
    for (std::int64_t i = 0; i < size; ++i) {
      const double factor = tensor.unit_factors[static_cast<std::size_t>(tensor.units.unit_of(begin + i))];
      clipped[static_cast<std::size_t>(i)] = static_cast<Scalar>(gradient[i] * factor);
    }
    Pass pass = tensor.pass;
    pass.parameter += begin;
    pass.gradient = clipped.data();
    for (std::size_t slot = 0; slot < tensor.state.size(); ++slot) pass.state[slot] += begin;
    pass.size = size;
    pass.zero_gradient = pass.measure = false;
    kernels_->fused_pass(level, pass, 0, size);
    if (tensor.pass.zero_gradient) std::fill_n(tensor.pass.gradient + begin, size, Scalar(0));
  }
  return sum;
}

template <class Scalar, class State>
void AnyOptimizer<Scalar, State>::run_accumulate(const Workers* workers) {
  check_usable("accumulate");
  tensors_.look_up("accumulate");
  for (Tensor& tensor : tensors_) {
    if (tensor.accumulated.size() != tensor.size()) tensor.accumulated = {tensor.size(), Scalar(0)};
  }
  tensors_.plan().for_each(workers, region_, [&](std::int64_t task) {
    const auto number = static_cast<std::size_t>(task);
    const BlockPlan::Block& block = tensors_.plan().blocks()[number];
    Tensor& tensor = tensors_[block.tensor];
    if (tensor.frozen()) return;
    Scalar* sum = tensor.accumulated.data() + block.begin;
    const Scalar* gradient = tensor.gradient_data + block.begin;
    for (std::int64_t i = 0; i < block.size; ++i) sum[i] += gradient[i];
  });
  ++accumulated_;
}

template <class Scalar, class State>
void AnyOptimizer<Scalar, State>::zero_sum(Tensor& tensor) {
  std::fill_n(tensor.accumulated.data(), tensor.accumulated.size(), Scalar(0));
}

template <class Scalar, class State>
void AnyOptimizer<Scalar, State>::zero_gradient(Tensor& tensor) {
  std::fill_n(tensor.gradient_data, tensor.size(), Scalar(0));
}

}  // namespace eigentune
