#include "train/batch_norm.hpp"

#include <eigentune/core/random.hpp>

#include <Eigen/Core>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "train/virtual_batches.hpp"
#include "trainer/batch_norm_golden.hpp"
#include "trainer/finite_differences.hpp"

namespace {

using example::BatchNorm;
using example::Tile;
using example::VirtualBatches;
using Matrix = example::Matrix<double>;
using Vector = example::Vector<double>;

/// A whole batch as one tile of virtual batches, in training.
class WholeBatch {
 public:
  explicit WholeBatch(const std::vector<double>& weights)
      : virtual_batches_(static_cast<Eigen::Index>(weights.size())) {
    virtual_batches_.cut(std::span<const double>(weights));
    tile_ = {{0, static_cast<Eigen::Index>(weights.size())}, virtual_batches_.all()};
  }
  const Tile& tile() const { return tile_; }

 private:
  VirtualBatches virtual_batches_;
  Tile tile_;
};

std::vector<double> ones(Eigen::Index columns) {
  return std::vector<double>(static_cast<std::size_t>(columns), 1.0);
}

Matrix random_matrix(Eigen::Index rows, Eigen::Index columns, std::uint64_t seed) {
  Matrix values(rows, columns);
  eigentune::Random(seed).fill_normal(std::span(values.data(), static_cast<std::size_t>(values.size())));
  return values;
}

/// One training pass; the output.
Matrix train(BatchNorm<double>& norm, const Matrix& input, const std::vector<double>& weights) {
  const WholeBatch batch(weights);
  Matrix output(input.rows(), input.cols()), unused = output;
  norm.forward(input, output, batch.tile());
  norm.backward(Matrix::Zero(input.rows(), input.cols()), unused, batch.tile());
  norm.finish_batch(unused, batch.tile());
  return output;
}

Matrix evaluate(BatchNorm<double>& norm, const Matrix& input) {
  Matrix output(input.rows(), input.cols());
  norm.forward(input, output, {.columns = {0, input.cols()}});
  return output;
}

template <std::size_t size>
Matrix golden(const double (&values)[size]) {
  return Eigen::Map<const Matrix>(values, batch_norm_golden::features,
                                  static_cast<Eigen::Index>(size) / batch_norm_golden::features);
}

const std::vector<double> golden_weights(std::begin(batch_norm_golden::weights), std::end(batch_norm_golden::weights));

// Values of order 1 from sums of some 50 terms: a few hundred roundings of 1e-16 at most.
constexpr double golden_tolerance = 1e-13;

TEST(BatchNorm, AgreesWithTheOracleForwardAndBackward) {
  BatchNorm<double> norm(batch_norm_golden::features, batch_norm_golden::columns);
  norm.gain = golden(batch_norm_golden::gain);
  norm.bias = golden(batch_norm_golden::bias);
  const WholeBatch batch(golden_weights);
  const Matrix output_gradient = golden(batch_norm_golden::output_gradient);
  Matrix output = golden(batch_norm_golden::input), input_gradient = output_gradient;
  norm.forward(output, output, batch.tile());  // in place
  EXPECT_LE((output - golden(batch_norm_golden::output)).cwiseAbs().maxCoeff(), golden_tolerance);

  norm.backward(output_gradient, input_gradient, batch.tile());
  const Matrix expected = golden(batch_norm_golden::input_gradient);
  EXPECT_LE((input_gradient - expected).cwiseAbs().maxCoeff(), golden_tolerance);
  norm.finish_batch(output_gradient, batch.tile());
  EXPECT_LE((norm.gain_gradient - golden(batch_norm_golden::gain_gradient)).cwiseAbs().maxCoeff(), golden_tolerance);
  EXPECT_LE((norm.bias_gradient - golden(batch_norm_golden::bias_gradient)).cwiseAbs().maxCoeff(), golden_tolerance);

  const Matrix skipped = random_matrix(expected.rows(), expected.cols(), 3);
  norm.backward_residual(skipped, output_gradient, input_gradient, batch.tile());
  EXPECT_LE((input_gradient - skipped - expected).cwiseAbs().maxCoeff(), golden_tolerance);
}

TEST(BatchNorm, MovesItsAveragesAsTheOracleSaysAndNotForASingleExample) {
  BatchNorm<double> norm(batch_norm_golden::features, batch_norm_golden::columns);
  const double* expected = batch_norm_golden::moving;
  for (const int columns : batch_norm_golden::passes) {
    train(norm, golden(batch_norm_golden::input).leftCols(columns),
          {golden_weights.begin(), golden_weights.begin() + columns});
    for (const Vector* moving : {&norm.moving_mean, &norm.moving_variance}) {
      for (const double value : *moving) EXPECT_NEAR(value, *expected++, 1e-15) << columns;
    }
  }
}

TEST(BatchNorm, MovesItsAveragesAsByHand) {
  BatchNorm<double> norm(1, 4);
  Matrix input(1, 4);
  input << 1.0, 3.0, 5.0, 7.0;  // mean 4, biased variance (9 + 1 + 1 + 9) / 4 = 5
  train(norm, input, ones(4));
  EXPECT_NEAR(norm.moving_mean[0], 0.4, 1e-15);       // 0.9 * 0 + 0.1 * 4
  EXPECT_NEAR(norm.moving_variance[0], 1.4, 1e-15);   // 0.9 * 1 + 0.1 * 5
  train(norm, input.leftCols(2), ones(2));            // mean 2, variance 1
  EXPECT_NEAR(norm.moving_mean[0], 0.56, 1e-15);      // 0.9 * 0.4 + 0.1 * 2
  EXPECT_NEAR(norm.moving_variance[0], 1.36, 1e-15);  // 0.9 * 1.4 + 0.1 * 1
}

TEST(BatchNorm, MovesItsAveragesOnceInAPassByTheMeanOfItsVirtualBatches) {
  BatchNorm<double> norm(1, 128);
  Matrix input(1, 128);
  for (Eigen::Index j = 0; j < 128; ++j) {  // 64 of -1 and 1, then 64 of 7 and 13
    const double sign = j % 2 == 0 ? -1.0 : 1.0;
    input(0, j) = j < 64 ? sign : 10.0 + 3.0 * sign;
  }
  train(norm, input, ones(128));
  EXPECT_NEAR(norm.moving_mean[0], 0.1 * (0.0 + 10.0) / 2.0, 1e-15);
  EXPECT_NEAR(norm.moving_variance[0], 0.9 + 0.1 * (1.0 + 9.0) / 2.0, 1e-14);  // within, not between
}

TEST(BatchNorm, KeepsItsAveragesWhereStatisticsAreNotFinite) {
  BatchNorm<double> norm(2, 3);
  Matrix input = random_matrix(2, 3, 1);
  train(norm, input, ones(3));
  const Vector mean = norm.moving_mean, variance = norm.moving_variance;
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity(), 1e200}) {  // 1e200: of variance alone
    input(1, 2) = bad;
    train(norm, input, ones(3));
    EXPECT_EQ(norm.moving_mean, mean) << bad;
    EXPECT_EQ(norm.moving_variance, variance) << bad;
  }
}

