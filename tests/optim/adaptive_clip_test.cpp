// Adaptive gradient clipping against the definition, element by element: a unit is a set of indices, its norms are sums
// over the set (Brock et al. 2021, section 4).

#include <eigentune/optim.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "optim/array.hpp"

namespace eigentune {
namespace {

using support::Array;

enum class Unit { whole, first, last };

/// The clipped gradient by the definition. Parameters and gradients are small whole numbers, so that sums of squares
/// are exact.
Array<double> clipped_by_definition(Array<double> parameter, Array<double> gradient, Unit unit, double threshold) {
  const auto key = [&](const std::vector<std::int64_t>& index) {
    return unit == Unit::whole || index.empty() ? 0 : unit == Unit::first ? index.front() : index.back();
  };
  std::map<std::int64_t, double> parameter_squares, gradient_squares;
  for (const auto& index : gradient.indices()) {
    parameter_squares[key(index)] += parameter.at(index) * parameter.at(index);
    gradient_squares[key(index)] += gradient.at(index) * gradient.at(index);
  }
  for (const auto& index : gradient.indices()) {
    const double gradient_norm = std::sqrt(gradient_squares[key(index)]);
    const double most = threshold * std::max(1e-3, std::sqrt(parameter_squares[key(index)]));
    if (gradient_norm > most) gradient.at(index) *= most / gradient_norm;
  }
  return gradient;
}

Array<double> numbers(const Shape& shape, StorageOrder order, int seed) {
  Array<double> array{.shape = shape, .order = order};
  int i = seed;
  // A few small ones, so that some units are clipped and others not.
  for (const auto& index : array.indices())
    array.at(index) = (i = (i * 13 + 7) % 31) - (index.empty() || index[0] % 2 ? 15 : 30);
  return array;
}

/// The gradient as the rule sees it.
Array<double> clipped_by_step(Array<double> parameter, Array<double> gradient, const TensorOptions& tensor_options,
                              const StepOptions& options) {
  const Array<double> before = parameter;
  SGD<double> optimizer;
  optimizer.add("w", parameter, gradient, tensor_options);
  optimizer.step(options);
  Array<double> seen = parameter;
  for (std::size_t i = 0; i < seen.memory.size(); ++i) seen.memory[i] = before.memory[i] - parameter.memory[i];
  return seen;
}

constexpr double tolerance = 1e-13;  // of numbers up to 30: a few roundings each

void expect_near(const Array<double>& seen, const Array<double>& expected) {
  for (std::size_t i = 0; i < seen.memory.size(); ++i) EXPECT_NEAR(seen.memory[i], expected.memory[i], tolerance) << i;
}

const std::vector<Shape> shapes = {{}, {1}, {7}, {4, 3}, {3, 4}, {1, 5}, {5, 1}, {2, 3, 4}, {3, 2, 2, 5}};

TEST(AdaptiveClip, FollowsTheDefinitionForEveryRankOrderAndUnit) {
  for (const Shape& shape : shapes) {
    for (const StorageOrder order : {StorageOrder::column_major, StorageOrder::row_major}) {
      const Array<double> parameter = numbers(shape, order, 1), gradient = numbers(shape, order, 2);
      const auto check = [&](ClipUnits units, Unit unit) {
        SCOPED_TRACE(to_string(shape) + " " + to_string(order) + " " + std::to_string(static_cast<int>(units)));
        for (const double threshold : {0.01, 0.7, 1e3}) {
          expect_near(clipped_by_step(parameter, gradient, {.clip_units = units},
                                      {.learning_rate = 1, .adaptive_clip = threshold}),
                      clipped_by_definition(parameter, gradient, unit, threshold));
        }
      };
      check(ClipUnits::whole, Unit::whole);
      check(ClipUnits::first_axis, Unit::first);
      check(ClipUnits::last_axis, Unit::last);
      if (shape != Shape{5, 1}) check(ClipUnits::automatic, shape.rank() < 2 ? Unit::whole : Unit::first);
    }
  }
}

TEST(AdaptiveClip, TakesTheRowsOfAMatrixByDefaultAndAVectorAsOne) {
  Eigen::MatrixXd weights(2, 2), weights_gradient(2, 2);
  weights << 3, 4, 0, 0;  // rows of norm 5 and 0
  weights_gradient << 0, 10, 3, 4;
  Eigen::VectorXd bias(2), bias_gradient(2);
  bias << 3, 4;
  bias_gradient << 6, 8;
  SGD<double> optimizer;
  optimizer.add("weights", weights, weights_gradient);
  optimizer.add("bias", bias, bias_gradient);
  const StepReport report = optimizer.step({.learning_rate = 1, .adaptive_clip = 0.5});
  EXPECT_DOUBLE_EQ(weights(0, 1), 4 - 2.5);            // 0.5 * 5 / 10
  EXPECT_DOUBLE_EQ(weights(1, 0), -0.5 * 1e-3 * 0.6);  // a unit that is zero can still move
  EXPECT_DOUBLE_EQ(weights(1, 1), -0.5 * 1e-3 * 0.8);
  EXPECT_DOUBLE_EQ(bias[0], 3 - 1.5);
  EXPECT_DOUBLE_EQ(bias[1], 4 - 2.0);
  EXPECT_DOUBLE_EQ(report.gradient_norm, 15);  // before clipping
  EXPECT_EQ(report.clip_scale, 1.0);
}

TEST(AdaptiveClip, SeesWhatScalingAndTheNormsHaveLeftAndValuesSeeWhatItHasLeft) {
  Array<double> parameter{.shape = {2}}, gradient{.shape = {2}};
  parameter.memory = {3, 4};
  gradient.memory = {-60, 80};
  // Scale: (3, -4) and norm 5, which an adaptive threshold of 1 lets pass.
  EXPECT_EQ(clipped_by_step(parameter, gradient, {}, {.learning_rate = 1, .adaptive_clip = 1, .gradient_scale = -0.05})
                .memory,
            (std::vector<double>{3, -4}));
  // Global norm 10, tensor norm 5; adaptive 0.5 * 5 leaves (-1.5, 2), the value (-1.5, 1.75).
  const Array<double> seen = clipped_by_step(parameter, gradient, {},
                                             {.learning_rate = 1,
                                              .max_gradient_norm = 10,
                                              .max_tensor_norm = 5,
                                              .adaptive_clip = 0.5,
                                              .max_gradient_value = 1.75});
  EXPECT_DOUBLE_EQ(seen.memory[0], -1.5);
  EXPECT_DOUBLE_EQ(seen.memory[1], 1.75);
}

TEST(AdaptiveClip, ComparesWithTheWeightsBeforeDecay) {
  Array<double> parameter{.shape = {1}}, gradient{.shape = {1}};
  parameter.memory = {8};
  gradient.memory = {100};
  SGD<double> optimizer;
  optimizer.add("w", parameter, gradient, {.weight_decay = 0.5});
  optimizer.step({.learning_rate = 1, .adaptive_clip = 0.25});
  EXPECT_DOUBLE_EQ(parameter.memory[0], 8 * 0.5 - 0.25 * 8);
}

TEST(AdaptiveClip, LeavesGradientsAsTheyAreOrZerosThem) {
  for (const bool zero : {false, true}) {
    Array<double> parameter = numbers({3, 700}, StorageOrder::row_major, 1),
                  gradient = numbers({3, 700}, StorageOrder::row_major, 2);
    const std::vector<double> before = gradient.memory;
    SGD<double> optimizer;
    optimizer.add("w", parameter, gradient);
    optimizer.step({.learning_rate = 1, .adaptive_clip = 0.01, .zero_gradients = zero});
    EXPECT_EQ(gradient.memory, zero ? std::vector<double>(2100, 0.0) : before);
  }
}

TEST(AdaptiveClip, OfLargeTensorsIsThatOfTheirUnits) {
  // More than one block, and units that lie across the pieces of one; against the definition.
  for (const StorageOrder order : {StorageOrder::column_major, StorageOrder::row_major}) {
    for (const ClipUnits units : {ClipUnits::first_axis, ClipUnits::last_axis, ClipUnits::whole}) {
      const Array<double> parameter = numbers({7, 2603}, order, 1), gradient = numbers({7, 2603}, order, 2);
      const Unit unit = units == ClipUnits::first_axis ? Unit::first
                        : units == ClipUnits::whole    ? Unit::whole
                                                       : Unit::last;
      expect_near(
          clipped_by_step(parameter, gradient, {.clip_units = units}, {.learning_rate = 1, .adaptive_clip = 0.3}),
          clipped_by_definition(parameter, gradient, unit, 0.3));
    }
  }
}

TEST(AdaptiveClip, OfAccumulatedGradientsIsOfTheirMean) {
  Array<double> parameter{.shape = {2}}, gradient{.shape = {2}};
  parameter.memory = {3, 4};
  SGD<double> optimizer;
  optimizer.add("w", parameter, gradient);
  gradient.memory = {10, 0};
  optimizer.accumulate();
  gradient.memory = {2, 16};
  optimizer.accumulate();  // mean (6, 8)
  optimizer.step({.learning_rate = 1, .adaptive_clip = 0.5});
  EXPECT_DOUBLE_EQ(parameter.memory[0], 3 - 1.5);
  EXPECT_DOUBLE_EQ(parameter.memory[1], 4 - 2.0);
  EXPECT_EQ(gradient.memory, (std::vector<double>{2, 16}));
}

TEST(AdaptiveClip, UnitsMayChangeBetweenSteps) {
  Eigen::MatrixXd parameter = Eigen::MatrixXd::Constant(4, 2, 1), gradient = Eigen::MatrixXd::Constant(4, 2, 2);
  SGD<double> optimizer;
  optimizer.add("w", parameter, gradient);
  // The norm of a unit of n equal elements is sqrt(n) of theirs: all units are clipped to 0.5 an element.
  for (const ClipUnits units : {ClipUnits::whole, ClipUnits::last_axis, ClipUnits::first_axis, ClipUnits::whole}) {
    parameter.setOnes();
    optimizer.options_for("w", {.clip_units = units});
    optimizer.step({.learning_rate = 1, .adaptive_clip = 0.5});
    EXPECT_TRUE(parameter.isConstant(0.5, 1e-15));
  }
}

}  // namespace
}  // namespace eigentune
