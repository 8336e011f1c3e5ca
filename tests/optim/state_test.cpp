#include <eigentune/optim.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "support/expect.hpp"
#include "support/numbers.hpp"

namespace eigentune {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;
using support::error_of;

/// Two tensors under Adam.
struct TwoTensorTraining {
  TwoTensorTraining() { bind({"w", "b"}); }
  void bind(const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      if (name == "w") optimizer.add("w", w, w_gradient);
      if (name == "b") optimizer.add("b", b, b_gradient);
    }
  }
  void fill(std::uint64_t seed) {
    const auto numbers = support::uneven_numbers<double>(9, seed);
    w_gradient = Eigen::Map<const MatrixXd>(numbers.data(), 2, 3);
    b_gradient = Eigen::Map<const VectorXd>(numbers.data() + 6, 3);
  }
  void train(std::uint64_t first, std::uint64_t steps) {
    for (std::uint64_t step = first; step < first + steps; ++step) {
      fill(step);
      optimizer.step({.learning_rate = 0.1});
    }
  }
  MatrixXd w = MatrixXd::Ones(2, 3), w_gradient = MatrixXd::Zero(2, 3);
  VectorXd b = VectorXd::Ones(3), b_gradient = VectorXd::Zero(3);
  Adam<double> optimizer;
};

TEST(State, IsAValueWithTheNamesOfEverything) {
  TwoTensorTraining run;
  run.optimizer = Adam<double>({.beta1 = 0.5, .beta2 = 0.75});
  run.bind({"w", "b"});
  run.w_gradient << 2, 4, 6, 8, 10, 12;
  run.b_gradient << 2, 0, -2;
  run.optimizer.step({.learning_rate = 0.1});
  const OptimizerState<double> expected{
      .rule = "Adam",
      .step = 1,
      .tensors = {{.name = "w",
                   .shape = {2, 3},
                   .order = StorageOrder::column_major,
                   .updates = 1,
                   .slots = {{"m", {1, 4, 2, 5, 3, 6}}, {"v", {1, 16, 4, 25, 9, 36}}}},
                  {.name = "b", .shape = {3}, .updates = 1, .slots = {{"m", {1, 0, -1}}, {"v", {1, 0, 1}}}}}};
  EXPECT_EQ(run.optimizer.state(), expected);
  EXPECT_EQ(run.optimizer.state_values("w", "v")[1], 16);
  EXPECT_EQ(run.optimizer.state_values("w", "v").size(), 6u);
  EXPECT_EQ(run.optimizer.names(), (std::vector<std::string>{"w", "b"}));
}

TEST(State, StartsAsTheRuleSays) {
  VectorXd parameter(2), gradient(2);
  RMSProp<double> optimizer({.initial_v = 0.25});
  optimizer.add("first", parameter, gradient);
  EXPECT_EQ(optimizer.state().tensors[0].slots, (std::vector<SlotState<double>>{{"v", {0.25, 0.25}}, {"m", {0, 0}}}));
  SGD<double> sgd;
  sgd.add("first", parameter, gradient);
  EXPECT_TRUE(sgd.state().tensors[0].slots.empty());
}

TEST(State, ComesBackBitForBit) {
  TwoTensorTraining uninterrupted, interrupted, resumed;
  uninterrupted.train(0, 10);
  interrupted.train(0, 5);
  resumed.w = interrupted.w;
  resumed.b = interrupted.b;
  resumed.optimizer.load_state(interrupted.optimizer.state());
  EXPECT_EQ(resumed.optimizer.state(), interrupted.optimizer.state());
  resumed.train(5, 5);
  EXPECT_EQ(resumed.w, uninterrupted.w);
  EXPECT_EQ(resumed.b, uninterrupted.b);
  EXPECT_EQ(resumed.optimizer.state(), uninterrupted.optimizer.state());
}

TEST(State, ComesBackWhateverTheOrderOfTensors) {
  TwoTensorTraining run, other;
  run.train(0, 3);
  other.optimizer = Adam<double>();
  other.bind({"b", "w"});
  other.optimizer.load_state(run.optimizer.state());
  EXPECT_EQ(other.optimizer.names(), (std::vector<std::string>{"b", "w"}));
  other.w = run.w;
  other.b = run.b;
  run.train(3, 2);
  other.train(3, 2);
  EXPECT_EQ(other.w, run.w);
  EXPECT_EQ(other.b, run.b);
}

TEST(State, CarriesAnAccumulationThatIsUnderWay) {
  TwoTensorTraining uninterrupted, interrupted, resumed;
  for (TwoTensorTraining* run : {&uninterrupted, &interrupted}) {
    run->train(0, 2);
    run->fill(100);
    run->optimizer.accumulate();
  }
  const OptimizerState<double> state = interrupted.optimizer.state();
  EXPECT_EQ(state.accumulated, 1);
  EXPECT_EQ(state.tensors[1].slots.back().name, "accumulated_gradient");
  EXPECT_EQ(state.tensors[1].slots.back().values,
            std::vector<double>(interrupted.b_gradient.data(), interrupted.b_gradient.data() + 3));
  resumed.w = interrupted.w;
  resumed.b = interrupted.b;
  resumed.optimizer.load_state(state);
  EXPECT_EQ(resumed.optimizer.state(), state);
  for (TwoTensorTraining* run : {&uninterrupted, &resumed}) {
    run->fill(101);
    run->optimizer.accumulate();
    run->optimizer.step({.learning_rate = 0.1});
  }
  EXPECT_EQ(resumed.w, uninterrupted.w);
  EXPECT_EQ(resumed.optimizer.state(), uninterrupted.optimizer.state());
}

