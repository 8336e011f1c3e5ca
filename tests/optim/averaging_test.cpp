#include <eigentune/optim.hpp>

#include <gtest/gtest.h>
#include <unsupported/Eigen/CXX11/ThreadPool>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "support/expect.hpp"
#include "support/numbers.hpp"

namespace eigentune {
namespace {

using Eigen::VectorXd;
using Eigen::VectorXf;
using support::error_of;

/// One number that starts at 8 and goes down by 1 in each step.
struct Descent {
  Descent() { optimizer.add("theta", theta, gradient); }
  void steps(int count) {
    for (int step = 0; step < count; ++step) optimizer.step({.learning_rate = 1.0});
  }
  /// The average, by swapping it in.
  double average() {
    const auto swapped = optimizer.swap_in_average();
    return theta[0];
  }
  VectorXd theta = VectorXd::Constant(1, 8.0), gradient = VectorXd::Ones(1);
  SGD<double> optimizer;
};

constexpr double rounding = 8 * 2 * std::numeric_limits<double>::epsilon();  // of numbers up to 8, twice

TEST(ExponentialAverage, WeighsTheLastMostAndAllByOneInSum) {
  Descent run;  // theta is 7, 6, 5; the weights of the last and those before are 1, 1/2, 1/4, over their sum
  run.optimizer.average(ExponentialAverage{.decay = 0.5});
  run.steps(1);
  EXPECT_EQ(run.average(), 7.0);
  run.steps(1);
  EXPECT_NEAR(run.average(), (0.5 * 7 + 6) / 1.5, rounding);
  run.steps(1);
  EXPECT_NEAR(run.average(), (0.25 * 7 + 0.5 * 6 + 5) / 1.75, rounding);
}

TEST(ExponentialAverage, WithoutBiasCorrectionStartsFromTheParameters) {
  Descent run;
  run.steps(2);  // not of the average: it starts from 6
  run.optimizer.average(ExponentialAverage{.decay = 0.5, .bias_correction = false});
  run.theta[0] = 8.0;  // nor is it the value when averaging was switched on, but that before the first averaged step
  run.steps(1);
  EXPECT_EQ(run.average(), 7.5);
  run.steps(1);
  EXPECT_EQ(run.average(), 6.75);
  run.steps(1);
  EXPECT_EQ(run.average(), 5.875);
}

TEST(ExponentialAverage, OfDecayZeroIsTheParameters) {
  Descent run;
  run.optimizer.average(ExponentialAverage{.decay = 0.0});
  run.steps(3);
  EXPECT_EQ(run.average(), 5.0);
}

TEST(UniformAverage, IsTheMean) {
  Descent run;
  run.optimizer.average(UniformAverage{});
  run.steps(1);
  EXPECT_EQ(run.average(), 7.0);
  run.steps(1);
  EXPECT_EQ(run.average(), 6.5);
  run.steps(1);
  EXPECT_NEAR(run.average(), 6.0, rounding);
}

TEST(UniformAverage, StartsAfterAsManyUpdatesAsItIsTold) {
  Descent run;
  run.steps(1);  // counts: they are updates of the tensor
  run.optimizer.average(UniformAverage{.start = 3});
  run.steps(2);
  EXPECT_EQ(error_of([&] { run.average(); }),
            "swap_in_average: no update has been averaged yet; the average is uniform (start 3)");
  run.steps(1);
  EXPECT_EQ(run.average(), 4.0);
  run.steps(1);
  EXPECT_EQ(run.average(), 3.5);
}

template <class ScalarType, class StateType>
struct Types {
  using Scalar = ScalarType;
  using State = StateType;
};

template <class Pair>
class AverageOf : public testing::Test {};
using Pairs = testing::Types<Types<float, float>, Types<double, double>, Types<float, double>, Types<double, float>>;
TYPED_TEST_SUITE(AverageOf, Pairs);

/// Tensors of awkward sizes under Adam.
template <class Scalar, class State>
struct Model {
  using Vector = Eigen::Matrix<Scalar, Eigen::Dynamic, 1>;
  static constexpr std::int64_t sizes[] = {0, 1, 7, 15, 16, 17, 1000, 4099, 16385};

