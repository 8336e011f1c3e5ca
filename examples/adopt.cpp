#include <eigentune/tune.hpp>

using namespace eigentune;

// A training whose error depends on the learning rate, and a little on the seed.
void train(Trial& trial) {
  Random random(static_cast<std::uint64_t>(trial.get<std::int64_t>("seed")));
  const double away = std::log10(trial.get<double>("learning_rate") / 0.02);
  for (std::int64_t step = 100; step <= 1000; step += 100) {
    const double progress = 100.0 / static_cast<double>(step);
    trial.report(step, {.validation_error = 0.05 + 0.02 * away * away + 0.1 * progress + 0.002 * random.normal()});
  }
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

  const Point baseline = {{"learning_rate", 0.001}, {"seed", 1}};
  Study retraining = retraining_study("again", {.candidate = *wider.best()->point, .baseline = baseline, .runs = 5});
  retraining.run(train);
  fmt::print("{}\n", judge_adoption(retraining, {.minimum_gain = 0.005}));
}
