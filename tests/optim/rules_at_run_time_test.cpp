#include <eigentune/optim.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "support/expect.hpp"
#include "support/sign_momentum.hpp"
#include "support/special_values.hpp"

namespace eigentune {
namespace {

using Eigen::Vector2d;
using Eigen::Vector2f;
using support::error_of;

using support::nan;

TEST(MakeOptimizer, KnowsTheRulesByName) {
  const std::vector<std::pair<std::string, std::string>> names = {{"sgd", "SGD"},           {"momentum", "Momentum"},
                                                                  {"nesterov", "Nesterov"}, {"rmsprop", "RMSProp"},
                                                                  {"adam", "Adam"},         {"nadam", "NAdam"}};
  for (const auto& [name, rule] : names) EXPECT_EQ(make_optimizer<float>(name).rule_name(), rule);
  EXPECT_EQ(error_of([] { make_optimizer<float>("Adamm"); }),
            "there is no optimizer \"Adamm\"; there are sgd, momentum, nesterov, rmsprop, adam, nadam");
  EXPECT_EQ(error_of([] { make_optimizer<float>(""); }),
            "there is no optimizer \"\"; there are sgd, momentum, nesterov, rmsprop, adam, nadam");
}

TEST(MakeOptimizer, TakesHyperparametersByName) {
  const auto optimizer =
      make_optimizer<float>("nadam", {{"beta1", 0.95}, {"epsilon_placement", "after_bias_correction"}});
  const Hyperparameters expected = {{"beta1", 0.95},
                                    {"beta2", 0.999},
                                    {"epsilon", 1e-8},
                                    {"epsilon_placement", "after_bias_correction"},
                                    {"momentum_schedule", "playbook"},
                                    {"momentum_decay", 0.004}};
  EXPECT_EQ(optimizer.hyperparameters(), expected);
  EXPECT_TRUE(make_optimizer<float>("sgd").hyperparameters().empty());
}

TEST(MakeOptimizer, RefusesHyperparametersThatAreNotTheRules) {
  const auto error = [](const char* rule, const Hyperparameters& values) {
    return error_of([&] { make_optimizer<double>(rule, values); });
  };
  EXPECT_EQ(error("adam", {{"momentum", 0.9}}),
            "Adam: there is no hyperparameter \"momentum\"; there are beta1, beta2, epsilon, epsilon_placement");
  EXPECT_EQ(error("sgd", {{"momentum", 0.9}}), "SGD: there is no hyperparameter \"momentum\"; there are none");
  EXPECT_EQ(error("adam", {{"beta1", 1.0}}), "Adam: beta1 must be in [0, 1), got 1");
  EXPECT_EQ(error("adam", {{"beta1", nan}}), "Adam: beta1 must be in [0, 1), got nan");
  EXPECT_EQ(error("rmsprop", {{"epsilon", -1e-8}}), "RMSProp: epsilon must be in [0, inf), got -1e-08");
  EXPECT_EQ(error("adam", {{"beta1", "0.9"}}), "Adam: beta1 must be in [0, 1), got \"0.9\"");
  EXPECT_EQ(error("nesterov", {{"rate_placement", "inside"}}),
            "Nesterov: rate_placement must be one of inside_momentum, outside_momentum, got \"inside\"");
  EXPECT_EQ(error("rmsprop", {{"root_epsilon", 1}}),
            "RMSProp: root_epsilon must be one of inside_root, outside_root, got 1");
  EXPECT_EQ(error("adam", {{"beta1", 0.5}, {"beta3", 0.5}}),
            "Adam: there is no hyperparameter \"beta3\"; there are beta1, beta2, epsilon, epsilon_placement");
}

TEST(MakeOptimizer, TrainsAsTheRulesOwnType) {
  Vector2f a(1, 2), b(1, 2), gradient(0.3f, -4), other_gradient = gradient;
  auto any =
      make_optimizer<float>("rmsprop", {{"momentum", 0.9}, {"initial_v", 0.5}}, {.defaults = {.weight_decay = 0.1}});
  RMSProp<float> typed({.momentum = 0.9, .initial_v = 0.5}, {.defaults = {.weight_decay = 0.1}});
  any.add("w", a, gradient);
  typed.add("w", b, other_gradient);
  for (int step = 0; step < 3; ++step) {
    any.step({.learning_rate = 0.1});
    typed.step({.learning_rate = 0.1});
  }
  EXPECT_EQ(a, b);
  EXPECT_EQ(any.state(), typed.state());
}

TEST(MakeOptimizer, HasAPrecisionOfStateOfItsOwn) {
  auto any = make_optimizer<float, double>("adam");
  static_assert(std::is_same_v<decltype(any)::state_type, double> && std::is_same_v<decltype(any)::scalar_type, float>);
  EXPECT_EQ(any.state().rule, "Adam");
}

TEST(WithRule, HandsOverTheRuleOfThatName) {
  EXPECT_EQ(with_rule("nesterov", [](auto rule) { return std::string(decltype(rule)::name); }), "Nesterov");
}

TEST(Hyperparameters, ChangeFromTheNextStepOnAndStateStays) {
  Vector2d parameter(0, 0), gradient(1, 1);
  Momentum<double> optimizer({.momentum = 0.5});
  optimizer.add("w", parameter, gradient);
  optimizer.step({.learning_rate = 1});  // v = 1
  optimizer.set_rule({.momentum = 0.25});
  EXPECT_EQ(optimizer.rule().momentum, 0.25);
  optimizer.step({.learning_rate = 1});  // v = 1.25
  EXPECT_EQ(parameter, Vector2d(-2.25, -2.25));
  optimizer.set_hyperparameters({{"momentum", 0.0}});
  EXPECT_EQ(optimizer.rule().momentum, 0.0);
  optimizer.step({.learning_rate = 1});  // v = 1
  EXPECT_EQ(parameter, Vector2d(-3.25, -3.25));
  EXPECT_EQ(optimizer.state().tensors[0].updates, 3);
}

TEST(Hyperparameters, OutOfRangeAreRefusedAllTogether) {
  Adam<double> optimizer;
  const Hyperparameters before = optimizer.hyperparameters();
  EXPECT_EQ(error_of([&] {
              optimizer.set_hyperparameters({{"beta1", 0.5}, {"beta2", 1.5}});
            }),
            "Adam: beta2 must be in [0, 1), got 1.5");
  EXPECT_EQ(optimizer.hyperparameters(), before);
  EXPECT_EQ(error_of([&] { optimizer.set_rule({.beta1 = nan}); }), "Adam: beta1 must be in [0, 1), got nan");
  EXPECT_EQ(error_of([&] { optimizer.set_rule({.epsilon = std::numeric_limits<double>::infinity()}); }),
            "Adam: epsilon must be in [0, inf), got inf");
  EXPECT_EQ(error_of([&] { optimizer.set_rule({.epsilon_placement = static_cast<EpsilonPlacement>(7)}); }),
            "Adam: epsilon_placement must be one of before_bias_correction, after_bias_correction, got 7");
  EXPECT_EQ(optimizer.hyperparameters(), before);
  EXPECT_EQ(error_of([] { Adam<float>({.beta2 = 1.2}); }), "Adam: beta2 must be in [0, 1), got 1.2");
}

TEST(Hyperparameters, ReadBackAreThoseOfAnotherOptimizer) {
  RMSProp<float> optimizer({.rho = 0.99, .momentum = 0.5, .root_epsilon = RootEpsilon::outside_root});
  const auto copy = make_optimizer<float>("rmsprop", optimizer.hyperparameters());
  EXPECT_EQ(copy.hyperparameters(), optimizer.hyperparameters());
}

TEST(UsersRule, HasEverythingButNamesItDoesNotGive) {
  Vector2d parameter(1, 2), gradient(3, -4);
  Optimizer<support::SignMomentum, double> optimizer({.momentum = 0.5});
  optimizer.add("w", parameter, gradient);
  EXPECT_EQ(optimizer.step({.learning_rate = 0.25, .max_gradient_norm = 1.0}).clip_scale, 0.2);
  EXPECT_EQ(parameter, Vector2d(0.75, 2.25));
  EXPECT_EQ(optimizer.rule_name(), "Rule");
  EXPECT_TRUE(optimizer.hyperparameters().empty());
  EXPECT_EQ(error_of([&] {
              optimizer.set_hyperparameters({{"momentum", 0.9}});
            }),
            "Rule: there is no hyperparameter \"momentum\"; there are none");
  optimizer.set_rule({.momentum = 0.0});
  auto state = optimizer.state();
  EXPECT_EQ(state.rule, "Rule");
  state.tensors[0].slots[0].values = {-1, 1};
  optimizer.load_state(state);
  gradient.setZero();
  optimizer.step({.learning_rate = 0.25});
  EXPECT_EQ(parameter, Vector2d(0.75, 2.25));  // sign(0) is 0
}

/// A rule that fails to make its numbers.
struct Failing {
  static constexpr std::string_view name = "Failing";
  static constexpr std::array state = {StateSlot{"v", 0.0}};
  struct Scalars {
    double rate;
  };
  Scalars scalars(std::int64_t step, double rate) const {
    if (step == 1) throw Error("no numbers for step 1");
    return {rate};
  }
  template <class T>
  static void update(const auto& s, T gradient, T& parameter, T& v) {
    v = gradient;
    parameter -= s.rate * gradient;
  }
};

TEST(UsersRule, ThatThrowsLeavesEverythingAsItWas) {
  Vector2d first(0, 0), second(0, 0), gradient(1, 1), other(1, 1);
  Optimizer<Failing, double> optimizer;
  optimizer.add("first", first, gradient);
  optimizer.step({.learning_rate = 1});
  optimizer.add("second", second, other);
  const auto before = optimizer.state();
  EXPECT_EQ(error_of<Error>([&] { optimizer.step({.learning_rate = 1, .zero_gradients = true}); }),
            "no numbers for step 1");
  EXPECT_EQ(optimizer.state(), before);
  EXPECT_EQ(first, Vector2d(-1, -1));
  EXPECT_EQ(gradient, Vector2d(1, 1));
}

TEST(Optimizer, DoesNotTakeAnotherRulesPlaceUnnoticed) {
  Adam<double> adam;
  AnyOptimizer<double>& any = adam;
  any = make_optimizer<double>("sgd");
  EXPECT_EQ(adam.rule_name(), "SGD");
  EXPECT_THROW(static_cast<void>(adam.rule()), std::invalid_argument);
  EXPECT_THROW(adam.set_rule({}), std::invalid_argument);
}

}  // namespace
}  // namespace eigentune
