#pragma once

#include <eigentune/analysis/study_data.hpp>
#include <eigentune/study/trial_record.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <string>

namespace eigentune::report_detail {

/// How the trials ended, to follow their number: ": 57 complete, 7 infeasible"; states without a trial are left out.
inline std::string state_counts(const StudyData& data) {
  std::string text;
  for (const TrialState state :
       {TrialState::complete, TrialState::infeasible, TrialState::failed, TrialState::running, TrialState::queued}) {
    const auto count = std::ranges::count(data.trials, state, &TrialRecord::state);
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? ": " : ", ", count, to_string(state));
  }
  return text;
}

}  // namespace eigentune::report_detail
