#include <eigentune/train/epoch_shuffle.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>
#include <thread>
#include <vector>

#include "support/expect.hpp"

namespace eigentune {
namespace {

using support::error_of;
using Indices = std::vector<std::int64_t>;

Indices examples_at(const EpochShuffle& order, std::int64_t position, std::size_t count) {
  Indices indices(count, -1);
  order.fill(position, indices);
  return indices;
}

/// Positions from `first` on, taken one by one.
Indices one_by_one(const EpochShuffle& order, std::int64_t first, std::int64_t count) {
  Indices indices;
  for (std::int64_t position = first; position < first + count; ++position) indices.push_back(order(position));
  return indices;
}

Indices sorted(Indices indices) {
  std::sort(indices.begin(), indices.end());
  return indices;
}

Indices numbers_below(std::int64_t count) {
  Indices indices(static_cast<std::size_t>(count));
  std::iota(indices.begin(), indices.end(), std::int64_t{0});
  return indices;
}

TEST(EpochShuffle, HasTheOrdersOfTheOracle) {  // epoch_shuffle_oracle.py
  const EpochShuffle order(10, {.seed = 7});
  EXPECT_EQ(examples_at(order, 0, 10), (Indices{2, 7, 1, 5, 4, 3, 0, 8, 6, 9}));
  EXPECT_EQ(examples_at(order, 10, 10), (Indices{0, 8, 9, 3, 6, 7, 2, 5, 4, 1}));
  EXPECT_EQ(examples_at(order, 20, 10), (Indices{5, 8, 4, 1, 0, 9, 2, 6, 3, 7}));
  EXPECT_EQ(examples_at(order, 8, 5), (Indices{6, 9, 0, 8, 9}));
}

TEST(EpochShuffle, HasAtAPositionTheSameExampleWhateverWasAskedBefore) {
  const EpochShuffle order(7, {.seed = 3});
  const Indices stream = examples_at(order, 0, 50);
  for (std::int64_t position = 49; position >= 0; --position) {
    EXPECT_EQ(order(position), stream[static_cast<std::size_t>(position)]) << position;
    EXPECT_EQ(order.epoch(position), position / 7);
  }
  // Batches of any size, also larger than an epoch, cut the same stream.
  for (const std::int64_t size : {1, 2, 3, 7, 8, 20}) {
    Indices cut;
    for (std::int64_t batch = 0; batch * size < 50; ++batch) {
      const Indices indices = examples_at(order, batch * size, static_cast<std::size_t>(size));
      cut.insert(cut.end(), indices.begin(), indices.end());
    }
    cut.resize(50);
    EXPECT_EQ(cut, stream) << "batches of " << size;
  }
}

TEST(EpochShuffle, TakesEveryExampleOncePerEpochInAnOrderOfItsOwn) {
  const EpochShuffle order(100, {.seed = 1}), other(100, {.seed = 2});
  const Indices first = examples_at(order, 0, 100), second = examples_at(order, 100, 100);
  EXPECT_EQ(sorted(first), numbers_below(100));
  EXPECT_EQ(sorted(second), numbers_below(100));
  EXPECT_NE(first, second);
  EXPECT_NE(first, examples_at(other, 0, 100));
}

TEST(EpochShuffle, ShardsPartitionEachEpochEvenly) {
  constexpr std::int64_t examples = 23, epochs = 3;
  for (const std::int64_t shards : {1, 2, 3, 5, 22, 23, 24, 60}) {
    std::vector<Indices> epoch_examples(epochs);
    std::vector<std::vector<std::int64_t>> sizes(epochs, std::vector<std::int64_t>(static_cast<std::size_t>(shards)));
    for (std::int64_t shard = 0; shard < shards; ++shard) {
      const EpochShuffle order(examples, {.seed = 5, .shard = shard, .shards = shards});
      for (std::int64_t position = 0; order.epoch(position) < epochs; ++position) {
        const auto epoch = static_cast<std::size_t>(order.epoch(position));
        epoch_examples[epoch].push_back(order(position));
        ++sizes[epoch][static_cast<std::size_t>(shard)];
      }
    }
    for (std::size_t epoch = 0; epoch < epochs; ++epoch) {
      EXPECT_EQ(sorted(epoch_examples[epoch]), numbers_below(examples)) << shards << " shards";
      const auto [least, most] = std::minmax_element(sizes[epoch].begin(), sizes[epoch].end());
      EXPECT_LE(*most - *least, 1) << shards << " shards";
    }
  }
}

TEST(EpochShuffle, BatchesOfAllShardsTogetherAreTheBatchOfAnUnshardedStream) {
  const EpochShuffle whole(23, {.seed = 5});
  for (std::int64_t batch = 0; batch < 10; ++batch) {
    Indices together;
    for (std::int64_t shard = 0; shard < 4; ++shard) {
      const EpochShuffle part(23, {.seed = 5, .shard = shard, .shards = 4});
      const Indices indices = examples_at(part, batch * 6, 6);
      EXPECT_EQ(indices, one_by_one(part, batch * 6, 6));
      together.insert(together.end(), indices.begin(), indices.end());
    }
    EXPECT_EQ(sorted(together), sorted(examples_at(whole, batch * 24, 24))) << "batch " << batch;
  }
}

TEST(EpochShuffle, GivesManyThreadsAtOnceTheSameExamples) {
  const EpochShuffle order(11, {.seed = 4});
  const Indices stream = examples_at(order, 0, 400);
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (std::size_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (std::int64_t i = 0; i < 2000; ++i) {
        const std::int64_t position = (i * 37 + static_cast<std::int64_t>(thread)) % 390;
        Indices indices(10);
        order.fill(position, indices);
        if (!std::equal(indices.begin(), indices.end(), stream.begin() + position)) ++wrong[thread];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

TEST(EpochShuffle, IsAValue) {
  const EpochShuffle order(10, {.seed = 7});
  EXPECT_EQ(order(3), 5);
  EpochShuffle copy = order;
  EXPECT_EQ(copy, order);
  EXPECT_EQ(copy(3), 5);
  const EpochShuffle other(12, {.seed = 8, .shard = 1, .shards = 2});
  EXPECT_NE(copy, other);
  copy = other;
  EXPECT_EQ(copy, other);
  EXPECT_EQ(examples_at(copy, 0, 20), examples_at(other, 0, 20));
}

TEST(EpochShuffle, SaysWhatIsWrong) {
  EXPECT_EQ(error_of([] { EpochShuffle(0); }), "EpochShuffle: examples must be at least 1, got 0");
  EXPECT_EQ(error_of([] { EpochShuffle(1, {.shards = 0}); }), "EpochShuffle: shards must be at least 1, got 0");
  EXPECT_EQ(error_of([] { EpochShuffle(1, {.shard = 2, .shards = 2}); }),
            "EpochShuffle: shard must be in [0, 2), got 2");
  EXPECT_EQ(error_of([] { EpochShuffle(1, {.shard = -1, .shards = 2}); }),
            "EpochShuffle: shard must be in [0, 2), got -1");
  const EpochShuffle order(10);
  EXPECT_EQ(error_of([&] { order(-1); }), "EpochShuffle: position must be at least 0, got -1");
  order.fill(-1, {});  // nothing was asked for
}

TEST(EpochShuffle, ReachesPositionsAsFarAsTheyCanBeCounted) {
  constexpr std::int64_t last = std::numeric_limits<std::int64_t>::max();
  const EpochShuffle order(10, {.seed = 7});
  EXPECT_EQ(order.epoch(last), last / 10);
  const Indices indices = examples_at(order, last - 8, 9);  // the epoch that has positions up to 7 only
  EXPECT_EQ(indices.back(), order(last));
  EXPECT_EQ(error_of([&] { examples_at(order, last - 8, 10); }),
            "EpochShuffle: position must be at most 9223372036854775798, got 9223372036854775799");
  const EpochShuffle shard(10, {.seed = 7, .shard = last - 1, .shards = last});
  EXPECT_EQ(shard(0), order(last - 1));
  EXPECT_EQ(error_of([&] { shard(1); }), "EpochShuffle: position must be at most 0, got 1");
}

}  // namespace
}  // namespace eigentune
