// A study: a question, a search space with a conditional hyperparameter, a budget of trials, and two workers. A trial
// that diverges is infeasible, and the study goes on. The points are the same however many workers there are.
//
// Output:
// 28 complete, 12 infeasible
// plain: loss 9.7e-02 in trial 26
// momentum: loss 2.4e-02 in trial 5

#include <eigentune/tune.hpp>

using namespace eigentune;

// Goes down Rosenbrock's valley, f(x, y) = (1 - x)^2 + 100 (y - x^2)^2, from (-1, 1) towards (1, 1).
void descend(Trial& trial) {
  const double rate = trial.get<double>("learning_rate");
  const double momentum = trial["method"] == "momentum" ? trial.get<double>("momentum") : 0.0;
  double x = -1.0, y = 1.0, x_velocity = 0.0, y_velocity = 0.0;
  for (std::int64_t step = 0; step <= 300; ++step) {
    const double a = 1.0 - x, b = y - x * x;
    trial.report(step, {.training_loss = a * a + 100.0 * b * b, .learning_rate = rate});
    x_velocity = momentum * x_velocity + 2.0 * a + 400.0 * x * b;
    y_velocity = momentum * y_velocity - 200.0 * b;
    x += rate * x_velocity;
    y += rate * y_velocity;
  }
}

int main() {
  SearchSpace space;
  const auto method = space.scientific("method", choice({"plain", "momentum"}));
  space.nuisance("momentum", one_minus_log_uniform(0.5, 0.99), method.is("momentum"));
  space.nuisance("learning_rate", log_uniform(1e-5, 1e-1));

  Study study("valley", space,
              {.question = "Does momentum get further down the valley in 300 steps?",
               .trials = 40,
               .sampler = Halton{.seed = 1},
               .metric = "training_loss",
               .objective = last_of("training_loss")});
  const RunSummary summary = study.run(descend, {.workers = 2});

  fmt::print("{} complete, {} infeasible\n", summary.complete, summary.infeasible);
  for (const char* name : {"plain", "momentum"}) {
    std::optional<TrialRecord> best;
    for (const TrialRecord& trial : study.trials()) {
      if (!trial.objective || (*trial.point)["method"] != name) continue;
      if (!best || *trial.objective < *best->objective) best = trial;
    }
    fmt::print("{}: loss {:.1e} in trial {}\n", name, *best->objective, best->number);
  }
}
