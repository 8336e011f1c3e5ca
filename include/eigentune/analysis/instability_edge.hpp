#pragma once

#include <eigentune/analysis/finding.hpp>
#include <eigentune/analysis/infeasible_region.hpp>
#include <eigentune/analysis/response_surface.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/space/hyperparameter.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eigentune {

/// How probable it must be that the best lies at an edge, if the objective improves towards it: an instability that is
/// missed keeps the best out, and costs at least twice as much as warmup or clipping that is tried in vain.
inline constexpr double edge_probability = 1.0 / 3.0;
/// The level of the F-test for an effect on this side of the edge, without which the best does not keep away from it.
inline constexpr double edge_effect_level = 0.15;

namespace analysis_detail {

/// Whether the position lies beyond where the region begins.
inline bool is_beyond(const InfeasibleRegion& region, double unit) {
  return region.side == Bound::upper ? unit > region.unit : unit < region.unit;
}

inline Finding describe_region(const StudyData& data, const Hyperparameter& hyperparameter,
                               const InfeasibleRegion& region) {
  Finding finding{.check = Check::infeasible_region,
                  .verdict = Verdict::note,
                  .hyperparameter = hyperparameter.id,
                  .bound = region.side,
                  .value = region.value};
  for (const TrialRecord& trial : data.trials) {
    if (!trial.point || !is_infeasible(trial)) continue;
    const auto unit = unit_position(hyperparameter, *trial.point);
    if (unit && is_beyond(region, *unit)) finding.trials.push_back(trial.number);
  }
  finding.evidence = {{"trials_beyond", static_cast<double>(region.beyond)},
                      {"infeasible_beyond", static_cast<double>(region.infeasible_beyond)},
                      {"trials_within", static_cast<double>(region.within)},
                      {"infeasible_within", static_cast<double>(region.infeasible_within)},
                      {"p_value", region.p_value}};
  const std::string_view beyond = region.side == Bound::upper ? "above" : "below";
  const std::string edge = short_text(region.value);
  finding.conclusion = region.infeasible_beyond == region.beyond
                           ? fmt::format("all {} trials {} {} are infeasible", region.beyond, beyond, edge)
                           : fmt::format("{} of the {} trials {} {} are infeasible", region.infeasible_beyond,
                                         region.beyond, beyond, edge);
  finding.action =
      fmt::format("avoid sampling {} {} {} by adjusting the search space", hyperparameter.id, beyond, edge);
  return finding;
}

inline Finding judge_edge(const StudyData& data, const std::vector<RankedTrial>& ranked, std::size_t index,
                          const InfeasibleRegion& region) {
  const Hyperparameter& hyperparameter = data.space.hyperparameters()[index];
  Finding finding{.check = Check::instability_edge,
                  .hyperparameter = hyperparameter.id,
                  .bound = region.side,
                  .value = region.value};
  const bool upper = region.side == Bound::upper;
  const std::string edge = short_text(region.value);
  std::vector<RankedTrial> inside;
  for (const RankedTrial& one : ranked) {
    const auto unit = unit_position(hyperparameter, *one.trial->point);
    if (unit && !is_beyond(region, *unit)) inside.push_back(one);
  }
  const auto surface = ResponseSurface::fit(data.space, inside, index);
  if (!surface) {
    finding.conclusion = fmt::format("{} on this side of the edge, {}", too_few_text(inside.size()), edge);
    return finding;
  }
  const double probability = 1.0 - surface->p_not_improving(region.unit, upper);
  const double middle = 0.5 * (region.unit + (upper ? 0.0 : 1.0));  // where a parabola's slope is that of its chord
  const double p_no_trend = surface->p_not_improving(middle, upper), p_no_effect = surface->p_no_effect();
  finding.evidence = {{"trials", static_cast<double>(surface->trials())},
                      {"probability_of_improving", probability},
                      {"p_no_trend", p_no_trend},
                      {"p_no_effect", p_no_effect}};
  if (probability > edge_probability && p_no_trend < slope_level) {
    finding.verdict = Verdict::problem;
    for (std::size_t i = 0; i < std::min<std::size_t>(5, inside.size()); ++i) {
      finding.trials.push_back(inside[i].trial->number);
    }
    finding.conclusion = fmt::format(
        "the objective may well improve right up to the edge of instability, {}, and then the best values lie where "
        "training is about to fail",
        edge);
    finding.action = fmt::format("try learning rate warmup or gradient clipping, so that {} {} {} can be used",
                                 hyperparameter.id, upper ? "above" : "below", edge);
  } else if (probability < slope_level && p_no_effect < edge_effect_level) {
    finding.verdict = Verdict::good;
    finding.conclusion = fmt::format("the best values keep away from the edge, {}", edge);
  } else {
    finding.conclusion = fmt::format("the trials do not tell whether the best values lie at the edge, {}", edge);
  }
  return finding;
}

}  // namespace analysis_detail

/// A finding for each hyperparameter with an infeasible_region, and one for whether the best lies right at its edge.
/// Then training is limited by instability ("How can optimization failures be debugged and mitigated?"). The slope of
/// the objective there, of the trials within (see ResponseSurface), has Student's t as its posterior distribution if
/// nothing was known beforehand (Box and Tiao, "Bayesian Inference in Statistical Analysis", 1973).
///
/// - A problem if the objective improves from the far end of the range to the edge by a one-sided t-test at 10%, and
///   still does at the edge with a probability above a third. The whole way is known better than its end, and where
///   nothing matters one in ten at most passes.
/// - Good if it improves at the edge with less than 10%, and the F-test finds an effect at 15%.
/// - Else the data cannot say.
inline std::vector<Finding> find_infeasible_regions(const StudyData& data) {
  std::vector<Finding> findings;
  const std::vector<RankedTrial> ranked = ranked_trials(data);
  for (std::size_t index = 0; index < data.space.hyperparameters().size(); ++index) {
    const Hyperparameter& hyperparameter = data.space.hyperparameters()[index];
    const std::optional<InfeasibleRegion> region = infeasible_region(data, hyperparameter);
    if (!region) continue;
    findings.push_back(analysis_detail::describe_region(data, hyperparameter, *region));
    findings.push_back(analysis_detail::judge_edge(data, ranked, index, *region));
  }
  return findings;
}

}  // namespace eigentune
