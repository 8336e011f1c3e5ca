#pragma once

#include <eigentune/core/shape.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

// Between column-major memory (first index fastest) and C order (last index fastest), which files are in.

namespace eigentune {

/// Whether a tensor of this shape and order lies in memory in C order as it is: row-major, or with at most one extent
/// above 1.
constexpr bool is_c_order(const Shape& shape, StorageOrder order) {
  int long_axes = 0;
  for (int axis = 0; axis < shape.rank(); ++axis) long_axes += shape[axis] > 1 ? 1 : 0;
  return order == StorageOrder::row_major || long_axes <= 1 || shape.size() == 0;
}

namespace detail {

/// target[row * target_stride + column] = source[row + column * source_stride], counted in words: whole cache lines are
/// read and written. Columns are far apart, where the processor does not look ahead by itself: the next ones are asked
/// for while these are at work.
template <class Word>
void transpose(const std::byte* source, std::int64_t source_stride, std::byte* target, std::int64_t target_stride,
               std::int64_t rows, std::int64_t columns) {
  constexpr auto size = static_cast<std::int64_t>(sizeof(Word));
  constexpr std::int64_t line = std::max<std::int64_t>(8, 64 / size), tile_rows = 256;
  const auto from = [&](std::int64_t row, std::int64_t column) {
    return source + (row + column * source_stride) * size;
  };
  const auto to = [&](std::int64_t row, std::int64_t column) { return target + (row * target_stride + column) * size; };
  const auto transpose_square = [&](std::int64_t row, std::int64_t column) {
    Word square[line][line];
    for (std::int64_t j = 0; j < line; ++j) std::memcpy(square[j], from(row, column + j), sizeof square[j]);
    for (std::int64_t i = 0; i < line; ++i) {
      Word out[line];
      for (std::int64_t j = 0; j < line; ++j) out[j] = square[j][i];
      std::memcpy(to(row + i, column), out, sizeof out);
    }
  };
  for (std::int64_t top = 0; top < rows; top += tile_rows) {
    const std::int64_t bottom = std::min(rows, top + tile_rows);
    for (std::int64_t column = 0; column < columns; column += line) {
      const std::int64_t column_end = std::min(columns, column + line);
      if (column + 2 * line <= columns) {
        for (std::int64_t j = line; j < 2 * line; ++j) {
          for (std::int64_t row = top; row < bottom; row += line) __builtin_prefetch(from(row, column + j));
        }
      }
      for (std::int64_t row = top; row < bottom; row += line) {
        if (row + line <= bottom && column + line <= columns) {
          transpose_square(row, column);
          continue;
        }
        for (std::int64_t i = row; i < std::min(bottom, row + line); ++i) {
          for (std::int64_t j = column; j < column_end; ++j) std::memcpy(to(i, j), from(i, j), sizeof(Word));
        }
      }
    }
  }
}

/// Calls visit(memory, file) for each index of the axes between the first and the last, with the offsets of its first
/// element, in elements: column-major in memory, C order in the file.
template <class Visit>
void for_each_middle_index(const Shape& shape, Visit&& visit) {
  const int last = shape.rank() - 1;
  std::int64_t count = 1;
  for (int axis = 1; axis < last; ++axis) count *= shape[axis];
  for (std::int64_t index = 0; index < count; ++index) {
    std::int64_t rest = index, memory = 0, stride = shape.size() / shape[last];
    for (int axis = last - 1; axis >= 1; --axis) {
      stride /= shape[axis];
      memory += (rest % shape[axis]) * stride;
      rest /= shape[axis];
    }
    visit(memory, index * shape[last]);
  }
}

/// Calls use(word) with a word of `size` bytes.
template <class Use>
void with_word(std::size_t size, Use&& use) {
  if (size == 1) return use(std::uint8_t{});
  if (size == 2) return use(std::uint16_t{});
  if (size == 4) return use(std::uint32_t{});
  use(std::uint64_t{});
}

}  // namespace detail

/// Writes the indices [begin, end) of the first axis of a column-major tensor to `target` in C order. The shape is such
/// that is_c_order is false; elements have 1, 2, 4 or 8 bytes.
inline void copy_to_c_order(const std::byte* memory, std::size_t element_size, const Shape& shape, std::int64_t begin,
                            std::int64_t end, std::byte* target) {
  const std::int64_t last = shape[shape.rank() - 1], row_size = shape.size() / shape[0];
  const auto size = static_cast<std::int64_t>(element_size);
  detail::with_word(element_size, [&]<class Word>(Word) {
    detail::for_each_middle_index(shape, [&](std::int64_t in_memory, std::int64_t in_file) {
      detail::transpose<Word>(memory + (in_memory + begin) * size, shape.size() / last, target + in_file * size,
                              row_size, end - begin, last);
    });
  });
}

/// The way back, for the whole tensor: reads `file` in C order, writes `memory` in column-major order.
inline void copy_from_c_order(const std::byte* file, std::size_t element_size, const Shape& shape, std::byte* memory) {
  const std::int64_t last = shape[shape.rank() - 1], row_size = shape.size() / shape[0];
  const auto size = static_cast<std::int64_t>(element_size);
  detail::with_word(element_size, [&]<class Word>(Word) {
    detail::for_each_middle_index(shape, [&](std::int64_t in_memory, std::int64_t in_file) {
      detail::transpose<Word>(file + in_file * size, row_size, memory + in_memory * size, shape.size() / last, last,
                              shape[0]);
    });
  });
}

}  // namespace eigentune
