#pragma once

#include <Eigen/Core>

#include "train/matrix.hpp"

namespace example {

/// A linear layer: output = weights * input + bias, for a batch of columns.
template <class Scalar>
struct Linear {
  Matrix<Scalar> weights, weights_gradient;  ///< [outputs, inputs]
  Vector<Scalar> bias, bias_gradient;        ///< [outputs]

  Linear(Eigen::Index inputs, Eigen::Index outputs)
      : weights(outputs, inputs), weights_gradient(outputs, inputs), bias(outputs), bias_gradient(outputs) {
    weights.setZero();
    weights_gradient.setZero();
    bias.setZero();
    bias_gradient.setZero();
  }

  /// output = weights * input + bias.  input [inputs, n], output [outputs, n].
  template <class Output>
  void forward(const MatrixView<Scalar>& input, Output&& output) const {
    for (Eigen::Index j = 0; j < output.cols(); ++j) output.col(j) = bias;
    add_product(weights, input, output);
  }

  /// output = skipped + weights * input + bias: the sum that ends a residual block.
  template <class Output>
  void forward_residual(const MatrixView<Scalar>& skipped, const MatrixView<Scalar>& input, Output&& output) const {
    for (Eigen::Index j = 0; j < output.cols(); ++j) output.col(j) = skipped.col(j) + bias;
    add_product(weights, input, output);
  }

  /// input_gradient = weights^T * output_gradient.
  template <class Gradient>
  void backward(const MatrixView<Scalar>& output_gradient, Gradient&& input_gradient) const {
    input_gradient.setZero();
    add_product(weights.transpose(), output_gradient, input_gradient);
  }

  /// input_gradient = skipped_gradient + weights^T * output_gradient.
  template <class Gradient>
  void backward_residual(const MatrixView<Scalar>& skipped_gradient, const MatrixView<Scalar>& output_gradient,
                         Gradient&& input_gradient) const {
    input_gradient = skipped_gradient;
    add_product(weights.transpose(), output_gradient, input_gradient);
  }

  /// Overwrites the columns `inputs` of weights_gradient with those of output_gradient * input^T.
  void weights_backward(const MatrixView<Scalar>& output_gradient, const MatrixView<Scalar>& input, Columns inputs) {
    auto gradient = weights_gradient.middleCols(inputs.first, inputs.count);
    gradient.setZero();
    add_product(output_gradient, input.middleRows(inputs.first, inputs.count).transpose(), gradient);
  }

  /// bias_gradient = the sum of output_gradient's columns.
  void bias_backward(const MatrixView<Scalar>& output_gradient) {
    bias_gradient.setZero();
    for (Eigen::Index j = 0; j < output_gradient.cols(); ++j) bias_gradient += output_gradient.col(j);
  }
};

}  // namespace example
