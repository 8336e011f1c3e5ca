#pragma once

#include <Eigen/Core>

#include <algorithm>

namespace example {

/// Column-major matrices [features, examples]: one example is one contiguous column.
template <class Scalar>
using Matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;
template <class Scalar>
using Vector = Eigen::Matrix<Scalar, Eigen::Dynamic, 1>;
/// A matrix to read, or consecutive columns of one.
template <class Scalar>
using MatrixView = Eigen::Ref<const Matrix<Scalar>>;

/// Consecutive columns (examples) of a batch: what one task of a forward and backward pass works on.
struct Columns {
  Eigen::Index first = 0, count = 0;
};

/// `size` cut into as few pieces of at most `limit` as possible, all of nearly one length.
class Pieces {
 public:
  Pieces(Eigen::Index size, Eigen::Index limit)
      : size_(size), count_((size + limit - 1) / limit), length_(count_ == 0 ? 0 : (size + count_ - 1) / count_) {}

  Eigen::Index count() const { return count_; }
  Columns operator[](Eigen::Index piece) const {
    const Eigen::Index first = std::min(piece * length_, size_);
    return {first, std::min(length_, size_ - first)};
  }

 private:
  Eigen::Index size_, count_, length_;
};

/// result += left * right, tile by tile.
///
/// Eigen packs the operands of a product into buffers as large as the cache is; beyond 128 KiB each it takes them from
/// the heap at every product, and the fresh pages can cost more than the product itself. These tiles are the largest
/// whose buffers stay on the stack. Their shapes depend on the operands' shapes only, so the order of summation, too,
/// is the same at any number of threads.
template <class Left, class Right, class Result>
void add_product(const Left& left, const Right& right, Result&& result) {
  constexpr Eigen::Index row_limit = 256;
  constexpr Eigen::Index depth_limit =
      128 * 1024 / (row_limit * static_cast<Eigen::Index>(sizeof(typename Left::Scalar)));
  constexpr Eigen::Index column_limit = 256;
  const Pieces row_pieces(result.rows(), row_limit);
  const Pieces depth_pieces(left.cols(), depth_limit);
  const Pieces column_pieces(result.cols(), column_limit);
  for (Eigen::Index j = 0; j < column_pieces.count(); ++j) {
    const Columns columns = column_pieces[j];
    for (Eigen::Index i = 0; i < row_pieces.count(); ++i) {
      const Columns rows = row_pieces[i];
      auto tile = result.block(rows.first, columns.first, rows.count, columns.count);
      for (Eigen::Index k = 0; k < depth_pieces.count(); ++k) {
        const Columns depth = depth_pieces[k];
        tile.noalias() += left.block(rows.first, depth.first, rows.count, depth.count) *
                          right.block(depth.first, columns.first, depth.count, columns.count);
      }
    }
  }
}

}  // namespace example
