#pragma once

#include <eigentune/core/error.hpp>

#include <Eigen/Core>

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "train/network.hpp"

namespace example {

/// Sets the moving averages of every copy of a network to their weighted mean, sum(weight * average) / sum(weight),
/// computed in double in the order of the copies and rounded once. Does nothing without batch normalisation.
///
/// Copies that train on parts of each batch have moving averages of their own, and each would evaluate differently:
/// before every evaluation and every checkpoint they must become one (the playbook's "additional implementation details
/// for batch normalization"). With weights in proportion to the examples that each copy sees in a step, the result is
/// what one network would have that sees all their virtual batches, since averages of averages are linear: as long as
/// the proportions stay, it does not matter how often they are averaged. The variance remains that within a virtual
/// batch; the differences between the copies' means are not added to it. On several hosts the same is an all-reduce
/// (sum) of weight / sum(weight) times each buffer.
///
/// Throws std::invalid_argument, and changes nothing, unless there is at least one copy, one weight for each, finite
/// and at least 0 with a finite sum above 0, and all copies have buffers of the same names and sizes.
template <class Scalar>
void average_buffers(std::span<Network<Scalar>* const> copies, std::span<const double> weights) {
  using eigentune::require;
  require(!copies.empty(), "average_buffers: there must be at least 1 copy, got 0");
  require(weights.size() == copies.size(), "average_buffers: {} copies need as many weights, got {}", copies.size(),
          weights.size());
  double total = 0.0;
  for (const double weight : weights) {
    require(weight >= 0.0 && eigentune::is_finite(weight),
            "average_buffers: a weight must be finite and at least 0, got {}", weight);
    total += weight;
  }
  require(total > 0.0 && eigentune::is_finite(total),
          "average_buffers: the weights must have a finite sum above 0, got {}", total);

  using Buffers = std::vector<std::pair<std::string, Vector<Scalar>*>>;
  std::vector<Buffers> buffers(copies.size());
  for (std::size_t copy = 0; copy < copies.size(); ++copy) {
    copies[copy]->for_each_buffer(
        [&](const std::string& name, Vector<Scalar>& buffer) { buffers[copy].emplace_back(name, &buffer); });
    bool alike = buffers[copy].size() == buffers.front().size();
    for (std::size_t i = 0; alike && i < buffers[copy].size(); ++i) {
      alike = buffers[copy][i].first == buffers.front()[i].first &&
              buffers[copy][i].second->size() == buffers.front()[i].second->size();
    }
    require(alike, "average_buffers: copy {} must have the buffers of copy 0, with the same names and sizes", copy);
  }

  for (std::size_t i = 0; i < buffers.front().size(); ++i) {
    Eigen::VectorXd mean = Eigen::VectorXd::Zero(buffers.front()[i].second->size());
    for (std::size_t copy = 0; copy < copies.size(); ++copy) {
      mean += weights[copy] / total * buffers[copy][i].second->template cast<double>();
    }
    for (const Buffers& own : buffers) *own[i].second = mean.cast<Scalar>();
  }
}

}  // namespace example
