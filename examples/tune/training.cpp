#include "tune/training.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include "train/options.hpp"
#include "train/trainer.hpp"

namespace example {
namespace {

/// Passes every row of the curves on to `trial`.
RowObserver report_to(eigentune::Trial& trial) {
  return [&trial](std::int64_t step, const eigentune::CurveValues& row) { trial.report(step, row); };
}

}  // namespace

Options train_options(const eigentune::Point& point) {
  std::vector<std::string> words = train_arguments(point);
  for (const char* word : {"--threads", "1", "--producers", "0", "--no-curves", "--no-monitor", "--quiet"}) {
    words.emplace_back(word);
  }
  std::vector<const char*> arguments{"train"};
  for (const std::string& word : words) arguments.push_back(word.c_str());
  return parse_options(static_cast<int>(arguments.size()), arguments.data()).value();
}

void train(eigentune::Trial& trial, const eigentune::Point& point, const Splits& splits) {
  Trainer(train_options(point), splits, report_to(trial)).train();
}

double train_and_test(eigentune::Trial& trial, const eigentune::Point& point, const Splits& splits) {
  Trainer trainer(train_options(point), splits, report_to(trial));
  trainer.train();
  return 1.0 - trainer.test().accuracy();
}

}  // namespace example
