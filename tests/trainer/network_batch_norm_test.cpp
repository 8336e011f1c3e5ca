// The network with batch normalisation; what holds with any norm is in network_test.cpp.

#include <eigentune/core/random.hpp>

#include <Eigen/Core>
#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "laws/allocations.hpp"
#include "support/expect.hpp"
#include "train/average_buffers.hpp"
#include "train/network.hpp"
#include "trainer/finite_differences.hpp"

namespace {

using example::average_buffers;
using example::Network;
using example::NetworkOptions;
using example::Norm;
using example::NormKind;
using example::Score;
using example::SerialFor;

/// Random examples, all of weight one.
template <class Scalar>
struct EqualBatch {
  EqualBatch(Eigen::Index inputs, int classes, Eigen::Index size, std::uint64_t seed = 7)
      : images(inputs, size), weights(static_cast<std::size_t>(size), Scalar(1)) {
    eigentune::Random random(seed);
    random.fill_normal(std::span(images.data(), static_cast<std::size_t>(images.size())));
    for (Eigen::Index j = 0; j < size; ++j) {
      labels.push_back(static_cast<std::uint8_t>(random.below(static_cast<std::uint64_t>(classes))));
    }
  }

  Score gradients(Network<Scalar>& network, auto&& parallel_for) const {
    return network.gradients(parallel_for, images, labels, weights);
  }
  Score gradients(Network<Scalar>& network) const { return gradients(network, SerialFor{}); }
  Score score(Network<Scalar>& network) const { return network.score(SerialFor{}, images, labels, weights); }

  /// The examples first ... first + count - 1.
  EqualBatch part(Eigen::Index first, Eigen::Index count) const {
    EqualBatch result(*this);
    result.images = images.middleCols(first, count);
    result.labels.assign(labels.begin() + first, labels.begin() + first + count);
    result.weights.assign(weights.begin() + first, weights.begin() + first + count);
    return result;
  }

