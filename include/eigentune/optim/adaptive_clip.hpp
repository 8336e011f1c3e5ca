#pragma once

#include <eigentune/core/portable_math.hpp>
#include <eigentune/core/view.hpp>
#include <eigentune/optim/options.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

namespace eigentune {

/// How the elements of one tensor fall into the units of adaptive clipping: element i belongs to unit i % count
/// (interleaved) or to unit i / (size / count).
struct UnitLayout {
  std::int64_t count = 1;
  std::int64_t per_unit = 0;
  bool interleaved = false;

  UnitLayout() = default;
  UnitLayout(const Shape& shape, StorageOrder order, ClipUnits units) {
    int wide_axes = 0;  // a matrix of one column or one row is a vector, too
    for (int axis = 0; axis < shape.rank(); ++axis) wide_axes += shape[axis] > 1 ? 1 : 0;
    const bool whole =
        units == ClipUnits::whole || shape.rank() == 0 || (units == ClipUnits::automatic && wide_axes <= 1);
    const bool first = units != ClipUnits::last_axis;
    count = whole ? 1 : shape[first ? 0 : shape.rank() - 1];
    per_unit = count == 0 ? 0 : shape.size() / count;
    interleaved = first == (order == StorageOrder::column_major);
  }

  std::int64_t unit_of(std::int64_t element) const { return interleaved ? element % count : element / per_unit; }
};

/// Adaptive gradient clipping (Brock et al. 2021, "High-Performance Large-Scale Image Recognition Without
/// Normalization", section 4): for each unit, the factor
///
///   min(1, threshold * max(|theta|, 1e-3) / |gradient_scale * g|)
///
/// with Euclidean norms over the unit's elements. Norms are sums in double in the elements' order, so that they do not
/// depend on threads. `workspace` has [2 count] elements; the factors are left in its first half.
template <class Scalar>
void adaptive_clip_factors(const UnitLayout& layout, const Scalar* parameter, const Scalar* gradient,
                           double gradient_scale, double threshold, std::span<double> workspace) {
  constexpr double smallest_norm = 1e-3;  // so that weights that start at zero can move (the paper's epsilon)
  const std::span<double> gradient_squares = workspace.first(static_cast<std::size_t>(layout.count));
  const std::span<double> parameter_squares = workspace.subspan(gradient_squares.size(), gradient_squares.size());
  std::fill(workspace.begin(), workspace.end(), 0.0);
  const auto add = [&](std::int64_t element, std::size_t unit) {
    const double g = gradient[element], p = parameter[element];
    gradient_squares[unit] += portable::rounded(g * g);
    parameter_squares[unit] += portable::rounded(p * p);
  };
  std::int64_t element = 0;
  if (layout.interleaved) {
    for (std::int64_t i = 0; i < layout.per_unit; ++i) {
      for (std::size_t unit = 0; unit < gradient_squares.size(); ++unit) add(element++, unit);
    }
  } else {
    for (std::size_t unit = 0; unit < gradient_squares.size(); ++unit) {
      for (std::int64_t i = 0; i < layout.per_unit; ++i) add(element++, unit);
    }
  }
  for (std::size_t unit = 0; unit < gradient_squares.size(); ++unit) {
    const double norm = std::sqrt(gradient_squares[unit]) * std::fabs(gradient_scale);
    const double limit = threshold * std::max(std::sqrt(parameter_squares[unit]), smallest_norm);
    gradient_squares[unit] = norm > limit ? limit / norm : 1.0;
  }
}

}  // namespace eigentune
