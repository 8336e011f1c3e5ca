// A training step of the example trainer's network (pre-norm residual MLP, 784-256, two blocks, 10 classes, batch 128,
// Adam, on one thread) beside the same network and optimizer by hand in bare Eigen. For a ratio that can be trusted:
//   network_benchmark --benchmark_enable_random_interleaving=true --benchmark_repetitions=15
//                     --benchmark_report_aggregates_only=true

#include "train/network.hpp"
#if defined(HAVE_TORCH)
#include "torch_twins.hpp"
#endif

#include <eigentune/optim.hpp>

#include <benchmark/benchmark.h>
#include <unsupported/Eigen/CXX11/ThreadPool>

#include "by_hand.hpp"

namespace {

constexpr Eigen::Index inputs = 784, width = 256, classes = 10, batch = 128;

struct Batch {
  Eigen::MatrixXf images{inputs, batch};
  std::vector<std::uint8_t> labels = std::vector<std::uint8_t>(batch);
  std::vector<float> weights = std::vector<float>(batch, 1.0f);

  Batch() {
    eigentune::Random random(1);
    random.fill_uniform(std::span(images.data(), static_cast<std::size_t>(images.size())));
    for (auto& label : labels) label = static_cast<std::uint8_t>(random.below(classes));
  }
};

struct Training {
  example::Network<float> network{
      {.inputs = inputs, .classes = classes, .depth = 2, .width = width, .max_batch = batch}};
  eigentune::Adam<float> optimizer;
  Batch data;

  Training() {
    network.initialize(1);
    network.for_each_parameter(
        [&](const std::string& name, auto& parameter, auto& gradient) { optimizer.add(name, parameter, gradient); });
  }
};

void BM_TrainerStep(benchmark::State& state) {
  Training training;
  for (auto _ : state) {
    training.network.gradients(example::SerialFor{}, training.data.images, training.data.labels,
                               std::span<const float>(training.data.weights));
    training.optimizer.step({.learning_rate = 1e-3});
    benchmark::ClobberMemory();
  }
}
BENCHMARK(BM_TrainerStep)->Unit(benchmark::kMicrosecond)->UseRealTime();

void BM_TrainerStepOnThreads(benchmark::State& state) {
  Training training;
  Eigen::ThreadPool pool(static_cast<int>(state.range(0)));
  eigentune::ParallelRegion region;
  const auto parallel_for = [&](std::int64_t count, auto&& task) { region.run(pool, count, task); };
  for (auto _ : state) {
    training.network.gradients(parallel_for, training.data.images, training.data.labels,
                               std::span<const float>(training.data.weights));
    training.optimizer.step(pool, {.learning_rate = 1e-3});
    benchmark::ClobberMemory();
  }
}
BENCHMARK(BM_TrainerStepOnThreads)->Arg(2)->Unit(benchmark::kMicrosecond)->UseRealTime();

void BM_ByHand(benchmark::State& state) {
  by_hand::Network network(inputs, width, classes, batch);
  const Batch data;
  for (auto _ : state) {
    network.step(data.images, data.labels, 1e-3f);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(BM_ByHand)->Unit(benchmark::kMicrosecond)->UseRealTime();

#if defined(HAVE_TORCH)
const bool context_added = (benchmark::AddCustomContext("blas", torch_twins::blas()), true);

void BM_Torch(benchmark::State& state) {
  torch_twins::set_threads(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)));
  torch_twins::Network network(inputs, width, 2, classes, batch);
  for (auto _ : state) {
    network.step();
    benchmark::ClobberMemory();
  }
}
BENCHMARK(BM_Torch)
    ->ArgNames({"threads", "blas"})
    ->ArgsProduct({{1, 2}, {1, 2}})
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime();
#endif

}  // namespace
