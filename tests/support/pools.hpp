#pragma once

#include <unsupported/Eigen/CXX11/ThreadPool>

#include <deque>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <utility>
#include <vector>

// Thread pools that keep to the letter of the interface and do what no pool in its right mind does.

namespace support {

/// Runs everything at once, on the thread that schedules.
struct InlinePool {
  int NumThreads() const { return 4; }
  void Schedule(std::function<void()> closure) const { closure(); }
};

/// Keeps everything until it is told to run it.
struct LatePool {
  int NumThreads() const { return 4; }
  void Schedule(std::function<void()> closure) {
    const std::lock_guard lock(mutex);
    closures.push_back(std::move(closure));
  }
  /// Runs the oldest, if there is one.
  void run_next() {
    std::function<void()> closure;
    {
      const std::lock_guard lock(mutex);
      if (closures.empty()) return;
      closure = std::move(closures.front());
      closures.pop_front();
    }
    closure();
  }
  void run_all() {
    while (!closures.empty()) run_next();
  }

  std::mutex mutex;
  std::deque<std::function<void()>> closures;
};

/// Takes some closures, runs none, and throws at the next one.
struct ThrowingPool {
  int accepted = 0;
  std::vector<std::function<void()>> closures{};

  int NumThreads() const { return 4; }
  void Schedule(std::function<void()> closure) {
    if (static_cast<int>(closures.size()) == accepted) throw std::runtime_error("the pool is full");
    closures.push_back(std::move(closure));
  }
};

/// Eigen's pool once all of its threads have begun, so that what they allocate for themselves is over.
struct ReadyPool : Eigen::ThreadPool {
  explicit ReadyPool(int threads) : Eigen::ThreadPool(threads) {
    Eigen::Barrier all_here(static_cast<unsigned>(threads)), all_gone(static_cast<unsigned>(threads));
    for (int thread = 0; thread < threads; ++thread) {
      Schedule([&] {
        all_here.Notify();
        all_here.Wait();
        all_gone.Notify();
      });
    }
    all_gone.Wait();
  }
};

}  // namespace support
