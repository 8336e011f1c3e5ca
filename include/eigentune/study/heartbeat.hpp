#pragma once

#include <eigentune/study/storage.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

namespace eigentune {

/// A claim that a heartbeat keeps alive, and what it has found out about it.
struct LiveClaim {
  explicit LiveClaim(Claim its_claim) : claim(std::move(its_claim)) {}
  Claim claim;
  std::atomic<bool> lost = false;  ///< somebody else has the trial
};

/// Extends the leases of claims from a thread of its own, three times within each lease, however long a trial takes
/// between its reports. The thread begins with the first claim.
///
/// A storage that fails now and then is tried again at the next beat; what it means for a trial, the trial's own writes
/// find out.
class Heartbeat {
 public:
  /// Throws std::invalid_argument if `lease` is not above 0 and at most a year.
  Heartbeat(std::shared_ptr<Storage> storage, std::chrono::milliseconds lease)
      : storage_(std::move(storage)), lease_(lease) {
    require(lease.count() > 0, "Study: lease must be above 0 ms, got {}", lease.count());
    constexpr std::chrono::milliseconds year = std::chrono::hours(365 * 24);  // far from where sums of times overflow
    require(lease <= year, "Study: lease must be at most {} ms, got {}", year.count(), lease.count());
  }

  void add(std::shared_ptr<LiveClaim> claim) {
    const std::lock_guard lock(mutex_);
    claims_.push_back(std::move(claim));
    if (!thread_.joinable()) {
      thread_ = std::jthread([this](const std::stop_token& stop) { beat(stop); });
    }
  }

  /// The claim may be written to once more, by a beat that has begun.
  void remove(const std::shared_ptr<LiveClaim>& claim) {
    const std::lock_guard lock(mutex_);
    std::erase(claims_, claim);
  }

 private:
  void beat(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait_for(lock, stop, std::max(lease_ / 3, std::chrono::milliseconds(1)), [] { return false; });
      if (stop.stop_requested()) return;
      const std::vector<std::shared_ptr<LiveClaim>> claims = claims_;
      lock.unlock();  // the storage may be slow
      for (const auto& claim : claims) extend(*claim);
      lock.lock();
    }
  }

  void extend(LiveClaim& claim) {
    try {
      if (!claim.lost) storage_->heartbeat(claim.claim, lease_);
    } catch (const LeaseLost&) {
      claim.lost = true;
    } catch (const std::exception&) {  // see above
    }
  }

  std::shared_ptr<Storage> storage_;
  std::chrono::milliseconds lease_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::vector<std::shared_ptr<LiveClaim>> claims_;
  std::jthread thread_;  // the last: it ends before what it uses is gone
};

}  // namespace eigentune
