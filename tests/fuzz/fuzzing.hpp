#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/file_descriptor.hpp>

#include <fmt/core.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>

// What fuzz targets share: assertions that count as findings, and files without a disk for readers that take a path.

namespace fuzz {

inline void expect(bool condition) {
  if (!condition) std::abort();  // what libFuzzer and the replaying main take for a finding
}

/// Calls `read`. Returns whether it accepted its file: if not, it must have thrown eigentune::Error with a text that
/// begins with the file's path. Any other exception is a finding.
template <class Read>
bool accepts(const std::filesystem::path& path, Read&& read) {
  try {
    read();
    return true;
  } catch (const eigentune::Error& error) {
    expect(std::string_view(error.what()).starts_with(path.string() + ": "));
    return false;
  }
}

/// A file in memory that has a path.
class MemoryFile {
 public:
  MemoryFile() : file_(::memfd_create("fuzz", MFD_CLOEXEC)), path_(fmt::format("/proc/self/fd/{}", file_.get())) {
    expect(file_.get() >= 0);
  }

  const std::filesystem::path& path() const { return path_; }

  /// Replaces what is in it.
  void write(std::string_view bytes) {
    expect(::ftruncate(file_.get(), 0) == 0);
    expect(::pwrite(file_.get(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  }

 private:
  eigentune::FileDescriptor file_;
  std::filesystem::path path_;
};

/// The bytes of an input.
inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace fuzz
