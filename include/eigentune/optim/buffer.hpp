#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <span>

namespace eigentune {

/// Memory for numbers, aligned to a cache line whatever the build's flags.
template <class Scalar>
class Buffer {
 public:
  Buffer() = default;

  /// `size` elements of `value`. Throws std::bad_alloc.
  Buffer(std::int64_t size, Scalar value) : size_(size) {
    if (static_cast<std::uint64_t>(size) > std::numeric_limits<std::size_t>::max() / sizeof(Scalar))
      throw std::bad_alloc();
    if (size == 0) return;
    data_.reset(static_cast<Scalar*>(::operator new(static_cast<std::size_t>(size) * sizeof(Scalar), alignment)));
    std::uninitialized_fill_n(data_.get(), size, value);
  }

  std::int64_t size() const { return size_; }
  Scalar* data() { return data_.get(); }
  const Scalar* data() const { return data_.get(); }
  std::span<const Scalar> values() const { return {data_.get(), static_cast<std::size_t>(size_)}; }
  std::span<Scalar> values() { return {data_.get(), static_cast<std::size_t>(size_)}; }

 private:
  static constexpr std::align_val_t alignment{64};
  struct Delete {
    void operator()(Scalar* memory) const { ::operator delete(memory, alignment); }
  };
  std::unique_ptr<Scalar, Delete> data_;
  std::int64_t size_ = 0;
};

}  // namespace eigentune
