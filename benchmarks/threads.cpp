// A step of Adam on one thread and on a pool with a thread per core, over sizes from one element up, as one tensor and
// as a thousand of a thousand: what a pool gives, and that it never costs. Three ways to step: without the check, with
// it, and without it on a pool at rest, whose threads have gone to sleep since the step before. For ratios that can be
// trusted:
//   threads_benchmark --benchmark_enable_random_interleaving=true --benchmark_repetitions=9
//                     --benchmark_report_aggregates_only=true

#include <eigentune/optim.hpp>

#include <benchmark/benchmark.h>
#include <unsupported/Eigen/CXX11/ThreadPool>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

namespace {

using namespace eigentune;
using Clock = std::chrono::steady_clock;

enum class Way { unchecked, checked, at_rest };

/// As many tensors as the benchmark's arguments say, and Adam on them.
struct Training {
  std::vector<Eigen::ArrayXf> parameters, gradients;
  Adam<float> optimizer;

  explicit Training(const benchmark::State& state) {
    const auto tensors = static_cast<std::size_t>(state.range(1));
    parameters.assign(tensors, Eigen::ArrayXf::Constant(state.range(0), 0.5f));
    gradients.assign(tensors, Eigen::ArrayXf::Constant(state.range(0), 0.01f));
    for (std::size_t i = 0; i < tensors; ++i) {
      optimizer.add("tensor" + std::to_string(i), parameters[i], gradients[i]);
    }
  }

  template <class... Pool>
  void step(Way way, Pool&... pool) {
    optimizer.step(pool..., {.learning_rate = 1e-3, .check_finite = way == Way::checked});
    benchmark::ClobberMemory();
  }
};

/// Longer than Eigen's idle threads look for work before they sleep.
void rest() {
  constexpr auto length = std::chrono::microseconds(400);
  for (const auto start = Clock::now(); Clock::now() - start < length;) {
  }
}

template <class... Pool>
void run(benchmark::State& state, Way way, Pool&... pool) {
  Training training(state);
  if (way == Way::at_rest) {
    for (auto _ : state) {
      rest();
      const auto start = Clock::now();
      training.step(way, pool...);
      state.SetIterationTime(std::chrono::duration<double>(Clock::now() - start).count());
    }
  } else {
    for (auto _ : state) training.step(way, pool...);
  }
  const auto parameters = static_cast<double>(state.range(0) * state.range(1));
  state.counters["ns/param"] = benchmark::Counter(parameters * static_cast<double>(state.iterations()) * 1e-9,
                                                  benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

/// Whether steps with the pool leave the bits that steps without it do. Looked at once for each size.
bool same_bits(const benchmark::State& state, Way way, Eigen::ThreadPool& pool) {
  static std::set<std::vector<std::int64_t>> seen;
  if (!seen.insert({state.range(0), state.range(1), static_cast<std::int64_t>(way)}).second) return true;
  Training alone(state), together(state);
  for (int step = 0; step < 2; ++step) {
    alone.step(way);
    together.step(way, pool);
  }
  return std::ranges::equal(alone.parameters, together.parameters, [](const auto& a, const auto& b) {
    return std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(float)) == 0;
  });
}

template <Way way>
void BM_OneThread(benchmark::State& state) {
  run(state, way);
}

template <Way way>
void BM_Pool(benchmark::State& state) {
  Eigen::ThreadPool pool(static_cast<int>(std::max(2U, std::thread::hardware_concurrency())));
  if (!same_bits(state, way, pool)) return state.SkipWithError("the pool changes bits");
  run(state, way, pool);
}

void sizes_from(benchmark::internal::Benchmark* benchmark, int least_power) {
  benchmark->ArgNames({"elements", "tensors"});
  for (const int power : {0, 4, 8, 10, 12, 14, 16, 17, 18, 20, 22, 25}) {
    if (power >= least_power) benchmark->Args({std::int64_t{1} << power, 1});
  }
  benchmark->Args({1000, 1000});
}
void sizes(benchmark::internal::Benchmark* benchmark) {
  sizes_from(benchmark, 0);
  benchmark->UseRealTime();
}
/// Not the smallest: a clock that is read at each step is no match for them.
void sizes_at_rest(benchmark::internal::Benchmark* benchmark) {
  sizes_from(benchmark, 14);
  benchmark->UseManualTime()->Iterations(20);  // a number of its own: resting is not counted, but takes its time
}

BENCHMARK(BM_OneThread<Way::unchecked>)->Name("BM_StepOnOneThread")->Apply(sizes);
BENCHMARK(BM_Pool<Way::unchecked>)->Name("BM_StepOnPool")->Apply(sizes);
BENCHMARK(BM_OneThread<Way::checked>)->Name("BM_CheckedStepOnOneThread")->Apply(sizes);
BENCHMARK(BM_Pool<Way::checked>)->Name("BM_CheckedStepOnPool")->Apply(sizes);
BENCHMARK(BM_OneThread<Way::at_rest>)->Name("BM_StepOnOneThreadAfterRest")->Apply(sizes_at_rest);
BENCHMARK(BM_Pool<Way::at_rest>)->Name("BM_StepOnPoolAtRest")->Apply(sizes_at_rest);

}  // namespace
