#include <eigentune/train/durable_file.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "support/expect.hpp"
#include "train/files.hpp"

namespace eigentune {
namespace {

using support::error_of;

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

void save(const std::filesystem::path& path, const std::string& text, const SystemCalls& calls = {}) {
  DurableFile file(path, calls);
  file.write(bytes_of(text));
  file.commit();
}

/// A folder with a file "x" that says "old".
struct Fixture {
  Fixture() { files::write(path, "old"); }
  void expect_as_before() const {
    EXPECT_EQ(folder.names(), std::vector<std::string>{"x"});
    EXPECT_EQ(files::read(path), "old");
  }
  files::TemporaryFolder folder;
  std::filesystem::path path = folder / "x";
};

TEST(DurableFile, ReplacesTheOldFileOnlyWhenItIsCommitted) {
  Fixture at;
  DurableFile file(at.path);
  file.write(bytes_of("newer"));
  EXPECT_EQ(files::read(at.path), "old");
  file.write_at(1, bytes_of("E"));
  file.write(bytes_of("!"));
  file.commit();
  EXPECT_EQ(files::read(at.path), "nEwer!");
  EXPECT_EQ(at.folder.names(), std::vector<std::string>{"x"});
}

TEST(DurableFile, LeavesNothingWithoutCommit) {
  Fixture at;
  { DurableFile(at.path).write(bytes_of("new")); }
  at.expect_as_before();
}

TEST(DurableFile, GoesOnAfterShortWritesAndSignals) {
  Fixture at;
  SystemCalls calls;
  int number = 0;
  calls.write = [&](int file, const void* bytes, std::size_t) -> ssize_t {
    if (++number % 2 == 0) {
      errno = EINTR;
      return -1;
    }
    return ::write(file, bytes, 1);
  };
  calls.fsync = [&](int file) {
    errno = EINTR;
    return ++number % 3 == 0 ? ::fsync(file) : -1;
  };
  save(at.path, "one byte at a time", calls);
  EXPECT_EQ(files::read(at.path), "one byte at a time");
}

TEST(DurableFile, TurnsEachFailingCallIntoAnErrorWithPathAndReason) {
  Fixture at;
  const auto fail = [](int code) {
    errno = code;
    return -1;
  };
  const auto error = [&](const SystemCalls& calls) { return error_of<Error>([&] { save(at.path, "new", calls); }); };
  const std::string path = at.path.string();
  const SystemCalls sound;

  SystemCalls calls = sound;
  calls.open = [&](const char*, int, mode_t) { return fail(EROFS); };
  EXPECT_EQ(error(calls), path + ": cannot create a temporary file beside it: Read-only file system");
  at.expect_as_before();
  calls = sound;
  calls.write = [&](int, const void*, std::size_t) { return fail(ENOSPC); };
  EXPECT_EQ(error(calls), path + ": cannot write: No space left on device");
  at.expect_as_before();
  calls.write = [&](int, const void*, std::size_t) { return 0; };
  EXPECT_EQ(error(calls), path + ": cannot write: No space left on device");
  at.expect_as_before();
  calls = sound;
  calls.fsync = [&](int) { return fail(EIO); };
  EXPECT_EQ(error(calls), path + ": cannot carry it to the disk: Input/output error");
  at.expect_as_before();
  calls = sound;
  calls.close = [&](int file) {
    ::close(file);
    return fail(EDQUOT);
  };
  EXPECT_EQ(error(calls), path + ": cannot close it: Disk quota exceeded");
  at.expect_as_before();
  calls = sound;
  calls.rename = [&](const char*, const char*) { return fail(EACCES); };
  EXPECT_EQ(error(calls), path + ": cannot rename its temporary file: Permission denied");
  at.expect_as_before();

  calls = sound;
  int syncs = 0;
  calls.fsync = [&](int file) { return ++syncs == 2 ? fail(EIO) : ::fsync(file); };
  EXPECT_EQ(error(calls), path +
                              ": it is in place, but may not outlive a crash: cannot carry its folder to the disk: "
                              "Input/output error");
  EXPECT_EQ(files::read(at.path), "new");
}

TEST(DurableFile, PassesOverTemporariesOfOthers) {
  Fixture at;
  const std::string other = "x.tmp-" + std::to_string(::getpid()) + "-0";
  files::write(at.folder / other, "of a process that had our number");
  save(at.path, "new");
  EXPECT_EQ(at.folder.names(), (std::vector<std::string>{"x", other}));
}

TEST(DurableFile, ReportsASizeLimit) {
  Fixture at;
  const auto previous = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit limited = before;
  limited.rlim_cur = 1000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limited), 0);
  const std::string error = error_of<Error>([&] { save(at.path, std::string(1001, 'x')); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, previous);
  EXPECT_EQ(error, at.path.string() + ": cannot write: File too large");
  at.expect_as_before();
}

/// A file system in memory, of a page or two, in a folder of its own.
class SmallFileSystem {
 public:
  SmallFileSystem() : mounted_(::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, "size=65536") == 0) {}
  ~SmallFileSystem() {
    if (mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  void make_read_only() const { ::mount("tmpfs", folder_.path().c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, ""); }
  std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }
  std::vector<std::string> names() const { return folder_.names(); }

 private:
  files::TemporaryFolder folder_;
  bool mounted_;
};

TEST(DurableFile, ReportsAFullDiskAndLeavesTheOldFile) {
  const SmallFileSystem disk;
  if (!disk.mounted()) GTEST_SKIP() << "mounting is not allowed here";
  save(disk / "x", "old");
  EXPECT_EQ(error_of<Error>([&] { save(disk / "x", std::string(100'000, 'x')); }),
            (disk / "x").string() + ": cannot write: No space left on device");
  EXPECT_EQ(files::read(disk / "x"), "old");
  EXPECT_EQ(disk.names(), std::vector<std::string>{"x"});
}

TEST(DurableFile, ReportsAReadOnlyFileSystem) {
  const SmallFileSystem disk;
  if (!disk.mounted()) GTEST_SKIP() << "mounting is not allowed here";
  disk.make_read_only();
  EXPECT_EQ(error_of<Error>([&] { save(disk / "x", "new"); }),
            (disk / "x").string() + ": cannot create a temporary file beside it: Read-only file system");
  EXPECT_EQ(error_of<Error>([&] { create_folder(disk / "y/z"); }),
            (disk / "y").string() + ": cannot create the folder: Read-only file system");
}

TEST(WriteDurably, ReplacesAFileAndWritesThroughLinks) {
  Fixture at;
  EXPECT_TRUE(write_durably(at.path, bytes_of("new")));
  EXPECT_EQ(files::read(at.path), "new");
  std::filesystem::create_symlink("x", at.folder / "to_x");
  std::filesystem::create_symlink(at.folder / "to_x", at.folder / "to_link");
  EXPECT_TRUE(write_durably(at.folder / "to_link", bytes_of("newer")));
  EXPECT_EQ(files::read(at.path), "newer");
  std::filesystem::create_symlink("y", at.folder / "to_y");
  EXPECT_TRUE(write_durably(at.folder / "to_y", bytes_of("y")));
  EXPECT_EQ(files::read(at.folder / "y"), "y");
  for (const char* link : {"to_x", "to_link", "to_y"}) {
    EXPECT_TRUE(std::filesystem::is_symlink(std::filesystem::symlink_status(at.folder / link))) << link;
  }
  EXPECT_EQ(std::filesystem::is_symlink(std::filesystem::symlink_status(at.path)), false);
  std::filesystem::create_symlink("loop", at.folder / "loop");
  EXPECT_EQ(error_of<Error>([&] { write_durably(at.folder / "loop", bytes_of("no")); }),
            (at.folder / "loop").string() + ": cannot follow its symbolic links: Too many levels of symbolic links");
}

TEST(WriteDurably, WritesPlainlyIntoADeviceOrAPipe) {
  EXPECT_FALSE(write_durably("/dev/null", bytes_of("gone")));
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
  EXPECT_EQ(error_of<Error>([&] { write_durably("/dev/full", bytes_of("no")); }),
            "/dev/full: cannot write: No space left on device");

  const Fixture at;
  const std::filesystem::path pipe = at.folder / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  SystemCalls calls;  // a byte at a time, and a signal before each
  bool signal = false;
  calls.write = [&](int file, const void* bytes, std::size_t) -> ssize_t {
    if ((signal = !signal)) {
      errno = EINTR;
      return -1;
    }
    return ::write(file, bytes, 1);
  };
  EXPECT_FALSE(write_durably(pipe, bytes_of("through"), calls));
  std::string read(20, ' ');
  read.resize(static_cast<std::size_t>(std::max<ssize_t>(0, ::read(reader, read.data(), read.size()))));
  EXPECT_EQ(read, "through");
  ::close(reader);
  EXPECT_TRUE(std::filesystem::is_fifo(pipe));
}

/// The file behind a descriptor is not replaced: whoever has it open would write on into one without a name.
TEST(WriteDurably, AppendsToTheFileBehindADescriptor) {
  const Fixture at;
  const int file = ::open(at.path.c_str(), O_WRONLY);
  EXPECT_FALSE(write_durably("/dev/fd/" + std::to_string(file), bytes_of(" and new")));
  ::close(file);
  EXPECT_EQ(files::read(at.path), "old and new");
  EXPECT_EQ(at.folder.names(), std::vector<std::string>{"x"});
}

TEST(CreateFolder, CreatesWhatIsAboveAndRefusesAFile) {
  Fixture at;
  create_folder(at.folder / "a/b/c");
  EXPECT_TRUE(std::filesystem::is_directory(at.folder / "a/b/c"));
  create_folder(at.folder / "a/b/c");
  EXPECT_EQ(error_of<Error>([&] { create_folder(at.path); }),
            at.path.string() + ": cannot create the folder: File exists");
}

}  // namespace
}  // namespace eigentune
