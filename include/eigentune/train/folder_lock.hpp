#pragma once

#include <eigentune/train/durable_file.hpp>
#include <eigentune/train/system_calls.hpp>

#include <cerrno>
#include <filesystem>
#include <sys/file.h>

namespace eigentune {

/// The right to write into a folder, of one holder at a time in all processes: a lock (flock) on the file "keeper.lock"
/// in it. The system takes it back when the process ends, however it ends; the file stays.
class FolderLock {
 public:
  /// Throws eigentune::Error if another holder has it, in this process or another, or it cannot be had.
  explicit FolderLock(const std::filesystem::path& folder, const SystemCalls& calls = {}) {
    const std::filesystem::path path = folder / "keeper.lock";
    file_ = detail::retry([&] { return calls.open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666); });
    if (file_ < 0) throw detail::file_error(path, "create or open the lock", errno);
    if (detail::retry([&] { return ::flock(file_, LOCK_EX | LOCK_NB); }) == 0) return;
    const int code = errno;
    ::close(file_);
    if (code == EWOULDBLOCK) {
      throw Error(fmt::format("{}: another CheckpointKeeper is writing into this folder", folder.string()));
    }
    throw detail::file_error(path, "lock it", code);
  }

  ~FolderLock() { ::close(file_); }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int file_ = -1;
};

}  // namespace eigentune
