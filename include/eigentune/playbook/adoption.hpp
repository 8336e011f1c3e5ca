#pragma once

#include <eigentune/analysis/adoption.hpp>
#include <eigentune/analysis/judge_adoption.hpp>
#include <eigentune/core/error.hpp>
#include <eigentune/playbook/retraining_study.hpp>
#include <eigentune/space/value.hpp>
#include <eigentune/study/study.hpp>
#include <eigentune/study/trial_record.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace eigentune {

/// What a study of retraining_study, or one loaded from its storage, has shown so far. A failed trial counts as
/// infeasible: it has no objective after all its attempts. Throws std::invalid_argument if it is another kind of study,
/// and eigentune::Error if the storage fails.
inline Retrainings read_retrainings(const Study& study) {
  const StudyDefinition definition = study.definition();
  const std::optional<std::int64_t> planned = playbook_detail::planned_runs(study.space());
  require(planned.has_value(), "read_retrainings: \"{}\" is not a study that retraining_study made", definition.name);
  Retrainings result{.metric = definition.metric,
                     .direction = definition.direction,
                     .planned_runs = *planned,
                     .runs = definition.trials / 2};
  const std::vector<TrialRecord> trials = study.trials();
  const std::string seed_name = study.space().hyperparameters()[1].name;
  const auto seed_of = [&](std::size_t number) { return trials[number].point->get<std::int64_t>(seed_name); };
  result.paired = trials.size() < 2 || !trials[0].point || !trials[1].point || seed_of(0) == seed_of(1);
  for (std::size_t i = 0; i + 1 < trials.size(); i += 2) {  // both of a pair, or neither
    const TrialRecord &candidate = trials[i], &baseline = trials[i + 1];
    if (!is_final(candidate.state) || !is_final(baseline.state)) continue;
    for (const TrialRecord* trial : {&candidate, &baseline}) {
      const char* arm = trial == &candidate ? "candidate" : "baseline";
      require(trial->point && (*trial->point)[playbook_detail::arm_name] == arm,
              "read_retrainings: trial {} must be one of the {}, and no point of one's own", trial->number, arm);
    }
    result.candidate.objectives.push_back(candidate.objective);
    result.baseline.objectives.push_back(baseline.objective);
  }
  return result;
}

/// The verdict on a study of retraining_study as it stands: see judge_adoption of Retrainings.
inline Adoption judge_adoption(const Study& retraining, const AdoptionOptions& options = {}) {
  return judge_adoption(read_retrainings(retraining), options);
}

}  // namespace eigentune
