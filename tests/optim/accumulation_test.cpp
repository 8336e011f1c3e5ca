#include <eigentune/optim.hpp>

#include <gtest/gtest.h>
#include <unsupported/Eigen/CXX11/ThreadPool>

#include <cmath>
#include <limits>
#include <vector>

#include "support/expect.hpp"
#include "support/numbers.hpp"

namespace eigentune {
namespace {

using Eigen::VectorXd;
using Eigen::VectorXf;
using support::error_of;

/// One tensor, and a state worth comparing.
struct Training {
  explicit Training(Eigen::Index size) : parameter(VectorXd::LinSpaced(size, -1, 1)), gradient(VectorXd::Zero(size)) {
    optimizer.add("w", parameter, gradient, {.weight_decay = 0.1});
  }
  VectorXd parameter, gradient;
  Adam<double> optimizer;
};

/// Whole numbers, whose sums and halves are exact.
VectorXd whole_numbers(Eigen::Index size, int seed) {
  VectorXd values(size);
  for (Eigen::Index i = 0; i < size; ++i) values[i] = static_cast<double>((i * 7 + seed * 5) % 13 - 6);
  return values;
}

TEST(Accumulation, OfSeveralGradientsIsOneStepOnTheirMean) {
  for (const Eigen::Index size : {1, 16, 19, 40000}) {
    Training accumulated(size), direct(size);
    for (int step = 0; step < 3; ++step) {
      VectorXd mean = VectorXd::Zero(size);
      for (int part = 0; part < 4; ++part) {
        accumulated.gradient = whole_numbers(size, 4 * step + part);
        accumulated.optimizer.accumulate();
        mean += accumulated.gradient / 4;
      }
      direct.gradient = mean;
      const StepOptions options{.learning_rate = 0.1, .max_gradient_norm = 2.0, .max_gradient_value = 3.0};
      const StepReport a = accumulated.optimizer.step(options), b = direct.optimizer.step(options);
      EXPECT_EQ(a.gradient_norm, b.gradient_norm);
      EXPECT_EQ(a.clip_scale, b.clip_scale);
      EXPECT_EQ(a.step, step + 1);
    }
    EXPECT_EQ(accumulated.parameter, direct.parameter);
    EXPECT_EQ(accumulated.optimizer.state(), direct.optimizer.state());
  }
}

TEST(Accumulation, OfOneGradientIsAStepOnIt) {
  Training accumulated(19), direct(19);
  accumulated.gradient = direct.gradient = whole_numbers(19, 1);
  accumulated.optimizer.accumulate();
  accumulated.gradient.setConstant(77);  // what is bound now does not count
  accumulated.optimizer.step({.learning_rate = 0.1});
  direct.optimizer.step({.learning_rate = 0.1});
  EXPECT_EQ(accumulated.parameter, direct.parameter);
  EXPECT_TRUE(accumulated.gradient.isConstant(77));  // and stays as it is
}

TEST(Accumulation, IsOverAfterTheStep) {
  Training run(19), direct(19);
  run.gradient.setConstant(5);
  run.optimizer.accumulate();
  run.optimizer.step({.learning_rate = 0.0});
  EXPECT_EQ(run.optimizer.state().accumulated, 0);
  run.gradient.setConstant(2);
  EXPECT_EQ(run.optimizer.step({.learning_rate = 0.0, .check_finite = false}).gradient_norm, std::sqrt(19 * 4.0));
  run.gradient.setConstant(3);
  run.optimizer.accumulate();  // on a sum that starts from zero again
  EXPECT_EQ(run.optimizer.step({.learning_rate = 0.0}).gradient_norm, std::sqrt(19 * 9.0));
}

TEST(Accumulation, WorksTogetherWithAGradientScale) {
  Training run(1);
  for (const double gradient : {300.0, 500.0}) {
    run.gradient[0] = gradient;
    run.optimizer.accumulate();
  }
  EXPECT_DOUBLE_EQ(run.optimizer.step({.learning_rate = 0.0, .gradient_scale = 0.01}).gradient_norm, 4.0);
}

TEST(Accumulation, WithAGradientThatIsNotFiniteSkipsAndStartsAnew) {
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    Training run(19);
    const VectorXd before = run.parameter;
    run.gradient.setOnes();
    run.gradient[18] = bad;
    run.optimizer.accumulate();
    run.gradient.setOnes();
    run.optimizer.accumulate();
    EXPECT_FALSE(run.optimizer.step({.learning_rate = 0.1}).applied);
    EXPECT_EQ(run.parameter, before);
    EXPECT_EQ(run.optimizer.state().accumulated, 0);
    run.optimizer.accumulate();
    const StepReport report = run.optimizer.step({.learning_rate = 0.1});  // the sum is not spoilt for ever
    EXPECT_TRUE(report.applied);
    EXPECT_DOUBLE_EQ(report.gradient_norm, std::sqrt(19.0));
  }
}

TEST(Accumulation, WithoutTheFiniteCheckWritesThroughAndStillStartsAnew) {
  Training run(19);
  run.gradient[3] = std::numeric_limits<double>::quiet_NaN();
  run.optimizer.accumulate();
  EXPECT_TRUE(run.optimizer.step({.learning_rate = 0.1, .check_finite = false}).applied);
  EXPECT_TRUE(std::isnan(run.parameter[3]) && !std::isnan(run.parameter[2]));
  run.gradient.setOnes();
  run.optimizer.accumulate();
  EXPECT_DOUBLE_EQ(run.optimizer.step({.learning_rate = 0.1}).gradient_norm, std::sqrt(19.0));
}

TEST(Accumulation, HasTheSameBitsOnAPool) {
  constexpr std::int64_t size = 270001;
  Eigen::ThreadPool pool(3);
  const auto train = [&](auto&... threads) {
    VectorXf parameter = VectorXf::Zero(size), gradient(size);
    RMSProp<float> optimizer({.momentum = 0.9});
    optimizer.add("w", parameter, gradient);
    for (std::uint64_t step = 0; step < 2; ++step) {
      for (std::uint64_t part = 0; part < 3; ++part) {
        const auto numbers = support::uneven_numbers<float>(size, 3 * step + part);
        gradient = Eigen::Map<const VectorXf>(numbers.data(), size);
        optimizer.accumulate(threads...);
      }
      optimizer.step(threads..., {.learning_rate = 0.1, .max_gradient_norm = 1.0});
    }
    return parameter;
  };
  EXPECT_EQ(train(), train(pool));
}

TEST(Accumulation, OfATensorThatCameInItsMidstCountsItsMissingGradientsAsZero) {
  VectorXd early(1), late(1), early_gradient(1), late_gradient(1);
  early << 0, late << 0, early_gradient << 4, late_gradient << 4;
  SGD<double> optimizer;
  optimizer.add("early", early, early_gradient);
  optimizer.accumulate();
  optimizer.add("late", late, late_gradient);
  optimizer.accumulate();
  optimizer.step({.learning_rate = 1});
  EXPECT_EQ(early[0], -4);
  EXPECT_EQ(late[0], -2);
}

TEST(Accumulation, NeedsAllObjectsInPlace) {
  Training run(19);
  run.gradient.resize(3);
  EXPECT_EQ(error_of([&] { run.optimizer.accumulate(); }),
            "accumulate: the gradient \"w\" was resized from [19] to [3] after it was bound; call rebind");
  EXPECT_EQ(run.optimizer.state().accumulated, 0);

  VectorXd other = VectorXd::Zero(2);
  Training sharing(2);
  sharing.optimizer.add("again", other, sharing.gradient);
  EXPECT_EQ(error_of([&] { sharing.optimizer.accumulate(); }), "accumulate: \"w\" and \"again\" share memory");
}

}  // namespace
}  // namespace eigentune