TEST(BatchNorm, EvaluatesByItsMovingAveragesWhateverTheBatch) {
  BatchNorm<double> norm(300, 130);  // more features than one piece of them
  norm.gain = random_matrix(300, 1, 1);
  norm.bias = random_matrix(300, 1, 2);
  for (std::uint64_t pass = 0; pass < 3; ++pass) train(norm, random_matrix(300, 130, pass), ones(130));
  const Matrix input = random_matrix(300, 130, 9);
  const Matrix output = evaluate(norm, input);
  for (const Eigen::Index j : {0, 64, 129}) {
    EXPECT_EQ(evaluate(norm, input.col(j)), output.col(j));  // to the bit
    for (const Eigen::Index i : {0, 255, 256, 299}) {
      const double expected =
          norm.gain[i] * (input(i, j) - norm.moving_mean[i]) / std::sqrt(norm.moving_variance[i] + 1e-5) + norm.bias[i];
      EXPECT_NEAR(output(i, j), expected, 1e-14);
    }
  }
}

TEST(BatchNorm, EvaluatesBeforeTrainingAsIfMeanWereZeroAndVarianceOne) {
  BatchNorm<double> norm(1, 1);
  EXPECT_NEAR(evaluate(norm, Matrix::Constant(1, 1, 3.0))(0, 0), 3.0 / std::sqrt(1.0 + 1e-5), 1e-15);
}

