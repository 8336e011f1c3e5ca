#pragma once

#include <eigentune/core/parallel.hpp>

#include <unsupported/Eigen/CXX11/ThreadPool>

#include <cstdint>
#include <memory>

namespace example {

/// Runs the tasks 0 ... count - 1 one after another.
struct SerialFor {
  template <class Task>
  void operator()(std::int64_t count, Task&& task) const {
    for (std::int64_t index = 0; index < count; ++index) task(index);
  }
};

/// Runs the tasks 0 ... count - 1 on `threads` threads, the calling one among them, in any order.
class ThreadedFor {
 public:
  explicit ThreadedFor(int threads) {
    if (threads > 1) pool_ = std::make_unique<Eigen::ThreadPool>(threads);
  }
  template <class Task>
  void operator()(std::int64_t count, Task&& task) {
    pool_ ? region_.run(*pool_, count, task) : SerialFor{}(count, task);
  }
  /// The pool, for others to use between two calls; null with one thread.
  Eigen::ThreadPool* pool() { return pool_.get(); }

 private:
  std::unique_ptr<Eigen::ThreadPool> pool_;
  eigentune::ParallelRegion region_;
};

}  // namespace example
