#include <eigentune/core/parallel.hpp>

#include <gtest/gtest.h>
#include <unsupported/Eigen/CXX11/ThreadPool>

#include <algorithm>
#include <numeric>
#include <set>
#include <thread>
#include <vector>

#include "support/expect.hpp"
#include "support/pools.hpp"

namespace eigentune {
namespace {

using support::error_of;

static_assert(ThreadPoolLike<Eigen::ThreadPool> && ThreadPoolLike<Eigen::ThreadPoolInterface>);
static_assert(!ThreadPoolLike<int> && !ThreadPoolLike<std::thread>);

/// How often each of `count` tasks ran.
template <class Pool>
std::vector<int> runs(ParallelRegion& region, Pool& pool, std::int64_t count) {
  std::vector<std::atomic<int>> times(static_cast<std::size_t>(count));
  region.run(pool, count, [&](std::int64_t i) { ++times[static_cast<std::size_t>(i)]; });
  return {times.begin(), times.end()};
}

std::vector<int> once_each(std::int64_t count) {
  return std::vector<int>(static_cast<std::size_t>(count), 1);
}

TEST(ParallelRegion, RunsEachTaskOnce) {
  for (const int threads : {1, 2, 3, 8}) {
    Eigen::ThreadPool pool(threads);
    ParallelRegion region;
    for (const std::int64_t count : {0, 1, 2, 3, 7, 8, 9, 100, 5000}) {
      EXPECT_EQ(runs(region, pool, count), once_each(count)) << threads << " threads";
    }
  }
}

TEST(ParallelRegion, CanBeUsedAgainAtOnceManyTimes) {
  Eigen::ThreadPool pool(3);
  ParallelRegion region;
  std::vector<int> sums(8, 0);  // not atomic: each call must be over before the next one begins
  for (int call = 0; call < 5000; ++call) {
    region.run(pool, 8, [&](std::int64_t i) { sums[static_cast<std::size_t>(i)] += call % 3; });
  }
  EXPECT_EQ(sums, std::vector<int>(8, 4999));
}

TEST(ParallelRegion, UsesAtMostAsManyThreadsAsThePoolHas) {
  Eigen::ThreadPool pool(3);
  ParallelRegion region;
  std::atomic<int> inside{0}, most{0};
  region.run(pool, 200, [&](std::int64_t) {
    const int here = ++inside;
    for (int seen = most; here > seen && !most.compare_exchange_weak(seen, here);) {
    }
    std::this_thread::yield();
    --inside;
  });
  EXPECT_GE(most, 1);
  EXPECT_LE(most, 3);
}

TEST(ParallelRegion, TakesAPoolThatIsConstant) {
  const support::InlinePool pool;
  ParallelRegion region;
  EXPECT_EQ(runs(region, pool, 10), once_each(10));
}

TEST(ParallelRegion, RefusesMoreTasksThanItCanCount) {
  Eigen::ThreadPool pool(2);
  ParallelRegion region;
  EXPECT_EQ(error_of([&] { region.run(pool, std::int64_t{1} << 31, [](std::int64_t) { FAIL(); }); }),
            "ParallelRegion: count must be below 2^31, got 2147483648");
}

TEST(ParallelRegion, ThrowsOneOfTheExceptionsAfterAllTasksAreDone) {
  for (const int threads : {1, 2, 4}) {
    Eigen::ThreadPool pool(threads);
    ParallelRegion region;
    for (int repetition = 0; repetition < 50; ++repetition) {
      std::atomic<int> done{0};
      const std::string text = error_of<std::runtime_error>([&] {
        region.run(pool, 40, [&](std::int64_t i) {
          ++done;
          if (i % 10 == 3) throw std::runtime_error("task " + std::to_string(i));
        });
      });
      EXPECT_EQ(done, 40);
      EXPECT_TRUE((std::set<std::string>{"task 3", "task 13", "task 23", "task 33"}.contains(text))) << text;
      EXPECT_EQ(runs(region, pool, 20), once_each(20));  // nothing of it is left
    }
  }
}

TEST(ParallelRegion, CarriesOnAloneIfThePoolTakesNoWork) {
  ParallelRegion region;
  for (const int accepted : {0, 1, 2}) {
    support::ThrowingPool pool{.accepted = accepted};
    EXPECT_EQ(runs(region, pool, 100), once_each(100));
    EXPECT_EQ(pool.closures.size(), static_cast<std::size_t>(accepted));
    for (auto& closure : pool.closures) closure();
  }
}

TEST(ParallelRegion, DoesNotWaitForClosuresThatThePoolHasNotBegun) {
  support::LatePool pool;
  ParallelRegion region;
  EXPECT_EQ(runs(region, pool, 100), once_each(100));
  EXPECT_EQ(pool.closures.size(), 3u);
  pool.run_all();
}

TEST(ParallelRegion, LetsClosuresComeAfterTheCallInALaterCallAndAfterItsEnd) {
  support::LatePool pool;
  {
    ParallelRegion region;
    EXPECT_EQ(runs(region, pool, 100), once_each(100));
    pool.run_next();  // after the call
    // In the midst of a later call, whose tasks it may take, and of which it must take none twice.
    std::vector<int> times(100, 0);
    region.run(pool, 100, [&](std::int64_t i) {
      ++times[static_cast<std::size_t>(i)];
      if (i == 50) pool.run_next();
    });
    EXPECT_EQ(times, once_each(100));
    EXPECT_EQ(pool.closures.size(), 4u);
  }
  pool.run_all();  // after the end of the region
  EXPECT_TRUE(pool.closures.empty());
}

TEST(ParallelRegion, TheCallerBeginsAtTheFirstTaskAndAHelperAtTheLast) {
  support::LatePool pool;
  ParallelRegion region;
  std::vector<std::int64_t> order;
  region.run(pool, 6, [&](std::int64_t i) {
    order.push_back(i);
    if (i == 2) pool.run_next();  // a helper, for once on this thread
  });
  EXPECT_EQ(order, (std::vector<std::int64_t>{0, 1, 2, 5, 4, 3}));
  pool.run_all();
}

TEST(ParallelRegion, StaysRightWhenCallsFollowSoonerOrLaterThanHelpersWait) {
  Eigen::ThreadPool pool(3);
  ParallelRegion region;
  std::vector<int> sums(8, 0);  // not atomic: each call must be over before the next one begins
  for (int call = 0; call < 2000; ++call) {
    for (int i = 0; i < call % 1000; ++i) std::atomic_signal_fence(std::memory_order_seq_cst);
    region.run(pool, 8, [&](std::int64_t i) { ++sums[static_cast<std::size_t>(i)]; });
  }
  EXPECT_EQ(sums, std::vector<int>(8, 2000));
}

TEST(ParallelRegion, StaysRightWhileClosuresOfEarlierCallsComeAtAnyMoment) {
  support::LatePool pool;
  std::atomic<bool> stop{false};
  std::thread late([&] {
    while (!stop) pool.run_next();
  });
  {
    ParallelRegion region;
    for (int call = 0; call < 2000; ++call) ASSERT_EQ(runs(region, pool, 5), once_each(5));
  }
  stop = true;
  late.join();
  pool.run_all();
}

TEST(ParallelRegion, WorksFromInsideThePool) {
  for (const int threads : {1, 2}) {
    Eigen::ThreadPool pool(threads);
    const int callers = 2 * threads;  // more than threads, all in the pool at once
    std::vector<std::vector<int>> results(static_cast<std::size_t>(callers));
    Eigen::Barrier barrier(static_cast<unsigned>(callers));
    for (auto& result : results) {
      pool.Schedule([&] {
        ParallelRegion region;
        for (int call = 0; call < 20; ++call) result = runs(region, pool, 50);
        barrier.Notify();
      });
    }
    barrier.Wait();
    for (const auto& result : results) EXPECT_EQ(result, once_each(50));
  }
}

TEST(ParallelRegion, MayBeNestedInTasksOfAnother) {
  Eigen::ThreadPool pool(2);
  ParallelRegion outer;
  std::atomic<int> total{0};
  outer.run(pool, 8, [&](std::int64_t) {
    ParallelRegion inner;
    inner.run(pool, 8, [&](std::int64_t) { ++total; });
  });
  EXPECT_EQ(total, 64);
}

TEST(ParallelRegion, SeveralShareAPool) {
  Eigen::ThreadPool pool(3);
  std::vector<std::thread> callers;
  std::vector<int> wrong(4, 0);
  for (int& count : wrong) {
    callers.emplace_back([&pool, &count] {
      ParallelRegion region;
      for (int call = 0; call < 300; ++call) count += runs(region, pool, 10) != once_each(10);
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

TEST(ParallelRegion, CanBeMoved) {
  Eigen::ThreadPool pool(2);
  ParallelRegion first;
  runs(first, pool, 10);
  ParallelRegion second = std::move(first);
  EXPECT_EQ(runs(second, pool, 10), once_each(10));
  first = ParallelRegion();
  EXPECT_EQ(runs(first, pool, 10), once_each(10));
  second = std::move(first);
  EXPECT_EQ(runs(second, pool, 10), once_each(10));
}

}  // namespace
}  // namespace eigentune
