#pragma once

#include <eigentune/analysis/finding.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/space/hyperparameter.hpp>
#include <eigentune/space/role.hpp>
#include <eigentune/space/value.hpp>

#include <fmt/core.h>

#include <vector>

namespace eigentune {

/// A caveat for each fixed hyperparameter: what the study concludes holds for that value, and may not for others
/// ("Identifying scientific, nuisance, and fixed hyperparameters").
inline std::vector<Finding> find_fixed_hyperparameters(const StudyData& data) {
  std::vector<Finding> findings;
  for (const Hyperparameter& hyperparameter : data.space.hyperparameters()) {
    if (hyperparameter.role != Role::fixed) continue;
    const Value value = hyperparameter.domain.at(0);
    findings.push_back(
        {.check = Check::fixed_hyperparameter,
         .verdict = Verdict::note,
         .hyperparameter = hyperparameter.id,
         .value = value,
         .conclusion = fmt::format("every conclusion is for {} and may not hold for other values", value.text())});
  }
  return findings;
}

}  // namespace eigentune
