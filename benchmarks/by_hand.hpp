#pragma once

#include <Eigen/Core>

#include <cstdint>
#include <vector>

namespace by_hand {

using Matrix = Eigen::MatrixXf;
using Vector = Eigen::VectorXf;

/// A parameter with its gradient and Adam's state, updated by three Eigen expressions.
template <class T>
struct Parameter {
  T value, gradient, m, v;

  explicit Parameter(const T& start) : value(start), gradient(start), m(T::Zero(start.rows(), start.cols())), v(m) {}

  void adam(float rate, float epsilon) {
    m = 0.9f * m + 0.1f * gradient;
    v.array() = 0.999f * v.array() + 0.001f * gradient.array().square();
    value.array() -= rate * m.array() / (v.array().sqrt() + epsilon);
  }
};

struct Linear {
  Parameter<Matrix> weights;
  Parameter<Vector> bias;

  Linear(Eigen::Index inputs, Eigen::Index outputs)
      : weights(Matrix::Random(outputs, inputs) / 16.0f), bias(Vector::Zero(outputs)) {}

  void forward(const Matrix& x, Matrix& y) const {
    y.noalias() = weights.value * x;
    y.colwise() += bias.value;
  }
  void backward(const Matrix& x, const Matrix& dy, Matrix* dx) {
    weights.gradient.noalias() = dy * x.transpose();
    bias.gradient = dy.rowwise().sum();
    if (dx != nullptr) dx->noalias() = weights.value.transpose() * dy;
  }
  template <class Use>
  void for_each(Use&& use) {
    use(weights);
    use(bias);
  }
};

struct LayerNorm {
  Parameter<Vector> gain, bias;
  Matrix normal;
  Eigen::RowVectorXf inverse_deviation;

  LayerNorm(Eigen::Index width, Eigen::Index batch)
      : gain(Vector::Ones(width)), bias(Vector::Zero(width)), normal(width, batch), inverse_deviation(batch) {}

  void forward(const Matrix& x, Matrix& y) {
    for (Eigen::Index j = 0; j < x.cols(); ++j) {
      normal.col(j) = x.col(j).array() - x.col(j).mean();
      inverse_deviation[j] = 1.0f / std::sqrt(normal.col(j).squaredNorm() / static_cast<float>(x.rows()) + 1e-5f);
      normal.col(j) *= inverse_deviation[j];
      y.col(j) = normal.col(j).cwiseProduct(gain.value) + bias.value;
    }
  }
  void backward(const Matrix& dy, Matrix& dx) {
    gain.gradient = dy.cwiseProduct(normal).rowwise().sum();
    bias.gradient = dy.rowwise().sum();
    for (Eigen::Index j = 0; j < dy.cols(); ++j) {
      dx.col(j) = dy.col(j).cwiseProduct(gain.value);
      const float mean = dx.col(j).mean(), along = dx.col(j).dot(normal.col(j)) / static_cast<float>(dy.rows());
      dx.col(j) = (dx.col(j).array() - mean - normal.col(j).array() * along) * inverse_deviation[j];
    }
  }
  template <class Use>
  void for_each(Use&& use) {
    use(gain);
    use(bias);
  }
};

/// The trainer's network, written out as one would in an afternoon with care: preallocated, noalias, column by column.
class Network {
 public:
  Network(Eigen::Index inputs, Eigen::Index width, Eigen::Index classes, Eigen::Index batch)
      : input_(inputs, width),
        head_(width, classes),
        norm_(width, batch),
        blocks_{Block(width, batch), Block(width, batch)} {
    x_.assign(3, Matrix(width, batch));
    normal_ = features_gradient_ = dx_ = branch_gradient_ = Matrix(width, batch);
    logits_.resize(classes, batch);
  }

  void step(const Matrix& images, const std::vector<std::uint8_t>& labels, float rate) {
    input_.forward(images, x_[0]);
    for (std::size_t b = 0; b < 2; ++b) {
      Block& block = blocks_[b];
      block.norm.forward(x_[b], block.normal);
      block.first.forward(block.normal, block.hidden);
      block.hidden = block.hidden.cwiseMax(0.0f);
      block.second.forward(block.hidden, x_[b + 1]);
      x_[b + 1] += x_[b];
    }
    norm_.forward(x_[2], normal_);
    head_.forward(normal_, logits_);

    for (Eigen::Index j = 0; j < logits_.cols(); ++j) {
      logits_.col(j) = (logits_.col(j).array() - logits_.col(j).maxCoeff()).exp();
      logits_.col(j) /= logits_.col(j).sum();
      loss_ -= std::log(logits_(labels[static_cast<std::size_t>(j)], j));
      logits_(labels[static_cast<std::size_t>(j)], j) -= 1.0f;
    }
    logits_ /= static_cast<float>(logits_.cols());

    head_.backward(normal_, logits_, &features_gradient_);
    norm_.backward(features_gradient_, dx_);
    for (std::size_t b = 2; b-- > 0;) {
      Block& block = blocks_[b];
      block.second.backward(block.hidden, dx_, &block.hidden_gradient);
      block.hidden_gradient = (block.hidden.array() > 0.0f).select(block.hidden_gradient, 0.0f);
      block.first.backward(block.normal, block.hidden_gradient, &features_gradient_);
      block.norm.backward(features_gradient_, branch_gradient_);
      dx_ += branch_gradient_;
    }
    input_.backward(images, dx_, nullptr);

    const auto adam = [&](auto& parameter) { parameter.adam(rate, 1e-8f); };
    input_.for_each(adam);
    for (Block& block : blocks_) {
      block.norm.for_each(adam);
      block.first.for_each(adam);
      block.second.for_each(adam);
    }
    norm_.for_each(adam);
    head_.for_each(adam);
  }

 private:
  struct Block {
    LayerNorm norm;
    Linear first, second;
    Matrix normal, hidden, hidden_gradient;
    Block(Eigen::Index width, Eigen::Index batch)
        : norm(width, batch),
          first(width, width),
          second(width, width),
          normal(width, batch),
          hidden(width, batch),
          hidden_gradient(width, batch) {}
  };

  Linear input_, head_;
  LayerNorm norm_;
  std::vector<Block> blocks_;
  std::vector<Matrix> x_;
  Matrix normal_, features_gradient_, dx_, branch_gradient_, logits_;
  float loss_ = 0.0f;
};

}  // namespace by_hand
