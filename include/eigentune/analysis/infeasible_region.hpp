#pragma once

#include <eigentune/analysis/finding.hpp>
#include <eigentune/analysis/significance.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/portable_math.hpp>
#include <eigentune/space/hyperparameter.hpp>
#include <eigentune/space/value.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace eigentune {

/// The end of a hyperparameter's range in which (nearly) all trials are infeasible.
struct InfeasibleRegion {
  Bound side = Bound::upper;
  double unit = 1.0;                    ///< where it begins on the axis in [0, 1]: halfway between two trials
  Value value = 1.0;                    ///< the same as a value
  std::int64_t beyond = 0, within = 0;  ///< trials on either side
  std::int64_t infeasible_beyond = 0, infeasible_within = 0;
  double p_value = 1.0;
};

/// Of the trials beyond the threshold at least this share is infeasible: "all", but for a lucky one among ten.
inline constexpr double infeasible_beyond_share = 0.9;
/// The level of the test for a region. It is asked of every hyperparameter, and both ends are covered already.
inline constexpr double infeasible_region_level = 0.01;

/// Where along a hyperparameter's axis trials turn infeasible: the change point with the greatest likelihood of a
/// Bernoulli variable whose probability is p within and q beyond (Hinkley and Hinkley, "Inference about the
/// Change-Point in a Sequence of Binomial Variables", 1970), among those with at least 90% infeasible beyond and a
/// smaller share within. It counts if Fisher's exact test finds it at 1% after Bonferroni's correction for all cuts and
/// both ends. Absent otherwise, and if the hyperparameter has no axis.
inline std::optional<InfeasibleRegion> infeasible_region(const StudyData& data, const Hyperparameter& hyperparameter) {
  if (!has_axis(hyperparameter)) return std::nullopt;
  std::vector<std::pair<double, bool>> trials;  // position, infeasible
  for (const TrialRecord& trial : data.trials) {
    if (!trial.point || !is_final(trial.state)) continue;
    if (const auto unit = unit_position(hyperparameter, *trial.point)) trials.emplace_back(*unit, is_infeasible(trial));
  }
  std::ranges::sort(trials);
  const std::size_t total = trials.size();
  const auto marked =
      static_cast<std::size_t>(std::ranges::count_if(trials, [](const auto& one) { return one.second; }));
  if (marked == 0 || marked == total) return std::nullopt;

  const auto log_likelihood = [](std::size_t hits, std::size_t count) {
    const auto term = [&](std::size_t part) {
      const auto k = static_cast<double>(part);
      return part == 0 ? 0.0 : portable::rounded(k * portable::log(k / static_cast<double>(count)));
    };
    return term(hits) + term(count - hits);
  };
  struct Cut {
    std::size_t beyond = 0, hits = 0, below = 0;
    Bound side = Bound::upper;
    double log_likelihood = 0.0;
  };
  std::optional<Cut> best;
  std::size_t cuts = 0, hits_below = 0;
  for (std::size_t below = 1; below < total; ++below) {
    hits_below += trials[below - 1].second ? 1 : 0;
    if (trials[below].first == trials[below - 1].first) continue;
    ++cuts;
    for (const Bound side : {Bound::upper, Bound::lower}) {
      Cut cut{.beyond = side == Bound::upper ? total - below : below,
              .hits = side == Bound::upper ? marked - hits_below : hits_below,
              .below = below,
              .side = side};
      const auto share = static_cast<double>(cut.hits) / static_cast<double>(cut.beyond);
      const auto share_within = static_cast<double>(marked - cut.hits) / static_cast<double>(total - cut.beyond);
      if (share < infeasible_beyond_share || share <= share_within) continue;
      cut.log_likelihood = log_likelihood(cut.hits, cut.beyond) + log_likelihood(marked - cut.hits, total - cut.beyond);
      if (!best || cut.log_likelihood > best->log_likelihood) best = cut;
    }
  }
  if (!best) return std::nullopt;
  const double p_value = 2.0 * static_cast<double>(cuts) *
                         analysis_detail::fisher_upper_tail(best->hits, best->beyond, marked, total,
                                                            analysis_detail::log_factorials(total));
  if (p_value > infeasible_region_level) return std::nullopt;
  InfeasibleRegion region{.side = best->side,
                          .unit = 0.5 * (trials[best->below - 1].first + trials[best->below].first),
                          .beyond = static_cast<std::int64_t>(best->beyond),
                          .within = static_cast<std::int64_t>(total - best->beyond),
                          .infeasible_beyond = static_cast<std::int64_t>(best->hits),
                          .infeasible_within = static_cast<std::int64_t>(marked - best->hits),
                          .p_value = p_value};
  // Of values that can be counted, the last one that is not beyond.
  const double within = trials[best->side == Bound::upper ? best->below - 1 : best->below].first;
  region.value = hyperparameter.domain.from_unit(hyperparameter.domain.is_countable() ? within : region.unit);
  return region;
}

}  // namespace eigentune
