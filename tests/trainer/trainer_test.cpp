// What the program prints, writes and refuses. Interruptions are in resume_test.cpp.

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "trainer/program.hpp"

namespace {

using program::read;
using program::Result;
using program::split;
using program::Trainer;

TEST_F(Trainer, EndsWithTheTestAccuracyAndPrintsNothingElseToStandardOutput) {
  const Result result = run_small("--steps 60");
  EXPECT_EQ(result.status, 0) << result.errors;
  EXPECT_EQ(result.output, "test accuracy 1.0000\n");
}

TEST_F(Trainer, PrintsOneLineForEachEvaluationWhenPiped) {
  const Result result = run_small("--steps 60 --evaluate-every 25");
  std::vector<std::string> steps;
  for (const std::string& line : split(result.errors, '\n')) {
    if (line.starts_with("step ")) steps.push_back(line.substr(0, line.find(' ', 5)));
  }
  EXPECT_EQ(steps, (std::vector<std::string>{"step 25/60", "step 50/60", "step 60/60"})) << result.errors;
  EXPECT_EQ(result.errors.find('\r'), std::string::npos);
  EXPECT_NE(result.errors.find("best validation accuracy 1.0000 after step "), std::string::npos) << result.errors;
}

TEST_F(Trainer, TellsHowManyExamplesOfEachClassOfTheTestSplitAreCorrect) {
  const Result result = run_small("--steps 12");
  int classes = 0, correct = 0, total = 0;
  for (const std::string& line : split(result.errors, '\n')) {
    int label = 0, of_it = 0, all = 0;
    if (std::sscanf(line.c_str(), "test, class %d: %d of %d examples correct", &label, &of_it, &all) != 3) continue;
    EXPECT_EQ(label, classes++);
    EXPECT_LE(of_it, all);
    correct += of_it;
    total += all;
  }
  EXPECT_EQ(classes, 10);
  EXPECT_EQ(total, 30);
  EXPECT_GT(correct, 0);
  EXPECT_LT(correct, 30);
  EXPECT_EQ(result.output, fmt::format("test accuracy {:.4f}\n", correct / 30.0));
  EXPECT_NE(result.errors.find("\ntest, each class counting the same: accuracy 0."), std::string::npos);
}

TEST_F(Trainer, SaysNothingButTheAccuracyWhenQuiet) {
  const Result result = run_small("--steps 5 --quiet");
  EXPECT_EQ(result.errors, "");
  EXPECT_TRUE(result.output.starts_with("test accuracy 0.")) << result.output;
}

TEST_F(Trainer, WritesOneRowOfCurvesForEachStepAndEvaluatesAtIntervals) {
  ASSERT_EQ(run_small("--steps 5 --evaluate-every 2 --schedule constant --learning-rate 0.5 --warmup 2 "
                      "--optimizer sgd --clip 0.01 --curves c.csv")
                .status,
            0);
  const std::vector<std::string> lines = split(read(directory_ / "c.csv"), '\n');
  ASSERT_EQ(lines.size(), 7U);
  EXPECT_EQ(lines[0],
            "step,training_loss,validation_loss,validation_error,learning_rate,gradient_norm,clip_scale,"
            "examples_per_second");
  // Zero weights of the head: log(10) before the first step, whose rate is zero, and after it.
  EXPECT_TRUE(lines[1].starts_with("0,,2.3025850929940")) << lines[1];
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::vector<std::string> cells = split(lines[i], ',');
    ASSERT_EQ(cells.size(), 8U) << lines[i];
    const std::size_t step = i - 1;
    EXPECT_EQ(cells[0], std::to_string(step));
    const bool evaluated = step % 2 == 0 || step == 5;
    EXPECT_EQ(!cells[2].empty(), evaluated) << lines[i];
    EXPECT_EQ(!cells[3].empty(), evaluated) << lines[i];
    EXPECT_EQ(!cells[7].empty(), evaluated && step > 0) << lines[i];
    if (step == 0) {
      EXPECT_EQ(cells[1] + cells[4] + cells[5] + cells[6], "") << lines[i];
      continue;
    }
    EXPECT_EQ(cells[4], step == 1 ? "0" : step == 2 ? "0.25" : "0.5") << lines[i];
    const double norm = std::stod(cells[5]), scale = std::stod(cells[6]);
    EXPECT_GT(norm, 0.01);
    EXPECT_NEAR(scale, 0.01 / norm, 1e-9);
  }
}

TEST_F(Trainer, WritesNoCurvesWhenToldSo) {
  EXPECT_EQ(run_small("--steps 2 --no-curves").status, 0);
  EXPECT_FALSE(std::filesystem::exists(directory_ / "curves.csv"));
  EXPECT_EQ(run_small("--steps 2").status, 0);
  EXPECT_TRUE(std::filesystem::exists(directory_ / "curves.csv"));
}

