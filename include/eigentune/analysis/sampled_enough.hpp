#pragma once

#include <eigentune/analysis/best_of_n.hpp>
#include <eigentune/analysis/finding.hpp>
#include <eigentune/analysis/smoothed_costs.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/quantile.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace eigentune {

/// What twice the trials may still gain without a call for them, of the distance from the median trial to the best; and
/// up to the lesser share it is certainly enough.
inline constexpr double gain_of_doubling_that_counts = 0.0875;
inline constexpr double gain_of_doubling_that_does_not = 0.05;

namespace analysis_detail {

/// What twice the trials gain if the smoothed_costs are what trials have; absent if there are none, or all are equal.
inline std::optional<double> gain_by_surface(const StudyData& data, const std::vector<RankedTrial>& ranked,
                                             std::int64_t trials) {
  std::vector<double> smoothed = smoothed_costs(data.space, ranked);
  if (smoothed.empty()) return std::nullopt;
  const auto copies = static_cast<std::int64_t>(smoothed.size() / ranked.size());
  const double middle = median(smoothed);
  const BestOfN best(std::move(smoothed), copies * (trials - static_cast<std::int64_t>(ranked.size())));
  const double now = best.mean_of_subsets(trials), twice = best.mean_of_subsets(2 * trials);
  if (!(middle > now)) return std::nullopt;
  return (now - twice) / (middle - now);
}

}  // namespace analysis_detail

/// "Have we sampled enough points from the search space?" What the best of twice as many trials would gain is estimated
/// twice, each time as a share of the distance from the median of the complete trials to the expected best:
///
/// - From the expected best of N/16, N/8, N/4 and N/2 of the N trials (BestOfN::mean_of_subsets) follow the gains of
///   the last three doublings, the first a and the last b. They shrink by about sqrt(b / a) each, and so do the next
///   two, so that twice the trials gain about b (b / a) (Aitken's extrapolation of a geometric series). That needs no
///   model, but rests on a handful of the best trials.
/// - The expected best of N and of 2 N of the smoothed_costs. That rests on all trials, but on a surface's shape too.
///
/// They err for different reasons, so their geometric mean is compared. The quartiles of the bootstrap's best of N and
/// of N/2 are evidence. Cannot say below 16 trials.
inline Finding find_sampled_enough(const StudyData& data) {
  Finding finding{.check = Check::sampled_enough};
  std::vector<double> costs;
  const std::vector<RankedTrial> ranked = ranked_trials(data);
  for (const RankedTrial& one : ranked) costs.push_back(one.cost);
  const std::int64_t infeasible = std::ranges::count_if(data.trials, is_infeasible);
  const std::int64_t trials = static_cast<std::int64_t>(costs.size()) + infeasible;
  constexpr std::int64_t least_trials = 16;
  if (trials < least_trials || costs.size() < least_trials / 2) {
    finding.conclusion = too_few_text(costs.size());
    return finding;
  }
  const BestOfN best(std::move(costs), infeasible);
  const double half = best.mean_of_subsets(trials / 2);
  const double before = best.mean_of_subsets(trials / 16) - best.mean_of_subsets(trials / 8);
  const double last = best.mean_of_subsets(trials / 4) - half;
  const double spread = median(best.costs()) - half;
  if (!(before > 0.0) || !(spread > 0.0)) {
    finding.conclusion = "too many trials have the same objective to tell";
    return finding;
  }
  const double extrapolated = last * std::min(last / before, 1.0) / spread;
  const double surface = analysis_detail::gain_by_surface(data, ranked, trials).value_or(extrapolated);
  const double gain = std::sqrt(std::max(0.0, extrapolated * surface));
  finding.evidence = {{"trials", static_cast<double>(trials)},
                      {"gain_of_doubling", gain},
                      {"extrapolated", extrapolated},
                      {"by_surface", surface},
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
