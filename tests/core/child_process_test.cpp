#include <eigentune/core/child_process.hpp>
#include <eigentune/core/random.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include "support/expect.hpp"
#include "support/sanitizers.hpp"

namespace eigentune {
namespace {

using support::error_of;

/// Children of fork hang or die under ThreadSanitizer, whose own thread they lack.
class ChildProcess : public testing::Test {
 protected:
  void SetUp() override {
    if (support::thread_sanitizer) GTEST_SKIP() << "forks";
  }
};

/// Why a child in which `fail` is called did not return.
template <class Fail>
std::string reason_of(Fail fail, const ChildLimits& limits = {}) {
  const ChildOutcome outcome = run_in_child(
      [&] {
        fail();
        return std::vector<double>();
      },
      limits);
  return outcome.values ? "it returned" : outcome.reason;
}

TEST_F(ChildProcess, ReturnsItsValuesBitForBit) {
  std::vector<double> values(100'000);  // more than a pipe holds at once
  Random random(2);
  random.fill_normal(values);
  EXPECT_EQ(run_in_child([&] { return values; }).values, values);
  EXPECT_EQ(run_in_child([] { return std::vector<double>(); }).values, std::vector<double>());
}

TEST_F(ChildProcess, ChangesNothingInItsParent) {
  int calls = 0;
  const auto count = [&] { return std::vector<double>{static_cast<double>(++calls)}; };
  EXPECT_EQ(run_in_child(count).values, std::vector<double>{1.0});
  EXPECT_EQ(run_in_child(count).values, std::vector<double>{1.0});
  EXPECT_EQ(calls, 0);
}

TEST_F(ChildProcess, TellsWhatItThrew) {
  EXPECT_EQ(reason_of([] { throw std::bad_alloc(); }), "memory ran out (std::bad_alloc)");
  EXPECT_EQ(reason_of([] { throw std::runtime_error(""); }), "threw an exception: ");
  EXPECT_EQ(reason_of([] { throw std::runtime_error("of two\nlines"); }), "threw an exception: of two\nlines");
  EXPECT_EQ(reason_of([] { throw 7; }), "threw something that is no std::exception");
}

TEST_F(ChildProcess, TellsTheSignalThatEndedIt) {
  EXPECT_EQ(reason_of([] { raise(SIGKILL); }),  // as the kernel does
            "killed by signal 9 (Killed), as the kernel does when memory runs out");
  EXPECT_EQ(reason_of([] {
              std::signal(SIGSEGV, SIG_DFL);  // not a sanitizer's handler
              raise(SIGSEGV);
            }),
            "killed by signal 11 (Segmentation fault)");
}

TEST_F(ChildProcess, TellsThatItExited) {
  EXPECT_EQ(reason_of([] { _exit(3); }), "exited with status 3 before the end");
  EXPECT_EQ(reason_of([] { _exit(0); }), "exited with status 0 before the end");
}

TEST_F(ChildProcess, MayNotTakeMoreAddressSpaceThanItsLimit) {
  if (support::address_sanitizer) GTEST_SKIP() << "AddressSanitizer has all address space reserved";
  const auto allocate = [](std::size_t megabytes) {
    void* const memory = ::operator new(megabytes << 20);  // which, unlike `new`, is never optimised away
    ::operator delete(memory);
  };
  const ChildLimits limits{.max_bytes = std::int64_t{100} << 20};
  EXPECT_EQ(reason_of([&] { allocate(64); }, limits), "it returned");
  EXPECT_EQ(reason_of([&] { allocate(128); }, limits), "memory ran out (std::bad_alloc)");
}

TEST_F(ChildProcess, IsKilledWhenItsTimeIsOver) {
  EXPECT_EQ(reason_of([] { pause(); }, {.max_seconds = 0.2}), "took longer than 0.2 s");
}

TEST_F(ChildProcess, IsNotForkedBesideOtherThreads) {
  std::atomic<bool> finish = false;
  std::thread other([&] { finish.wait(false); });
  const std::string error = error_of([] { run_in_child([] { return std::vector<double>(); }); });
  finish = true;
  finish.notify_one();
  other.join();
  EXPECT_EQ(error, "run_in_child: must be called before threads are started, found 2");
}

TEST_F(ChildProcess, HasItsLimitsChecked) {
  const auto error_with = [](const ChildLimits& limits) {
    return error_of([&] { run_in_child([] { return std::vector<double>(); }, limits); });
  };
  EXPECT_EQ(error_with({.max_bytes = -1}), "run_in_child: max_bytes must be at least 0, got -1");
  EXPECT_EQ(error_with({.max_seconds = 0.0}), "run_in_child: max_seconds must be above 0, got 0");
}

}  // namespace
}  // namespace eigentune