TEST_F(Trainer, GivesTheSameCurvesForTheSameSeedOnAnyNumberOfThreads) {
  std::string of_layer_norm;
  for (const std::string kind : {"layer", "batch"}) {
    const std::string common =
        "--data . --width 40 --batch-size 150 --steps 12 --evaluate-every 5 --norm-kind " + kind + " ";
    const Result first = run(common + "--threads 1 --curves 1.csv");
    const Result second = run(common + "--threads 2 --curves 2.csv");
    const Result third = run(common + "--threads 3 --curves 3.csv");
    const Result other = run(common + "--threads 1 --seed 9 --curves other.csv");
    ASSERT_EQ(first.status + second.status + third.status + other.status, 0) << first.errors;
    const std::string expected = curves_without_throughput("1.csv");
    EXPECT_EQ(expected, curves_without_throughput("2.csv"));
    EXPECT_EQ(expected, curves_without_throughput("3.csv"));
    EXPECT_NE(expected, curves_without_throughput("other.csv"));
    EXPECT_NE(expected, of_layer_norm);
    EXPECT_EQ(first.output, second.output);
    of_layer_norm = expected;
  }
}

TEST_F(Trainer, TakesEveryScheduleNormAndHyperparameter) {
  for (const std::string arguments :
       {"--schedule constant", "--schedule linear --final-learning-rate 1e-5", "--schedule cosine",
        "--schedule polynomial --power 3", "--schedule exponential --decay-factor 0.1",
        "--schedule inverse-square-root", "--schedule one-cycle", "--norm post", "--norm none --zero-init-residual",
        "--norm-kind layer", "--norm-kind batch", "--norm post --norm-kind batch", "--depth 0 --width 1",
        "--optimizer sgd --coupled --weight-decay 1e-4", "--optimizer momentum --momentum 0.8",
        "--optimizer nesterov --momentum 0.8 --rate-placement inside_momentum",
        "--optimizer rmsprop --rho 0.95 --momentum 0.5 --epsilon 1e-6 --initial-v 0 --root-epsilon outside_root",
        "--optimizer adam --beta1 0.8 --beta2 0.9 --epsilon 1e-7 --epsilon-placement after_bias_correction",
        "--optimizer nadam --beta1 0.8 --momentum-schedule scheduled --momentum-decay 0.01"}) {
    const Result result = run("--data . --batch-size 20 --steps 4 --no-curves " + std::string(arguments));
    EXPECT_EQ(result.status, 0) << arguments << '\n' << result.errors;
  }
}

TEST_F(Trainer, SaysWhichOptionIsWrong) {
  const auto message = [&](const std::string& arguments) {
    const Result result = run(arguments);
    EXPECT_EQ(result.status, 2) << arguments;
    EXPECT_EQ(result.output, "");
    return result.errors.substr(0, result.errors.find('\n'));
  };
  EXPECT_EQ(message("--width 0"), "train: --width must be a whole number in [1, 8192], got \"0\"");
  EXPECT_EQ(message("--width 2.5"), "train: --width must be a whole number in [1, 8192], got \"2.5\"");
  EXPECT_EQ(message("--depth -1"), "train: --depth must be a whole number in [0, 256], got \"-1\"");
  EXPECT_EQ(message("--steps 0"), "train: --steps must be a whole number of at least 1, got \"0\"");
  EXPECT_EQ(message("--threads 0"), "train: --threads must be a whole number in [1, 1024], got \"0\"");
  EXPECT_EQ(message("--learning-rate nan"),
            "train: --learning-rate must be a finite number of at least 0, got \"nan\"");
  EXPECT_EQ(message("--learning-rate=-1"), "train: --learning-rate must be a finite number of at least 0, got \"-1\"");
  EXPECT_EQ(message("--power 0 --schedule polynomial"), "train: --power must be a finite number above 0, got \"0\"");
  EXPECT_EQ(message("--decay-factor 2 --schedule exponential"),
            "train: --decay-factor must be a finite number above 0 and at most 1, got \"2\"");
  EXPECT_EQ(message("--norm batch"), "train: --norm must be one of pre, post, none, got \"batch\"");
  EXPECT_EQ(message("--norm-kind group"), "train: --norm-kind must be one of layer, batch, got \"group\"");
  EXPECT_EQ(message("--norm none --norm-kind batch"),
            "train: --norm-kind belongs to --norm pre or post; the norm is none");
  EXPECT_EQ(message("--norm-kind batch --batch-size 1"),
            "train: --batch-size must be at least 2 for --norm-kind batch, as one example has no variance, got 1");
  EXPECT_EQ(message("--optimizer lion"),
            "train: --optimizer must be one of sgd, momentum, nesterov, rmsprop, adam, nadam, got \"lion\"");
  EXPECT_EQ(message("--rho 0.9"),
            "train: --rho is not a hyperparameter of adam; it has --beta1, --beta2, --epsilon, --epsilon-placement");
  EXPECT_EQ(message("--optimizer sgd --momentum 0.9"), "train: --momentum is not a hyperparameter of sgd; it has none");
  EXPECT_EQ(message("--beta1 1.2"), "train: --beta1: Adam: beta1 must be in [0, 1), got 1.2");
  EXPECT_EQ(message("--warmup 3000"), "train: --warmup must be less than --steps, 3000, got 3000");
  EXPECT_EQ(message("--schedule one-cycle --warmup 5"),
            "train: --warmup must be 0 for --schedule one-cycle, which rises by itself, got 5");
  EXPECT_EQ(message("--power 2"), "train: --power belongs to --schedule polynomial; the schedule is cosine");
  EXPECT_EQ(message("--final-learning-rate 5"),
            "train: --final-learning-rate must be at most --learning-rate, 0.002, got 5");
  EXPECT_EQ(message("--producers -1"), "train: --producers must be a whole number in [0, 1024], got \"-1\"");
  EXPECT_EQ(message("--keep-latest 0"), "train: --keep-latest must be a whole number in [1, 1000000], got \"0\"");
  for (const std::string option : {"--checkpoint-every 5", "--keep-best 1", "--keep-latest 2", "--resume"}) {
    EXPECT_EQ(message(option),
              "train: " + option.substr(0, option.find(' ')) + " belongs to --checkpoint-dir, which is not given");
  }
  EXPECT_EQ(message("--speed 5"), "train: The following arguments were not expected: 5 --speed");
  EXPECT_NE(message("--steps").find("--steps"), std::string::npos);
}

