#pragma once

#include <eigentune/core/error.hpp>

#include <Eigen/Core>

#include "train/norm_kind.hpp"
#include "train/residual_block.hpp"

namespace example {

struct NetworkOptions {
  Eigen::Index inputs = 784;  ///< features of an example, at least 1
  Eigen::Index classes = 10;  ///< 2 to 256
  Eigen::Index depth = 2;     ///< residual blocks, 0 or more
  Eigen::Index width = 256;   ///< features between the layers, at least 1
  Norm norm = Norm::pre;
  NormKind norm_kind = NormKind::layer;  ///< of every norm
  bool zero_init_residual = false;  ///< the last linear layer of each residual branch starts at zero: each block at x
  Eigen::Index max_batch = 128;     ///< the largest batch a call may have; all workspaces are made for it once
};

/// Throws std::invalid_argument where an option is out of its range; returns the options.
inline const NetworkOptions& checked(const NetworkOptions& options) {
  using eigentune::require;
  require(options.inputs >= 1, "Network: inputs must be at least 1, got {}", options.inputs);
  require(options.classes >= 2 && options.classes <= 256, "Network: classes must be in [2, 256], got {}",
          options.classes);
  require(options.depth >= 0, "Network: depth must be at least 0, got {}", options.depth);
  require(options.width >= 1, "Network: width must be at least 1, got {}", options.width);
  require(options.max_batch >= 1, "Network: max_batch must be at least 1, got {}", options.max_batch);
  return options;
}

}  // namespace example
