#pragma once

#include <Eigen/Core>

#include <functional>
#include <string>

#include "train/matrix.hpp"
#include "train/tile.hpp"

namespace example {

/// A layer that normalises its input and then scales and moves each feature: y = gain * normalized + bias.
template <class Scalar>
class NormLayer {
 public:
  Vector<Scalar> gain, gain_gradient;  ///< [features]; the gain starts at one
  Vector<Scalar> bias, bias_gradient;  ///< [features]

  explicit NormLayer(Eigen::Index features)
      : gain(Vector<Scalar>::Ones(features)),
        gain_gradient(Vector<Scalar>::Zero(features)),
        bias(Vector<Scalar>::Zero(features)),
        bias_gradient(Vector<Scalar>::Zero(features)) {}
  NormLayer(const NormLayer&) = delete;
  NormLayer& operator=(const NormLayer&) = delete;
  virtual ~NormLayer() = default;

  /// The tile's columns of output, from those of input, which may be the same matrix. Remembers what the backward pass
  /// needs. Tiles of one batch may be worked on at the same time.
  virtual void forward(const Matrix<Scalar>& input, Matrix<Scalar>& output, const Tile& tile) = 0;

  /// The tile's columns of the gradient with respect to the input of the last forward pass.
  virtual void backward(const Matrix<Scalar>& output_gradient, Matrix<Scalar>& input_gradient, const Tile& tile) = 0;

  /// The same, plus the gradient which skips the layer: input_gradient = skipped_gradient + ...
  virtual void backward_residual(const Matrix<Scalar>& skipped_gradient, const Matrix<Scalar>& output_gradient,
                                 Matrix<Scalar>& input_gradient, const Tile& tile) = 0;

  /// Ends a training pass, once backward has seen every tile of the batch: sets gain_gradient and bias_gradient, sums
  /// over the batch's columns, and brings moving averages up to date. `batch` is the whole batch as one tile.
  virtual void finish_batch(const Matrix<Scalar>& output_gradient, const Tile& batch) = 0;

  /// Calls visit(name, buffer) for every vector [features] that training keeps beside the parameters.
  virtual void for_each_buffer(const std::function<void(const std::string& name, Vector<Scalar>& buffer)>& visit) {
    static_cast<void>(visit);
  }
};

}  // namespace example
