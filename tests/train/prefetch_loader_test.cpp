#include <eigentune/train/epoch_shuffle.hpp>
#include <eigentune/train/prefetch_loader.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstdint>
#include <latch>
#include <limits>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/expect.hpp"

namespace eigentune {
namespace {

using support::error_of;
using Numbers = std::vector<std::int64_t>;

/// Batch `index` of a source whose batches differ in length.
struct NumberedBatch {
  std::int64_t index = -1;
  Numbers numbers{};
};

void make_numbered(std::int64_t index, NumberedBatch& into) {
  into.index = index;
  into.numbers.resize(static_cast<std::size_t>(1 + index % 3));
  for (std::int64_t& number : into.numbers) number = -index;
}

/// Whether `batch` is what make_numbered makes of `index`.
bool is_batch(std::int64_t index, const NumberedBatch& batch) {
  NumberedBatch expected;
  make_numbered(index, expected);
  return batch.index == index && batch.numbers == expected.numbers;
}

struct Shape {
  int producers;
  std::int64_t ahead;
};
std::vector<Shape> shapes() {
  std::vector<Shape> all;
  for (const int producers : {0, 1, 2, 4}) {
    for (const std::int64_t ahead : {1, 2, 3, 8}) all.push_back({producers, ahead});
  }
  return all;
}
std::string text(const Shape& shape) {
  return std::to_string(shape.producers) + " producers, " + std::to_string(shape.ahead) + " ahead";
}

TEST(PrefetchLoader, GivesTheBatchesInOrderWhateverTheProducersAndBuffers) {
  for (const Shape& shape : shapes()) {
    PrefetchLoader<NumberedBatch> loader(make_numbered,
                                         {.producers = shape.producers, .ahead = shape.ahead, .first = 5});
    for (std::int64_t index = 5; index < 305; ++index) {
      EXPECT_EQ(loader.position(), index);
      ASSERT_TRUE(is_batch(index, loader.next())) << text(shape) << ", batch " << index;
    }
  }
}

TEST(PrefetchLoader, KeepsOrderWhereALaterBatchIsReadyFirst) {
  std::latch later(1);
  PrefetchLoader<NumberedBatch> loader(
      [&](std::int64_t index, NumberedBatch& into) {
        if (index == 0) later.wait();
        make_numbered(index, into);
        if (index == 1) later.count_down();
      },
      {.producers = 2, .ahead = 2});
  for (std::int64_t index = 0; index < 4; ++index) EXPECT_TRUE(is_batch(index, loader.next()));
}

TEST(PrefetchLoader, LetsAllProducersWorkAtOnce) {
  std::barrier together(3);  // hangs if fewer ever work at once
  PrefetchLoader<NumberedBatch> loader(
      [&](std::int64_t index, NumberedBatch& into) {
        together.arrive_and_wait();
        make_numbered(index, into);
      },
      {.producers = 3, .ahead = 6, .end = 30});
  for (std::int64_t index = 0; index < 30; ++index) EXPECT_TRUE(is_batch(index, loader.next()));
}

TEST(PrefetchLoader, MakesBatchesBeforeTheyAreAskedForButNeverMoreThanItsBuffers) {
  for (const Shape& shape : shapes()) {
    if (shape.producers == 0) continue;
    std::atomic<std::int64_t> begun{0}, ended{0};
    PrefetchLoader<NumberedBatch> loader(
        [&](std::int64_t index, NumberedBatch& into) {
          ++begun;
          make_numbered(index, into);
          ++ended;
          ended.notify_all();
        },
        {.producers = shape.producers, .ahead = shape.ahead});
    for (std::int64_t taken = 0; taken < 50; ++taken) {
      // All buffers but that of the batch in use are filled in time, and no further batch was begun.
      const std::int64_t expected = taken == 0 ? shape.ahead : taken + shape.ahead - 1;
      for (std::int64_t so_far; (so_far = ended) < expected;) ended.wait(so_far);
      EXPECT_EQ(begun, expected) << text(shape);
      loader.next();
    }
  }
}

TEST(PrefetchLoader, UsesItsBuffersAgain) {
  for (const Shape& shape : shapes()) {
    PrefetchLoader<NumberedBatch> loader(make_numbered, {.producers = shape.producers, .ahead = shape.ahead});
    std::set<const void*> batches, memory;
    for (std::int64_t index = 0; index < 200; ++index) {
      NumberedBatch& batch = loader.next();
      if (index == 100) memory.clear();  // by now every buffer has had the longest batch
      batches.insert(&batch);
      memory.insert(batch.numbers.data());
    }
    const std::size_t buffers = shape.producers == 0 ? 1 : static_cast<std::size_t>(shape.ahead);
    EXPECT_EQ(batches.size(), buffers) << text(shape);
    EXPECT_EQ(memory.size(), buffers) << text(shape);
  }
}

TEST(PrefetchLoader, LeavesTheBatchInUseAlone) {
  for (const Shape& shape : shapes()) {
    PrefetchLoader<NumberedBatch> loader(make_numbered, {.producers = shape.producers, .ahead = shape.ahead});
    for (std::int64_t index = 0; index < 200; ++index) {
      NumberedBatch& batch = loader.next();
      batch.numbers.assign(batch.numbers.size(), -1);  // the consumer may write
      std::this_thread::yield();
      EXPECT_EQ(batch.index, index);
      EXPECT_EQ(batch.numbers.front(), -1);
    }
  }
}

TEST(PrefetchLoader, EndsWhereTheSourceEnds) {
  for (const Shape& shape : shapes()) {
    std::atomic<bool> beyond = false;
    PrefetchLoader<NumberedBatch> loader(
        [&](std::int64_t index, NumberedBatch& into) {
          if (index >= 7) beyond = true;
          make_numbered(index, into);
        },
        {.producers = shape.producers, .ahead = shape.ahead, .first = 4, .end = 7});
    Numbers indices;
    while (loader.has_next()) indices.push_back(loader.next().index);
    EXPECT_EQ(indices, (Numbers{4, 5, 6})) << text(shape);
    for (int call = 0; call < 2; ++call) {
      EXPECT_EQ(error_of([&] { loader.next(); }), "PrefetchLoader::next: the batches end before number 7");
    }
    EXPECT_EQ(loader.position(), 7);
    loader.seek(5);  // and may be read again
    EXPECT_TRUE(is_batch(5, loader.next()));
    EXPECT_FALSE(beyond) << text(shape);
  }
}

TEST(PrefetchLoader, MayHaveNoBatchAtAll) {
  for (const int producers : {0, 2}) {
    PrefetchLoader<NumberedBatch> loader(make_numbered, {.producers = producers, .end = 0});
    EXPECT_FALSE(loader.has_next());
  }
}

TEST(PrefetchLoader, ThrowsWhatAProducerThrewAtThatBatchAndAgain) {
  for (const Shape& shape : shapes()) {
    std::atomic<bool> broken = true;
    PrefetchLoader<NumberedBatch> loader(
        [&](std::int64_t index, NumberedBatch& into) {
          if (index >= 10 && broken) throw std::runtime_error("batch " + std::to_string(index) + " is unreadable");
          make_numbered(index, into);
        },
        {.producers = shape.producers, .ahead = shape.ahead});
    for (std::int64_t index = 0; index < 10; ++index) ASSERT_TRUE(is_batch(index, loader.next())) << text(shape);
    for (int call = 0; call < 3; ++call) {
      EXPECT_EQ(error_of<std::runtime_error>([&] { loader.next(); }), "batch 10 is unreadable") << text(shape);
      EXPECT_EQ(loader.position(), 10);
    }
    loader.seek(8);  // does not mend it
    for (std::int64_t index = 8; index < 10; ++index) ASSERT_TRUE(is_batch(index, loader.next())) << text(shape);
    EXPECT_EQ(error_of<std::runtime_error>([&] { loader.next(); }), "batch 10 is unreadable") << text(shape);
    broken = false;
    EXPECT_EQ(error_of<std::runtime_error>([&] { loader.next(); }), "batch 10 is unreadable") << text(shape);
    loader.seek(10);  // this time it does
    for (std::int64_t index = 10; index < 30; ++index) ASSERT_TRUE(is_batch(index, loader.next())) << text(shape);
  }
}

TEST(PrefetchLoader, CarriesExceptionsOfAnyType) {
  PrefetchLoader<int> loader([](std::int64_t, int&) { throw 5; });
  EXPECT_THROW(loader.next(), int);
}

TEST(PrefetchLoader, SeeksToTheBatchThatAsManyStepsReach) {
  constexpr std::int64_t examples = 7, batch_size = 3, batches = 25;
  const EpochShuffle order(examples, {.seed = 2});
  const auto make_batch = [&](std::int64_t index, Numbers& into) {
    into.resize(batch_size);
    order.fill(index * batch_size, into);
  };
  std::vector<Numbers> steps;
  PrefetchLoader<Numbers> from_start(make_batch, {.producers = 0});
  for (std::int64_t index = 0; index < batches; ++index) steps.push_back(from_start.next());
  for (const Shape& shape : shapes()) {
    PrefetchLoader<Numbers> loader(make_batch, {.producers = shape.producers, .ahead = shape.ahead});
    for (const std::int64_t position : {3, 0, 20, 19, 2, 2, 9}) {  // forth and back, over ends of epochs, and twice
      loader.seek(position);
      for (std::int64_t index = position; index < position + 5; ++index) {
        EXPECT_EQ(loader.position(), index);
        EXPECT_EQ(loader.next(), steps[static_cast<std::size_t>(index)]) << text(shape) << ", batch " << index;
      }
    }
  }
}

TEST(PrefetchLoader, SeeksWhileProducersWork) {
  std::latch working(1), go_on(1);
  PrefetchLoader<NumberedBatch> loader(
      [&](std::int64_t index, NumberedBatch& into) {
        if (index == 1) {
          working.count_down();
          go_on.wait();
        }
        make_numbered(index, into);
      },
      {.producers = 2, .ahead = 4});
  working.wait();
  std::thread later([&] { go_on.count_down(); });
  loader.seek(100);  // waits for batch 1
  later.join();
  for (std::int64_t index = 100; index < 120; ++index) EXPECT_TRUE(is_batch(index, loader.next()));
}

TEST(PrefetchLoader, ShutsDownWithoutEverHavingBeenAsked) {
  for (int time = 0; time < 50; ++time) {
    for (const Shape& shape : shapes()) {
      PrefetchLoader<NumberedBatch> loader(make_numbered, {.producers = shape.producers, .ahead = shape.ahead});
    }
  }
}

TEST(PrefetchLoader, ShutsDownWhileAllProducersWork) {
  std::latch working(3), go_on(1);
  std::atomic<int> made{0};
  std::thread later;
  {
    PrefetchLoader<int> loader(
        [&](std::int64_t, int& into) {
          working.count_down();
          go_on.wait();
          into = ++made;
        },
        {.producers = 3, .ahead = 8});
    working.wait();
    later = std::thread([&] { go_on.count_down(); });
  }  // joins them
  later.join();
  EXPECT_GE(made, 3);
  EXPECT_LE(made, 8);
}

TEST(PrefetchLoader, ShutsDownWhileProducersWaitForRoom) {
  std::latch full(4);
  PrefetchLoader<int> loader([&](std::int64_t index, int&) { index < 4 ? full.count_down() : void(); },
                             {.producers = 3, .ahead = 4});
  full.wait();
}

TEST(PrefetchLoader, ShutsDownWhileABatchIsInUse) {
  for (const Shape& shape : shapes()) {
    PrefetchLoader<NumberedBatch> loader(make_numbered, {.producers = shape.producers, .ahead = shape.ahead});
    loader.next();
  }
}

TEST(PrefetchLoader, ShutsDownAfterAnExceptionWhetherItWasThrownOrNot) {
  for (const Shape& shape : shapes()) {
    for (const bool consume : {false, true}) {
      std::latch thrown(1);
      PrefetchLoader<int> loader(
          [&](std::int64_t index, int&) {
            if (index == 0) {
              thrown.count_down();
              throw std::runtime_error("broken");
            }
          },
          {.producers = shape.producers, .ahead = shape.ahead});
      if (consume) {
        EXPECT_EQ(error_of<std::runtime_error>([&] { loader.next(); }), "broken");
      }
      if (shape.producers > 0) thrown.wait();
    }
  }
}

TEST(PrefetchLoader, ShutsDownAfterTheEnd) {
  for (const Shape& shape : shapes()) {
    PrefetchLoader<int> loader([](std::int64_t, int&) {},
                               {.producers = shape.producers, .ahead = shape.ahead, .end = 3});
    while (loader.has_next()) loader.next();
  }
}

TEST(PrefetchLoader, CountsUpToTheLastNumber) {
  constexpr std::int64_t last = std::numeric_limits<std::int64_t>::max();
  for (const int producers : {0, 2}) {
    PrefetchLoader<NumberedBatch> loader(make_numbered, {.producers = producers, .ahead = 4, .first = last - 2});
    EXPECT_EQ(loader.next().index, last - 2);
    EXPECT_EQ(loader.next().index, last - 1);
    EXPECT_FALSE(loader.has_next());
  }
}

TEST(PrefetchLoader, MeasuresTheBatchesAfterTheWarmup) {
  for (const int producers : {0, 2}) {
    const auto batches_measured = [&](std::optional<std::int64_t> warmup, int taken) {
      PrefetchLoader<NumberedBatch> loader(make_numbered,
                                           {.producers = producers, .ahead = 3, .warmup_batches = warmup});
      for (int i = 0; i < taken; ++i) loader.next();
      return loader.report().batches;
    };
    EXPECT_EQ(batches_measured({}, 0), 0);
    EXPECT_EQ(batches_measured({}, 3), 0);
    EXPECT_EQ(batches_measured({}, 5), 2);
    EXPECT_EQ(batches_measured(1, 5), 4);
    EXPECT_EQ(batches_measured(10, 15), 5);
  }
}

TEST(PrefetchLoader, WarmsUpAgainAfterASeek) {
  PrefetchLoader<NumberedBatch> loader(make_numbered, {.warmup_batches = 2});
  for (int i = 0; i < 5; ++i) loader.next();
  EXPECT_EQ(loader.report().batches, 3);
  loader.seek(0);
  for (int i = 0; i < 5; ++i) loader.next();
  EXPECT_EQ(loader.report().batches, 6);
}

TEST(PrefetchLoader, CountsAsWaitingAndBusyWhatTheClockSays) {
  // Both clocks are read around the loader's, so its times are bounded by them, however slow the machine.
  using Clock = std::chrono::steady_clock;
  PrefetchLoader<NumberedBatch> loader(make_numbered, {.producers = 2, .ahead = 2, .warmup_batches = 1});
  loader.next();
  const auto outer_start = Clock::now();
  double inside = 0.0;
  for (int i = 0; i < 100; ++i) {
    const auto start = Clock::now();
    loader.next();
    inside += std::chrono::duration<double>(Clock::now() - start).count();
  }
  const double all = std::chrono::duration<double>(Clock::now() - outer_start).count();
  const InputReport report = loader.report();
  EXPECT_EQ(report.batches, 100);
  EXPECT_GT(report.waiting_seconds, 0.0);
  EXPECT_LE(report.waiting_seconds, inside);
  EXPECT_GE(report.busy_seconds, all - inside - 1e-9);
  EXPECT_EQ(report.producers, 2);
}

TEST(PrefetchLoader, SaysWhatIsWrong) {
  const auto error = [](PrefetchOptions options) {
    return error_of([&] { PrefetchLoader<NumberedBatch>(make_numbered, options); });
  };
  EXPECT_EQ(error({.producers = -1}), "PrefetchLoader: producers must be at least 0, got -1");
  EXPECT_EQ(error({.ahead = 0}), "PrefetchLoader: ahead must be at least 1, got 0");
  EXPECT_EQ(error({.first = -1}), "PrefetchLoader: first must be at least 0, got -1");
  EXPECT_EQ(error({.first = 3, .end = 2}), "PrefetchLoader: end must be at least first, 3, got 2");
  EXPECT_EQ(error({.warmup_batches = 0}), "PrefetchLoader: warmup_batches must be at least 1, got 0");
  EXPECT_EQ(error({.input_bound_share = 1.0}), "PrefetchLoader: input_bound_share must be in [0, 1), got 1");
  EXPECT_EQ(error_of([] { PrefetchLoader<int>(nullptr); }), "PrefetchLoader: make_batch must not be null");
  PrefetchLoader<NumberedBatch> loader(make_numbered, {.end = 4});
  EXPECT_EQ(error_of([&] { loader.seek(-1); }), "PrefetchLoader::seek: position must be at least 0, got -1");
  EXPECT_EQ(error_of([&] { loader.seek(5); }), "PrefetchLoader::seek: position must be at most the end, 4, got 5");
  EXPECT_TRUE(is_batch(0, loader.next()));  // nothing has changed
}

TEST(InputReport, SaysInputBoundWithTheShare) {
  const InputReport report{.batches = 100, .waiting_seconds = 0.3, .busy_seconds = 0.2, .producers = 1};
  EXPECT_DOUBLE_EQ(report.waiting_share(), 0.6);
  EXPECT_TRUE(report.input_bound());
  EXPECT_EQ(report.to_string(),
            "input-bound: training waited for input 60.0% of the time (3 ms of 5 ms a batch, over 100 batches); add "
            "producers, or make a batch cheaper (data close to the process, costly preprocessing done once and kept, "
            "unused features dropped early)");
}

TEST(InputReport, SaysThatTrainingIsNotInputBound) {
  const InputReport report{.batches = 10, .waiting_seconds = 0.01, .busy_seconds = 0.19, .producers = 4};
  EXPECT_FALSE(report.input_bound());
  EXPECT_EQ(report.to_string(),
            "not input-bound: training waited for input 5.0% of the time (1 ms of 20 ms a batch, over 10 batches)");
}

TEST(InputReport, ComparesWithItsThreshold) {
  InputReport report{.batches = 1, .waiting_seconds = 1.0, .busy_seconds = 3.0, .input_bound_share = 0.25};
  EXPECT_FALSE(report.input_bound());  // 0.25 is not above 0.25
  report.input_bound_share = 0.2;
  EXPECT_TRUE(report.input_bound());
}

TEST(InputReport, SaysThatNothingWasMeasured) {
  EXPECT_EQ(InputReport{}.waiting_share(), 0.0);
  EXPECT_EQ(InputReport{}.to_string(), "input: nothing was measured yet");
}

TEST(InputReport, SubtractsAnEarlierOne) {
  const InputReport earlier{.batches = 10, .waiting_seconds = 1.0, .busy_seconds = 1.0, .producers = 2};
  const InputReport later{.batches = 30, .waiting_seconds = 1.5, .busy_seconds = 5.5, .producers = 2};
  const InputReport between = later.since(earlier);
  EXPECT_EQ(between.batches, 20);
  EXPECT_DOUBLE_EQ(between.waiting_share(), 0.1);
}

}  // namespace
}  // namespace eigentune
