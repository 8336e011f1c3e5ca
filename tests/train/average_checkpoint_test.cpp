#include <eigentune/optim.hpp>
#include <eigentune/train/checkpoint_keeper.hpp>
#include <eigentune/train/load_parameters.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "support/expect.hpp"
#include "train/files.hpp"

// Averages of parameters in checkpoints. That a run goes on with them bit for bit: resume_test.cpp.

namespace eigentune {
namespace {

using support::error_of;

/// Two numbers that go down by 1 in each step, of which one is frozen.
template <class State = float>
struct AveragedTraining {
  explicit AveragedTraining(const std::optional<Averaging>& averaging = std::nullopt) {
    optimizer.add("w", w, w_gradient);
    optimizer.add("frozen", frozen, frozen_gradient, {.frozen = true});
    if (averaging) optimizer.average(*averaging);
  }
  void steps(int count) {
    for (int step = 0; step < count; ++step) optimizer.step({.learning_rate = 1.0});
  }
  Eigen::VectorXf w = Eigen::VectorXf::Constant(1, 8.0f), w_gradient = Eigen::VectorXf::Ones(1);
  Eigen::VectorXf frozen = w, frozen_gradient = w_gradient;
  SGD<float, State> optimizer;
};

/// A file of a run of that averaging, after two steps.
template <class State = float>
struct SavedAverage {
  explicit SavedAverage(const std::optional<Averaging>& averaging) {
    AveragedTraining<State> training(averaging);
    training.steps(2);
    save_checkpoint(path, 2, std::nullopt, training.optimizer);
  }
  files::TemporaryFolder folder;
  std::filesystem::path path = folder / "a";
};

TEST(AverageCheckpoint, BringsTheAverageBack) {
  const SavedAverage saved(UniformAverage{.start = 0});
  AveragedTraining training(UniformAverage{.start = 0});
  training.steps(5);
  restore_checkpoint(saved.path, training.optimizer);
  EXPECT_EQ(training.w[0], 6.0f);
  const auto swapped = training.optimizer.swap_in_average();
  EXPECT_EQ(training.w[0], 6.5f);
}

TEST(AverageCheckpoint, IsRefusedByAnOptimizerThatAveragesOtherwiseAndChangesNothing) {
  const std::optional<Averaging> none, half = ExponentialAverage{.decay = 0.5}, mean = UniformAverage{.start = 1},
                                       uncorrected = ExponentialAverage{.decay = 0.5, .bias_correction = false};
  const auto error = [](const auto& to, const auto& from) {
    const SavedAverage saved(from);
    AveragedTraining training(to);
    training.steps(1);
    const auto before = training.optimizer.state();
    std::string text = error_of<Error>([&] { restore_checkpoint(saved.path, training.optimizer); });
    EXPECT_EQ(training.optimizer.state(), before);
    EXPECT_EQ(training.w[0], 7.0f);
    const std::string begin = saved.path.string() + ": it does not fit the optimizer: different: the averaging is ";
    EXPECT_EQ(text.substr(0, begin.size()), begin);
    return text.substr(std::min(text.size(), begin.size()));
  };
  EXPECT_EQ(error(none, half), "exponential (decay 0.5), not none");
  EXPECT_EQ(error(half, none), "none, not exponential (decay 0.5)");
  EXPECT_EQ(error(mean, half), "exponential (decay 0.5), not uniform (start 1)");
  EXPECT_EQ(error(half, uncorrected), "exponential (decay 0.5, no bias correction), not exponential (decay 0.5)");
}

TEST(AverageCheckpoint, LetsARunBeginOrEndToAverage) {
  const SavedAverage without(std::nullopt), with(UniformAverage{});
  AveragedTraining begins;
  restore_checkpoint(without.path, begins.optimizer);
  begins.optimizer.average(UniformAverage{});
  begins.steps(1);
  EXPECT_EQ(begins.optimizer.state().tensors[0].averaged, 1);
  AveragedTraining ends(UniformAverage{});
  restore_checkpoint(with.path, ends.optimizer);
  ends.optimizer.stop_averaging();
  ends.steps(1);
  EXPECT_EQ(ends.w, begins.w);
}

TEST(AverageCheckpoint, IsNotWrittenOrReadWhileTheAverageIsSwappedIn) {
  const SavedAverage saved(UniformAverage{});
  AveragedTraining training(UniformAverage{});
  training.steps(2);
  const files::TemporaryFolder folder;
  CheckpointKeeper keeper(folder.path(), {.background = true});
  const std::string text = ": the parameters hold their average; what swap_in_average returned must go first";
  const auto swapped = training.optimizer.swap_in_average();
  EXPECT_EQ(error_of([&] { keeper.save(1, 0.5, training.optimizer); }), "memory" + text);
  EXPECT_EQ(error_of([&] { restore_checkpoint(saved.path, training.optimizer); }), "memory" + text);
  EXPECT_EQ(error_of([&] { load_parameters(saved.path, training.optimizer); }), "writable_memory" + text);
  EXPECT_EQ(folder.names(), std::vector<std::string>{"keeper.lock"});
}

TEST(LoadParameters, TakesTheAveragesOfACheckpointIfTold) {
  const SavedAverage saved(UniformAverage{});
  AveragedTraining training;
  training.frozen[0] = 1.0f;
  EXPECT_EQ(load_parameters(saved.path, training.optimizer, {.averaged = true}).loaded,
            (std::vector<std::string>{"w", "frozen"}));
  EXPECT_EQ(training.w[0], 6.5f);
  EXPECT_EQ(training.frozen[0], 8.0f);  // which has no average, and so is what it is
  load_parameters(saved.path, training.optimizer);
  EXPECT_EQ(training.w[0], 6.0f);
}

TEST(LoadParameters, RoundsAveragesOfAWiderStateIfAllowed) {
  const SavedAverage<double> saved(UniformAverage{});
  AveragedTraining training;
  EXPECT_EQ(error_of<Error>([&] { load_parameters(saved.path, training.optimizer, {.averaged = true}); }),
            saved.path.string() + ": it does not fit the optimizer: different: \"w\" is F64 [1], not F32 [1]");
  load_parameters(saved.path, training.optimizer, {.averaged = true, .allow_rounding = true});
  EXPECT_EQ(training.w[0], 6.5f);
}

TEST(LoadParameters, RefusesToTakeAveragesThatAreNotThere) {
  const SavedAverage saved(std::nullopt);
  AveragedTraining training;
  EXPECT_EQ(error_of<Error>([&] { load_parameters(saved.path, training.optimizer, {.averaged = true}); }),
            saved.path.string() + ": it holds no averages of parameters");
  const auto other = files::source_folder() / "golden/doubles.safetensors";
  EXPECT_EQ(error_of<Error>([&] { load_parameters(other, training.optimizer, {.averaged = true}); }),
            other.string() + ": it holds no averages of parameters");
  EXPECT_EQ(training.w[0], 8.0f);
}

}  // namespace
}  // namespace eigentune
