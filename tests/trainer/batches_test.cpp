#include "train/batches.hpp"

#include <eigentune/core/random.hpp>

#include <Eigen/Core>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "train/dataset.hpp"
#include "train/evaluation.hpp"
#include "train/network.hpp"

namespace {

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
    batches.next();
    for (Eigen::Index j = 0; j < batches.images().cols(); ++j) {
      const int number = static_cast<int>(batches.images()(0, j));
      EXPECT_EQ(batches.images()(1, j), static_cast<float>(2 * number));
      EXPECT_EQ(batches.labels()[static_cast<std::size_t>(j)], number % 256);
      numbers.push_back(number);
    }
  }
  return numbers;
}

TEST(Batches, TakeEachExampleOncePerEpochAlsoWhereABatchSpansTwoEpochs) {
  const Dataset dataset = numbered(10);
  Batches batches(dataset, 4, 1);
  const std::vector<int> numbers = examples(batches, 5);  // two epochs
  for (const std::ptrdiff_t epoch : {0, 1}) {
    std::vector<int> sorted(numbers.begin() + 10 * epoch, numbers.begin() + 10 * (epoch + 1));
    std::sort(sorted.begin(), sorted.end());
    for (int j = 0; j < 10; ++j) EXPECT_EQ(sorted[static_cast<std::size_t>(j)], j);
  }
}

TEST(Batches, MayBeLargerThanTheDataset) {
  const Dataset dataset = numbered(3);
  Batches batches(dataset, 9, 1);
  const std::vector<int> numbers = examples(batches, 1);
  for (int j = 0; j < 3; ++j) EXPECT_EQ(std::count(numbers.begin(), numbers.end(), j), 3);
}

TEST(Batches, ComeInAnOrderThatDependsOnSeedAndEpoch) {
  const Dataset dataset = numbered(100);
  Batches first(dataset, 100, 1), again(dataset, 100, 1), other(dataset, 100, 2);
  const std::vector<int> numbers = examples(first, 1);
  EXPECT_EQ(numbers, examples(again, 1));
  EXPECT_NE(numbers, examples(other, 1));
  EXPECT_NE(numbers, examples(first, 1));
  // The same whatever the batch size.
  Batches small(dataset, 10, 1);
  EXPECT_EQ(numbers, examples(small, 10));
}

TEST(Batches, SayWhatIsWrong) {
  const auto message = [](int count, Eigen::Index batch_size) -> std::string {
    const Dataset dataset = numbered(count);
    try {
      Batches batches(dataset, batch_size, 1);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message(0, 1), "Batches: the dataset must have at least 1 example, got 0");
  EXPECT_EQ(message(1, 0), "Batches: batch_size must be at least 1, got 0");
}

TEST(Evaluate, CountsEveryExampleTheSameAlsoInAPartialLastBatch) {
  eigentune::Random random(1);
  Dataset dataset{Eigen::MatrixXf(6, 25), {}};
  random.fill_normal(std::span(dataset.images.data(), 150));
  for (int j = 0; j < 25; ++j) dataset.labels.push_back(static_cast<std::uint8_t>(random.below(3)));
  const auto score = [&](Eigen::Index max_batch) {
    example::Network<float> network({.inputs = 6, .classes = 3, .depth = 1, .width = 8, .max_batch = max_batch});
    network.for_each_parameter([](const std::string& name, auto& parameter, auto&) {
      eigentune::Random(name.size())
          .fill_normal(std::span(parameter.data(), static_cast<std::size_t>(parameter.size())));
    });
    example::SerialFor serial;
    return evaluate(network, serial, dataset);
  };
  const example::Score whole = score(25), parts = score(10);
  EXPECT_EQ(whole.weight, 25.0);
  EXPECT_EQ(parts.weight, 25.0);
  EXPECT_EQ(parts.correct, whole.correct);
  EXPECT_NEAR(parts.mean_loss(), whole.mean_loss(), 1e-6 * whole.mean_loss());
}

}  // namespace
