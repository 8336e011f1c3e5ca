// A step of each rule beside a raw loop of the same formula and beside pure memory traffic, on float, one thread. For
// ratios that can be trusted:
//   rules_benchmark --benchmark_enable_random_interleaving=true --benchmark_repetitions=9
//                   --benchmark_report_aggregates_only=true

#include <eigentune/optim.hpp>

#include <benchmark/benchmark.h>

#include "twins.hpp"
#if defined(HAVE_TORCH)
#include "torch_twins.hpp"
#endif
#if defined(HAVE_ENSMALLEN)
#include "ensmallen_twins.hpp"
#endif

namespace {

using namespace eigentune;

void sizes(benchmark::internal::Benchmark* benchmark) {
  for (const std::int64_t size : {std::int64_t{1} << 10, std::int64_t{1} << 14, std::int64_t{1} << 18,
                                  std::int64_t{1} << 22, std::int64_t{1} << 25}) {
    benchmark->Arg(size);
  }
}

/// Bytes of a parameter, its gradient and its states: all read, all but the gradient written.
constexpr std::int64_t bytes_per_parameter(std::size_t states) {
  return static_cast<std::int64_t>(4 + 8 + 8 * states);
}

void report(benchmark::State& state, std::int64_t bytes) {
  const auto parameters = static_cast<double>(state.iterations()) * static_cast<double>(state.range(0));
  state.SetBytesProcessed(static_cast<std::int64_t>(parameters) * bytes);
  state.counters["ns/param"] =
      benchmark::Counter(parameters * 1e-9, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

template <class Rule>
void step(benchmark::State& state, bool check_finite, bool measure_norm = true) {
  const std::int64_t size = state.range(0);
  Eigen::ArrayXf parameter = Eigen::ArrayXf::Constant(size, 0.5f), gradient = Eigen::ArrayXf::Constant(size, 0.01f);
  Optimizer<Rule, float> optimizer;
  optimizer.add("theta", parameter, gradient);
  for (auto _ : state) {
    optimizer.step({.learning_rate = 1e-3, .check_finite = check_finite, .measure_norm = measure_norm});
    benchmark::ClobberMemory();
  }
  report(state, bytes_per_parameter(Rule::state.size()) + (check_finite ? 4 : 0));
}

template <class Rule>
void BM_Step(benchmark::State& state) {
  step<Rule>(state, false);
}
template <class Rule>
void BM_CheckedStep(benchmark::State& state) {
  step<Rule>(state, true);
}

template <class Loop>
void loop(benchmark::State& state, std::size_t states, Loop&& run) {
  twins::Arrays arrays(state.range(0));
  for (auto _ : state) {
    run(arrays);
    benchmark::ClobberMemory();
  }
  report(state, bytes_per_parameter(states));
}

void BM_SGDRawLoop(benchmark::State& state) {
  loop(state, 0, [](twins::Arrays& a) { twins::sgd_loop(a.p.data(), a.g.data(), a.size()); });
}
void BM_MomentumRawLoop(benchmark::State& state) {
  loop(state, 1, [](twins::Arrays& a) { twins::momentum_loop(a.p.data(), a.g.data(), a.s.data(), a.size()); });
}
void BM_NesterovRawLoop(benchmark::State& state) {
  loop(state, 1, [](twins::Arrays& a) { twins::nesterov_loop(a.p.data(), a.g.data(), a.s.data(), a.size()); });
}
void BM_RMSPropRawLoop(benchmark::State& state) {
  loop(state, 2,
       [](twins::Arrays& a) { twins::rmsprop_loop(a.p.data(), a.g.data(), a.t.data(), a.s.data(), a.size()); });
}
void BM_AdamRawLoop(benchmark::State& state) {
  loop(state, 2, [](twins::Arrays& a) { twins::adam_loop(a.p.data(), a.g.data(), a.s.data(), a.t.data(), a.size()); });
}
void BM_NAdamRawLoop(benchmark::State& state) {
  loop(state, 2, [](twins::Arrays& a) { twins::nadam_loop(a.p.data(), a.g.data(), a.s.data(), a.t.data(), a.size()); });
}
void BM_AdamExpressions(benchmark::State& state) {
  loop(state, 2, [](twins::Arrays& a) { twins::adam_expressions(a); });
}
#if defined(__x86_64__)
/// Adam by hand for a level, and the library's own forced to it. A step also reports the gradients' norm, which the
/// wide levels hide behind divisions and roots and sse2 cannot: there, a twin that does the same work stands beside it,
/// and a step that is told not to measure stands beside the twin without.
template <SimdLevel level, bool norm = false>
void BM_AdamIntrinsics(benchmark::State& state) {
  if (!simd_level_available(level)) return state.SkipWithError("not on this processor");
  loop(state, 2, [](twins::Arrays& a) {
    if constexpr (level == SimdLevel::sse2) {
      benchmark::DoNotOptimize(twins::adam_sse2<norm>(a.p.data(), a.g.data(), a.s.data(), a.t.data(), a.size()));
    } else {
      constexpr auto run = level == SimdLevel::avx512 ? twins::adam_avx512 : twins::adam_avx2;
      run(a.p.data(), a.g.data(), a.s.data(), a.t.data(), a.size());
    }
  });
}
template <SimdLevel level, bool norm = true>
void BM_AdamForced(benchmark::State& state) {
  if (!simd_level_available(level)) return state.SkipWithError("not on this processor");
  const SimdLevel before = simd_level();
  set_simd_level(level);
  step<AdamRule>(state, false, norm);
  set_simd_level(before);
}
#endif

template <int states>
void BM_MemoryTraffic(benchmark::State& state) {
  loop(state, states,
       [](twins::Arrays& a) { twins::traffic<states>(a.p.data(), a.g.data(), a.s.data(), a.t.data(), a.size()); });
}

/// The traffic of a step that checks its gradients first: one pass that reads them, then the others.
void BM_MemoryTrafficWithCheck(benchmark::State& state) {
  twins::Arrays arrays(state.range(0));
  for (auto _ : state) {
    benchmark::DoNotOptimize(twins::read(arrays.g.data(), arrays.size()));
    twins::traffic<2>(arrays.p.data(), arrays.g.data(), arrays.s.data(), arrays.t.data(), arrays.size());
    benchmark::ClobberMemory();
  }
  report(state, bytes_per_parameter(2) + 4);
}

#if defined(HAVE_TORCH)
void BM_AdamTorch(benchmark::State& state) {
  torch_twins::set_threads(1);
  torch_twins::AdamTail adam({state.range(0)});
  adam.fill_gradients(0.01f);
  for (auto _ : state) {
    adam.step(0.0);
    benchmark::ClobberMemory();
  }
  report(state, bytes_per_parameter(2));
}
#endif

#if defined(HAVE_ENSMALLEN)
void BM_AdamEnsmallen(benchmark::State& state) {
  ensmallen_twins::Adam adam(state.range(0));
  for (auto _ : state) {
    adam.step(1e-3);
    benchmark::ClobberMemory();
  }
  report(state, bytes_per_parameter(2));
}
#endif

BENCHMARK(BM_Step<SGDRule>)->Name("BM_SGDStep")->Apply(sizes);
BENCHMARK(BM_SGDRawLoop)->Apply(sizes);
BENCHMARK(BM_MemoryTraffic<0>)->Name("BM_MemoryTraffic12Bytes")->Apply(sizes);

BENCHMARK(BM_Step<MomentumRule>)->Name("BM_MomentumStep")->Apply(sizes);
BENCHMARK(BM_MomentumRawLoop)->Apply(sizes);
BENCHMARK(BM_Step<NesterovRule>)->Name("BM_NesterovStep")->Apply(sizes);
BENCHMARK(BM_NesterovRawLoop)->Apply(sizes);
BENCHMARK(BM_MemoryTraffic<1>)->Name("BM_MemoryTraffic20Bytes")->Apply(sizes);

BENCHMARK(BM_Step<RMSPropRule>)->Name("BM_RMSPropStep")->Apply(sizes);
BENCHMARK(BM_RMSPropRawLoop)->Apply(sizes);
BENCHMARK(BM_Step<AdamRule>)->Name("BM_AdamStep")->Apply(sizes);
BENCHMARK(BM_CheckedStep<AdamRule>)->Name("BM_AdamCheckedStep")->Apply(sizes);
BENCHMARK(BM_AdamRawLoop)->Apply(sizes);
BENCHMARK(BM_AdamExpressions)->Apply(sizes);
#if defined(__x86_64__)
BENCHMARK(BM_AdamIntrinsics<SimdLevel::avx512>)->Name("BM_AdamIntrinsicsAVX512")->Apply(sizes);
BENCHMARK(BM_AdamIntrinsics<SimdLevel::avx2>)->Name("BM_AdamIntrinsicsAVX2")->Apply(sizes);
BENCHMARK(BM_AdamIntrinsics<SimdLevel::sse2>)->Name("BM_AdamIntrinsicsSSE2")->Apply(sizes);
BENCHMARK((BM_AdamIntrinsics<SimdLevel::sse2, true>))->Name("BM_AdamIntrinsicsSSE2WithNorm")->Apply(sizes);
BENCHMARK(BM_AdamForced<SimdLevel::avx512>)->Name("BM_AdamStepForcedToAVX512")->Apply(sizes);
BENCHMARK(BM_AdamForced<SimdLevel::avx2>)->Name("BM_AdamStepForcedToAVX2")->Apply(sizes);
BENCHMARK(BM_AdamForced<SimdLevel::sse2>)->Name("BM_AdamStepForcedToSSE2")->Apply(sizes);
BENCHMARK((BM_AdamForced<SimdLevel::avx512, false>))->Name("BM_AdamStepForcedToAVX512WithoutNorm")->Apply(sizes);
BENCHMARK((BM_AdamForced<SimdLevel::avx2, false>))->Name("BM_AdamStepForcedToAVX2WithoutNorm")->Apply(sizes);
BENCHMARK((BM_AdamForced<SimdLevel::sse2, false>))->Name("BM_AdamStepForcedToSSE2WithoutNorm")->Apply(sizes);
#endif
BENCHMARK(BM_Step<NAdamRule>)->Name("BM_NAdamStep")->Apply(sizes);
BENCHMARK(BM_NAdamRawLoop)->Apply(sizes);
BENCHMARK(BM_MemoryTraffic<2>)->Name("BM_MemoryTraffic28Bytes")->Apply(sizes);
BENCHMARK(BM_MemoryTrafficWithCheck)->Name("BM_MemoryTraffic32Bytes")->Apply(sizes);
#if defined(HAVE_TORCH)
BENCHMARK(BM_AdamTorch)->Apply(sizes);
#endif
#if defined(HAVE_ENSMALLEN)
BENCHMARK(BM_AdamEnsmallen)->Apply(sizes);
#endif

}  // namespace
