#pragma once

#include <eigentune/analysis/student_t.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/normal_quantile.hpp>
#include <eigentune/core/portable_math.hpp>
#include <eigentune/space/hyperparameter.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace eigentune {

/// The level of a test for the direction of a slope: what is wrong once in twenty is worth the next study.
inline constexpr double slope_level = 0.05;
/// The level of the test for a hyperparameter's effect, which is asked first: a slope of nothing has either sign.
inline constexpr double effect_level = 0.05;

/// How the objective depends on one hyperparameter, with the others taken into account: a second-order response surface
/// without interactions (Box and Wilson, "On the Experimental Attainment of Optimum Conditions", 1951),
///
///     score = c + sum over ordered hyperparameters j of (b_j x_j + a_j x_j^2) + sum over choices of an offset per
///     value
///
/// fitted by least squares, with x_j in [-1, 1] the position on the hyperparameter's scale (where j is not active its
/// terms are 0). The scores are the normal scores of the costs (Blom 1958): ranks, so that only the order of the trials
/// counts. A logarithm of the objective changes nothing, and neither does how bad the worst trials are.
class ResponseSurface {
 public:
  /// The fit over those of the `ranked` trials in which hyperparameter `index` of the space is active. With few trials
  /// the other hyperparameters get a line instead of a parabola, and with fewer still they are left to the residual.
  /// Absent if even so there are fewer than `least_trials` or two for each coefficient, if the hyperparameter has
  /// fewer than three different values there, or if all costs are equal.
  static std::optional<ResponseSurface> fit(const SearchSpace& space, std::span<const RankedTrial> ranked,
                                            std::size_t index) {
    const Hyperparameter& own = space.hyperparameters()[index];
    std::vector<const Point*> points;
    std::vector<double> costs;
    for (const RankedTrial& one : ranked) {
      if (!unit_position(own, *one.trial->point)) continue;
      points.push_back(&*one.trial->point);
      costs.push_back(one.cost);
    }
    if (points.size() < least_trials || costs.front() == costs.back()) return std::nullopt;
    for (const Others others : {Others::parabolas, Others::lines, Others::none}) {
      Columns columns = columns_of_others(space, points, index, others);
      if (std::optional<ResponseSurface> surface = solve(std::move(columns), points, own, normal_scores(costs))) {
        return surface;
      }
    }
    return std::nullopt;
  }

  /// The p-value of the hyperparameter's having no effect: the F-test of both its terms.
  double p_no_effect() const {
    return portable::pow(residual_ / (residual_ + linear_ * linear_ + square_ * square_),
                         0.5 * static_cast<double>(freedom_));
  }

  /// How the score changes per unit of the axis at `unit`, in standard errors: negative where higher is better.
  double slope(double unit) const {
    const double at = 2.0 * (2.0 * unit - 1.0);
    const double square_part = (at - shared_ / linear_length_) / square_length_;
    const double slope = linear_ / linear_length_ + square_ * square_part;
    const double error = std::sqrt(residual_ / static_cast<double>(freedom_) *
                                   (1.0 / (linear_length_ * linear_length_) + square_part * square_part));
    constexpr double most = 1e3;  // an exact fit has no error
    return error * most > std::fabs(slope) ? slope / error : slope > 0.0 ? most : slope < 0.0 ? -most : 0.0;
  }

  /// The p-value of the objective's not improving at `unit` towards the bound: Student's t-test, one-sided.
  double p_not_improving(double unit, bool upwards) const {
    return student_t::upper_tail(upwards ? -slope(unit) : slope(unit), static_cast<double>(freedom_));
  }

  /// Where the parabola has its best, on the axis in which the range is [0, 1]; absent if it has a worst.
  std::optional<double> vertex() const {
    const double curvature = square_ / square_length_;
    if (!(curvature > 0.0)) return std::nullopt;
    const double line = (linear_ - shared_ * curvature) / linear_length_;
    return 0.5 * (1.0 - 0.5 * line / curvature);
  }

  std::int64_t trials() const { return trials_; }
  std::int64_t degrees_of_freedom() const { return freedom_; }

  /// Fewer say nothing of a parabola in noise.
  static constexpr std::size_t least_trials = 8;

 private:
  enum class Others { parabolas, lines, none };
  using Column = std::vector<double>;
  using Columns = std::vector<Column>;

  static double dot(const Column& a, const Column& b) {
    double sum = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += portable::rounded(a[i] * b[i]);
    return sum;
  }

