#pragma once

#include <eigentune/search/random_search.hpp>
#include <eigentune/space/domain.hpp>
#include <eigentune/space/search_space.hpp>
#include <eigentune/study/study.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

namespace support {

using eigentune::MemoryStorage;
using eigentune::RandomSearch;
using eigentune::RunOptions;
using eigentune::SearchSpace;
using eigentune::Storage;
using eigentune::StorageTime;
using eigentune::Study;

inline SearchSpace unit_interval() {
  SearchSpace space;
  space.nuisance("x", eigentune::uniform(0.0, 1.0));
  return space;
}

/// Nothing on the terminal, and no signals.
inline RunOptions quiet(std::int64_t workers = 1) {
  return {.workers = workers, .handle_signals = false, .progress = nullptr};
}

inline Study study_of(std::int64_t trials, std::shared_ptr<Storage> storage = nullptr) {
  return Study("study", unit_interval(),
               {.trials = trials, .sampler = RandomSearch{.seed = 1}, .storage = std::move(storage)});
}

/// A clock that stands still until it is turned.
class ManualClock {
 public:
  StorageTime now() const { return StorageTime(std::chrono::milliseconds(now_->load())); }
  void advance(std::chrono::milliseconds time) { *now_ += time.count(); }
  std::shared_ptr<MemoryStorage> storage() const {
    return std::make_shared<MemoryStorage>([clock = *this] { return clock.now(); });
  }

 private:
  std::shared_ptr<std::atomic<std::int64_t>> now_ = std::make_shared<std::atomic<std::int64_t>>(1'700'000'000'000);
};

}  // namespace support