TEST(State, WithoutAnAccumulationEndsOneThatWasUnderWay) {
  TwoTensorTraining run, fresh;
  const OptimizerState<double> start = run.optimizer.state();
  run.fill(1);
  run.optimizer.accumulate();
  run.optimizer.load_state(start);
  for (TwoTensorTraining* each : {&run, &fresh}) {
    each->fill(2);
    each->optimizer.accumulate();
    each->optimizer.step({.learning_rate = 0.1});
  }
  EXPECT_EQ(run.w, fresh.w);
  EXPECT_EQ(run.optimizer.state(), fresh.optimizer.state());
}

TEST(State, CarriesTheCountsOfSkips) {
  TwoTensorTraining run, resumed;
  run.w_gradient(1, 2) = std::numeric_limits<double>::infinity();
  for (int skip = 0; skip < 19; ++skip) run.optimizer.step({.learning_rate = 0.1});
  resumed.optimizer.load_state(run.optimizer.state());
  EXPECT_EQ(resumed.optimizer.state().skipped, 19);
  resumed.w_gradient = run.w_gradient;
  EXPECT_THROW(resumed.optimizer.step({.learning_rate = 0.1}), DivergenceError);
}

class StateMismatch : public testing::Test {
 protected:
  StateMismatch() {
    run.train(0, 2);
    state = run.optimizer.state();
  }
  /// The problems that load_state finds; nothing may have changed.
  std::string problems() {
    const OptimizerState<double> before = run.optimizer.state();
    const std::string text = error_of([&] { run.optimizer.load_state(state); });
    EXPECT_EQ(run.optimizer.state(), before);
    const std::string begin = "load_state: the state does not fit this optimizer: ";
    EXPECT_EQ(text.substr(0, begin.size()), begin);
    return text.substr(std::min(begin.size(), text.size()));
  }
  TwoTensorTraining run;
  OptimizerState<double> state;
};

TEST_F(StateMismatch, OfTheRule) {
  state.rule = "RMSProp";
  EXPECT_EQ(problems(), "it is of rule RMSProp, not Adam");
}

TEST_F(StateMismatch, OfTensors) {
  state.tensors[1].name = "c";
  EXPECT_EQ(problems(), "\"c\" is extra; \"b\" is missing");
  state.tensors[1].name = "w";
  EXPECT_EQ(problems(),
            "\"w\" is there twice; \"w\" has shape [3], not [2, 3]; \"w\" has 3 values of m, not 6; \"w\" has 3 "
            "values of v, not 6; \"b\" is missing");
  state.tensors.clear();
  EXPECT_EQ(problems(), "\"w\" is missing; \"b\" is missing");
}

TEST_F(StateMismatch, OfShapeAndOrder) {
  state.tensors[0].shape = {3, 2};
  state.tensors[1].order = StorageOrder::row_major;
  EXPECT_EQ(problems(), "\"w\" has shape [3, 2], not [2, 3]; \"b\" is row-major, not column-major");
}

TEST_F(StateMismatch, OfSlots) {
  std::swap(state.tensors[0].slots[0], state.tensors[0].slots[1]);
  state.tensors[1].slots.pop_back();
  EXPECT_EQ(problems(), "\"w\" has the slots [v, m], not [m, v]; \"b\" has the slots [m], not [m, v]");
  state = run.optimizer.state();
  state.tensors[0].slots.push_back({"accumulated_gradient", std::vector<double>(6)});
  EXPECT_EQ(problems(), "\"w\" has the slots [m, v, accumulated_gradient], not [m, v]");
  state.accumulated = 2;
  EXPECT_EQ(problems(), "\"b\" has the slots [m, v], not [m, v, accumulated_gradient]");
}

TEST_F(StateMismatch, OfTheNumberOfValues) {
  state.tensors[1].slots[1].values.push_back(0);
  EXPECT_EQ(problems(), "\"b\" has 4 values of v, not 3");
  state.tensors[1].slots[1].values.clear();
  EXPECT_EQ(problems(), "\"b\" has 0 values of v, not 3");
}

TEST_F(StateMismatch, OfCountsThatCannotBe) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  state.step = -1;
  state.skipped = most;
  state.consecutive_skips = -most - 1;
  state.tensors[0].updates = most;
  EXPECT_EQ(problems(),
            "step must be in [0, 2^53], got -1; skipped must be in [0, 2^53], got 9223372036854775807; "
            "consecutive_skips must be in [0, 2^53], got -9223372036854775808; updates of \"w\" must be in "
            "[0, 2^53], got 9223372036854775807");
  state = run.optimizer.state();
  state.accumulated = -2;
  EXPECT_EQ(problems(), "accumulated must be in [0, 2^53], got -2");
}

TEST_F(StateMismatch, IsNoneForTheLargestCounts) {
  state.step = state.tensors[0].updates = state.tensors[1].updates = std::int64_t{1} << 53;
  run.optimizer.load_state(state);
  EXPECT_TRUE(run.optimizer.step({.learning_rate = 0.1}).applied);
}

TEST(StateValues, AreThereByNameOnly) {
  TwoTensorTraining run;
  EXPECT_EQ(error_of([&] { run.optimizer.state_values("x", "m"); }),
            "state_values: there is no tensor \"x\"; bound are \"w\", \"b\"");
  EXPECT_EQ(error_of([&] { run.optimizer.state_values("w", "momentum"); }),
            "state_values: Adam has no state \"momentum\"");
}

}  // namespace
}  // namespace eigentune
