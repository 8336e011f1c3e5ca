#include "train/network.hpp"

#include <Eigen/Core>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "laws/allocations.hpp"
#include "trainer/finite_differences.hpp"

namespace {

using example::Network;
using example::NetworkOptions;
using example::Norm;
using example::Score;
using example::SerialFor;

/// A batch of random examples. The weight of example j is j mod 3, so a third weigh nothing.
template <class Scalar>
struct WeightedBatch {
  WeightedBatch(Eigen::Index inputs, int classes, Eigen::Index size) : images(inputs, size) {
    eigentune::Random random(7);
    random.fill_normal(std::span(images.data(), static_cast<std::size_t>(images.size())));
    for (Eigen::Index j = 0; j < size; ++j) {
      labels.push_back(static_cast<std::uint8_t>(random.below(static_cast<std::uint64_t>(classes))));
      weights.push_back(static_cast<Scalar>((j + 1) % 3));
    }
  }

  template <class ParallelFor = SerialFor>
  Score gradients(Network<Scalar>& network, ParallelFor&& parallel_for = {}) const {
    return network.gradients(parallel_for, images, labels, weights);
  }
  Score score(Network<Scalar>& network) const { return network.score(SerialFor{}, images, labels, weights); }

  example::Matrix<Scalar> images;
  std::vector<std::uint8_t> labels;
  std::vector<Scalar> weights;
};

/// The relative distance of each tensor's gradient from finite differences of the loss.
std::map<std::string, double> relative_gradient_errors(const NetworkOptions& options, Eigen::Index batch_size) {
  Network<double> network(options);
  network.initialize(3);
  perturb(network);
  const WeightedBatch<double> batch(options.inputs, static_cast<int>(options.classes), batch_size);
  batch.gradients(network);
  std::map<std::string, double> relative;
  for (const auto& [name, error] : gradient_errors(network, [&] { return batch.score(network).mean_loss(); })) {
    relative[name] = error.difference / error.magnitude;
  }
  return relative;
}

class NetworkGradients : public testing::TestWithParam<std::tuple<Norm, int, bool>> {};

TEST_P(NetworkGradients, EqualCentralFiniteDifferences) {
  const auto [norm, depth, zero_init_residual] = GetParam();
  const NetworkOptions options{.inputs = 5,
                               .classes = 4,
                               .depth = depth,
                               .width = 6,
                               .norm = norm,
                               .zero_init_residual = zero_init_residual,
                               .max_batch = 80};
  // 70 examples are two tiles.
  for (const auto& [name, error] : relative_gradient_errors(options, 70)) EXPECT_LE(error, 1e-7) << name;
}

INSTANTIATE_TEST_SUITE_P(AllShapes, NetworkGradients,
                         testing::Combine(testing::Values(Norm::pre, Norm::post, Norm::none), testing::Values(0, 1, 2),
                                          testing::Bool()));

TEST(Network, GradientsOfALayerThatIsMadeInSeveralPiecesEqualFiniteDifferences) {
  const NetworkOptions options{.inputs = 600, .classes = 3, .depth = 0, .width = 4, .max_batch = 5};
  for (const auto& [name, error] : relative_gradient_errors(options, 5)) EXPECT_LE(error, 1e-7) << name;
}

TEST(Network, GradientsOfWidthOneEqualFiniteDifferences) {
  const NetworkOptions options{.inputs = 3, .classes = 2, .depth = 1, .width = 1, .norm = Norm::none, .max_batch = 40};
  for (const auto& [name, error] : relative_gradient_errors(options, 40)) EXPECT_LE(error, 1e-7) << name;
}

TEST(Network, DepthZeroWithoutNormIsSoftmaxRegressionOfTheProductOfBothLayers) {
  Network<double> network({.inputs = 2, .classes = 2, .depth = 0, .width = 1, .norm = Norm::none, .max_batch = 1});
  network.for_each_parameter([](const std::string& name, auto& parameter, auto&) {
    if (name == "input.weights") parameter << 2.0, -1.0;
    if (name == "input.bias") parameter << 0.5;
    if (name == "head.weights") parameter << 1.0, -1.0;
    if (name == "head.bias") parameter << 0.0, 0.25;
  });
  example::Matrix<double> image(2, 1);
  image << 1.0, 3.0;
  const std::vector<std::uint8_t> labels{0};
  const std::vector<double> weights{1.0};
  // features: 2 - 3 + 0.5 = -0.5; logits: -0.5 and 0.75; loss of class 0: log(1 + exp(0.75 + 0.5)).
  const Score score = network.gradients(SerialFor{}, image, labels, weights);
  EXPECT_NEAR(score.mean_loss(), std::log1p(std::exp(1.25)), 1e-15);
  EXPECT_EQ(score.accuracy(), 0.0);
  const double probability = 1.0 / (1.0 + std::exp(-1.25));  // of class 1
  const auto gradients = gradients_of(network);
  EXPECT_NEAR(gradients.at("head.bias")[0], -probability, 1e-15);
  EXPECT_NEAR(gradients.at("head.bias")[1], probability, 1e-15);
  EXPECT_NEAR(gradients.at("input.bias")[0], -2.0 * probability, 1e-15);
  EXPECT_NEAR(gradients.at("input.weights")[1], 3.0 * -2.0 * probability, 1e-14);
}

TEST(Network, NamesItsParametersInOrder) {
  const auto names = [](Norm norm) {
    Network<float> network({.depth = 1, .width = 3, .norm = norm});
    std::string text;
    network.for_each_parameter([&](const std::string& name, auto&, auto&) { text += name + ' '; });
    return text;
  };
  EXPECT_EQ(names(Norm::pre),
            "input.weights input.bias block0.norm.gain block0.norm.bias block0.linear1.weights block0.linear1.bias "
            "block0.linear2.weights block0.linear2.bias norm.gain norm.bias head.weights head.bias ");
  EXPECT_EQ(names(Norm::post),
            "input.weights input.bias block0.norm.gain block0.norm.bias block0.linear1.weights block0.linear1.bias "
            "block0.linear2.weights block0.linear2.bias head.weights head.bias ");
  EXPECT_EQ(names(Norm::none),
            "input.weights input.bias block0.linear1.weights block0.linear1.bias block0.linear2.weights "
            "block0.linear2.bias head.weights head.bias ");
}

TEST(Network, ZeroInitialisedResidualBranchesLeaveTheInputLayerAndTheHead) {
  NetworkOptions options{.inputs = 5, .classes = 4, .depth = 2, .width = 6, .zero_init_residual = true, .max_batch = 9};
  Network<double> deep(options);
  deep.initialize(1);
  deep.for_each_parameter([](const std::string& name, auto& parameter, auto&) {
    if (name == "head.weights") parameter.setRandom();
  });
  options.depth = 0;
  Network<double> shallow(options);
  std::map<std::string, std::vector<double>> values;
  deep.for_each_parameter([&](const std::string& name, auto& parameter, auto&) {
    values[name].assign(parameter.data(), parameter.data() + parameter.size());
  });
  shallow.for_each_parameter([&](const std::string& name, auto& parameter, auto&) {
    std::copy(values.at(name).begin(), values.at(name).end(), parameter.data());
  });
  const WeightedBatch<double> batch(5, 4, 9);
  EXPECT_EQ(batch.score(deep).loss, batch.score(shallow).loss);
}

TEST(Network, InitialisesBySeedAndWithTheDocumentedVariances) {
  Network<float> network({.inputs = 200, .depth = 1, .width = 100});
  const auto parameters = [&](std::uint64_t seed) {
    network.initialize(seed);
    std::map<std::string, std::vector<float>> result;
    network.for_each_parameter([&](const std::string& name, auto& parameter, auto&) {
      result[name].assign(parameter.data(), parameter.data() + parameter.size());
    });
    return result;
  };
  const auto first = parameters(1);
  EXPECT_EQ(first, parameters(1));
  EXPECT_NE(first, parameters(2));
  const auto mean_square = [&](const std::string& name) {
    double sum = 0.0;
    for (const float value : first.at(name)) sum += static_cast<double>(value) * static_cast<double>(value);
    return sum / static_cast<double>(first.at(name).size());
  };
  // The mean square of n normal numbers scatters by sqrt(2 / n): at most 0.0142 of it for 10,000, 0.045 for the head's
  // 1,000.
  EXPECT_NEAR(mean_square("input.weights") / (2.0 / 300.0), 1.0, 0.05);
  EXPECT_NEAR(mean_square("block0.linear1.weights") / (2.0 / 100.0), 1.0, 0.07);
  EXPECT_NEAR(mean_square("block0.linear2.weights") / (2.0 / 200.0), 1.0, 0.07);
  EXPECT_EQ(mean_square("head.weights"), 0.0);
  EXPECT_EQ(mean_square("head.bias"), 0.0);
  EXPECT_EQ(first.at("norm.gain"), std::vector<float>(100, 1.0F));
}

TEST(Network, StartsWithEveryClassEquallyLikely) {
  Network<double> network({.inputs = 6, .classes = 7, .width = 8});
  network.initialize(4);
  EXPECT_NEAR(WeightedBatch<double>(6, 7, 50).score(network).mean_loss(), std::log(7.0), 1e-14);
}

TEST(Network, HasTheSameBitsInAnyOrderOfTasksAndOnAnyNumberOfThreads) {
  Network<float> network({.inputs = 300, .depth = 2, .width = 33, .max_batch = 300});
  network.initialize(5);
  perturb(network);
  const WeightedBatch<float> batch(300, 10, 300);
  const double loss = batch.gradients(network).loss;
  const auto expected = gradients_of(network);

  const auto reversed = [](std::int64_t count, auto&& task) {
    for (std::int64_t index = count; index-- > 0;) task(index);
  };
  EXPECT_EQ(batch.gradients(network, reversed).loss, loss);
  EXPECT_EQ(gradients_of(network), expected);
  for (const int threads : {1, 2, 3, 8}) {
    example::ThreadedFor parallel(threads);
    EXPECT_EQ(batch.gradients(network, parallel).loss, loss) << threads << " threads";
    EXPECT_EQ(gradients_of(network), expected) << threads << " threads";
  }
}

TEST(Network, OverwritesItsGradients) {
  Network<float> network({.inputs = 20, .depth = 1, .width = 5});
  network.initialize(5);
  const WeightedBatch<float> batch(20, 10, 12);
  batch.gradients(network);
  const auto expected = gradients_of(network);
  network.for_each_parameter([](const std::string&, auto&, auto& gradient) { gradient.setConstant(1e6F); });
  batch.gradients(network);
  EXPECT_EQ(gradients_of(network), expected);
}

TEST(Network, DoesNotSeeExamplesOfWeightZero) {
  Network<double> network({.inputs = 4, .classes = 3, .depth = 1, .width = 5, .max_batch = 8});
  network.initialize(2);
  const WeightedBatch<double> batch(4, 3, 8);
  const std::vector<double> weights{1, 1, 1, 1, 1, 0, 0, 0};
  const Score part = network.gradients(SerialFor{}, batch.images.leftCols(5), std::span(batch.labels).first(5),
                                       std::span(weights).first(5));
  const auto expected = gradients_of(network);
  example::Matrix<double> padded = batch.images;
  padded.rightCols(3).setConstant(1e3);
  const Score whole = network.gradients(SerialFor{}, padded, batch.labels, weights);
  EXPECT_EQ(whole.weight, 5.0);
  EXPECT_EQ(whole.loss, part.loss);
  EXPECT_EQ(whole.correct, part.correct);
  for (const auto& [name, gradient] : gradients_of(network)) {
    for (std::size_t i = 0; i < gradient.size(); ++i) EXPECT_NEAR(gradient[i], expected.at(name)[i], 1e-15) << name;
  }
}

TEST(Network, AllocatesNothingAfterItsConstruction) {
  Network<float> network({.inputs = 784, .depth = 2, .width = 256, .max_batch = 256});
  network.initialize(5);
  const WeightedBatch<float> batch(784, 10, 256);
  const std::int64_t before = laws::allocations();
  Eigen::internal::set_is_malloc_allowed(false);  // an Eigen object or product that allocates now fails an assertion
  batch.gradients(network);
  batch.score(network);
  Eigen::internal::set_is_malloc_allowed(true);
  EXPECT_EQ(laws::allocations() - before, 0);
}

TEST(Network, SaysWhichOptionIsOutOfRange) {
  const auto message = [](const NetworkOptions& options) -> std::string {
    try {
      Network<float> network(options);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message({.inputs = 0}), "Network: inputs must be at least 1, got 0");
  EXPECT_EQ(message({.classes = 1}), "Network: classes must be in [2, 256], got 1");
  EXPECT_EQ(message({.classes = 257}), "Network: classes must be in [2, 256], got 257");
  EXPECT_EQ(message({.depth = -1}), "Network: depth must be at least 0, got -1");
  EXPECT_EQ(message({.width = 0}), "Network: width must be at least 1, got 0");
  EXPECT_EQ(message({.max_batch = 0}), "Network: max_batch must be at least 1, got 0");
}

TEST(Network, SaysWhatIsWrongWithABatch) {
  Network<float> network({.inputs = 2, .classes = 3, .depth = 0, .width = 1, .max_batch = 2});
  const auto message = [&](Eigen::Index rows, Eigen::Index columns, std::vector<std::uint8_t> labels,
                           std::vector<float> weights) -> std::string {
    try {
      network.score(SerialFor{}, Eigen::MatrixXf(rows, columns), labels, weights);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message(3, 2, {0, 1}, {1, 1}), "Network: images must have 2 rows, got 3");
  EXPECT_EQ(message(2, 3, {0, 1, 2}, {1, 1, 1}), "Network: images must have 1 to 2 columns, got 3");
  EXPECT_EQ(message(2, 0, {}, {}), "Network: images must have 1 to 2 columns, got 0");
  EXPECT_EQ(message(2, 2, {0}, {1, 1}), "Network: 2 images need as many labels, got 1");
  EXPECT_EQ(message(2, 2, {0, 1}, {1}), "Network: 2 images need as many weights, got 1");
  EXPECT_EQ(message(2, 2, {0, 3}, {1, 1}), "Network: a label must be in [0, 2], got 3");
  EXPECT_EQ(message(2, 2, {0, 1}, {1, -1}), "Network: a weight must be finite and at least 0, got -1");
  EXPECT_EQ(message(2, 2, {0, 1}, {1, NAN}), "Network: a weight must be finite and at least 0, got nan");
  EXPECT_EQ(message(2, 2, {0, 1}, {0, 0}), "Network: the weights must have a finite sum above 0, got 0");
}

TEST(LayerNorm, GivesEachColumnMeanZeroAndVarianceOneThenGainAndBias) {
  example::LayerNorm<double> norm(3, 2);
  norm.gain << 1.0, 2.0, -1.0;
  norm.bias << 0.0, 10.0, 1.0;
  example::Matrix<double> input(3, 2), output(3, 2);
  input << 1.0, 7.0,  //
      2.0, 7.0,       //
      3.0, 7.0;
  norm.forward(input, output, {.columns = {0, 2}});
  const double unit = 1.0 / std::sqrt(2.0 / 3.0 + 1e-5);  // the deviations are -1, 0, 1
  EXPECT_NEAR(output(0, 0), -unit, 1e-15);
  EXPECT_NEAR(output(1, 0), 10.0, 1e-15);
  EXPECT_NEAR(output(2, 0), 1.0 - unit, 1e-15);
  EXPECT_EQ(output.col(1), norm.bias);  // a column without variance
}

TEST(SoftmaxCrossEntropy, SurvivesLogitsThatWouldOverflow) {
  example::Matrix<float> logits(3, 1);
  logits << 1e4F, -1e4F, 9999.0F;
  const std::vector<std::uint8_t> labels{2};
  const std::vector<float> weights{2.0F};
  const Score score = example::softmax_cross_entropy<float>(logits, labels, weights);
  EXPECT_NEAR(score.mean_loss(), 1.0 + std::log1p(std::exp(-1.0)), 1e-6);
  EXPECT_EQ(score.weight, 2.0);
  EXPECT_EQ(score.correct, 0.0);
}

TEST(SoftmaxCrossEntropy, CountsTheFirstLargestLogitAndNoNaN) {
  const auto correct = [](float a, float b, std::uint8_t label) {
    example::Matrix<float> logits(2, 1);
    logits << a, b;
    const std::vector<std::uint8_t> labels{label};
    const std::vector<float> weights{1.0F};
    std::vector<std::int64_t> predicted(1, 7);
    const Score score = example::softmax_cross_entropy<float>(logits, labels, weights, predicted);
    EXPECT_EQ(predicted[0], std::isnan(a) ? -1 : b > a ? 1 : 0);
    return score.correct;
  };
  EXPECT_EQ(correct(1.0F, 2.0F, 1), 1.0);
  EXPECT_EQ(correct(1.0F, 2.0F, 0), 0.0);
  EXPECT_EQ(correct(1.0F, 1.0F, 0), 1.0);
  EXPECT_EQ(correct(1.0F, 1.0F, 1), 0.0);
  EXPECT_EQ(correct(NAN, NAN, 0), 0.0);
}

}  // namespace
