// Rules by hand, and what they say of wrong hyperparameters.

#include <eigentune/optim/make_optimizer.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "support/expect.hpp"

namespace {

using namespace eigentune;

/// The trajectory of one parameter, starting at 1, under these gradients.
template <class Rule>
std::vector<double> trajectory(Rule rule, const std::vector<double>& gradients, double rate) {
  Optimizer<Rule, double> optimizer(rule);
  Eigen::Array<double, 1, 1> parameter(1.0), gradient;
  optimizer.add("theta", parameter, gradient);
  std::vector<double> values;
  for (const double g : gradients) {
    gradient[0] = g;
    optimizer.step({.learning_rate = rate});
    values.push_back(parameter[0]);
  }
  return values;
}

using support::error_of;

constexpr double tolerance = 4 * std::numeric_limits<double>::epsilon();  // a handful of roundings near 1

TEST(SGD, StepsAgainstTheGradient) {
  const auto theta = trajectory(SGDRule{}, {2.0, -4.0}, 0.25);
  EXPECT_EQ(theta[0], 0.5);
  EXPECT_EQ(theta[1], 1.5);
}

TEST(Momentum, SumsGradientsThatDecay) {
  // v = 1, 1/2 + 1 = 3/2, 3/4 + 0 = 3/4
  const auto theta = trajectory(MomentumRule{.momentum = 0.5}, {1.0, 1.0, 0.0}, 0.25);
  EXPECT_EQ(theta[0], 0.75);
  EXPECT_EQ(theta[1], 0.375);
  EXPECT_EQ(theta[2], 0.1875);
}

TEST(Nesterov, LooksOneStepAhead) {
  // gamma v + g = 1/2 + 1 = 3/2, then v = 3/2 and 3/4 + 1 = 7/4
  const auto theta = trajectory(NesterovRule{.momentum = 0.5}, {1.0, 1.0}, 0.25);
  EXPECT_EQ(theta[0], 0.625);
  EXPECT_EQ(theta[1], 0.1875);
}

TEST(RMSProp, StartsWithAUnitMeanSquare) {
  // v = 3/4 + 1/4 * 29 = 8, with epsilon 8 the root is 4
  const auto theta = trajectory(RMSPropRule{.rho = 0.75, .epsilon = 8.0}, {std::sqrt(29.0)}, 1.0);
  EXPECT_NEAR(theta[0], 1.0 - std::sqrt(29.0) / 4.0, tolerance);
}

TEST(RMSProp, CarriesStepsInItsMomentum) {
  // rho = 0, epsilon = 0: each step is eta sign(g), and half of the one before
  const auto theta = trajectory(RMSPropRule{.rho = 0.0, .momentum = 0.5, .epsilon = 0.0}, {4.0, 4.0}, 0.25);
  EXPECT_EQ(theta[0], 0.75);
  EXPECT_EQ(theta[1], 0.375);
}

TEST(Adam, FirstStepIsRateTimesSignOfGradient) {
  for (const double gradient : {3.0, -3.0, 1e-5, -1e5}) {
    const auto theta = trajectory(AdamRule{.epsilon = 0.0}, {gradient}, 0.25);
    EXPECT_NEAR(theta[0], gradient > 0 ? 0.75 : 1.25, tolerance) << gradient;
  }
}

TEST(Adam, AddsEpsilonToTheUncorrectedRootByDefault) {
  // g = 1: sqrt(v) = sqrt(1 - beta2) = 1/2 and b m = 1/2, so the step is eta / 2 / (1/2 + epsilon)
  const AdamRule rule{.beta2 = 0.75, .epsilon = 1.5};
  EXPECT_NEAR(trajectory(rule, {1.0}, 1.0)[0], 1.0 - 0.25, tolerance);
}

TEST(Adam, AddsEpsilonToTheCorrectedRootIfAsked) {
  const AdamRule rule{.beta2 = 0.75, .epsilon = 1.0, .epsilon_placement = EpsilonPlacement::after_bias_correction};
  EXPECT_NEAR(trajectory(rule, {1.0}, 1.0)[0], 0.5, tolerance);
}

TEST(NAdam, AddsTheGradientOnceMore) {
  // beta1 = 1/2, g = 1: m = 1/2, numerator 1/4 + 1/2 = 3/4, over 1 - beta1 = 1/2
  const auto theta = trajectory(NAdamRule{.beta1 = 0.5, .epsilon = 0.0}, {1.0}, 0.5);
  EXPECT_NEAR(theta[0], 1.0 - 0.5 * 1.5, tolerance);
}

TEST(OneMinusPower, KeepsItsAccuracyNearOne) {
  for (const double base : {0.0, 0.5, 0.9, 0.999, 0.9999999, 1.0}) {
    for (const std::int64_t exponent : {0, 1, 2, 3, 10, 1000, 123457, 1 << 30}) {
      const long double power = static_cast<long double>(exponent) * std::log(static_cast<long double>(base));
      const double wanted = exponent == 0 ? 0.0 : static_cast<double>(-std::expm1(power));
      EXPECT_NEAR(one_minus_power(base, exponent), wanted, 4e-15 * wanted) << base << "^" << exponent;
    }
  }
}

TEST(Hyperparameters, OutOfRangeAreNamedWithTheirValue) {
  EXPECT_EQ(error_of([] { SGD<float> optimizer; }), "nothing was thrown");
  EXPECT_EQ(error_of([] { Adam<float>({.beta1 = 1.2}); }), "Adam: beta1 must be in [0, 1), got 1.2");
  EXPECT_EQ(error_of([] { Adam<float>({.beta2 = 1.0}); }), "Adam: beta2 must be in [0, 1), got 1");
  EXPECT_EQ(error_of([] { Adam<float>({.epsilon = -1e-8}); }), "Adam: epsilon must be in [0, inf), got -1e-08");
  EXPECT_EQ(error_of([] { NAdam<float>({.beta1 = std::nan("")}); }), "NAdam: beta1 must be in [0, 1), got nan");
  EXPECT_EQ(error_of([] { NAdam<float>({.momentum_decay = -1.0}); }), "NAdam: momentum_decay must be in [0, inf), got -1");
  EXPECT_EQ(error_of([] { Momentum<float>({.momentum = 1.0}); }), "Momentum: momentum must be in [0, 1), got 1");
  EXPECT_EQ(error_of([] { Nesterov<float>({.momentum = -0.1}); }), "Nesterov: momentum must be in [0, 1), got -0.1");
  EXPECT_EQ(error_of([] { RMSProp<float>({.rho = 7.0}); }), "RMSProp: rho must be in [0, 1), got 7");
  EXPECT_EQ(error_of([] { RMSProp<float>({.epsilon = std::numeric_limits<double>::infinity()}); }),
            "RMSProp: epsilon must be in [0, inf), got inf");
  EXPECT_EQ(error_of([] { RMSProp<float>({.root_epsilon = static_cast<RootEpsilon>(5)}); }),
            "RMSProp: root_epsilon must be one of inside_root, outside_root, got 5");
}

TEST(Hyperparameters, ChangeBetweenStepsAndKeepTheState) {
  Eigen::Array<double, 1, 1> parameter(1.0), gradient(1.0);
  Momentum<double> optimizer({.momentum = 0.5});
  optimizer.add("theta", parameter, gradient);
  optimizer.step({.learning_rate = 0.25});  // v = 1
  optimizer.set_rule({.momentum = 0.25});
  optimizer.step({.learning_rate = 0.25});  // v = 1/4 + 1
  EXPECT_EQ(parameter[0], 1.0 - 0.25 - 0.25 * 1.25);
  EXPECT_EQ(error_of([&] { optimizer.set_rule({.momentum = 2.0}); }), "Momentum: momentum must be in [0, 1), got 2");
  EXPECT_EQ(optimizer.rule().momentum, 0.25);
}

}  // namespace
