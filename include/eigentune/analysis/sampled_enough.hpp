#pragma once

#include <eigentune/analysis/best_of_n.hpp>
#include <eigentune/analysis/expected_trials.hpp>
#include <eigentune/analysis/finding.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/quantile.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

namespace eigentune {

/// What twice the trials may still gain without a call for them, of the distance from the median trial to the best; and
/// up to the lesser share it is certainly enough.
inline constexpr double gain_of_doubling_that_counts = 0.0575;
inline constexpr double gain_of_doubling_that_does_not = 0.05;

/// "Have we sampled enough points from the search space?" Asked is what twice as many of the N trials would gain on
/// average,
///
///     (best of N - best of 2 N) / (median - best of N)
///
/// with the expected best of n quasi-random trials. The best few of a study's own trials would say it badly, as they
/// are few, and because their best of 2 N has not been seen; so all of them are asked, by way of a model:
/// expected_trials. The quartiles of the bootstrap's best of N and of N/2 of the trials themselves are evidence. Cannot
/// say below 16 trials.
inline Finding find_sampled_enough(const StudyData& data) {
  Finding finding{.check = Check::sampled_enough};
  std::vector<double> costs;
  for (const RankedTrial& one : ranked_trials(data)) costs.push_back(one.cost);
  const std::int64_t infeasible = std::ranges::count_if(data.trials, is_infeasible);
  const std::int64_t trials = static_cast<std::int64_t>(costs.size()) + infeasible;
  constexpr std::int64_t least_trials = 16;
  if (trials < least_trials || costs.size() < least_trials / 2) {
    finding.conclusion = too_few_text(costs.size());
    return finding;
  }
  const std::optional<BestOfN> expected = expected_trials(data);
  if (!expected) {
    finding.conclusion = median(costs) > costs.front()
                             ? "the trials say nothing of how the objective depends on the space"
                             : "too many trials have the same objective to tell";
    return finding;
  }
  const std::int64_t most = expected->trials();
  const double once = expected->mean_of_subsets(std::min(trials, most));
  const double twice = expected->mean_of_subsets(std::min(2 * trials, most));
  const double spread = median(expected->costs()) - once;
  const double gain = spread > 0.0 ? (once - twice) / spread : 0.0;
  const BestOfN best(std::move(costs), infeasible);
  finding.evidence = {{"trials", static_cast<double>(trials)},
                      {"gain_of_doubling", gain},
                      {"quartile_width", best.quantile(trials, 0.75) - best.quantile(trials, 0.25)},
                      {"quartile_width_of_half", best.quantile(trials / 2, 0.75) - best.quantile(trials / 2, 0.25)}};
  if (gain > gain_of_doubling_that_counts) {
    finding.verdict = Verdict::problem;
    finding.conclusion = fmt::format(
        "twice the trials would improve the best by about {:.2g}% of its distance from the median", 100.0 * gain);
    finding.action = fmt::format("run more trials, for instance {} in all", 2 * trials);
  } else if (gain < gain_of_doubling_that_does_not) {
    finding.verdict = Verdict::good;
    finding.conclusion = fmt::format(
        "even twice the trials would improve the best by only about {:.2g}% of its distance from the median",
        100.0 * gain);
  } else {
    finding.conclusion = "what more trials would gain is neither much nor little";
  }
  return finding;
}

}  // namespace eigentune
