#pragma once

#include <Eigen/Core>

#include <memory>

#include "train/linear.hpp"
#include "train/matrix.hpp"
#include "train/norm_kind.hpp"
#include "train/norm_layer.hpp"
#include "train/tile.hpp"

namespace example {

/// Where a residual block with branch f normalises.
enum class Norm {
  pre,   ///< x + f(norm(x)): what the playbook recommends (Potential fixes for common instability patterns)
  post,  ///< norm(x + f(x)): known to be harder to train
  none,  ///< x + f(x)
};

/// Sets negative values to zero; a NaN stays, so that it is noticed.
template <class Values>
void relu(Values&& values) {
  for (Eigen::Index j = 0; j < values.cols(); ++j) {
    auto* column = values.col(j).data();
    for (Eigen::Index i = 0; i < values.rows(); ++i) column[i] = column[i] < 0 ? 0 : column[i];
  }
}

/// Sets the gradient to zero where the ReLU's output is zero.
template <class Values, class Gradient>
void relu_backward(const Values& values, Gradient&& gradient) {
  for (Eigen::Index j = 0; j < values.cols(); ++j) {
    const auto* output = values.col(j).data();
    auto* column = gradient.col(j).data();
    for (Eigen::Index i = 0; i < values.rows(); ++i) column[i] = output[i] <= 0 ? 0 : column[i];
  }
}

/// One residual block of width n, with f(x) = linear2(relu(linear1(x))), and the workspaces of its passes.
template <class Scalar>
class ResidualBlock {
 public:
  Linear<Scalar> linear1, linear2;          ///< [n, n] both
  std::unique_ptr<NormLayer<Scalar>> norm;  ///< unless Norm::none

  ResidualBlock(Eigen::Index width, Norm place, NormKind norm_kind, Eigen::Index max_batch)
      : linear1(width, width),
        linear2(width, width),
        place_(place),
        hidden_(width, max_batch),
        hidden_gradient_(width, max_batch) {
    if (place_ == Norm::none) return;
    norm = make_norm<Scalar>(norm_kind, width, max_batch);
    norm_values_.resize(width, max_batch);
    norm_gradient_.resize(width, max_batch);
  }

  /// The tile's columns of output = block(input). The input must be unchanged when the backward pass comes.
  void forward(const Matrix<Scalar>& input, Matrix<Scalar>& output, const Tile& tile) {
    const Columns columns = tile.columns;
    if (place_ == Norm::pre) norm->forward(input, norm_values_, tile);
    auto hidden = of(hidden_, columns);
    linear1.forward(of(branch_input(input), columns), hidden);
    relu(hidden);
    Matrix<Scalar>& sum = place_ == Norm::post ? norm_values_ : output;
    linear2.forward_residual(of(input, columns), hidden, of(sum, columns));
    if (place_ == Norm::post) norm->forward(sum, output, tile);
  }

  /// The tile's columns of the gradient with respect to the input of the last forward pass.
  void backward(const Matrix<Scalar>& output_gradient, Matrix<Scalar>& input_gradient, const Tile& tile) {
    const Columns columns = tile.columns;
    if (place_ == Norm::post) norm->backward(output_gradient, norm_gradient_, tile);
    const Matrix<Scalar>& skipped = sum_gradient(output_gradient);
    auto hidden_gradient = of(hidden_gradient_, columns);
    linear2.backward(of(skipped, columns), hidden_gradient);
    relu_backward(of(hidden_, columns), hidden_gradient);
    if (place_ == Norm::pre) {
      linear1.backward(hidden_gradient, of(norm_gradient_, columns));
      norm->backward_residual(skipped, norm_gradient_, input_gradient, tile);
    } else {
      linear1.backward_residual(of(skipped, columns), hidden_gradient, of(input_gradient, columns));
    }
  }

  /// What the gradients of the parameters are made of, given the matrices passed to forward and backward.
  const Matrix<Scalar>& branch_input(const Matrix<Scalar>& input) const {
    return place_ == Norm::pre ? norm_values_ : input;
  }
  const Matrix<Scalar>& hidden() const { return hidden_; }
  const Matrix<Scalar>& hidden_gradient() const { return hidden_gradient_; }
  const Matrix<Scalar>& sum_gradient(const Matrix<Scalar>& output_gradient) const {
    return place_ == Norm::post ? norm_gradient_ : output_gradient;
  }
  const Matrix<Scalar>& norm_output_gradient(const Matrix<Scalar>& output_gradient) const {
    return place_ == Norm::pre ? norm_gradient_ : output_gradient;
  }

 private:
  static auto of(Matrix<Scalar>& matrix, Columns columns) { return matrix.middleCols(columns.first, columns.count); }
  static auto of(const Matrix<Scalar>& matrix, Columns columns) {
    return matrix.middleCols(columns.first, columns.count);
  }

  Norm place_;
  Matrix<Scalar> hidden_, hidden_gradient_;  // [n, max_batch]: relu(linear1(...)); the gradient before the ReLU
  Matrix<Scalar> norm_values_;               // pre: norm(input); post: the sum which norm takes
  Matrix<Scalar> norm_gradient_;             // pre: of norm(input); post: of that sum
};

}  // namespace example
