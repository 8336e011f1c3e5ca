#include <eigentune/core/file_descriptor.hpp>
#include <eigentune/core/write_all.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <span>
#include <string>
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

/// What a call that does `call(piece, how many calls there were)` has written of "abcdef", and what write_all returned.
template <class Call>
std::pair<std::string, int> written_by(Call call) {
  const std::string text = "abcdef";
  std::span<const std::byte> rest = std::as_bytes(std::span(text));
  int calls = 0;
  const int code =
      detail::write_all(rest, [&](std::span<const std::byte> piece) -> ssize_t { return call(piece, calls++); });
  return {text.substr(0, text.size() - rest.size()), code};
}

TEST(WriteAll, GoesOnAfterAPartAndAfterASignal) {
  std::string got;
  const auto [written, code] = written_by([&](std::span<const std::byte> piece, int calls) -> ssize_t {
    if (calls % 2 == 0) {
      errno = EINTR;
      return -1;
    }
    for (const std::byte byte : piece.first(2)) got += static_cast<char>(byte);
    return 2;
  });
  EXPECT_EQ(got, "abcdef");
  EXPECT_EQ(written, "abcdef");
  EXPECT_EQ(code, 0);
}

TEST(WriteAll, SaysWhyItStoppedAndWhatIsLeft) {
  const auto fails = [](std::span<const std::byte>, int calls) -> ssize_t {
    errno = EIO;
    return calls == 0 ? 2 : -1;
  };
  EXPECT_EQ(written_by(fails), std::pair(std::string("ab"), EIO));
  const auto writes_nothing = [](std::span<const std::byte>, int calls) -> ssize_t { return calls == 0 ? 3 : 0; };
  EXPECT_EQ(written_by(writes_nothing), std::pair(std::string("abc"), ENOSPC));
  std::span<const std::byte> none;
  EXPECT_EQ(detail::write_all(none, -1), 0);  // there is nothing to do
}

TEST(WriteAll, WritesIntoAFileDescriptor) {
  const std::string text = "through";
  std::span<const std::byte> rest = std::as_bytes(std::span(text));
  const FileDescriptor full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  EXPECT_EQ(detail::write_all(rest, full.get()), ENOSPC);
  EXPECT_EQ(rest.size(), text.size());
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const FileDescriptor out(ends[0]), in(ends[1]);
  EXPECT_EQ(detail::write_all(rest, in.get()), 0);
  std::string read(20, ' ');
  read.resize(static_cast<std::size_t>(std::max<ssize_t>(0, ::read(out.get(), read.data(), read.size()))));
  EXPECT_EQ(read, text);
}

}  // namespace
}  // namespace eigentune
