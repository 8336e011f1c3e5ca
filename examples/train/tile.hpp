#pragma once

#include <Eigen/Core>

#include <algorithm>
#include <cstddef>
#include <span>

#include "train/matrix.hpp"
#include "train/virtual_batches.hpp"

namespace example {

/// How many examples of a batch one task takes: a quarter of the batch, but at least 64, as each task packs all weights
/// anew, and at most 256. It depends on the batch alone, so the results are the same to the bit at any number of
/// threads.
inline Eigen::Index columns_per_task(Eigen::Index batch) {
  return std::clamp<Eigen::Index>((batch + 3) / 4, 64, 256);
}

/// What one task of a forward and backward pass works on.
struct Tile {
  Columns columns;
  /// What the columns are made of, where a batch normalisation needs its statistics; otherwise none.
  std::span<const VirtualBatch> virtual_batches{};
};

/// A batch cut into tiles that need nothing from each other.
class Tiles {
 public:
  /// Without virtual batches, of at most columns_per_task examples, all of nearly one length; with them, of whole
  /// virtual batches and about as many examples. The virtual batches must outlive this.
  explicit Tiles(Eigen::Index batch, std::span<const VirtualBatch> virtual_batches = {})
      : pieces_(virtual_batches.empty() ? Pieces(batch, columns_per_task(batch))
                                        : Pieces(static_cast<Eigen::Index>(virtual_batches.size()),
                                                 columns_per_task(batch) / VirtualBatches::target)),
        virtual_batches_(virtual_batches) {}

  Eigen::Index count() const { return pieces_.count(); }
  Tile operator[](Eigen::Index tile) const {
    const Columns piece = pieces_[tile];
    if (virtual_batches_.empty()) return {piece};
    const auto own =
        virtual_batches_.subspan(static_cast<std::size_t>(piece.first), static_cast<std::size_t>(piece.count));
    const Eigen::Index first = own.front().columns.first;
    return {{first, own.back().columns.first + own.back().columns.count - first}, own};
  }

 private:
  Pieces pieces_;  // of the columns, or of the virtual batches
  std::span<const VirtualBatch> virtual_batches_;
};

}  // namespace example
