#include <eigentune/train/throughput.hpp>

#include <gtest/gtest.h>

#include "support/expect.hpp"

namespace eigentune {
namespace {

using support::error_of;

TEST(Throughput, IsBatchSizeOverTimePerStep) {
  double now = 100.0;
  Throughput throughput(64, {.warmup_steps = 2, .window_steps = 4}, [&] { return now; });
  throughput.start();
  const auto step = [&](double seconds) {
    now += seconds;
    throughput.step();
  };
  for (const double warmup : {50.0, 7.0}) step(warmup);
  for (int i = 0; i < 3; ++i) step(0.5);
  EXPECT_FALSE(throughput.figures());
  step(0.5);
  const auto figures = throughput.figures();
  ASSERT_TRUE(figures);
  EXPECT_EQ(figures->time_per_step, 0.5);
  EXPECT_EQ(figures->examples_per_second, 128.0);
  EXPECT_EQ(figures->spread, 0.0);
  EXPECT_EQ(figures->windows, 1);
}

TEST(Throughput, IsTheMedianOfTheWindows) {
  double now = 0.0;
  Throughput throughput(1, {.warmup_steps = 0, .window_steps = 2}, [&] { return now; });
  throughput.start();
  for (const double seconds :
       {1.0, 3.0, 1000.0, 1000.0, 3.0, 3.0, 4.0, 4.0, 5.0, 5.0, 6.0}) {  // the last is half a window
    now += seconds;
    throughput.step();
  }
  const auto figures = throughput.figures();  // of 2, 1000, 3, 4, 5
  EXPECT_EQ(figures->time_per_step, 4.0);
  EXPECT_EQ(figures->spread, 5.0 - 3.0);
  EXPECT_EQ(figures->windows, 5);
}

TEST(Throughput, LeavesOutWhatLiesBetweenAStepAndAStart) {
  double now = 0.0;
  Throughput throughput(8, {.warmup_steps = 0, .window_steps = 4}, [&] { return now; });
  throughput.start();
  for (int i = 0; i < 4; ++i) {
    now += 2.0;
    throughput.step();
    if (i % 2 == 0) {
      now += 1000.0;  // an evaluation, within a window
      throughput.start();
    }
  }
  EXPECT_EQ(throughput.figures()->examples_per_second, 4.0);
}

TEST(Throughput, KeepsTheLatestWindowsOnly) {
  double now = 0.0;
  Throughput throughput(1, {.warmup_steps = 0, .window_steps = 1, .max_windows = 3}, [&] { return now; });
  throughput.start();
  for (const double seconds : {100.0, 100.0, 100.0, 100.0, 1.0, 2.0, 3.0}) {
    now += seconds;
    throughput.step();
  }
  EXPECT_EQ(throughput.figures()->windows, 3);
  EXPECT_EQ(throughput.figures()->time_per_step, 2.0);
}

TEST(Throughput, TakesTheRealClockByDefault) {
  Throughput throughput(1, {.warmup_steps = 0, .window_steps = 1});
  throughput.start();
  throughput.step();
  EXPECT_GE(throughput.figures()->time_per_step, 0.0);
}

TEST(Throughput, RejectsWhatIsOutOfRange) {
  EXPECT_EQ(error_of([] { Throughput(0); }), "Throughput: batch_size must be at least 1, got 0");
  EXPECT_EQ(error_of([] { Throughput(1, {.warmup_steps = -1}); }),
            "Throughput: warmup_steps must be at least 0, got -1");
  EXPECT_EQ(error_of([] { Throughput(1, {.window_steps = 0}); }), "Throughput: window_steps must be at least 1, got 0");
  EXPECT_EQ(error_of([] { Throughput(1, {.max_windows = 0}); }), "Throughput: max_windows must be at least 1, got 0");
  EXPECT_EQ(error_of([] { Throughput(1).step(); }), "Throughput: start must be called before step");
}

}  // namespace
}  // namespace eigentune
