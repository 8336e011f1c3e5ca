#pragma once

#include <eigentune/core/binding.hpp>
#include <eigentune/optim/adaptive_clip.hpp>
#include <eigentune/optim/block_plan.hpp>
#include <eigentune/optim/buffer.hpp>
#include <eigentune/optim/name_pattern.hpp>
#include <eigentune/optim/options.hpp>

#include <algorithm>
#include <concepts>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigentune {

/// A parameter and its gradient, by name.
template <class Scalar>
struct BoundTensor {
  std::string name;
  Binding<Scalar> parameter, gradient;
  TensorOptions options{};
  Scalar *parameter_data = nullptr, *gradient_data = nullptr;  ///< as looked up last
  double sum_of_squares = 0.0;                                 ///< of the gradient, in the step at hand

  std::int64_t size() const { return parameter.bound_view().size(); }
  bool frozen() const { return options.frozen.value_or(false); }
};

/// The tensors of an optimizer: names, bindings, options, and the plan of the work on them.
template <class Tensor>
class BoundTensors {
  using Bound = decltype(Tensor::parameter);

 public:
  Tensor* begin() { return tensors_.data(); }
  Tensor* end() { return tensors_.data() + tensors_.size(); }
  const Tensor* begin() const { return tensors_.data(); }
  const Tensor* end() const { return tensors_.data() + tensors_.size(); }
  std::size_t size() const { return tensors_.size(); }
  Tensor& operator[](std::size_t i) { return tensors_[i]; }
  BlockPlan& plan() { return plan_; }

  const Tensor* find(std::string_view name) const {
    for (const Tensor& tensor : *this) {
      if (tensor.name == name) return &tensor;
    }
    return nullptr;
  }
  Tensor* find(std::string_view name) { return const_cast<Tensor*>(std::as_const(*this).find(name)); }

  /// Throws std::invalid_argument if there is no tensor of that name; `call` appears in the text.
  const Tensor& at(std::string_view call, std::string_view name) const {
    const Tensor* tensor = find(name);
    if (tensor == nullptr) require(false, "{}: there is no tensor \"{}\"; bound are {}", call, name, listed_names());
    return *tensor;
  }
  Tensor& at(std::string_view call, std::string_view name) {
    return const_cast<Tensor&>(std::as_const(*this).at(call, name));
  }

  std::vector<std::string> names() const {
    std::vector<std::string> list;
    for (const Tensor& tensor : *this) list.push_back(tensor.name);
    return list;
  }

  /// Throws std::invalid_argument unless a tensor may be added with this name and these objects.
  [[gnu::cold, gnu::noinline]] void check_new(std::string_view name, const Bound& parameter,
                                              const Bound& gradient) const {
    require(!name.empty(), "add: a tensor needs a name, got \"\"");
    require(find(name) == nullptr, "add: the name \"{}\" is bound already", name);
    check_agreement("add", name, parameter, gradient);
  }

  [[gnu::cold, gnu::noinline]] void append(Tensor&& tensor) {
    extents_.resize(2 * (tensors_.size() + 1));
    plan_.reserve(tensor.size());
    tensors_.push_back(std::move(tensor));
    plan_.append(tensors_.size() - 1, tensors_.back().size());
    checked_ = false;
  }

  void rebind(std::string_view name, Bound&& parameter, Bound&& gradient) {
    Tensor& tensor = at("rebind", name);
    const auto& before = tensor.parameter.bound_view();
    const auto& after = parameter.bound_view();
    require(after.shape == before.shape, "rebind: \"{}\" has shape {}, got {}", name, before.shape, after.shape);
    require(after.order == before.order, "rebind: \"{}\" is {}, got {}", name, before.order, after.order);
    check_agreement("rebind", name, parameter, gradient);
    tensor.parameter = std::move(parameter);
    tensor.gradient = std::move(gradient);
    checked_ = false;
  }

