#include <eigentune/optim.hpp>

#include <gtest/gtest.h>
#include <unsupported/Eigen/CXX11/ThreadPool>

#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace eigentune {
namespace {

using Eigen::VectorXf;

static_assert(std::is_nothrow_move_constructible_v<Adam<float>> && std::is_nothrow_move_assignable_v<Adam<float>>);
static_assert(!std::is_copy_constructible_v<Adam<float>> && !std::is_copy_assignable_v<Adam<float>>);
static_assert(std::is_nothrow_move_constructible_v<AnyOptimizer<float>> &&
              !std::is_copy_constructible_v<AnyOptimizer<float>>);

/// A tensor that is large enough for a pool.
struct MovedModel {
  VectorXf parameter = VectorXf::Zero(270000), gradient = VectorXf::Ones(270000);
  template <class Optimizer>
  void bind(Optimizer& optimizer) {
    optimizer.add("w", parameter, gradient);
  }
};

TEST(Optimizer, CanBeMovedBetweenSteps) {
  Eigen::ThreadPool pool(2);
  MovedModel model, still;
  Momentum<float> first({.momentum = 0.5}), reference({.momentum = 0.5});
  model.bind(first);
  still.bind(reference);
  first.step(pool, {.learning_rate = 1});
  Momentum<float> second = std::move(first);
  second.step(pool, {.learning_rate = 1});
  first = Momentum<float>({.momentum = 0.5});  // a new life for the one that was moved from
  first = std::move(second);
  first.accumulate(pool);
  std::vector<Momentum<float>> many;
  many.push_back(std::move(first));
  many.emplace_back();
  many.emplace_back();
  many.front().step(pool, {.learning_rate = 1});
  EXPECT_EQ(many.front().rule().momentum, 0.5);

  for (int step = 0; step < 3; ++step) reference.step({.learning_rate = 1});
  EXPECT_EQ(model.parameter, still.parameter);
  EXPECT_EQ(many.front().state(), reference.state());
}

TEST(Optimizer, BecomesAnAnyOptimizerByMoving) {
  Eigen::ThreadPool pool(2);
  MovedModel model;
  Momentum<float> typed({.momentum = 0.5});
  model.bind(typed);
  typed.step(pool, {.learning_rate = 1});
  AnyOptimizer<float> any = std::move(typed);
  any.step(pool, {.learning_rate = 1});
  EXPECT_TRUE(model.parameter.isConstant(-2.5f, 0));
  EXPECT_EQ(any.rule_name(), "Momentum");
  any = make_optimizer<float>("sgd");
  EXPECT_TRUE(any.names().empty());
  std::vector<AnyOptimizer<float>> several;
  for (const char* name : {"sgd", "adam", "nadam"}) several.push_back(make_optimizer<float>(name));
  std::swap(several[0], several[2]);
  EXPECT_EQ(several[0].rule_name(), "NAdam");
}

TEST(Optimizer, LeavesObjectsAloneWhenItGoes) {
  MovedModel model;
  {
    SGD<float> optimizer;
    model.bind(optimizer);
    optimizer.step({.learning_rate = 1});
  }
  EXPECT_TRUE(model.parameter.isConstant(-1.0f, 0));
  EXPECT_TRUE(model.gradient.isOnes(0));
}

TEST(Optimizer, MayOutliveItsObjectsIfItIsNotUsedWithThem) {
  SGD<float> optimizer;
  auto model = std::make_unique<MovedModel>();
  model->bind(optimizer);
  optimizer.step({.learning_rate = 1});
  model.reset();
  optimizer.remove("w");
  EXPECT_TRUE(optimizer.step({.learning_rate = 1}).applied);
}

}  // namespace
}  // namespace eigentune
