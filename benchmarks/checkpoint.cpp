// Saving a checkpoint of 1 GiB (parameters and Adam's state) beside the write and fsync of as many bytes to the same
// disk, and what a save in the background stops training for beside a memcpy of as many bytes. The disk decides most of
// it: compare medians of one run only, as from
//   checkpoint_benchmark --benchmark_enable_random_interleaving=true --benchmark_repetitions=9
//                        --benchmark_report_aggregates_only=true
// in a folder on the disk in question (EIGENTUNE_BENCHMARK_FOLDER, or the folder it is started in).

#include <eigentune/optim.hpp>
#include <eigentune/train/checkpoint_keeper.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <list>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

using namespace eigentune;

constexpr std::int64_t total_bytes = std::int64_t{1} << 30;

std::filesystem::path folder() {
  const char* given = std::getenv("EIGENTUNE_BENCHMARK_FOLDER");
  return std::filesystem::path(given != nullptr ? given : ".") / "checkpoint_benchmark_files";
}

/// Square layers under Adam, 12 bytes for each parameter saved, 1 GiB together.
template <int order>
struct Model {
  using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, order>;

  Model() {
    constexpr std::int64_t side = 2048, layers = total_bytes / (12 * side * side);
    for (std::int64_t layer = 0; layer < layers; ++layer) {
      Matrix& weights = parameters.emplace_back(Matrix::Random(side, side));
      optimizer.add(std::to_string(layer), weights, gradient.emplace_back(Matrix::Zero(side, side)));
    }
    bytes = layers * 12 * side * side;
  }

  static Model& get() {
    static Model model;
    return model;
  }

  std::list<Matrix> parameters, gradient;
  Adam<float> optimizer;
  std::int64_t bytes = 0;
};

void report(benchmark::State& state) {
  state.SetBytesProcessed(state.iterations() * Model<Eigen::RowMajor>::get().bytes);
}

/// `write` and `fsync`, in pieces of 1 MiB and all at once.
void BM_WriteAndFsync(benchmark::State& state) {
  std::filesystem::create_directories(folder());
  const auto& optimizer = Model<Eigen::RowMajor>::get().optimizer;
  const std::filesystem::path path = folder() / "plain";
  for (auto _ : state) {
    const int file = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0666);
    bool sound = file >= 0;
    const auto write = [&](auto values) {
      const auto bytes = std::as_bytes(values);
      const auto piece = static_cast<std::size_t>(state.range(0));
      for (std::size_t begin = 0; begin < bytes.size(); begin += piece) {
        const std::size_t count = std::min(piece, bytes.size() - begin);
        sound = sound && ::write(file, bytes.data() + begin, count) == static_cast<ssize_t>(count);
      }
    };
    for (const auto& tensor : optimizer.memory().tensors) {
      write(std::span(tensor.parameter.data, static_cast<std::size_t>(tensor.parameter.size())));
      for (const auto& slot : tensor.state) write(slot.second);
    }
    sound = sound && ::fsync(file) == 0;
    ::close(file);
    if (!sound) state.SkipWithError("cannot write");
    state.PauseTiming();
    std::filesystem::remove(path);
    state.ResumeTiming();
  }
  report(state);
}

template <int order>
void BM_SaveCheckpoint(benchmark::State& state) {
  std::filesystem::create_directories(folder());
  const auto& optimizer = Model<order>::get().optimizer;
  const std::filesystem::path path = folder() / "checkpoint";
  for (auto _ : state) {
    save_checkpoint(path, 0, 0.5, optimizer);
    state.PauseTiming();
    std::filesystem::remove(path);
    state.ResumeTiming();
  }
  report(state);
}

/// Into memory that was touched before.
void BM_Memcpy(benchmark::State& state) {
  const auto& optimizer = Model<Eigen::RowMajor>::get().optimizer;
  static std::vector<std::byte> target(static_cast<std::size_t>(total_bytes));
  for (auto _ : state) {
    std::byte* place = target.data();
    const auto copy = [&](auto values) {
      std::memcpy(place, values.data(), values.size_bytes());
      place += values.size_bytes();
    };
    for (const auto& tensor : optimizer.memory().tensors) {
      copy(std::span(tensor.parameter.data, static_cast<std::size_t>(tensor.parameter.size())));
      for (const auto& slot : tensor.state) copy(slot.second);
    }
    benchmark::ClobberMemory();
  }
  report(state);
}

/// How long `save` keeps training, the file being written afterwards, outside of the measured time.
template <int order>
void BM_BackgroundSave(benchmark::State& state) {
  const auto& optimizer = Model<order>::get().optimizer;
  static CheckpointKeeper keeper(folder(), {.keep_best = 0, .keep_latest = 1, .background = true});
  keeper.save(0, optimizer);
  keeper.wait();
  std::int64_t step = 0;
  for (auto _ : state) {
    keeper.save(++step, optimizer);
    state.PauseTiming();
    keeper.wait();
    state.ResumeTiming();
  }
  report(state);
}

BENCHMARK(BM_WriteAndFsync)->Arg(1 << 20)->Arg(1 << 30)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(BM_SaveCheckpoint<Eigen::RowMajor>)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(BM_SaveCheckpoint<Eigen::ColMajor>)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Memcpy)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(BM_BackgroundSave<Eigen::ColMajor>)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
