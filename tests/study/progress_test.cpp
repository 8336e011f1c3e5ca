#include <eigentune/study/progress.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <sys/types.h>
#include <unistd.h>

#include "study/studies.hpp"

namespace eigentune {
namespace {

std::string contents_of(std::FILE* file) {
  std::rewind(file);
  std::string text;
  for (int c; (c = std::fgetc(file)) != EOF;) text += static_cast<char>(c);
  return text;
}

TEST(Progress, TellsOfTheBestTheInfeasibleTheFailedAndTheTimeLeft) {
  EXPECT_EQ(progress_text({.finished = 23,
                           .trials = 64,
                           .best = 0.03125,
                           .best_trial = 17,
                           .infeasible = 2,
                           .failed = 1,
                           .seconds_left = 250.4}),
            "23/64 trials  best 0.03125 (trial 17)  infeasible 2  failed 1  4:10 left");
  EXPECT_EQ(progress_text({.trials = 64}), "0/64 trials  infeasible 0");
}

TEST(Progress, WritesDurationsAsPeopleReadThem) {
  EXPECT_EQ(duration_text(6.6), "0:07");
  EXPECT_EQ(duration_text(725.0), "12:05");
  EXPECT_EQ(duration_text(10'800.0), "3:00:00");
  EXPECT_EQ(duration_text(-1.0), "0:00");
}

TEST(Progress, DrawsABarThatFitsTheLine) {
  const StudyProgress progress{.finished = 3, .trials = 4};
  EXPECT_EQ(progress_bar(progress, 80), "[######################........] 3/4 trials  infeasible 0");
  EXPECT_EQ(progress_bar(progress, 35), "[#####..] 3/4 trials  infeasible 0");
  EXPECT_EQ(progress_bar(progress, 32), "3/4 trials  infeasible 0");  // no room for a bar worth the name
  EXPECT_EQ(progress_bar(progress, 10), "3/4 trial");
  for (std::size_t width = 0; width < 100; ++width) EXPECT_LE(progress_bar(progress, width).size(), width);
}

TEST(Progress, IsPlainLinesInAFile) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), std::fclose);
  Study study = support::study_of(3);
  study.run(
      [](Trial& trial) {
        if (trial.number() == 1) trial.infeasible("too large");
        if (trial.number() == 2) throw std::runtime_error("no luck");
        return 0.5;
      },
      {.progress = file.get()});
  EXPECT_EQ(contents_of(file.get()),
            "trial 2, attempt 1 of 3: failed, and will be repeated: no luck\n"
            "trial 2, attempt 2 of 3: failed, and will be repeated: no luck\n"
            "trial 2, attempt 3 of 3: failed for good, and counts as infeasible: no luck\n"
            "3/3 trials  best 0.5 (trial 0)  infeasible 1  failed 1\n");
}

TEST(Progress, IsOnATerminalFromTheBeginning) {
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
  ASSERT_GE(terminal, 0);
  ASSERT_EQ(::grantpt(terminal), 0);
  ASSERT_EQ(::unlockpt(terminal), 0);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(::ptsname(terminal), "w"), std::fclose);
  ASSERT_NE(file, nullptr);
  char seen[256];
  ::ssize_t size = 0;
  support::study_of(1).run(
      [&](Trial&) {
        size = ::read(terminal, seen, sizeof seen);
        return 1.0;
      },
      {.progress = file.get()});
  EXPECT_EQ(std::string(seen, static_cast<std::size_t>(size)),
            "\r[..............................] 0/1 trials  infeasible 0\033[K");
  ::close(terminal);
}

TEST(Progress, ThatNobodyReadsEndsNothing) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(::fdopen(ends[1], "w"), std::fclose);
  std::setvbuf(file.get(), nullptr, _IONBF, 0);
  EXPECT_EQ(support::study_of(3).run([](Trial&) { return 1.0; }, {.progress = file.get()}).complete, 3);
  sigset_t pending;
  ::sigpending(&pending);
  EXPECT_EQ(sigismember(&pending, SIGPIPE), 0);
}

TEST(Progress, TellsOfTrialsThatOthersHold) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), std::fclose);
  Study study = support::study_of(2);
  const std::optional<Trial> held = study.ask();
  study.run([](Trial&) { return 0.5; }, {.progress = file.get()});
  EXPECT_EQ(contents_of(file.get()),
            "1/2 trials  best 0.5 (trial 1)  infeasible 0\n"
            "1 of the trials are held by other workers; should those be gone, run the study again when the leases have "
            "run out\n");
}

TEST(StudyRecords, TakesTheLowestNumberAmongEqualsForTheBest) {
  StudyRecords records(Direction::maximize, false);
  const auto complete = [](std::int64_t number, double objective) {
    return TrialRecord{.number = number, .state = TrialState::complete, .objective = objective};
  };
  EXPECT_EQ(records.best(), nullptr);
  records.apply({.revision = 5, .records = {{.number = 0}, {.number = 1}, complete(2, 0.5)}});
  EXPECT_EQ(records.best()->number, 2);
  records.apply({.revision = 6, .records = {complete(1, 0.5)}});
  EXPECT_EQ(records.best()->number, 1);
  records.apply({.revision = 7, .records = {complete(0, 0.25), complete(3, 0.75)}});
  EXPECT_EQ(records.best()->number, 3);
  EXPECT_EQ(records.revision(), 7);
  EXPECT_EQ(records.count(TrialState::complete), 4);
  EXPECT_EQ(records.finished(), 4);
}

}  // namespace
}  // namespace eigentune
