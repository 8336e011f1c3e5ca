#pragma once

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <fcntl.h>
#include <functional>
#include <sys/types.h>
#include <unistd.h>

namespace eigentune {

/// The calls of the operating system through which files are written, as a table, so that a test can make any of them
/// fail. Each returns what the system's own does, and leaves the reason of a failure in errno.
struct SystemCalls {
  std::function<int(const char* path, int flags, mode_t mode)> open = [](const char* path, int flags, mode_t mode) {
    return ::open(path, flags, mode);
  };
  std::function<ssize_t(int file, const void* bytes, std::size_t count)> write = ::write;
  std::function<ssize_t(int file, const void* bytes, std::size_t count, std::int64_t offset)> write_at =
      [](int file, const void* bytes, std::size_t count, std::int64_t offset) {
        return ::pwrite(file, bytes, count, static_cast<off_t>(offset));
      };
  std::function<int(int file)> fsync = ::fsync;
  std::function<int(int file)> close = ::close;
  std::function<int(const char* from, const char* to)> rename = std::rename;
  std::function<int(const char* path)> unlink = ::unlink;

  /// Asks the system to start writing a part of a file to the disk. Only a hint: its result is not looked at.
  std::function<void(int file, std::int64_t offset, std::int64_t count)> start_writing =
      []([[maybe_unused]] int file, [[maybe_unused]] std::int64_t offset, [[maybe_unused]] std::int64_t count) {
#if defined(SYNC_FILE_RANGE_WRITE)
        ::sync_file_range(file, offset, count, SYNC_FILE_RANGE_WRITE);
#endif
      };
};

}  // namespace eigentune
