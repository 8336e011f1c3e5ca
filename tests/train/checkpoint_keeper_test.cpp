#include <eigentune/optim.hpp>
#include <eigentune/train/checkpoint_keeper.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstdint>
#include <future>
#include <limits>
#include <mutex>
#include <string>
#include <vector>

#include "support/expect.hpp"
#include "support/special_values.hpp"
#include "train/files.hpp"

namespace eigentune {
namespace {

using support::infinity;

using support::error_of;
using Steps = std::vector<std::int64_t>;

using support::nan;

/// A model whose parameter is the step it was saved at.
struct KeptTraining {
  explicit KeptTraining(KeeperOptions keeper_options = {}) : options(keeper_options) {
    optimizer.add("w", w, gradient);
  }

  void save(CheckpointKeeper& keeper, std::int64_t step, double metric) {
    w.setConstant(static_cast<float>(step));
    keeper.save(step, metric, optimizer);
  }
  /// Saves with steps 1, 2, ... and returns the steps that are kept.
  Steps kept(const std::vector<double>& metrics) {
    CheckpointKeeper keeper(path, options);
    std::int64_t step = 0;
    for (const double metric : metrics) save(keeper, ++step, metric);
    keeper.wait();
    return steps();
  }
  Steps steps() const {
    Steps list;
    for (const CheckpointInfo& info : list_checkpoints(path)) list.push_back(info.step);
    return list;
  }
  std::filesystem::path file(std::int64_t step) const { return path / detail::checkpoint_name(step); }
  void damage_data(std::int64_t step) const {
    std::string bytes = files::read(file(step));
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    files::write(file(step), bytes);
  }
  void damage_header(std::int64_t step) const { files::write_byte(file(step), 20, '#'); }

