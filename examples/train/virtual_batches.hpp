#pragma once

#include <Eigen/Core>

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "train/matrix.hpp"

namespace example {

/// One virtual ("ghost") batch: consecutive columns of a batch whose statistics batch normalisation takes together.
struct VirtualBatch {
  Eigen::Index number = 0;                   ///< 0, 1, ... within the batch
  Columns columns;                           ///< together they cover the batch, padded columns included
  std::span<const Eigen::Index> examples{};  ///< the columns that count, ascending: weight above 0; at least one

  /// Calls visit(column, counts) for each of the columns, from the first to the last.
  template <class Visit>
  void for_each_column(Visit&& visit) const {
    std::size_t next = 0;
    for (Eigen::Index column = columns.first; column < columns.first + columns.count; ++column) {
      const bool counts = next < examples.size() && examples[next] == column;
      if (counts) ++next;
      visit(column, counts);
    }
  }
};

/// How the examples of a batch fall into virtual batches of about 64, whatever the batch size (Hoffer, Hubara and
/// Soudry, 2017; the playbook's "additional implementation details for batch normalization").
///
/// Only examples whose weight is above 0 count, each of them once, whatever its weight: weights belong to the loss, and
/// a padded example is not there. The n that count are cut, in the order of their columns, into
///   virtual batches = max(1, n / 64 rounded to the nearest, halves up),  the g-th from n * g / count (rounded down)
///   on,
/// so that their sizes differ by at most one: 48 to 95 examples each, once n is at least 48, and all n together below
/// 96. There is no small last one, whose noisy statistics would weigh as much as another's; for the same reason padding
/// is left out before cutting, not after: the virtual batches of a padded batch are those of the batch without its
/// padding. Only a batch with one example that counts has a virtual batch of one.
///
/// A padded column goes with the example before it; before the first example, with the first.
class VirtualBatches {
 public:
  static constexpr Eigen::Index target = 64;  ///< examples

  /// The most virtual batches that `max_batch` examples can make.
  static constexpr Eigen::Index max_count(Eigen::Index max_batch) {
    return std::max<Eigen::Index>(1, (max_batch + target / 2) / target);
  }

  /// Makes room for batches of up to `max_batch` columns.
  explicit VirtualBatches(Eigen::Index max_batch) {
    examples_.reserve(static_cast<std::size_t>(max_batch));
    batches_.reserve(static_cast<std::size_t>(max_count(max_batch)));
  }
  VirtualBatches(const VirtualBatches&) = delete;  // batches_ points into examples_
  VirtualBatches& operator=(const VirtualBatches&) = delete;

  /// Cuts a batch whose examples have these weights, at least 0 and not all 0. Allocates nothing within `max_batch`.
  template <class Scalar>
  void cut(std::span<const Scalar> weights) {
    examples_.clear();
    batches_.clear();
    for (std::size_t column = 0; column < weights.size(); ++column) {
      if (weights[column] > 0) examples_.push_back(static_cast<Eigen::Index>(column));
    }
    const std::span<const Eigen::Index> examples(examples_);
    const auto total = static_cast<Eigen::Index>(examples.size());
    const Eigen::Index count = max_count(total);
    const auto start = [&](Eigen::Index number) { return static_cast<std::size_t>(total * number / count); };
    for (Eigen::Index number = 0; number < count; ++number) {
      const auto own = examples.subspan(start(number), start(number + 1) - start(number));
      const Eigen::Index first = number == 0 ? 0 : own.front();
      const Eigen::Index end =
          number + 1 == count ? static_cast<Eigen::Index>(weights.size()) : examples[start(number + 1)];
      batches_.push_back({number, {first, end - first}, own});
    }
  }

  /// Those of the last cut, from the first column to the last.
  std::span<const VirtualBatch> all() const { return batches_; }

 private:
  std::vector<Eigen::Index> examples_;  // the columns that count
  std::vector<VirtualBatch> batches_;
};

}  // namespace example
