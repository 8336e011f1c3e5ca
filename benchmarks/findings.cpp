// Findings against the truth: of each, over simulated studies by trials and noise, the precision, the recall, and the
// share of studies in which it cannot say.
//
//     findings_benchmark [STUDIES [FIRST_SEED [TRIALS NOISE]]]
//
// STUDIES of each cell (default 200, so 4,800 in all), from FIRST_SEED on; with TRIALS (8, 16, ... 256) and NOISE
// (none, small, moderate or large) of that cell only. Seeds below 1,000,000 are for tuning; figures are reported from
// 1,000,000 on, the default. A finding counts as made if its verdict is a problem (for a region: if there is one; for a
// comparison: if it is decided), so abstaining counts against recall.

#include <eigentune/analysis/diagnose.hpp>

#include <fmt/core.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "simulated_studies.hpp"

using namespace eigentune;

namespace {

struct Score {
  int hits = 0, misses = 0, false_alarms = 0, correct_silences = 0, cannot_say = 0;

  std::string text() const {
    const auto share = [](int part, int whole) {
      return whole == 0 ? std::string("   -") : fmt::format("{:4.2f}", static_cast<double>(part) / whole);
    };
    return fmt::format("{} {} {}", share(hits, hits + false_alarms), share(hits, hits + misses),
                       share(cannot_say, hits + misses + false_alarms + correct_silences));
  }
};

enum class Answer { made, not_made, cannot_say };

Answer answer_to(const std::vector<Finding>& findings, const simulated::Claim& claim) {
  Answer answer = Answer::not_made;
  for (const Finding& finding : findings) {
    if (finding.check != claim.check || finding.hyperparameter != claim.hyperparameter) continue;
    if (finding.verdict == Verdict::cannot_say) answer = Answer::cannot_say;
    if (claim.bound && finding.bound != claim.bound) continue;
    if (claim.check == Check::infeasible_region || finding.verdict == Verdict::problem ||
        (claim.check == Check::scientific_comparison && finding.verdict == Verdict::good)) {
      return Answer::made;
    }
  }
  return answer;
}

constexpr std::array check_names = {
    "boundary",    "sampled enough", "infeasible share", "infeasible beyond", "edge",
    "overfitting", "late variance",  "still improving",  "saturated",         "loss rising",
    "periodic",    "best step",      "clipping",         "comparison",        "fixed"};
constexpr std::array<std::int64_t, 6> trial_counts = {8, 16, 32, 64, 128, 256};

}  // namespace

int main(int count, char** arguments) {
  const std::int64_t studies = count > 1 ? std::stoll(arguments[1]) : 200;
  const std::uint64_t first = count > 2 ? std::stoull(arguments[2]) : 1'000'000;
  const auto is_wanted = [&](std::size_t row, std::size_t level) {
    return count < 5 || (std::to_string(trial_counts[row]) == arguments[3] &&
                         std::string(simulated::noise_levels[level].name) == arguments[4]);
  };
  std::map<Check, std::map<std::pair<std::size_t, std::size_t>, Score>> scores;
  std::uint64_t seed = first;
  for (std::size_t row = 0; row < trial_counts.size(); ++row) {
    for (std::size_t level = 0; level < simulated::noise_levels.size(); ++level) {
      for (std::int64_t i = 0; is_wanted(row, level) && i < studies; ++i) {
        const auto study = simulated::simulate(seed++, trial_counts[row], simulated::noise_levels[level]);
        const std::vector<Finding> findings = diagnose(study.data);
        for (const simulated::Claim& claim : study.claims) {
          Score& score = scores[claim.check][{row, level}];
          const Answer answer = answer_to(findings, claim);
          const bool found = answer == Answer::made;
          score.cannot_say += answer == Answer::cannot_say ? 1 : 0;
          ++(claim.present ? (found ? score.hits : score.misses) : found ? score.false_alarms : score.correct_silences);
        }
      }
    }
  }
  fmt::print("precision, recall, and share of cannot say: {} studies a cell from seed {}\n", studies, first);
  for (const auto& [check, cells] : scores) {
    fmt::print("\n{:<18}", check_names[static_cast<std::size_t>(check)]);
    for (const auto& noise : simulated::noise_levels) fmt::print("  {:^15}", noise.name);
    for (std::size_t row = 0; row < trial_counts.size(); ++row) {
      fmt::print("\n{:>6} trials     ", trial_counts[row]);
      for (std::size_t level = 0; level < simulated::noise_levels.size(); ++level) {
        const auto cell = cells.find({row, level});
        fmt::print("   {}", cell == cells.end() ? "   -    -    -" : cell->second.text());
      }
    }
    fmt::print("\n");
  }
}
