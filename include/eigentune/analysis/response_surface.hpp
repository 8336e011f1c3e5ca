#pragma once

#include <eigentune/analysis/least_squares.hpp>
#include <eigentune/analysis/regression_terms.hpp>
#include <eigentune/analysis/student_t.hpp>
#include <eigentune/analysis/study_data.hpp>
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

/// The level of the test for a hyperparameter's effect, which is asked of each first: a slope of nothing has either
/// sign, and there are many.
inline constexpr double effect_level = 0.01;
/// The level of the test for the direction of a slope, asked only where there is an effect: a bound that was moved in
/// vain, once in ten where the best lies on it, costs less than one that keeps the best out.
inline constexpr double slope_level = 0.1;

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
    const Column scores = analysis_detail::normal_scores(costs);
    for (const Others others : {Others::parabolas, Others::lines, Others::none}) {
      if (auto surface = solve(analysis_detail::columns_of_others(space, points, index, others), points, own, scores))
        return surface;
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
  using Column = analysis_detail::Column;
  using Others = analysis_detail::Others;

  static std::optional<ResponseSurface> solve(std::vector<Column> others, const std::vector<const Point*>& points,
                                              const Hyperparameter& own, const Column& scores) {
    using analysis_detail::dot;
    analysis_detail::OrthonormalBasis basis;
    for (Column& column : others) basis.add(std::move(column));
    ResponseSurface surface;
    const std::size_t coefficients = basis.size() + 2;
    if (points.size() < 2 * coefficients) return std::nullopt;
    surface.trials_ = static_cast<std::int64_t>(points.size());
    surface.freedom_ = static_cast<std::int64_t>(points.size() - coefficients);
    Column square = analysis_detail::axis_column(own, points, true);
    surface.linear_length_ = basis.add(analysis_detail::axis_column(own, points, false));
    if (surface.linear_length_ == 0.0) return std::nullopt;
    surface.shared_ = dot(square, basis.last());
    surface.linear_ = dot(scores, basis.last());
    surface.square_length_ = basis.add(std::move(square));
    if (surface.square_length_ == 0.0) return std::nullopt;
    surface.square_ = dot(scores, basis.last());
    surface.residual_ = basis.residual(scores);
    return surface;
  }

  std::int64_t trials_ = 0, freedom_ = 0;
  double linear_ = 0.0, square_ = 0.0;                // the scores along the orthonormal columns of line and square
  double linear_length_ = 1.0, square_length_ = 1.0;  // the diagonal of R in QR, and
  double shared_ = 0.0;                               // its entry above
  double residual_ = 0.0;                             // sum of squares
};

}  // namespace eigentune
