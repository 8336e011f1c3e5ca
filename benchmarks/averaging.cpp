// Adam with an average of the parameters, beside the traffic of both in one pass, Adam without, and an average that is
// brought up to date in a pass of its own after the step. On float, one thread. For ratios that can be trusted:
//   averaging_benchmark --benchmark_enable_random_interleaving=true --benchmark_repetitions=9
//                       --benchmark_report_aggregates_only=true

#include <eigentune/optim.hpp>

#include <benchmark/benchmark.h>

#include "twins.hpp"

namespace {

using namespace eigentune;

// A parameter and Adam's state read and written, the gradient read; the average read and written; and the parameter
// read once more by a pass of its own.
constexpr std::int64_t adam_bytes = 28, average_bytes = 8, separate_average_bytes = 12;

void sizes(benchmark::internal::Benchmark* benchmark) {
  for (const std::int64_t size : {std::int64_t{1} << 14, std::int64_t{1} << 20, std::int64_t{1} << 25}) {
    benchmark->Arg(size);
  }
}

void report(benchmark::State& state, std::int64_t bytes) {
  const auto parameters = static_cast<double>(state.iterations()) * static_cast<double>(state.range(0));
  state.SetBytesProcessed(static_cast<std::int64_t>(parameters) * bytes);
  state.counters["ns/param"] =
      benchmark::Counter(parameters * 1e-9, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

struct Training {
  explicit Training(std::int64_t size)
      : parameter(Eigen::ArrayXf::Constant(size, 0.5f)), gradient(Eigen::ArrayXf::Constant(size, 0.01f)) {
    optimizer.add("theta", parameter, gradient);
  }
  void step() { optimizer.step({.learning_rate = 1e-3, .check_finite = false}); }
  Eigen::ArrayXf parameter, gradient;
  Adam<float> optimizer;
};

void BM_AdamStep(benchmark::State& state) {
  Training training(state.range(0));
  for (auto _ : state) {
    training.step();
    benchmark::ClobberMemory();
  }
  report(state, adam_bytes);
}

void BM_AdamAveraged(benchmark::State& state) {
  Training training(state.range(0));
  training.optimizer.average(ExponentialAverage{.decay = 0.999});
  for (auto _ : state) {
    training.step();
    benchmark::ClobberMemory();
  }
  report(state, adam_bytes + average_bytes);
}

/// The same kernel, over everything after the step.
void BM_AdamThenAverage(benchmark::State& state) {
  Training training(state.range(0));
  Buffer<float> average(state.range(0), 0.5f);
  for (auto _ : state) {
    training.step();
    simd::average_pass(simd_level(), training.parameter.data(), average.data(), 0.001, state.range(0));
    benchmark::ClobberMemory();
  }
  report(state, adam_bytes + separate_average_bytes);
}

/// As one would write it.
void BM_AdamThenAverageExpression(benchmark::State& state) {
  Training training(state.range(0));
  Eigen::ArrayXf average = training.parameter;
  for (auto _ : state) {
    training.step();
    average += 0.001f * (training.parameter - average);
    benchmark::ClobberMemory();
  }
  report(state, adam_bytes + separate_average_bytes);
}

/// A parameter and three states read and written, a gradient read, and nothing else.
void BM_MemoryTraffic36Bytes(benchmark::State& state) {
  const std::int64_t size = state.range(0);
  twins::Arrays arrays(size);
  Buffer<float> average(size, 0.5f);
  for (auto _ : state) {
    twins::traffic_of_three(arrays.p.data(), arrays.g.data(), arrays.s.data(), arrays.t.data(), average.data(), size);
    benchmark::ClobberMemory();
  }
  report(state, adam_bytes + average_bytes);
}

/// The exchange of parameters and average, and back.
void BM_SwapInAndOut(benchmark::State& state) {
  Training training(state.range(0));
  training.optimizer.average(ExponentialAverage{});
  training.step();
  for (auto _ : state) {
    const auto swapped = training.optimizer.swap_in_average();
    benchmark::ClobberMemory();
  }
  report(state, 2 * 16);
}

BENCHMARK(BM_AdamStep)->Apply(sizes);
BENCHMARK(BM_AdamAveraged)->Apply(sizes);
BENCHMARK(BM_AdamThenAverage)->Apply(sizes);
BENCHMARK(BM_AdamThenAverageExpression)->Apply(sizes);
BENCHMARK(BM_MemoryTraffic36Bytes)->Apply(sizes);
BENCHMARK(BM_SwapInAndOut)->Apply(sizes);

}  // namespace
