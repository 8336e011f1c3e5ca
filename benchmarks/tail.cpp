// The tail of a training step on one thread: gradient norm, clipping (active), Adam, zeroed gradients, on the tensors
// of GPT-2 124M, ResNet-50 and a thousand tensors of a thousand. Beside it: the memory traffic of two fused passes (4 +
// 28 + 4 bytes a parameter), the best separate passes (norm, scale, Adam, memset: 44 bytes), and libtorch where it is
// installed.
//   tail_benchmark --benchmark_enable_random_interleaving=true --benchmark_repetitions=9
//                  --benchmark_report_aggregates_only=true

#include <eigentune/optim.hpp>

#include <benchmark/benchmark.h>
#include <unsupported/Eigen/CXX11/ThreadPool>

#include <chrono>
#include <cstring>
#include <numeric>

#include "model_shapes.hpp"
#include "twins.hpp"
#if defined(HAVE_TORCH)
#include "torch_twins.hpp"
#endif

namespace {

using namespace eigentune;
using Sizes = model_shapes::Sizes;

Sizes sizes_of(const benchmark::State& state) {
  return state.range(0) == 0   ? model_shapes::gpt2()
         : state.range(0) == 1 ? model_shapes::resnet50()
                               : model_shapes::thousand();
}

/// Times `step` alone: `fill` puts gradients back that the step before has zeroed.
template <class Fill, class Step>
void measure(benchmark::State& state, Fill&& fill, Step&& step) {
  const Sizes sizes = sizes_of(state);
  const auto parameters = static_cast<double>(std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0}));
  for (auto _ : state) {
    fill();
    const auto start = std::chrono::steady_clock::now();
    step();
    benchmark::ClobberMemory();
    state.SetIterationTime(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  state.counters["ns/param"] = benchmark::Counter(parameters * static_cast<double>(state.iterations()) * 1e-9,
                                                  benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

/// Parameters and gradients, each tensor by itself.
struct Model {
  std::vector<Eigen::ArrayXf> parameters, gradients;
  explicit Model(const Sizes& sizes) {
    for (const std::int64_t size : sizes) {
      parameters.push_back(Eigen::ArrayXf::Constant(size, 0.5f));
      gradients.push_back(Eigen::ArrayXf::Zero(size));
    }
  }
  void fill_gradients() {
    for (Eigen::ArrayXf& gradient : gradients) gradient.setConstant(0.01f);
  }
};

/// Adam's state, for those who keep it themselves: in memory of the same kind as the optimizer's.
struct States {
  std::vector<Buffer<float>> m, v;
  explicit States(const Sizes& sizes) {
    for (const std::int64_t size : sizes) {
      m.emplace_back(size, 0.0f);
      v.emplace_back(size, 1.0f);
    }
  }
};

template <class... Pool>
void eigentune_tail(benchmark::State& state, Pool&... pool) {
  Model model(sizes_of(state));
  Adam<float> optimizer;
  for (std::size_t i = 0; i < model.parameters.size(); ++i) {
    optimizer.add("tensor" + std::to_string(i), model.parameters[i], model.gradients[i]);
  }
  measure(
      state, [&] { model.fill_gradients(); },
      [&] { optimizer.step(pool..., {.learning_rate = 1e-3, .max_gradient_norm = 1e-3, .zero_gradients = true}); });
}

void BM_Tail(benchmark::State& state) {
  eigentune_tail(state);
}
void BM_TailOnTwoThreads(benchmark::State& state) {
  Eigen::ThreadPool pool(2);
  eigentune_tail(state, pool);
}

void BM_TailTraffic(benchmark::State& state) {
  Model model(sizes_of(state));
  States states(sizes_of(state));
  measure(
      state, [&] { model.fill_gradients(); },
      [&] {
        float sum = 0;
        for (const Eigen::ArrayXf& g : model.gradients) sum += twins::read(g.data(), g.size());
        benchmark::DoNotOptimize(sum);
        for (std::size_t i = 0; i < model.parameters.size(); ++i) {
          twins::traffic_and_zero(model.parameters[i].data(), model.gradients[i].data(), states.m[i].data(),
                                  states.v[i].data(), model.parameters[i].size());
        }
      });
}

void BM_TailSeparatePasses(benchmark::State& state) {
  Model model(sizes_of(state));
  States states(sizes_of(state));
  const SimdLevel level = simd_level();
  measure(
      state, [&] { model.fill_gradients(); },
      [&] {
        double sum = 0;
        for (const Eigen::ArrayXf& g : model.gradients) sum += simd::sum_of_squares(level, g.data(), g.size());
        const auto scale = static_cast<float>(1e-3 / std::sqrt(sum));
        for (Eigen::ArrayXf& g : model.gradients) twins::scale(g.data(), scale, g.size());
        for (std::size_t i = 0; i < model.parameters.size(); ++i) {
          twins::adam(model.parameters[i].data(), model.gradients[i].data(), states.m[i].data(), states.v[i].data(),
                      model.parameters[i].size());
        }
        for (Eigen::ArrayXf& g : model.gradients)
          std::memset(g.data(), 0, static_cast<std::size_t>(g.size()) * sizeof(float));
      });
}

void models(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgName("gpt2_resnet50_thousand")->DenseRange(0, 2)->UseManualTime()->Unit(benchmark::kMillisecond);
}
BENCHMARK(BM_Tail)->Apply(models);
BENCHMARK(BM_TailTraffic)->Apply(models);
BENCHMARK(BM_TailSeparatePasses)->Apply(models);
BENCHMARK(BM_TailOnTwoThreads)->Apply(models);

#if defined(HAVE_TORCH)
void BM_TailTorch(benchmark::State& state) {
  torch_twins::set_threads(1);
  torch_twins::AdamTail tail(sizes_of(state));
  measure(
      state, [&] { tail.fill_gradients(0.01f); }, [&] { tail.step(1e-3); });
}
BENCHMARK(BM_TailTorch)->Apply(models);
#endif

}  // namespace
