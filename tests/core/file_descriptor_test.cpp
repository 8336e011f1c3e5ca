#include <eigentune/core/file_descriptor.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <type_traits>
#include <utility>

namespace eigentune {
namespace {

int open_something() {
  return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

bool is_open(int number) {
  return ::fcntl(number, F_GETFD) >= 0;
}

static_assert(!std::is_copy_constructible_v<FileDescriptor> && !std::is_copy_assignable_v<FileDescriptor>);
static_assert(std::is_nothrow_move_constructible_v<FileDescriptor>);

TEST(FileDescriptor, IsClosedAtTheEndAndNotBefore) {
  const int number = open_something();
  {
    const FileDescriptor file(number);
    EXPECT_EQ(file.get(), number);
    EXPECT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(FileDescriptor, IsClosedOnceOnly) {
  FileDescriptor file(open_something());
  file.close();
  EXPECT_EQ(file.get(), -1);
  const FileDescriptor another(open_something());  // the system gives the same number again
  file.close();
  EXPECT_TRUE(is_open(another.get()));
}

TEST(FileDescriptor, MovesAndLeavesNoneBehind) {
  FileDescriptor from(open_something());
  const int number = from.get();
  const FileDescriptor to(std::move(from));
  EXPECT_EQ(to.get(), number);
  EXPECT_EQ(from.get(), -1);
  EXPECT_TRUE(is_open(number));
}

TEST(FileDescriptor, ClosesWhatAnAssignmentReplaces) {
  const int first = open_something(), second = open_something();
  {
    FileDescriptor file(first);
    file = FileDescriptor(second);
    EXPECT_FALSE(is_open(first));
    EXPECT_TRUE(is_open(second));
  }
  EXPECT_FALSE(is_open(second));
}

}  // namespace
}  // namespace eigentune
