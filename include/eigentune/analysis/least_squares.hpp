#pragma once

#include <eigentune/core/portable_math.hpp>

#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

/// Least squares for the findings: a handful of columns over as many trials as there are, in fixed order, so that the
/// bits are the same everywhere (Eigen's decompositions add up in another order on every instruction set).
namespace eigentune::analysis_detail {

/// A value for each trial.
using Column = std::vector<double>;

inline double dot(const Column& a, const Column& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += portable::rounded(a[i] * b[i]);
  return sum;
}

inline void subtract(Column& from, double factor, const Column& column) {
  for (std::size_t i = 0; i < from.size(); ++i) from[i] -= portable::rounded(factor * column[i]);
}

/// An orthonormal basis of the span of some columns of equal length: the Q of their QR decomposition, by Gram and
/// Schmidt's process, twice for each column, which is enough (Kahan, in Parlett, "The Symmetric Eigenvalue Problem",
/// 1980).
class OrthonormalBasis {
 public:
  /// Adds what of the column is orthogonal to the basis, and returns the length of that: the diagonal entry of R. A
  /// column that lies in the span is not added, and has the length 0.
  double add(Column column) {
    const double before = std::sqrt(dot(column, column));
    take_out_of(column);
    take_out_of(column);
    const double length = std::sqrt(dot(column, column));
    constexpr double collinear = 1e-8;
    if (!(length > collinear * before)) return 0.0;
    for (double& entry : column) entry /= length;
    columns_.push_back(std::move(column));
    return length;
  }

  std::size_t size() const { return columns_.size(); }
  /// The column added last.
  const Column& last() const { return columns_.back(); }

  /// The sum of the squares of what is left of `column` outside of the span.
  double residual(Column column) const {
    take_out_of(column);
    return dot(column, column);
  }

 private:
  void take_out_of(Column& column) const {
    for (const Column& other : columns_) subtract(column, dot(column, other), other);
  }

  std::vector<Column> columns_;
};

}  // namespace eigentune::analysis_detail