TEST(BatchNorm, GivesASingleExampleItsBiasAndNoGradient) {
  BatchNorm<double> norm(3, 1);
  norm.bias << 1.0, -2.0, 0.5;
  const WholeBatch batch(ones(1));
  Matrix output(3, 1), gradient(3, 1);
  norm.forward(random_matrix(3, 1, 1), output, batch.tile());
  EXPECT_EQ(output, norm.bias);
  norm.backward(random_matrix(3, 1, 2), gradient, batch.tile());
  EXPECT_EQ(gradient, Matrix::Zero(3, 1));
}

/// Of sum(coefficients * output), for so many columns, with and without padding among them.
class BatchNormGradient : public testing::TestWithParam<int> {};

TEST_P(BatchNormGradient, EqualsCentralFiniteDifferences) {
  const Eigen::Index columns = GetParam();
  for (const bool padded : {false, true}) {
    std::vector<double> weights = ones(columns);
    for (std::size_t j = 1; padded && j < weights.size(); j += 3) weights[j] = 0.0;
    const WholeBatch batch(weights);
    BatchNorm<double> norm(2, columns);
    norm.gain << 1.5, -0.5;
    norm.bias << 0.25, 1.0;
    Matrix input = random_matrix(2, columns, 4), output = input, gradient = input;
    const Matrix coefficients = random_matrix(2, columns, 5);
    const auto loss = [&] {
      norm.forward(input, output, batch.tile());
      return coefficients.cwiseProduct(output).sum();
    };
    loss();
    norm.backward(coefficients, gradient, batch.tile());
    norm.finish_batch(coefficients, batch.tile());
    const auto expect_gradient_of = [&](auto& argument, const auto& expected) {
      for (Eigen::Index i = 0; i < argument.size(); ++i) {
        // Losses of order 10: rounding leaves 1e-15 * 10 / 1e-5, truncation 1e-10 times a third derivative, which is
        // large where two examples are close together, and so is the first.
        const double difference = central_difference(argument.data()[i], loss);
        EXPECT_NEAR(expected.data()[i], difference, 2e-8 * (1.0 + std::abs(difference)))
            << columns << (padded ? " padded" : "");
      }
    };
    expect_gradient_of(input, gradient);
    expect_gradient_of(norm.gain, norm.gain_gradient);
    expect_gradient_of(norm.bias, norm.bias_gradient);
  }
}

INSTANTIATE_TEST_SUITE_P(AroundTheVirtualBatch, BatchNormGradient, testing::Values(1, 2, 3, 63, 64, 65, 100, 128, 130));

TEST(BatchNorm, DoesNotLetPaddingIntoItsStatistics) {
  const Matrix input = random_matrix(4, 100, 6);
  BatchNorm<double> plain(4, 100), padded(4, 230);
  const Matrix expected = train(plain, input, ones(100));
  // The same examples, each followed by a padded column of rubbish, and thirty more of them at the end.
  Matrix spread = Matrix::Constant(4, 230, 1e6);
  std::vector<double> weights(230, 0.0);
  for (Eigen::Index j = 0; j < 100; ++j) {
    spread.col(2 * j) = input.col(j);
    weights[static_cast<std::size_t>(2 * j)] = 1.0;
  }
  const Matrix output = train(padded, spread, weights);
  for (Eigen::Index j = 0; j < 100; ++j) EXPECT_EQ(output.col(2 * j), expected.col(j)) << j;  // to the bit
  EXPECT_EQ(padded.moving_mean, plain.moving_mean);
  EXPECT_EQ(padded.moving_variance, plain.moving_variance);
}

std::vector<std::size_t> sizes_of(const std::vector<double>& weights) {
  std::vector<std::size_t> sizes;
  const WholeBatch whole(weights);
  for (const auto& batch : whole.tile().virtual_batches) sizes.push_back(batch.examples.size());
  return sizes;
}

