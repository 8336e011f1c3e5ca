#pragma once

#include <eigentune/analysis/best_step.hpp>
#include <eigentune/analysis/finding.hpp>
#include <eigentune/analysis/fixed_hyperparameters.hpp>
#include <eigentune/analysis/gradient_clipping.hpp>
#include <eigentune/analysis/infeasible_fraction.hpp>
#include <eigentune/analysis/instability_edge.hpp>
#include <eigentune/analysis/late_gain.hpp>
#include <eigentune/analysis/late_variance.hpp>
#include <eigentune/analysis/periodic_validation.hpp>
#include <eigentune/analysis/read_study.hpp>
#include <eigentune/analysis/rising_curves.hpp>
#include <eigentune/analysis/sampled_enough.hpp>
#include <eigentune/analysis/scientific_comparison.hpp>
#include <eigentune/analysis/search_space_boundary.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/study/study.hpp>

#include <iterator>
#include <utility>
#include <vector>

namespace eigentune {

/// The playbook's checklist, asked of a study ("Extracting insight from experimental results"): a finding for each
/// question, in the order of Check. What the data cannot tell is Verdict::cannot_say. A pure function; never throws
/// for what a study can hold: no trials, one, none feasible, NaN everywhere.
///
///     for (const Finding& finding : diagnose(study)) fmt::print("{}\n", finding);
inline std::vector<Finding> diagnose(const StudyData& data) {
  std::vector<Finding> findings;
  const auto add = [&findings](std::vector<Finding> more) {
    findings.insert(findings.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  };
  add(find_search_space_boundaries(data));
  add({find_sampled_enough(data), find_infeasible_fraction(data)});
  add(find_infeasible_regions(data));
  add({find_overfitting(data), find_late_variance(data), find_still_improving(data), find_saturated(data),
       find_training_loss_rising(data), find_periodic_validation(data), find_best_step(data),
       find_gradient_clipping(data)});
  add(find_scientific_comparisons(data));
  add(find_fixed_hyperparameters(data));
  return findings;
}

/// The same of what the study's storage holds now. Throws eigentune::Error if that fails.
inline std::vector<Finding> diagnose(const Study& study) {
  return diagnose(read_study(study));
}

}  // namespace eigentune
