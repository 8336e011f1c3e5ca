#pragma once

#include <Eigen/Core>

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>

#include "train/matrix.hpp"

namespace example {

/// What some examples scored: sums over the examples, each times its weight. Scores of parts add up to the score of the
/// whole.
struct Score {
  double weight = 0.0;   ///< sum of weights; padded examples weigh zero
  double loss = 0.0;     ///< sum of weight * cross-entropy, in nats
  double correct = 0.0;  ///< sum of the weights of correctly classified examples

  double mean_loss() const { return loss / weight; }
  double accuracy() const { return correct / weight; }  ///< in [0, 1]

  Score& operator+=(const Score& other) {
    weight += other.weight;
    loss += other.loss;
    correct += other.correct;
    return *this;
  }
};

/// Softmax cross-entropy of each column of logits [classes, n], -log(exp(logit[label]) / sum(exp(logits))), computed
/// from logits whose largest was subtracted, so that nothing overflows. `labels` and `weights` belong to these n
/// columns. Replaces the logits by the softmax probabilities. An example counts as correct if its label is the first
/// largest logit; `predicted` [n], unless it is empty, is set to that, or to -1 where every logit is NaN.
template <class Scalar, class Logits>
Score softmax_cross_entropy(Logits&& logits, std::span<const std::uint8_t> labels, std::span<const Scalar> weights,
                            std::span<std::int64_t> predicted = {}) {
  Score score;
  for (Eigen::Index j = 0; j < logits.cols(); ++j) {
    auto column = logits.col(j);
    const auto label = static_cast<Eigen::Index>(labels[static_cast<std::size_t>(j)]);
    const auto weight = static_cast<double>(weights[static_cast<std::size_t>(j)]);
    Eigen::Index best = -1;  // stays so if every logit is NaN
    Scalar largest = -std::numeric_limits<Scalar>::infinity();
    for (Eigen::Index i = 0; i < column.size(); ++i) {
      if (column[i] > largest) {
        largest = column[i];
        best = i;
      }
    }
    column.array() -= largest;
    score.weight += weight;
    if (!predicted.empty()) predicted[static_cast<std::size_t>(j)] = best;
    if (best == label) score.correct += weight;
    score.loss -= weight * static_cast<double>(column[label]);
  }
  logits.array() = logits.array().exp();
  for (Eigen::Index j = 0; j < logits.cols(); ++j) {
    auto column = logits.col(j);
    const auto weight = static_cast<double>(weights[static_cast<std::size_t>(j)]);
    const Scalar sum = column.sum();
    score.loss += weight * std::log(static_cast<double>(sum));
    column /= sum;
  }
  return score;
}

/// Turns the probabilities of softmax_cross_entropy into the gradient of the mean loss with respect to the logits:
///   gradient = (probability - [class is label]) * weight / total_weight,
/// where `total_weight` is the sum of all weights of the batch, of which these columns may be a part.
template <class Scalar, class Probabilities>
void softmax_cross_entropy_backward(Probabilities&& probabilities, std::span<const std::uint8_t> labels,
                                    std::span<const Scalar> weights, Scalar total_weight) {
  for (Eigen::Index j = 0; j < probabilities.cols(); ++j) {
    auto column = probabilities.col(j);
    const Scalar weight = weights[static_cast<std::size_t>(j)];
    column[static_cast<Eigen::Index>(labels[static_cast<std::size_t>(j)])] -= Scalar(1);
    column *= weight / total_weight;
  }
}

}  // namespace example
