#pragma once

#include <eigentune/core/view.hpp>
#include <eigentune/train/c_order.hpp>
#include <eigentune/train/data_type.hpp>

#include <cstddef>
#include <cstring>
#include <span>
#include <type_traits>

namespace eigentune {

/// A tensor in memory, its element type known at run time only. Byte is std::byte or const std::byte.
template <class Byte>
struct RawTensor {
  Byte* data = nullptr;
  DataType type = DataType::F32;
  Shape shape;
  StorageOrder order = StorageOrder::column_major;

  std::size_t byte_size() const { return static_cast<std::size_t>(shape.size()) * size_of(type); }
  operator RawTensor<const std::byte>() const requires(!std::is_const_v<Byte>) { return {data, type, shape, order}; }
};

/// The memory of `view` without its type.
template <class Scalar>
auto raw_tensor(const TensorView<Scalar>& view) {
  using Byte = std::conditional_t<std::is_const_v<Scalar>, const std::byte, std::byte>;
  return RawTensor<Byte>{reinterpret_cast<Byte*>(view.data), data_type_of<std::remove_const_t<Scalar>>(), view.shape,
                         view.order};
}

/// Copies the bytes of a file, in C order, to a tensor; `bytes` has as many as the tensor.
inline void copy_from_file_order(std::span<const std::byte> bytes, const RawTensor<std::byte>& target) {
  if (bytes.empty()) return;
  if (is_c_order(target.shape, target.order)) {
    std::memcpy(target.data, bytes.data(), bytes.size());
  } else {
    copy_from_c_order(bytes.data(), size_of(target.type), target.shape, target.data);
  }
}

}  // namespace eigentune
