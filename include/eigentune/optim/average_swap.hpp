#pragma once

#include <eigentune/core/binding.hpp>
#include <eigentune/optim/buffer.hpp>

#include <algorithm>
#include <concepts>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace eigentune {

namespace detail {

/// A parameter and its average, to be exchanged.
template <class Scalar, class State>
struct AveragedTensor {
  std::string name;
  Binding<Scalar> parameter;
  std::shared_ptr<Buffer<State>> average;
  Scalar* data = nullptr;    // of the parameter, as looked up last
  Buffer<Scalar> trained{};  // its values while the average is in its place, where the average's type cannot hold them

  void look_up(std::string_view call) { data = parameter.view(call, "parameter", name).data; }

  void swap_in() {
    if constexpr (std::same_as<Scalar, State>) {
      std::ranges::swap_ranges(average->values(), std::span(data, average->values().size()));
    } else {
      std::copy_n(data, trained.size(), trained.data());
      std::ranges::transform(average->values(), data, [](State value) { return static_cast<Scalar>(value); });
    }
  }
  void swap_out() {
    if constexpr (std::same_as<Scalar, State>) {
      swap_in();
    } else {
      std::copy_n(trained.data(), trained.size(), data);
    }
  }
};

/// Known to the optimizer and to its AverageSwap, either of which may be moved or go first.
template <class Scalar, class State>
struct SwappedAverage {
  std::vector<AveragedTensor<Scalar, State>> tensors;
  bool in_force = false;

  void swap_in(std::string_view call) {
    for (auto& tensor : tensors) {
      tensor.look_up(call);
      if constexpr (!std::same_as<Scalar, State>) tensor.trained = {tensor.average->size(), Scalar(0)};
    }
    for (auto& tensor : tensors) tensor.swap_in();  // which cannot fail
    in_force = true;
  }
  void swap_out(std::string_view call) {
    if (!in_force) return;
    for (auto& tensor : tensors) tensor.look_up(call);
    for (auto& tensor : tensors) tensor.swap_out();
    in_force = false;
    tensors.clear();  // the optimizer may know of this for long
  }
};

}  // namespace detail

/// As long as this lives, the parameters hold their averages; when it goes, they hold again what was trained, bit for
/// bit. What AnyOptimizer::swap_in_average returns. The optimizer may be moved meanwhile, or go; the objects that are
/// bound must stay, and of the shape that they have.
template <class Scalar, class State>
class [[nodiscard]] AverageSwap {
 public:
  explicit AverageSwap(std::shared_ptr<detail::SwappedAverage<Scalar, State>> swapped) : swapped_(std::move(swapped)) {}
  AverageSwap(AverageSwap&&) noexcept = default;
  AverageSwap& operator=(AverageSwap&&) = delete;

  /// If a parameter was resized meanwhile, nothing can be put back: the optimizer then refuses all further work.
  ~AverageSwap() {
    try {
      swap_out();
    } catch (const std::invalid_argument&) {  // the optimizer tells of it
    }
  }

  /// Puts the trained parameters back now; does nothing if they are back already. Throws std::invalid_argument, and
  /// changes nothing, if a parameter was resized meanwhile.
  void swap_out() {
    if (swapped_ != nullptr) swapped_->swap_out("swap_out");
  }

 private:
  std::shared_ptr<detail::SwappedAverage<Scalar, State>> swapped_;
};

}  // namespace eigentune
