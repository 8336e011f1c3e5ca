#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/retry.hpp>
#include <eigentune/core/write_all.hpp>
#include <eigentune/train/system_calls.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <span>
#include <string>
#include <system_error>
#include <utility>

namespace eigentune {

namespace detail {

/// "run7/weights: cannot write: No space left on device". `code` is errno.
inline Error file_error(const std::filesystem::path& path, std::string_view doing, int code) {
  return Error(fmt::format("{}: cannot {}: {}", path.string(), doing, std::generic_category().message(code)));
}

/// The folder that a file is in, "." where its path names none.
inline std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

/// Carries the names in a folder to the disk. Returns 0, or the reason why not.
inline int sync_folder(const std::filesystem::path& folder, const SystemCalls& calls) {
  const int opened = retry([&] { return calls.open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0); });
  if (opened < 0) return errno;
  const int synced = retry([&] { return calls.fsync(opened); });
  const int code = errno;
  calls.close(opened);
  return synced == 0 ? 0 : code;
}

}  // namespace detail

/// Creates a folder, and those above it, that are not there, and carries their names to the disk. Throws
/// eigentune::Error, also if there is a file of that name.
inline void create_folder(const std::filesystem::path& folder, const SystemCalls& calls = {}) {
  std::error_code error;
  if (std::filesystem::is_directory(folder, error)) return;
  const std::filesystem::path above = detail::folder_of(folder);
  if (above != folder) create_folder(above, calls);
  std::filesystem::create_directory(folder, error);
  if (!error && !std::filesystem::is_directory(folder, error)) error = std::make_error_code(std::errc::not_a_directory);
  if (error) throw detail::file_error(folder, "create the folder", error.value());
  if (const int code = detail::sync_folder(above, calls); code != 0) {
    throw detail::file_error(above, "carry it to the disk", code);
  }
}

/// A file that is either there as a whole, also after a crash or loss of power, or not at all. It is written under a
/// temporary name in the same folder; `commit` carries it to the disk (fsync), gives it its name in place of what had
/// it (rename), and carries that to the disk too (fsync of the folder). Destroyed without `commit`, it leaves nothing.
///
/// Every function throws eigentune::Error, with the path and the system's reason, where a call fails (no space, a size
/// limit, a read-only file system); what had the name before is untouched then. A size limit (RLIMIT_FSIZE) is such an
/// error only if the program ignores SIGXFSZ; otherwise the system ends the program, and nothing is half-written even
/// so.
class DurableFile {
 public:
  /// What follows the name of a temporary: ".tmp-", the process, "-", a number.
  static constexpr std::string_view temporary_mark = ".tmp-";

  explicit DurableFile(std::filesystem::path path, SystemCalls calls = {})
      : path_(std::move(path)), calls_(std::move(calls)) {
    constexpr int most_attempts = 10'000;  // names that crashed processes of our number may have left
    for (int number = 0; number < most_attempts && file_ < 0; ++number) {
      temporary_ = path_;
      temporary_ += fmt::format("{}{}-{}", temporary_mark, ::getpid(), number);
      file_ =
          detail::retry([&] { return calls_.open(temporary_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666); });
      if (file_ < 0 && errno != EEXIST) break;
    }
    if (file_ < 0) throw detail::file_error(path_, "create a temporary file beside it", errno);
  }

  ~DurableFile() { discard(); }
  DurableFile(const DurableFile&) = delete;
  DurableFile& operator=(const DurableFile&) = delete;

  const std::filesystem::path& path() const { return path_; }

  /// Appends.
  void write(std::span<const std::byte> bytes) {
    size_ += std::ssize(bytes);
    const int code = detail::write_all(
        bytes, [this](std::span<const std::byte> piece) { return calls_.write(file_, piece.data(), piece.size()); });
    if (code != 0) throw detail::file_error(path_, "write", code);
    if (size_ - started_ >= start_interval) {  // the disk works while the next bytes are made
      calls_.start_writing(file_, started_, size_ - started_);
      started_ = size_;
    }
  }

  /// Overwrites bytes that were written before.
  void write_at(std::int64_t offset, std::span<const std::byte> bytes) {
    const std::int64_t end = offset + std::ssize(bytes);
    const int code = detail::write_all(bytes, [&](std::span<const std::byte> piece) {
      return calls_.write_at(file_, piece.data(), piece.size(), end - std::ssize(bytes));
    });
    if (code != 0) throw detail::file_error(path_, "write", code);
  }

