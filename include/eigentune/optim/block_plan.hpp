#pragma once

#include <eigentune/core/parallel.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace eigentune {

/// A pool, and how a region runs on it: bound where a pool is given, so that who never gives one does not compile that.
struct Workers {
  ThreadPoolRef pool;
  void (ParallelRegion::*run_on)(ThreadPoolRef, std::int64_t, TaskRef) = &ParallelRegion::run;

  void run(ParallelRegion& region, std::int64_t count, TaskRef task) const { (region.*run_on)(pool, count, task); }
};

/// The work of a step, cut into blocks of one tensor each. The cut depends on the sizes alone, so that sums over blocks
/// have the same bits whatever the number of threads; threads share runs of blocks with about equally many elements.
class BlockPlan {
 public:
  /// Elements of a block: a multiple of the kernels' tile, and small enough to stay in a processor's second cache.
  static constexpr std::int64_t block_size = 16384;

  struct Block {
    std::size_t tensor;
    std::int64_t begin, size;  ///< elements of the tensor
    std::int64_t before;       ///< elements of the model before this block
  };

  void clear() {
    blocks_.clear();
    partial_sums_.clear();
    elements_ = 0;
  }

  /// Makes room for the blocks of one more tensor, so that `append` cannot fail.
  [[gnu::cold]] void reserve(std::int64_t size) {
    const std::size_t needed = blocks_.size() + static_cast<std::size_t>((size + block_size - 1) / block_size);
    if (needed <= blocks_.capacity() && needed <= partial_sums_.capacity()) return;
    blocks_.reserve(std::max(needed, 2 * blocks_.size()));
    partial_sums_.reserve(std::max(needed, 2 * blocks_.size()));
  }

  /// Appends the blocks of a tensor.
  [[gnu::cold]] void append(std::size_t tensor, std::int64_t size) {
    for (std::int64_t begin = 0; begin < size; begin += block_size) {
      const std::int64_t length = std::min(block_size, size - begin);
      blocks_.push_back({tensor, begin, length, elements_});
      elements_ += length;
    }
    partial_sums_.resize(blocks_.size());
  }

  const std::vector<Block>& blocks() const { return blocks_; }

  /// One number per block, for a sum.
  std::vector<double>& partial_sums() { return partial_sums_; }

  /// Calls task(block number) for every block, on the calling thread alone if there are no workers or little work.
  void for_each(const Workers* workers, ParallelRegion& region, TaskRef task) const {
    if (workers == nullptr || workers->pool.threads() <= 1 || elements_ < parallel_from) {
      for (std::size_t block = 0; block < blocks_.size(); ++block) task(static_cast<std::int64_t>(block));
      return;
    }
    const std::int64_t pieces =
        std::min(elements_ / smallest_piece, std::int64_t{workers->pool.threads()} * pieces_per_thread);
    workers->run(region, pieces, [&](std::int64_t piece) {
      const std::size_t end = first_block(piece + 1, pieces);
      for (std::size_t block = first_block(piece, pieces); block < end; ++block) task(static_cast<std::int64_t>(block));
    });
  }

 private:
  // Below, waking a thread costs more than it saves: up to 70 microseconds in a virtual machine, half of them the
  // caller's.
  static constexpr std::int64_t parallel_from = 16 * block_size;
  static constexpr std::int64_t smallest_piece = block_size;
  static constexpr std::int64_t pieces_per_thread =
      8;  // so that a thread which starts late or is disturbed delays little

  std::size_t first_block(std::int64_t piece, std::int64_t pieces) const {
    const std::int64_t from = elements_ / pieces * piece + elements_ % pieces * piece / pieces;
    const auto block =
        std::partition_point(blocks_.begin(), blocks_.end(), [&](const Block& b) { return b.before < from; });
    return static_cast<std::size_t>(block - blocks_.begin());
  }

  std::vector<Block> blocks_;
  std::vector<double> partial_sums_;
  std::int64_t elements_ = 0;
};

}  // namespace eigentune
