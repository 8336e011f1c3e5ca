#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/random.hpp>

#include <Eigen/Core>

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include "train/dataset.hpp"

namespace example {

/// Mini-batches without end. Each epoch takes all examples once, in an order of its own that depends on the seed and
/// the epoch only. Batches are always full: one that an epoch does not fill goes on with the next epoch. Allocates
/// nothing after construction.
class Batches {
 public:
  /// `dataset` must outlive this. Throws std::invalid_argument if it is empty or the batch size is below 1.
  Batches(const Dataset& dataset, Eigen::Index batch_size, std::uint64_t seed)
      : dataset_(&dataset), random_(seed, 1), order_(dataset.labels.size()) {
    eigentune::require(!order_.empty(), "Batches: the dataset must have at least 1 example, got 0");
    eigentune::require(batch_size >= 1, "Batches: batch_size must be at least 1, got {}", batch_size);
    images_.resize(dataset.images.rows(), batch_size);
    labels_.resize(static_cast<std::size_t>(batch_size));
    position_ = order_.size();
  }

  /// Fills images() and labels() with the next batch.
  void next() {
    for (std::size_t j = 0; j < labels_.size(); ++j) {
      if (position_ == order_.size()) start_epoch();
      const std::size_t example = order_[position_++];
      images_.col(static_cast<Eigen::Index>(j)) = dataset_->images.col(static_cast<Eigen::Index>(example));
      labels_[j] = dataset_->labels[example];
    }
  }

  const Eigen::MatrixXf& images() const { return images_; }         ///< [pixels, batch_size]
  std::span<const std::uint8_t> labels() const { return labels_; }  ///< [batch_size]

 private:
  void start_epoch() {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    random_.split(epoch_++).shuffle(order_);
    position_ = 0;
  }

  const Dataset* dataset_;
  eigentune::Random random_;
  std::vector<std::size_t> order_;  // of the examples in the current epoch
  std::size_t position_ = 0;        // in order_
  std::uint64_t epoch_ = 0;
  Eigen::MatrixXf images_;
  std::vector<std::uint8_t> labels_;
};

}  // namespace example
