#pragma once

#include <eigentune/core/error.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <functional>
#include <span>
#include <string>

#include "train/matrix.hpp"
#include "train/norm_layer.hpp"

namespace example {

/// Batch normalisation (Ioffe and Szegedy, 2015) of each feature, over virtual batches (VirtualBatches says how a batch
/// falls into them). In training, for the values x_j of a feature in the m examples of a virtual batch that count,
///   mean = sum(x_j) / m,  variance = sum((x_j - mean)^2) / m   (biased),
///   normalized_j = (x_j - mean) / sqrt(variance + 1e-5),  y_j = gain * normalized_j + bias.
/// One example has no variance: m = 1 gives normalized = 0 and y = bias, and no gradient to its input. A padded column
/// gets the mean and variance of its virtual batch but has no part in them.
///
/// In evaluation (a tile without virtual batches) moving averages take the place of mean and variance, so that the
/// result for an example does not depend on the batch it comes in. They start at mean 0 and variance 1, which leave x
/// as it is but for epsilon: that is what evaluation before any training gives. Each training pass moves them once:
///   moving = 0.9 moving + 0.1 average,
/// where `average` is the mean of the virtual batches' means, or of their biased variances, each times its m: summed in
/// the order of the columns on one thread. Once in a pass, not once for each virtual batch, since it is with the steps
/// that parameters move: after t steps the start still has a share of 0.9^t, whatever the batch size. A pass whose only
/// virtual batch has one example, or whose averages are not finite (then nor are its gradients, and the optimizer skips
/// the step), leaves them alone.
///
/// Conventions elsewhere: momentum 0.9 is PyTorch's 0.1; Keras has 0.99 here. PyTorch averages the unbiased variance,
/// sum / (m - 1), 1.6% more at m = 64; Keras and Flax the biased one, as here: the average of what training divides by.
/// Epsilon is 1e-5 in PyTorch and Flax, and 1e-3 in Keras.
///
/// Where several hosts train copies of a model, each on a part of the batch, every copy has moving averages of its own:
/// they must be averaged before an evaluation or a checkpoint (average_buffers.hpp).
template <class Scalar>
class BatchNorm final : public NormLayer<Scalar> {
 public:
  using NormLayer<Scalar>::gain, NormLayer<Scalar>::gain_gradient;
  using NormLayer<Scalar>::bias, NormLayer<Scalar>::bias_gradient;

  static constexpr double momentum = 0.9;
  static constexpr double epsilon = 1e-5;

  Vector<Scalar> moving_mean, moving_variance;  ///< [features], of the input

  BatchNorm(Eigen::Index features, Eigen::Index max_batch)
      : NormLayer<Scalar>(features),
        moving_mean(Vector<Scalar>::Zero(features)),
        moving_variance(Vector<Scalar>::Ones(features)),
        normalized_(features, max_batch),
        average_mean_(features),
        average_variance_(features) {
    const Matrix<Scalar> statistics = Matrix<Scalar>::Zero(features, VirtualBatches::max_count(max_batch));
    mean_ = variance_ = inverse_deviation_ = gain_gradients_ = bias_gradients_ = statistics;
  }

  void forward(const Matrix<Scalar>& input, Matrix<Scalar>& output, const Tile& tile) override {
    if (tile.virtual_batches.empty()) evaluate(input, output, tile.columns);
    for (const VirtualBatch& batch : tile.virtual_batches) train(input, output, batch);
  }

  /// For the columns j that count, with sums over all columns of the virtual batch,
  ///   input_gradient_j = gain / deviation * (g_j - (sum(g) + normalized_j * sum(g * normalized)) / m),
  /// where g is the output gradient; a padded column has no part in mean and variance, so only g_j remains in the
  /// bracket.
  void backward(const Matrix<Scalar>& output_gradient, Matrix<Scalar>& input_gradient, const Tile& tile) override {
    for (const VirtualBatch& batch : tile.virtual_batches) {
      backward(output_gradient, batch,
               [&](Eigen::Index j, const auto& gradient) { input_gradient.col(j).array() = gradient; });
    }
  }

  void backward_residual(const Matrix<Scalar>& skipped_gradient, const Matrix<Scalar>& output_gradient,
                         Matrix<Scalar>& input_gradient, const Tile& tile) override {
    for (const VirtualBatch& batch : tile.virtual_batches) {
      backward(output_gradient, batch, [&](Eigen::Index j, const auto& gradient) {
        input_gradient.col(j).array() = skipped_gradient.col(j).array() + gradient;
      });
    }
  }

  void finish_batch(const Matrix<Scalar>&, const Tile& batch) override {
    const auto count = static_cast<Eigen::Index>(batch.virtual_batches.size());
    gain_gradient.setZero();
    bias_gradient.setZero();
    for (Eigen::Index number = 0; number < count; ++number) {
      gain_gradient += gain_gradients_.col(number);
      bias_gradient += bias_gradients_.col(number);
    }
    move_averages(batch.virtual_batches);
  }

