#pragma once

#include <eigentune/analysis/mean_difference.hpp>
#include <eigentune/analysis/t_test_power.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>

namespace eigentune::analysis_detail {

/// The looks at retrainings that a plan of `planned` runs has: at planned, 2 planned, 4 planned, ... runs of each. The
/// first may err with half of the level, the next with a quarter, and so on, so that all of them together stay below
/// it, whichever are taken and whatever made somebody take them (Bonferroni's inequality).
class AdoptionLooks {
 public:
  AdoptionLooks(std::int64_t planned, double level) : planned_(planned), level_(level) {}

  std::int64_t runs(std::int64_t look) const { return planned_ << look; }
  double level(std::int64_t look) const { return level_ / static_cast<double>(std::int64_t{2} << look); }

  /// Which look `runs` of each are, if they are one.
  std::optional<std::int64_t> of_runs(std::int64_t runs) const {
    for (std::int64_t look = 0; look < 40 && this->runs(look) <= runs; ++look) {
      if (this->runs(look) == runs) return look;
    }
    return std::nullopt;
  }

 private:
  std::int64_t planned_;
  double level_;
};

/// The power of look `look` if the true gain lies `distance` above the threshold, with errors as they are after `runs`.
inline double power_at(const AdoptionLooks& looks, std::int64_t look, std::int64_t runs, const MeanDifference& gain,
                       double distance) {
  const auto before = static_cast<double>(runs), then = static_cast<double>(looks.runs(look));
  const double error = gain.standard_error * std::sqrt(before / then);
  const double degrees = std::max(1.0, gain.degrees_of_freedom * (then - 1.0) / (before - 1.0));
  return error > 0.0 ? t_test_power(distance / error, degrees, looks.level(look)) : distance > 0.0 ? 1.0 : 0.0;
}

}  // namespace eigentune::analysis_detail
