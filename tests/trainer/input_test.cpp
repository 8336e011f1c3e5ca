#include "train/input.hpp"

#include <Eigen/Core>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "train/dataset.hpp"

namespace {

using example::Batch;
using example::Batches;
using example::Dataset;

/// Example j is the image (j, 2 j) of label j mod 256.
Dataset numbered(int count) {
  Dataset dataset{Eigen::MatrixXf(2, count), {}};
  for (int j = 0; j < count; ++j) {
    dataset.images.col(j) << static_cast<float>(j), static_cast<float>(2 * j);
    dataset.labels.push_back(static_cast<std::uint8_t>(j % 256));
  }
  return dataset;
}

/// The numbers of the examples in the next batches.
std::vector<int> examples(Batches& batches, int count) {
  std::vector<int> numbers;
  for (int i = 0; i < count; ++i) {
    const Batch& batch = batches.next();
    for (Eigen::Index j = 0; j < batch.images.cols(); ++j) {
      const int number = static_cast<int>(batch.images(0, j));
      EXPECT_EQ(batch.images(1, j), static_cast<float>(2 * number));
      EXPECT_EQ(batch.labels[static_cast<std::size_t>(j)], number % 256);
      numbers.push_back(number);
    }
  }
  return numbers;
}

TEST(Batches, TakeEachExampleOncePerEpochAlsoWhereABatchSpansTwoEpochs) {
  const Dataset dataset = numbered(10);
  const auto batches = load_batches(dataset, 4, 1, 1);
  const std::vector<int> numbers = examples(*batches, 5);  // two epochs
  for (const std::ptrdiff_t epoch : {0, 1}) {
    std::vector<int> sorted(numbers.begin() + 10 * epoch, numbers.begin() + 10 * (epoch + 1));
    std::sort(sorted.begin(), sorted.end());
    for (int j = 0; j < 10; ++j) EXPECT_EQ(sorted[static_cast<std::size_t>(j)], j);
  }
}

TEST(Batches, MayBeLargerThanTheDataset) {
  const Dataset dataset = numbered(3);
  const std::vector<int> numbers = examples(*load_batches(dataset, 9, 1, 0), 1);
  for (int j = 0; j < 3; ++j) EXPECT_EQ(std::count(numbers.begin(), numbers.end(), j), 3);
}

TEST(Batches, ComeInAnOrderThatDependsOnSeedAndEpochAlone) {
  const Dataset dataset = numbered(100);
  const auto first = load_batches(dataset, 100, 1, 1);
  const std::vector<int> numbers = examples(*first, 1);
  EXPECT_NE(numbers, examples(*load_batches(dataset, 100, 2, 1), 1));
  EXPECT_NE(numbers, examples(*first, 1));
  // The same whatever the batch size and the number of producers.
  for (const int producers : {0, 1, 3}) {
    EXPECT_EQ(numbers, examples(*load_batches(dataset, 100, 1, producers), 1));
    EXPECT_EQ(numbers, examples(*load_batches(dataset, 10, 1, producers), 10));
  }
}

TEST(Batches, GoOnWhereTheyAreSoughtTo) {
  const Dataset dataset = numbered(10);
  const auto whole = load_batches(dataset, 4, 1, 2), resumed = load_batches(dataset, 4, 1, 0);
  examples(*whole, 7);
  resumed->seek(7);
  EXPECT_EQ(examples(*whole, 5), examples(*resumed, 5));
}

TEST(Batches, SayWhatIsWrong) {
  const auto message = [](int count, std::int64_t batch_size, int producers) -> std::string {
    const Dataset dataset = numbered(count);
    try {
      load_batches(dataset, batch_size, 1, producers);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message(0, 1, 1), "EpochShuffle: examples must be at least 1, got 0");
  EXPECT_EQ(message(1, 0, 1), "load_batches: batch_size must be at least 1, got 0");
  EXPECT_EQ(message(1, 1, -1), "PrefetchLoader: producers must be at least 0, got -1");
}

}  // namespace