  void remove(std::string_view name) {
    const auto index = &at("remove", name) - tensors_.data();
    tensors_.erase(tensors_.begin() + index);
    plan_.clear();
    for (std::size_t i = 0; i < tensors_.size(); ++i) plan_.append(i, tensors_[i].size());
  }

  std::int64_t options_for(std::string_view pattern, const TensorOptions& options) {
    options.validate();
    std::int64_t matched = 0;
    for (Tensor& tensor : *this) {
      if (!matches(pattern, tensor.name)) continue;
      tensor.options = options.or_else(tensor.options);
      ++matched;
    }
    require(matched > 0, "options_for: no tensor's name matches \"{}\"; bound are {}", pattern, listed_names());
    return matched;
  }

  /// Looks all objects up. Throws std::invalid_argument if one was resized, or if two share memory; `call` appears in
  /// the text.
  void look_up(std::string_view call) {
    for (Tensor& tensor : *this) {
      tensor.parameter_data = tensor.parameter.data(call, "parameter", tensor.name);
      tensor.gradient_data = tensor.gradient.data(call, "gradient", tensor.name);
    }
    if (!checked_) check_sharing(call);
  }

 private:
  [[gnu::cold, gnu::noinline]] static void check_agreement(std::string_view call, std::string_view name,
                                                           const Bound& parameter, const Bound& gradient) {
    const auto &p = parameter.bound_view(), &g = gradient.bound_view();
    require(p.shape == g.shape, "{}: the gradient of \"{}\" has shape {}, its parameter {}", call, name, g.shape,
            p.shape);
    require(p.order == g.order, "{}: the gradient of \"{}\" is {}, its parameter {}", call, name, g.order, p.order);
  }

  /// Two updates of one element, or an update of a gradient, are never meant; with threads they would race. Asked at
  /// the first step after a change, when all objects are in place, and of the objects as they are then.
  [[gnu::cold, gnu::noinline]] void check_sharing(std::string_view call) {
    Extent *const first_extent = extents_.data(), *end = first_extent;
    for (std::size_t i = 0; i < tensors_.size(); ++i) {
      const Tensor& tensor = tensors_[i];
      if (tensor.size() == 0) continue;
      for (const auto* data : {tensor.parameter_data, tensor.gradient_data}) {
        *end++ = {data, data + tensor.size(), i};
      }
    }
    const std::less<const void*> before;
    const auto begins_before = [&](const Extent& a, const Extent& b) { return before(a.begin, b.begin); };
    std::make_heap(first_extent, end, begins_before);  // of the library's sorts the quickest to compile
    std::sort_heap(first_extent, end, begins_before);
    for (std::ptrdiff_t i = 1; i < end - first_extent; ++i) {
      const Extent &a = first_extent[i - 1], &b = first_extent[i];
      if (!before(b.begin, a.end)) continue;
      const auto [first, second] = std::minmax(a.tensor, b.tensor);
      require(first != second, "{}: the parameter and the gradient of \"{}\" share memory", call, tensors_[first].name);
      require(false, "{}: \"{}\" and \"{}\" share memory", call, tensors_[first].name, tensors_[second].name);
    }
    checked_ = true;
  }

  std::string listed_names() const {
    constexpr std::size_t most = 20;
    std::string list;
    for (std::size_t i = 0; i < std::min(most, tensors_.size()); ++i) {
      list.append(i > 0 ? ", \"" : "\"").append(tensors_[i].name).append("\"");
    }
    if (tensors_.size() > most) list.append(message(" and {} more", tensors_.size() - most));
    return list.empty() ? "none" : list;
  }

  struct Extent {
    const void *begin, *end;
    std::size_t tensor;
  };

  std::vector<Tensor> tensors_;
  BlockPlan plan_;
  std::vector<Extent> extents_;  // room for check_sharing, which allocates nothing
  bool checked_ = true;
};

}  // namespace eigentune
