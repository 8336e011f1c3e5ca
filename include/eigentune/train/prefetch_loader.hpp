#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/train/input_report.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <limits>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace eigentune {

struct PrefetchOptions {
  /// Threads that make batches, at least 0. With 0 each batch is made by next() itself, in the caller's thread: for
  /// debugging.
  int producers = 2;

  /// Buffers in all, that of the batch in use included, at least 1: so up to `ahead` - 1 batches wait while one is in
  /// use. More producers than this have nothing to do.
  std::int64_t ahead = 8;

  std::int64_t first = 0;             ///< the number of the first batch, at least 0: the position of a checkpoint
  std::optional<std::int64_t> end{};  ///< the number after the last batch, at least `first`; absent: no end

  /// The first batches, at least 1, after the construction and each seek, that the report leaves out; absent: `ahead`.
  /// So many may lie ready before the first call, which says nothing of the batches to come.
  std::optional<std::int64_t> warmup_batches{};

  double input_bound_share = 0.1;  ///< in [0, 1): above this share of time waiting, the report says "input-bound"

  /// Throws std::invalid_argument if a number is out of range.
  void validate() const {
    require(producers >= 0, "PrefetchLoader: producers must be at least 0, got {}", producers);
    require(ahead >= 1, "PrefetchLoader: ahead must be at least 1, got {}", ahead);
    require(first >= 0, "PrefetchLoader: first must be at least 0, got {}", first);
    require(!end || *end >= first, "PrefetchLoader: end must be at least first, {}, got {}", first, end.value_or(0));
    require(!warmup_batches || *warmup_batches >= 1, "PrefetchLoader: warmup_batches must be at least 1, got {}",
            warmup_batches.value_or(0));
    require(input_bound_share >= 0.0 && input_bound_share < 1.0,
            "PrefetchLoader: input_bound_share must be in [0, 1), got {}", input_bound_share);
  }
};

/// Makes batches ahead of their use, in threads of its own: the playbook's "Optimizing the input pipeline".
///
///     PrefetchLoader<Batch> batches([&](std::int64_t index, Batch& into) { ... }, {.producers = 4, .first =
///     position}); while (...) {
///       Batch& batch = batches.next();  // number position, position + 1, ...
///     }
///     fmt::print("{}\n", batches.report().to_string());
///
/// `make_batch(index, into)` fills batch number `index`. It must be a pure function of the index, as several threads
/// call it at once and in no particular order, and must write all of `into`, which may hold an earlier batch (so
/// its memory is used again: what is sized like the last one allocates nothing). The batches then come in order,
/// and are the same whatever the number of producers and of buffers. There are never more than `ahead` of them.
///
/// If make_batch throws, next() throws the same exception where that batch would have come, after all batches before
/// it, and again at every further call, until seek() tries anew.
///
/// One thread consumes; the loader must not move. The destructor asks the producers to stop and joins them, in any
/// state: what it waits for is at most the batch that each is making.
template <class Batch>
class PrefetchLoader {
 public:
  using MakeBatch = std::function<void(std::int64_t index, Batch& into)>;

  /// Starts the producers. Each buffer starts as Batch(). Throws std::invalid_argument if make_batch is null or an
  /// option out of range, and std::system_error if a thread cannot be started.
  explicit PrefetchLoader(MakeBatch make_batch, PrefetchOptions options = {})
      : make_batch_(std::move(make_batch)), options_(options) {
    require(make_batch_ != nullptr, "PrefetchLoader: make_batch must not be null");
    options_.validate();
    end_ = options_.end.value_or(std::numeric_limits<std::int64_t>::max());
    position_ = released_ = claimed_ = options_.first;
    buffers_ = std::vector<Buffer>(static_cast<std::size_t>(options_.producers == 0 ? 1 : options_.ahead));
    try {
      for (int i = 0; i < options_.producers; ++i) threads_.emplace_back([this] { produce(); });
    } catch (...) {
      stop();
      throw;
    }
  }

  ~PrefetchLoader() { stop(); }
  PrefetchLoader(const PrefetchLoader&) = delete;
  PrefetchLoader& operator=(const PrefetchLoader&) = delete;

  /// Whether there is another batch. Does not wait; a batch that cannot be made counts.
  bool has_next() const { return position_ < end_; }

  /// The next batch, to read or change until the next call of next() or seek(). Waits until it is made. Throws what
  /// make_batch has thrown for it, and std::invalid_argument past the end.
  Batch& next() {
    require(has_next(), "PrefetchLoader::next: the batches end before number {}", position_);
    const auto start = Clock::now();
    Buffer& buffer = options_.producers == 0 ? make_here() : wait_for_next();
    if (buffer.error) std::rethrow_exception(buffer.error);
    measure(start, Clock::now());
    ++position_;
    return buffer.batch;
  }

