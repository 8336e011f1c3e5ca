#pragma once

#include <array>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <mutex>

namespace eigentune {

/// As long as one of these lives, the first SIGINT (Ctrl-C), SIGTERM, or SIGHUP (the terminal is gone) is only noted;
/// the next one of them does what it does by default, which ends the process. A signal that the process ignores stays
/// ignored. Afterwards the handlers are what they were before.
class InterruptSignals {
 public:
  InterruptSignals() {
    const std::lock_guard lock(mutex_);
    if (users_++ > 0) return;
    received_ = false;
    for (std::size_t i = 0; i < signals_.size(); ++i) ::sigaction(signals_[i], nullptr, &before_[i]);
    set_handlers([](int) {
      received_ = true;
      set_handlers(SIG_DFL);
    });
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

  /// Called by the handler, too: does nothing that a handler may not do.
  static void set_handlers(void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    for (std::size_t i = 0; i < signals_.size(); ++i) {
      if (!is_ignored(before_[i])) ::sigaction(signals_[i], &action, nullptr);
    }
  }

  static constexpr std::array signals_ = {SIGINT, SIGTERM, SIGHUP};
  static inline std::mutex mutex_;
  static inline int users_ = 0;
  static inline std::array<struct sigaction, signals_.size()> before_{};
  static inline std::atomic<bool> received_ = false;
  static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may do nothing else");
};

}  // namespace eigentune
