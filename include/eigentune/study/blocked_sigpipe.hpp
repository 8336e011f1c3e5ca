#pragma once

#include <cerrno>
#include <csignal>
#include <ctime>

namespace eigentune {

/// As long as this lives, a write of this thread to a pipe that nobody reads fails, instead of ending the process.
class BlockedSigpipe {
 public:
  BlockedSigpipe() {
    sigset_t pending;
    ::sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    sigemptyset(&sigpipe_);
    sigaddset(&sigpipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &sigpipe_, &before_);
  }

  ~BlockedSigpipe() {
    const timespec no_time{};
    while (!was_pending_ && ::sigtimedwait(&sigpipe_, nullptr, &no_time) < 0 && errno == EINTR) {
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

  BlockedSigpipe(const BlockedSigpipe&) = delete;
  BlockedSigpipe& operator=(const BlockedSigpipe&) = delete;

 private:
  sigset_t sigpipe_, before_;
  bool was_pending_;
};

}  // namespace eigentune
