#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/file_descriptor.hpp>
#include <eigentune/core/write_all.hpp>

#include <fmt/core.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <filesystem>
#include <span>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace eigentune {

/// A file that grows by whole pieces of text and is never left with a part of one: each piece is one write(2) with
/// O_APPEND, so that it is in the file once append returns, even if the process is killed then. It takes a lock
/// (flock), so that a second writer is an error. Every member function throws eigentune::Error, with path and reason.
class AppendOnlyFile {
 public:
  enum class Open {
    existing,           ///< which must be there
    existing_or_create  ///< an empty one, if there is none
  };

  AppendOnlyFile(std::filesystem::path path, Open open)
      : path_(std::move(path)),
        file_(::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | (open == Open::existing ? 0 : O_CREAT), 0666)) {
    if (file_.get() < 0) fail("cannot be opened for writing", errno);
    if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      throw Error(fmt::format("{}: expected to be the only writer, found that another holds the file", path_.string()));
    }  // any other reason: a file system without locks, which is no reason not to write
    struct ::stat status {};
    if (::fstat(file_.get(), &status) != 0) fail("cannot be examined", errno);
    size_ = status.st_size;
  }

  const std::filesystem::path& path() const { return path_; }
  std::int64_t size() const { return size_; }

  /// Appends `text`, all of it or, if that fails (the disk is full), nothing.
  void append(std::string_view text) {
    if (torn_) throw Error(fmt::format("{}: ends with a part of what could not be written whole", path_.string()));
    std::span<const std::byte> rest = std::as_bytes(std::span(text));
    if (const int code = detail::write_all(rest, file_.get()); code != 0) {  // it takes one call, if the disk has room
      torn_ = rest.size() < text.size() && ::ftruncate(file_.get(), size_) != 0;
      fail("cannot be written", code);
    }
    size_ += static_cast<std::int64_t>(text.size());
  }

  /// Cuts the file to its first `size` bytes.
  void truncate(std::int64_t size) {
    if (::ftruncate(file_.get(), size) != 0) fail("cannot be cut", errno);
    size_ = size;
    torn_ = false;
  }

  /// Waits until everything is on the disk, so that it survives a loss of power, too.
  void sync() {
    if (::fdatasync(file_.get()) != 0 && errno != EINVAL) fail("cannot be synchronised", errno);  // EINVAL: a pipe
  }

 private:
  [[noreturn]] void fail(std::string_view what, int reason) const {
    throw Error(fmt::format("{}: {}: {}", path_.string(), what, std::generic_category().message(reason)));
  }

  std::filesystem::path path_;
  FileDescriptor file_;
  std::int64_t size_ = 0;
  bool torn_ = false;  // a piece failed half-way, and could not be taken back
};

}  // namespace eigentune
