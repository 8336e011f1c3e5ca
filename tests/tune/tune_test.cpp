// The tune example as a user runs it, stops it and runs it again. TUNE_PROGRAM is its path.

#include <eigentune/sql/open_storage.hpp>
#include <eigentune/study/study.hpp>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <utility>
#include <vector>

#include "trainer/process.hpp"
#include "trainer/program.hpp"

namespace {

using eigentune::Study;
using eigentune::TrialRecord;
using program::read;
using program::Result;
using program::split;

class Tune : public program::Trainer {
 protected:
  void SetUp() override {
    program::Trainer::SetUp();
    write_small_data(directory_, true);
  }

  static std::string small(const std::string& arguments, int trials = 8) {
    return fmt::format("--data . --steps 30 --batch-size 20 --depth 1 --width 16 --trials {} {}", trials, arguments);
  }

  Result tune(const std::string& arguments) const {
    const std::string command =
        "cd '" + directory_.string() + "' && '" TUNE_PROGRAM "' " + arguments + " > output.txt 2> errors.txt";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read(directory_ / "output.txt"),
            read(directory_ / "errors.txt")};
  }

  /// What is in the database.
  Study study(const std::string& file) const {
    return Study::load(eigentune::open_storage("sqlite:///" + (directory_ / file).string()), "tune");
  }

  /// The line of `text` that begins so, without that beginning.
  static std::string line_after(const std::string& text, const std::string& beginning) {
    for (const std::string& line : split(text, '\n')) {
      if (line.starts_with(beginning)) return line.substr(beginning.size());
    }
    ADD_FAILURE() << "no line begins with \"" << beginning << "\" in\n" << text;
    return "";
  }
};

TEST_F(Tune, FindsTheSameWithOneAndTwoWorkers) {
  const Result one = tune(small("--workers 1 --storage sqlite:///one.db"));
  EXPECT_EQ(one.status, 0) << one.errors;
  EXPECT_TRUE(one.output.starts_with("8 of 8 trials complete, 0 infeasible, 0 failed\n")) << one.output;
  EXPECT_EQ(tune(small("--workers 2 --storage sqlite:///two.db")).output, one.output);
  const std::vector<TrialRecord> trials = study("one.db").trials(), others = study("two.db").trials();
  ASSERT_EQ(trials.size(), others.size());
  for (std::size_t i = 0; i < trials.size(); ++i) {
    EXPECT_EQ(trials[i].point, others[i].point);
    EXPECT_EQ(trials[i].objective, others[i].objective);
    EXPECT_EQ(trials[i].best_step, others[i].best_step);
  }
  EXPECT_NE(tune(small("--seed 2 --storage sqlite:///three.db")).output, one.output);
}

TEST_F(Tune, HasThreeSamplers) {
  std::set<std::string> outputs;
  for (const char* sampler : {"halton", "random", "gp"}) {
    const std::string options = fmt::format("--workers 1 --sampler {0} --storage sqlite:///{0}.db", sampler);
    const Result result = tune(small(options, 12));  // with the tenth, gp begins to differ from halton
    EXPECT_TRUE(result.output.starts_with("12 of 12 trials complete")) << result.output << result.errors;
    outputs.insert(result.output);
  }
  EXPECT_EQ(outputs.size(), 3U);
}

TEST_F(Tune, GoesOnWithTheTrialsThatAreLeft) {
  const Result once = tune(small("--storage sqlite:///once.db"));
  EXPECT_TRUE(tune(small("", 3)).output.starts_with("3 of 3 trials complete"));
  const std::vector<TrialRecord> first = study("tune.db").trials();
  EXPECT_EQ(tune(small("")).output, once.output);
  const std::vector<TrialRecord> all = study("tune.db").trials();
  ASSERT_EQ(all.size(), 8U);
  EXPECT_EQ(std::vector(all.begin(), all.begin() + 3), first);  // times and all: they did not run again
  EXPECT_EQ(tune(small("")).output, once.output);
  EXPECT_EQ(study("tune.db").trials(), all);
}

TEST_F(Tune, GoesOnAfterCtrlC) {
  const auto arguments = [](int trials) {
    return fmt::format("--data . --steps 2000 --batch-size 20 --depth 1 --width 16 --workers 1 --trials {}", trials);
  };
  EXPECT_EQ(tune(arguments(1)).status, 0);
  const Study seen = study("tune.db");
  Process process(directory_, split(TUNE_PROGRAM " " + arguments(6), ' '));
  while (seen.trials().size() < 2 && !process.has_ended()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  process.kill(SIGINT);
  const int status = process.wait();
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 130) << read(directory_ / "errors.txt");
  std::vector<TrialRecord> before = study("tune.db").trials();
  std::erase_if(before, [](const TrialRecord& trial) { return !is_final(trial.state); });
  EXPECT_LT(before.size(), 6U);

  const Result rest = tune(arguments(6));
  EXPECT_EQ(rest.status, 0) << rest.errors;
  EXPECT_TRUE(rest.output.starts_with("6 of 6 trials complete")) << rest.output;
  std::vector<TrialRecord> after = study("tune.db").trials();
  EXPECT_TRUE(std::ranges::all_of(after, [](const TrialRecord& trial) { return trial.attempt == 1; }));
  after.resize(before.size());
  EXPECT_EQ(after, before);
}

