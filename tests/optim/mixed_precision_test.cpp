// Parameters in one precision, state in the other. The oracles are the formulas of the playbook, written out.

#include <eigentune/optim.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "support/numbers.hpp"

namespace eigentune {
namespace {

using Eigen::VectorXd;
using Eigen::VectorXf;

constexpr std::size_t size = 37;

TEST(MixedPrecision, OfFloatsWithStateInDoubleComputesInDouble) {
  // Only the parameters are rounded to float, once a step, so that one unit in the last place, twice, bounds the
  // difference.
  VectorXf parameter = VectorXf::Ones(size), gradient(size);
  Adam<float, double> optimizer;
  optimizer.add("w", parameter, gradient);
  std::vector<double> m(size, 0.0), v(size, 0.0);
  std::vector<float> expected(size, 1.0f);
  for (int t = 0; t < 20; ++t) {
    const auto g = support::uneven_numbers<float>(size, static_cast<std::uint64_t>(t));
    gradient = Eigen::Map<const VectorXf>(g.data(), size);
    optimizer.step({.learning_rate = 0.01});
    const double b = std::sqrt(1 - std::pow(0.999, t + 1)) / (1 - std::pow(0.9, t + 1));
    for (std::size_t i = 0; i < size; ++i) {
      const double gi = g[i];
      m[i] = 0.9 * m[i] + (1 - 0.9) * gi;
      v[i] = 0.999 * v[i] + (1 - 0.999) * gi * gi;
      const float before = expected[i];
      expected[i] = static_cast<float>(before - 0.01 * b * m[i] / (std::sqrt(v[i]) + 1e-8));
      const float found = parameter[static_cast<Eigen::Index>(i)];
      EXPECT_NEAR(found, expected[i], 2 * 1.2e-7 * std::abs(expected[i]) + 1e-12) << t << " " << i;
      expected[i] = found;
    }
  }
  const auto slots = optimizer.state().tensors[0].slots;
  for (std::size_t i = 0; i < size; ++i) {
    EXPECT_NEAR(slots[0].values[i], m[i], 1e-13 * std::abs(m[i]) + 1e-13);  // sums of numbers up to about 1e3
    EXPECT_NEAR(slots[1].values[i], v[i], 1e-13 * v[i]);
  }
}

TEST(MixedPrecision, OfFloatsWithStateInDoubleKeepsWhatFloatsLose) {
  VectorXf a = VectorXf::Zero(1), b = VectorXf::Zero(1), gradient(1);
  Momentum<float, double> mixed({.momentum = 0.0});
  Momentum<float> plain({.momentum = 0.0});
  mixed.set_rule({.momentum = 0.75});
  plain.set_rule({.momentum = 0.75});
  VectorXf other_gradient(1);
  mixed.add("w", a, gradient);
  plain.add("w", b, other_gradient);
  for (const float g : {16777216.0f, 1.0f}) {  // 0.75 * 2^24 + 1 has 24 bits, and 0.75 times that, plus 1, has 26
    gradient << g;
    other_gradient << g;
    mixed.step({.learning_rate = 0});
    plain.step({.learning_rate = 0});
  }
  gradient << 1, other_gradient << 1;
  mixed.step({.learning_rate = 0});
  plain.step({.learning_rate = 0});
  EXPECT_EQ(mixed.state_values("w", "v")[0], 0.75 * (0.75 * 16777216 + 1) + 1);
  EXPECT_EQ(plain.state_values("w", "v")[0], 9437185.75f);
}

TEST(MixedPrecision, OfDoublesWithStateInFloatRoundsStateOnly) {
  VectorXd parameter = VectorXd::Zero(size), gradient = VectorXd::Constant(size, 1.0 + 0x1p-40);
  Momentum<double, float> optimizer({.momentum = 0.5});
  optimizer.add("w", parameter, gradient);
  optimizer.step({.learning_rate = 1});
  EXPECT_TRUE(parameter.isConstant(-(1.0 + 0x1p-40), 0));  // this step's v is not rounded on its way to the parameter
  EXPECT_EQ(optimizer.state_values("w", "v")[size - 1], 1.0f);
  optimizer.step({.learning_rate = 1});
  EXPECT_TRUE(parameter.isConstant(-(1.0 + 0x1p-40) - (1.5 + 0x1p-40), 0));
}

TEST(MixedPrecision, GoesThroughEverythingThatAStepDoes) {
  // Two parameters of which one is in both optimizers: float gradients that a double optimizer sees exactly.
  const auto numbers = support::uneven_numbers<float>(20000, 3);
  VectorXf small = VectorXf::Zero(20000), small_gradient = Eigen::Map<const VectorXf>(numbers.data(), 20000);
  VectorXd large = VectorXd::Zero(20000), large_gradient = small_gradient.cast<double>();
  Adam<float, double> mixed({}, {.defaults = {.weight_decay = 0.1}});
  Adam<double> full({}, {.defaults = {.weight_decay = 0.1}});
  mixed.add("w", small, small_gradient);
  full.add("w", large, large_gradient);
  const StepOptions options{
      .learning_rate = 0.01, .max_gradient_norm = 5.0, .max_tensor_norm = 3.0, .max_gradient_value = 0.5};
  const StepReport a = mixed.step(options), b = full.step(options);
  EXPECT_EQ(a.gradient_norm, b.gradient_norm);
  EXPECT_EQ(a.clip_scale, b.clip_scale);
  EXPECT_EQ(mixed.state().tensors[0].slots, full.state().tensors[0].slots);
  EXPECT_EQ(small, large.cast<float>());
  mixed.accumulate();
  full.accumulate();
  EXPECT_EQ(mixed.step({.learning_rate = 0}).gradient_norm, full.step({.learning_rate = 0}).gradient_norm);
}

TEST(MixedPrecision, StateGoesOutAndBack) {
  VectorXf a = VectorXf::Ones(size), gradient(size);
  Adam<float, double> first;
  first.add("w", a, gradient);
  gradient.setConstant(0.1f);
  first.step({.learning_rate = 0.1});
  first.accumulate();
  const OptimizerState<double> state = first.state();
  VectorXf b = a, other_gradient = gradient;
  Adam<float, double> second;
  second.add("w", b, other_gradient);
  second.load_state(state);
  EXPECT_EQ(second.state(), state);
  for (int step = 0; step < 2; ++step) {
    first.step({.learning_rate = 0.1});
    second.step({.learning_rate = 0.1});
  }
  EXPECT_EQ(a, b);
}

}  // namespace
}  // namespace eigentune