TEST(VirtualBatches, AreOfAboutSixtyFourExamples) {
  using Sizes = std::vector<std::size_t>;
  EXPECT_EQ(sizes_of(ones(1)), (Sizes{1}));
  EXPECT_EQ(sizes_of(ones(2)), (Sizes{2}));
  EXPECT_EQ(sizes_of(ones(64)), (Sizes{64}));
  EXPECT_EQ(sizes_of(ones(65)), (Sizes{65}));
  EXPECT_EQ(sizes_of(ones(95)), (Sizes{95}));
  EXPECT_EQ(sizes_of(ones(96)), (Sizes{48, 48}));
  EXPECT_EQ(sizes_of(ones(100)), (Sizes{50, 50}));
  EXPECT_EQ(sizes_of(ones(128)), (Sizes{64, 64}));
  EXPECT_EQ(sizes_of(ones(130)), (Sizes{65, 65}));
  EXPECT_EQ(sizes_of(ones(200)), (Sizes{66, 67, 67}));
  EXPECT_EQ(sizes_of(ones(65536)), Sizes(1024, 64));
}

TEST(VirtualBatches, CoverTheBatchWithSizesThatDifferByAtMostOne) {
  for (Eigen::Index n = 1; n <= 700; ++n) {
    const WholeBatch whole(ones(n));
    Eigen::Index next = 0, number = 0;
    std::size_t least = 1000, most = 0;
    for (const auto& batch : whole.tile().virtual_batches) {
      EXPECT_EQ(batch.number, number++);
      EXPECT_EQ(batch.columns.first, next);
      EXPECT_EQ(batch.columns.count, static_cast<Eigen::Index>(batch.examples.size()));
      next += batch.columns.count;
      least = std::min(least, batch.examples.size());
      most = std::max(most, batch.examples.size());
    }
    EXPECT_EQ(next, n);
    EXPECT_LE(most - least, 1U) << n;
    EXPECT_LE(most, 95U) << n;
    EXPECT_GE(least, n >= 48 ? 48U : static_cast<std::size_t>(n)) << n;
  }
}

TEST(VirtualBatches, GivePaddedColumnsToTheExampleBeforeThem) {
  std::vector<double> weights(300, 0.0);
  for (std::size_t j = 10; j < 210; j += 2) weights[j] = j % 4 == 0 ? 0.5 : 3.0;  // 100 examples
  const WholeBatch whole(weights);
  const auto batches = whole.tile().virtual_batches;
  ASSERT_EQ(batches.size(), 2U);
  EXPECT_EQ(batches[0].examples.size(), 50U);
  EXPECT_EQ(batches[0].examples.front(), 10);
  EXPECT_EQ(batches[0].columns.first, 0);
  EXPECT_EQ(batches[0].columns.count, 110);  // the next example is in column 110
  EXPECT_EQ(batches[1].examples.front(), 110);
  EXPECT_EQ(batches[1].columns.first, 110);
  EXPECT_EQ(batches[1].columns.count, 190);
  std::string counts;
  batches[1].for_each_column([&](Eigen::Index, bool counts_here) { counts += counts_here ? '1' : '0'; });
  std::string expected;
  for (std::size_t j = 110; j < 300; ++j) expected += weights[j] > 0.0 ? '1' : '0';
  EXPECT_EQ(counts, expected);
}

TEST(Tiles, AreWholeVirtualBatches) {
  for (const Eigen::Index n : {1, 64, 100, 128, 130, 256, 300, 500, 1000, 5000}) {
    const WholeBatch whole(ones(n));
    const example::Tiles tiles(n, whole.tile().virtual_batches);
    Eigen::Index next = 0;
    std::size_t batches = 0;
    for (Eigen::Index i = 0; i < tiles.count(); ++i) {
      const Tile tile = tiles[i];
      EXPECT_EQ(tile.columns.first, next);
      EXPECT_EQ(tile.virtual_batches.front().columns.first, next);
      next += tile.columns.count;
      batches += tile.virtual_batches.size();
      const auto& last = tile.virtual_batches.back().columns;
      EXPECT_EQ(last.first + last.count, next);
      EXPECT_LE(tile.columns.count, std::max<Eigen::Index>(95, example::columns_per_task(n) * 3 / 2));
    }
    EXPECT_EQ(next, n);
    EXPECT_EQ(batches, whole.tile().virtual_batches.size());
  }
}

}  // namespace
