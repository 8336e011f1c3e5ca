// Kills the trainer, which saves a checkpoint every 5 steps, at random instants, and checks after each kill that
//   - the checkpoint that was saved last and the best one can be restored, and every file is whole,
//   - the best are the true best among all completed saves, by the errors that the run's own curves tell,
//   - the next start leaves no temporary file.
//
//   kill_trainer PROGRAM KILLS

#include <eigentune/core/random.hpp>
#include <eigentune/optim/make_optimizer.hpp>
#include <eigentune/train/checkpoint_reader.hpp>
#include <eigentune/train/run_log_reader.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <signal.h>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include "support/temporary_folder.hpp"
#include "train/network.hpp"
#include "train/optimizer_choice.hpp"
#include "trainer/process.hpp"
#include "trainer/small_data.hpp"

namespace {

using namespace eigentune;

constexpr std::int64_t every = 5, keep_best = 3;
constexpr int kills_per_run = 15;              // the best change most at the beginning of a run
constexpr std::uint64_t most_delay = 200'000;  // microseconds, of which some ten thousand are the start

[[noreturn]] void fail(const std::string& text) {
  std::fprintf(stderr, "kill_trainer: %s\n", text.c_str());
  std::exit(1);
}

/// A network and optimizer as the program has them, to restore into.
struct Model {
  Model() {
    network.for_each_parameter(
        [&](const std::string& name, auto& parameter, auto& gradient) { optimizer.add(name, parameter, gradient); });
    optimizer.options_for("*.weights", {.weight_decay = example::starting_point("adam").weight_decay});
    optimizer.average(ExponentialAverage{.decay = 0.9});
  }
  example::Network<float> network{{.inputs = 16, .classes = 10, .depth = 1, .width = 16}};
  AnyOptimizer<float> optimizer = make_optimizer<float>("adam");
};

/// One run, in a directory of its own.
class Run {
 public:
  Run(std::filesystem::path directory, std::string program, std::uint64_t seed)
      : directory_(std::move(directory)), program_(std::move(program)), seed_(seed) {
    std::filesystem::create_directories(directory_);
    write_small_data(directory_, true);
  }

  void kill_once(Random& random) {
    Process process(directory_, command(seed_));
    ::usleep(static_cast<useconds_t>(random.below(most_delay)));
    process.kill(SIGKILL);
    if (!WIFSIGNALED(process.wait())) fail("the trainer ended by itself");
  }

  /// Returns the number of completed saves.
  std::size_t check() {
    if (!std::filesystem::exists(folder())) return 0;  // it died before it began
    const CheckpointReader reader(folder());
    const auto list = reader.list();
    for (const CheckpointInfo& info : list) {
      if (!info.usable()) fail(info.problem);
    }
    const std::int64_t row = read_curves();
    const std::int64_t last = list.empty() ? 0 : std::ranges::max(list, {}, &CheckpointInfo::step).step;
    // A save is complete before the next one begins, and that is before the row after it is written.
    if (last < (row - every - 1) / every * every)
      fail(fmt::format("row {} is there, checkpoint {} the last", row, last));
    if (list.empty()) return 0;

    std::vector<std::pair<double, std::int64_t>> saves;
    for (std::int64_t step = every; step <= last; step += every) saves.emplace_back(error_at(step), step);
    std::ranges::sort(saves);
    for (std::size_t rank = 0; rank < std::min<std::size_t>(keep_best, saves.size()); ++rank) {
      const auto [error, step] = saves[rank];
      const auto found = std::ranges::find(list, step, &CheckpointInfo::step);
      if (found == list.end() || found->metric != error) fail(fmt::format("step {}, rank {}, is gone", step, rank + 1));
    }
    if (list.size() > keep_best + 2) fail(fmt::format("{} checkpoints are kept", list.size()));
    Model model;
    const RestoreOptions options{.ignore_extra_tensors = true};
    const auto best = reader.restore_best(model.optimizer, {}, options);
    if (best.step != saves.front().second) fail(fmt::format("best is {}, not {}", best.step, saves.front().second));
    const auto latest = reader.restore_latest(model.optimizer, {}, options);
    if (latest.step != last) fail(fmt::format("latest is {}, not {}", latest.step, last));
    if (!best.passed_over.empty() || !latest.passed_over.empty()) fail("a file was passed over");
    best_steps.insert(best.step);
    return saves.size();
  }

