#pragma once

/// Include this to bind Eigen::Tensor, Eigen::TensorFixedSize and Eigen::TensorMap. It is apart from
/// <eigentune/optim.hpp> because <unsupported/Eigen/CXX11/Tensor> takes long to compile.

#include <eigentune/core/view.hpp>

#include <unsupported/Eigen/CXX11/Tensor>

#include <utility>

namespace eigentune {

namespace detail {

template <class T>
Shape tensor_shape(const T& tensor) {
  static_assert(T::NumDimensions <= Shape::max_rank, "eigentune: tensors of rank above 8 cannot be bound");
  Shape shape;
  // Axes as constants, because some of Eigen's tensors want them signed and others unsigned.
  [&]<int... axis>(std::integer_sequence<int, axis...>) {
    (shape.push_back(tensor.dimension(axis)), ...);
  }
  (std::make_integer_sequence<int, T::NumDimensions>());
  return shape;
}

template <class T>
constexpr StorageOrder tensor_order =
    static_cast<int>(T::Layout) == static_cast<int>(Eigen::RowMajor) && T::NumDimensions > 1
        ? StorageOrder::row_major
        : StorageOrder::column_major;

template <class T>
struct TensorOwnerTraits {
  static constexpr bool defined = true;
  static constexpr bool owns = true;
  using Scalar = typename T::Scalar;

  static bool contiguous(const T&) { return true; }
  static TensorView<Scalar> view(T& tensor) { return {tensor.data(), tensor_shape(tensor), tensor_order<T>}; }
};

}  // namespace detail

template <class Element, int rank, int options, class Index>
struct ViewTraits<Eigen::Tensor<Element, rank, options, Index>>
    : detail::TensorOwnerTraits<Eigen::Tensor<Element, rank, options, Index>> {};

template <class Element, class Dimensions, int options, class Index>
struct ViewTraits<Eigen::TensorFixedSize<Element, Dimensions, options, Index>>
    : detail::TensorOwnerTraits<Eigen::TensorFixedSize<Element, Dimensions, options, Index>> {};

template <class Plain, int options, template <class> class MakePointer>
struct ViewTraits<Eigen::TensorMap<Plain, options, MakePointer>> {
  using T = Eigen::TensorMap<Plain, options, MakePointer>;
  static constexpr bool defined = true;
  static constexpr bool owns = false;
  using Scalar = std::conditional_t<std::is_const_v<Plain>, const typename T::Scalar, typename T::Scalar>;

  static bool contiguous(const T&) { return true; }
  static TensorView<Scalar> view(const T& map) {
    return {const_cast<Scalar*>(map.data()), detail::tensor_shape(map), detail::tensor_order<T>};
  }
};

}  // namespace eigentune
