#pragma once

#include <eigentune/train/safetensors_writer.hpp>

#include <cstddef>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

namespace eigentune::detail {

/// Memory for copies of tensors, which is used again from one time to the next.
class SnapshotBuffer {
 public:
  /// Copies all tensors as they lie, and lets each point to its copy. Throws std::bad_alloc.
  void take(std::vector<NamedTensor>& tensors) {
    std::size_t size = 0;
    for (const NamedTensor& named : tensors) size += padded(named.tensor.byte_size());
    if (size > size_) {
      memory_.reset();  // not both at once
      size_ = 0;
      memory_ = std::make_unique_for_overwrite<std::byte[]>(size);
      size_ = size;
    }
    std::byte* place = memory_.get();
    for (NamedTensor& named : tensors) {
      const std::size_t bytes = named.tensor.byte_size();
      if (bytes > 0) std::memcpy(place, named.tensor.data, bytes);
      named.tensor.data = std::exchange(place, place + padded(bytes));
    }
  }

 private:
  static constexpr std::size_t padded(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

  std::unique_ptr<std::byte[]> memory_;
  std::size_t size_ = 0;
};

}  // namespace eigentune::detail
