#pragma once

#include <eigentune/core/file_descriptor.hpp>
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
    file_ = FileDescriptor(detail::retry([&] { return calls.open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666); }));
    if (file_.get() < 0) throw detail::file_error(path, "create or open the lock", errno);
    if (detail::retry([&] { return ::flock(file_.get(), LOCK_EX | LOCK_NB); }) == 0) return;
    if (errno == EWOULDBLOCK) {
      throw Error(fmt::format("{}: another CheckpointKeeper is writing into this folder", folder.string()));
    }
    throw detail::file_error(path, "lock it", errno);
  }

 private:
  FileDescriptor file_;
};

}  // namespace eigentune