  KeeperOptions options;
  files::TemporaryFolder folder;
  std::filesystem::path path = folder / "run7/checkpoints";
  Eigen::VectorXf w = Eigen::VectorXf::Zero(3), gradient = w;
  Momentum<float> optimizer;
};

TEST(CheckpointKeeper, KeepsTheBestAndTheLatest) {
  EXPECT_EQ(KeptTraining({.keep_best = 2, .keep_latest = 1}).kept({5, 1, 4, 2, 3}), (Steps{2, 4, 5}));
  EXPECT_EQ(KeptTraining({.keep_best = 2, .keep_latest = 2}).kept({5, 1, 4, 2, 3}), (Steps{2, 4, 5}));
  EXPECT_EQ(KeptTraining({.keep_best = 1, .keep_latest = 3}).kept({5, 1, 4, 2, 3}), (Steps{2, 3, 4, 5}));
  EXPECT_EQ(KeptTraining({.keep_best = 2, .keep_latest = 0}).kept({5, 1, 4, 2, 3}), (Steps{2, 4}));
  EXPECT_EQ(KeptTraining({.keep_best = 0, .keep_latest = 2}).kept({5, 1, 4, 2, 3}), (Steps{4, 5}));
  EXPECT_EQ(KeptTraining({.keep_best = 2, .direction = Direction::maximize}).kept({5, 1, 4, 2, 3}), (Steps{1, 3, 5}));
  EXPECT_EQ(KeptTraining({.keep_best = 2, .background = true}).kept({5, 1, 4, 2, 3}), (Steps{2, 4, 5}));
}

TEST(CheckpointKeeper, NaNIsNeverBest) {
  for (const Direction direction : {Direction::minimize, Direction::maximize}) {
    KeptTraining run({.keep_best = 2, .keep_latest = 1, .direction = direction});
    EXPECT_EQ(run.kept({nan, 7, nan, nan}), (Steps{2, 4}));
    CheckpointKeeper keeper(run.path, run.options);
    EXPECT_EQ(keeper.best()->step, 2);
    EXPECT_TRUE(std::isnan(*keeper.latest()->metric));
  }
  KeptTraining run;
  EXPECT_EQ(run.kept({nan}), Steps{1});
  EXPECT_FALSE(CheckpointKeeper(run.path).best().has_value());
}

TEST(CheckpointKeeper, InfinityIsANumberLikeOthers) {
  EXPECT_EQ(KeptTraining({.keep_best = 1}).kept({infinity, -infinity, 0}), (Steps{2, 3}));
}

TEST(CheckpointKeeper, EqualMetricsAreDecidedByTheEarlierStep) {
  for (const Direction direction : {Direction::minimize, Direction::maximize}) {
    EXPECT_EQ(KeptTraining({.keep_best = 1, .direction = direction}).kept({2, 2, 2}), (Steps{1, 3}));
  }
}

TEST(CheckpointKeeper, KeepsACheckpointWithoutMetricAsLatestOnly) {
  KeptTraining run({.keep_best = 1, .keep_latest = 1});
  CheckpointKeeper keeper(run.path, run.options);
  keeper.save(1, run.optimizer);
  EXPECT_FALSE(keeper.best().has_value());
  EXPECT_FALSE(keeper.latest()->metric.has_value());
  run.save(keeper, 2, 9.0);
  keeper.save(3, run.optimizer);
  EXPECT_EQ(run.steps(), (Steps{2, 3}));
}

TEST(CheckpointKeeper, RefusesOptionsThatKeepNothing) {
  const files::TemporaryFolder folder;
  const auto error = [&](KeeperOptions options) { return error_of([&] { CheckpointKeeper(folder.path(), options); }); };
  EXPECT_EQ(error({.keep_best = -1}), "CheckpointKeeper: keep_best must be at least 0, got -1");
  EXPECT_EQ(error({.keep_latest = -2}), "CheckpointKeeper: keep_latest must be at least 0, got -2");
  EXPECT_EQ(error({.keep_best = 0, .keep_latest = 0}),
            "CheckpointKeeper: keep_best or keep_latest must be at least 1, got 0");
  KeptTraining run({.keep_latest = 0});
  CheckpointKeeper keeper(run.path, run.options);
  EXPECT_EQ(error_of([&] { keeper.save(1, run.optimizer); }),
            "save: a checkpoint without a metric is kept if keep_latest is at least 1, got 0");
}

TEST(CheckpointKeeper, GoesOnInASecondRun) {
  KeptTraining run({.keep_best = 2});
  run.kept({5, 1, 4, 2, 3});
  CheckpointKeeper keeper(run.path, run.options);
  EXPECT_EQ(keeper.restore_latest(run.optimizer).step, 5);
  EXPECT_EQ(run.w(0), 5.0f);
  run.save(keeper, 6, 1.5);
  EXPECT_EQ(run.steps(), (Steps{2, 6}));
}

TEST(CheckpointKeeper, RestoresTheBestAndSaysWhatItIs) {
  KeptTraining run;
  run.kept({5, 1.25, 4, 2, 3});
  CheckpointKeeper keeper(run.path, run.options);
  const RestoredCheckpoint restored = keeper.restore_best(run.optimizer);
  EXPECT_EQ(restored.step, 2);
  EXPECT_EQ(restored.metric, 1.25);
  EXPECT_EQ(restored.path, run.file(2));
  EXPECT_TRUE(restored.passed_over.empty());
  EXPECT_EQ(run.w(0), 2.0f);
}

TEST(CheckpointKeeper, SavingAStepAgainReplacesItsCheckpoint) {
  KeptTraining run({.keep_best = 1});
  CheckpointKeeper keeper(run.path, run.options);
  run.save(keeper, 1, 1.0);
  run.save(keeper, 2, 2.0);
  run.w.setConstant(7.0f);
  keeper.save(1, 3.0, run.optimizer);
  EXPECT_EQ(run.steps(), (Steps{1, 2}));
  EXPECT_EQ(keeper.best()->step, 2);
  EXPECT_EQ(keeper.restore_latest(run.optimizer).step, 1);
  EXPECT_EQ(run.w(0), 7.0f);
}

TEST(CheckpointKeeper, GoingBackMakesTheNewCheckpointsTheLatest) {
  KeptTraining run({.keep_best = 1, .keep_latest = 2});
  CheckpointKeeper keeper(run.path, run.options);
  for (const std::int64_t step : {10, 20, 30}) run.save(keeper, step, static_cast<double>(step));
  EXPECT_EQ(keeper.restore_best(run.optimizer).step, 10);
  run.save(keeper, 15, 99.0);
  EXPECT_EQ(keeper.latest()->step, 15);
  EXPECT_EQ(run.steps(), (Steps{10, 15, 30}));
  run.save(keeper, 16, 99.0);
  EXPECT_EQ(run.steps(), (Steps{10, 15, 16}));
}

TEST(CheckpointKeeper, AdmitsOneWriterAtATimeAndAnyReader) {
  KeptTraining run;
  run.kept({1});
  {
    const CheckpointKeeper keeper(run.path);
    EXPECT_EQ(error_of<Error>([&] { CheckpointKeeper second(run.path); }),
              run.path.string() + ": another CheckpointKeeper is writing into this folder");
    EXPECT_EQ(CheckpointReader(run.path).restore_latest(run.optimizer).step, 1);
  }
  const CheckpointKeeper again(run.path);
}

TEST(CheckpointKeeper, RemovesTheTemporariesOfKilledKeepersAndNothingElse) {
  KeptTraining run;
  run.kept({1});
  const std::string leftover = run.file(2).string() + ".tmp-4711-0";
  files::write(leftover, "half a file");
  const std::vector<std::string> others = {"notes.txt",
                                           "x.tmp-1-0",
                                           "step-000000000002.safetensors.tmp-1-0.bak",
                                           "step-2.safetensors",
                                           "step-000000000002.safetensors.tmp-1",
                                           "model-000000000001.safetensors"};
  for (const std::string& other : others) files::write(run.path / other, "of somebody else");
  CheckpointKeeper keeper(run.path);
  EXPECT_FALSE(std::filesystem::exists(leftover));
  for (std::int64_t step = 2; step < 9; ++step) run.save(keeper, step, 1.0);
  for (const std::string& other : others) EXPECT_TRUE(std::filesystem::exists(run.path / other)) << other;
}

TEST(CheckpointKeeper, NeverChoosesADamagedFileAndSaysSo) {
  KeptTraining run({.keep_best = 3});
  run.kept({5, 1, 2, 3, 4});
  run.damage_data(2);
  run.damage_header(5);
  CheckpointKeeper keeper(run.path, run.options);
  for (const CheckpointInfo& info : keeper.list()) EXPECT_EQ(info.usable(), info.step != 5) << info.problem;
  const RestoredCheckpoint best = keeper.restore_best(run.optimizer);
  EXPECT_EQ(best.step, 3);
  ASSERT_EQ(best.passed_over.size(), 2u);
  EXPECT_EQ(best.passed_over[0].path, run.file(5));
  EXPECT_EQ(best.passed_over[1].path, run.file(2));
  EXPECT_TRUE(best.passed_over[1].reason.starts_with(run.file(2).string() + ": the file is damaged: its checksum"));
  EXPECT_EQ(keeper.restore_latest(run.optimizer).step, 4);
  run.save(keeper, 6, 0.0);
  EXPECT_TRUE(std::filesystem::exists(run.file(5)));  // not deleted: somebody may want to look at it
}

TEST(CheckpointKeeper, SaysThatNothingIsLeftAndWhy) {
  KeptTraining run;
  run.kept({1});
  CheckpointKeeper keeper(run.path, run.options);
  std::filesystem::rename(run.file(1), run.file(3));
  EXPECT_EQ(error_of<Error>([&] { keeper.restore_latest(run.optimizer); }),
            run.path.string() + ": there is no checkpoint to restore; " + run.file(3).string() +
                ": its header says step 1: it was renamed");
}

TEST(CheckpointKeeper, ThrowsWhereTheChosenCheckpointDoesNotFit) {
  KeptTraining run;
  run.kept({1, 2});
  Eigen::VectorXf other = Eigen::VectorXf::Zero(4), gradient = other;
  Momentum<float> optimizer;
  optimizer.add("w", other, gradient);
  CheckpointKeeper keeper(run.path, run.options);
  EXPECT_TRUE(error_of<Error>([&] {
                keeper.restore_best(optimizer);
              }).starts_with(run.file(1).string() + ": it does not fit the optimizer: different: \"w\""));
}

/// A disk that is full after so many bytes.
struct FullDisk {
  std::int64_t room = std::numeric_limits<std::int64_t>::max();

