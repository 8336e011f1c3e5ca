#pragma once

#include <eigentune/optim/optimizers.hpp>
#include <eigentune/train/checkpoint_extras.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace fuzz {

/// A small program that trains: the one that saved the checkpoints of the corpus, and that resumes from what became of
/// them.
struct Program {
  Program() {
    optimizer.add("w", w, w_gradient, {.weight_decay = 0.125});
    optimizer.add("b", b, b_gradient);
    extras.tensor("order", std::span(order));
  }

  Eigen::MatrixXf w = Eigen::MatrixXf::Ones(2, 3), w_gradient = w;
  Eigen::VectorXf b = Eigen::VectorXf::Zero(1), b_gradient = Eigen::VectorXf::Ones(1);
  std::vector<std::uint16_t> order{3, 1, 2};
  eigentune::Momentum<float> optimizer;
  eigentune::CheckpointExtras extras;
};

}  // namespace fuzz