  Model() {
    std::uint64_t seed = 0;
    for (const std::int64_t size : sizes) {
      parameters.push_back(numbers(size, ++seed));
      gradients.emplace_back(Vector::Zero(size));
    }
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      optimizer.add(std::to_string(i), parameters[i], gradients[i], {.weight_decay = 0.1});
    }
  }
  template <class... Pool>
  StepReport step(std::uint64_t seed, const StepOptions& options, Pool&... pool) {
    for (Vector& gradient : gradients) gradient = numbers(gradient.size(), ++seed * 100);
    return optimizer.step(pool..., options);
  }
  static Vector numbers(std::int64_t size, std::uint64_t seed) {
    const auto values = support::uneven_numbers<Scalar>(size, seed);
    return Eigen::Map<const Vector>(values.data(), size);
  }

  std::vector<Vector> parameters, gradients;
  Adam<Scalar, State> optimizer{{.epsilon = 1e-3}};
};

/// Theta after each step, weighted by the definition of the average, in long double. Without bias correction theta
/// `before` the first step stands for all that would have come earlier, of a weight of 1 + decay + decay^2 + ...
template <class Vector>
long double weighted_mean(const std::vector<Vector>& thetas, Eigen::Index element, long double decay,
                          const Vector* before) {
  long double weights = before == nullptr ? 0.0L : 1.0L / (1.0L - decay);
  long double sum = before == nullptr ? 0.0L : weights * static_cast<long double>((*before)[element]);
  for (const Vector& theta : thetas) {
    sum = decay * sum + static_cast<long double>(theta[element]);
    weights = decay * weights + 1.0L;
  }
  return sum / weights;
}

TYPED_TEST(AverageOf, EveryElementIsByTheDefinition) {
  using Scalar = typename TypeParam::Scalar;
  using State = typename TypeParam::State;
  using ModelType = Model<Scalar, State>;
  constexpr int steps = 20;
  constexpr double epsilon =
      std::max<double>(std::numeric_limits<Scalar>::epsilon(), std::numeric_limits<State>::epsilon());
  constexpr double tolerance = 2 * steps * epsilon;  // each step rounds the average, at worst all in one direction
  struct Kind {
    Averaging averaging;
    long double decay;
    bool from_before;
  };
  const Kind kinds[] = {{UniformAverage{}, 1.0L, false},
                        {ExponentialAverage{.decay = 0.75}, 0.75L, false},
                        {ExponentialAverage{.decay = 0.75, .bias_correction = false}, 0.75L, true}};
  for (const auto& [averaging, decay, from_before] : kinds) {
    ModelType model;
    const auto before = model.parameters;
    model.optimizer.average(averaging);
    std::vector<std::vector<typename ModelType::Vector>> thetas(model.parameters.size());
    for (std::uint64_t step = 0; step < steps; ++step) {
      model.step(step, {.learning_rate = 0.1, .max_gradient_norm = 100.0});
      for (std::size_t i = 0; i < thetas.size(); ++i) thetas[i].push_back(model.parameters[i]);
    }
    const auto swapped = model.optimizer.swap_in_average();
    for (std::size_t i = 0; i < thetas.size(); ++i) {
      for (Eigen::Index k = 0; k < model.parameters[i].size(); ++k) {
        double largest = from_before ? std::fabs(static_cast<double>(before[i][k])) : 0.0;
        for (const auto& theta : thetas[i]) largest = std::max(largest, std::fabs(static_cast<double>(theta[k])));
        ASSERT_NEAR(model.parameters[i][k],
                    static_cast<double>(weighted_mean(thetas[i], k, decay, from_before ? &before[i] : nullptr)),
                    tolerance * largest)
            << i << " " << k;
      }
    }
  }
}

TYPED_TEST(AverageOf, TrainingIsSwappedInAndOutWithoutTheLossOfABit) {
  Model<typename TypeParam::Scalar, typename TypeParam::State> model, plain;
  model.optimizer.average(ExponentialAverage{.decay = 0.9});
  Eigen::ThreadPool pool(2);
  for (std::uint64_t step = 0; step < 6; ++step) {
    const StepOptions options{.learning_rate = 0.1, .check_finite = step % 2 == 0};
    const StepReport report = model.step(step, options, pool);
    EXPECT_EQ(report.gradient_norm, plain.step(step, options).gradient_norm);
    EXPECT_EQ(model.parameters, plain.parameters);
    const auto before = model.optimizer.state();
    {
      const auto swapped = model.optimizer.swap_in_average();
      if (step > 0) {  // the first average is the parameter
        EXPECT_NE(model.parameters, plain.parameters);
      }
    }
    EXPECT_EQ(model.parameters, plain.parameters);
    EXPECT_EQ(model.optimizer.state(), before);
  }
}

TYPED_TEST(AverageOf, AnyNumberOfThreadsAndAdaptiveClippingIsOfTheParametersThatWereLeft) {
  using Scalar = typename TypeParam::Scalar;
  Model<Scalar, typename TypeParam::State> serial, parallel;
  Eigen::ThreadPool pool(3);
  for (auto* model : {&serial, &parallel}) model->optimizer.average(UniformAverage{});
  const auto step = [](std::uint64_t seed, auto& model, auto&... threads) {
    model.step(seed, {.learning_rate = 0.1, .adaptive_clip = 0.01, .zero_gradients = true}, threads...);
  };
  step(1, serial);
  step(1, parallel, pool);
  const auto first = serial.parameters;
  for (std::size_t i = 0; i < first.size(); ++i) {
    const auto state = serial.optimizer.state().tensors[i].slots.back();
    EXPECT_EQ(state.name, "average");
    for (std::size_t k = 0; k < state.values.size(); ++k) {
      EXPECT_EQ(state.values[k], static_cast<typename TypeParam::State>(first[i][static_cast<Eigen::Index>(k)]));
    }
  }
  step(2, serial);
  step(2, parallel, pool);
  EXPECT_EQ(serial.optimizer.state(), parallel.optimizer.state());
}

TEST(Averaging, LeavesOutStepsThatAreSkipped) {
  Descent run;
  run.optimizer.average(UniformAverage{});
  run.gradient[0] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(run.optimizer.step({.learning_rate = 1.0}).applied);
  EXPECT_EQ(run.optimizer.state().tensors[0].averaged, 0);
  run.gradient[0] = 1.0;
  run.steps(1);
  const auto before = run.optimizer.state();
  run.gradient[0] = std::numeric_limits<double>::infinity();
  run.optimizer.step({.learning_rate = 1.0});
  EXPECT_EQ(run.optimizer.state().tensors, before.tensors);
  run.gradient[0] = 1.0;
  run.steps(1);
  EXPECT_EQ(run.average(), 6.5);
}

TEST(Averaging, LeavesOutAccumulation) {
  Descent run;
  run.optimizer.average(UniformAverage{});
  run.optimizer.accumulate();
  run.optimizer.accumulate();
  EXPECT_EQ(run.optimizer.state().tensors[0].averaged, 0);
  run.steps(1);
  EXPECT_EQ(run.average(), 7.0);
}

/// Two numbers, of which one may be frozen or come later.
struct Pair {
  Pair() {
    a.setConstant(8.0);
    b.setConstant(80.0);
    a_gradient.setOnes();
    b_gradient.setOnes();
    optimizer.add("a", a, a_gradient);
  }
  void add_b() { optimizer.add("b", b, b_gradient); }
  void step() { optimizer.step({.learning_rate = 1.0}); }
  std::pair<double, double> averages() {
    const auto swapped = optimizer.swap_in_average();
    return {a[0], b[0]};
  }
  using Number = Eigen::Matrix<double, 1, 1>;
  Number a, b, a_gradient, b_gradient;
  SGD<double> optimizer;
};

using Numbers = std::pair<double, double>;

TEST(Averaging, LeavesATensorThatWasNeverUpdatedAsItIs) {
  Pair pair;
  pair.add_b();
  pair.optimizer.options_for("b", {.frozen = true});
  pair.optimizer.average(UniformAverage{});
  pair.step();
  pair.step();
  EXPECT_EQ(pair.averages(), Numbers(6.5, 80.0));
  EXPECT_EQ(pair.b[0], 80.0);
}

TEST(Averaging, OfATensorThatWasFrozenIsOfTheUpdatesThatItHad) {
  Pair pair;
  pair.add_b();
  pair.optimizer.average(UniformAverage{});
  pair.step();
  pair.step();
  pair.optimizer.options_for("b", {.frozen = true});
  pair.step();
  pair.step();
  EXPECT_EQ(pair.averages(), Numbers(5.5, 78.5));
  pair.optimizer.options_for("b", {.frozen = false});
  pair.step();
  EXPECT_EQ(pair.optimizer.state().tensors[1].averaged, 3);
  EXPECT_NEAR(pair.averages().second, 78.0, 10 * rounding);
  EXPECT_EQ(pair.b[0], 77.0);
}

TEST(Averaging, CountsForEachTensorByItself) {
  Pair pair;
  pair.optimizer.average(UniformAverage{});
  pair.step();
  pair.step();
  pair.add_b();
  EXPECT_EQ(pair.averages(), Numbers(6.5, 80.0));
  pair.step();
  EXPECT_EQ(pair.averages().second, 79.0);
  pair.optimizer.remove("a");
  pair.step();
  EXPECT_EQ(pair.averages().second, 78.5);
}

TEST(Averaging, OfTwoOptimizersIsOfEachItsOwn) {
  Descent one, other;
  one.optimizer.average(UniformAverage{});
  other.optimizer.average(ExponentialAverage{.decay = 0.5, .bias_correction = false});
  one.steps(2);
  other.steps(3);
  {
    const auto first = one.optimizer.swap_in_average();
    other.steps(1);
    const auto second = other.optimizer.swap_in_average();
    EXPECT_EQ(one.theta[0], 6.5);
    EXPECT_EQ(other.theta[0], 4.9375);
  }
  EXPECT_EQ(one.theta[0], 6.0);
  EXPECT_EQ(other.theta[0], 4.0);
}

TEST(Averaging, IsSwitchedOnOnceAndOffAtAnyTime) {
  Descent run;
  EXPECT_EQ(run.optimizer.averaging(), std::nullopt);
  EXPECT_EQ(error_of([&] { run.average(); }),
            "swap_in_average: there is no average; call average before the steps that it is of");
  run.optimizer.average(ExponentialAverage{.decay = 0.5});
  run.steps(1);
  run.optimizer.average(ExponentialAverage{.decay = 0.5});  // nothing new: goes on
  run.steps(1);
  EXPECT_EQ(run.optimizer.state().tensors[0].averaged, 2);
  EXPECT_EQ(error_of([&] { run.optimizer.average(ExponentialAverage{.decay = 0.25}); }),
            "average: the average is exponential (decay 0.5) already, got exponential (decay 0.25); call "
            "stop_averaging first");
  EXPECT_EQ(
      error_of([&] { run.optimizer.average(UniformAverage{.start = 2}); }),
      "average: the average is exponential (decay 0.5) already, got uniform (start 2); call stop_averaging first");
  EXPECT_EQ(run.optimizer.averaging(), Averaging(ExponentialAverage{.decay = 0.5}));
  run.optimizer.stop_averaging();
  EXPECT_EQ(run.optimizer.averaging(), std::nullopt);
  run.optimizer.average(UniformAverage{.start = 2});
  EXPECT_EQ(error_of([&] { run.average(); }),
            "swap_in_average: no update has been averaged yet; the average is uniform (start 2)");
  run.steps(2);
  EXPECT_EQ(run.average(), 4.5);
}

TEST(Averaging, RefusesOptionsOutOfRange) {
  Descent run;
  const auto error = [&](const Averaging& averaging) { return error_of([&] { run.optimizer.average(averaging); }); };
  EXPECT_EQ(error(ExponentialAverage{.decay = 1.0}), "ExponentialAverage: decay must be in [0, 1), got 1");
  EXPECT_EQ(error(ExponentialAverage{.decay = -0.1}), "ExponentialAverage: decay must be in [0, 1), got -0.1");
  EXPECT_EQ(error(ExponentialAverage{.decay = std::nan("")}), "ExponentialAverage: decay must be in [0, 1), got nan");
  EXPECT_EQ(error(UniformAverage{.start = -1}), "UniformAverage: start must be in [0, 2^53], got -1");
  EXPECT_EQ(error(UniformAverage{.start = (std::int64_t{1} << 53) + 1}),
            "UniformAverage: start must be in [0, 2^53], got 9007199254740993");
  EXPECT_EQ(run.optimizer.averaging(), std::nullopt);
}

TEST(SwappedInAverage, RefusesAllThatWouldMixItWithTraining) {
  Descent run;
  run.optimizer.average(UniformAverage{});
  run.steps(2);
  const auto state = run.optimizer.state();
  const auto refused = [&](const std::string& call, auto&& use) {
    EXPECT_EQ(error_of(use), call + ": the parameters hold their average; what swap_in_average returned must go first");
  };
  {
    const auto swapped = run.optimizer.swap_in_average();
    refused("step", [&] { run.steps(1); });
    refused("accumulate", [&] { run.optimizer.accumulate(); });
    VectorXd other(1), other_gradient(1);
    refused("add", [&] { run.optimizer.add("other", other, other_gradient); });
    refused("rebind", [&] { run.optimizer.rebind("theta", other, other_gradient); });
    refused("remove", [&] { run.optimizer.remove("theta"); });
    refused("state", [&] { static_cast<void>(run.optimizer.state()); });
    refused("load_state", [&] { run.optimizer.load_state(state); });
    refused("memory", [&] { static_cast<void>(run.optimizer.memory()); });
    refused("writable_memory", [&] { static_cast<void>(run.optimizer.writable_memory(false)); });
    const TensorCounts counts{};
    refused("set_counts", [&] { run.optimizer.set_counts({}, std::span(&counts, 1)); });
    refused("average", [&] { run.optimizer.average(UniformAverage{}); });
    refused("stop_averaging", [&] { run.optimizer.stop_averaging(); });
    refused("swap_in_average", [&] { static_cast<void>(run.optimizer.swap_in_average()); });
    EXPECT_EQ(run.theta[0], 6.5);
  }
  EXPECT_EQ(run.theta[0], 6.0);
  EXPECT_EQ(run.optimizer.state(), state);
  run.steps(1);
}

TEST(SwappedInAverage, EndsWhenItIsTold) {
  Descent run;
  run.optimizer.average(UniformAverage{});
  run.steps(2);
  auto swapped = run.optimizer.swap_in_average();
  auto moved = std::move(swapped);
  EXPECT_EQ(run.theta[0], 6.5);
  moved.swap_out();
  EXPECT_EQ(run.theta[0], 6.0);
  run.steps(1);
  moved.swap_out();  // nothing more
  EXPECT_EQ(run.theta[0], 5.0);
}

TEST(SwappedInAverage, EndsWithAnException) {
  Descent run;
  run.optimizer.average(UniformAverage{});
  run.steps(2);
  EXPECT_THROW(
      {
        const auto swapped = run.optimizer.swap_in_average();
        throw std::runtime_error("evaluation failed");
      },
      std::runtime_error);
  EXPECT_EQ(run.theta[0], 6.0);
}

TEST(SwappedInAverage, StaysWithAnOptimizerThatIsMovedAndOutlivesOneThatGoes) {
  VectorXd theta = VectorXd::Constant(1, 8.0), gradient = VectorXd::Ones(1);
  auto first = std::make_unique<SGD<double>>();
  first->add("theta", theta, gradient);
  first->average(UniformAverage{});
  for (int step = 0; step < 2; ++step) first->step({.learning_rate = 1.0});
  {
    const auto swapped = first->swap_in_average();
    SGD<double> second = std::move(*first);
    first.reset();
    EXPECT_EQ(error_of([&] { second.step({.learning_rate = 1.0}); }),
              "step: the parameters hold their average; what swap_in_average returned must go first");
    first = std::make_unique<SGD<double>>(std::move(second));
    EXPECT_EQ(theta[0], 6.5);
  }
  EXPECT_EQ(theta[0], 6.0);
  first->step({.learning_rate = 1.0});
  {
    const auto swapped = first->swap_in_average();
    EXPECT_NEAR(theta[0], 6.0, rounding);
    first.reset();
  }
  EXPECT_EQ(theta[0], 5.0);
}

TEST(SwappedInAverage, FollowsAnObjectWhoseMemoryMoves) {
  Descent run;
  run.optimizer.average(UniformAverage{});
  run.steps(2);
  {
    const auto swapped = run.optimizer.swap_in_average();
    VectorXd elsewhere = run.theta;
    run.theta.swap(elsewhere);
  }
  EXPECT_EQ(run.theta[0], 6.0);
}

TEST(SwappedInAverage, IsRefusedOfAnObjectThatWasResizedAndChangesNothing) {
  Pair pair;
  VectorXd c = VectorXd::Ones(3), c_gradient = c;
  pair.optimizer.add("c", c, c_gradient);
  pair.optimizer.average(UniformAverage{});
  pair.step();
  pair.step();
  c.resize(4);
  EXPECT_EQ(error_of([&] { pair.averages(); }),
            "swap_in_average: the parameter \"c\" was resized from [3] to [4] after it was bound; call rebind");
  EXPECT_EQ(pair.a[0], 6.0);
}

TEST(SwappedInAverage, CannotEndIfAnObjectWasResizedAndTheOptimizerSaysSo) {
  Pair pair;
  VectorXd c = VectorXd::Ones(3), c_gradient = c;
  pair.optimizer.add("c", c, c_gradient);
  pair.optimizer.average(UniformAverage{});
  pair.step();
  pair.step();
  {
    auto swapped = pair.optimizer.swap_in_average();
    c.resize(4);
    EXPECT_EQ(error_of([&] { swapped.swap_out(); }),
              "swap_out: the parameter \"c\" was resized from [3] to [4] after it was bound; call rebind");
    EXPECT_EQ(pair.a[0], 6.5);  // all or nothing
    c.resize(3);
    swapped.swap_out();
    EXPECT_EQ(pair.a[0], 6.0);
    EXPECT_EQ(c, VectorXd::Constant(3, -1.0));
  }
  {
    const auto swapped = pair.optimizer.swap_in_average();
    c.resize(4);
  }
  EXPECT_EQ(error_of([&] { pair.step(); }),
            "step: the parameters hold their average, as one was resized before the trained ones could be put back");
}

TEST(AverageState, IsASlotOfEachTensorAndComesBackBitForBit) {
  Model<float, float> uninterrupted, interrupted, resumed;
  const auto train = [](Model<float, float>& model, std::uint64_t first, std::uint64_t steps) {
    for (std::uint64_t step = first; step < first + steps; ++step) model.step(step, {.learning_rate = 0.1});
  };
  for (auto* model : {&uninterrupted, &interrupted, &resumed}) {
    model->optimizer.average(ExponentialAverage{.decay = 0.99});
  }
  train(uninterrupted, 0, 8);
  train(interrupted, 0, 3);
  train(resumed, 50, 5);
  resumed.parameters = interrupted.parameters;
  const OptimizerState<float> state = interrupted.optimizer.state();
  EXPECT_EQ(state.averaging, Averaging(ExponentialAverage{.decay = 0.99}));
  EXPECT_EQ(state.tensors[1].averaged, 3);
  EXPECT_EQ(state.tensors[1].slots.back().name, average_slot);
  resumed.optimizer.load_state(state);
  EXPECT_EQ(resumed.optimizer.state(), state);
  train(resumed, 3, 5);
  EXPECT_EQ(resumed.parameters, uninterrupted.parameters);
  EXPECT_EQ(resumed.optimizer.state(), uninterrupted.optimizer.state());
}

TEST(AverageState, ComesBackByWayOfMemory) {
  Descent run, resumed;
  for (auto* one : {&run, &resumed}) one->optimizer.average(UniformAverage{});
  run.steps(2);
  resumed.theta = run.theta;
  const auto memory = run.optimizer.memory();
  resumed.optimizer.writable_memory(false).tensors[0].average[0] = memory.tensors[0].average[0];
  resumed.optimizer.set_counts(memory.counts, std::span(&memory.tensors[0].counts, 1));
  for (auto* one : {&run, &resumed}) one->steps(1);
  EXPECT_EQ(resumed.average(), run.average());
  EXPECT_EQ(resumed.optimizer.state(), run.optimizer.state());
}

TEST(AverageState, ComesBackFromTheMiddleOfAnAccumulation) {
  Model<float, double> run, resumed;
  for (auto* model : {&run, &resumed}) model->optimizer.average(UniformAverage{});
  run.step(0, {.learning_rate = 0.1});
  run.optimizer.accumulate();
  const auto slots = run.optimizer.state().tensors[1].slots;
  EXPECT_EQ(slots[slots.size() - 2].name, accumulated_gradient_slot);
  resumed.parameters = run.parameters;
  resumed.optimizer.load_state(run.optimizer.state());
  for (auto* model : {&run, &resumed}) model->step(1, {.learning_rate = 0.1});
  EXPECT_EQ(resumed.optimizer.state(), run.optimizer.state());
}

TEST(AverageState, DoesNotFitAnOptimizerThatAveragesOtherwise) {
  Descent none, half, mean;
  half.optimizer.average(ExponentialAverage{.decay = 0.5});
  mean.optimizer.average(UniformAverage{.start = 5});
  const auto error = [](Descent& to, Descent& from) {
    const auto before = to.optimizer.state();
    const std::string text = error_of([&] { to.optimizer.load_state(from.optimizer.state()); });
    EXPECT_EQ(to.optimizer.state(), before);
    return text;
  };
  const std::string begin = "load_state: the state does not fit this optimizer: its averaging is ";
  EXPECT_EQ(error(none, half), begin + "exponential (decay 0.5), not none");
  EXPECT_EQ(error(half, none), begin + "none, not exponential (decay 0.5)");
  EXPECT_EQ(error(mean, half), begin + "exponential (decay 0.5), not uniform (start 5)");
  auto state = half.optimizer.state();
  state.tensors[0].averaged = -1;
  EXPECT_EQ(error_of([&] { half.optimizer.load_state(state); }),
            "load_state: the state does not fit this optimizer: averaged of \"theta\" must be in [0, 2^53], got -1");
  const TensorCounts counts{.updates = 3, .averaged = 2};
  EXPECT_EQ(error_of([&] { none.optimizer.set_counts({}, std::span(&counts, 1)); }),
            "set_counts: averaged must be 0 where no average is kept, got 2");
}

/// The average after one more update by 3%, the million and first, of an average of 1.
template <class State>
double average_after_a_million_updates() {
  VectorXf theta = VectorXf::Constant(1, 1.03f), gradient = VectorXf::Zero(1);
  SGD<float, State> optimizer;
  optimizer.add("theta", theta, gradient);
  optimizer.average(UniformAverage{});
  OptimizerState<State> state = optimizer.state();
  state.tensors[0].updates = state.tensors[0].averaged = 1'000'000;
  state.tensors[0].slots.back().values = {1};
  optimizer.load_state(state);
  optimizer.step({.learning_rate = 0.0});
  return static_cast<double>(optimizer.state().tensors[0].slots.back().values[0]);
}

TEST(AverageState, InFloatStandsStillWhereThatInDoubleMoves) {
  EXPECT_EQ(average_after_a_million_updates<float>(), 1.0);  // 0.03 / 1e6 is 3e-8, and half of float's step is 6e-8
  EXPECT_NEAR(average_after_a_million_updates<double>(), 1.0 + 0.03 / 1'000'001, 1e-13);
}

}  // namespace
}  // namespace eigentune
