#pragma once

#include <Eigen/Core>

#include <cmath>

#include "train/matrix.hpp"
#include "train/norm_layer.hpp"

namespace example {

/// Layer normalisation (Ba, Kiros and Hinton, 2016) of each column x [features]:
///   normalized = (x - mean(x)) / sqrt(variance(x) + 1e-5),  y = gain * normalized + bias   (element by element),
/// where the variance is the mean of the squared deviations. The same in training and evaluation.
template <class Scalar>
class LayerNorm final : public NormLayer<Scalar> {
 public:
  using NormLayer<Scalar>::gain, NormLayer<Scalar>::gain_gradient;
  using NormLayer<Scalar>::bias, NormLayer<Scalar>::bias_gradient;

  LayerNorm(Eigen::Index features, Eigen::Index max_batch)
      : NormLayer<Scalar>(features), normalized_(features, max_batch), inverse_deviation_(max_batch) {}

  void forward(const Matrix<Scalar>& input, Matrix<Scalar>& output, const Tile& tile) override {
    constexpr Scalar epsilon = Scalar(1e-5);
    const Columns columns = tile.columns;
    for (Eigen::Index j = columns.first; j < columns.first + columns.count; ++j) {
      auto normalized = normalized_.col(j).array();
      normalized = input.col(j).array() - input.col(j).mean();
      const Scalar variance = normalized.matrix().squaredNorm() / static_cast<Scalar>(normalized.size());
      const Scalar inverse_deviation = Scalar(1) / std::sqrt(variance + epsilon);
      inverse_deviation_[j] = inverse_deviation;
      normalized *= inverse_deviation;
      output.col(j).array() = gain.array() * normalized + bias.array();
    }
  }

  /// input_gradient = (h - mean(h) - normalized * mean(h * normalized)) / deviation,  h = gain * output_gradient.
  void backward(const Matrix<Scalar>& output_gradient, Matrix<Scalar>& input_gradient, const Tile& tile) override {
    const Columns columns = tile.columns;
    for (Eigen::Index j = columns.first; j < columns.first + columns.count; ++j) {
      input_gradient.col(j).array() = column_gradient(output_gradient, j);
    }
  }

  void backward_residual(const Matrix<Scalar>& skipped_gradient, const Matrix<Scalar>& output_gradient,
                         Matrix<Scalar>& input_gradient, const Tile& tile) override {
    const Columns columns = tile.columns;
    for (Eigen::Index j = columns.first; j < columns.first + columns.count; ++j) {
      input_gradient.col(j).array() = skipped_gradient.col(j).array() + column_gradient(output_gradient, j);
    }
  }

  void finish_batch(const Matrix<Scalar>& output_gradient, const Tile& batch) override {
    gain_gradient.setZero();
    bias_gradient.setZero();
    for (Eigen::Index j = 0; j < batch.columns.count; ++j) {
      gain_gradient.array() += output_gradient.col(j).array() * normalized_.col(j).array();
      bias_gradient += output_gradient.col(j);
    }
  }

 private:
  // An expression, evaluated where it is assigned: nothing is stored in between.
  auto column_gradient(const Matrix<Scalar>& output_gradient, Eigen::Index j) const {
    const auto scaled = gain.array() * output_gradient.col(j).array();
    const auto normalized = normalized_.col(j).array();
    const Scalar mean = scaled.mean();
    const Scalar projection = (scaled * normalized).mean();
    return (scaled - mean - normalized * projection) * inverse_deviation_[j];
  }

  Matrix<Scalar> normalized_;         // [features, max_batch]
  Vector<Scalar> inverse_deviation_;  // [max_batch]
};

}  // namespace example