  /// The number of the batch that next() gives. In a checkpoint, this is the position of the input.
  std::int64_t position() const { return position_; }

  /// Continues with batch number `position`, also after an exception. Waits for the batches that are being made, and
  /// drops those made ahead. Throws std::invalid_argument unless 0 <= position <= end.
  void seek(std::int64_t position) {
    require(position >= 0, "PrefetchLoader::seek: position must be at least 0, got {}", position);
    require(position <= end_, "PrefetchLoader::seek: position must be at most the end, {}, got {}", end_, position);
    {
      std::unique_lock lock(mutex_);
      paused_ = true;
      changed_.wait(lock, [&] { return making_ == 0; });
      for (Buffer& buffer : buffers_) {
        buffer.ready = false;
        buffer.error = nullptr;
      }
      failed_ = paused_ = false;
      position_ = released_ = claimed_ = position;
    }
    room_.notify_all();
    since_seek_ = 0;
  }

  /// How long next() has waited so far, and how long the caller took between the calls.
  InputReport report() const {
    const auto seconds = [](Clock::duration duration) { return std::chrono::duration<double>(duration).count(); };
    return {.batches = measured_,
            .waiting_seconds = seconds(waiting_),
            .busy_seconds = seconds(busy_),
            .producers = options_.producers,
            .input_bound_share = options_.input_bound_share};
  }

 private:
  using Clock = std::chrono::steady_clock;

  struct Buffer {
    Batch batch{};
    std::exception_ptr error;  // instead of the batch
    bool ready = false;
  };

  Buffer& buffer_of(std::int64_t index) {
    return buffers_[static_cast<std::size_t>(index % static_cast<std::int64_t>(buffers_.size()))];
  }

  void fill(std::int64_t index, Buffer& buffer) noexcept {
    try {
      make_batch_(index, buffer.batch);
    } catch (...) {
      buffer.error = std::current_exception();
    }
  }

  Buffer& make_here() {
    Buffer& buffer = buffers_.front();
    if (!buffer.error) fill(position_, buffer);
    return buffer;
  }

  Buffer& wait_for_next() {
    std::unique_lock lock(mutex_);
    if (released_ < position_) {
      buffer_of(released_).ready = false;
      released_ = position_;
      room_.notify_one();
    }
    Buffer& buffer = buffer_of(position_);
    changed_.wait(lock, [&] { return buffer.ready; });
    return buffer;
  }

  /// What a producer does until it is told to stop.
  void produce() {
    std::unique_lock lock(mutex_);
    for (;;) {
      room_.wait(lock, [&] { return stopping_ || may_claim(); });
      if (stopping_) return;
      const std::int64_t index = claimed_++;
      Buffer& buffer = buffer_of(index);
      ++making_;
      lock.unlock();
      fill(index, buffer);
      lock.lock();
      --making_;
      buffer.ready = true;
      if (buffer.error) failed_ = true;
      if (index == released_ || paused_) changed_.notify_one();
    }
  }

  /// Whether the next batch has a buffer and is wanted. As batches are claimed in order, all before one that failed
  /// are claimed already, and none after it is of use.
  bool may_claim() const { return !paused_ && !failed_ && claimed_ < end_ && claimed_ - released_ < options_.ahead; }

  void measure(Clock::time_point start, Clock::time_point end) {
    if (since_seek_ < options_.warmup_batches.value_or(options_.ahead)) {
      ++since_seek_;
    } else {
      ++measured_;
      busy_ += start - returned_;
      waiting_ += end - start;
    }
    returned_ = end;
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    room_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  MakeBatch make_batch_;
  PrefetchOptions options_;
  std::int64_t end_ = 0;  // the number after the last batch

  // The consumer's own.
  std::int64_t position_ = 0;
  std::int64_t since_seek_ = 0;  // batches, up to the end of the warm-up
  std::int64_t measured_ = 0;
  Clock::duration waiting_{}, busy_{};
  Clock::time_point returned_{};  // when next() did, last

  // Shared, and guarded by mutex_. A buffer's contents belong to the producer that has claimed it until it is ready,
  // and then to the consumer until it is released. Batch i lives in buffer i modulo their number.
  std::mutex mutex_;
  std::condition_variable room_;     // for producers: there may be something to claim, or they are to stop
  std::condition_variable changed_;  // for the consumer: the batch it waits for is ready, or nobody works while paused
  std::vector<Buffer> buffers_;
  std::int64_t released_ = 0;  // batches before this one have given their buffers back
  std::int64_t claimed_ = 0;   // batches before this one were made, or are being made
  int making_ = 0;             // batches being made
  bool failed_ = false;        // a batch has thrown
  bool paused_ = false;        // by seek()
  bool stopping_ = false;

  std::vector<std::thread> threads_;
};

}  // namespace eigentune