  static void subtract(Column& from, double factor, const Column& column) {
    for (std::size_t i = 0; i < from.size(); ++i) from[i] -= portable::rounded(factor * column[i]);
  }

  /// Equal costs share the mean of their ranks. `costs` ascend.
  static Column normal_scores(const std::vector<double>& costs) {
    const std::size_t n = costs.size();
    Column scores(n);
    for (std::size_t first = 0; first < n;) {
      std::size_t end = first + 1;
      while (end < n && costs[end] == costs[first]) ++end;
      const double rank = 0.5 * static_cast<double>(first + 1 + end);
      for (std::size_t i = first; i < end; ++i) {
        scores[i] = normal_quantile((rank - 0.375) / (static_cast<double>(n) + 0.25));
      }
      first = end;
    }
    return scores;
  }

  static Column axis(const Hyperparameter& hyperparameter, const std::vector<const Point*>& points, bool squared) {
    Column column;
    for (const Point* point : points) {
      const std::optional<double> unit = unit_position(hyperparameter, *point);
      const double x = unit ? 2.0 * *unit - 1.0 : 0.0;
      column.push_back(squared && unit ? x * x : x);
    }
    return column;
  }

  static Columns columns_of_others(const SearchSpace& space, const std::vector<const Point*>& points, std::size_t index,
                                   Others others) {
    Columns columns = {Column(points.size(), 1.0)};
    if (others == Others::none) return columns;
    for (std::size_t j = 0; j < space.hyperparameters().size(); ++j) {
      const Hyperparameter& other = space.hyperparameters()[j];
      if (j == index || other.role == Role::fixed) continue;
      if (has_axis(other)) {
        columns.push_back(axis(other, points, false));
        if (others == Others::parabolas) columns.push_back(axis(other, points, true));
        continue;
      }
      for (std::int64_t value = 1; value < *other.domain.cardinality(); ++value) {
        Column column;
        for (const Point* point : points) {
          const Value* own = other.is_active(*point) ? point->find(other.name) : nullptr;
          column.push_back(own != nullptr && *own == other.domain.at(value) ? 1.0 : 0.0);
        }
        columns.push_back(std::move(column));
      }
    }
    return columns;
  }

  /// Takes out of `column` what lies in the span of `basis`, which is orthonormal, and returns what is left of its
  /// length; a column that lies in the span has 0.
  static double orthogonalize(Column& column, const Columns& basis) {
    const double before = std::sqrt(dot(column, column));
    for (int pass = 0; pass < 2; ++pass) {  // twice is enough (Kahan, in Parlett 1980)
      for (const Column& other : basis) subtract(column, dot(column, other), other);
    }
    const double length = std::sqrt(dot(column, column));
    constexpr double collinear = 1e-8;
    if (!(length > collinear * before)) return 0.0;
    for (double& entry : column) entry /= length;
    return length;
  }

  static std::optional<ResponseSurface> solve(Columns others, const std::vector<const Point*>& points,
                                              const Hyperparameter& own, Column scores) {
    Columns basis;
    for (Column& column : others) {
      if (orthogonalize(column, basis) > 0.0) basis.push_back(std::move(column));
    }
    ResponseSurface surface;
    const std::size_t coefficients = basis.size() + 2;
    if (points.size() < 2 * coefficients) return std::nullopt;
    surface.trials_ = static_cast<std::int64_t>(points.size());
    surface.freedom_ = static_cast<std::int64_t>(points.size() - coefficients);
    Column line = axis(own, points, false), square = axis(own, points, true);
    surface.linear_length_ = orthogonalize(line, basis);
    if (surface.linear_length_ == 0.0) return std::nullopt;
    surface.shared_ = dot(square, line);
    basis.push_back(line);
    surface.square_length_ = orthogonalize(square, basis);
    if (surface.square_length_ == 0.0) return std::nullopt;
    surface.linear_ = dot(scores, line);
    surface.square_ = dot(scores, square);
    basis.push_back(std::move(square));
    for (const Column& column : basis) subtract(scores, dot(scores, column), column);
    surface.residual_ = dot(scores, scores);
    return surface;
  }

  std::int64_t trials_ = 0, freedom_ = 0;
  double linear_ = 0.0, square_ = 0.0;                // the scores along the orthonormal columns of line and square
  double linear_length_ = 1.0, square_length_ = 1.0;  // the diagonal of R in QR, and
  double shared_ = 0.0;                               // its entry above
  double residual_ = 0.0;                             // sum of squares
};

}  // namespace eigentune
