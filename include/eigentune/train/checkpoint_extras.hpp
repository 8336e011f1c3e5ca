#pragma once

#include <eigentune/core/binding.hpp>
#include <eigentune/core/error.hpp>
#include <eigentune/train/raw_tensor.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace eigentune {

/// Small named values of a checkpoint: integers of 64 bits with or without sign, doubles (NaN and infinities included),
/// texts in UTF-8.
class CheckpointValues {
 public:
  using Value = std::variant<std::int64_t, std::uint64_t, double, std::string>;

  /// Sets a value, in place of one of that name.
  template <class T>
  void set(std::string name, T value) {
    values_.insert_or_assign(std::move(name), make(std::move(value)));
  }

  bool contains(std::string_view name) const { return values_.find(name) != values_.end(); }

  /// The value as an integer type, a double or a std::string. Throws std::invalid_argument if there is none of that
  /// name (the text lists those that there are), it is of another kind, or an integer does not fit.
  template <class T>
  T get(std::string_view name) const {
    static_assert(
        (std::integral<T> && !std::same_as<T, bool>) || std::same_as<T, double> || std::same_as<T, std::string>,
        "eigentune: a checkpoint's value is an integer, a double or a std::string");
    const auto found = values_.find(name);
    if (found == values_.end()) {
      std::string names;
      for (const auto& [other, value] : values_) names.append(names.empty() ? "" : ", ").append(other);
      require(false, "CheckpointValues: there is no \"{}\"; there {}", name,
              names.empty() ? "are none" : "are " + names);
    }
    if constexpr (std::integral<T>) {
      const auto fits = [](auto value) { return std::in_range<T>(value); };
      const auto* with_sign = std::get_if<std::int64_t>(&found->second);
      const auto* without = std::get_if<std::uint64_t>(&found->second);
      if (with_sign != nullptr && fits(*with_sign)) return static_cast<T>(*with_sign);
      if (without != nullptr && fits(*without)) return static_cast<T>(*without);
    } else if (const T* value = std::get_if<T>(&found->second)) {
      return *value;
    }
    throw std::invalid_argument(fmt::format("CheckpointValues: \"{}\" is not {}", name,
                                            std::same_as<T, double> ? "a double"
                                            : std::same_as<T, std::string>
                                                ? "a text"
                                                : "an integer that fits the type asked for"));
  }

  /// All of them, by name.
  const std::map<std::string, Value, std::less<>>& all() const { return values_; }

  friend bool operator==(const CheckpointValues&, const CheckpointValues&) = default;

 private:
  /// An integer without sign only where it has to be, so that equal numbers are equal values.
  template <class T>
  static Value make(T value) {
    static_assert(!std::same_as<T, bool>, "eigentune: save a bool as the integer 0 or 1");
    if constexpr (std::integral<T>) {
      if (std::in_range<std::int64_t>(value)) return static_cast<std::int64_t>(value);
      return static_cast<std::uint64_t>(value);
    } else if constexpr (std::floating_point<T>) {
      return static_cast<double>(value);
    } else {
      return std::string(std::move(value));
    }
  }

  std::map<std::string, Value, std::less<>> values_;
};

/// What a checkpoint holds besides the optimizer:
///
///     CheckpointExtras extras;
///     extras.tensor("running_mean", mean).tensor("order", std::span(order));
///     extras.value("seed", random.seed()).value("position", random.position());
///     extras.schedule(rate.to_string());
///     keeper.save(step, error, optimizer, extras);
///     keeper.restore_latest(optimizer, extras);          // writes into mean and order; values are in what it returns
///
/// Tensors are bound as the optimizer binds parameters: an object that owns its memory by address and looked up at each
/// save, a window by value; they must outlive these extras. They stand in the file under their own names.
class CheckpointExtras {
 public:
  struct Tensor {
    std::string name;
    std::function<RawTensor<std::byte>()> look_up;
  };

  /// Binds a contiguous, writable Eigen object of a FileElement type. Throws std::invalid_argument if it is not
  /// contiguous, or the name is taken.
  template <class T>
  requires Viewable<std::remove_cvref_t<T>> CheckpointExtras& tensor(std::string name, T&& object) {
    using Scalar = std::remove_const_t<typename ViewTraits<std::remove_cvref_t<T>>::Scalar>;
    static_assert(FileElement<Scalar>, "eigentune: a checkpoint holds bool, integers, floats, half and bfloat16");
    auto binding = Binding<Scalar>::to(std::forward<T>(object), "CheckpointExtras", "tensor", name);
    return add({name, [binding = std::move(binding), name] {
                  return raw_tensor(binding.view("CheckpointExtras", "tensor", name));
                }});
  }

  /// Binds numbers that follow each other, [values.size()].
  template <FileElement T, std::size_t extent>
  CheckpointExtras& tensor(std::string name, std::span<T, extent> values) {
    const TensorView<T> view{values.data(), Shape{static_cast<std::int64_t>(values.size())}, StorageOrder::row_major};
    return add({std::move(name), [view] { return raw_tensor(view); }});
  }

  /// Sets a small value: an integer, a double, a text.
  template <class T>
  CheckpointExtras& value(std::string name, T value) {
    values_.set(std::move(name), std::move(value));
    return *this;
  }

  /// Notes the learning rate schedule, as it prints itself.
  CheckpointExtras& schedule(std::string text) {
    schedule_ = std::move(text);
    return *this;
  }

  const std::vector<Tensor>& tensors() const { return tensors_; }
  const CheckpointValues& values() const { return values_; }
  const std::string& schedule() const { return schedule_; }

 private:
  CheckpointExtras& add(Tensor tensor) {
    require(std::ranges::find(tensors_, tensor.name, &Tensor::name) == tensors_.end(),
            "CheckpointExtras: the name \"{}\" is taken already", tensor.name);
    tensors_.push_back(std::move(tensor));
    return *this;
  }

  std::vector<Tensor> tensors_;
  CheckpointValues values_;
  std::string schedule_;
};

}  // namespace eigentune
