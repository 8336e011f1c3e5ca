// What prefetching gains, and what it costs.
//
// BM_SlowSource/p: a source that sleeps 5 ms a batch before a step that computes for 2 ms, with p producers; 0 makes
// batches in the step's own thread. One producer makes a batch in 5 ms, so training waits 3 of 5 ms, 60%; three and
// more keep up. "waiting%" is what the loader reports, "step%" the share of the wall time that the steps took.
//
// BM_LoaderOverhead/p: a source that costs nothing before a step that costs nothing: the loader alone, ns per batch. In
// the same thread (0) and with producers, where each batch is handed from one thread to another.
//
// BM_EpochShuffle/n: examples of a batch of 128 out of n, new orders included.

#include <eigentune/train/epoch_shuffle.hpp>
#include <eigentune/train/prefetch_loader.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace {

using namespace eigentune;
using Clock = std::chrono::steady_clock;

void compute_for(std::chrono::microseconds duration) {
  for (const auto end = Clock::now() + duration; Clock::now() < end;) benchmark::ClobberMemory();
}

void BM_SlowSource(benchmark::State& state) {
  PrefetchLoader<int> loader(
      [](std::int64_t index, int& into) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        into = static_cast<int>(index);
      },
      {.producers = static_cast<int>(state.range(0))});
  const auto start = Clock::now();
  Clock::duration steps{};
  for (auto _ : state) {
    benchmark::DoNotOptimize(loader.next());
    const auto step = Clock::now();
    compute_for(std::chrono::milliseconds(2));
    steps += Clock::now() - step;
  }
  const InputReport report = loader.report();
  state.counters["waiting%"] = 100.0 * report.waiting_share();
  state.counters["step%"] = 100.0 * std::chrono::duration<double>(steps) / (Clock::now() - start);
  state.SetLabel(report.to_string());
}
BENCHMARK(BM_SlowSource)->DenseRange(0, 4)->Iterations(400)->UseRealTime()->Unit(benchmark::kMillisecond);

void BM_LoaderOverhead(benchmark::State& state) {
  PrefetchLoader<std::int64_t> loader([](std::int64_t index, std::int64_t& into) { into = index; },
                                      {.producers = static_cast<int>(state.range(0)), .ahead = state.range(1)});
  for (auto _ : state) benchmark::DoNotOptimize(loader.next());
}
BENCHMARK(BM_LoaderOverhead)->Args({0, 1})->Args({1, 8})->Args({1, 64})->Args({2, 8})->Args({4, 8})->UseRealTime();

/// The same where a step takes 100 us, in which producers make the next batch and fall asleep: what next() itself
/// costs, which is mostly to wake one of them.
void BM_LoaderOverheadBesideSteps(benchmark::State& state) {
  PrefetchLoader<std::int64_t> loader([](std::int64_t index, std::int64_t& into) { into = index; },
                                      {.producers = static_cast<int>(state.range(0))});
  for (auto _ : state) {
    const auto start = Clock::now();
    benchmark::DoNotOptimize(loader.next());
    state.SetIterationTime(std::chrono::duration<double>(Clock::now() - start).count());
    compute_for(std::chrono::microseconds(100));
  }
}
BENCHMARK(BM_LoaderOverheadBesideSteps)->DenseRange(0, 4)->Iterations(5000)->UseManualTime();

/// What it costs on this machine to wake a thread that sleeps, by the same means and with nothing else.
void BM_WakeUp(benchmark::State& state) {
  std::mutex mutex;
  std::condition_variable changed;
  bool awake = false, done = false;
  std::thread sleeper([&] {
    std::unique_lock lock(mutex);
    while (!done) {
      changed.wait(lock, [&] { return awake || done; });
      awake = false;
    }
  });
  for (auto _ : state) {
    const auto start = Clock::now();
    {
      const std::lock_guard lock(mutex);
      awake = true;
    }
    changed.notify_one();
    state.SetIterationTime(std::chrono::duration<double>(Clock::now() - start).count());
    compute_for(std::chrono::microseconds(100));
  }
  {
    const std::lock_guard lock(mutex);
    done = true;
  }
  changed.notify_one();
  sleeper.join();
}
BENCHMARK(BM_WakeUp)->Iterations(5000)->UseManualTime();

void BM_EpochShuffle(benchmark::State& state) {
  const EpochShuffle order(state.range(0));
  std::vector<std::int64_t> indices(128);
  std::int64_t position = 0;
  for (auto _ : state) {
    order.fill(position, indices);
    benchmark::DoNotOptimize(indices.data());
    position += 128;
  }
  state.SetItemsProcessed(state.iterations() * 128);
}
BENCHMARK(BM_EpochShuffle)->Arg(60'000)->Arg(1'280'000)->MinTime(1.0);

}  // namespace
