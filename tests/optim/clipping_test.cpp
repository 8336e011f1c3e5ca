#include <eigentune/optim.hpp>

#include <gtest/gtest.h>

#include <limits>

#include "support/special_values.hpp"

namespace eigentune {
namespace {

using Eigen::Vector2d;
using Eigen::Vector3d;

using support::infinity;

/// Two tensors, at zero, whose gradients have the norms 5 and 12, together 13. With SGD at rate 1 a step leaves the
/// negative of the gradients as the rule saw them.
class Clipping : public testing::Test {
 protected:
  Clipping() {
    optimizer.add("a", a, a_gradient);
    optimizer.add("b", b, b_gradient);
  }
  void expect(const Vector2d& a_seen, const Vector3d& b_seen) {
    for (int i = 0; i < 2; ++i) EXPECT_DOUBLE_EQ(-a[i], a_seen[i]);
    for (int i = 0; i < 3; ++i) EXPECT_DOUBLE_EQ(-b[i], b_seen[i]);
    EXPECT_EQ(a_gradient, Vector2d(3, -4));  // clipping never writes to the bound gradients
    EXPECT_EQ(b_gradient, Vector3d(0, 12, 0));
  }

  Vector2d a = Vector2d::Zero(), a_gradient{3, -4};
  Vector3d b = Vector3d::Zero(), b_gradient{0, 12, 0};
  SGD<double> optimizer;
};

TEST_F(Clipping, ByTheGlobalNormScalesAllTensorsAlike) {
  const StepReport report = optimizer.step({.learning_rate = 1, .max_gradient_norm = 6.5});
  EXPECT_EQ(report.gradient_norm, 13);  // before clipping
  EXPECT_EQ(report.clip_scale, 0.5);
  expect({1.5, -2}, {0, 6, 0});
}

TEST_F(Clipping, ByANormThatIsNotExceededIsNone) {
  EXPECT_EQ(optimizer.step({.learning_rate = 0.5, .max_gradient_norm = 13, .max_tensor_norm = 12}).clip_scale, 1.0);
  EXPECT_EQ(optimizer.step({.learning_rate = 0.5, .max_gradient_norm = 13.1, .max_tensor_norm = 12.1}).clip_scale, 1.0);
  expect({3, -4}, {0, 12, 0});
}

TEST_F(Clipping, ByAnInfiniteThresholdIsNone) {
  const StepReport report = optimizer.step({.learning_rate = 1,
                                            .max_gradient_norm = infinity,
                                            .max_tensor_norm = infinity,
                                            .adaptive_clip = infinity,
                                            .max_gradient_value = infinity});
  EXPECT_EQ(report.clip_scale, 1.0);
  expect({3, -4}, {0, 12, 0});
}

TEST_F(Clipping, ByTensorNormScalesEachTensorByItself) {
  const StepReport report = optimizer.step({.learning_rate = 1, .max_tensor_norm = 6});
  EXPECT_EQ(report.gradient_norm, 13);
  EXPECT_EQ(report.clip_scale, 1.0);  // of the global norm only
  expect({3, -4}, {0, 6, 0});
}

TEST_F(Clipping, ByValueLimitsEachElement) {
  EXPECT_EQ(optimizer.step({.learning_rate = 1, .max_gradient_value = 3.5}).clip_scale, 1.0);
  expect({3, -3.5}, {0, 3.5, 0});
}

TEST_F(Clipping, GoesOnWithWhatTheOneBeforeHasLeft) {
  // Global: half, so norms 2.5 and 6. Tensor: b to 3. Value: 1.75.
  const StepReport report =
      optimizer.step({.learning_rate = 1, .max_gradient_norm = 6.5, .max_tensor_norm = 3, .max_gradient_value = 1.75});
  EXPECT_EQ(report.gradient_norm, 13);
  EXPECT_EQ(report.clip_scale, 0.5);
  expect({1.5, -1.75}, {0, 1.75, 0});
}

TEST_F(Clipping, WorksWithoutTheFiniteCheck) {
  const StepReport report = optimizer.step({.learning_rate = 1, .max_gradient_norm = 6.5, .check_finite = false});
  EXPECT_EQ(report.gradient_norm, 13);
  EXPECT_EQ(report.clip_scale, 0.5);
  expect({1.5, -2}, {0, 6, 0});
}

TEST_F(Clipping, LeavesWeightDecayAlone) {
  a.setConstant(8);
  b.setConstant(8);
  optimizer.options_for("a", {.weight_decay = 0.25, .coupled = true});
  optimizer.options_for("b", {.weight_decay = 0.25});
  optimizer.step({.learning_rate = 1, .max_gradient_norm = 6.5, .max_gradient_value = 1.75});
  EXPECT_EQ(a, Vector2d(8 - (1.5 + 2), 8 - (-1.75 + 2)));  // coupled decay comes after clipping
  EXPECT_EQ(b, Vector3d(6, 6 - 1.75, 6));
}

TEST_F(Clipping, OfFrozenTensorsIsNone) {
  optimizer.options_for("b", {.frozen = true});
  const StepReport report = optimizer.step({.learning_rate = 1, .max_gradient_norm = 2.5});
  EXPECT_EQ(report.gradient_norm, 5);
  EXPECT_EQ(report.clip_scale, 0.5);
  expect({1.5, -2}, {0, 0, 0});
}

TEST_F(Clipping, HappensAtEachStepAnew) {
  EXPECT_EQ(optimizer.step({.learning_rate = 0, .max_gradient_norm = 1.0, .max_tensor_norm = 1.0}).clip_scale,
            1.0 / 13);
  EXPECT_EQ(optimizer.step({.learning_rate = 1}).clip_scale, 1.0);
  expect({3, -4}, {0, 12, 0});
}

TEST(ClippingByNorm, OfTheLargestFloatsIsStillExact) {
  // The norm is taken in double: squares of the largest floats do not overflow there, nor do those of the smallest
  // vanish.
  constexpr float most = std::numeric_limits<float>::max(), least = std::numeric_limits<float>::denorm_min();
  for (const float value : {most, least}) {
    Eigen::Vector4f parameter = Eigen::Vector4f::Zero(), gradient = Eigen::Vector4f::Constant(value);
    SGD<float> optimizer;
    optimizer.add("w", parameter, gradient);
    const StepReport report = optimizer.step({.learning_rate = 1, .max_gradient_norm = static_cast<double>(value)});
    EXPECT_EQ(report.gradient_norm, 2.0 * static_cast<double>(value));
    EXPECT_EQ(report.clip_scale, 0.5);
  }
}

TEST(ClippingByNorm, OfManyEqualElementsIsExact) {
  Eigen::VectorXf parameter = Eigen::VectorXf::Zero(1 << 18), gradient = Eigen::VectorXf::Constant(1 << 18, 0.5f);
  SGD<float> optimizer;
  optimizer.add("w", parameter, gradient);
  const StepReport report = optimizer.step({.learning_rate = 1, .max_gradient_norm = 64});
  EXPECT_EQ(report.gradient_norm, 256);  // sqrt(2^18 / 4)
  EXPECT_TRUE(parameter.isConstant(-0.125f, 0));
}

}  // namespace
}  // namespace eigentune
