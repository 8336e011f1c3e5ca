// Laws that hold for every rule, in float and double, for every kind of tensor and awkward sizes.

#include <unsupported/Eigen/CXX11/ThreadPool>

#include <limits>

#include "laws/allocations.hpp"
#include "laws/model.hpp"

namespace laws {

template <class KindType>
class Laws : public testing::Test {
 public:
  using Rule = typename KindType::Rule;
  using Scalar = typename KindType::Scalar;
  using ModelType = Model<Rule, Scalar>;

  /// A few steps that use everything but clipping by a norm, whose sum depends on how elements are spread over tensors.
  template <class... Pool>
  static void train(ModelType& model, Pool&... pool) {
    for (std::uint64_t step = 0; step < 4; ++step) {
      model.step(100 + step, {.learning_rate = 0.01 * static_cast<double>(4 - step), .max_gradient_value = 100.0}, pool...);
    }
  }
  static void expect_same(const ModelType& a, const ModelType& b) {
    EXPECT_TRUE(support::same_bits(a.parameters, b.parameters));
    const auto state_a = a.state(), state_b = b.state();
    for (std::size_t slot = 0; slot < state_a.size(); ++slot) {
      EXPECT_TRUE(support::same_bits(state_a[slot], state_b[slot])) << "slot " << slot;
    }
  }
};
TYPED_TEST_SUITE(Laws, Kinds);

constexpr TensorOptions decayed{.learning_rate_scale = 0.5, .weight_decay = 0.1};

TYPED_TEST(Laws, EveryContainerGivesTheSameBits) {
  for (const std::int64_t size : sizes) {
    typename TestFixture::ModelType map({size}, Container::map, decayed), matrix({size}, Container::matrix, decayed),
        tensor({size}, Container::tensor, decayed);
    for (auto* model : {&map, &matrix, &tensor}) this->train(*model);
    this->expect_same(map, matrix);
    this->expect_same(map, tensor);
  }
}

TYPED_TEST(Laws, StepsChangeParameters) {  // so that the other laws are not about nothing
  for (const std::int64_t size : sizes) {
    typename TestFixture::ModelType model({size});
    const auto before = model.parameters;
    this->train(model);
    EXPECT_EQ(support::same_bits(before, model.parameters), size == 0);
  }
}

TYPED_TEST(Laws, PermutingElementsPermutesTheResult) {
  for (const std::int64_t size : sizes) {
    const std::vector<std::int64_t> order = Random(3).permutation(size);
    const auto permuted = [&](const auto& values) {
      auto result = values;
      for (std::size_t i = 0; i < values.size(); ++i) result[i] = values[static_cast<std::size_t>(order[i])];
      return result;
    };
    typename TestFixture::ModelType straight({size}), shuffled({size});
    shuffled.parameters = permuted(straight.parameters);
    for (std::uint64_t step = 0; step < 3; ++step) {
      straight.step(step, {.learning_rate = 0.01});
      shuffled.gradients = permuted(straight.gradients);
      shuffled.step_as_is({.learning_rate = 0.01});
    }
    EXPECT_TRUE(support::same_bits(permuted(straight.parameters), shuffled.parameters)) << size;
  }
}

TYPED_TEST(Laws, AStepOnOneTensorIsAStepOnItsPieces) {
  typename TestFixture::ModelType whole({1000}, Container::map, decayed), pieces({1, 0, 7, 15, 16, 17, 444, 500}, Container::map, decayed);
  this->train(whole);
  this->train(pieces);
  this->expect_same(whole, pieces);
}

TYPED_TEST(Laws, AClippedStepOnOneTensorIsNearlyAStepOnItsPieces) {
  // The norm is summed in another order, in double, so the scale, rounded to Scalar, differs by one unit in the last place at
  // most; each rule's first step is at most of degree one in the gradient, and a few roundings follow.
  using Number = typename TestFixture::Scalar;
  constexpr double tolerance = 8 * std::numeric_limits<Number>::epsilon();
  typename TestFixture::ModelType whole({1000}), pieces({1, 0, 7, 15, 16, 17, 444, 500});
  const auto before = whole.parameters;
  for (auto* model : {&whole, &pieces}) model->step(1, {.learning_rate = 0.01, .max_gradient_norm = 1.0});
  for (std::size_t i = 0; i < before.size(); ++i) {
    const double scale = std::abs(before[i]) + std::abs(whole.parameters[i] - before[i]);
    EXPECT_NEAR(whole.parameters[i], pieces.parameters[i], tolerance * scale) << i;
  }
}

TYPED_TEST(Laws, AnyNumberOfThreadsGivesTheSameBits) {
  const std::vector<std::int64_t> shapes = {0, 1, 7, 15, 16, 17, 1000, 4099, 250001, 16384, 3, 16385};  // enough to be shared out
  const auto train = [](auto& model, auto&... pool) {
    model.optimizer.average(UniformAverage{.start = 1});
    for (std::uint64_t step = 0; step < 2; ++step) {
      model.step(step, {.learning_rate = 0.01, .max_gradient_norm = 3.0, .zero_gradients = true}, pool...);
      model.step(step, {.learning_rate = 0.01, .check_finite = false}, pool...);
    }
  };
  typename TestFixture::ModelType serial(shapes);
  train(serial);
  for (const int threads : {1, 2, 3, 8}) {
    Eigen::ThreadPool pool(threads);
    typename TestFixture::ModelType parallel(shapes);
    train(parallel, pool);
    this->expect_same(serial, parallel);
    EXPECT_EQ(serial.optimizer.state(), parallel.optimizer.state());
    EXPECT_TRUE(support::same_bits(serial.gradients, parallel.gradients));
  }
}

TYPED_TEST(Laws, AGradientThatIsNotFiniteChangesNoBit) {
  using Number = typename TestFixture::Scalar;
  for (const std::int64_t size : sizes) {
    if (size == 0) continue;
    for (const Number bad : {std::numeric_limits<Number>::quiet_NaN(), std::numeric_limits<Number>::infinity(),
                             -std::numeric_limits<Number>::infinity()}) {
      typename TestFixture::ModelType model({size, 3}, Container::matrix, decayed), untouched({size, 3}, Container::matrix, decayed);
      this->train(model);
      this->train(untouched);
      model.gradients[static_cast<std::size_t>(size - 1)] = bad;
      const StepReport report = model.step_as_is({.learning_rate = 0.1, .max_gradient_norm = 1.0});
      EXPECT_FALSE(report.applied);
      EXPECT_EQ(report.consecutive_skips, 1);
      this->expect_same(model, untouched);
      this->train(model);
      this->train(untouched);
      this->expect_same(model, untouched);
    }
  }
}

TYPED_TEST(Laws, StateGoesOutAndBackAndTheRunGoesOnAsIfNothingHappened) {
  typename TestFixture::ModelType uninterrupted({17, 1000}), first({17, 1000}), second({17, 1000});
  for (auto* model : {&uninterrupted, &first, &second}) model->optimizer.average(ExponentialAverage{.decay = 0.9});
  this->train(uninterrupted);
  this->train(first);
  second.parameters = first.parameters;
  second.optimizer.load_state(first.optimizer.state());
  this->train(uninterrupted);
  this->train(second);
  this->expect_same(uninterrupted, second);
  EXPECT_EQ(uninterrupted.optimizer.state(), second.optimizer.state());
}

TYPED_TEST(Laws, AveragingLeavesTrainingAlone) {
  for (const std::int64_t size : sizes) {
    typename TestFixture::ModelType plain({size, 3}, Container::matrix, decayed), averaged({size, 3}, Container::matrix, decayed);
    averaged.optimizer.average(ExponentialAverage{.decay = 0.9, .bias_correction = false});
    this->train(plain);
    this->train(averaged);
    this->expect_same(plain, averaged);
  }
}

TYPED_TEST(Laws, AStepAllocatesNothing) {
  using Number = typename TestFixture::Scalar;
  Eigen::Matrix<Number, Eigen::Dynamic, 1> parameter(4099), gradient(4099);
  parameter.setOnes();
  gradient.setOnes();
  Optimizer<typename TestFixture::Rule, Number> optimizer(lively<typename TestFixture::Rule>());
  optimizer.add("theta", parameter, gradient, decayed);
  optimizer.average(ExponentialAverage{.bias_correction = false});
  const std::int64_t before = allocations();
  optimizer.step({.learning_rate = 0.1});  // the first one too
  optimizer.step({.learning_rate = 0.1, .max_gradient_norm = 1.0, .max_tensor_norm = 1.0, .max_gradient_value = 1.0});
  optimizer.step({.learning_rate = 0.1, .zero_gradients = true, .check_finite = false});
  EXPECT_EQ(allocations(), before);
}

}  // namespace laws
