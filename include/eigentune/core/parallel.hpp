#pragma once

#include <eigentune/core/error.hpp>

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace eigentune {

/// Eigen::ThreadPoolInterface (<unsupported/Eigen/CXX11/ThreadPool>), or anything with its Schedule and NumThreads.
template <class T>
concept ThreadPoolLike = requires(T& pool, std::function<void()> work) {
  pool.Schedule(std::move(work));
  { pool.NumThreads() } -> std::convertible_to<int>;
};

/// Any thread pool, by reference. It must outlive the use.
class ThreadPoolRef {
 public:
  template <ThreadPoolLike Pool>
  requires(!std::same_as<std::remove_cv_t<Pool>, ThreadPoolRef>)
      ThreadPoolRef(Pool& pool)  // NOLINT: implicit, so that functions take any pool
      : pool_(const_cast<void*>(static_cast<const void*>(std::addressof(pool)))),
        threads_(static_cast<int>(pool.NumThreads())),
        schedule_([](void* p, std::function<void()> f) { static_cast<Pool*>(p)->Schedule(std::move(f)); }) {}

  int threads() const { return threads_; }
  void schedule(std::function<void()> work) const { schedule_(pool_, std::move(work)); }

 private:
  void* pool_;
  int threads_;
  void (*schedule_)(void*, std::function<void()>);
};

/// Anything that takes a task's number, by reference: what is written once for all tasks takes one of these. The object
/// must outlive the use.
class TaskRef {
 public:
  template <std::invocable<std::int64_t> Task>
  requires(!std::same_as<std::remove_cvref_t<Task>, TaskRef>)
      TaskRef(Task&& task)  // NOLINT: implicit, so that functions take any task
      : task_(const_cast<void*>(static_cast<const void*>(std::addressof(task)))),
        call_([](void* erased, std::int64_t i) { (*static_cast<std::remove_reference_t<Task>*>(erased))(i); }) {}

  void operator()(std::int64_t i) const { call_(task_, i); }

 private:
  void* task_;
  void (*call_)(void*, std::int64_t);
};

/// Runs numbered tasks on the calling thread and on a pool. The calling thread takes part and only ever waits for tasks
/// that another thread has begun, so a call from inside the pool cannot deadlock. After construction a call allocates
/// nothing but what the pool itself may. One region runs one call at a time. The pool may run its closures as late as
/// it likes, also after the region is gone; if it destroys one without having run it, some 60 bytes of the region are
/// never freed.
class ParallelRegion {
 public:
  ParallelRegion() : shared_(new Shared) {}
  ~ParallelRegion() { release(shared_); }
  ParallelRegion(ParallelRegion&& other) noexcept : shared_(std::exchange(other.shared_, nullptr)) {}
  ParallelRegion& operator=(ParallelRegion&& other) noexcept {
    std::swap(shared_, other.shared_);
    return *this;
  }

  /// Calls task(i) once for each i in [0, count), in no particular order, on at most pool.threads() threads including
  /// this one, and returns when all are done. If tasks throw, one of the exceptions is thrown here, after the others
  /// are done. `count` must be below 2^31.
  void run(ThreadPoolRef pool, std::int64_t count, TaskRef task) {
    require(count < (std::int64_t{1} << 31), "ParallelRegion: count must be below 2^31, got {}", count);
    if (pool.threads() <= 1 || count <= 1) {
      std::exception_ptr error;
      for (std::int64_t i = 0; i < count; ++i) {
        try {
          task(i);
        } catch (...) {
          if (!error) error = std::current_exception();
        }
      }
      if (error) std::rethrow_exception(error);
      return;
    }
    shared_->task = &task;
    shared_->error = nullptr;
    shared_->failed.store(false, std::memory_order_relaxed);
    shared_->done.store(0, std::memory_order_relaxed);
    // Publishes everything above. The count rides in the same word as the next index, so that a helper that comes late,
    // even one of an earlier call, either gets a task of this call or none.
    shared_->ticket.store(static_cast<std::uint64_t>(count) << 32, std::memory_order_release);

    const std::int64_t helpers = std::min<std::int64_t>(pool.threads() - 1, count - 1);
    for (std::int64_t helper = 0; helper < helpers; ++helper) {
      shared_->references.fetch_add(1, std::memory_order_relaxed);
      try {
        pool.schedule([shared = shared_] {
          work(*shared);
          release(shared);
        });
      } catch (...) {  // no helper then; the calling thread does the work
        release(shared_);
        break;
      }
    }
    work(*shared_);
    wait(*shared_, static_cast<std::uint32_t>(count));
    if (shared_->error) std::rethrow_exception(std::exchange(shared_->error, nullptr));
  }

 private:
  struct Shared {
    std::atomic<std::uint64_t> ticket{0};  // count in the upper half, next index in the lower
    std::atomic<std::uint32_t> done{0};
    std::atomic<std::int64_t> references{1};  // the region and each scheduled helper: a late helper finds it alive
    std::atomic<bool> failed{false};
    const TaskRef* task = nullptr;
    std::exception_ptr error;
  };

  static void work(Shared& shared) {
    for (;;) {
      const std::uint64_t ticket = shared.ticket.fetch_add(1, std::memory_order_acq_rel);
      const std::uint32_t count = static_cast<std::uint32_t>(ticket >> 32), index = static_cast<std::uint32_t>(ticket);
      if (index >= count) return;
      try {
        (*shared.task)(index);
      } catch (...) {
        if (!shared.failed.exchange(true, std::memory_order_relaxed)) shared.error = std::current_exception();
      }
      if (shared.done.fetch_add(1, std::memory_order_acq_rel) + 1 == count) shared.done.notify_one();
    }
  }

  static void wait(Shared& shared, std::uint32_t count) {
    constexpr int spins = 4000;  // some ten microseconds, what a task of a step is likely to take still
    for (int spin = 0; spin < spins; ++spin) {
      if (shared.done.load(std::memory_order_acquire) == count) return;
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    }
    for (std::uint32_t done; (done = shared.done.load(std::memory_order_acquire)) != count;) {
      shared.done.wait(done, std::memory_order_acquire);
    }
  }

  static void release(Shared* shared) {
    if (shared != nullptr && shared->references.fetch_sub(1, std::memory_order_acq_rel) == 1) delete shared;
  }

  Shared* shared_;
};

}  // namespace eigentune
