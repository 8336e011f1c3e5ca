#include <eigentune/optim.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/expect.hpp"
#include "support/special_values.hpp"

namespace eigentune {
namespace {

using Eigen::Vector2d;
using support::error_of;

using support::infinity;
using support::nan;

/// Three layers of a weight and a bias, all at (1, 1) with the gradient (1, 2).
class OptionsOfTensors : public testing::Test {
 protected:
  OptionsOfTensors() {
    for (const char* name : names) add(name);
  }
  void add(const std::string& name, const TensorOptions& options = {}) {
    const std::size_t i = optimizer.names().size();
    optimizer.add(name, parameters[i], gradients[i], options);
  }
  Vector2d after_step(std::size_t tensor) {
    optimizer.step({.learning_rate = 1});
    return parameters[tensor];
  }

  static constexpr const char* names[] = {"layer1.weight", "layer1.bias", "layer2.weight", "layer2.bias"};
  std::vector<Vector2d> parameters = std::vector<Vector2d>(5, Vector2d(1, 1));
  std::vector<Vector2d> gradients = std::vector<Vector2d>(5, Vector2d(1, 2));
  SGD<double> optimizer{{}, {.defaults = {.learning_rate_scale = 0.5}}};
};

TEST_F(OptionsOfTensors, ComeFromTheDefaultsUnlessGiven) {
  EXPECT_EQ(optimizer.options_of("layer1.bias").learning_rate_scale, 0.5);
  EXPECT_EQ(optimizer.options_of("layer1.bias").weight_decay, std::nullopt);
  EXPECT_EQ(optimizer.options().defaults.learning_rate_scale, 0.5);
  add("head", {.learning_rate_scale = 2.0, .clip_units = ClipUnits::whole});
  EXPECT_EQ(optimizer.options_of("head").learning_rate_scale, 2.0);
  EXPECT_EQ(optimizer.options_of("head").clip_units, ClipUnits::whole);
  EXPECT_EQ(after_step(4), Vector2d(-1, -3));
  EXPECT_EQ(parameters[0], Vector2d(0.5, 0));
}

TEST_F(OptionsOfTensors, AreSetByNamePattern) {
  EXPECT_EQ(optimizer.options_for("*.bias", {.weight_decay = 0.0, .frozen = true}), 2);
  EXPECT_EQ(optimizer.options_for("layer1.*", {.learning_rate_scale = 1.0}), 2);
  EXPECT_EQ(optimizer.options_of("layer1.bias").frozen,
            true);  // what an earlier call set and a later one left out stays
  EXPECT_EQ(optimizer.options_of("layer1.bias").learning_rate_scale, 1.0);
  EXPECT_EQ(optimizer.options_of("layer2.weight").frozen, std::nullopt);
  EXPECT_EQ(after_step(0), Vector2d(0, -1));
  EXPECT_EQ(parameters[1], Vector2d(1, 1));
  EXPECT_EQ(parameters[2], Vector2d(0.5, 0));
  EXPECT_EQ(parameters[3], Vector2d(1, 1));
}

TEST_F(OptionsOfTensors, AreOfTheTensorsThatAreBoundNow) {
  EXPECT_EQ(optimizer.options_for("*", {.learning_rate_scale = 3.0}), 4);
  add("later");
  EXPECT_EQ(optimizer.options_of("later").learning_rate_scale, 0.5);
}

TEST_F(OptionsOfTensors, MustMeetATensor) {
  EXPECT_EQ(error_of([&] { optimizer.options_for("*.biases", {.frozen = true}); }),
            "options_for: no tensor's name matches \"*.biases\"; bound are \"layer1.weight\", \"layer1.bias\", "
            "\"layer2.weight\", \"layer2.bias\"");
  EXPECT_EQ(
      error_of([&] { optimizer.options_of("layer3"); }),
      "options_of: there is no tensor \"layer3\"; bound are \"layer1.weight\", \"layer1.bias\", \"layer2.weight\", "
      "\"layer2.bias\"");
  SGD<double> empty;
  EXPECT_EQ(error_of([&] { empty.options_for("*", {}); }),
            "options_for: no tensor's name matches \"*\"; bound are none");
}

TEST_F(OptionsOfTensors, ListAtMostTwentyNamesInAMessage) {
  SGD<double> many;
  std::vector<Vector2d> tensors(46);
  for (std::size_t i = 0; i < 23; ++i) many.add(std::to_string(i), tensors[2 * i], tensors[2 * i + 1]);
  EXPECT_EQ(
      error_of([&] { many.options_of("x"); }),
      "options_of: there is no tensor \"x\"; bound are \"0\", \"1\", \"2\", \"3\", \"4\", \"5\", \"6\", \"7\", \"8\", "
      "\"9\", \"10\", \"11\", \"12\", \"13\", \"14\", \"15\", \"16\", \"17\", \"18\", \"19\" and 3 more");
}

TEST_F(OptionsOfTensors, OutOfRangeAreRefusedAndNothingChanges) {
  const auto refused = [&](const TensorOptions& options) {
    const std::string text = error_of([&] { optimizer.options_for("*", options); });
    EXPECT_EQ(error_of([&] { add("new", options); }), text);
    EXPECT_EQ(error_of([&] { SGD<double>({}, {.defaults = options}); }), text);
    EXPECT_EQ(optimizer.names().size(), 4u);
    EXPECT_EQ(optimizer.options_of("layer1.bias").learning_rate_scale, 0.5);
    EXPECT_EQ(optimizer.options_of("layer1.bias").weight_decay, std::nullopt);
    return text;
  };
  EXPECT_EQ(refused({.learning_rate_scale = -1.0}), "TensorOptions: learning_rate_scale must be in [0, inf), got -1");
  EXPECT_EQ(refused({.learning_rate_scale = nan}), "TensorOptions: learning_rate_scale must be in [0, inf), got nan");
  EXPECT_EQ(refused({.learning_rate_scale = infinity}),
            "TensorOptions: learning_rate_scale must be in [0, inf), got inf");
  EXPECT_EQ(refused({.weight_decay = -1e-4}), "TensorOptions: weight_decay must be in [0, inf), got -0.0001");
  EXPECT_EQ(refused({.weight_decay = nan}), "TensorOptions: weight_decay must be in [0, inf), got nan");
  EXPECT_EQ(refused({.weight_decay = infinity}), "TensorOptions: weight_decay must be in [0, inf), got inf");
}

TEST_F(OptionsOfTensors, AreAllInTheMemoryAsTheyAreInForce) {
  optimizer.options_for("layer1.bias", {.coupled = true});
  const TensorOptions given = optimizer.memory().tensors[1].options, same = given.or_else({.weight_decay = 7.0});
  for (const TensorOptions& options : {given, same}) {  // none is absent, so that none falls back
    EXPECT_EQ(options.learning_rate_scale, 0.5);
    EXPECT_EQ(options.weight_decay, 0.0);
    EXPECT_EQ(options.coupled, true);
    EXPECT_EQ(options.frozen, false);
    EXPECT_EQ(options.clip_units, ClipUnits::automatic);
  }
}

TEST(OptimizerOptions, AllowAtLeastOneSkip) {
  EXPECT_EQ(error_of([] { SGD<double>({}, {.max_consecutive_skips = 0}); }),
            "OptimizerOptions: max_consecutive_skips must be at least 1, got 0");
  EXPECT_EQ(error_of([] { make_optimizer<float>("adam", {}, {.max_consecutive_skips = -3}); }),
            "OptimizerOptions: max_consecutive_skips must be at least 1, got -3");
}

TEST(Frozen, TensorsAreNeitherUpdatedNorReadNorCounted) {
  Vector2d moving(1, 1), moving_gradient(3, 4), still(1, 1), still_gradient(nan, infinity);
  Adam<double> optimizer({.epsilon = 0.0});
  optimizer.add("moving", moving, moving_gradient);
  optimizer.add("still", still, still_gradient, {.weight_decay = 0.5, .frozen = true});
  for (const bool check : {true, false}) {
    const StepReport report = optimizer.step({.learning_rate = 0.5, .adaptive_clip = 100, .check_finite = check});
    EXPECT_TRUE(report.applied);
    EXPECT_EQ(report.gradient_norm, 5);
  }
  optimizer.accumulate();
  EXPECT_EQ(optimizer.step({.learning_rate = 0.5}).gradient_norm, 5);
  EXPECT_EQ(still, Vector2d(1, 1));
  EXPECT_EQ(optimizer.state().tensors[1].updates, 0);
  EXPECT_EQ(optimizer.state_values("still", "m")[0], 0.0);

  optimizer.options_for("still", {.weight_decay = 0.0, .frozen = false});  // and thawed, it starts like new
  still_gradient = Vector2d(-7, 7);
  optimizer.step({.learning_rate = 0.5});
  EXPECT_DOUBLE_EQ(still[0], 1.5);
  EXPECT_DOUBLE_EQ(still[1], 0.5);
}

TEST(Frozen, GradientsAreLeftOutOfAnAccumulation) {
  Vector2d parameter(1, 1), gradient(nan, nan);
  SGD<double> optimizer;
  optimizer.add("w", parameter, gradient, {.frozen = true});
  optimizer.accumulate();  // must not read them: a frozen tensor's gradients need not be maintained
  optimizer.options_for("w", {.frozen = false});
  EXPECT_TRUE(optimizer.step({.learning_rate = 1}).applied);
  EXPECT_EQ(parameter, Vector2d(1, 1));
}

}  // namespace
}  // namespace eigentune