TEST_F(Tune, PrintsTheCommandThatTrainsTheBestAgain) {
  const Result tuned = tune(small(""));
  const std::string command = line_after(tuned.output, "the best again: train ");
  const Result trained = run(command + " --no-curves");
  EXPECT_EQ(trained.status, 0) << trained.errors;
  const std::string found = line_after(trained.errors, "best validation accuracy ");
  // "trial  validation error  at step  configuration", and below it the best.
  const std::vector<std::string> lines = split(tuned.output, '\n');
  ASSERT_GE(lines.size(), 4U);
  int number = 0, step = 0;
  double error = 0.0;
  ASSERT_EQ(std::sscanf(lines[3].c_str(), "%d %lf %d", &number, &error, &step), 3) << lines[3];
  EXPECT_EQ(found, fmt::format("{:.4f} after step {}", 1.0 - error, step));
}

TEST_F(Tune, ConfirmsWithFreshSeedsAsTheTrainerWould) {
  const Result tuned = tune(small("--confirm 2 --confirm-steps 40"));
  EXPECT_EQ(tuned.status, 0) << tuned.errors;
  std::string selected = line_after(tuned.output, "the best again: train ");
  selected.replace(selected.find("--steps 30"), 10, "--steps 40");
  const std::string defaults = "--data . --steps 40 --batch-size 20 --depth 1 --width 16";
  std::string expected;
  for (const int seed : {2, 3}) {
    const auto accuracy = [&](std::string command) {
      if (const std::size_t at = command.find(" --seed"); at != std::string::npos) command.resize(at);
      const Result result = run(fmt::format("{} --seed {} --no-curves", command, seed));
      return std::stod(line_after(result.output, "test accuracy "));
    };
    const std::string line = line_after(tuned.output, fmt::format("{:10}  ", seed));
    EXPECT_TRUE(line.starts_with(fmt::format("{:8.4f}  {:8.4f}  ", accuracy(selected), accuracy(defaults)))) << line;
  }
  EXPECT_NE(tuned.output.find("95% interval ["), std::string::npos) << tuned.output;

  const Result again = tune(small("--confirm 2 --confirm-steps 40"));
  EXPECT_EQ(again.output, tuned.output);
  const Result more = tune(small("--confirm 4 --confirm-steps 40"));
  EXPECT_NE(more.output.find(fmt::format("{:10}  ", 5)), std::string::npos) << more.output;
  const Result unplanned = tune(small("--confirm 5 --confirm-steps 40"));
  EXPECT_EQ(unplanned.status, 2);
  EXPECT_NE(unplanned.errors.find("so runs must be 2, 4, 8, ..., got 5"), std::string::npos) << unplanned.errors;
}

TEST_F(Tune, RefusesToGoOnAsAnotherStudy) {
  EXPECT_EQ(tune(small("")).status, 0);
  const Result other = tune(small("").replace(small("").find("--steps 30"), 10, "--steps 31"));
  EXPECT_EQ(other.status, 1);
  EXPECT_NE(other.errors.find("\"steps\""), std::string::npos) << other.errors;
}

TEST_F(Tune, NamesAWrongOptionAndWhatIsAllowed) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"--trials 0", "--trials must be a whole number in [1, 1000000], got \"0\""},
      {"--sampler grid", "--sampler must be one of halton, gp, random, got \"grid\""},
      {"--confirm 1", "--confirm must be a whole number in [2, 1000], got \"1\""},
      {"--confirm-steps 9", "--confirm-steps belongs to --confirm, which is not given"},
      {"--storage tune.db", "open_storage: url must be sqlite:///<file>, got \"tune.db\""},
  };
  for (const auto& [arguments, text] : cases) {
    const Result result = tune("--data . " + arguments);
    EXPECT_EQ(result.status, 2) << arguments;
    EXPECT_NE(result.errors.find(text), std::string::npos) << result.errors;
    EXPECT_EQ(result.output, "");
  }
  const Result help = tune("--help");
  EXPECT_EQ(help.status, 0);
  EXPECT_NE(help.output.find("--confirm-steps"), std::string::npos);
}

}  // namespace
