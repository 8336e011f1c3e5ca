// What a study in SQLite costs besides its training: a trial's bookkeeping, as a study grows, beside what the disk
// takes for as many synchronized writes; and reading a study.
//
//     studies_benchmark <folder> [trials = 20000]
//
// On /dev/shm a synchronized write is free, and what is left is the library's own share.

#include <eigentune/sql.hpp>
#include <eigentune/tune.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

using namespace eigentune;
using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

double mean(const std::vector<double>& values) {
  double sum = 0.0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

SearchSpace six_hyperparameters() {
  SearchSpace space;
  space.scientific("optimizer", choice({"nesterov", "adam"}));
  space.nuisance("learning_rate", log_uniform(1e-5, 1e-1));
  space.nuisance("one_minus_momentum", log_uniform(1e-3, 1.0));
  space.nuisance("weight_decay", log_uniform(1e-6, 1e-2));
  space.nuisance("dropout", uniform(0.0, 0.5));
  space.nuisance("warmup_steps", integer(0, 1000));
  return space;
}

Study study_in(const std::filesystem::path& folder, const std::string& name, std::int64_t trials) {
  return Study(name, six_hyperparameters(),
               {.trials = trials,
                .sampler = Halton{.seed = 1},
                .storage = open_storage("sqlite:///" + (folder / "study.db").string())});
}

/// Runs all trials with so many steps of two values; returns the milliseconds from each trial's begin to the next
/// one's.
std::vector<double> run(Study& study, std::int64_t steps) {
  std::vector<double> times;
  auto last = Clock::now();
  study.run(
      [&](Trial& trial) {
        times.push_back(milliseconds_since(last));
        last = Clock::now();
        for (std::int64_t step = 0; step < steps; ++step) {
          const double error = trial.get<double>("dropout") + 1.0 / static_cast<double>(step + 1);
          trial.report(step, {.training_loss = 2.0 * error, .validation_error = error});
        }
      },
      {.progress = nullptr});
  return times;
}

/// The milliseconds of a write of `size` bytes at a file's end and its fdatasync.
double synchronized_write(const std::filesystem::path& folder, std::size_t size, int repetitions) {
  const std::string path = (folder / "bare").string();
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  const std::string bytes(size, 'x');
  std::vector<double> times;
  for (int i = 0; i < repetitions; ++i) {
    const auto begin = Clock::now();
    if (::write(file, bytes.data(), bytes.size()) < 0 || ::fdatasync(file) != 0) throw std::runtime_error("no disk");
    times.push_back(milliseconds_since(begin));
  }
  ::close(file);
  std::filesystem::remove(path);
  return mean(times);
}

void bookkeeping(const std::filesystem::path& folder, std::int64_t trials) {
  Study study = study_in(folder, "bookkeeping", trials);
  const std::vector<double> times = run(study, 20);
  constexpr std::ptrdiff_t window = 1000;
  const auto size = std::min(window, std::ssize(times) / 4);
  const std::vector<double> first(times.begin() + 9, times.begin() + 9 + size), last(times.end() - size, times.end());
  fmt::print("bookkeeping of a trial of 6 hyperparameters and 20 steps: mean {:.3f} ms of {} trials\n", mean(times),
             trials);
  fmt::print("  from the 10th, {} trials: mean {:.3f} ms, median {:.3f} ms\n", size, mean(first), median(first));
  fmt::print("  the last {} trials:       mean {:.3f} ms, median {:.3f} ms\n", size, mean(last), median(last));
  fmt::print("  ratio: mean {:.2f}, median {:.2f}\n", mean(last) / mean(first), median(last) / median(first));
  const double bare = synchronized_write(folder, 6 * 4096, 100);
  fmt::print("  two bare writes of 24 KiB with fdatasync: {:.3f} ms\n", 2.0 * bare);
}

/// In a process of its own, to know its memory.
void reading(const std::filesystem::path& folder, std::int64_t trials) {
  const auto begin = Clock::now();
  const Study study = Study::load(open_storage("sqlite:///" + (folder / "study.db").string()), "reading");
  const std::vector<TrialRecord> records = study.trials();
  const double records_time = milliseconds_since(begin);
  std::vector<TrainingCurve> curves;
  study.each_curve([&](std::int64_t, TrainingCurve curve) { curves.push_back(std::move(curve)); });
  const double time = milliseconds_since(begin);
  std::size_t steps = 0;
  for (const TrainingCurve& curve : curves) steps += curve.size();
  ::rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  fmt::print("reading {} trials and {} steps of 2 values, all held: {:.2f} s (records {:.2f} s), at most {} MiB\n",
             records.size(), steps, time / 1000.0, records_time / 1000.0, usage.ru_maxrss / 1024);
  if (std::ssize(records) != trials) throw std::runtime_error("expected all trials");
}

}  // namespace

int main(int count, char** arguments) {
  try {
    if (count < 2) throw std::runtime_error("studies_benchmark <folder> [trials = 20000]");
    const std::filesystem::path folder = std::filesystem::path(arguments[1]) / "studies_benchmark";
    const std::int64_t trials = count > 2 ? std::atoll(arguments[2]) : 20'000;
    if (count > 3) {
      reading(folder, trials);
      return 0;
    }
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    bookkeeping(folder, trials);
    {
      Study study = study_in(folder, "reading", trials);
      run(study, 100);
    }
    fmt::print("database: {} MiB\n", std::filesystem::file_size(folder / "study.db") >> 20);
    const std::string text = fmt::format("{}", trials);
    const ::pid_t child = ::fork();
    if (child == 0) {
      ::execl("/proc/self/exe", arguments[0], arguments[1], text.c_str(), "read", nullptr);
      ::_exit(127);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    std::filesystem::remove_all(folder);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
