// Every rule and convention against the reference trajectories of rule_oracle.py: 60 steps with a changing learning rate,
// zeros and spikes.

#include <eigentune/optim/make_optimizer.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "rule/rule_golden.hpp"

namespace {

using namespace eigentune;

using Golden = golden::Case;

Hyperparameters hyperparameters_of(const Golden& wanted) {
  const std::string rule = wanted.rule;
  Hyperparameters values;
  if (rule == "momentum" || rule == "nesterov" || rule == "rmsprop") {
    values.emplace_back("momentum", wanted.momentum);
    values.emplace_back("rate_placement", wanted.rate_inside_momentum ? "inside_momentum" : "outside_momentum");
  }
  if (rule == "rmsprop") {
    values.emplace_back("rho", wanted.rho);
    values.emplace_back("epsilon", wanted.epsilon);
    values.emplace_back("initial_v", wanted.initial_v);
    values.emplace_back("root_epsilon", wanted.epsilon_placement == golden::EpsilonPlacement::inside_root ? "inside_root"
                                                                                                          : "outside_root");
  }
  if (rule == "adam" || rule == "nadam") {
    values.emplace_back("beta1", wanted.beta1);
    values.emplace_back("beta2", wanted.beta2);
    values.emplace_back("epsilon", wanted.epsilon);
    values.emplace_back("epsilon_placement", wanted.epsilon_placement == golden::EpsilonPlacement::uncorrected
                                                 ? "before_bias_correction"
                                                 : "after_bias_correction");
  }
  if (rule == "nadam") {
    const bool scheduled = wanted.nesterov_form == golden::NesterovForm::momentum_schedule;
    values.emplace_back("momentum_schedule", wanted.nesterov_form == golden::NesterovForm::playbook ? "playbook"
                                             : scheduled                                            ? "scheduled"
                                                                                                    : "bias_corrected");
    if (scheduled) values.emplace_back("momentum_decay", wanted.momentum_decay);
  }
  return values;
}

class GoldenTrajectory : public testing::TestWithParam<Golden> {};

template <class Scalar>
void expect_close(const char* what, int index, Scalar found, double wanted, double tolerance) {
  const double error = std::fabs(static_cast<double>(found) - wanted);
  EXPECT_LE(error, tolerance * std::fabs(wanted)) << what << "[" << index << "] is " << found << ", not " << wanted;
}

template <class Scalar>
void expect_trajectory(const Golden& wanted, double tolerance) {
  using Vector = Eigen::Array<Scalar, golden::elements, 1>;
  AnyOptimizer<Scalar> optimizer = make_optimizer<Scalar>(wanted.rule, hyperparameters_of(wanted));
  Vector parameter, gradient;
  for (int i = 0; i < golden::elements; ++i) parameter[i] = static_cast<Scalar>(golden::initial[i]);
  optimizer.add("theta", parameter, gradient, {.weight_decay = wanted.weight_decay, .coupled = wanted.coupled});
  int record = 0;
  for (int step = 0; step < golden::steps; ++step) {
    for (int i = 0; i < golden::elements; ++i) gradient[i] = static_cast<Scalar>(golden::gradients[step][i]);
    optimizer.step({.learning_rate = golden::rates[step]});
    if (step + 1 != golden::recorded_steps[record]) continue;
    for (int i = 0; i < golden::elements; ++i) {
      expect_close("parameter", i, parameter[i], wanted.parameter[record][i], tolerance);
    }
    ++record;
  }
  EXPECT_EQ(record, golden::records);
  for (int i = 0; i < golden::elements; ++i) {
    const auto at = static_cast<std::size_t>(i);
    if (wanted.has_m) expect_close("m", i, optimizer.state_values("theta", "m")[at], wanted.m[i], tolerance);
    if (wanted.has_v) expect_close("v", i, optimizer.state_values("theta", "v")[at], wanted.v[i], tolerance);
  }
}

// The oracle finds that plain double arithmetic errs by at most 1e-14 and plain float arithmetic by 3e-6.
TEST_P(GoldenTrajectory, IsReachedInDouble) { expect_trajectory<double>(GetParam(), 1e-13); }
TEST_P(GoldenTrajectory, IsReachedInFloat) { expect_trajectory<float>(GetParam(), 5e-6); }

INSTANTIATE_TEST_SUITE_P(Rules, GoldenTrajectory, testing::ValuesIn(golden::cases),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

TEST(GoldenTrajectory, CoversEveryRule) {
  for (const char* rule : {"sgd", "momentum", "nesterov", "rmsprop", "adam", "nadam"}) {
    EXPECT_TRUE(std::ranges::any_of(golden::cases, [&](const Golden& c) { return c.rule == std::string(rule); })) << rule;
  }
}

}  // namespace
