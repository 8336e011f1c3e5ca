#pragma once

#include <eigentune/core/random.hpp>

#include <Eigen/Core>
#include <fmt/core.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "train/linear.hpp"
#include "train/matrix.hpp"
#include "train/network_checks.hpp"
#include "train/network_options.hpp"
#include "train/norm_kind.hpp"
#include "train/norm_layer.hpp"
#include "train/parallel_for.hpp"
#include "train/residual_block.hpp"
#include "train/softmax_cross_entropy.hpp"
#include "train/tile.hpp"
#include "train/virtual_batches.hpp"

namespace example {

/// A residual multilayer perceptron for classification: a linear layer to `width`, `depth` residual blocks, a norm
/// where the blocks are pre-norm, and a linear head to `classes`; trained on softmax cross-entropy.
///
/// Parameters and gradients are plain Eigen objects: for_each_parameter hands them to an optimizer. They keep their
/// addresses, so a network can be neither copied nor moved. With batch normalisation there are buffers beside them.
///
/// A pass works on tiles of about `columns_per_task` examples, and the gradients of the weights are made in pieces of
/// at most 256 columns. The first argument of gradients() and score() runs the tasks 0 ... count - 1, in any order, at
/// the same time or not: SerialFor, or a thread pool behind a callable of that shape. The results are the same to the
/// bit. Nothing is allocated.
template <class Scalar>
class Network {
 public:
  /// Throws std::invalid_argument where an option is out of its range. The parameters are zero (gains one) until
  /// initialize().
  explicit Network(const NetworkOptions& options);
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  /// Draws the weights, from normal distributions of mean 0 and variance 2 / inputs before a ReLU (He et al., 2015) and
  /// 2 / (inputs + outputs) elsewhere (Glorot and Bengio, 2010), each tensor from a stream of its own. Gains become
  /// one, biases zero, and zero are the head's weights: every class is equally likely at first, at a loss of
  /// log(classes). Moving means become zero, moving variances one.
  void initialize(std::uint64_t seed);

  /// Calls visit(name, parameter, gradient) for every tensor, always in the same order. Names: "input.weights",
  /// "input.bias", "block0.norm.gain", "block0.norm.bias", "block0.linear1.weights", ..., "norm.gain", "head.bias".
  /// Weights are matrices, everything else vectors.
  template <class Visit>
  void for_each_parameter(Visit&& visit);

  /// Calls visit(name, buffer) for every vector [width] that training keeps beside the parameters and a checkpoint must
  /// hold, always in the same order: "block0.norm.moving_mean", "block0.norm.moving_variance", ...,
  /// "norm.moving_mean", "norm.moving_variance" with batch normalisation, and none without.
  template <class Visit>
  void for_each_buffer(Visit&& visit);

  /// Forward and backward pass: sets every gradient to that of the weighted mean loss, sum(weight * loss) /
  /// sum(weight). images [inputs, n], labels [n] each below `classes`, weights [n] each at least 0 and not all 0; 1 <=
  /// n <= max_batch. Batch normalisation takes its statistics from the examples whose weight is above 0 and moves its
  /// averages once in each call; the score is that of training.
  template <class ParallelFor>
  Score gradients(ParallelFor&& parallel_for, const MatrixView<Scalar>& images, std::span<const std::uint8_t> labels,
                  std::span<const Scalar> weights) {
    const Scalar total = checked_total_weight<Scalar>(options_, images, labels, weights);
    if (options_.norm_kind == NormKind::batch) virtual_batches_.cut(weights);
    const Score score =
        pass(parallel_for, images, labels, weights, Tiles(images.cols(), virtual_batches_.all()), total);
    parallel_for(static_cast<std::int64_t>(gradient_tasks_.size()),
                 [&](std::int64_t task) { gradient_tasks_[static_cast<std::size_t>(task)](images); });
    return score;
  }

  /// Evaluation: a forward pass that changes nothing, with batch normalisation by its moving averages. The same
  /// arguments.
  template <class ParallelFor>
  Score score(ParallelFor&& parallel_for, const MatrixView<Scalar>& images, std::span<const std::uint8_t> labels,
              std::span<const Scalar> weights) {
    checked_total_weight<Scalar>(options_, images, labels, weights);
    return pass(parallel_for, images, labels, weights, Tiles(images.cols()), std::nullopt);
  }

  /// [max_batch], of which the first n are of the n examples of the last call of gradients() or score(): the class that
  /// each was taken for, or -1 where every logit was NaN. Valid until the next call.
  std::span<const std::int64_t> predictions() const { return predictions_; }

  const NetworkOptions& options() const { return options_; }