  /// Makes the file be there, whole and for good. If the very last step fails, the carrying of the name to the disk,
  /// the error says that the file is in place and may not outlive a crash.
  void commit() {
    if (detail::retry([&] { return calls_.fsync(file_); }) != 0)
      throw detail::file_error(path_, "carry it to the disk", errno);
    const int closed = calls_.close(std::exchange(file_, -1));
    if (closed != 0 && errno != EINTR) throw detail::file_error(path_, "close it", errno);
    if (detail::retry([&] { return calls_.rename(temporary_.c_str(), path_.c_str()); }) != 0) {
      throw detail::file_error(path_, "rename its temporary file", errno);
    }
    temporary_.clear();
    if (const int code = detail::sync_folder(detail::folder_of(path_), calls_); code != 0) {
      throw Error(
          fmt::format("{}: it is in place, but may not outlive a crash: cannot carry its folder to the disk: {}",
                      path_.string(), std::generic_category().message(code)));
    }
  }

 private:
  static constexpr std::int64_t start_interval = std::int64_t{16} << 20;

  void discard() noexcept {
    if (file_ >= 0) calls_.close(std::exchange(file_, -1));
    if (!temporary_.empty()) calls_.unlink(temporary_.c_str());
  }

  std::filesystem::path path_, temporary_;
  SystemCalls calls_;
  int file_ = -1;
  std::int64_t size_ = 0, started_ = 0;
};

namespace detail {

/// Whether the path names an open file of a process, which is written to from where it is, and never replaced.
inline bool names_descriptor(const std::filesystem::path& path) {
  const std::string name = path.lexically_normal().string();
  return name.starts_with("/dev/fd/") || name.starts_with("/proc/") || name == "/dev/stdout" || name == "/dev/stderr";
}

/// What lies at a path, behind all symbolic links.
struct Destination {
  std::filesystem::path path;
  bool is_stream;  ///< a device, a pipe, a descriptor: nothing that could be replaced as a whole
};

inline Destination destination_of(std::filesystem::path path) {
  constexpr int most_links = 40;  // as Linux
  for (int links = 0; !names_descriptor(path); ++links) {
    std::error_code error;
    const std::filesystem::file_status status = std::filesystem::symlink_status(path, error);
    if (!std::filesystem::is_symlink(status)) {
      const bool is_replaceable = !std::filesystem::exists(status) || std::filesystem::is_regular_file(status) ||
                                  std::filesystem::is_directory(status);
      return {std::move(path), !is_replaceable};
    }
    if (links == most_links) throw file_error(path, "follow its symbolic links", ELOOP);
    const std::filesystem::path target = std::filesystem::read_symlink(path, error);
    if (error) throw file_error(path, "follow its symbolic link", error.value());
    path = target.is_absolute() ? target : folder_of(path) / target;
  }
  return {std::move(path), true};
}

inline void write_stream(const std::filesystem::path& path, std::span<const std::byte> bytes,
                         const SystemCalls& calls) {
  const int file = retry([&] { return calls.open(path.c_str(), O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC, 0); });
  if (file < 0) throw file_error(path, "open it for writing", errno);
  int code =
      write_all(bytes, [&](std::span<const std::byte> piece) { return calls.write(file, piece.data(), piece.size()); });
  if (calls.close(file) != 0 && errno != EINTR && code == 0) code = errno;
  if (code != 0) throw file_error(path, "write", code);
}

}  // namespace detail

/// Writes a file that is either there as a whole or as it was before (see DurableFile), at the place that a user has
/// named: a symbolic link stays what it is, and the file that it leads to is written; a device, a pipe or a descriptor
/// (/dev/null, /dev/stdout) stays too, and the bytes go into it, plainly. Returns whether that made a file, and not
/// went into such a stream. Throws eigentune::Error, with the path and the system's reason.
inline bool write_durably(const std::filesystem::path& path, std::span<const std::byte> bytes,
                          const SystemCalls& calls = {}) {
  const detail::Destination destination = detail::destination_of(path);
  if (destination.is_stream) {
    detail::write_stream(destination.path, bytes, calls);
    return false;
  }
  DurableFile file(destination.path, calls);
  file.write(bytes);
  file.commit();
  return true;
}

}  // namespace eigentune
