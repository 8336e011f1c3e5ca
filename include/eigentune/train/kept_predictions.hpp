#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/train/evaluation.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace eigentune {

/// The predictions of an evaluation for examples chosen in advance: always the same ones, so that one can look at what
/// the model makes of them, evaluation after evaluation ("Setting up periodic evaluations" in the playbook: invaluable
/// for debugging).
///
///     KeptPredictions<float> kept({3, 17, 4711});
///     evaluate(size, options, [&](const EvaluationBatch& batch) { ...; kept.keep(batch, probabilities); });
///     kept.predictions().col(1)                                  // of example 17
template <class Scalar>
class KeptPredictions {
 public:
  using Matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;

  /// `examples` are indices of the dataset, in any order. Throws std::invalid_argument if one is negative or given
  /// twice.
  explicit KeptPredictions(std::vector<std::int64_t> examples) : examples_(std::move(examples)) {
    for (std::size_t i = 0; i < examples_.size(); ++i) {
      require(examples_[i] >= 0, "KeptPredictions: examples must be at least 0, got {}", examples_[i]);
      columns_.push_back({examples_[i], static_cast<Eigen::Index>(i)});
    }
    std::sort(columns_.begin(), columns_.end());
    for (std::size_t i = 1; i < columns_.size(); ++i) {
      require(columns_[i].first != columns_[i - 1].first, "KeptPredictions: examples must differ, got {} twice",
              columns_[i].first);
    }
    kept_.resize(examples_.size(), false);
  }

  /// Keeps those of the chosen examples that are in the batch, in place of what an earlier evaluation has kept.
  /// Column j of `predictions` [outputs, batch.size()] is of batch.examples[j]; that of padding is not looked at and
  /// may be left out ([outputs, batch.count]). Throws std::invalid_argument if the shape is another one, or `outputs`
  /// than at the first call.
  template <class Predictions>
  void keep(const EvaluationBatch& batch, const Eigen::DenseBase<Predictions>& predictions) {
    require(predictions.cols() == batch.size() || predictions.cols() == batch.count,
            "KeptPredictions: predictions must have {} columns, or {} without padding, got {}", batch.size(),
            batch.count, predictions.cols());
    if (outputs_ < 0) {
      outputs_ = predictions.rows();
      predictions_.setConstant(outputs_, static_cast<Eigen::Index>(examples_.size()),
                               std::numeric_limits<Scalar>::quiet_NaN());
    }
    require(predictions.rows() == outputs_, "KeptPredictions: predictions must have {} rows, as before, got {}",
            outputs_, predictions.rows());
    for (std::int64_t j = 0; j < batch.count; ++j) {
      const std::int64_t example = batch.examples[static_cast<std::size_t>(j)];
      const auto found = std::lower_bound(columns_.begin(), columns_.end(), std::pair(example, Eigen::Index{0}));
      if (found == columns_.end() || found->first != example) continue;
      predictions_.col(found->second) = predictions.derived().col(j);
      kept_[static_cast<std::size_t>(found->second)] = true;
    }
  }

  const std::vector<std::int64_t>& examples() const { return examples_; }

  /// [outputs, examples().size()]; column i is of examples()[i], and NaN as long as that is missing. Empty before the
  /// first call of keep.
  const Matrix& predictions() const { return predictions_; }

  /// The chosen examples that no batch has had so far: on one of many hosts, those of the others.
  std::vector<std::int64_t> missing() const {
    std::vector<std::int64_t> result;
    for (std::size_t i = 0; i < examples_.size(); ++i) {
      if (!kept_[i]) result.push_back(examples_[i]);
    }
    return result;
  }

 private:
  std::vector<std::int64_t> examples_;
  std::vector<std::pair<std::int64_t, Eigen::Index>> columns_;  // example and its column, ordered by example
  std::vector<bool> kept_;
  Eigen::Index outputs_ = -1;  // not known yet
  Matrix predictions_;
};

}  // namespace eigentune