  example::Matrix<Scalar> images;
  std::vector<std::uint8_t> labels;
  std::vector<Scalar> weights;
};

template <class Scalar>
using Values = std::map<std::string, std::vector<Scalar>>;

template <class Scalar>
Values<Scalar> buffers_of(Network<Scalar>& network) {
  Values<Scalar> result;
  network.for_each_buffer([&](const std::string& name, auto& buffer) {
    result[name].assign(buffer.data(), buffer.data() + buffer.size());
  });
  return result;
}

template <class Scalar>
void expect_near(const Values<Scalar>& values, const Values<Scalar>& expected, double tolerance) {
  ASSERT_EQ(values.size(), expected.size());
  for (const auto& [name, tensor] : values) {
    for (std::size_t i = 0; i < tensor.size(); ++i) EXPECT_NEAR(tensor[i], expected.at(name)[i], tolerance) << name;
  }
}

/// Random parameters, so that no bias is zero and no gain one.
template <class Scalar>
void initialize(Network<Scalar>& network, std::uint64_t seed) {
  network.initialize(seed);
  perturb(network);
}

class BatchNormNetworkGradients : public testing::TestWithParam<std::tuple<Norm, int, bool>> {};

TEST_P(BatchNormNetworkGradients, EqualCentralFiniteDifferences) {
  const auto [norm, batch_size, padded] = GetParam();
  Network<double> network({.inputs = 3,
                           .classes = 3,
                           .depth = 2,
                           .width = 4,
                           .norm = norm,
                           .norm_kind = NormKind::batch,
                           .max_batch = batch_size});
  initialize(network, 3);
  EqualBatch<double> batch(3, 3, batch_size);
  for (std::size_t j = 0; padded && j < batch.weights.size(); ++j) batch.weights[j] = static_cast<double>((j + 1) % 3);
  batch.gradients(network);
  const auto errors = gradient_errors(network, [&] { return batch.gradients(network).mean_loss(); });
  for (const auto& [name, error] : errors) {
    // Rounding of a loss of order 1 leaves 1e-16 / 1e-5, where the true gradient is zero as well (of one example, or
    // of a bias whose effect a norm takes away).
    EXPECT_LE(error.difference, 1e-7 * error.magnitude + 2e-9) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(AroundTheVirtualBatch, BatchNormNetworkGradients,
                         testing::Combine(testing::Values(Norm::pre, Norm::post),
                                          testing::Values(1, 2, 63, 64, 65, 100, 128, 130), testing::Bool()));

TEST(BatchNormNetwork, HasTheSameBitsInAnyOrderOfTasksAndOnAnyNumberOfThreads) {
  for (const Eigen::Index size : {65, 130, 300, 600}) {
    const EqualBatch<float> batch(50, 10, size);
    const auto train = [&](auto&& parallel_for) {
      Network<float> network({.inputs = 50, .depth = 2, .width = 33, .norm_kind = NormKind::batch, .max_batch = size});
      initialize(network, 5);
      std::vector<double> losses;
      for (int pass = 0; pass < 2; ++pass) losses.push_back(batch.gradients(network, parallel_for).loss);
      losses.push_back(network.score(parallel_for, batch.images, batch.labels, batch.weights).loss);
      return std::tuple(losses, gradients_of(network), buffers_of(network));
    };
    const auto expected = train(SerialFor{});
    EXPECT_EQ(train([](std::int64_t count, auto&& task) {
                for (std::int64_t index = count; index-- > 0;) task(index);
              }),
              expected);
    for (const int threads : {1, 2, 3}) {
      EXPECT_EQ(train(example::ThreadedFor(threads)), expected) << size << " examples, " << threads << " threads";
    }
  }
}

TEST(BatchNormNetwork, GivesSeveralVirtualBatchesTheMeanOfTheirGradients) {
  for (const Eigen::Index size : {128, 1024}) {  // tiles of one virtual batch, and of four
    Network<double> network(
        {.inputs = 4, .classes = 3, .depth = 1, .width = 5, .norm_kind = NormKind::batch, .max_batch = size});
    initialize(network, 2);
    const EqualBatch<double> batch(4, 3, size);
    Values<double> mean;
    for (Eigen::Index first = 0; first < size; first += 64) {
      batch.part(first, 64).gradients(network);  // one virtual batch
      for (const auto& [name, gradient] : gradients_of(network)) {
        mean[name].resize(gradient.size());
        for (std::size_t i = 0; i < gradient.size(); ++i) {
          mean[name][i] += gradient[i] * 64.0 / static_cast<double>(size);
        }
      }
    }
    batch.gradients(network);
    expect_near(gradients_of(network), mean, 1e-15);
  }
}

TEST(BatchNormNetwork, DoesNotSeeExamplesOfWeightZero) {
  const NetworkOptions options{
      .inputs = 4, .classes = 3, .depth = 1, .width = 5, .norm_kind = NormKind::batch, .max_batch = 250};
  Network<double> plain(options), padded(options);
  initialize(plain, 2);
  initialize(padded, 2);
  const EqualBatch<double> batch(4, 3, 130);
  EqualBatch<double> filled(4, 3, 250);  // 60 columns of rubbish before the examples, and 60 after them
  filled.images.setConstant(1e3);
  filled.weights.assign(250, 0.0);
  filled.images.middleCols(60, 130) = batch.images;
  for (std::size_t j = 0; j < 130; ++j) {
    filled.labels[60 + j] = batch.labels[j];
    filled.weights[60 + j] = 1.0;
  }
  const Score part = batch.gradients(plain), whole = filled.gradients(padded);
  EXPECT_EQ(whole.weight, 130.0);
  EXPECT_NEAR(whole.loss, part.loss, 1e-12);
  EXPECT_EQ(whole.correct, part.correct);
  expect_near(gradients_of(padded), gradients_of(plain), 1e-14);
  expect_near(buffers_of(padded), buffers_of(plain), 1e-14);
}

TEST(BatchNormNetwork, EvaluatesAnExampleAlikeInAnyBatchAndChangesNothing) {
  Network<double> network(
      {.inputs = 6, .classes = 3, .depth = 2, .width = 7, .norm_kind = NormKind::batch, .max_batch = 200});
  initialize(network, 2);
  for (std::uint64_t pass = 0; pass < 3; ++pass) EqualBatch<double>(6, 3, 200, pass).gradients(network);
  const auto before = buffers_of(network);
  const EqualBatch<double> batch(6, 3, 200, 99);
  const double whole = batch.score(network).loss;
  double alone = 0.0, in_thirds = 0.0;
  for (Eigen::Index j = 0; j < 200; ++j) alone += batch.part(j, 1).score(network).loss;
  for (const Eigen::Index first : {0, 67, 134}) {
    in_thirds += batch.part(first, first < 134 ? 67 : 66).score(network).loss;
  }
  EXPECT_NEAR(alone / whole, 1.0, 1e-13);
  EXPECT_NEAR(in_thirds / whole, 1.0, 1e-13);
  EXPECT_EQ(buffers_of(network), before);
  EXPECT_GT(std::abs(batch.gradients(network).loss / whole - 1.0), 1e-3);  // by the batch's own statistics
  EXPECT_NE(buffers_of(network), before);
}

TEST(BatchNormNetwork, EvaluatesBeforeTrainingWithEveryClassEquallyLikely) {
  Network<double> network({.inputs = 6, .classes = 7, .width = 8, .norm_kind = NormKind::batch});
  network.initialize(4);
  EXPECT_NEAR(EqualBatch<double>(6, 7, 50).score(network).mean_loss(), std::log(7.0), 1e-14);
}

TEST(BatchNormNetwork, NamesItsBuffersAndStartsThemAtMeanZeroAndVarianceOne) {
  const auto names = [](Norm norm, NormKind kind) {
    Network<float> network({.inputs = 2, .depth = 2, .width = 3, .norm = norm, .norm_kind = kind});
    std::string text;
    network.for_each_buffer([&](const std::string& name, Eigen::VectorXf&) { text += name + ' '; });
    return text;
  };
  const std::string blocks =
      "block0.norm.moving_mean block0.norm.moving_variance block1.norm.moving_mean block1.norm.moving_variance ";
  EXPECT_EQ(names(Norm::pre, NormKind::batch), blocks + "norm.moving_mean norm.moving_variance ");
  EXPECT_EQ(names(Norm::post, NormKind::batch), blocks);
  EXPECT_EQ(names(Norm::none, NormKind::batch), "");
  EXPECT_EQ(names(Norm::pre, NormKind::layer), "");

  Network<float> network({.inputs = 2, .depth = 1, .width = 3, .norm_kind = NormKind::batch});
  const auto start = buffers_of(network);
  EXPECT_EQ(start.at("norm.moving_mean"), std::vector<float>(3, 0.0F));
  EXPECT_EQ(start.at("block0.norm.moving_variance"), std::vector<float>(3, 1.0F));
  EqualBatch<float>(2, 10, 40).gradients(network);
  EXPECT_NE(buffers_of(network), start);
  network.initialize(1);
  EXPECT_EQ(buffers_of(network), start);
}

TEST(BatchNormNetwork, EvaluatesTheSameAfterItsParametersAndBuffersWereCopied) {
  const NetworkOptions options{.inputs = 4, .classes = 3, .depth = 1, .width = 5, .norm_kind = NormKind::batch};
  Network<double> original(options), copy(options);
  initialize(original, 2);
  const EqualBatch<double> batch(4, 3, 100);
  batch.gradients(original);
  std::vector<double> values;
  const auto save = [&](const std::string&, auto& tensor, auto&...) {
    values.insert(values.end(), tensor.data(), tensor.data() + tensor.size());
  };
  original.for_each_parameter(save);
  original.for_each_buffer(save);
  const double* next = values.data();
  const auto load = [&](const std::string&, auto& tensor, auto&...) {
    for (double& value : tensor.reshaped()) value = *next++;
  };
  copy.for_each_parameter(load);
  copy.for_each_buffer(load);
  EXPECT_EQ(batch.score(copy).loss, batch.score(original).loss);
}

TEST(BatchNormNetwork, AllocatesNothingAfterItsConstruction) {
  for (const Norm norm : {Norm::pre, Norm::post}) {
    Network<float> network(
        {.inputs = 784, .depth = 2, .width = 300, .norm = norm, .norm_kind = NormKind::batch, .max_batch = 256});
    network.initialize(5);
    const EqualBatch<float> batch(784, 10, 256), small = batch.part(0, 100);
    const std::int64_t before = laws::allocations();
    Eigen::internal::set_is_malloc_allowed(false);  // an Eigen object or product that allocates now fails an assertion
    batch.gradients(network);
    small.gradients(network);
    batch.score(network);
    Eigen::internal::set_is_malloc_allowed(true);
    EXPECT_EQ(laws::allocations() - before, 0);
  }
}

/// Copies of one network, as hosts would train them.
struct Hosts {
  explicit Hosts(
      int count,
      NetworkOptions options = {
          .inputs = 4, .classes = 3, .depth = 1, .width = 5, .norm_kind = NormKind::batch, .max_batch = 192}) {
    for (int host = 0; host < count; ++host) {
      owned.push_back(std::make_unique<Network<double>>(options));
      initialize(*owned.back(), 2);
      networks.push_back(owned.back().get());
    }
  }
  std::vector<std::unique_ptr<Network<double>>> owned;
  std::vector<Network<double>*> networks;
};

TEST(AverageBuffers, MakesTheAveragesOfOneNetworkThatSawEveryVirtualBatch) {
  Hosts hosts(2), one(1);
  const std::vector<double> weights{1.0, 2.0};
  for (std::uint64_t step = 0; step < 4; ++step) {
    const EqualBatch<double> batch(4, 3, 192, step);
    batch.part(0, 64).gradients(*hosts.networks[0]);
    batch.part(64, 128).gradients(*hosts.networks[1]);
    batch.gradients(*one.networks[0]);
    if (step == 1) average_buffers<double>(hosts.networks, weights);  // when it happens does not matter
  }
  average_buffers<double>(hosts.networks, weights);
  const auto expected = buffers_of(*one.networks[0]);
  ASSERT_EQ(expected.size(), 4U);
  expect_near(buffers_of(*hosts.networks[0]), expected, 1e-14);
  EXPECT_EQ(buffers_of(*hosts.networks[0]), buffers_of(*hosts.networks[1]));
}

TEST(AverageBuffers, SaysWhatIsWrongAndChangesNothing) {
  Hosts hosts(2);
  EqualBatch<double>(4, 3, 50).gradients(*hosts.networks[0]);
  const auto before = buffers_of(*hosts.networks[0]);
  const auto message = [](std::vector<Network<double>*> copies, std::vector<double> weights) {
    return support::error_of([&] { average_buffers<double>(copies, weights); });
  };
  EXPECT_EQ(message({}, {}), "average_buffers: there must be at least 1 copy, got 0");
  EXPECT_EQ(message(hosts.networks, {1.0}), "average_buffers: 2 copies need as many weights, got 1");
  EXPECT_EQ(message(hosts.networks, {1.0, -1.0}), "average_buffers: a weight must be finite and at least 0, got -1");
  EXPECT_EQ(message(hosts.networks, {1.0, std::nan("")}),
            "average_buffers: a weight must be finite and at least 0, got nan");
  EXPECT_EQ(message(hosts.networks, {0.0, 0.0}), "average_buffers: the weights must have a finite sum above 0, got 0");
  constexpr double most = std::numeric_limits<double>::max();
  EXPECT_EQ(message(hosts.networks, {most, most}),
            "average_buffers: the weights must have a finite sum above 0, got inf");
  Hosts deeper(1, {.inputs = 4, .classes = 3, .depth = 2, .width = 5, .norm_kind = NormKind::batch});
  Hosts wider(1, {.inputs = 4, .classes = 3, .depth = 1, .width = 6, .norm_kind = NormKind::batch});
  for (Network<double>* other : {deeper.networks[0], wider.networks[0]}) {
    EXPECT_EQ(message({hosts.networks[0], hosts.networks[1], other}, {1.0, 1.0, 1.0}),
              "average_buffers: copy 2 must have the buffers of copy 0, with the same names and sizes");
  }
  EXPECT_EQ(buffers_of(*hosts.networks[0]), before);
}

}  // namespace
