// Kills a training program that saves checkpoints, at random instants, again and again, each time in the folder as the
// last one left it, and checks after each kill what the keeper promises.
//
//   kill_keeper KILLS [--background]   in a temporary folder; ends with 0 if all is well
//   kill_keeper --save COUNT FOLDER    saves so many checkpoints and ends

#include <eigentune/core/random.hpp>
#include <eigentune/optim.hpp>
#include <eigentune/train/checkpoint_keeper.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <signal.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "support/temporary_folder.hpp"

namespace {

using namespace eigentune;

constexpr std::int64_t keep_best = 3;

/// The error falls with much noise: the best checkpoints change often.
double metric_of(std::int64_t step) {
  return 50.0 * Random(static_cast<std::uint64_t>(step)).uniform() - static_cast<double>(step);
}

/// A model whose parameters tell the step.
struct Model {
  Model() { optimizer.add("w", w, gradient); }
  void go_to(std::int64_t step) { w.setConstant(static_cast<double>(step)); }
  bool is_at(std::int64_t step) const { return w == Eigen::MatrixXd::Constant(100, 37, static_cast<double>(step)); }

  Eigen::MatrixXd w = Eigen::MatrixXd::Zero(100, 37), gradient = w;
  Adam<double> optimizer;
};

[[noreturn]] void fail(const std::string& text) {
  std::fprintf(stderr, "%s\n", text.c_str());
  std::exit(1);
}

/// Saves step after step, and reports each that is begun or done through a pipe.
void train(const std::filesystem::path& folder, int pipe, std::int64_t count, bool background) {
  Model model;
  CheckpointKeeper keeper(folder, {.keep_best = keep_best, .keep_latest = 1, .background = background});
  std::int64_t step = keeper.latest() ? keeper.restore_latest(model.optimizer).step + 1 : 0;
  for (const std::int64_t end = step + count; step < end; ++step) {
    model.go_to(step);
    const std::int64_t begun[2] = {0, step}, done[2] = {1, step};
    if (::write(pipe, begun, sizeof begun) != sizeof begun) std::_Exit(2);
    keeper.save(step, metric_of(step), model.optimizer);
    if (background) continue;  // done when the next save or the end says so
    if (::write(pipe, done, sizeof done) != sizeof done) std::_Exit(2);
  }
  keeper.wait();
}

/// All that was saved so far, and what may have been when the program died, in order.
struct History {
  std::map<std::int64_t, double> done;
  std::vector<std::int64_t> open;

  void read(int pipe, bool background) {
    std::int64_t message[2];
    open.clear();
    while (::read(pipe, message, sizeof message) == sizeof message) {
      const auto [is_done, step] = message;
      if (is_done == 1) {
        settle(step);
        continue;
      }
      // In the background each save waits for the one before: when one is begun, the last but one is done.
      if (background && open.size() == 2) settle(open.front());
      open.push_back(step);
    }
  }
  void settle(std::int64_t step) {
    done[step] = metric_of(step);
    std::erase(open, step);
  }
};

void check(const std::filesystem::path& folder, History& history, const char* when) {
  const CheckpointReader reader(folder);
  const auto list = reader.list();
  const auto has = [&](std::int64_t step) {
    return std::ranges::find(list, step, &CheckpointInfo::step) != list.end();
  };
  for (const CheckpointInfo& info : list) {
    if (!info.usable()) fail(std::string(when) + ": " + info.problem);
  }
  // What was under way counts if the kill came after its rename; what came before it is done then.
  const std::vector<std::int64_t> open = history.open;
  const auto last = std::ranges::find_if(open.rbegin(), open.rend(), has);
  for (auto step = last; step != open.rend(); ++step) history.settle(*step);
  if (history.done.empty()) return;

  std::vector<std::pair<double, std::int64_t>> expected;
  for (const auto& [step, metric] : history.done) expected.emplace_back(metric, step);
  std::ranges::sort(expected);
  for (std::size_t rank = 0; rank < std::min<std::size_t>(keep_best, expected.size()); ++rank) {
    if (!has(expected[rank].second)) fail(fmt::format("{}: step {} is gone", when, expected[rank].second));
  }
  Model model;
  const RestoredCheckpoint best = reader.restore_best(model.optimizer);
  if (best.step != expected.front().second || !model.is_at(best.step) || !best.passed_over.empty()) {
    fail(fmt::format("{}: the best is step {}, not {}", when, expected.front().second, best.step));
  }
  const RestoredCheckpoint latest = reader.restore_latest(model.optimizer);
  if (latest.step != history.done.rbegin()->first || !model.is_at(latest.step) || !latest.passed_over.empty()) {
    fail(fmt::format("{}: the latest is step {}, not {}", when, history.done.rbegin()->first, latest.step));
  }
}

void check_clean(const std::filesystem::path& folder) {
  const CheckpointKeeper keeper(folder);
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    if (name.find(".tmp") != std::string::npos) fail(name + " was left");
  }
}

void kill_once(const std::filesystem::path& folder, Random& random, History& history, bool background) {
  int pipe[2];
  if (::pipe(pipe) != 0) fail("pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(pipe[0]);
    train(folder, pipe[1], 1'000'000, background);
    std::_Exit(0);
  }
  ::close(pipe[1]);
  ::usleep(static_cast<useconds_t>(random.below(40'000)));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  history.read(pipe[0], background);
  ::close(pipe[0]);
}

}  // namespace

int main(int count, char** arguments) {
  const std::string first = count > 1 ? arguments[1] : "";
  if (first == "--save" && count == 4) {
    const int nowhere = ::open("/dev/null", O_WRONLY);
    train(arguments[3], nowhere, std::atoll(arguments[2]), false);
    return 0;
  }
  const int kills = std::atoi(first.c_str());
  const bool background = count > 2 && std::string(arguments[2]) == "--background";
  if (kills < 1) fail("kill_keeper KILLS [--background] | --save COUNT FOLDER");

  const support::TemporaryFolder temporary;  // which stays for a look if fail ends the program
  const std::filesystem::path folder = temporary / "checkpoints";
  History history;
  Random random(static_cast<std::uint64_t>(kills) + (background ? 1000 : 0));
  int during = 0, with_leftover = 0;
  for (int kill = 0; kill < kills; ++kill) {
    kill_once(folder, random, history, background);
    during += history.open.empty() ? 0 : 1;
    if (!std::filesystem::exists(folder)) continue;  // it died before it began
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      with_leftover += entry.path().string().find(".tmp") != std::string::npos ? 1 : 0;
    }
    check(folder, history, "after the kill");
    check_clean(folder);
    check(folder, history, "after the next start");
  }
  std::printf("%d kills, %d of them during a save, %d left a temporary file; %zu checkpoints were saved\n", kills,
              during, with_leftover, history.done.size());
  return 0;
}