  /// "moving_mean", then "moving_variance".
  void for_each_buffer(const std::function<void(const std::string&, Vector<Scalar>&)>& visit) override {
    visit("moving_mean", moving_mean);
    visit("moving_variance", moving_variance);
  }

 private:
  void evaluate(const Matrix<Scalar>& input, Matrix<Scalar>& output, Columns columns) const {
    constexpr Eigen::Index limit = 256;
    using Factors = Eigen::Array<Scalar, Eigen::Dynamic, 1, 0, limit, 1>;  // on the stack
    const Pieces pieces(gain.size(), limit);
    for (Eigen::Index piece = 0; piece < pieces.count(); ++piece) {
      const auto of = [rows = pieces[piece]](auto&& vector) { return vector.segment(rows.first, rows.count).array(); };
      const Factors scale = of(gain) / (of(moving_variance) + Scalar(epsilon)).sqrt();
      for (Eigen::Index j = columns.first; j < columns.first + columns.count; ++j) {
        of(output.col(j)) = (of(input.col(j)) - of(moving_mean)) * scale + of(bias);
      }
    }
  }

  void train(const Matrix<Scalar>& input, Matrix<Scalar>& output, const VirtualBatch& batch) {
    auto mean = mean_.col(batch.number);
    auto variance = variance_.col(batch.number);
    auto inverse_deviation = inverse_deviation_.col(batch.number);
    const auto examples = static_cast<Scalar>(batch.examples.size());
    mean.setZero();
    for (const Eigen::Index j : batch.examples) mean += input.col(j);
    mean /= examples;
    variance.setZero();
    batch.for_each_column([&](Eigen::Index j, bool counts) {
      normalized_.col(j) = input.col(j) - mean;
      if (counts) variance.array() += normalized_.col(j).array().square();
    });
    variance /= examples;
    inverse_deviation.array() = (variance.array() + Scalar(epsilon)).sqrt().inverse();
    batch.for_each_column([&](Eigen::Index j, bool) {
      normalized_.col(j).array() *= inverse_deviation.array();
      output.col(j).array() = gain.array() * normalized_.col(j).array() + bias.array();
    });
  }

  // Calls set(j, expression) with the gradient of each column's input.
  void backward(const Matrix<Scalar>& output_gradient, const VirtualBatch& batch, const auto& set) {
    auto products = gain_gradients_.col(batch.number).array();
    auto sums = bias_gradients_.col(batch.number).array();
    const auto inverse_deviation = inverse_deviation_.col(batch.number).array();
    const Scalar share = Scalar(1) / static_cast<Scalar>(batch.examples.size());
    products.setZero();
    sums.setZero();
    batch.for_each_column([&](Eigen::Index j, bool) {
      products += output_gradient.col(j).array() * normalized_.col(j).array();
      sums += output_gradient.col(j).array();
    });
    batch.for_each_column([&](Eigen::Index j, bool counts) {
      const auto gradient = output_gradient.col(j).array();
      const auto scale = gain.array() * inverse_deviation;
      if (counts) {
        set(j, scale * (gradient - (sums + normalized_.col(j).array() * products) * share));
      } else {
        set(j, scale * gradient);
      }
    });
  }

  void move_averages(std::span<const VirtualBatch> batches) {
    std::size_t examples = 0;
    average_mean_.setZero();
    average_variance_.setZero();
    for (const VirtualBatch& batch : batches) {
      const auto own = static_cast<Scalar>(batch.examples.size());
      examples += batch.examples.size();
      average_mean_ += own * mean_.col(batch.number);
      average_variance_ += own * variance_.col(batch.number);
    }
    average_mean_ /= static_cast<Scalar>(examples);
    average_variance_ /= static_cast<Scalar>(examples);
    const auto finite = [](Scalar value) { return eigentune::is_finite(static_cast<double>(value)); };
    if (examples < 2 || !std::all_of(average_mean_.begin(), average_mean_.end(), finite) ||
        !std::all_of(average_variance_.begin(), average_variance_.end(), finite)) {
      return;
    }
    moving_mean = Scalar(momentum) * moving_mean + Scalar(1 - momentum) * average_mean_;
    moving_variance = Scalar(momentum) * moving_variance + Scalar(1 - momentum) * average_variance_;
  }

  Matrix<Scalar> normalized_;                           // [features, max_batch]
  Matrix<Scalar> mean_, variance_, inverse_deviation_;  // [features, virtual batches]
  Matrix<Scalar> gain_gradients_, bias_gradients_;      // [features, virtual batches]: what each adds to them
  Vector<Scalar> average_mean_, average_variance_;      // [features], of one pass
};

}  // namespace example
