// From a study to a change that is worth adopting: what the study found, the search space of the next one, and its best
// configuration trained again, beside the one that is used now, with seeds that no search has seen.
//
// Output:
// problem: Is the search space large enough? learning_rate: the objective still improves at the upper bound, 0.01.
//   evidence: trials 16, p_no_effect 8.874e-12, p_value_lower 1, p_value_upper 1.442e-05
//   trials: 7, 15, 3, 11, 5
//   next: raise the upper bound of learning_rate from 0.01 to 0.5
//
// learning_rate: raise the upper bound from 0.01 to 0.5: the objective still improves at the upper bound, 0.01
// sampler: halton(seed=1)
// SearchSpace space;
// space.nuisance("learning_rate", log_uniform(1e-05, 0.5));
// space.fixed("seed", 1);
//
// adopt: the candidate beats the baseline by more than 0.002 with the retraining variance of both taken into account.
//   validation_error: candidate 0.05045 +- 0.0016 (5 runs), baseline 0.06531 +- 0.0022 (5 runs), in pairs of one seed
//   gain +0.01486, 95% interval [+0.01108, +0.01864], +6.95 standard deviations of retraining
//   better by more than 0.002 with probability 1
//   these runs show trial variance; study variance (of another search) and data variance (of other data) add to it
//   complete certainty is not demanded

#include <eigentune/tune.hpp>

#include <cmath>

using namespace eigentune;

// Stands for a training run: its error depends on the learning rate, which is best at 0.02, and a little on chance.
double train(Trial& trial) {
  Random random(trial.get<std::uint64_t>("seed"), static_cast<std::uint64_t>(trial.number()));
  const double away = std::log10(trial.get<double>("learning_rate") / 0.02);
  return 0.05 + 0.01 * away * away + 0.002 * random.normal();
}

int main() {
  SearchSpace space;
  space.nuisance("learning_rate", log_uniform(1e-5, 1e-2));
  space.fixed("seed", 1);
  Study study("rate", space, {.question = "Which learning rate is best?", .trials = 16, .sampler = Halton{.seed = 1}});
  study.run(train);
  for (const Finding& finding : diagnose(study)) {
    if (finding.verdict == Verdict::problem) fmt::print("{}\n", finding);
  }

  const NextSpace next = next_space(study);
  fmt::print("\n{}\n", next);
  Study wider("wider", next.space, {.trials = 16, .sampler = next.sampler});
  wider.run(train);

  Study retraining = retraining_study(
      "again", {.candidate = *wider.best()->point, .baseline = {{"learning_rate", 0.001}, {"seed", 1}}, .runs = 5});
  retraining.run(train);
  fmt::print("{}\n", judge_adoption(retraining, {.minimum_gain = 0.002}));
}
