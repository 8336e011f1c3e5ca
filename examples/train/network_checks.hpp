#pragma once

#include <eigentune/core/error.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

#include "train/matrix.hpp"
#include "train/network_options.hpp"

namespace example {

/// The sum of the weights of a batch for a network of these options. Throws std::invalid_argument unless it has images
/// [inputs, n], labels [n] each below `classes` and weights [n] each at least 0 and not all 0, where 1 <= n <=
/// max_batch.
template <class Scalar>
Scalar checked_total_weight(const NetworkOptions& options, const MatrixView<Scalar>& images,
                            std::span<const std::uint8_t> labels, std::span<const Scalar> weights) {
  using eigentune::require;
  require(images.rows() == options.inputs, "Network: images must have {} rows, got {}", options.inputs, images.rows());
  require(images.cols() >= 1 && images.cols() <= options.max_batch, "Network: images must have 1 to {} columns, got {}",
          options.max_batch, images.cols());
  const auto batch = static_cast<std::size_t>(images.cols());
  require(labels.size() == batch, "Network: {} images need as many labels, got {}", batch, labels.size());
  require(weights.size() == batch, "Network: {} images need as many weights, got {}", batch, weights.size());
  for (const int label : labels) {
    require(label < options.classes, "Network: a label must be in [0, {}], got {}", options.classes - 1, label);
  }
  Scalar total = 0;
  for (const Scalar weight : weights) {
    require(weight >= 0 && eigentune::is_finite(static_cast<double>(weight)),
            "Network: a weight must be finite and at least 0, got {}", weight);
    total += weight;
  }
  require(total > 0 && eigentune::is_finite(static_cast<double>(total)),
          "Network: the weights must have a finite sum above 0, got {}", total);
  return total;
}

}  // namespace example
