#include <eigentune/train/class_counts.hpp>
#include <eigentune/train/evaluation.hpp>
#include <eigentune/train/evaluation_schedule.hpp>
#include <eigentune/train/kept_predictions.hpp>
#include <eigentune/train/weighted_mean.hpp>

#include <Eigen/Core>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <span>
#include <type_traits>
#include <vector>

#include "support/expect.hpp"

namespace eigentune {
namespace {

using support::error_of;
using Numbers = std::vector<std::int64_t>;

static_assert(EvaluationFunction<void (*)(const EvaluationBatch&)>);
static_assert(EvaluationFunction<double (*)(const EvaluationBatch&)>);
static_assert(!EvaluationFunction<void (*)(int)>);
static_assert(!EvaluationFunction<int* (*)(const EvaluationBatch&)>);  // not summable

constexpr float float_nan = std::numeric_limits<float>::quiet_NaN();

/// A per-example loss that no sum of two in another order would leave with the same bits.
double loss_of(std::int64_t example) {
  return 1.0 / static_cast<double>(3 + example * example % 101);
}

/// The examples of each batch that weigh 1, and nothing is known of the others but that they are valid.
std::vector<Numbers> batches_of(std::int64_t count, const EvaluationOptions& options) {
  std::vector<Numbers> batches;
  evaluate(count, options, [&](const EvaluationBatch& batch) {
    EXPECT_EQ(batch.size(), options.batch_size);
    EXPECT_EQ(batch.weights.size(), batch.examples.size());
    Numbers& examples = batches.emplace_back();
    for (std::size_t j = 0; j < batch.examples.size(); ++j) {
      EXPECT_GE(batch.examples[j], 0);
      EXPECT_LT(batch.examples[j], count);
      const bool counts = static_cast<std::int64_t>(j) < batch.count;
      EXPECT_EQ(batch.weights[j], counts ? 1.0F : 0.0F);
      if (counts) {
        EXPECT_EQ(batch.examples[j], batch.first + static_cast<std::int64_t>(j));
        examples.push_back(batch.examples[j]);
      }
    }
  });
  return batches;
}

TEST(Evaluate, GoesOverTheExamplesInFullBatchesOfWhichTheLastIsPadded) {
  EXPECT_EQ(batches_of(10, {.batch_size = 4}), (std::vector<Numbers>{{0, 1, 2, 3}, {4, 5, 6, 7}, {8, 9}}));
  EXPECT_EQ(batches_of(8, {.batch_size = 4}), (std::vector<Numbers>{{0, 1, 2, 3}, {4, 5, 6, 7}}));
  EXPECT_EQ(batches_of(2, {.batch_size = 4}), (std::vector<Numbers>{{0, 1}}));
  EXPECT_EQ(batches_of(2, {.batch_size = 1}), (std::vector<Numbers>{{0}, {1}}));
}

TEST(Evaluate, GivesTheSameBitsWhateverThePaddingAndTheBatchSize) {
  struct Result {
    WeightedMean loss;
    ClassCounts classes{3};
  };
  const auto result_of = [](std::int64_t batch_size, double padded_loss, std::int64_t padded_label) {
    Result result;
    evaluate(101, {.batch_size = batch_size}, [&](const EvaluationBatch& batch) {
      for (std::size_t j = 0; j < batch.examples.size(); ++j) {
        const std::int64_t example = batch.examples[j];
        const bool padding = static_cast<std::int64_t>(j) >= batch.count;
        result.loss.add(padding ? padded_loss : loss_of(example), batch.weights[j]);
        result.classes.add(padding ? padded_label : example % 3, example * example % 3, batch.weights[j]);
      }
    });
    return result;
  };
  WeightedMean loss;
  for (std::int64_t example = 0; example < 101; ++example) loss.add(loss_of(example));
  for (const std::int64_t batch_size : {1, 2, 7, 64, 100, 101, 102, 1000}) {
    const Result result = result_of(batch_size, float_nan, -5);
    EXPECT_EQ(result.loss.weight(), 101.0);
    EXPECT_EQ(result.loss.mean(), loss.mean()) << batch_size;
    EXPECT_EQ(result.loss.variance(), loss.variance()) << batch_size;
    // Squares modulo 3 are 0, 1, 1 for 0, 1, 2, which are 34, 34 and 33 of the examples.
    EXPECT_EQ(result.classes.confusion(), (Eigen::Matrix3d() << 34, 0, 0, 0, 34, 0, 0, 33, 0).finished());
  }
}

TEST(Evaluate, SumsWhatTheFunctionReturns) {
  for (const std::int64_t batch_size : {1, 3, 10, 11}) {
    const std::int64_t sum = evaluate(10, {.batch_size = batch_size}, [](const EvaluationBatch& batch) {
      std::int64_t total = 0;
      for (std::int64_t j = 0; j < batch.count; ++j) total += batch.examples[static_cast<std::size_t>(j)];
      return total;
    });
    EXPECT_EQ(sum, 45);
  }
  // No start value is needed, so that also a type without a default can be summed.
  const ClassCounts counts = evaluate(10, {.batch_size = 4}, [](const EvaluationBatch& batch) {
    ClassCounts classes(2);
    for (std::size_t j = 0; j < batch.examples.size(); ++j) classes.add(batch.examples[j] % 2, 0, batch.weights[j]);
    return classes;
  });
  EXPECT_EQ(counts.total(), 10.0);
  EXPECT_EQ(counts.correct(), 5.0);
}

TEST(Evaluate, ReturnsNothingWhereTheFunctionDoes) {
  static_assert(std::is_void_v<decltype(evaluate(1, {.batch_size = 1}, [](const EvaluationBatch&) {}))>);
}

TEST(Evaluate, TakesASampleOfTheExamples) {
  const Numbers sample = {40, 2, 17, 33, 5};
  Numbers seen, firsts;
  evaluate(sample, {.batch_size = 2}, [&](const EvaluationBatch& batch) {
    firsts.push_back(batch.first);
    for (std::size_t j = 0; j < batch.examples.size(); ++j) {
      if (batch.weights[j] > 0.0F) {
        seen.push_back(batch.examples[j]);
      } else {
        EXPECT_EQ(batch.examples[j], 40);  // a valid one
      }
    }
  });
  EXPECT_EQ(seen, sample);
  EXPECT_EQ(firsts, (Numbers{0, 2, 4}));
}

TEST(Evaluate, ShardsPartitionTheExamplesAndHaveAsManyBatches) {
  for (const std::int64_t count : {1, 2, 9, 10, 11, 12}) {
    for (const std::int64_t shards : {1, 2, 3, 4, 20}) {
      Numbers together;
      std::set<std::size_t> batch_counts;
      std::size_t largest = 0, smallest = 1000;
      for (std::int64_t shard = 0; shard < shards; ++shard) {
        const auto batches = batches_of(count, {.batch_size = 2, .shard = shard, .shards = shards});
        batch_counts.insert(batches.size());
        const std::size_t before = together.size();
        for (const Numbers& batch : batches) together.insert(together.end(), batch.begin(), batch.end());
        largest = std::max(largest, together.size() - before);
        smallest = std::min(smallest, together.size() - before);
      }
      Numbers expected;
      for (std::int64_t example = 0; example < count; ++example) expected.push_back(example);
      EXPECT_EQ(together, expected) << count << " examples, " << shards << " shards";
      EXPECT_EQ(batch_counts.size(), 1u) << count << " examples, " << shards << " shards";
      EXPECT_LE(largest - smallest, 1u);
    }
  }
}

TEST(Evaluate, SaysWhatIsWrong) {
  const auto error = [](std::int64_t count, EvaluationOptions options) {
    return error_of([&] { evaluate(count, options, [](const EvaluationBatch&) {}); });
  };
  EXPECT_EQ(error(0, {.batch_size = 1}), "evaluate: there must be at least 1 example, got 0");
  EXPECT_EQ(error(1, {}), "evaluate: batch_size must be at least 1, got 0");
  EXPECT_EQ(error(1, {.batch_size = 1, .shards = 0}), "evaluate: shards must be at least 1, got 0");
  EXPECT_EQ(error(1, {.batch_size = 1, .shard = 2, .shards = 2}), "evaluate: shard must be in [0, 2), got 2");
}

TEST(EvaluationBatchSizeWarning, IsGivenBelowTheTrainingBatchSizeOnly) {
  EXPECT_EQ(evaluation_batch_size_warning(128, 128), std::nullopt);
  EXPECT_EQ(evaluation_batch_size_warning(256, 128), std::nullopt);
  EXPECT_EQ(
      evaluation_batch_size_warning(127, 128),
      "evaluation runs at a batch size of 127, below training's 128; as it keeps nothing for a backward pass, 128 "
      "or more fit into the same memory and evaluate faster");
  EXPECT_EQ(error_of([] { evaluation_batch_size_warning(0, 1); }),
            "evaluation_batch_size_warning: evaluation_batch_size must be at least 1, got 0");
  EXPECT_EQ(error_of([] { evaluation_batch_size_warning(1, 0); }),
            "evaluation_batch_size_warning: training_batch_size must be at least 1, got 0");
}

TEST(EvaluationSchedule, IsDueAtMultiplesAndAtTheEnd) {
  const EvaluationSchedule due({.every = 4, .max_train_steps = 10});
  Numbers steps;
  for (std::int64_t step = 0; step <= 10; ++step) {
    if (due(step)) steps.push_back(step);
  }
  EXPECT_EQ(steps, (Numbers{0, 4, 8, 10}));
  EXPECT_TRUE(EvaluationSchedule({.every = 100, .max_train_steps = 10})(10));
  EXPECT_TRUE(EvaluationSchedule({.every = 1, .max_train_steps = 0})(0));
}

TEST(EvaluationSchedule, SaysWhatIsWrong) {
  EXPECT_EQ(error_of([] { EvaluationSchedule({.max_train_steps = 1}); }),
            "EvaluationSchedule: every must be at least 1, got 0");
  EXPECT_EQ(error_of([] { EvaluationSchedule({.every = 1, .max_train_steps = -1}); }),
            "EvaluationSchedule: max_train_steps must be at least 0, got -1");
  const EvaluationSchedule due({.every = 4, .max_train_steps = 10});
  EXPECT_EQ(error_of([&] { due(-1); }), "EvaluationSchedule: steps must be in [0, 10], got -1");
  EXPECT_EQ(error_of([&] { due(11); }), "EvaluationSchedule: steps must be in [0, 10], got 11");
}

/// Predictions of a batch: (example, -example), and NaN for padding.
Eigen::MatrixXf predictions_of(const EvaluationBatch& batch) {
  Eigen::MatrixXf predictions = Eigen::MatrixXf::Constant(2, batch.size(), float_nan);
  for (Eigen::Index j = 0; j < batch.count; ++j) {
    const auto example = static_cast<float>(batch.examples[static_cast<std::size_t>(j)]);
    predictions.col(j) << example, -example;
  }
  return predictions;
}

TEST(KeptPredictions, AreThoseOfTheChosenExamplesInTheOrderChosen) {
  for (const std::int64_t batch_size : {1, 3, 10, 16}) {
    KeptPredictions<float> kept({7, 0, 9});
    EXPECT_EQ(kept.missing(), (Numbers{7, 0, 9}));
    evaluate(10, {.batch_size = batch_size},
             [&](const EvaluationBatch& batch) { kept.keep(batch, predictions_of(batch)); });
    EXPECT_EQ(kept.predictions(), (Eigen::MatrixXf(2, 3) << 7, 0, 9, -7, 0, -9).finished()) << batch_size;
    EXPECT_EQ(kept.missing(), Numbers{});
  }
}

TEST(KeptPredictions, TakeExpressionsAndBatchesWithoutPadding) {
  KeptPredictions<float> kept({9});
  evaluate(10, {.batch_size = 4},
           [&](const EvaluationBatch& batch) { kept.keep(batch, 2.0F * predictions_of(batch).leftCols(batch.count)); });
  EXPECT_EQ(kept.predictions(), Eigen::Vector2f(18, -18));
}

TEST(KeptPredictions, MissWhatIsNotInTheShardOrTheDataset) {
  KeptPredictions<float> kept({1, 8, 50});
  evaluate(10, {.batch_size = 4, .shard = 1, .shards = 2},
           [&](const EvaluationBatch& batch) { kept.keep(batch, predictions_of(batch)); });
  EXPECT_EQ(kept.missing(), (Numbers{1, 50}));
  EXPECT_EQ(kept.predictions().col(1), Eigen::Vector2f(8, -8));
  EXPECT_TRUE(kept.predictions().col(0).array().isNaN().all());
}

TEST(KeptPredictions, SayWhatIsWrong) {
  EXPECT_EQ(error_of([] { KeptPredictions<float>({1, -1}); }), "KeptPredictions: examples must be at least 0, got -1");
  EXPECT_EQ(error_of([] { KeptPredictions<float>({4, 1, 4}); }), "KeptPredictions: examples must differ, got 4 twice");
  KeptPredictions<float> kept({1});
  evaluate(3, {.batch_size = 4}, [&](const EvaluationBatch& batch) {
    kept.keep(batch, Eigen::MatrixXf::Zero(2, 4));
    EXPECT_EQ(error_of([&] { kept.keep(batch, Eigen::MatrixXf::Zero(3, 4)); }),
              "KeptPredictions: predictions must have 2 rows, as before, got 3");
    EXPECT_EQ(error_of([&] { kept.keep(batch, Eigen::MatrixXf::Zero(2, 2)); }),
              "KeptPredictions: predictions must have 4 columns, or 3 without padding, got 2");
  });
}

}  // namespace
}  // namespace eigentune
