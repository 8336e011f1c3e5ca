#pragma once

#include <eigentune/core/error.hpp>

#include <cstdint>

namespace eigentune {

struct PlotOptions {
  std::int64_t best_trials = 5;     ///< how many are drawn on top of the others; at least 1
  std::int64_t curve_points = 100;  ///< most points of one drawn curve; longer ones are thinned; at least 4

  /// Throws std::invalid_argument if a number is out of its range. Every plot asks.
  void validate() const {
    require(best_trials >= 1, "PlotOptions: best_trials must be at least 1, got {}", best_trials);
    require(curve_points >= 4, "PlotOptions: curve_points must be at least 4, got {}", curve_points);
  }
};

}  // namespace eigentune
