#pragma once

#include <Eigen/Core>

#include <cmath>

#include "train/matrix.hpp"

namespace example {

/// Layer normalisation (Ba, Kiros and Hinton, 2016) of each column x [features]:
///   normalized = (x - mean(x)) / sqrt(variance(x) + 1e-5),  y = gain * normalized + bias   (element by element),
/// where the variance is the mean of the squared deviations.
template <class Scalar>
class LayerNorm {
 public:
  Vector<Scalar> gain, gain_gradient;  ///< [features]; the gain starts at one
  Vector<Scalar> bias, bias_gradient;  ///< [features]

  LayerNorm(Eigen::Index features, Eigen::Index max_batch)
      : gain(Vector<Scalar>::Ones(features)),
        gain_gradient(Vector<Scalar>::Zero(features)),
        bias(Vector<Scalar>::Zero(features)),
        bias_gradient(Vector<Scalar>::Zero(features)),
        normalized_(features, max_batch),
        inverse_deviation_(max_batch) {}

  /// The given columns of output, from those of input, which may be the same matrix. Remembers what the backward pass
  /// needs.
  void forward(const Matrix<Scalar>& input, Matrix<Scalar>& output, Columns columns) {
    constexpr Scalar epsilon = Scalar(1e-5);
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

  /// The given columns of the gradient with respect to the input of the last forward pass:
  ///   input_gradient = (h - mean(h) - normalized * mean(h * normalized)) / deviation,  h = gain * output_gradient.
  void backward(const Matrix<Scalar>& output_gradient, Matrix<Scalar>& input_gradient, Columns columns) const {
    for (Eigen::Index j = columns.first; j < columns.first + columns.count; ++j) {
      input_gradient.col(j).array() = column_gradient(output_gradient, j);
    }
  }

  /// The same, plus the gradient which skips the layer: input_gradient = skipped_gradient + ...
  void backward_residual(const Matrix<Scalar>& skipped_gradient, const Matrix<Scalar>& output_gradient,
                         Matrix<Scalar>& input_gradient, Columns columns) const {
    for (Eigen::Index j = columns.first; j < columns.first + columns.count; ++j) {
      input_gradient.col(j).array() = skipped_gradient.col(j).array() + column_gradient(output_gradient, j);
    }
  }

  /// gain_gradient and bias_gradient: sums over the columns 0 ... batch - 1.
  void parameters_backward(const Matrix<Scalar>& output_gradient, Eigen::Index batch) {
    gain_gradient.setZero();
    bias_gradient.setZero();
    for (Eigen::Index j = 0; j < batch; ++j) {
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
