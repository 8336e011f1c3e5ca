#pragma once

#include <atomic>
#include <csignal>
#include <string_view>

namespace example {

/// While it lives, SIGINT (Ctrl-C) and SIGTERM do not end the program but are noted, so that it can save what it has
/// and leave by itself. Only the first of them: another one ends the program at once, as without this. A signal that
/// was ignored (nohup) stays so. One at a time.
class Interruption {
 public:
  Interruption() {
    noted = 0;
    for (const int signal : signals) {
      struct sigaction current {};
      sigaction(signal, nullptr, &current);
      if (current.sa_handler == SIG_IGN) continue;
      struct sigaction action {};
      action.sa_handler = note;
      action.sa_flags = SA_RESTART;  // no read or write of others fails because of it
      sigaction(signal, &action, nullptr);
    }
  }
  ~Interruption() { restore_default(); }
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  /// The signal that came, or 0.
  int signal() const { return noted; }

  static std::string_view name(int signal) { return signal == SIGINT ? "SIGINT" : "SIGTERM"; }

 private:
  static constexpr int signals[] = {SIGINT, SIGTERM};
  static inline std::atomic<int> noted = 0;
  static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may touch nothing else");

  static void note(int signal) {
    noted = signal;
    restore_default();
  }

  static void restore_default() {
    for (const int signal : signals) {
      struct sigaction current {};
      sigaction(signal, nullptr, &current);
      if (current.sa_handler == note) std::signal(signal, SIG_DFL);
    }
  }
};

}  // namespace example
