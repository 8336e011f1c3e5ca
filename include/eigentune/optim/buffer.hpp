#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <span>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace eigentune {

/// Memory for numbers, aligned to a cache line whatever the build's flags. From 4 MiB on it begins on a boundary of 2
/// MiB, and Linux is asked to back it with pages of that size, which spares a step most of its walks through the page
/// table; no page is used that the numbers do not fill.
template <class Scalar>
class Buffer {
 public:
  Buffer() = default;

  /// `size` elements of `value`. Throws std::bad_alloc.
  [[gnu::cold, gnu::noinline]] Buffer(std::int64_t size, Scalar value) : size_(size) {
    if (static_cast<std::uint64_t>(size) > std::numeric_limits<std::size_t>::max() / sizeof(Scalar))
      throw std::bad_alloc();
    if (size == 0) return;
    const std::size_t bytes = static_cast<std::size_t>(size) * sizeof(Scalar);
    data_ = {static_cast<Scalar*>(::operator new(bytes, alignment(bytes))), Delete{bytes}};
    ask_for_huge_pages(data_.get(), bytes);
    std::uninitialized_fill_n(data_.get(), size, value);
  }

  std::int64_t size() const { return size_; }
  Scalar* data() { return data_.get(); }
  const Scalar* data() const { return data_.get(); }
  std::span<const Scalar> values() const { return {data_.get(), static_cast<std::size_t>(size_)}; }
  std::span<Scalar> values() { return {data_.get(), static_cast<std::size_t>(size_)}; }

 private:
  static constexpr std::size_t cache_line = 64, huge_page = std::size_t{2} << 20;

  static std::align_val_t alignment(std::size_t bytes) {
    return std::align_val_t{bytes < 2 * huge_page ? cache_line : huge_page};
  }

  /// Where that fails, the memory is as good as any other.
  static void ask_for_huge_pages([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) {
#if defined(MADV_HUGEPAGE)
    if (bytes >= 2 * huge_page) madvise(memory, bytes / huge_page * huge_page, MADV_HUGEPAGE);
#endif
  }

  struct Delete {
    std::size_t bytes = 0;
    void operator()(Scalar* memory) const { ::operator delete(memory, alignment(bytes)); }
  };
  std::unique_ptr<Scalar, Delete> data_;
  std::int64_t size_ = 0;
};

}  // namespace eigentune
