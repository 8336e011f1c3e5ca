// A step allocates nothing: operator new is counted (laws/allocations.cpp replaces it in this program). The library's
// own code calls no malloc.

#include <eigentune/optim.hpp>

#include <gtest/gtest.h>
#include <unsupported/Eigen/CXX11/ThreadPool>

#include <array>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "laws/allocations.hpp"
#include "optim/array.hpp"
#include "support/pools.hpp"

namespace eigentune {
namespace {

using support::Array;

/// How often `call` allocates.
template <class Call>
std::int64_t allocations_of(Call&& call) {
  const std::int64_t before = laws::allocations();
  call();
  return laws::allocations() - before;
}

void* volatile escaped;  // so that no compiler leaves the allocations below out

TEST(Allocations, AreCounted) {  // or the tests below would be about nothing
  EXPECT_EQ(allocations_of([] {
              const auto number = std::make_unique<double>(1.0);
              escaped = number.get();
            }),
            1);
  struct alignas(64) Aligned {
    float values[16];
  };
  EXPECT_EQ(allocations_of([] {
              const auto aligned = std::make_unique<Aligned>();
              escaped = aligned.get();
            }),
            1);
}

/// Several tensors whose names and shapes are too long for a string's own memory, of 100,000 elements or a few.
class Allocation : public testing::TestWithParam<std::int64_t> {
 protected:
  Allocation() : optimizer(make_optimizer<float>("adam")) {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      parameters[i].memory.assign(parameters[i].memory.size(), 1.0f);
      gradients[i] = parameters[i];
      optimizer.add("a name of some length, number " + std::to_string(i), parameters[i], gradients[i],
                    {.weight_decay = 0.1});
    }
    windows[0] = windows[1] = Eigen::MatrixXf::Ones(1000, 2);
    optimizer.add("a window", windows[0].rightCols(1), windows[1].rightCols(1));
    optimizer.options_for("*1", {.frozen = true});
  }

  /// Every kind of step; the first of each.
  template <class... Pool>
  std::array<std::int64_t, 6> steps(Pool&... pool) {
    const auto step = [&](const StepOptions& options) {
      return allocations_of([&] { optimizer.step(pool..., options); });
    };
    std::array<std::int64_t, 6> counts{};
    counts[0] = step({.learning_rate = 0.1});
    counts[1] = step({.learning_rate = 0.1, .zero_gradients = true, .check_finite = false});
    counts[2] = step({.learning_rate = 0.1,
                      .max_gradient_norm = 1.0,
                      .max_tensor_norm = 1.0,
                      .max_gradient_value = 1.0,
                      .gradient_scale = 0.5});
    gradients[0].memory.back() = std::numeric_limits<float>::quiet_NaN();
    counts[3] = step({.learning_rate = 0.1});  // skipped
    gradients[0].memory.back() = 1;
    std::swap(gradients[0], gradients[2]);
    counts[4] = step({.learning_rate = 0.1});
    optimizer.rebind("a window", windows[0].leftCols(1), windows[1].leftCols(1));
    counts[5] = step({.learning_rate = 0.1});  // which looks for shared memory anew
    return counts;
  }

  const Array<float> start{.shape = {10, 1, 10, 1, 10, 1, 1, GetParam()}};
  std::array<Array<float>, 3> parameters{start, start, start}, gradients;
  std::array<Eigen::MatrixXf, 2> windows;
  AnyOptimizer<float> optimizer;
};

constexpr std::array<std::int64_t, 6> none{};

TEST_P(Allocation, IsNoneInAStep) {
  EXPECT_EQ(steps(), none);
  EXPECT_EQ(steps(), none);
}

TEST_P(Allocation, IsNoneInAStepOnAPool) {
  support::ReadyPool pool(3);
  EXPECT_EQ(steps(pool), none);
  EXPECT_EQ(steps(pool), none);
}

TEST_P(Allocation, IsNoneInAStepThatAverages) {
  optimizer.average(UniformAverage{.start = 3});
  EXPECT_EQ(steps(), none);
  support::ReadyPool pool(3);
  EXPECT_EQ(steps(pool), none);
}

TEST_P(Allocation, OfAdaptiveClippingIsInItsFirstStepOnly) {
  const StepOptions options{.learning_rate = 0.1, .adaptive_clip = 0.01};
  EXPECT_GT(allocations_of([&] { optimizer.step(options); }), 0);
  EXPECT_EQ(allocations_of([&] { optimizer.step(options); }), 0);
  support::ReadyPool pool(3);
  EXPECT_EQ(allocations_of([&] { optimizer.step(pool, options); }), 0);
}

TEST_P(Allocation, OfAccumulationIsInItsFirstCallOnly) {
  EXPECT_GT(allocations_of([&] { optimizer.accumulate(); }), 0);
  support::ReadyPool pool(3);
  EXPECT_EQ(allocations_of([&] {
              optimizer.accumulate();
              optimizer.step({.learning_rate = 0.1, .zero_gradients = true});
              optimizer.accumulate(pool);
              optimizer.accumulate(pool);
              optimizer.step(pool, {.learning_rate = 0.1, .check_finite = false});
            }),
            0);
}

TEST_P(Allocation, IsNoneAfterRemovingATensor) {
  optimizer.remove("a window");
  EXPECT_EQ(allocations_of([&] { optimizer.step({.learning_rate = 0.1}); }), 0);
}

TEST_P(Allocation, IsNoneWhenHyperparametersChange) {
  Adam<float> typed;
  typed.add("w", parameters[0], gradients[0]);
  typed.step({.learning_rate = 0.1});
  EXPECT_EQ(allocations_of([&] {
              typed.set_rule({.beta1 = 0.5});
              typed.step({.learning_rate = 0.1});
            }),
            0);
}

INSTANTIATE_TEST_SUITE_P(Size, Allocation, testing::Values(1, 100));

}  // namespace
}  // namespace eigentune
