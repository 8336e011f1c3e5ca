// What is finite in double and not in float, what is given twice, and what is left of an optimizer that was moved.

#include <eigentune/optim/make_optimizer.hpp>

#include <gtest/gtest.h>

#include <utility>

#include "support/expect.hpp"

namespace {

using namespace eigentune;

using support::error_of;

TEST(Step, RefusesWhatFloatCannotHoldAndChangesNothing) {
  Eigen::Array2f parameter(1.0F, 2.0F), gradient(0.0F, 1.0F);
  SGD<float> optimizer;
  optimizer.add("theta", parameter, gradient);
  EXPECT_EQ(error_of([&] { optimizer.step({.learning_rate = 1e39}); }),
            "step: learning_rate times the learning_rate_scale of \"theta\" must be finite in float, got 1e+39");
  EXPECT_EQ(error_of([&] { optimizer.step({.learning_rate = 1, .gradient_scale = 1e45}); }),
            "step: gradient_scale (over the number of accumulated gradients) must be finite and not 0 in float, got 1e+45");
  EXPECT_EQ(error_of([&] { optimizer.step({.learning_rate = 1, .gradient_scale = 1e-50}); }),
            "step: gradient_scale (over the number of accumulated gradients) must be finite and not 0 in float, got 1e-50");
  optimizer.options_for("*", {.learning_rate_scale = 1e30});
  EXPECT_EQ(error_of([&] { optimizer.step({.learning_rate = 1e10}); }),
            "step: learning_rate times the learning_rate_scale of \"theta\" must be finite in float, got 1e+40");
  EXPECT_EQ(parameter[0], 1.0F);
  EXPECT_EQ(parameter[1], 2.0F);
}

TEST(Step, SkipsAGradientThatItsScaleCarriesBeyondFloat) {
  Eigen::Array2f parameter(1.0F, 2.0F), gradient(1e20F, 1.0F);
  SGD<float> optimizer;
  optimizer.add("theta", parameter, gradient);
  EXPECT_FALSE(optimizer.step({.learning_rate = 1, .gradient_scale = 1e30}).applied);
  EXPECT_EQ(parameter[0], 1.0F);
  EXPECT_TRUE(optimizer.step({.learning_rate = 1, .gradient_scale = 1e10}).applied);
}

TEST(Step, TakesInDoubleWhatFloatCannotHold) {
  Eigen::Array2d parameter(1.0, 2.0), gradient(0.0, 0.0);
  SGD<double> optimizer;
  optimizer.add("theta", parameter, gradient);
  EXPECT_TRUE(optimizer.step({.learning_rate = 1e39, .gradient_scale = 1e45}).applied);
  optimizer.options_for("*", {.learning_rate_scale = 1e308});
  EXPECT_EQ(error_of([&] { optimizer.step({.learning_rate = 1e308}); }),
            "step: learning_rate times the learning_rate_scale of \"theta\" must be finite in double, got inf");
}

TEST(MovedOptimizer, SaysThatItIsOne) {
  Eigen::Array2f parameter(1.0F, 2.0F), gradient(0.0F, 1.0F);
  Adam<float> first;
  first.add("theta", parameter, gradient);
  const Adam<float> second = std::move(first);
  EXPECT_EQ(error_of([&] { first.step({.learning_rate = 1}); }),
            "step: this optimizer was moved from; it can only be destroyed or assigned to");
  EXPECT_EQ(error_of([&] { first.accumulate(); }),
            "accumulate: this optimizer was moved from; it can only be destroyed or assigned to");
  EXPECT_EQ(error_of([&] { first.add("again", parameter, gradient); }),
            "add: this optimizer was moved from; it can only be destroyed or assigned to");
  EXPECT_EQ(error_of([&] { first.rule(); }),
            "rule: this optimizer's own rule is gone: it was moved from, or assigned another as an AnyOptimizer");
}

TEST(MakeOptimizer, RefusesAHyperparameterGivenTwice) {
  EXPECT_EQ(error_of([] { make_optimizer<float>("adam", {{"beta1", 0.5}, {"beta1", 0.6}}); }), "Adam: beta1 is given twice");
}

TEST(MakeOptimizer, TakesTheNameThatTheRuleGives) {
  for (const char* name : {"SGD", "Momentum", "Nesterov", "RMSProp", "Adam", "NAdam"}) {
    EXPECT_EQ(make_optimizer<float>(name).rule_name(), name);
  }
}

}  // namespace
