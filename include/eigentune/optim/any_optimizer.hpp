#pragma once

#include <eigentune/core/binding.hpp>
#include <eigentune/core/parallel.hpp>
#include <eigentune/optim/average_swap.hpp>
#include <eigentune/optim/averaging.hpp>
#include <eigentune/optim/bound_tensors.hpp>
#include <eigentune/optim/erased_rule.hpp>
#include <eigentune/optim/optimizer_memory.hpp>
#include <eigentune/optim/options.hpp>
#include <eigentune/optim/state.hpp>

#include <array>
#include <concepts>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace eigentune {

/// An optimizer whose rule was chosen at run time, by make_optimizer or from an Optimizer<Rule, Scalar, State>, which
/// is one of these with the rule's type at hand. `add` each parameter with its gradient, then `step`.
///
/// Scalar is the type of parameters and gradients, float or double; State that of the rule's state. Arithmetic is in
/// the wider of the two. The bits of a step depend neither on threads nor on the processor, nor on how elements are
/// spread over tensors (the last unless gradients are clipped by a norm).
///
/// Parameters and gradients must outlive their binding. The optimizer can be moved, not copied, and is used by one
/// thread at a time.
template <class Scalar, class State = Scalar>
class AnyOptimizer {
  static_assert(std::same_as<Scalar, float> || std::same_as<Scalar, double>,
                "eigentune: parameters are float or double");
  static_assert(std::same_as<State, float> || std::same_as<State, double>, "eigentune: state is float or double");

 public:
  using scalar_type = Scalar;
  using state_type = State;

  AnyOptimizer(AnyOptimizer&&) = default;
  AnyOptimizer& operator=(AnyOptimizer&&) = default;
  [[gnu::cold, gnu::noinline]] ~AnyOptimizer() {}  // NOLINT: `= default` would be inlined, and it is long

  /// Binds a parameter and its gradient, of equal shape and storage order, under a name of its own. A Matrix, Array or
  /// Tensor is kept by address and looked up at each step; a Map, Ref or Block is kept by value. State starts as the
  /// rule says. Throws std::invalid_argument, and changes nothing, if the name is taken or empty, shapes or storage
  /// orders differ, an object is not contiguous, or an option is out of range. Memory that is bound twice is an error
  /// at the next step.
  template <class Parameter, class Gradient>
  [[gnu::cold]] void add(std::string_view name, Parameter&& parameter, Gradient&& gradient,
                         const TensorOptions& options = {}) {
    auto bound_parameter = Binding<Scalar>::to(std::forward<Parameter>(parameter), "add", "parameter", name);
    auto bound_gradient = Binding<Scalar>::to(std::forward<Gradient>(gradient), "add", "gradient", name);
    add_binding(name, bound_parameter, bound_gradient, options);
  }

  /// Binds other objects in place of a tensor's, of the same shape and storage order; its state and options stay.
  /// Throws std::invalid_argument, and changes nothing, as `add` does, or if there is no tensor of that name.
  template <class Parameter, class Gradient>
  void rebind(std::string_view name, Parameter&& parameter, Gradient&& gradient) {
    check_usable("rebind");
    auto bound_parameter = Binding<Scalar>::to(std::forward<Parameter>(parameter), "rebind", "parameter", name);
    auto bound_gradient = Binding<Scalar>::to(std::forward<Gradient>(gradient), "rebind", "gradient", name);
    tensors_.rebind(name, std::move(bound_parameter), std::move(bound_gradient));
  }

  /// Forgets a tensor and its state. Throws std::invalid_argument if there is none of that name.
  void remove(std::string_view name) {
    check_usable("remove");
    tensors_.remove(name);
  }

  /// Sets the options that are present for every tensor bound now whose name matches the pattern (`*` any characters,
  /// `?` one). Returns how many there are; throws std::invalid_argument if there is none, or an option is out of range.
  std::int64_t options_for(std::string_view pattern, const TensorOptions& options) {
    return tensors_.options_for(pattern, options);
  }

  /// The names of the bound tensors, in the order in which they were added.
  std::vector<std::string> names() const { return tensors_.names(); }

