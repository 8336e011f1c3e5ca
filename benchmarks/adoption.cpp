// Adoption against the truth: how often a change is adopted whose gain is 0, 1/2, 1 or 2 standard deviations of
// retraining, by distribution, design and runs.
//
//     adoption_benchmark [DECISIONS [SEED]]
//
// DECISIONS of each cell (default 1,000), and four times as many without gain: 476,000 in all. Three figures a cell:
// adopted at the first look; adopted in the end, when the advice is followed to run more and look again; runs of each
// arm by then. The line of gain 0 has the false-positive rates: about 2.5% and at most 5% is what is promised.

#include <eigentune/analysis/judge_adoption.hpp>
#include <eigentune/core/random.hpp>

#include <fmt/core.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>

using namespace eigentune;

namespace {

/// How retrainings of the two arms scatter, with a mean square deviation of 1 over both.
struct Scatter {
  const char* name;
  double (*draw)(Random&);
  double candidate_deviation = 1.0, baseline_deviation = 1.0;
  double correlation = 0.0;  ///< of runs with one seed
  double infeasible = 0.0;   ///< the probability that a run is
};

double normal(Random& random) {
  return random.normal();
}
double skewed(Random& random) {
  return -std::log(1.0 - random.uniform()) - 1.0;
}  // an exponential: to large errors
double heavy_tailed(Random& random) {  // Student's t of 3 degrees
  const double z = random.normal(), a = random.normal(), b = random.normal(), c = random.normal();
  return z / std::sqrt(a * a + b * b + c * c);
}

constexpr std::array scatters = {
    Scatter{"normal", normal},
    Scatter{"skewed", skewed},
    Scatter{"heavy-tailed", heavy_tailed},
    Scatter{"candidate 3 x baseline", normal, 1.341640786499874, 0.447213595499958},
    Scatter{"baseline 3 x candidate", normal, 0.447213595499958, 1.341640786499874},
    Scatter{"skewed, candidate 3 x", skewed, 1.341640786499874, 0.447213595499958},
    Scatter{"seeds correlated by 1/2", normal, 1.0, 1.0, 0.5},
    Scatter{"a fifth infeasible", normal, 1.0, 1.0, 0.0, 0.2},
    Scatter{"half infeasible", normal, 1.0, 1.0, 0.0, 0.5},
};

/// Runs both arms until there are `runs` of each.
void run_until(Retrainings& retrainings, std::int64_t runs, const Scatter& scatter, double gain, Random& random) {
  const double shared = std::sqrt(scatter.correlation), own = std::sqrt(1.0 - scatter.correlation);
  for (auto run = std::ssize(retrainings.candidate.objectives); run < runs; ++run) {
    const double common = scatter.correlation > 0.0 ? scatter.draw(random) : 0.0;
    const auto objective = [&](double deviation, double mean) -> std::optional<double> {
      const double value = mean + deviation * (shared * common + own * scatter.draw(random));
      return random.uniform() < scatter.infeasible ? std::nullopt : std::optional(value);
    };
    retrainings.candidate.objectives.push_back(objective(scatter.candidate_deviation, -gain));
    retrainings.baseline.objectives.push_back(objective(scatter.baseline_deviation, 0.0));
  }
}

struct Tally {
  std::int64_t decisions = 0, adopted_first = 0, adopted = 0, runs = 0;

  double percent(std::int64_t part) const { return 100.0 * static_cast<double>(part) / static_cast<double>(decisions); }
  std::string text() const {
    const double mean_runs = static_cast<double>(runs) / static_cast<double>(decisions);
    return fmt::format("{:5.1f} {:5.1f} ({:5.1f})", percent(adopted_first), percent(adopted), mean_runs);
  }
};

Tally simulate(const Scatter& scatter, bool paired, std::int64_t planned, double gain, std::int64_t decisions,
               std::uint64_t seed) {
  Tally tally{.decisions = decisions};
  Random random(seed);
  for (std::int64_t i = 0; i < decisions; ++i) {
    Retrainings retrainings{.paired = paired, .planned_runs = planned};
    run_until(retrainings, planned, scatter, gain, random);
    Adoption adoption = judge_adoption(retrainings);
    tally.adopted_first += adoption.verdict == AdoptionVerdict::adopt ? 1 : 0;
    while (adoption.next_runs) {
      run_until(retrainings, *adoption.next_runs, scatter, gain, random);
      adoption = judge_adoption(retrainings);
    }
    tally.adopted += adoption.verdict == AdoptionVerdict::adopt ? 1 : 0;
    tally.runs += std::ssize(retrainings.candidate.objectives);
  }
  return tally;
}

}  // namespace

int main(int count, char** arguments) {
  const std::int64_t decisions = count > 1 ? std::stoll(arguments[1]) : 1000;
  std::uint64_t seed = count > 2 ? std::stoull(arguments[2]) : 1;
  fmt::print("adopted at the first look, in the end (mean runs of each arm by then); percent\n");
  for (const bool paired : {true, false}) {
    for (const Scatter& scatter : scatters) {
      if (!paired && scatter.correlation > 0.0) continue;
      fmt::print("\n{}, {}\n{:<8}", scatter.name, paired ? "pairs of one seed" : "seeds of their own", "gain");
      for (const int runs : {3, 5, 10, 20}) fmt::print("  {:^20}", fmt::format("{} runs", runs));
      for (const double gain : {0.0, 0.5, 1.0, 2.0}) {
        fmt::print("\n{:<8}", gain);
        for (const int runs : {3, 5, 10, 20}) {
          const std::int64_t repeats = gain == 0.0 ? 4 * decisions : decisions;
          fmt::print("  {}", simulate(scatter, paired, runs, gain, repeats, seed++).text());
        }
      }
      fmt::print("\n");
    }
  }
}
