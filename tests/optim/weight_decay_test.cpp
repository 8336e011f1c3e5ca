#include <eigentune/optim.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace eigentune {
namespace {

using Eigen::Vector2d;

/// Parameters after one step from (8, -4) with the gradient (1, 2).
template <class Rule>
Vector2d after_step(const Rule& rule, double rate, const TensorOptions& options, std::vector<double>* state = nullptr) {
  Vector2d parameter(8, -4), gradient(1, 2);
  Optimizer<Rule, double> optimizer(rule);
  optimizer.add("w", parameter, gradient, options);
  optimizer.step({.learning_rate = rate});
  if (state != nullptr) {
    for (const SlotState<double>& slot : std::vector(optimizer.state().tensors[0].slots)) {
      state->insert(state->end(), slot.values.begin(), slot.values.end());
    }
  }
  return parameter;
}

TEST(WeightDecay, DecoupledShrinksParametersByTheRateTimesLambda) {
  // theta <- (1 - eta lambda) theta - eta g = 0.75 theta - 0.5 g
  EXPECT_EQ(after_step(SGDRule{}, 0.5, {.weight_decay = 0.5}), Vector2d(6 - 0.5, -3 - 1));
  EXPECT_EQ(after_step(SGDRule{}, 0.5, {.weight_decay = 0.5, .coupled = false}), Vector2d(5.5, -4));
}

TEST(WeightDecay, CoupledAddsLambdaThetaToTheGradient) {
  // g <- g + 0.5 theta = (5, 0); theta <- theta - 0.5 g
  EXPECT_EQ(after_step(SGDRule{}, 0.5, {.weight_decay = 0.5, .coupled = true}), Vector2d(5.5, -4));
  // With momentum inside the buffer it differs from the decoupled one at the second step; here v = g shows it at once.
  std::vector<double> state;
  after_step(MomentumRule{}, 0.5, {.weight_decay = 0.5, .coupled = true}, &state);
  EXPECT_EQ(state, (std::vector<double>{5, 0}));
}

TEST(WeightDecay, DecoupledStaysOutOfTheRulesState) {
  std::vector<double> with, without, coupled;
  after_step(AdamRule{}, 0.5, {}, &without);
  after_step(AdamRule{}, 0.5, {.weight_decay = 0.5}, &with);
  after_step(AdamRule{}, 0.5, {.weight_decay = 0.5, .coupled = true}, &coupled);
  EXPECT_EQ(with, without);
  EXPECT_NE(coupled, without);
}

TEST(WeightDecay, DecoupledOfAdamIsAdamW) {
  // AdamW (Loshchilov and Hutter 2019), first step with epsilon 0: theta - eta (sign(g) + lambda theta).
  const Vector2d after = after_step(AdamRule{.epsilon = 0.0}, 0.25, {.weight_decay = 0.5});
  EXPECT_DOUBLE_EQ(after[0], 8 - 0.25 * (1 + 4));
  EXPECT_DOUBLE_EQ(after[1], -4 - 0.25 * (1 - 2));
}

TEST(WeightDecay, IsTimesTheTensorsOwnRate) {
  // The rate of this tensor is 0.25 * 2: as in DecoupledShrinksParametersByTheRateTimesLambda.
  EXPECT_EQ(after_step(SGDRule{}, 0.25, {.learning_rate_scale = 2, .weight_decay = 0.5}), Vector2d(5.5, -4));
  EXPECT_EQ(after_step(SGDRule{}, 0.25, {.learning_rate_scale = 2, .weight_decay = 0.5, .coupled = true}),
            Vector2d(5.5, -4));
  EXPECT_EQ(after_step(SGDRule{}, 0.25, {.learning_rate_scale = 0, .weight_decay = 0.5}), Vector2d(8, -4));
  EXPECT_EQ(after_step(SGDRule{}, 0.0, {.weight_decay = 0.5}), Vector2d(8, -4));
}

TEST(WeightDecay, OfZeroIsNone) {
  for (const bool coupled : {false, true}) {
    EXPECT_EQ(after_step(SGDRule{}, 0.5, {.weight_decay = 0, .coupled = coupled}), Vector2d(7.5, -5));
    EXPECT_EQ(after_step(SGDRule{}, 0.5, {.coupled = coupled}), Vector2d(7.5, -5));
  }
}

TEST(WeightDecay, IsPerTensorWithTheOptimizersDefaultBehindIt) {
  Vector2d decayed(8, -4), plain(8, -4), coupled(8, -4), gradient(0, 0), plain_gradient(0, 0), coupled_gradient(1, 1);
  SGD<double> optimizer({}, {.defaults = {.weight_decay = 0.5}});
  optimizer.add("decayed", decayed, gradient);
  optimizer.add("plain", plain, plain_gradient, {.weight_decay = 0.0});
  optimizer.add("coupled", coupled, coupled_gradient, {.coupled = true});  // lambda still by default
  optimizer.step({.learning_rate = 0.5});
  EXPECT_EQ(decayed, Vector2d(6, -3));
  EXPECT_EQ(plain, Vector2d(8, -4));
  EXPECT_EQ(coupled, Vector2d(8 - 0.5 * 5, -4 - 0.5 * -1));
}

}  // namespace
}  // namespace eigentune