  /// The options of one tensor, the optimizer's defaults included. Throws std::invalid_argument if there is none of
  /// that name.
  TensorOptions options_of(std::string_view name) const { return tensors_.at("options_of", name).options; }

  const OptimizerOptions& options() const { return options_; }

  /// The rule's name, as "Adam".
  std::string_view rule_name() const { return rule_->name(); }

  /// All hyperparameters by name, in the rule's order; none for a rule that does not list them.
  Hyperparameters hyperparameters() const { return get_hyperparameters(rule_->hyperparameters(), rule_->address()); }

  /// Changes hyperparameters from the next step on; state stays. Throws std::invalid_argument, and changes nothing, for
  /// a name that the rule does not have (the text lists those that it has) or a value that is not allowed.
  void set_hyperparameters(const Hyperparameters& values) { rule_->set_hyperparameters(values); }

  /// Updates all parameters that are not frozen: see StepOptions for what happens in which order. Allocates nothing
  /// (adaptive clipping allocates its workspace at the first step that uses it). Throws std::invalid_argument, and
  /// changes nothing, if an option is out of range, a bound object was resized or memory is bound twice;
  /// DivergenceError, with parameters and state as they were, if too many steps in a row had to be skipped.
  StepReport step(const StepOptions& options) { return run_step(options, nullptr); }

  /// The same on a thread pool (Eigen::ThreadPool or anything of its interface), with the same bits. The calling thread
  /// takes part, so this may be called from inside the pool; a step with little work stays on the calling thread.
  StepReport step(ThreadPoolRef pool, const StepOptions& options) {
    const Workers workers{pool};
    return run_step(options, &workers);
  }

  /// Adds the bound gradients to a sum of the optimizer's own; the next step uses their mean in place of the bound
  /// gradients, and starts a new sum. It saves memory for activations and no time: throughput in examples per second
  /// does not grow. The first call allocates the sums. Throws std::invalid_argument if a bound object was resized or
  /// memory is bound twice.
  void accumulate() { run_accumulate(nullptr); }
  void accumulate(ThreadPoolRef pool) {
    const Workers workers{pool};
    run_accumulate(&workers);
  }

  /// From now on every applied step averages the parameters that it leaves, in the same pass over memory:
  ///
  ///     optimizer.average(ExponentialAverage{.decay = 0.999});     // or UniformAverage{.start = 1000}
  ///     ...
  ///     {
  ///       const auto swapped = optimizer.swap_in_average();        // the parameters hold their average
  ///       error = evaluate(model);
  ///     }                                                          // and here what was trained, bit for bit
  ///
  /// Each tensor counts its own averaged updates; one that is frozen, or a step that is skipped, averages nothing.
  /// Training itself does not change by a bit. The average takes one State per parameter, and is kept up in the wider
  /// of Scalar and State. In float it does not move while |w_t (theta - a)| is below half a unit in the last place of
  /// a, which is where theta is within 6e-8 / w_t of a, relatively: 6% of it after 10^6 updates of a uniform average,
  /// 0.06% for a decay of 0.9999. State = double cures that.
  ///
  /// Averaging so already, this does nothing. Throws std::invalid_argument, and changes nothing, if an option is out of
  /// range, the optimizer averages otherwise already, or the average is swapped in.
  [[gnu::always_inline]] void average(const Averaging& averaging) {  // so that the kernel is the calling unit's
    start_averaging(averaging, {&AnyOptimizer::new_average, &AnyOptimizer::prepare_average,
                                &AnyOptimizer::apply_and_average, simd::average_pass<Scalar, State>});
  }

  /// Forgets the average. Throws std::invalid_argument if it is swapped in.
  void stop_averaging();

  /// The average that is kept, if one is.
  const std::optional<Averaging>& averaging() const { return averaging_; }

  /// Exchanges the parameters with their averages, for as long as what is returned lives; meanwhile the optimizer
  /// refuses to step, to be changed and to be saved. A tensor without an averaged update stays as it is; one that was
  /// frozen after some has the average of those. Takes no memory, unless Scalar and State differ: then that of the
  /// parameters. Throws std::invalid_argument, and changes nothing, if no update was averaged yet, a bound object was
  /// resized, memory is bound twice, or the average is swapped in already.
  AverageSwap<Scalar, State> swap_in_average();