 private:
  template <class ParallelFor>
  Score pass(ParallelFor&& parallel_for, const MatrixView<Scalar>& images, std::span<const std::uint8_t> labels,
             std::span<const Scalar> weights, const Tiles& tiles, std::optional<Scalar> total_weight);
  void forward(const MatrixView<Scalar>& images, const Tile& tile);
  void backward(const Tile& tile);
  void plan_gradients();
  void plan(Linear<Scalar>& linear, const Matrix<Scalar>& output_gradient, const Matrix<Scalar>* input);
  void plan(NormLayer<Scalar>& norm, const Matrix<Scalar>& output_gradient);

  NetworkOptions options_;
  Linear<Scalar> input_;
  std::vector<std::unique_ptr<ResidualBlock<Scalar>>> blocks_;
  std::unique_ptr<NormLayer<Scalar>> norm_;  // pre-norm only: the last block's sum is not normalised yet
  Linear<Scalar> head_;
  VirtualBatches virtual_batches_;  // of the last training pass

  std::vector<Matrix<Scalar>> stream_,
      stream_gradient_;                          // [depth + 1] of [width, max_batch]: before and after each block
  Matrix<Scalar> features_, features_gradient_;  // [width, max_batch]: norm_(stream), if there is one
  Matrix<Scalar> logits_;                        // [classes, max_batch]; then probabilities; then their gradient
  std::vector<std::int64_t> predictions_;        // [max_batch]
  std::vector<Score> scores_;                    // of each tile
  // Each sets a part of the parameters' gradients from the workspaces. They touch no object in common, so their order
  // is free.
  std::vector<std::function<void(const MatrixView<Scalar>& images)>> gradient_tasks_;
};

template <class Scalar>
Network<Scalar>::Network(const NetworkOptions& options)
    : options_(checked(options)),
      input_(options.inputs, options.width),
      head_(options.width, options.classes),
      virtual_batches_(options.max_batch) {
  for (Eigen::Index block = 0; block < options.depth; ++block) {
    blocks_.push_back(
        std::make_unique<ResidualBlock<Scalar>>(options.width, options.norm, options.norm_kind, options.max_batch));
  }
  const Matrix<Scalar> workspace = Matrix<Scalar>::Zero(options.width, options.max_batch);
  stream_.assign(blocks_.size() + 1, workspace);
  stream_gradient_.assign(blocks_.size() + 1, workspace);
  if (options.norm == Norm::pre) {
    norm_ = make_norm<Scalar>(options.norm_kind, options.width, options.max_batch);
    features_ = workspace;
    features_gradient_ = workspace;
  }
  logits_.setZero(options.classes, options.max_batch);
  predictions_.assign(static_cast<std::size_t>(options.max_batch), -1);
  scores_.resize(static_cast<std::size_t>(options.max_batch / 64 + 1));
  plan_gradients();
}

template <class Scalar>
void Network<Scalar>::initialize(std::uint64_t seed) {
  const eigentune::Random random(seed);
  std::uint64_t tensor = 0;
  for_each_parameter([&](const std::string& name, auto& parameter, auto&) {
    eigentune::Random stream = random.split(tensor++);
    if (name.ends_with(".gain")) {
      parameter.setOnes();
    } else if (!name.ends_with(".weights") || name == "head.weights" ||
               (options_.zero_init_residual && name.ends_with("linear2.weights"))) {
      parameter.setZero();
    } else {
      const auto inputs = static_cast<double>(parameter.cols());
      const auto outputs = static_cast<double>(parameter.rows());
      const double variance = name.ends_with("linear1.weights") ? 2.0 / inputs : 2.0 / (inputs + outputs);
      stream.fill_normal(std::span(parameter.data(), static_cast<std::size_t>(parameter.size())), 0.0,
                         std::sqrt(variance));
    }
  });
  for_each_buffer([](const std::string& name, auto& buffer) {
    buffer.setConstant(name.ends_with("_variance") ? Scalar(1) : Scalar(0));
  });
}

template <class Scalar>
template <class Visit>
void Network<Scalar>::for_each_parameter(Visit&& visit) {
  const auto visit_linear = [&](const std::string& name, Linear<Scalar>& linear) {
    visit(name + ".weights", linear.weights, linear.weights_gradient);
    visit(name + ".bias", linear.bias, linear.bias_gradient);
  };
  const auto visit_norm = [&](const std::string& name, const std::unique_ptr<NormLayer<Scalar>>& norm) {
    if (!norm) return;
    visit(name + ".gain", norm->gain, norm->gain_gradient);
    visit(name + ".bias", norm->bias, norm->bias_gradient);
  };
  visit_linear("input", input_);
  for (std::size_t block = 0; block < blocks_.size(); ++block) {
    const std::string name = fmt::format("block{}", block);
    visit_norm(name + ".norm", blocks_[block]->norm);
    visit_linear(name + ".linear1", blocks_[block]->linear1);
    visit_linear(name + ".linear2", blocks_[block]->linear2);
  }
  visit_norm("norm", norm_);
  visit_linear("head", head_);
}

template <class Scalar>
template <class Visit>
void Network<Scalar>::for_each_buffer(Visit&& visit) {
  const auto visit_norm = [&](const std::string& norm_name, const std::unique_ptr<NormLayer<Scalar>>& norm) {
    if (!norm) return;
    norm->for_each_buffer(
        [&](const std::string& name, Vector<Scalar>& buffer) { visit(norm_name + "." + name, buffer); });
  };
  for (std::size_t block = 0; block < blocks_.size(); ++block) {
    visit_norm(fmt::format("block{}.norm", block), blocks_[block]->norm);
  }
  visit_norm("norm", norm_);
}

template <class Scalar>
template <class ParallelFor>
Score Network<Scalar>::pass(ParallelFor&& parallel_for, const MatrixView<Scalar>& images,
                            std::span<const std::uint8_t> labels, std::span<const Scalar> weights, const Tiles& tiles,
                            std::optional<Scalar> total_weight) {
  parallel_for(static_cast<std::int64_t>(tiles.count()), [&](std::int64_t index) {
    const Tile tile = tiles[static_cast<Eigen::Index>(index)];
    const Columns columns = tile.columns;
    const auto first = static_cast<std::size_t>(columns.first), count = static_cast<std::size_t>(columns.count);
    const auto tile_labels = labels.subspan(first, count);
    const auto tile_weights = weights.subspan(first, count);
    forward(images, tile);
    auto logits = logits_.middleCols(columns.first, columns.count);
    scores_[static_cast<std::size_t>(index)] =
        softmax_cross_entropy<Scalar>(logits, tile_labels, tile_weights, std::span(predictions_).subspan(first, count));
    if (total_weight) {
      softmax_cross_entropy_backward<Scalar>(logits, tile_labels, tile_weights, *total_weight);
      backward(tile);
    }
  });
  Score score;
  for (std::size_t index = 0; index < static_cast<std::size_t>(tiles.count()); ++index) score += scores_[index];
  return score;
}

template <class Scalar>
void Network<Scalar>::forward(const MatrixView<Scalar>& images, const Tile& tile) {
  const auto of = [columns = tile.columns](auto& matrix) { return matrix.middleCols(columns.first, columns.count); };
  input_.forward(of(images), of(stream_.front()));
  for (std::size_t block = 0; block < blocks_.size(); ++block) {
    blocks_[block]->forward(stream_[block], stream_[block + 1], tile);
  }
  if (norm_) norm_->forward(stream_.back(), features_, tile);
  head_.forward(of(norm_ ? features_ : stream_.back()), of(logits_));
}

template <class Scalar>
void Network<Scalar>::backward(const Tile& tile) {
  const auto of = [columns = tile.columns](auto& matrix) { return matrix.middleCols(columns.first, columns.count); };
  head_.backward(of(logits_), of(norm_ ? features_gradient_ : stream_gradient_.back()));
  if (norm_) norm_->backward(features_gradient_, stream_gradient_.back(), tile);
  for (std::size_t block = blocks_.size(); block-- > 0;) {
    blocks_[block]->backward(stream_gradient_[block + 1], stream_gradient_[block], tile);
  }
}

template <class Scalar>
void Network<Scalar>::plan_gradients() {
  plan(input_, stream_gradient_.front(), nullptr);
  for (std::size_t index = 0; index < blocks_.size(); ++index) {
    ResidualBlock<Scalar>& block = *blocks_[index];
    const Matrix<Scalar>& output_gradient = stream_gradient_[index + 1];
    plan(block.linear1, block.hidden_gradient(), &block.branch_input(stream_[index]));
    plan(block.linear2, block.sum_gradient(output_gradient), &block.hidden());
    if (block.norm) plan(*block.norm, block.norm_output_gradient(output_gradient));
  }
  if (norm_) plan(*norm_, features_gradient_);
  plan(head_, logits_, norm_ ? &features_ : &stream_.back());
}

template <class Scalar>
void Network<Scalar>::plan(Linear<Scalar>& linear, const Matrix<Scalar>& output_gradient, const Matrix<Scalar>* input) {
  const Pieces pieces(linear.weights.cols(), 256);
  for (Eigen::Index piece = 0; piece < pieces.count(); ++piece) {
    gradient_tasks_.push_back(
        [&linear, &output_gradient, input, inputs = pieces[piece]](const MatrixView<Scalar>& images) {
          const auto gradient = output_gradient.leftCols(images.cols());
          if (inputs.first == 0) linear.bias_backward(gradient);
          linear.weights_backward(
              gradient, input == nullptr ? images : MatrixView<Scalar>(input->leftCols(images.cols())), inputs);
        });
  }
}

template <class Scalar>
void Network<Scalar>::plan(NormLayer<Scalar>& norm, const Matrix<Scalar>& output_gradient) {
  gradient_tasks_.push_back([this, &norm, &output_gradient](const MatrixView<Scalar>& images) {
    norm.finish_batch(output_gradient, {{0, images.cols()}, virtual_batches_.all()});
  });
}

}  // namespace example
