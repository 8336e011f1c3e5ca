#pragma once

#include <eigentune/analysis/least_squares.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/normal_quantile.hpp>
#include <eigentune/space/hyperparameter.hpp>
#include <eigentune/space/point.hpp>
#include <eigentune/space/role.hpp>
#include <eigentune/space/search_space.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

/// What the findings regress, and on what.
namespace eigentune::analysis_detail {

/// The normal scores of ascending costs: the normal quantiles of (rank - 3/8) / (n + 1/4), which are nearly the
/// expected order statistics (Blom, "Statistical Estimates and Transformed Beta-Variables", 1958). Equal costs share
/// the mean of their ranks.
inline Column normal_scores(const std::vector<double>& costs) {
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

/// Where the points lie on the hyperparameter's axis, in [-1, 1], or the square of that; 0 where it is not active.
inline Column axis_column(const Hyperparameter& hyperparameter, const std::vector<const Point*>& points, bool squared) {
  Column column;
  for (const Point* point : points) {
    const std::optional<double> unit = unit_position(hyperparameter, *point);
    const double x = unit ? 2.0 * *unit - 1.0 : 0.0;
    column.push_back(squared ? x * x : x);
  }
  return column;
}

/// What is taken of the hyperparameters that are not asked about, in the order in which it is tried.
enum class Others { parabolas, lines, none };

/// A constant and the terms of all varied hyperparameters but number `index`: a line or parabola for each with an axis,
/// an offset for each value but the first of the others.
inline std::vector<Column> columns_of_others(const SearchSpace& space, const std::vector<const Point*>& points,
                                             std::size_t index, Others others) {
  std::vector<Column> columns = {Column(points.size(), 1.0)};
  if (others == Others::none) return columns;
  for (std::size_t j = 0; j < space.hyperparameters().size(); ++j) {
    const Hyperparameter& other = space.hyperparameters()[j];
    if (j == index || other.role == Role::fixed) continue;
    if (has_axis(other)) {
      columns.push_back(axis_column(other, points, false));
      if (others == Others::parabolas) columns.push_back(axis_column(other, points, true));
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

}  // namespace eigentune::analysis_detail
