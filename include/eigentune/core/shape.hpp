#pragma once

#include <eigentune/core/error.hpp>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>

namespace eigentune {

/// How the elements of a matrix or tensor follow each other in memory: the first index fastest, or the last.
enum class StorageOrder { column_major, row_major };

/// "column-major" or "row-major".
constexpr const char* to_string(StorageOrder order) {
  return order == StorageOrder::column_major ? "column-major" : "row-major";
}

/// The extents of a tensor, at most `max_rank` of them. A compile-time vector has one extent, a matrix two.
class Shape {
 public:
  static constexpr int max_rank = 8;

  constexpr Shape() = default;

  /// Throws std::invalid_argument if there are more than max_rank extents, one is negative, or those that are not 0
  /// multiply to 2^63 or more.
  constexpr Shape(std::initializer_list<std::int64_t> extents) {
    for (const std::int64_t extent : extents) push_back(extent);
  }

  /// Appends an extent. Throws as the constructor does.
  constexpr void push_back(std::int64_t extent) {
    require(rank_ < max_rank, "Shape: at most {} extents are possible", int{max_rank});
    require(extent >= 0, "Shape: an extent must not be negative, got {}", extent);
    std::int64_t product = 1;
    for (int axis = 0; axis < rank_; ++axis) product *= (*this)[axis] == 0 ? 1 : (*this)[axis];
    require(extent == 0 || product <= std::numeric_limits<std::int64_t>::max() / extent,
            "Shape: there must be fewer than 2^63 elements, got {} times {}", product, extent);
    extents_[static_cast<std::size_t>(rank_++)] = extent;
  }

  constexpr int rank() const { return rank_; }
  constexpr std::int64_t operator[](int axis) const { return extents_[static_cast<std::size_t>(axis)]; }

  /// Number of elements, the product of the extents.
  constexpr std::int64_t size() const {
    std::int64_t product = 1;
    for (int axis = 0; axis < rank_; ++axis) product *= (*this)[axis];
    return product;
  }

  friend constexpr bool operator==(const Shape&, const Shape&) = default;

 private:
  std::array<std::int64_t, max_rank> extents_{};
  int rank_ = 0;
};

/// "[10, 784]".
[[gnu::cold]] inline std::string to_string(const Shape& shape) {
  std::string list;
  for (int axis = 0; axis < shape.rank(); ++axis) list.append(message("{}{}", axis > 0 ? ", " : "", shape[axis]));
  return message("[{}]", list);
}

}  // namespace eigentune
