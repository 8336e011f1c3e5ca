#pragma once

#include <eigentune/core/error.hpp>

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstdint>
#include <ctime>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
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
/// that another thread has begun, so a call from inside the pool cannot deadlock. It takes the first tasks and its
/// helpers the last, so that from call to call each finds much of the same data in its cache. Helpers stay for some
/// microseconds after a call: another that follows at once wakes nobody. After construction a call allocates nothing
/// but what the pool itself may. One region runs one call at a time. The pool may run its closures as late as it likes,
/// also after the region is gone; if it destroys one without having run it, some 60 bytes of the region are never
/// freed.
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
  /// this one (and on helpers that an earlier call left behind), and returns when all are done. If tasks throw, one of
  /// the exceptions is thrown here, after the others are done. `count` must be below 2^31.
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
    shared_->unfinished.store(static_cast<std::uint32_t>(count), std::memory_order_relaxed);
    // Publishes everything above. Both ends ride in one word, so that a helper that comes late, even one of an earlier
    // call, either gets a task of this call or none.
    shared_->untaken.store(static_cast<std::uint64_t>(count) << 32);

    // Scheduling may wake a thread, for which the caller pays with some of its own time: none for those who linger.
    const std::int64_t helpers = std::min<std::int64_t>(pool.threads() - 1, count - 1) - shared_->lingering.load();
    for (std::int64_t helper = 0; helper < helpers; ++helper) {
      shared_->references.fetch_add(1, std::memory_order_relaxed);
      try {
        pool.schedule([shared = shared_] {
          help(*shared);
          release(shared);
        });
      } catch (...) {  // no helper then; the calling thread does the work
        release(shared_);
        break;
      }
    }
    while (const std::optional<std::uint32_t> index = take(*shared_, End::first)) perform(*shared_, *index);
    wait(*shared_);
    if (shared_->error) std::rethrow_exception(std::exchange(shared_->error, nullptr));
  }

 private:
  enum class End { first, last };

  struct Shared {
    std::atomic<std::uint64_t> untaken{0};  // the tasks left, as a range: its end in the upper half, begin in the lower
    std::atomic<std::uint32_t> unfinished{0};
    std::atomic<std::int64_t> lingering{0};   // helpers that wait for another call
    std::atomic<std::int64_t> references{1};  // the region and each scheduled helper: a late helper finds it alive
    std::atomic<bool> failed{false};
    const TaskRef* task = nullptr;
    std::exception_ptr error;
  };

  static bool any_left(std::uint64_t untaken) {
    return static_cast<std::uint32_t>(untaken) < static_cast<std::uint32_t>(untaken >> 32);
  }

  static std::optional<std::uint32_t> take(Shared& shared, End from) {
    constexpr std::uint64_t one_less_at_the_end = std::uint64_t{1} << 32;
    std::uint64_t untaken = shared.untaken.load(std::memory_order_relaxed);
    while (any_left(untaken)) {
      const std::uint64_t rest = from == End::first ? untaken + 1 : untaken - one_less_at_the_end;
      if (shared.untaken.compare_exchange_weak(untaken, rest, std::memory_order_acq_rel, std::memory_order_relaxed)) {
        return static_cast<std::uint32_t>(from == End::first ? untaken : rest >> 32);
      }
    }
    return std::nullopt;
  }

  static void perform(Shared& shared, std::uint32_t index) {
    try {
      (*shared.task)(index);
    } catch (...) {
      if (!shared.failed.exchange(true, std::memory_order_relaxed)) shared.error = std::current_exception();
    }
    if (shared.unfinished.fetch_sub(1, std::memory_order_acq_rel) == 1) shared.unfinished.notify_one();
  }

  static void help(Shared& shared) {
    do {
      while (const std::optional<std::uint32_t> index = take(shared, End::last)) perform(shared, *index);
    } while (linger(shared));
  }

  /// Waits a while for tasks, and says whether there are any. A call that begins while this gives up either still
  /// counts on it, and then its tasks are seen by the last look, or does not, and schedules another helper: hence the
  /// sequentially consistent order of both words.
  static bool linger(Shared& shared) {
    constexpr std::int64_t patience = 20'000;  // nanoseconds, about as long as Eigen's idle threads look for work
    const std::int64_t begin = nanoseconds();
    const auto is_patient = [&] {  // not if the clock was set back meanwhile
      const std::int64_t waited = nanoseconds() - begin;
      return waited >= 0 && waited < patience;
    };
    shared.lingering.fetch_add(1);
    while (!any_left(shared.untaken.load()) && is_patient()) pause();
    shared.lingering.fetch_sub(1);
    return any_left(shared.untaken.load());
  }

  /// The time by <ctime>: <chrono> takes longer to compile than all of this file.
  static std::int64_t nanoseconds() {
    std::timespec now{};
#if defined(CLOCK_MONOTONIC)
    clock_gettime(CLOCK_MONOTONIC, &now);
#else
    std::timespec_get(&now, TIME_UTC);
#endif
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
  }

  static void wait(Shared& shared) {
    constexpr int spins = 4000;  // some ten microseconds, what a task of a step is likely to take still
    for (int spin = 0; spin < spins; ++spin) {
      if (shared.unfinished.load(std::memory_order_acquire) == 0) return;
      pause();
    }
    for (std::uint32_t left; (left = shared.unfinished.load(std::memory_order_acquire)) != 0;) {
      shared.unfinished.wait(left, std::memory_order_acquire);
    }
  }

  static void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }

  static void release(Shared* shared) {
    if (shared != nullptr && shared->references.fetch_sub(1, std::memory_order_acq_rel) == 1) delete shared;
  }

  Shared* shared_;
};

}  // namespace eigentune
