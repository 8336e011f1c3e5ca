#pragma once

#include <Eigen/Core>

#include <memory>

#include "train/batch_norm.hpp"
#include "train/layer_norm.hpp"
#include "train/norm_layer.hpp"

namespace example {

/// What a norm takes mean and variance over.
enum class NormKind {
  layer,  ///< the features of each example: often the better choice, with nothing to average or to synchronise
  batch,  ///< the examples of a virtual batch, for each feature
};

template <class Scalar>
std::unique_ptr<NormLayer<Scalar>> make_norm(NormKind kind, Eigen::Index features, Eigen::Index max_batch) {
  if (kind == NormKind::batch) return std::make_unique<BatchNorm<Scalar>>(features, max_batch);
  return std::make_unique<LayerNorm<Scalar>>(features, max_batch);
}

}  // namespace example
