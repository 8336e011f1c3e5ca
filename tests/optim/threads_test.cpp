#include <eigentune/optim.hpp>

#include <gtest/gtest.h>
#include <unsupported/Eigen/CXX11/ThreadPool>

#include <memory>
#include <thread>
#include <vector>

#include "support/expect.hpp"
#include "support/numbers.hpp"
#include "support/pools.hpp"

namespace eigentune {
namespace {

using Eigen::VectorXf;

/// A model of one large tensor, some small ones, one without elements and a frozen one: enough work to be shared out.
struct SharedTraining {
  explicit SharedTraining(std::uint64_t seed = 1) : SharedTraining(seed, {270001, 3, 0, 16384, 16385, 500}) {}
  SharedTraining(std::uint64_t seed, const std::vector<std::int64_t>& sizes)
      : optimizer(std::make_unique<RMSProp<float>>()) {
    for (const std::int64_t size : sizes) {
      for (auto* list : {&parameters, &gradients}) {
        const auto numbers = support::uneven_numbers<float>(size, seed++);
        list->push_back(Eigen::Map<const VectorXf>(numbers.data(), size));
      }
    }
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      optimizer->add(std::to_string(i), parameters[i], gradients[i], {.weight_decay = 0.1, .frozen = i == 4});
    }
  }
  /// Three steps, with a bit of everything.
  template <class... Pool>
  SharedTraining& train(Pool&... pool) {
    optimizer->step(pool..., {.learning_rate = 0.1, .max_gradient_norm = 5.0, .max_gradient_value = 1.0});
    optimizer->accumulate(pool...);
    optimizer->step(pool...,
                    {.learning_rate = 0.1, .max_tensor_norm = 2.0, .adaptive_clip = 0.1, .zero_gradients = true});
    optimizer->step(pool..., {.learning_rate = 0.1, .check_finite = false});
    return *this;
  }
  std::vector<VectorXf> parameters, gradients;
  std::unique_ptr<RMSProp<float>> optimizer;
};

void expect_same(const SharedTraining& a, const SharedTraining& b) {
  EXPECT_EQ(a.parameters, b.parameters);
  EXPECT_EQ(a.gradients, b.gradients);
  EXPECT_EQ(a.optimizer->state(), b.optimizer->state());
}

TEST(Threads, OfAnyNumberGiveTheSameBits) {
  SharedTraining serial;
  serial.train();
  for (const int threads : {1, 2, 3, 8}) {
    Eigen::ThreadPool pool(threads);
    SharedTraining parallel;
    Eigen::ThreadPoolInterface& interface = pool;
    expect_same(parallel.train(interface), serial);
  }
}

TEST(Threads, OfManySmallTensorsGiveTheSameBits) {
  const std::vector<std::int64_t> sizes(8000, 40);
  SharedTraining serial(5, sizes), parallel(5, sizes);
  Eigen::ThreadPool pool(3);
  expect_same(parallel.train(pool), serial.train());
}

TEST(Threads, MayStepFromInsideTheirPool) {
  SharedTraining serial;
  serial.train();
  for (const int threads : {1, 2}) {
    Eigen::ThreadPool pool(threads);
    std::vector<SharedTraining> trainings(3);  // more than threads: all of them are busy with steps
    Eigen::Barrier barrier(3);
    for (SharedTraining& training : trainings) {
      pool.Schedule([&] {
        training.train(pool);
        barrier.Notify();
      });
    }
    barrier.Wait();
    for (const SharedTraining& training : trainings) expect_same(training, serial);
  }
}

TEST(Threads, OfOnePoolServeSeveralOptimizersAtOnce) {
  Eigen::ThreadPool pool(2);
  std::vector<SharedTraining> trainings(4);
  std::vector<std::thread> callers;
  for (SharedTraining& training : trainings) {
    callers.emplace_back([&] {
      training.train(pool);
      training.train(pool);
    });
  }
  for (std::thread& caller : callers) caller.join();
  SharedTraining serial;
  serial.train().train();
  for (const SharedTraining& training : trainings) expect_same(training, serial);
}

TEST(Threads, ThatThePoolDoesNotGiveAreDoneWithout) {
  SharedTraining serial;
  serial.train();
  for (const int accepted : {0, 1}) {
    SharedTraining training;
    support::ThrowingPool pool{.accepted = accepted};
    expect_same(training.train(pool), serial);
    for (auto& closure : pool.closures) closure();
  }
  support::InlinePool inline_pool;
  SharedTraining training;
  expect_same(training.train(inline_pool), serial);
}

TEST(Threads, MayComeTooLateAfterTheStepAndAfterTheOptimizersEnd) {
  SharedTraining serial;
  serial.train();
  SharedTraining training;
  support::LatePool pool;
  expect_same(training.train(pool), serial);
  ASSERT_GE(pool.closures.size(), 9u);
  pool.run_next();  // after the step
  expect_same(training, serial);

  SharedTraining moved;
  moved.optimizer->step(pool, {.learning_rate = 0.0});
  RMSProp<float> elsewhere = std::move(*moved.optimizer);  // the closures know the optimizer at its old place
  pool.run_next();
  training.optimizer.reset();
  pool.run_all();
  EXPECT_EQ(training.parameters, serial.parameters);
  EXPECT_EQ(training.gradients, serial.gradients);
}

TEST(Threads, MayNeverCome) {
  // The pool keeps its closures for ever. (One that destroyed them unrun would leave the optimizer's few shared bytes
  // behind.)
  static support::LatePool& pool = *new support::LatePool;
  SharedTraining serial, training;
  expect_same(training.train(pool), serial.train());
  training.optimizer.reset();
  EXPECT_GE(pool.closures.size(), 9u);
}

TEST(Threads, AreLeftAloneByLittleWork) {
  support::LatePool pool;
  SharedTraining small(1, {1000, 3000});
  small.train(pool);
  EXPECT_LE(pool.closures.size(), 1u);  // adaptive clipping shares out whole tensors, whatever their size
  pool.run_all();
}

TEST(Threads, DoNotHideErrors) {
  Eigen::ThreadPool pool(2);
  SharedTraining training;
  training.parameters[0].resize(3);
  EXPECT_EQ(support::error_of([&] { training.optimizer->step(pool, {.learning_rate = 0.1}); }),
            "step: the parameter \"0\" was resized from [270001] to [3] after it was bound; call rebind");
  EXPECT_EQ(support::error_of([&] { training.optimizer->accumulate(pool); }),
            "accumulate: the parameter \"0\" was resized from [270001] to [3] after it was bound; call rebind");
  SharedTraining again;
  again.gradients[0][270000] = std::numeric_limits<float>::infinity();
  EXPECT_FALSE(again.optimizer->step(pool, {.learning_rate = 0.1}).applied);
}

}  // namespace
}  // namespace eigentune
