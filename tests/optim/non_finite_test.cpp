#include <eigentune/optim.hpp>

#include <gtest/gtest.h>
#include <unsupported/Eigen/CXX11/ThreadPool>

#include <array>
#include <cmath>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>

#include "support/expect.hpp"
#include "support/numbers.hpp"
#include "support/special_values.hpp"

namespace eigentune {
namespace {

using Eigen::Vector2d;
using Eigen::VectorXd;
using Eigen::VectorXf;
using support::error_of;

static_assert(std::is_base_of_v<Error, DivergenceError>);

template <class Scalar>
constexpr std::array<Scalar, 3> not_finite = {std::numeric_limits<Scalar>::quiet_NaN(),
                                              std::numeric_limits<Scalar>::infinity(),
                                              -std::numeric_limits<Scalar>::infinity()};

using support::infinity;
using support::nan;

template <class Vector>
bool same_bits(const Vector& a, const Vector& b) {
  using Numbers = std::span<const typename Vector::Scalar>;
  return support::same_bits(Numbers(a.data(), static_cast<std::size_t>(a.size())),
                            Numbers(b.data(), static_cast<std::size_t>(b.size())));
}

TEST(NonFinite, GradientAnywhereSkipsTheStepAndChangesNoBit) {
  // Wherever it is: in the first tile, the body, the tail, the last block; in any tensor; whatever the clipping.
  VectorXf a = VectorXf::Random(16384 + 7), b = VectorXf::Random(3), a_gradient = a, b_gradient = b;
  a[5] = -0.0f;  // a bit that a careless write would change
  Adam<float> optimizer({}, {.max_consecutive_skips = 1000});
  optimizer.add("a", a, a_gradient, {.weight_decay = 0.1});
  optimizer.add("b", b, b_gradient);
  optimizer.step({.learning_rate = 0.1});
  const VectorXf a_before = a, b_before = b;
  const OptimizerState<float> before = optimizer.state();
  Eigen::ThreadPool pool(2);
  for (const float bad : not_finite<float>) {
    for (float* place : {&a_gradient[0], &a_gradient[15], &a_gradient[9000], &a_gradient[16384], &a_gradient[16390],
                         &b_gradient[0], &b_gradient[2]}) {
      const float good = std::exchange(*place, bad);
      for (const StepOptions& options :
           {StepOptions{.learning_rate = 0.1}, StepOptions{.learning_rate = 0.1, .max_gradient_norm = 1.0},
            StepOptions{
                .learning_rate = 0.1, .max_tensor_norm = 1.0, .adaptive_clip = 0.1, .max_gradient_value = 0.5}}) {
        EXPECT_FALSE(optimizer.step(options).applied);
        EXPECT_FALSE(optimizer.step(pool, options).applied);
      }
      *place = good;
    }
  }
  EXPECT_TRUE(same_bits(a, a_before));
  EXPECT_TRUE(same_bits(b, b_before));
  EXPECT_EQ(optimizer.state().tensors, before.tensors);
  EXPECT_EQ(optimizer.state().step, 1);
  EXPECT_EQ(optimizer.state().skipped, 3 * 7 * 6);
}

TEST(NonFinite, StepsAreCountedAndReported) {
  Vector2d parameter(1, 1), gradient(1, 1);
  SGD<double> optimizer;
  optimizer.add("w", parameter, gradient);
  optimizer.step({.learning_rate = 1});
  gradient[1] = infinity;
  for (std::int64_t skips = 1; skips <= 3; ++skips) {
    const StepReport report = optimizer.step({.learning_rate = 1, .max_gradient_norm = 0.1});
    EXPECT_FALSE(report.applied);
    EXPECT_EQ(report.gradient_norm, infinity);
    EXPECT_EQ(report.clip_scale, 1.0);
    EXPECT_EQ(report.step, 1);
    EXPECT_EQ(report.skipped, skips);
    EXPECT_EQ(report.consecutive_skips, skips);
  }
  gradient[1] = nan;
  EXPECT_TRUE(std::isnan(optimizer.step({.learning_rate = 1}).gradient_norm));
  gradient[1] = 1;
  const StepReport report = optimizer.step({.learning_rate = 1});
  EXPECT_TRUE(report.applied);
  EXPECT_EQ(report.step, 2);
  EXPECT_EQ(report.skipped, 4);
  EXPECT_EQ(report.consecutive_skips, 0);
}

TEST(NonFinite, StepsInARowThrowAtExactlyTheStatedNumber) {
  Vector2d parameter(1, 1), gradient(1, 1);
  SGD<double> optimizer({}, {.max_consecutive_skips = 3});
  optimizer.add("w", parameter, gradient);
  optimizer.step({.learning_rate = 0.5});
  const auto skip = [&] { return optimizer.step({.learning_rate = 0.5}); };
  gradient[0] = infinity;
  EXPECT_EQ(skip().consecutive_skips, 1);
  EXPECT_EQ(skip().consecutive_skips, 2);
  gradient[0] = 1;
  EXPECT_TRUE(optimizer.step({.learning_rate = 0.5}).applied);  // in between: the count starts anew
  gradient[0] = infinity;
  EXPECT_EQ(skip().consecutive_skips, 1);
  EXPECT_EQ(skip().consecutive_skips, 2);
  EXPECT_EQ(
      error_of<DivergenceError>(skip),
      "step: the gradients were not finite in 3 steps in a row (gradient norm inf after 2 applied steps); training "
      "has diverged");
  EXPECT_EQ(parameter, Vector2d(0, 0));
  EXPECT_EQ(optimizer.state().skipped, 5);
  EXPECT_EQ(optimizer.state().consecutive_skips, 3);
  gradient[0] = nan;
  EXPECT_EQ(
      error_of<DivergenceError>(skip),  // who catches it and goes on is told again
      "step: the gradients were not finite in 4 steps in a row (gradient norm nan after 2 applied steps); training "
      "has diverged");
  gradient[0] = 2;
  const StepReport report = skip();
  EXPECT_TRUE(report.applied);
  EXPECT_EQ(report.skipped, 6);
  EXPECT_EQ(report.consecutive_skips, 0);
  EXPECT_EQ(parameter, Vector2d(-1, -0.5));
}

TEST(NonFinite, StepsThrowAtTheTwentiethByDefault) {
  Vector2d parameter(1, 1), gradient(1, nan);
  SGD<double> optimizer;
  optimizer.add("w", parameter, gradient);
  for (int skip = 1; skip < 20; ++skip) EXPECT_FALSE(optimizer.step({.learning_rate = 0.5}).applied);
  EXPECT_THROW(optimizer.step({.learning_rate = 0.5}), DivergenceError);
}

TEST(NonFinite, GradientsAreWrittenThroughWithoutTheCheck) {
  for (const double bad : not_finite<double>) {
    for (const bool clip : {false, true}) {
      VectorXd parameter = VectorXd::Ones(20), gradient = VectorXd::Ones(20);
      gradient[17] = bad;
      SGD<double> optimizer({}, {.max_consecutive_skips = 1});
      optimizer.add("w", parameter, gradient);
      StepOptions options{.learning_rate = 0.5, .check_finite = false};
      if (clip) options.max_gradient_norm = options.max_tensor_norm = 1.0;
      const StepReport report = optimizer.step(options);
      EXPECT_TRUE(report.applied);
      EXPECT_FALSE(is_finite(report.gradient_norm));
      EXPECT_EQ(report.clip_scale, 1.0);  // there is nothing sensible to clip to
      EXPECT_EQ(report.skipped, 0);
      EXPECT_FALSE(is_finite(parameter[17]));
      EXPECT_EQ(parameter[16], 0.5);
      EXPECT_EQ(parameter[19], 0.5);
    }
  }
}

TEST(NonFinite, OneTensorsNormDoesNotSpoilTheClippingOfOthersWithoutTheCheck) {
  Vector2d bad(0, 0), good(0, 0), bad_gradient(nan, 1), good_gradient(3, 4);
  SGD<double> optimizer;
  optimizer.add("bad", bad, bad_gradient);
  optimizer.add("good", good, good_gradient);
  optimizer.step({.learning_rate = 1, .max_tensor_norm = 2.5, .check_finite = false});
  EXPECT_EQ(good, Vector2d(-1.5, -2));
}

TEST(NonFinite, ResultOfTheGradientScaleSkipsToo) {
  Vector2d parameter(1, 1), gradient(1e300, 1);
  SGD<double> optimizer;
  optimizer.add("w", parameter, gradient);
  EXPECT_FALSE(optimizer.step({.learning_rate = 1e-300, .gradient_scale = 1e300}).applied);
  EXPECT_EQ(parameter, Vector2d(1, 1));
}

TEST(NonFinite, ParametersAreTheCallersBusiness) {
  Vector2d parameter(nan, 1), gradient(1, 1);
  SGD<double> optimizer;
  optimizer.add("w", parameter, gradient);
  EXPECT_TRUE(optimizer.step({.learning_rate = 0.5}).applied);
  EXPECT_EQ(parameter[1], 0.5);
}

}  // namespace
}  // namespace eigentune
