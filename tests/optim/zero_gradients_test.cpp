#include <eigentune/optim.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace eigentune {
namespace {

using Eigen::VectorXf;

constexpr float float_nan = std::numeric_limits<float>::quiet_NaN();

/// A tensor that ends within a tile, a frozen one and one without elements.
class ZeroGradients : public testing::Test {
 protected:
  ZeroGradients() {
    optimizer.add("w", parameter, gradient);
    optimizer.add("frozen", frozen, frozen_gradient, {.frozen = true});
    optimizer.add("none", none, none_gradient);
  }
  StepReport step(StepOptions options) {
    options.zero_gradients = true;
    return optimizer.step(options);
  }
  void expect_zeros() {
    EXPECT_TRUE(gradient.isZero(0));
    EXPECT_TRUE(frozen_gradient.isZero(0));
    EXPECT_TRUE(frozen.isOnes(0));
  }

  VectorXf parameter = VectorXf::Ones(37), gradient = VectorXf::Ones(37);
  VectorXf frozen = VectorXf::Ones(5), frozen_gradient = VectorXf::Ones(5);
  VectorXf none, none_gradient;
  SGD<float> optimizer;
};

TEST_F(ZeroGradients, LeavesThemAloneByDefault) {
  optimizer.step({.learning_rate = 1});
  EXPECT_TRUE(gradient.isOnes(0) && frozen_gradient.isOnes(0));
}

TEST_F(ZeroGradients, HappensInTheStepThatUsesThem) {
  step({.learning_rate = 0.5});
  expect_zeros();
  EXPECT_TRUE(parameter.isConstant(0.5, 0));
  step({.learning_rate = 0.5});  // so that the next step starts from nothing
  EXPECT_TRUE(parameter.isConstant(0.5, 0));
}

TEST_F(ZeroGradients, HappensWithoutTheFiniteCheck) {
  step({.learning_rate = 0.5, .check_finite = false});
  expect_zeros();
  EXPECT_TRUE(parameter.isConstant(0.5, 0));
}

TEST_F(ZeroGradients, HappensWithEveryClipping) {
  const StepReport report = step({.learning_rate = 0.5,
                                  .max_gradient_norm = 1.0,
                                  .max_tensor_norm = 0.5,
                                  .adaptive_clip = 0.1,
                                  .max_gradient_value = 0.01});
  EXPECT_NEAR(report.gradient_norm, std::sqrt(37.0), 1e-14);
  expect_zeros();
}

TEST_F(ZeroGradients, HappensWhenTheStepIsSkipped) {
  gradient[36] = float_nan;
  EXPECT_FALSE(step({.learning_rate = 0.5}).applied);
  expect_zeros();
  EXPECT_TRUE(parameter.isOnes(0));
  EXPECT_TRUE(step({.learning_rate = 0.5}).applied);
}

TEST_F(ZeroGradients, HappensWhenTheStepThrowsForDivergence) {
  SGD<float> strict({}, {.max_consecutive_skips = 1});
  strict.add("w", parameter, gradient);
  gradient[3] = float_nan;
  EXPECT_THROW(strict.step({.learning_rate = 0.5, .zero_gradients = true}), DivergenceError);
  EXPECT_TRUE(gradient.isZero(0));
}

TEST_F(ZeroGradients, HappensToBoundGradientsAfterAnAccumulation) {
  optimizer.accumulate();
  gradient.setConstant(3);
  optimizer.accumulate();
  gradient.setConstant(100);  // not accumulated, so not used
  step({.learning_rate = 0.25});
  expect_zeros();
  EXPECT_TRUE(parameter.isConstant(0.5, 0));
}

TEST_F(ZeroGradients, WritesAPositiveZeroOverANegativeOne) {
  gradient.setConstant(-0.0f);
  step({.learning_rate = 1});
  EXPECT_FALSE((gradient.array().unaryExpr([](float value) { return std::signbit(value) ? 1 : 0; }) != 0).any());
}

TEST_F(ZeroGradients, ReachesFloatsUnderStateInDouble) {
  Adam<float, double> mixed;
  VectorXf other = VectorXf::Ones(37), other_gradient = VectorXf::Ones(37);
  mixed.add("w", other, other_gradient);
  mixed.step({.learning_rate = 0.5, .zero_gradients = true});
  EXPECT_TRUE(other_gradient.isZero(0));
}

}  // namespace
}  // namespace eigentune