  /// Everything that a later run needs besides parameters, hyperparameters and options, as a value.
  OptimizerState<State> state() const;

  /// Puts a state back, whatever the order of its tensors; its values are taken as they are. Throws
  /// std::invalid_argument, and changes nothing, if it is of another rule, of another averaging than this optimizer's
  /// or its tensors' names, shapes, storage orders or slots are not those bound here; the text lists what is missing,
  /// extra and different.
  void load_state(const OptimizerState<State>& state);

  /// The values of one state of one tensor, [shape.size()] in the tensor's storage order; valid until the next step, or
  /// until the tensor is removed. Throws std::invalid_argument if there is no such tensor or state.
  std::span<const State> state_values(std::string_view name, std::string_view slot) const {
    const Tensor& tensor = tensors_.at("state_values", name);
    for (std::size_t i = 0; i < tensor.state.size(); ++i) {
      if (rule_->slots()[i].name == slot) return tensor.state[i].values();
    }
    throw std::invalid_argument(message("state_values: {} has no state \"{}\"", rule_->name(), slot));
  }

  /// Where everything lies that a checkpoint holds, so that it is saved without a copy. Valid until the optimizer is
  /// next changed or used, or a bound object is. Throws std::invalid_argument if a bound object was resized, or the
  /// average is swapped in.
  OptimizerMemory<const Scalar, const State> memory() const { return memory_of(*this, "memory", accumulated_ > 0); }

  /// The same, to be written to by who restores a checkpoint: first this, then the numbers, then `set_counts`, which
  /// cannot fail where the counts are allowed. With `with_sums` each tensor has a sum of gradients, of zeros if there
  /// was none; what is written there counts from `set_counts` on. Throws as `memory` does, or std::bad_alloc.
  OptimizerMemory<Scalar, State> writable_memory(bool with_sums);

  /// Sets the counts, and those of each tensor, in the order of `memory().tensors`. Throws std::invalid_argument, and
  /// changes nothing, if a count is not in [0, 2^53], there are not as many tensors, gradients are said to be
  /// accumulated and there are no sums, or updates to be averaged and there is no average.
  void set_counts(const OptimizerCounts& counts, std::span<const TensorCounts> tensors);

 protected:
  [[gnu::cold, gnu::noinline]] AnyOptimizer(std::unique_ptr<ErasedRule> rule,
                                            const simd::Kernels<Scalar, State>& kernels,
                                            const OptimizerOptions& options)
      : rule_(std::move(rule)), kernels_(&kernels), options_(options) {
    ErasedRule::validate_rule(rule_->description(), rule_->address());
    options_.validate();
  }

  const ErasedRule* erased_rule() const { return rule_.get(); }

 private:
  using Pass = simd::FusedPass<Scalar, State>;
  using Compute = std::conditional_t<(sizeof(Scalar) > sizeof(State)), Scalar, State>;
  static constexpr double unlimited = std::numeric_limits<double>::infinity();

  struct Tensor : BoundTensor<Scalar> {
    explicit Tensor(BoundTensor<Scalar>&& bound) : BoundTensor<Scalar>(std::move(bound)) {}
    // Out of line: a tensor is large, and is moved and destroyed wherever a vector of them grows.
    [[gnu::cold, gnu::noinline]] Tensor(Tensor&&) noexcept = default;
    Tensor& operator=(Tensor&&) noexcept = default;
    [[gnu::cold, gnu::noinline]] ~Tensor() {}  // NOLINT

    std::vector<Buffer<State>> state{};
    Buffer<Scalar> accumulated{};              // sum of gradients, if there is one
    std::shared_ptr<Buffer<State>> average{};  // shared with who swaps it in; null if none is kept
    std::int64_t updates = 0;
    std::int64_t averaged = 0;    // updates that the average is of
    double average_weight = 0.0;  // of the step at hand; 0: it is not averaged
    Pass pass{};                  // of the step at hand
    UnitLayout units{};           // of adaptive clipping
    std::vector<double> unit_factors{};
  };

