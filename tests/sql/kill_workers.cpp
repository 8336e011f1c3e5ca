// Workers that are killed at random, and what is left of their study: every trial complete exactly once.
//
//     kill_workers <folder> <trials> <workers> <lease in ms>
//
// A supervisor starts worker processes on one database, kills one of them with SIGKILL about every 20 ms and starts
// another in its place, until all trials are final. Workers append a line to a log when Storage::finish has returned:
// a kill may come between the two, so the log may lack a number, but none may be in it twice.

#include <eigentune/sql.hpp>
#include <eigentune/study/storage.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <signal.h>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

using namespace eigentune;
using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

struct Setting {
  std::filesystem::path folder;
  std::int64_t trials = 0;
  std::int64_t workers = 0;
  Milliseconds lease{};

  std::string url() const { return "sqlite:///" + (folder / "study.db").string(); }
  std::filesystem::path log() const { return folder / "finished.log"; }
  StudyDefinition definition() const {
    return {.name = "killed",
            .space = "x: nuisance uniform(0.0, 1.0)",
            .space_version = "0",
            .sampler = "by number",
            .metric = "validation_error",
            .objective = "best",
            .trials = trials,
            .max_attempts = 1'000'000};
  }
};

Point point_of(std::int64_t number) {
  return Point({{"x", static_cast<double>(number) / 1024.0}});
}
double objective_of(const Point& point, std::int64_t step) {
  return point["x"].as_double() + 1.0 / static_cast<double>(step + 1);
}

/// One attempt at one trial: two batches of a curve, of which the second comes with the end. It takes a while, so that
/// most kills hit a worker that has a trial.
void run(Storage& storage, const Claim& claim) {
  std::vector<CurveRow> rows;
  for (std::int64_t step = 0; step < 20; ++step) {
    rows.push_back({step, {.validation_error = objective_of(*claim.point, step)}});
    if (step == 9) {
      storage.report(claim, rows);
      rows.clear();
      std::this_thread::sleep_for(Milliseconds(20));
    }
  }
  storage.finish(claim, {.objective = objective_of(*claim.point, 19), .best_step = 19}, rows);
}

/// Until every trial is final: other workers' may yet be lost.
int work(const Setting& setting) {
  try {
    const std::shared_ptr<Storage> storage = open_storage(setting.url());
    const StudyId study = storage->open_study(setting.definition());
    const int log = ::open(setting.log().c_str(), O_WRONLY | O_APPEND);
    for (Revision revision = 0, final = 0; final < setting.trials;) {
      const std::optional<Claim> claim =
          storage->claim_with_point(study, fmt::format("{}", ::getpid()), setting.lease, point_of);
      if (claim) {
        try {
          run(*storage, *claim);
          const std::string line = fmt::format("{}\n", claim->number);
          if (::write(log, line.data(), line.size()) != static_cast<::ssize_t>(line.size())) return 2;
        } catch (const LeaseLost&) {  // it was slow, and somebody else has the trial
        }
        continue;
      }
      const Changes changes = storage->read(study, revision);
      revision = changes.revision;
      for (const TrialRecord& trial : changes.records) final += is_final(trial.state) ? 1 : 0;
      std::this_thread::sleep_for(Milliseconds(5));
    }
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "worker {}: {}\n", ::getpid(), error.what());
    return 2;
  }
}

class Workers {
 public:
  explicit Workers(const Setting& setting) : setting_(setting) {}
  ~Workers() {
    for (const ::pid_t process : processes_) ::kill(process, SIGKILL);
    for (const ::pid_t process : processes_) ::waitpid(process, nullptr, 0);
  }

  void start() {
    const ::pid_t process = ::fork();
    if (process < 0) throw std::runtime_error("expected to start a process");
    if (process == 0) ::_exit(work(setting_));
    processes_.push_back(process);
  }