TEST_F(Trainer, SaysWhichFileIsWrong) {
  const Result missing = run("--data nowhere");
  EXPECT_EQ(missing.status, 1);
  EXPECT_EQ(missing.errors, "train: nowhere: expected a directory of IDX files, found nothing\n");
  const Result curves = run_small("--steps 1000000 --curves nowhere/curves.csv");  // before training, so it ends soon
  EXPECT_EQ(curves.status, 1);
  EXPECT_EQ(curves.errors, "train: nowhere/curves.csv: cannot be opened for writing: No such file or directory\n");
}

TEST_F(Trainer, SaysWhenADiskIsFull) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "there is no /dev/full";
  const Result result = run_small("--steps 1000000 --curves /dev/full");
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.errors, "train: /dev/full: cannot be written: No space left on device\n");
}

TEST_F(Trainer, SaysWhenTrainingDiverges) {
  const std::string diverging = "--steps 500 --optimizer sgd --learning-rate 1e38 --norm none --warmup 0 --no-curves ";
  const Result evaluated = run_small(diverging + "--evaluate-every 5 --quiet");
  EXPECT_EQ(evaluated.status, 3);
  EXPECT_EQ(evaluated.output, "");
  EXPECT_EQ(evaluated.errors,
            "train: the validation loss after step 5 is not finite; training has diverged. A lower --learning-rate, a "
            "longer --warmup, --clip or --norm pre may keep it finite.\n");
  const Result skipped = run_small(diverging + "--evaluate-every 400 --quiet");
  EXPECT_EQ(skipped.status, 3);
  EXPECT_NE(skipped.errors.find("the gradients were not finite in 20 steps in a row"), std::string::npos)
      << skipped.errors;
}

TEST_F(Trainer, ExplainsItself) {
  const Result result = run("--help");
  EXPECT_EQ(result.status, 0);
  for (const std::string expected :
       {"--data", "--optimizer", "adam 0.002", "--momentum", "--beta2", "--warmup", "max_train_steps", "Examples:"}) {
    EXPECT_NE(result.output.find(expected), std::string::npos) << expected;
  }
}

// On the built-in digits, after a fifth of the default number of steps. Softmax regression stays below 0.90 there.
class TrainerOnDigits : public Trainer {
 protected:
  void SetUp() override {
    if (!TRAIN_IS_FAST) GTEST_SKIP() << "only a release build trains fast enough";
    Trainer::SetUp();
  }
  double accuracy(const std::string& arguments) const {
    const Result result = run("--steps 600 --quiet --no-curves " + arguments);
    EXPECT_EQ(result.status, 0) << result.errors;
    return result.output.empty() ? 0.0 : std::stod(result.output.substr(result.output.rfind(' ')));
  }
};

class EveryOptimizer : public TrainerOnDigits, public testing::WithParamInterface<const char*> {};

TEST_P(EveryOptimizer, LearnsFromItsStartingHyperparameters) {
  EXPECT_GE(accuracy("--optimizer " + std::string(GetParam())), 0.93);
}

TEST_F(TrainerOnDigits, LearnsWithBatchNormalisation) {
  EXPECT_GE(accuracy("--norm-kind batch"), 0.96);
}

TEST_F(TrainerOnDigits, ReachesNinetySixPercentByDefault) {
  EXPECT_GE(accuracy(""), 0.96);
}

INSTANTIATE_TEST_SUITE_P(ByName, EveryOptimizer,
                         testing::Values("sgd", "momentum", "nesterov", "rmsprop", "adam", "nadam"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