  /// Starts the program once more, with an option that it refuses as soon as it has seen the checkpoints.
  void check_clean() {
    const auto before = names();
    if (std::ranges::none_of(before, [](const auto& name) { return name.ends_with(".safetensors"); })) return;
    const bool left = std::ranges::any_of(before, is_temporary);
    with_leftover += left ? 1 : 0;
    const int status = Process(directory_, command(seed_ + 1)).wait();
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 2) fail("another seed was not refused");
    auto expected = before;
    std::erase_if(expected, is_temporary);
    if (names() != expected) fail("the next start left a temporary file, or took more than those");
  }

  int with_leftover = 0;
  std::set<std::int64_t> best_steps;

 private:
  std::filesystem::path folder() const { return directory_ / "run"; }
  static bool is_temporary(const std::string& name) { return name.find(".tmp") != std::string::npos; }

  std::set<std::string> names() const {
    std::set<std::string> result;
    if (!std::filesystem::exists(folder())) return result;
    for (const auto& entry : std::filesystem::directory_iterator(folder())) result.insert(entry.path().filename());
    return result;
  }

  std::vector<std::string> command(std::uint64_t seed) const {
    return {program_,
            "--data",
            ".",
            "--depth",
            "1",
            "--width",
            "16",
            "--seed",
            fmt::format("{}", seed),
            "--steps",
            "100000",
            "--evaluate-every",
            "5",
            "--schedule",
            "constant",
            "--warmup",
            "0",
            "--learning-rate",
            "0.01",
            "--average-decay",
            "0.9",
            "--checkpoint-dir",
            "run",
            "--keep-best",
            "3",
            "--resume"};
  }

  /// Reads the curves, and checks that a step which was trained anew has the error that it had before. Returns the
  /// number of the last row.
  std::int64_t read_curves() {
    const auto path = directory_ / "curves.csv";
    if (!std::filesystem::exists(path)) return 0;
    const TrainingCurve curve = read_run_log(path).curve;
    const auto errors = curve.series("validation_error");
    for (std::size_t i = 0; i < errors.steps.size(); ++i) {
      const auto [entry, is_new] = errors_.emplace(errors.steps[i], errors.values[i]);
      if (entry->second != errors.values[i]) fail(fmt::format("step {} has another error than before", entry->first));
    }
    return curve.empty() ? 0 : curve.rows().back().step;
  }

  double error_at(std::int64_t step) const {
    const auto found = errors_.find(step);
    if (found == errors_.end()) fail(fmt::format("there is a checkpoint of step {} and no row", step));
    return found->second;
  }

  std::filesystem::path directory_;
  std::string program_;
  std::uint64_t seed_;
  std::map<std::int64_t, double> errors_;  // by step, of all starts
};

}  // namespace

int main(int count, char** arguments) {
  const int kills = count == 3 ? std::atoi(arguments[2]) : 0;
  if (kills < 1) fail("kill_trainer PROGRAM KILLS");
  const std::string program = std::filesystem::absolute(arguments[1]);
  const support::TemporaryFolder temporary;  // which stays for a look if fail ends the program

  Random random(static_cast<std::uint64_t>(kills));
  int done = 0, with_leftover = 0;
  std::size_t saves = 0, best = 0;
  for (std::uint64_t seed = 1; done < kills; ++seed) {
    Run run(temporary / fmt::format("{}", seed), program, seed);
    std::size_t completed = 0;
    for (int i = 0; i < kills_per_run && done < kills; ++i, ++done) {
      run.kill_once(random);
      completed = run.check();
      run.check_clean();
      if (run.check() != completed) fail("the next start has changed the checkpoints");
    }
    saves += completed;
    with_leftover += run.with_leftover;
    best += run.best_steps.size();
  }
  std::printf("%d kills, %d left a temporary file; %zu checkpoints were completed, %zu times another was the best\n",
              kills, with_leftover, saves, best);
  return 0;
}
