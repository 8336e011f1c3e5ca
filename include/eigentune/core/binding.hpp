#pragma once

#include <eigentune/core/view.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <string_view>

namespace eigentune {

/// A tie to an object that the caller keeps alive. An object that owns its memory is kept by address and looked up anew
/// each time, so that it may be swapped, moved into or reassigned; a window (Map, Ref, Block) is kept by value. For a
/// block of an owner, the owner is looked up too.
template <class Scalar>
class Binding {
 public:
  Binding() = default;

  /// The memory as it is now. Throws std::invalid_argument if the object has another shape than when it was bound;
  /// `call` ("step"), `what` ("parameter") and `name` appear in the text.
  Scalar* data(std::string_view call, std::string_view what, std::string_view name) const {
    if (look_up_ == nullptr) return view_.data;
    const TensorView<Scalar> now = look_up_(object_);
    require(now.shape == object_shape_, "{}: the {} \"{}\" was resized from {} to {} after it was bound; call rebind",
            call, what, name, object_shape_, now.shape);
    return now.data + offset_;
  }

  /// The same with its shape and order.
  TensorView<Scalar> view(std::string_view call, std::string_view what, std::string_view name) const {
    TensorView<Scalar> now = view_;
    now.data = data(call, what, name);
    return now;
  }

  /// The memory as it was when bound.
  const TensorView<Scalar>& bound_view() const { return view_; }

  /// Ties to `object`; `call` ("add"), `what` ("parameter") and `name` appear in errors. Throws std::invalid_argument
  /// if it is not contiguous. Does not compile for a temporary that owns its memory, an expression, constant elements
  /// or another scalar type.
  template <class T>
  static Binding to(T&& object, std::string_view call, std::string_view what, std::string_view name) {
    using Object = std::remove_cvref_t<T>;
    static_assert(
        Viewable<Object>,
        "eigentune: only objects with memory of their own can be bound: Matrix, Array, Map, Ref, Block, and with "
        "<eigentune/tensor.hpp> Tensor and TensorMap; this is another type, or an expression yet to be evaluated");
    if constexpr (Viewable<Object>) {
      using Traits = ViewTraits<Object>;
      constexpr bool owning_temporary = Traits::owns && !std::is_lvalue_reference_v<T>;
      constexpr bool constant =
          std::is_const_v<typename Traits::Scalar> || (Traits::owns && std::is_const_v<std::remove_reference_t<T>>);
      constexpr bool same_scalar = std::same_as<std::remove_const_t<typename Traits::Scalar>, Scalar>;
      static_assert(!owning_temporary,
                    "eigentune: a temporary that owns its memory cannot be bound: it is gone before the "
                    "first step. Bind a named object, which the optimizer keeps by address");
      static_assert(!constant, "eigentune: parameters and gradients must be writable (a step can zero the gradients)");
      static_assert(same_scalar, "eigentune: parameter and gradient must have the optimizer's scalar type");
      if constexpr (!owning_temporary && !constant && same_scalar) {
        require(Traits::contiguous(object),
                "{}: the {} \"{}\" of shape {} is not contiguous in memory; bind the whole object, whole columns of a "
                "column-major matrix or whole rows of a row-major one",
                call, what, name, Traits::view(object).shape);
        return make<Traits>(object);
      } else {
        return {};
      }
    } else {
      return {};
    }
  }

 private:
  template <class Traits, class Object>
  [[gnu::cold]] static Binding make(Object& object) {
    Binding binding;
    binding.view_ = Traits::view(object);
    if constexpr (Traits::owns) {
      binding.look_up_by_address(object);
    } else if constexpr (requires {
                           { Traits::owner(object)->data() } -> std::same_as<Scalar*>;
                         }) {
      binding.look_up_by_address(*Traits::owner(object));
      binding.offset_ = binding.view_.size() == 0 ? 0 : binding.view_.data - Traits::owner(object)->data();
    }
    return binding;
  }

  template <class Owner>
  void look_up_by_address(Owner& owner) {
    object_ = std::addressof(owner);
    object_shape_ = ViewTraits<Owner>::view(owner).shape;
    look_up_ = [](void* address) { return ViewTraits<Owner>::view(*static_cast<Owner*>(address)); };
  }

  TensorView<Scalar> view_;
  void* object_ = nullptr;  // the owner, if there is one
  Shape object_shape_;
  TensorView<Scalar> (*look_up_)(void*) = nullptr;
  std::ptrdiff_t offset_ = 0;  // of a window within its owner
};

}  // namespace eigentune