  /// True when one has come to its end by itself.
  bool has_ended() {
    for (const ::pid_t process : processes_) {
      int status = 0;
      if (::waitpid(process, &status, WNOHANG) != process) continue;
      std::erase(processes_, process);
      if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
      throw std::runtime_error(fmt::format("expected workers to end well, found status {:#x}", status));
    }
    return false;
  }

  void kill(std::size_t index) {
    const ::pid_t process = processes_.at(index % processes_.size());
    ::kill(process, SIGKILL);
    int status = 0;
    ::waitpid(process, &status, 0);
    std::erase(processes_, process);
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0) throw std::runtime_error("expected no worker to fail");
  }

  /// Without further kills.
  void wait() {
    while (!processes_.empty()) {
      if (!has_ended()) std::this_thread::sleep_for(Milliseconds(5));
    }
  }

 private:
  const Setting& setting_;
  std::vector<::pid_t> processes_;
};

/// What is wrong with the study; empty if nothing is.
std::vector<std::string> faults(const Setting& setting, std::int64_t& attempts) {
  std::vector<std::string> found;
  const std::shared_ptr<Storage> storage = open_storage(setting.url());
  const StudyId study = storage->find_study("killed").value();
  const std::vector<TrialRecord> trials = storage->read(study, 0).records;
  if (std::ssize(trials) != setting.trials) found.push_back(fmt::format("{} trials", trials.size()));
  for (std::int64_t number = 0; number < std::ssize(trials); ++number) {
    const TrialRecord& trial = trials[static_cast<std::size_t>(number)];
    attempts += trial.attempt;
    const bool right = trial.number == number && trial.state == TrialState::complete &&
                       trial.point == point_of(number) && trial.objective == objective_of(point_of(number), 19);
    if (!right) found.push_back(fmt::format("trial {} is {}", number, to_string(trial.state)));
  }
  std::int64_t next = 0;
  storage->each_curve(study, [&](std::int64_t number, const TrainingCurve& curve) {
    bool right = number == next++ && curve.size() == 20;
    for (const CurveRow& row : curve.rows()) {
      right = right && row.values.validation_error == objective_of(point_of(number), row.step);
    }
    if (!right) found.push_back(fmt::format("the curve of trial {} has {} rows", number, curve.size()));
  });
  if (next != setting.trials) found.push_back(fmt::format("{} curves", next));
  std::map<std::int64_t, int> ends;
  std::ifstream log(setting.log());
  for (std::int64_t number = 0; log >> number;) {
    if (++ends[number] == 2) found.push_back(fmt::format("trial {} was finished twice", number));
  }
  return found;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 5) {
    fmt::print(stderr, "kill_workers <folder> <trials> <workers> <lease in ms>\n");
    return 1;
  }
  const Setting setting{.folder = arguments[1],
                        .trials = std::atoll(arguments[2]),
                        .workers = std::atoll(arguments[3]),
                        .lease = Milliseconds(std::atoll(arguments[4]))};
  try {
    std::filesystem::remove_all(setting.folder);
    std::filesystem::create_directories(setting.folder);
    std::ofstream(setting.log()).close();
    const auto begin = Clock::now();
    std::int64_t kills = 0, attempts = 0;
    {
      Workers workers(setting);
      for (std::int64_t i = 0; i < setting.workers; ++i) workers.start();
      std::mt19937 random(1);
      while (!workers.has_ended()) {
        std::this_thread::sleep_for(Milliseconds(10 + random() % 20));
        workers.kill(random());
        workers.start();
        ++kills;
      }
      workers.wait();
    }
    const std::vector<std::string> found = faults(setting, attempts);
    for (const std::string& fault : found) fmt::print("{}\n", fault);
    fmt::print("{} trials, {} workers, {} kills, {} attempts, {:.1f} s: {}\n", setting.trials, setting.workers, kills,
               attempts, std::chrono::duration<double>(Clock::now() - begin).count(),
               found.empty() ? "each complete exactly once" : "WRONG");
    std::filesystem::remove_all(setting.folder);
    return found.empty() ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print("{}\n", error.what());
    return 1;
  }
}
