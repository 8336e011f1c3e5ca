// Any program can be tuned: here a trainer in Python, command.py beside this file, which gets its hyperparameters as
// arguments (--learning_rate=0.1) and writes a JSON object a line for each step.
//
// Output:
// 0.019: complete, best at step 10
// 0.603: complete, best at step 10
// 0.107: complete, best at step 10
// 3.390: infeasible, x was -6e+10 at step 3
// 0.045: complete, best at step 10
// 1.429: infeasible, x was 3e+16 at step 4
// 0.254: complete, best at step 10
// 8.038: infeasible, x was -8e+15 at step 3

#include <eigentune/tune.hpp>

#include <filesystem>

using namespace eigentune;

int main() {
  SearchSpace space;
  space.nuisance("learning_rate", log_uniform(1e-2, 10.0));
  space.fixed("steps", 10);

  const std::string program = std::filesystem::path(__FILE__).replace_extension(".py");
  Study study("command", space, {.trials = 8, .sampler = Halton{.seed = 1}, .metric = "training_loss"});
  study.run(ExternalCommand({"python3", program}), {.workers = 2});

  for (const TrialRecord& trial : study.trials()) {
    const std::string result = trial.objective ? fmt::format("best at step {}", *trial.best_step) : trial.reason;
    fmt::print("{:.3f}: {}, {}\n", trial.point->get<double>("learning_rate"), to_string(trial.state), result);
  }
}
