#include <eigentune/optim.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "support/expect.hpp"
#include "support/special_values.hpp"

namespace eigentune {
namespace {

using Eigen::MatrixXd;
using Eigen::Vector2d;
using Eigen::Vector3d;
using Eigen::VectorXd;
using support::error_of;

using support::infinity;
using support::nan;

TEST(Step, SubtractsTheRatesMultipleOfWhatTheRuleSays) {
  Vector3d parameter(1, 2, -3), gradient(0.5, -1, 2);
  SGD<double> optimizer;
  optimizer.add("w", parameter, gradient);
  optimizer.step({.learning_rate = 0.25});
  EXPECT_EQ(parameter, Vector3d(0.875, 2.25, -3.5));
  EXPECT_EQ(gradient, Vector3d(0.5, -1, 2));
  optimizer.step({.learning_rate = 2});  // the rate is of the step; a whole number will do
  EXPECT_EQ(parameter, Vector3d(-0.125, 4.25, -7.5));
}

TEST(Step, ReportsTheNormOverAllTensorsAndCountsSteps) {
  Vector2d a(1, 1), a_gradient(3, 0);
  VectorXd b(1), b_gradient(1), none(0), none_gradient(0);
  b_gradient << -4;
  SGD<double> optimizer;
  optimizer.add("a", a, a_gradient);
  optimizer.add("none", none, none_gradient);
  optimizer.add("b", b, b_gradient);
  for (std::int64_t step = 1; step <= 3; ++step) {
    const StepReport report = optimizer.step({.learning_rate = 0.1});
    EXPECT_TRUE(report.applied);
    EXPECT_EQ(report.gradient_norm, 5.0);
    EXPECT_EQ(report.clip_scale, 1.0);
    EXPECT_EQ(report.step, step);
    EXPECT_EQ(report.skipped, 0);
    EXPECT_EQ(report.consecutive_skips, 0);
  }
}

TEST(Step, ReportsTheSameNormWhetherItIsTakenBeforeOrDuringThePass) {
  for (const std::int64_t size : {1, 15, 16, 33, 16384, 16385, 40000}) {
    Eigen::VectorXf parameter = Eigen::VectorXf::Random(size), gradient = Eigen::VectorXf::Random(size);
    Adam<float> optimizer;
    optimizer.add("w", parameter, gradient);
    const double before = optimizer.step({.learning_rate = 0.1}).gradient_norm;
    EXPECT_EQ(optimizer.step({.learning_rate = 0.1, .check_finite = false}).gradient_norm, before);
    EXPECT_EQ(optimizer.step({.learning_rate = 0.1, .adaptive_clip = 1e-3, .check_finite = false}).gradient_norm,
              before);
    EXPECT_NEAR(before, static_cast<double>(gradient.cast<long double>().norm()), 1e-14 * before);
  }
}

TEST(Step, LeavesTheNormOutWhereItIsNotMeasuredAndChangesNoOtherBit) {
  for (const std::optional<double> adaptive_clip : {std::optional<double>(), std::optional(1e-3)}) {
    StepOptions options{.learning_rate = 0.1, .adaptive_clip = adaptive_clip, .check_finite = false};
    Eigen::VectorXf with = Eigen::VectorXf::Random(20001), gradient = Eigen::VectorXf::Random(20001), without = with;
    Adam<float> measuring, not_measuring;
    measuring.add("w", with, gradient);
    not_measuring.add("w", without, gradient);
    for (int step = 0; step < 3; ++step) {
      options.measure_norm = true;
      const StepReport measured = measuring.step(options);
      options.measure_norm = false;
      const StepReport report = not_measuring.step(options);
      EXPECT_TRUE(std::isnan(report.gradient_norm));
      EXPECT_GT(measured.gradient_norm, 0.0);
      EXPECT_TRUE(report.applied);
      EXPECT_EQ(report.clip_scale, 1.0);
      EXPECT_EQ(report.step, measured.step);
    }
    EXPECT_EQ(std::memcmp(with.data(), without.data(), 20001 * sizeof(float)), 0);
    EXPECT_TRUE(measuring.state() == not_measuring.state());
  }
}

TEST(Step, RefusesToLeaveOutANormThatIsNeeded) {
  Eigen::Array2f parameter(1.0F, 2.0F), gradient(3.0F, 4.0F);
  SGD<float> optimizer;
  optimizer.add("theta", parameter, gradient);
  const auto error = [&](const StepOptions& options) { return support::error_of([&] { optimizer.step(options); }); };
  EXPECT_EQ(error({.learning_rate = 1, .measure_norm = false}),
            "step: measure_norm must be true with check_finite, got false");
  EXPECT_EQ(error({.learning_rate = 1, .max_gradient_norm = 1, .check_finite = false, .measure_norm = false}),
            "step: measure_norm must be true with max_gradient_norm, got false");
  EXPECT_EQ(error({.learning_rate = 1, .max_tensor_norm = 1, .check_finite = false, .measure_norm = false}),
            "step: measure_norm must be true with max_tensor_norm, got false");
  EXPECT_EQ(parameter[0], 1.0F);
}

TEST(Step, OnNothingOrOnTensorsWithoutElementsIsApplied) {
  SGD<double> optimizer;
  EXPECT_TRUE(optimizer.step({.learning_rate = 0.1}).applied);
  VectorXd vector(0), vector_gradient(0);
  MatrixXd matrix(0, 3), matrix_gradient(0, 3), flat(3, 0), flat_gradient(3, 0);
  optimizer.add("vector", vector, vector_gradient);
  optimizer.add("matrix", matrix, matrix_gradient);
  optimizer.add("flat", flat, flat_gradient);
  for (const bool check : {true, false}) {
    const StepReport report = optimizer.step({.learning_rate = 0.1,
                                              .max_gradient_norm = 1.0,
                                              .max_tensor_norm = 1.0,
                                              .adaptive_clip = 0.1,
                                              .max_gradient_value = 1.0,
                                              .zero_gradients = true,
                                              .check_finite = check});
    EXPECT_TRUE(report.applied);
    EXPECT_EQ(report.gradient_norm, 0.0);
  }
  optimizer.accumulate();
  EXPECT_EQ(optimizer.step({.learning_rate = 0.1}).step, 4);
}

TEST(Step, ReachesEveryKindOfObject) {
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  MatrixXd matrix = MatrixXd::Ones(3, 4), matrix_gradient(3, 4);
  RowMajor row_major = RowMajor::Ones(3, 4), row_major_gradient(3, 4);
  Eigen::ArrayXXd array = Eigen::ArrayXXd::Ones(3, 4), array_gradient(3, 4);
  Eigen::Matrix<double, 2, 2> fixed = Eigen::Matrix2d::Ones(), fixed_gradient;
  Eigen::RowVectorXd row = Eigen::RowVectorXd::Ones(4);
  VectorXd row_gradient(4);  // vectors agree whichever way they lie
  MatrixXd block = MatrixXd::Ones(3, 4), block_gradient(3, 4);
  std::vector<double> memory(12, 1.0), memory_gradient(12);
  MatrixXd referred = MatrixXd::Ones(3, 4), referred_gradient(3, 4);
  Eigen::Ref<MatrixXd> reference(referred), reference_gradient(referred_gradient);
  for (auto* gradient : {&matrix_gradient, &block_gradient, &referred_gradient}) gradient->setConstant(0.5);
  row_major_gradient.setConstant(0.5);
  array_gradient.setConstant(0.5);
  fixed_gradient.setConstant(0.5);
  row_gradient.setConstant(0.5);
  std::fill(memory_gradient.begin(), memory_gradient.end(), 0.5);

  SGD<double> optimizer;
  optimizer.add("matrix", matrix, matrix_gradient);
  optimizer.add("row_major", row_major, row_major_gradient);
  optimizer.add("array", array, array_gradient.matrix());
  optimizer.add("fixed", fixed, fixed_gradient);
  optimizer.add("row", row, row_gradient);
  optimizer.add("block", block.middleCols(1, 2), block_gradient.middleCols(1, 2));
  optimizer.add("map", Eigen::Map<RowMajor>(memory.data(), 3, 4), Eigen::Map<RowMajor>(memory_gradient.data(), 3, 4));
  optimizer.add("reference", reference, reference_gradient);
  optimizer.step({.learning_rate = 1.0});

  EXPECT_TRUE(matrix.isConstant(0.5));
  EXPECT_TRUE(row_major.isConstant(0.5));
  EXPECT_TRUE(array.isConstant(0.5));
  EXPECT_TRUE(fixed.isConstant(0.5));
  EXPECT_TRUE(row.isConstant(0.5));
  EXPECT_TRUE(block.middleCols(1, 2).isConstant(0.5));
  EXPECT_TRUE(block.col(0).isOnes() && block.col(3).isOnes());
  EXPECT_EQ(memory, std::vector<double>(12, 0.5));
  EXPECT_TRUE(referred.isConstant(0.5));
}

TEST(Step, WithARateOfZeroMovesStateAndNoParameter) {
  Vector2d parameter(1, 2), gradient(4, -8);
  Adam<double> optimizer({.beta1 = 0.5});
  optimizer.add("w", parameter, gradient, {.weight_decay = 0.1});
  EXPECT_TRUE(optimizer.step({.learning_rate = 0.0}).applied);
  EXPECT_EQ(parameter, Vector2d(1, 2));
  EXPECT_EQ(optimizer.state_values("w", "m")[0], 2.0);
  EXPECT_EQ(optimizer.state_values("w", "m")[1], -4.0);
}

TEST(Step, CountsEachTensorsAgeFromItsOwnFirstUpdate) {
  // Adam's first update is the rate times the gradient's sign (with no epsilon), whenever the tensor came.
  VectorXd early = VectorXd::Zero(1), late = VectorXd::Zero(1), gradient = VectorXd::Constant(1, 7), other = gradient;
  Adam<double> optimizer({.epsilon = 0.0});
  optimizer.add("early", early, gradient);
  for (int step = 0; step < 10; ++step) optimizer.step({.learning_rate = 0.0});
  optimizer.add("late", late, other);
  optimizer.step({.learning_rate = 0.5});
  EXPECT_NEAR(late[0], -0.5, 1e-15);
  EXPECT_EQ(optimizer.state().tensors[0].updates, 11);
  EXPECT_EQ(optimizer.state().tensors[1].updates, 1);
}

TEST(GradientScale, MultipliesGradientsAndTheirNorm) {
  Vector2d parameter(0, 0), gradient(3, -4);
  SGD<double> optimizer;
  optimizer.add("w", parameter, gradient);
  EXPECT_EQ(optimizer.step({.learning_rate = 1, .gradient_scale = 0.5}).gradient_norm, 2.5);
  EXPECT_EQ(parameter, Vector2d(-1.5, 2));
  EXPECT_EQ(gradient, Vector2d(3, -4));
  EXPECT_EQ(optimizer.step({.learning_rate = 1, .check_finite = false, .gradient_scale = -0.5}).gradient_norm, 2.5);
  EXPECT_EQ(parameter, Vector2d(0, 0));  // a negative scale climbs
}

TEST(GradientScale, ComesBeforeClipping) {
  Vector2d parameter(0, 0), gradient(300, -400);
  SGD<double> optimizer;
  optimizer.add("w", parameter, gradient);
  const StepReport report = optimizer.step({.learning_rate = 1, .max_gradient_norm = 2.5, .gradient_scale = -0.01});
  EXPECT_DOUBLE_EQ(report.gradient_norm, 5.0);
  EXPECT_DOUBLE_EQ(report.clip_scale, 0.5);
  EXPECT_DOUBLE_EQ(parameter[0], 1.5);
  EXPECT_DOUBLE_EQ(parameter[1], -2.0);
}

TEST(StepOptions, OutOfRangeAreRefusedAndNothingHappens) {
  Vector2d parameter(1, 2), gradient(3, 4);
  Adam<double> optimizer;
  optimizer.add("w", parameter, gradient);
  const auto before = optimizer.state();
  const auto refused = [&](const StepOptions& options) {
    const std::string text = error_of([&] { optimizer.step(options); });
    EXPECT_EQ(parameter, Vector2d(1, 2));
    EXPECT_EQ(gradient, Vector2d(3, 4));
    EXPECT_EQ(optimizer.state(), before);
    return text;
  };
  EXPECT_EQ(refused({.learning_rate = -0.1}), "step: learning_rate must be in [0, inf), got -0.1");
  EXPECT_EQ(refused({.learning_rate = nan}), "step: learning_rate must be in [0, inf), got nan");
  EXPECT_EQ(refused({.learning_rate = infinity}), "step: learning_rate must be in [0, inf), got inf");
  for (const auto& [value, text] : {std::pair(0.0, "0"), std::pair(-1.5, "-1.5"), std::pair(nan, "nan")}) {
    const std::string rest = std::string(" must be greater than 0, got ") + text;
    EXPECT_EQ(refused({.learning_rate = 1, .max_gradient_norm = value}), "step: max_gradient_norm" + rest);
    EXPECT_EQ(refused({.learning_rate = 1, .max_tensor_norm = value}), "step: max_tensor_norm" + rest);
    EXPECT_EQ(refused({.learning_rate = 1, .adaptive_clip = value}), "step: adaptive_clip" + rest);
    EXPECT_EQ(refused({.learning_rate = 1, .max_gradient_value = value}), "step: max_gradient_value" + rest);
  }
  EXPECT_EQ(refused({.learning_rate = 1, .gradient_scale = 0}), "step: gradient_scale must be finite and not 0, got 0");
  EXPECT_EQ(refused({.learning_rate = 1, .gradient_scale = nan}),
            "step: gradient_scale must be finite and not 0, got nan");
  EXPECT_EQ(refused({.learning_rate = 1, .gradient_scale = -infinity}),
            "step: gradient_scale must be finite and not 0, got -inf");
}

}  // namespace
}  // namespace eigentune
