#pragma once

#include <eigentune/analysis/finding.hpp>
#include <eigentune/analysis/infeasible_region.hpp>
#include <eigentune/analysis/response_surface.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/analysis/wider_bound.hpp>
#include <eigentune/space/hyperparameter.hpp>
#include <eigentune/space/value.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigentune {

namespace analysis_detail {

/// Whether most of the trials in the fifth of the range next to a bound are infeasible, and more than elsewhere
/// (Fisher's exact test at 5%), so that the others do not speak for it.
inline bool mostly_infeasible_near(const StudyData& data, const Hyperparameter& hyperparameter, Bound bound) {
  constexpr double part = 0.2, level = 0.05;
  std::size_t near = 0, infeasible_near = 0, all = 0, infeasible = 0;
  for (const TrialRecord& trial : data.trials) {
    if (!trial.point || !is_final(trial.state)) continue;
    const auto unit = unit_position(hyperparameter, *trial.point);
    if (!unit) continue;
    const bool is_near = bound == Bound::upper ? *unit >= 1.0 - part : *unit <= part;
    ++all;
    near += is_near ? 1 : 0;
    infeasible += is_infeasible(trial) ? 1 : 0;
    infeasible_near += is_near && is_infeasible(trial) ? 1 : 0;
  }
  return 2 * infeasible_near > near &&
         fisher_upper_tail(infeasible_near, near, infeasible, all, log_factorials(all)) < level;
}

inline Finding judge_bounds(const StudyData& data, const std::vector<RankedTrial>& ranked, std::size_t index) {
  const Hyperparameter& hyperparameter = data.space.hyperparameters()[index];
  Finding finding{.check = Check::search_space_boundary, .hyperparameter = hyperparameter.id};
  const auto surface = ResponseSurface::fit(data.space, ranked, index);
  if (!surface) {
    std::vector<double> positions;
    for (const RankedTrial& one : ranked) {
      if (const auto unit = unit_position(hyperparameter, *one.trial->point)) positions.push_back(*unit);
    }
    const std::size_t active = positions.size();
    std::ranges::sort(positions);
    positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
    const bool constant = !ranked.empty() && ranked.front().cost == ranked.back().cost;
    if (constant && ranked.size() > 1) {
      finding.conclusion = "all complete trials have the same objective";
    } else if (positions.size() < 3 && active >= ResponseSurface::least_trials) {
      finding.conclusion = fmt::format("the complete trials have {} different value{} of it, and it takes 3 to tell",
                                       positions.size(), positions.size() == 1 ? "" : "s");
    } else {
      finding.conclusion = too_few_text(active);
    }
    return finding;
  }
  const double p_effect = surface->p_no_effect();
  const auto region = infeasible_region(data, hyperparameter);
  finding.evidence = {{"trials", static_cast<double>(surface->trials())}, {"p_no_effect", p_effect}};
  int settled = 0;
  for (const Bound bound : {Bound::lower, Bound::upper}) {
    const bool upper = bound == Bound::upper;
    const double p = surface->p_not_improving(upper ? 1.0 : 0.0, upper);
    finding.evidence.push_back({fmt::format("p_value_{}", to_string(bound)), p});
    if (region && region->side == bound) {
      ++settled;  // what limits the range there is not the bound
      continue;
    }
    if (mostly_infeasible_near(data, hyperparameter, bound)) continue;
    if (1.0 - p < slope_level && p_effect < effect_level) ++settled;
    if (p >= slope_level || p_effect >= effect_level) continue;
    const Value value = upper ? hyperparameter.domain.high() : hyperparameter.domain.low();
    const std::string at = number_text(value);
    finding.bound = bound;
    finding.value = value;
    finding.verdict = Verdict::problem;
    for (const RankedTrial& one : ranked) {
      const auto unit = unit_position(hyperparameter, *one.trial->point);
      if (unit && finding.trials.size() < 5) finding.trials.push_back(one.trial->number);
    }
    finding.conclusion = fmt::format("the objective still improves at the {} bound, {}", to_string(bound), at);
    constexpr double far = 2.0;  // further away a parabola is a line
    if (const auto vertex = surface->vertex(); vertex && *vertex > -far && *vertex < 1.0 + far) {
      finding.evidence.push_back({"best_position", *vertex});
    }
    finding.suggested = wider_bound(hyperparameter.domain, bound, surface->vertex());
    const std::string_view verb = upper ? "raise" : "lower";
    if (finding.suggested) {
      const auto [from, to] = distinct_texts(value, *finding.suggested);
      finding.action =
          fmt::format("{} the {} bound of {} from {} to {}", verb, to_string(bound), hyperparameter.id, from, to);
    } else if (hyperparameter.domain.is_listed()) {
      finding.action = fmt::format("add values {} {} to {}", upper ? "above" : "below", at, hyperparameter.id);
    } else {
      finding.verdict = Verdict::note;
      finding.conclusion += ", beyond which there may be nothing";
      finding.action = fmt::format("consider leaving {} out by fixing it at {}", hyperparameter.id, at);
    }
    return finding;
  }
  if (settled == 2) {
    finding.verdict = Verdict::good;
    finding.conclusion = "the best values lie within the bounds";
  } else if (p_effect >= effect_level) {
    finding.conclusion = "its effect does not stand out from that of the others and noise, so it may not matter";
  } else {
    finding.conclusion = "the trials do not tell whether the best values lie within the bounds";
  }
  return finding;
}

}  // namespace analysis_detail

/// "Is the search space large enough?" ("Identifying bad search space boundaries"). One finding for each varied
/// hyperparameter whose values have an order, conditional ones among the trials in which they are active.
///
/// A search space is too small if the objective still improves at a bound. That is judged by the slope there of a
/// response surface on the hyperparameter's scale (see ResponseSurface), which pools all complete trials and takes the
/// other hyperparameters out, where a look at the few best trials would follow their noise: a problem if the F-test
/// finds an effect at 1% and the t-test improvement at the bound at 10%; good if it finds the opposite at both bounds;
/// else the data cannot say. A bound next to which trials are infeasible is not what limits the space (see
/// find_infeasible_regions). The evidence: the F-test's p-value (p_no_effect), the t-tests' (p_value_lower, _upper),
/// and where the parabola is best, [0, 1] being the range (best_position).
inline std::vector<Finding> find_search_space_boundaries(const StudyData& data) {
  std::vector<Finding> findings;
  const std::vector<RankedTrial> ranked = ranked_trials(data);
  for (std::size_t index = 0; index < data.space.hyperparameters().size(); ++index) {
    if (!has_axis(data.space.hyperparameters()[index])) continue;
    findings.push_back(analysis_detail::judge_bounds(data, ranked, index));
  }
  return findings;
}

}  // namespace eigentune
