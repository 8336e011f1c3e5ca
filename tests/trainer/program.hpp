#pragma once

// The built trainer as a user runs it. TRAIN_PROGRAM is its path, TRAIN_IS_FAST whether it was built with optimisation
// and without sanitizers.

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "trainer/small_data.hpp"

namespace program {

struct Result {
  int status = 0;
  std::string output, errors;
};

inline std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  if (!text.empty() && text.back() == separator && separator == ',') parts.emplace_back();
  return parts;
}

/// The rows of a file of curves without their last column, the examples per second.
inline std::string curves_without_throughput(const std::filesystem::path& path) {
  std::string text;
  for (const std::string& line : split(read(path), '\n')) text += line.substr(0, line.rfind(',')) + '\n';
  return text;
}

/// A directory of its own for each test, with small data in it.
class Trainer : public testing::Test {
 protected:
  void SetUp() override {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    std::string name = std::string(test->test_suite_name()) + "_" + test->name();
    for (char& c : name) c = c == '/' ? '_' : c;
    directory_ = std::filesystem::path(testing::TempDir()) / ("eigentune_" + name + "_" + std::to_string(getpid()));
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);

    write_small_data(directory_);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  /// Runs the program in the test's directory.
  Result run(const std::string& arguments) const {
    const std::string command =
        "cd '" + directory_.string() + "' && '" TRAIN_PROGRAM "' " + arguments + " > output.txt 2> errors.txt";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read(directory_ / "output.txt"),
            read(directory_ / "errors.txt")};
  }
  Result run_small(const std::string& arguments) const {
    return run("--data . --depth 1 --width 16 --batch-size 20 --threads 1 --seed 3 " + arguments);
  }

  std::string curves_without_throughput(const std::string& name) const {
    return program::curves_without_throughput(directory_ / name);
  }

  std::filesystem::path directory_;
};

}  // namespace program
