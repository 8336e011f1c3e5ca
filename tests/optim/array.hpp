#pragma once

#include <eigentune/core/view.hpp>

#include <utility>
#include <vector>

// A tensor of any rank and either storage order, chosen at run time; and an example of a container of a user's own.

namespace support {

template <class Scalar>
struct Array {
  eigentune::Shape shape;
  eigentune::StorageOrder order = eigentune::StorageOrder::column_major;
  std::vector<Scalar> memory = std::vector<Scalar>(static_cast<std::size_t>(shape.size()));

  /// The element at `index`, by the definition of the two orders.
  Scalar& at(const std::vector<std::int64_t>& index) {
    std::int64_t offset = 0;
    const int rank = shape.rank();
    for (int k = 0; k < rank; ++k) {
      const int axis = order == eigentune::StorageOrder::row_major ? k : rank - 1 - k;  // the slowest first
      offset = offset * shape[axis] + index[static_cast<std::size_t>(axis)];
    }
    return memory[static_cast<std::size_t>(offset)];
  }

  /// All indices, the last axis fastest.
  std::vector<std::vector<std::int64_t>> indices() const {
    std::vector<std::vector<std::int64_t>> list = {{}};
    for (int axis = 0; axis < shape.rank(); ++axis) {
      std::vector<std::vector<std::int64_t>> longer;
      for (const auto& begin : list) {
        for (std::int64_t i = 0; i < shape[axis]; ++i) {
          longer.push_back(begin);
          longer.back().push_back(i);
        }
      }
      list = std::move(longer);
    }
    return list;
  }
};

}  // namespace support

template <class Element>
struct eigentune::ViewTraits<support::Array<Element>> {
  static constexpr bool defined = true;
  static constexpr bool owns = true;
  using Scalar = Element;
  static bool contiguous(const support::Array<Element>&) { return true; }
  static TensorView<Element> view(support::Array<Element>& array) {
    return {array.memory.data(), array.shape, array.order};
  }
};
