// A run that is interrupted, again and again, ends as one that was not: the same output, curves and checkpoints.

#include <eigentune/core/random.hpp>
#include <eigentune/train/checkpoint_folder.hpp>
#include <eigentune/train/safetensors_file.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <signal.h>
#include <string>
#include <string_view>
#include <tuple>
#include <unistd.h>
#include <utility>
#include <vector>

#include "trainer/process.hpp"
#include "trainer/program.hpp"

namespace {

using program::read;
using program::Result;
using program::split;

constexpr std::int64_t steps = 400;
constexpr int interruptions = TRAIN_IS_FAST ? 20 : 4;

/// What stays of a run.
struct Remains {
  std::string output, summary, curves;
  std::vector<std::string> files{};
  std::map<std::string, std::string> last_checkpoint{};  ///< its tensors' bytes, and its metadata
};

/// All of a checkpoint but the number of the save and the checksums over it.
std::map<std::string, std::string> contents(const std::filesystem::path& path) {
  const auto file = eigentune::SafetensorsFile::read(path);
  std::map<std::string, std::string> all;
  for (const auto& [key, text] : file.header().metadata) {
    if (key != "eigentune.save_number" && key.find("checksum") == std::string::npos) all["metadata " + key] = text;
  }
  for (const auto& tensor : file.header().tensors) {
    const auto bytes = file.bytes(tensor);
    all[tensor.name] = fmt::format("{} {} {}", to_string(tensor.type), to_string(tensor.shape),
                                   std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  }
  return all;
}

class Resume : public program::Trainer {
 protected:
  std::vector<std::string> command(const std::string& name, const std::string& options) const {
    std::vector<std::string> words{TRAIN_PROGRAM};
    const std::string all = "--data . --depth 1 --width 24 --batch-size 130 --seed 3 --evaluate-every 10 --steps " +
                            std::to_string(steps) + " --checkpoint-dir " + name + " --curves " + name +
                            ".csv --resume " + options;
    for (const std::string& word : split(all, ' ')) words.push_back(word);
    return words;
  }

  /// The number of the last whole row of curves; -1 if there is none.
  std::int64_t last_row(const std::string& name) const {
    const std::string text = read(directory_ / (name + ".csv"));
    const std::size_t end = text.rfind('\n');
    if (end == std::string::npos || end == 0) return -1;
    const std::size_t start = text.rfind('\n', end - 1);
    return start == std::string::npos ? -1 : std::stoll(text.substr(start + 1));
  }

  std::int64_t last_checkpoint(const std::string& name) const {
    if (!std::filesystem::exists(directory_ / name)) return -1;
    const auto list = eigentune::list_checkpoints(directory_ / name);
    return list.empty() ? -1 : list.back().step;
  }

  Remains remains(const std::string& name) const {
    Remains result{.output = read(directory_ / "output.txt"),
                   .summary = "",
                   .curves = program::curves_without_throughput(directory_ / (name + ".csv"))};
    for (const std::string& line : split(read(directory_ / "errors.txt"), '\n')) {
      for (const char* start : {"gradient norms:", "warning:", "best validation", "the test is", "test, "}) {
        if (line.starts_with(start)) result.summary += line + '\n';
      }
    }
    for (const auto& entry : std::filesystem::directory_iterator(directory_ / name)) {
      result.files.push_back(entry.path().filename());
    }
    std::ranges::sort(result.files);
    result.last_checkpoint = contents(directory_ / name / eigentune::detail::checkpoint_name(steps));
    return result;
  }

  Remains uninterrupted(const std::string& options) const {
    Process process(directory_, command("whole", options));
    EXPECT_EQ(process.wait(), 0) << read(directory_ / "errors.txt");
    return remains("whole");
  }

  /// Sends the signal `interruptions` times, at random steps that are spread over the run, and resumes each time.
  Remains interrupted(const std::string& options, int signal) const {
    constexpr int most_attempts = 20;  // a busy machine may let a run end before this process gets its turn
    for (int attempt = 0; attempt < most_attempts; ++attempt) {
      if (interrupt(options, signal)) {
        EXPECT_EQ(Process(directory_, command("parts", options)).wait(), 0) << read(directory_ / "errors.txt");
        return remains("parts");
      }
      std::filesystem::remove_all(directory_ / "parts");
      std::filesystem::remove(directory_ / "parts.csv");
    }
    ADD_FAILURE() << "the run was too fast to be interrupted";
    return {};
  }

  /// Returns false if a run ended by itself.
  bool interrupt(const std::string& options, int signal) const {
    eigentune::Random random(static_cast<std::uint64_t>(signal));
    for (int left = interruptions; left > 0; --left) {
      const std::int64_t start =
          std::max<std::int64_t>(0, signal == SIGKILL ? last_checkpoint("parts") : last_row("parts"));
      // Killed, it has to come to the save after the next: before that the next one may not be complete.
      const std::uint64_t least = signal == SIGKILL ? 11 : 1;
      const auto further =
          least + random.below(static_cast<std::uint64_t>(std::max<std::int64_t>(1, (steps - start) / left)));
      Process process(directory_, command("parts", options));
      while (!process.has_ended() && last_row("parts") < start + static_cast<std::int64_t>(further)) ::usleep(100);
      process.kill(signal);
      const int status = process.wait();
      if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return false;
      EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == signal) << status << read(directory_ / "errors.txt");
      if (signal != SIGKILL) expect_farewell(signal == SIGINT ? "SIGINT" : "SIGTERM");
    }
    return true;
  }

  /// A checkpoint of the step at which it was interrupted, and a line that says so.
  void expect_farewell(const std::string& signal) const {
    const std::int64_t row = last_row("parts");
    EXPECT_EQ(last_checkpoint("parts"), row);
    EXPECT_EQ(split(read(directory_ / "errors.txt"), '\n').back(),
              fmt::format("{} after step {}: a checkpoint is saved in parts; the same command with --resume goes on",
                          signal, row));
  }

  void expect_equal(const Remains& parts, const Remains& whole) const {
    EXPECT_TRUE(whole.output.starts_with("test accuracy ")) << whole.output;
    EXPECT_EQ(parts.output, whole.output);
    EXPECT_NE(whole.summary, "");
    EXPECT_EQ(parts.summary, whole.summary);
    EXPECT_EQ(parts.curves, whole.curves);
    EXPECT_EQ(parts.files, whole.files);
    EXPECT_GE(whole.last_checkpoint.size(), 10U);
    for (const auto& [name, bytes] : whole.last_checkpoint) {
      const auto found = parts.last_checkpoint.find(name);
      EXPECT_TRUE(found != parts.last_checkpoint.end() && found->second == bytes) << name;
    }
    EXPECT_EQ(parts.last_checkpoint.size(), whole.last_checkpoint.size());
  }
};

class EveryRule : public Resume, public testing::WithParamInterface<std::tuple<const char*, int>> {};

TEST_P(EveryRule, EndsWithTheSameBitsWhenItIsInterruptedAtRandomSteps) {
  const auto [rule, threads] = GetParam();
  const std::string options = fmt::format("--optimizer {} --threads {} --average-decay 0.9 --clip 0.5", rule, threads);
  const Remains whole = uninterrupted(options);
  EXPECT_TRUE(whole.last_checkpoint.contains("eigentune/average/head.weights"));
  EXPECT_TRUE(whole.last_checkpoint.contains("gradient_norms/latest_norms"));
  expect_equal(interrupted(options, SIGTERM), whole);
}

INSTANTIATE_TEST_SUITE_P(OnOneThreadAndTwo, EveryRule,
                         testing::Combine(testing::Values("sgd", "momentum", "nesterov", "rmsprop", "adam", "nadam"),
                                          testing::Values(1, 2)),
                         [](const auto& parameter) {
                           return fmt::format("{}On{}", std::get<0>(parameter.param), std::get<1>(parameter.param));
                         });

TEST_F(Resume, EndsWithTheSameMovingAveragesOfBatchNormalisation) {
  const std::string options = "--norm-kind batch --threads 2 --producers 3 --checkpoint-every 15";
  const Remains whole = uninterrupted(options);
  EXPECT_TRUE(whole.last_checkpoint.contains("block0.norm.moving_variance"));
  expect_equal(interrupted(options, SIGINT), whole);
}

TEST_F(Resume, EndsWithTheSameBitsWhenItIsKilledAtRandomInstants) {
  const std::string options = "--norm-kind batch --average-decay 0.9 --checkpoint-every 5 --threads 2";
  expect_equal(interrupted(options, SIGKILL), uninterrupted(options));
}

TEST_F(Resume, LeavesEveryCheckpointOnTheWayTheSame) {
  // Most are saved between two evaluations: with a mean since the last one, and what that one found.
  const std::string options = "--checkpoint-every 7 --keep-latest 1000 --average-decay 0.9";
  const Remains whole = uninterrupted(options);
  EXPECT_GE(whole.files.size(), 1 + steps / 7);
  interrupted(options, SIGTERM);
  for (const std::string& name : whole.files) {
    if (!name.ends_with(".safetensors")) continue;
    EXPECT_EQ(contents(directory_ / "parts" / name), contents(directory_ / "whole" / name)) << name;
  }
}

TEST_F(Resume, DependsNeitherOnThreadsNorOnProducersNorOnWhatIsWritten) {
  const Remains whole = uninterrupted("--threads 1 --keep-best 0");
  {
    Process process(directory_, command("parts", "--threads 2 --producers 0 --checkpoint-every 7 --keep-best 0"));
    while (!process.has_ended() && last_row("parts") < 60) ::usleep(100);
    process.kill(SIGTERM);
    EXPECT_EQ(WTERMSIG(process.wait()), SIGTERM);
  }
  EXPECT_EQ(Process(directory_, command("parts", "--threads 1 --producers 4 --quiet --keep-best 0")).wait(), 0);
  const Remains parts = remains("parts");
  EXPECT_EQ(parts.output, whole.output);
  EXPECT_EQ(parts.curves, whole.curves);
  EXPECT_EQ(parts.last_checkpoint, whole.last_checkpoint);
}

TEST_F(Resume, OfARunThatIsOverSaysTheSameOnceMore) {
  const Remains whole = uninterrupted("");
  expect_equal(uninterrupted(""), whole);
}

// What is refused, and what is told.

class Checkpoints : public program::Trainer {
 protected:
  Result run_with_folder(const std::string& arguments) const {
    return run_small("--steps 20 --evaluate-every 10 --checkpoint-dir run " + arguments);
  }
  static std::string first_line(const Result& result) { return result.errors.substr(0, result.errors.find('\n')); }
};

TEST_F(Checkpoints, StartFromTheBeginningWhereThereIsNothingToResume) {
  const Result result = run_with_folder("--resume");
  EXPECT_EQ(result.status, 0);
  EXPECT_NE(result.errors.find("no checkpoint in run: training starts from the beginning\n"), std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(directory_ / "run" / "step-000000000020.safetensors"));
}

TEST_F(Checkpoints, OfOneRunAreNotMixedWithThoseOfAnother) {
  EXPECT_EQ(run_with_folder("").status, 0);
  const std::string curves = read(directory_ / "curves.csv");
  const Result again = run_with_folder("");
  EXPECT_EQ(again.status, 2);
  EXPECT_EQ(
      first_line(again),
      "train: --checkpoint-dir run has the checkpoints of a run: --resume continues it; another run needs another "
      "folder");
  EXPECT_EQ(read(directory_ / "curves.csv"), curves);
}

TEST_F(Checkpoints, AreNotResumedWithOptionsThatChangeTheBits) {
  EXPECT_EQ(run_with_folder("--optimizer nesterov").status, 0);
  const std::string curves = read(directory_ / "curves.csv");
  const auto difference = [&](const std::string& arguments) {
    const Result result = run_with_folder("--resume " + arguments);
    EXPECT_EQ(result.status, 2) << result.errors;
    EXPECT_EQ(read(directory_ / "curves.csv"), curves);
    const std::string line = first_line(result), start = "had other options: ", end = ". Give it the same ones";
    const std::size_t from = line.find(start), to = line.find(end);
    return from == std::string::npos || to == std::string::npos ? line : line.substr(from + 19, to - from - 19);
  };
  EXPECT_EQ(difference("--optimizer adam --learning-rate 0.05 --weight-decay 2e-3"),
            "--optimizer was nesterov, not adam");
  const std::string nesterov = "--optimizer nesterov ";
  EXPECT_EQ(difference(nesterov + "--learning-rate 0.1"), "--learning-rate was 0.05, not 0.1");
  EXPECT_EQ(difference(nesterov + "--momentum 0.5 --clip 2"), "--clip was 0, not 2; --momentum was 0.9, not 0.5");
  EXPECT_EQ(difference(nesterov + "--norm post --norm-kind batch"),
            "--norm was pre, not post; --norm-kind was layer, not batch");
  EXPECT_EQ(difference(nesterov + "--schedule linear"), "--schedule was cosine, not linear");
  EXPECT_EQ(difference(nesterov + "--warmup 3"), "--warmup was 1, not 3");
  EXPECT_EQ(difference(nesterov + "--coupled --zero-init-residual"),
            "--coupled was not given, not given; --zero-init-residual was not given, not given");
  EXPECT_EQ(difference(nesterov + "--average-decay 0.5"), "--average-decay was 0, not 0.5");
  EXPECT_EQ(difference(nesterov + "--no-monitor"), "--no-monitor was not given, not given");
  write_small_data(directory_, true);
  EXPECT_TRUE(difference(nesterov).starts_with("--data was contents ")) << difference(nesterov);
}

TEST_F(Checkpoints, AreTestedByTheBestOfThemUnlessNoneIsKept) {
  EXPECT_NE(run_with_folder("").errors.find("the test is of the best checkpoint, of step "), std::string::npos);
  std::filesystem::remove_all(directory_ / "run");
  const Result last = run_with_folder("--keep-best 0");
  EXPECT_EQ(last.errors.find("the test is of"), std::string::npos);
  EXPECT_EQ(last.output, run_small("--steps 20 --evaluate-every 10").output);
}

TEST_F(Checkpoints, ThatAreDamagedArePassedOverAndToldOf) {
  EXPECT_EQ(run_with_folder("--keep-latest 2").status, 0);
  const std::string output = read(directory_ / "output.txt");
  const auto last = directory_ / "run" / "step-000000000020.safetensors";
  std::filesystem::resize_file(last, std::filesystem::file_size(last) - 1);
  const auto copy = directory_ / "copy";
  std::filesystem::copy(directory_ / "run", copy);
  EXPECT_TRUE(run_with_folder("--keep-latest 2 --resume --quiet")
                  .errors.starts_with("passed over: run/step-000000000020.safetensors: "));
  std::filesystem::remove_all(directory_ / "run");
  std::filesystem::rename(copy, directory_ / "run");
  const Result result = run_with_folder("--keep-latest 2 --resume");
  EXPECT_EQ(result.status, 0) << result.errors;
  EXPECT_NE(result.errors.find("passed over: run/step-000000000020.safetensors: "), std::string::npos);
  EXPECT_NE(result.errors.find("resumed from run/step-000000000010.safetensors"), std::string::npos);
  EXPECT_EQ(result.output, output);
}

TEST_F(Checkpoints, NeedCurvesThatReachTheirStep) {
  EXPECT_EQ(run_with_folder("").status, 0);
  const std::string curves = read(directory_ / "curves.csv");
  std::ofstream(directory_ / "curves.csv") << curves.substr(0, curves.size() / 2);
  const Result result = run_with_folder("--resume");
  EXPECT_EQ(result.status, 1);
  EXPECT_TRUE(first_line(result).starts_with(
      "train: curves.csv: expected the curves of the run up to step 20, from which it is resumed, found step "))
      << result.errors;
  EXPECT_EQ(read(directory_ / "curves.csv"), curves.substr(0, curves.size() / 2));
  std::filesystem::remove(directory_ / "curves.csv");
  EXPECT_EQ(run_with_folder("--resume").status, 0);
}

TEST_F(Checkpoints, GoOnWithCurvesThatAResumedRunBeganAndDidNotBringToTheNextCheckpoint) {
  EXPECT_EQ(run_with_folder("--keep-latest 2").status, 0);
  const std::string whole = curves_without_throughput("curves.csv");
  const std::string header = whole.substr(0, whole.find('\n') + 1), rows = whole.substr(whole.find("\n11,") + 1);
  const std::string begun = read(directory_ / "curves.csv");
  const std::string rest = begun.substr(begun.find("\n11,") + 1);
  for (const std::string& left : {std::string(), begun.substr(0, begun.find('\n') + 1),
                                  begun.substr(0, begun.find('\n') + 1) + rest.substr(0, rest.find("\n14,") + 5)}) {
    std::ofstream(directory_ / "curves.csv") << left;
    std::filesystem::remove(directory_ / "run" / "step-000000000020.safetensors");
    const Result result = run_with_folder("--keep-latest 2 --resume");
    EXPECT_EQ(result.status, 0) << result.errors;
    EXPECT_EQ(curves_without_throughput("curves.csv"), header + rows);
  }
}

TEST_F(Checkpoints, ThatCannotBeSavedEndTheRun) {
  std::ofstream(directory_ / "run") << "a file";
  const Result result = run_with_folder("");
  EXPECT_EQ(result.status, 1);
  EXPECT_TRUE(first_line(result).starts_with("train: run")) << result.errors;
}

TEST_F(Checkpoints, ThatCannotBeSavedEndTheRunAfterItsLastStepToo) {
  const std::string options = "--keep-best 0 --keep-latest 2 ";
  EXPECT_EQ(run_with_folder(options).status, 0);
  const auto last = directory_ / "run" / "step-000000000020.safetensors";
  std::filesystem::remove(last);
  std::filesystem::create_directory(last);  // nothing can be renamed to it
  const Result result = run_with_folder(options + "--resume");
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.output, "");
  EXPECT_NE(result.errors.find("\ntrain: run/step-000000000020.safetensors: cannot rename its temporary file: "),
            std::string::npos)
      << result.errors;
}

}  // namespace
