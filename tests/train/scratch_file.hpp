#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <unistd.h>

namespace support {

/// The name of a file that is not there, and that is removed at the end.
class ScratchFile {
 public:
  ScratchFile() {
    static int number = 0;
    path_ = std::filesystem::path(testing::TempDir()) /
            ("eigentune-" + std::to_string(getpid()) + "-" + std::to_string(number++));
    std::filesystem::remove(path_);
  }
  ~ScratchFile() { std::filesystem::remove(path_); }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string name() const { return path_.string(); }

  std::string text() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  /// As a new file: some file systems wait for the disk where an old one is emptied.
  void write(std::string_view text) const {
    std::filesystem::remove(path_);
    std::ofstream(path_, std::ios::binary) << text;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace support