  [[gnu::cold, gnu::noinline]] void add_binding(std::string_view name, const Binding<Scalar>& parameter,
                                                const Binding<Scalar>& gradient, const TensorOptions& options);
  // Not inlined: a step is long, and g++ 12 takes absent options that it sees through for uninitialized ones.
  [[gnu::noinline]] StepReport run_step(const StepOptions& options, const Workers* workers);
  [[gnu::cold]] StepReport skip(const StepOptions& options, StepReport report);
  double measure(SimdLevel level, const Workers* workers);
  double add_up();
  void prepare(const StepOptions& options, double gradient_scale, bool measure);
  [[gnu::cold]] void prepare_adaptive_clip(double threshold, const Workers* workers);
  double apply(const Tensor& tensor, const BlockPlan::Block& block, SimdLevel level, bool adaptive_clip) const;
  /// What a step does besides, where an average is kept: bound by `average`, so that who never calls it does not
  /// compile that.
  struct AverageWork {
    std::shared_ptr<Buffer<State>> (*allocate)(std::int64_t) = nullptr;
    void (AnyOptimizer::*prepare)() = nullptr;
    double (AnyOptimizer::*apply)(const Tensor&, const BlockPlan::Block&, SimdLevel, bool) const = &AnyOptimizer::apply;
    void (*pass)(SimdLevel, const Scalar*, State*, double, std::int64_t, std::int64_t) = nullptr;
  };
  void start_averaging(const Averaging& averaging, const AverageWork& work);
  void prepare_average();
  void start_average(const Tensor& tensor, const BlockPlan::Block& block) const;
  double apply_and_average(const Tensor& tensor, const BlockPlan::Block& block, SimdLevel level,
                           bool adaptive_clip) const;
  template <class Self>
  static auto memory_of(Self& self, const char* call, bool with_sums);
  OptimizerCounts counts() const { return {step_, skipped_, consecutive_skips_, accumulated_}; }
  void put_counts(const OptimizerCounts& counts);
  void run_accumulate(const Workers* workers);
  void check_representable(const StepOptions& options, double gradient_scale) const;
  void check_usable(const char* call) const {
    require(rule_ != nullptr, "{}: this optimizer was moved from; it can only be destroyed or assigned to", call);
    if (swapped_ == nullptr || !swapped_->in_force) return;
    require(swapped_.use_count() == 1,
            "{}: the parameters hold their average; what swap_in_average returned must go first", call);
    require(false,
            "{}: the parameters hold their average, as one was resized before the trained ones could be put back",
            call);
  }
  static std::shared_ptr<Buffer<State>> new_average(std::int64_t size) {
    return std::make_shared<Buffer<State>>(size, State(0));
  }
  static double tensor_rate(const Tensor& tensor, const StepOptions& options) {
    return options.learning_rate.value() * tensor.options.learning_rate_scale.value_or(1.0);
  }
  static void zero_gradient(Tensor& tensor);
  static void zero_sum(Tensor& tensor);
  Scalar* gradient_source(Tensor& tensor) const {
    return accumulated_ > 0 ? tensor.accumulated.data() : tensor.gradient_data;
  }

  std::unique_ptr<ErasedRule> rule_;
  const simd::Kernels<Scalar, State>* kernels_;  // of the translation unit that made this
  OptimizerOptions options_;
  BoundTensors<Tensor> tensors_;
  ParallelRegion region_;
  std::optional<Averaging> averaging_;
  AverageWork average_work_;
  std::shared_ptr<const detail::SwappedAverage<Scalar, State>> swapped_;  // the last; may be over
  std::int64_t step_ = 0, skipped_ = 0, consecutive_skips_ = 0, accumulated_ = 0;
};

}  // namespace eigentune

#include <eigentune/optim/any_optimizer_average.hpp>
#include <eigentune/optim/any_optimizer_state.hpp>
#include <eigentune/optim/any_optimizer_step.hpp>
