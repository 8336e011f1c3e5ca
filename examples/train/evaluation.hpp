#pragma once

#include <Eigen/Core>

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "train/dataset.hpp"
#include "train/network.hpp"

namespace example {

/// The score on all examples of a dataset, in batches as large as the network takes. The last batch may be a partial
/// one: scores are sums, so each example counts the same.
template <class ParallelFor>
Score evaluate(Network<float>& network, ParallelFor& parallel_for, const Dataset& dataset) {
  const Eigen::Index examples = dataset.images.cols();
  const std::vector<float> weights(static_cast<std::size_t>(network.options().max_batch), 1.0F);
  Score score;
  for (Eigen::Index first = 0; first < examples; first += network.options().max_batch) {
    const Eigen::Index count = std::min(network.options().max_batch, examples - first);
    const auto size = static_cast<std::size_t>(count);
    score += network.score(parallel_for, dataset.images.middleCols(first, count),
                           std::span(dataset.labels).subspan(static_cast<std::size_t>(first), size),
                           std::span(weights).first(size));
  }
  return score;
}

}  // namespace example
