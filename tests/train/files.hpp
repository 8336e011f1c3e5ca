#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "support/temporary_folder.hpp"

// Files and folders of tests.

namespace files {

/// A new folder, which is removed in the end.
class TemporaryFolder : public support::TemporaryFolder {
 public:
  TemporaryFolder() : support::TemporaryFolder(testing::TempDir()) {}

  /// The names in it, sorted.
  std::vector<std::string> names() const {
    std::vector<std::string> list;
    for (const auto& entry : std::filesystem::directory_iterator(path())) list.push_back(entry.path().filename());
    std::sort(list.begin(), list.end());
    return list;
  }
};

inline std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// Overwrites one byte of a file.
inline void write_byte(const std::filesystem::path& path, std::size_t position, char byte) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(position)).put(byte);
}

/// The folder of the tests' sources.
inline std::filesystem::path source_folder() {
  return std::filesystem::path(__FILE__).parent_path();
}

}  // namespace files
