#pragma once

#include <cstdint>

namespace eigentune {

struct PlotOptions {
  std::int64_t best_trials = 5;     ///< how many are drawn on top of the others
  std::int64_t curve_points = 100;  ///< most points of one drawn curve; longer ones are thinned
};

}  // namespace eigentune