  SystemCalls calls() {
    SystemCalls table;
    table.write = [this](int file, const void* bytes, std::size_t count) -> ssize_t {
      const auto fitting = static_cast<std::size_t>(std::min(room, static_cast<std::int64_t>(count)));
      if (fitting == 0 && count > 0) {
        errno = ENOSPC;
        return -1;
      }
      room -= static_cast<std::int64_t>(fitting);
      return ::write(file, bytes, fitting);
    };
    return table;
  }
};

TEST(CheckpointKeeper, SurvivesAFullDiskAtEveryByte) {
  KeptTraining run({.keep_best = 1});
  FullDisk disk;
  CheckpointKeeper keeper(run.path, run.options, disk.calls());
  run.save(keeper, 1, 1.0);
  run.save(keeper, 2, 2.0);
  const auto size = static_cast<std::int64_t>(std::filesystem::file_size(run.file(2)));
  const std::string first = files::read(run.file(1)), second = files::read(run.file(2));
  for (std::int64_t room = 0; room < size; ++room) {
    disk.room = room;
    EXPECT_EQ(error_of<Error>([&] { run.save(keeper, 3, 0.0); }),
              run.file(3).string() + ": cannot write: No space left on device");
    ASSERT_EQ(files::read(run.file(1)), first);
    ASSERT_EQ(files::read(run.file(2)), second);
    ASSERT_EQ(detail::names_in(run.path).size(), 3u);  // these and the lock
  }
  disk.room = size;
  run.save(keeper, 3, 0.0);
  EXPECT_EQ(run.steps(), Steps{3});
}

TEST(CheckpointKeeper, KeepsTheOldOnesWhereTheNewMayNotBeDurable) {
  KeptTraining run({.keep_best = 1});
  SystemCalls calls;
  bool broken = false;
  int syncs = 0;
  calls.fsync = [&](int file) {
    errno = EIO;
    return broken && ++syncs == 2 ? -1 : ::fsync(file);
  };
  CheckpointKeeper keeper(run.path, run.options, calls);
  run.save(keeper, 1, 1.0);
  broken = true;
  EXPECT_THROW(run.save(keeper, 2, 0.0), Error);
  EXPECT_EQ(run.steps(), (Steps{1, 2}));
  run.save(keeper, 3, 3.0);
  EXPECT_EQ(run.steps(), (Steps{2, 3}));
}

TEST(CheckpointKeeper, SaysThatAnOldOneCannotBeDeleted) {
  KeptTraining run({.keep_best = 1});
  SystemCalls calls;
  calls.unlink = [](const char*) {
    errno = EPERM;
    return -1;
  };
  CheckpointKeeper keeper(run.path, run.options, calls);
  run.save(keeper, 1, 1.0);
  EXPECT_EQ(error_of<Error>([&] { run.save(keeper, 2, 0.0); }),
            run.file(1).string() + ": cannot delete it: Operation not permitted");
  EXPECT_EQ(keeper.latest()->step, 2);
}

TEST(CheckpointKeeper, SavesInTheBackgroundWhatWasThereWhenSaveReturned) {
  KeptTraining run({.background = true});
  std::mutex gate;
  SystemCalls calls;
  calls.write = [&](int file, const void* bytes, std::size_t count) {
    const std::lock_guard waits(gate);
    return ::write(file, bytes, count);
  };
  CheckpointKeeper keeper(run.path, run.options, calls);
  {
    const std::lock_guard closed(gate);
    run.save(keeper, 1, 1.0);
    run.w.setConstant(-1.0f);  // training goes on
    EXPECT_TRUE(run.steps().empty());
  }
  EXPECT_EQ(keeper.restore_latest(run.optimizer).step, 1);  // waits
  EXPECT_EQ(run.w(0), 1.0f);
}

TEST(CheckpointKeeper, ThrowsAnErrorOfTheBackgroundAtTheNextSaveOrWait) {
  KeptTraining run({.background = true});
  FullDisk disk;
  CheckpointKeeper keeper(run.path, run.options, disk.calls());
  run.save(keeper, 1, 1.0);
  keeper.wait();
  disk.room = 100;
  run.save(keeper, 2, 0.0);
  EXPECT_EQ(error_of<Error>([&] { keeper.wait(); }), run.file(2).string() + ": cannot write: No space left on device");
  keeper.wait();  // told once
  run.save(keeper, 3, 0.0);
  EXPECT_EQ(error_of<Error>([&] { run.save(keeper, 4, 0.0); }),
            run.file(3).string() + ": cannot write: No space left on device");
  EXPECT_EQ(run.steps(), Steps{1});
  run.save(keeper, 5, 0.0);  // and its end waits, without throwing
}

TEST(CheckpointReader, NeverSeesAHalfFileWhileAKeeperSavesAndDeletes) {
  KeptTraining run({.keep_best = 1, .keep_latest = 1}), reading;
  CheckpointKeeper keeper(run.path, run.options);
  run.save(keeper, 0, 0.0);
  std::atomic<bool> done = false;
  std::future<void> saving = std::async(std::launch::async, [&] {
    for (std::int64_t step = 1; step <= 300; ++step) run.save(keeper, step, static_cast<double>(-step));
    done = true;
  });
  const CheckpointReader reader(run.path);
  std::int64_t last = 0;
  while (!done) {
    const RestoredCheckpoint best = reader.restore_best(reading.optimizer);
    EXPECT_TRUE(best.passed_over.empty() && best.step >= last && reading.w(0) == static_cast<float>(best.step));
    const RestoredCheckpoint latest = reader.restore_latest(reading.optimizer);
    EXPECT_TRUE(latest.passed_over.empty() && latest.step >= best.step);
    last = latest.step;
  }
  saving.get();
}

TEST(CheckpointReader, SaysThatThereIsNoFolder) {
  const files::TemporaryFolder folder;
  EXPECT_EQ(error_of<Error>([&] { CheckpointReader(folder / "none").list(); }),
            (folder / "none").string() + ": cannot list the folder: No such file or directory");
}

}  // namespace
}  // namespace eigentune
