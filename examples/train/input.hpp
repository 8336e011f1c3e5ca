#pragma once

#include <eigentune/train/epoch_shuffle.hpp>
#include <eigentune/train/prefetch_loader.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "train/dataset.hpp"

namespace example {

/// One mini-batch.
struct Batch {
  Eigen::MatrixXf images;              ///< [pixels, batch_size]
  std::vector<std::uint8_t> labels;    ///< [batch_size]
  std::vector<std::int64_t> examples;  ///< [batch_size], their columns in the dataset
};

using Batches = eigentune::PrefetchLoader<Batch>;

/// Mini-batches without end, made ahead by `producers` threads, or by the calling one where there are none. Batch b
/// takes positions b * batch_size, ... of the stream of epochs that the seed decides: each epoch takes all examples
/// once, and a batch that an epoch does not fill goes on with the next one. `dataset` must outlive the batches. Throws
/// std::invalid_argument if it is empty, the batch size is below 1 or there are fewer than 0 producers.
inline std::unique_ptr<Batches> load_batches(const Dataset& dataset, std::int64_t batch_size, std::uint64_t seed,
                                             int producers) {
  eigentune::require(batch_size >= 1, "load_batches: batch_size must be at least 1, got {}", batch_size);
  const auto order = std::make_shared<const eigentune::EpochShuffle>(std::ssize(dataset.labels),
                                                                     eigentune::EpochShuffleOptions{.seed = seed});
  const auto make_batch = [&dataset, batch_size, order](std::int64_t number, Batch& into) {
    into.images.resize(dataset.images.rows(), batch_size);
    into.labels.resize(static_cast<std::size_t>(batch_size));
    into.examples.resize(static_cast<std::size_t>(batch_size));
    order->fill(number * batch_size, into.examples);
    for (std::size_t j = 0; j < into.examples.size(); ++j) {
      into.images.col(static_cast<Eigen::Index>(j)) = dataset.images.col(into.examples[j]);
      into.labels[j] = dataset.labels[static_cast<std::size_t>(into.examples[j])];
    }
  };
  return std::make_unique<Batches>(make_batch, eigentune::PrefetchOptions{.producers = producers});
}

}  // namespace example
