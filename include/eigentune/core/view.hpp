#pragma once

#include <eigentune/core/shape.hpp>

#include <Eigen/Core>

#include <concepts>
#include <cstdint>
#include <type_traits>

namespace eigentune {

/// Contiguous memory of a matrix or tensor that somebody else owns: shape.size() elements from `data` on, laid out in
/// `order`.
template <class Scalar>
struct TensorView {
  Scalar* data = nullptr;
  Shape shape;
  StorageOrder order = StorageOrder::column_major;

  std::int64_t size() const { return shape.size(); }
};

/// What the library must know of a type before it can bind objects of it. Specialised for Eigen's dense types below and
/// for Eigen::Tensor in <eigentune/tensor.hpp>; a user may specialise it for a container of their own.
///   Scalar      the element type, const if elements cannot be written
///   owns        true: objects own their memory (bound by address), false: they are windows (bound by value)
///   contiguous  of an object: whether its elements follow each other without gaps
///   view        of an object: its memory, shape and order; `Owner` and `owner` (windows only, optional) lead to the
///   object
///               whose memory it is, so that a later resize is noticed
template <class T>
struct ViewTraits {
  static constexpr bool defined = false;
};

namespace detail {

// By conversion and not by std::derived_from<DenseBase<T>>: VectorBlock and users' classes derive from their base's
// base.
template <class Derived>
void accept_dense(const Eigen::DenseBase<Derived>&);
template <class Derived>
void accept_owner(const Eigen::PlainObjectBase<Derived>&);

template <class T>
concept EigenDense = requires(const T& object) {
  accept_dense(object);
};

template <class T>
concept EigenOwner = requires(const T& object) {
  accept_owner(object);
};

template <class T>
concept EigenWindow =
    EigenDense<T> && !EigenOwner<T> && (T::Flags & Eigen::DirectAccessBit) != 0 && requires(const T& object) {
  object.data();
};

template <class T>
Shape dense_shape(T& object) {  // not const: g++ takes an object whose elements are not set yet for read
  if constexpr (T::IsVectorAtCompileTime) {
    return Shape{object.size()};
  } else {
    return Shape{object.rows(), object.cols()};
  }
}

template <class T>
constexpr StorageOrder dense_order =
    T::IsRowMajor && !T::IsVectorAtCompileTime ? StorageOrder::row_major : StorageOrder::column_major;

}  // namespace detail

/// Matrix and Array, of fixed or dynamic size.
template <detail::EigenOwner T>
struct ViewTraits<T> {
  static constexpr bool defined = true;
  static constexpr bool owns = true;
  using Scalar = typename T::Scalar;

  static bool contiguous(const T&) { return true; }
  static TensorView<Scalar> view(T& object) {
    return {object.data(), detail::dense_shape(object), detail::dense_order<T>};
  }
};

/// Map, Ref, Block and other expressions with memory behind them.
template <detail::EigenWindow T>
struct ViewTraits<T> {
  static constexpr bool defined = true;
  static constexpr bool owns = false;
  using Scalar = std::conditional_t<(T::Flags & Eigen::LvalueBit) != 0, typename T::Scalar, const typename T::Scalar>;

  static bool contiguous(const T& object) {
    return object.size() == 0 || ((object.innerStride() == 1 || object.innerSize() == 1) &&
                                  (object.outerStride() == object.innerSize() || object.outerSize() == 1));
  }
  /// A window is as constant as its type says, not as the object at hand: `const Map<VectorXf>` writes.
  static TensorView<Scalar> view(const T& object) {
    return {const_cast<Scalar*>(object.data()), detail::dense_shape(object), detail::dense_order<T>};
  }
  /// The Matrix or Array whose memory this is, through any number of blocks, or nullptr (a Map, a Ref).
  static auto owner(const T& object) {
    if constexpr (requires { object.nestedExpression(); }) {
      using Nested = std::remove_cvref_t<decltype(object.nestedExpression())>;
      if constexpr (detail::EigenOwner<Nested>) {
        return const_cast<Nested*>(&object.nestedExpression());
      } else if constexpr (detail::EigenWindow<Nested>) {
        return ViewTraits<Nested>::owner(object.nestedExpression());
      } else {
        return nullptr;
      }
    } else {
      return nullptr;
    }
  }
};

/// Objects of type T (no reference, no const) can be bound: contiguous dense Eigen objects, and what ViewTraits is
/// specialised for.
template <class T>
concept Viewable = ViewTraits<T>::defined;

}  // namespace eigentune
