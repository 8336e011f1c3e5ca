#include "train/interrupt.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>

namespace {

using example::Interruption;

TEST(Interruption, NotesTheFirstSignal) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const Interruption interruption;
    EXPECT_EQ(interruption.signal(), 0);
    std::raise(signal);
    EXPECT_EQ(interruption.signal(), signal);
    EXPECT_EQ(Interruption::name(signal), signal == SIGINT ? "SIGINT" : "SIGTERM");
  }
}

TEST(Interruption, LetsTheSecondSignalEndTheProgram) {
  const auto interrupt_twice = [](int first, int second) {
    const Interruption interruption;
    std::raise(first);
    std::raise(second);
    std::exit(0);
  };
  EXPECT_EXIT(interrupt_twice(SIGTERM, SIGTERM), testing::KilledBySignal(SIGTERM), "");
  EXPECT_EXIT(interrupt_twice(SIGINT, SIGTERM), testing::KilledBySignal(SIGTERM), "");
}

TEST(Interruption, LeavesSignalsAsTheyWereOnceItIsGone) {
  const auto interrupt_after = [] {
    { const Interruption interruption; }
    std::raise(SIGINT);
    std::exit(0);
  };
  EXPECT_EXIT(interrupt_after(), testing::KilledBySignal(SIGINT), "");
}

TEST(Interruption, LeavesIgnoredSignalsIgnored) {
  const auto interrupt_ignored = [] {
    std::signal(SIGINT, SIG_IGN);
    {
      const Interruption interruption;
      std::raise(SIGINT);
      if (interruption.signal() != 0) std::exit(1);
    }
    std::raise(SIGINT);
    std::exit(0);
  };
  EXPECT_EXIT(interrupt_ignored(), testing::ExitedWithCode(0), "");
}

}  // namespace
