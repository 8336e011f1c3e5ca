#include <eigentune/core/random.hpp>
#include <eigentune/train/batch_size_sweep.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <new>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

#include "support/expect.hpp"
#include "support/sanitizers.hpp"

namespace eigentune {
namespace {

using support::error_of;

constexpr const char* never_tuned =
    "The batch size is never tuned for validation performance: choose it for the speed of training.";
constexpr const char* retune =
    "Changing the batch size means re-tuning the hyperparameters of the optimizer and of the regularisers: they "
    "interact "
    "with it most.";

/// Timings of doubling sizes from `first` with these throughputs.
std::vector<BatchSizeTiming> timings_of(const std::vector<double>& throughputs, std::int64_t first = 1,
                                        double relative_spread = 0.01) {
  std::vector<BatchSizeTiming> sizes;
  for (const double throughput : throughputs) {
    const double time = static_cast<double>(first) / throughput;
    sizes.push_back({.batch_size = first, .time_per_step = time, .spread = relative_spread * time, .steps = 25});
    first *= 2;
  }
  return sizes;
}

TEST(BatchSizeVerdict, IsWhereThroughputStopsGrowing) {
  const BatchSizeSweep sweep = judge_batch_sizes(timings_of({100, 200, 390, 640, 660, 670}, 16));
  EXPECT_EQ(sweep.saturated_at, 128);
  EXPECT_FALSE(sweep.bottleneck_elsewhere);
  EXPECT_FALSE(sweep.noisy);
  EXPECT_EQ(sweep.advice(), (std::vector<std::string>{"Throughput stops growing at batch size 128 (640 examples/s): "
                                                      "larger sizes are of no use.",
                                                      never_tuned, retune}));
}

TEST(BatchSizeVerdict, IsABottleneckElsewhereWhenDoublingNeverHelps) {
  const BatchSizeSweep sweep = judge_batch_sizes(timings_of({1000, 1001, 999, 1003}, 32));
  EXPECT_TRUE(sweep.bottleneck_elsewhere);
  EXPECT_EQ(sweep.saturated_at, 32);
  EXPECT_EQ(sweep.advice().front(),
            "Doubling the batch size never helps: throughput is 1000 examples/s at batch size 32 already and stays "
            "there. The bottleneck is elsewhere, for instance in the input pipeline or in the synchronization between "
            "machines: find it first. Or even this size saturates the arithmetic: sweep from a smaller one.");
}

TEST(BatchSizeVerdict, IsNoneWhileThroughputGrows) {
  std::vector<BatchSizeTiming> sizes = timings_of({100, 200, 400});
  BatchSizeSweep sweep = judge_batch_sizes(sizes);
  EXPECT_FALSE(sweep.saturated_at);
  EXPECT_EQ(
      sweep.advice().front(),
      "Throughput still grows at batch size 4, the largest that was tried: every doubling up to it trains on more "
      "examples in the same time.");
  sizes.push_back({.batch_size = 8, .does_not_fit = "it is too big"});
  sweep = judge_batch_sizes(sizes);
  EXPECT_FALSE(sweep.saturated_at);
  EXPECT_EQ(sweep.largest_that_fits(), 4);
  EXPECT_EQ(sweep.advice()[0], "Batch size 8 does not fit: it is too big.");
  EXPECT_EQ(sweep.advice()[1],
            "Throughput still grows at batch size 4, the largest that fits: every doubling up to it trains on more "
            "examples in the same time.");
}

TEST(BatchSizeVerdict, IsNotMisledByOneSlowMeasurement) {
  EXPECT_FALSE(judge_batch_sizes(timings_of({100, 200, 150, 800})).saturated_at);
  EXPECT_EQ(judge_batch_sizes(timings_of({100, 200, 150, 800, 820, 500, 830})).saturated_at, 8);
}

TEST(BatchSizeVerdict, AsksEachDoublingForItsGain) {
  // 8% each: 36% over four doublings, but never enough for one.
  EXPECT_EQ(judge_batch_sizes(timings_of({100, 108, 116.6, 126, 136})).saturated_at, 1);
  EXPECT_EQ(judge_batch_sizes(timings_of({100, 108, 116.6, 126, 136}), 0.05).saturated_at, std::nullopt);
}

TEST(BatchSizeVerdict, TakesAGainWithinTheSpreadForNone) {
  // Uncertainty 1.57 * 0.2 / sqrt(25) = 6.28% each: a gain of 20% is below 1.1 * 1.1256 - 1 = 23.8%, one of 25% above.
  EXPECT_EQ(judge_batch_sizes(timings_of({100, 120}, 1, 0.2)).saturated_at, 1);
  EXPECT_EQ(judge_batch_sizes(timings_of({100, 125}, 1, 0.2)).saturated_at, std::nullopt);
  EXPECT_EQ(judge_batch_sizes(timings_of({100, 120}, 1, 0.01)).saturated_at, std::nullopt);
}

TEST(BatchSizeVerdict, SaysWhenTheTimesVaryTooMuch) {
  std::vector<BatchSizeTiming> sizes = timings_of({100, 120, 125});
  sizes[1].spread = sizes[1].time_per_step;  // 1.57 / 5
  const BatchSizeSweep sweep = judge_batch_sizes(sizes);
  EXPECT_TRUE(sweep.noisy);
  EXPECT_EQ(sweep.advice()[1],
            "The times per step vary too much to be sure (the median at batch size 2 may be off by 31%): measure more "
            "steps, or on an idle machine.");
}

TEST(BatchSizeVerdict, HoldsUnderRandomTimes) {
  // Time per step: constant up to 64, then proportional to the size; 3% noise, and one step in twenty takes ten times
  // as long. The verdict must be right nearly always, and where it is not, it must say that the times vary too much.
  Random random(11);
  int right = 0, wrong_and_sure = 0;
  for (int repeat = 0; repeat < 200; ++repeat) {
    double now = 0.0;
    const auto step = [&](std::int64_t size) {
      const double noise = 1.0 + 0.03 * random.normal();
      now += static_cast<double>(std::max<std::int64_t>(size, 64)) * noise * (random.below(20) == 0 ? 10.0 : 1.0);
    };
    const BatchSizeSweep sweep = batch_size_sweep(step, {.first = 8, .last = 1024, .clock = [&] { return now; }});
    const bool is_right = sweep.saturated_at == 64 && !sweep.bottleneck_elsewhere;
    right += is_right ? 1 : 0;
    wrong_and_sure += !is_right && !sweep.noisy ? 1 : 0;
  }
  EXPECT_GE(right, 190);
  EXPECT_EQ(wrong_and_sure, 0);
}

TEST(BatchSizeVerdict, KnowsNothingFromOneSize) {
  BatchSizeSweep sweep = judge_batch_sizes(timings_of({100}, 8));
  EXPECT_FALSE(sweep.saturated_at);
  EXPECT_FALSE(sweep.bottleneck_elsewhere);
  EXPECT_EQ(sweep.advice().front(),
            "Only batch size 8 was measured, so that nothing is known about throughput against batch size.");
  sweep = judge_batch_sizes({{.batch_size = 8, .does_not_fit = "it is too big"}});
  EXPECT_FALSE(sweep.largest_that_fits());
  EXPECT_EQ(sweep.advice(),
            (std::vector<std::string>{"Batch size 8 does not fit: it is too big.", never_tuned, retune}));
}

TEST(BatchSizeVerdict, RejectsTimingsThatNoSweepGives) {
  EXPECT_EQ(error_of([] { judge_batch_sizes(timings_of({100}), 0.0); }),
            "judge_batch_sizes: min_gain must be in (0, inf), got 0");
  std::vector<BatchSizeTiming> sizes = timings_of({100, 200, 300});
  sizes[1].does_not_fit = "x";
  EXPECT_EQ(error_of([&] { judge_batch_sizes(sizes); }),
            "judge_batch_sizes: only the last size may not fit, got 2 of 3");
  sizes = timings_of({100, 200});
  sizes[1].batch_size = 3;
  EXPECT_EQ(error_of([&] { judge_batch_sizes(sizes); }),
            "judge_batch_sizes: sizes must be at least 1 and double, got 3 at position 1");
  sizes = timings_of({100});
  sizes[0].time_per_step = 0.0;
  EXPECT_EQ(
      error_of([&] { judge_batch_sizes(sizes); }),
      "judge_batch_sizes: a size that fits must have time_per_step > 0, spread >= 0 and steps >= 1, got 0, 0.0001 "
      "and 25 at 1");
}

TEST(BatchSizeSweep, RunsAFewStepsAtDoublingSizes) {
  std::vector<std::int64_t> calls;
  double now = 0.0;
  const auto step = [&](std::int64_t size) {
    calls.push_back(size);
    // The first two at each size are the warmup, the others take 1, 2, 3 s.
    const auto nth = static_cast<double>(std::ranges::count(calls, size));
    now += nth <= 2 ? 100.0 : nth - 2;
  };
  const BatchSizeSweep sweep = batch_size_sweep(
      step, {.first = 3, .last = 23, .warmup_steps = 2, .measured_steps = 3, .clock = [&] { return now; }});
  EXPECT_EQ(calls, (std::vector<std::int64_t>{3, 3, 3, 3, 3, 6, 6, 6, 6, 6, 12, 12, 12, 12, 12}));
  ASSERT_EQ(sweep.sizes.size(), 3U);
  EXPECT_EQ(sweep.sizes[2].time_per_step, 2.0);
  EXPECT_EQ(sweep.sizes[2].throughput(), 6.0);
  EXPECT_EQ(sweep.sizes[2].spread, 1.0);
  EXPECT_EQ(sweep.sizes[2].steps, 3);
}

TEST(BatchSizeSweep, StopsWhereTheBudgetWouldBeExceeded) {
  double now = 0.0;
  std::int64_t largest = 0;
  const BatchSizeSweep sweep = batch_size_sweep(
      [&](std::int64_t size) {
        now += 1.0;
        largest = std::max(largest, size);
      },
      {.memory = ByteBudget{.max_bytes = 1000, .bytes_of = [](std::int64_t size) { return 100 + 100 * size; }},
       .clock = [&] { return now; }});
  EXPECT_EQ(largest, 8);
  EXPECT_EQ(sweep.largest_that_fits(), 8);
  EXPECT_EQ(sweep.sizes.back().batch_size, 16);
  EXPECT_EQ(sweep.sizes.back().does_not_fit, "takes 1700 bytes, more than the budget of 1000");
}

TEST(BatchSizeSweep, StopsAtABadAllocAndPassesOtherExceptionsOn) {
  double now = 0.0;
  const BatchSizeSweepOptions options{.clock = [&] { return now; }};
  const BatchSizeSweep sweep = batch_size_sweep(
      [&](std::int64_t size) {
        now += 1.0;
        if (size == 4) throw std::bad_alloc();
      },
      options);
  EXPECT_EQ(sweep.largest_that_fits(), 2);
  EXPECT_EQ(sweep.sizes.back().does_not_fit, "memory ran out (std::bad_alloc)");
  EXPECT_EQ(error_of<std::runtime_error>(
                [&] { batch_size_sweep([](std::int64_t) { throw std::runtime_error("a bug"); }, options); }),
            "a bug");
}

TEST(BatchSizeSweep, RejectsOptionsOutOfRange) {
  const auto error_with = [](const BatchSizeSweepOptions& options) {
    return error_of([&] { batch_size_sweep([](std::int64_t) {}, options); });
  };
  EXPECT_EQ(error_with({.first = 0}), "batch_size_sweep: first must be at least 1, got 0");
  EXPECT_EQ(error_with({.first = 4, .last = 3}), "batch_size_sweep: last must be at least first, got 3 and 4");
  EXPECT_EQ(error_with({.warmup_steps = -1}), "batch_size_sweep: warmup_steps must be at least 0, got -1");
  EXPECT_EQ(error_with({.measured_steps = 1}), "batch_size_sweep: measured_steps must be at least 2, got 1");
  EXPECT_EQ(error_with({.min_gain = 0.0}), "batch_size_sweep: min_gain must be in (0, inf), got 0");
  EXPECT_EQ(error_with({.memory = ByteBudget{}}), "batch_size_sweep: max_bytes must be at least 1, got 0");
  EXPECT_EQ(error_with({.memory = ByteBudget{.max_bytes = 1}}),
            "batch_size_sweep: bytes_of must be a function, got none");
  EXPECT_EQ(error_with({.clock = nullptr}), "batch_size_sweep: clock must be a function, got none");
  EXPECT_EQ(error_with({.clock = [] { return 0.0; }}),
            "batch_size_sweep: a step must take time that the clock can tell, got 0 s at 1");
  EXPECT_EQ(error_of([] { batch_size_sweep(nullptr); }), "batch_size_sweep: step must be a function, got none");
}

/// Children of fork hang or die under ThreadSanitizer, whose own thread they lack.
class InChildren : public testing::Test {
 protected:
  void SetUp() override {
    if (support::thread_sanitizer) GTEST_SKIP() << "forks";
  }
};

/// The sweep of a step of one second that calls `fail` at batch size 4.
template <class Fail>
BatchSizeSweep sweep_that_fails(Fail fail, const ChildLimits& limits = {}) {
  double now = 0.0;
  return batch_size_sweep(
      [&](std::int64_t size) {
        now += 1.0;
        if (size == 4) fail();
      },
      {.last = 16, .memory = SeparateProcesses{limits}, .clock = [&] { return now; }});
}

TEST_F(InChildren, ASweepMeasuresAsInOneProcessAndChangesNothing) {
  double now = 0.0;
  int calls = 0;
  const BatchSizeSweep sweep = batch_size_sweep(
      [&](std::int64_t size) {
        ++calls;
        now += static_cast<double>(std::max<std::int64_t>(size, 4)) * 0.1;
      },
      {.last = 16, .memory = SeparateProcesses{}, .clock = [&] { return now; }});
  EXPECT_EQ(calls, 0);
  EXPECT_EQ(now, 0.0);
  ASSERT_EQ(sweep.sizes.size(), 5U);
  EXPECT_NEAR(sweep.sizes[0].throughput(), 2.5, 1e-12);
  EXPECT_NEAR(sweep.sizes[4].throughput(), 10.0, 1e-12);
  EXPECT_EQ(sweep.saturated_at, 4);
}

TEST_F(InChildren, ASizeThatThrowsDoesNotFit) {
  EXPECT_EQ(sweep_that_fails([] { throw std::bad_alloc(); }).sizes.back().does_not_fit,
            "memory ran out (std::bad_alloc)");
  EXPECT_EQ(sweep_that_fails([] { throw std::runtime_error(""); }).sizes.back().does_not_fit, "threw an exception: ");
  EXPECT_EQ(sweep_that_fails([] { throw 7; }).sizes.back().does_not_fit, "threw something that is no std::exception");
}

TEST_F(InChildren, ASizeThatIsKilledDoesNotFit) {
  const BatchSizeSweep sweep = sweep_that_fails([] { raise(SIGKILL); });  // as the kernel does
  EXPECT_EQ(sweep.largest_that_fits(), 2);
  EXPECT_EQ(sweep.sizes.back().batch_size, 4);
  EXPECT_EQ(sweep.sizes.back().does_not_fit, "killed by signal 9 (Killed), as the kernel does when memory runs out");
}

TEST_F(InChildren, ASizeThatNeedsMoreAddressSpaceThanAllowedDoesNotFit) {
  if (support::address_sanitizer) GTEST_SKIP() << "AddressSanitizer has all address space reserved";
  double now = 0.0;
  const BatchSizeSweep sweep = batch_size_sweep(
      [&](std::int64_t size) {
        now += 1.0;
        const auto megabytes = static_cast<std::size_t>(size);
        void* const activations = ::operator new(megabytes << 20);  // which, unlike `new`, is never optimised away
        ::operator delete(activations);
      },
      {.last = 1 << 12, .memory = SeparateProcesses{{.max_bytes = std::int64_t{100} << 20}}, .clock = [&] {
         return now;
       }});
  EXPECT_EQ(sweep.largest_that_fits(), 64);
  EXPECT_EQ(sweep.sizes.back().batch_size, 128);
  EXPECT_EQ(sweep.sizes.back().does_not_fit, "memory ran out (std::bad_alloc)");
}

TEST_F(InChildren, ASizeThatTakesTooLongDoesNotFit) {
  const BatchSizeSweep sweep = sweep_that_fails([] { pause(); }, {.max_seconds = 0.2});
  EXPECT_EQ(sweep.sizes.back().does_not_fit, "took longer than 0.2 s");
  EXPECT_EQ(sweep.largest_that_fits(), 2);
}

}  // namespace
}  // namespace eigentune
