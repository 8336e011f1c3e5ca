#pragma once

#include <array>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <mutex>

namespace eigentune {

/// As long as one of these lives, the first SIGINT (Ctrl-C) or SIGTERM is only noted; the next one does what it does by
/// default, which ends the process. A signal that the process ignores stays ignored. Afterwards the handlers are what
/// they were before.
class InterruptSignals {
 public:
  InterruptSignals() {
    const std::lock_guard lock(mutex_);
    if (users_++ > 0) return;
    received_ = false;
    for (std::size_t i = 0; i < signals_.size(); ++i) {
      struct sigaction action {};
      action.sa_handler = [](int) { received_ = true; };
      action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
      sigemptyset(&action.sa_mask);
      ::sigaction(signals_[i], nullptr, &before_[i]);
      if (!is_ignored(before_[i])) ::sigaction(signals_[i], &action, nullptr);
    }
  }

  ~InterruptSignals() {
    const std::lock_guard lock(mutex_);
    if (--users_ > 0) return;
    for (std::size_t i = 0; i < signals_.size(); ++i) {
      if (!is_ignored(before_[i])) ::sigaction(signals_[i], &before_[i], nullptr);
    }
  }

  InterruptSignals(const InterruptSignals&) = delete;
  InterruptSignals& operator=(const InterruptSignals&) = delete;

  /// Whether there was one since the first of these was made.
  static bool received() { return received_.load(std::memory_order_relaxed); }

 private:
  static bool is_ignored(const struct sigaction& action) { return action.sa_handler == SIG_IGN; }

  static constexpr std::array signals_ = {SIGINT, SIGTERM};
  static inline std::mutex mutex_;
  static inline int users_ = 0;
  static inline std::array<struct sigaction, 2> before_{};
  static inline std::atomic<bool> received_ = false;
  static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may do nothing else");
};

}  // namespace eigentune
