// What can go wrong with a run, and what becomes of it.

#include <eigentune/study/study.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <latch>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "study/forwarding_storage.hpp"
#include "study/studies.hpp"
#include "support/expect.hpp"

namespace eigentune {
namespace {

using support::error_of;
using support::ManualClock;
using support::quiet;
using support::study_of;
using support::unit_interval;

RunOptions stoppable(const std::stop_source& stop, std::int64_t workers = 1) {
  RunOptions options = quiet(workers);
  options.stop = stop.get_token();
  return options;
}

// Interruption

TEST(Interruption, GivesTrialsBackAndTheNextRunRepeatsThem) {
  const auto storage = std::make_shared<MemoryStorage>();
  std::stop_source stop;
  Study study = study_of(6, storage);
  const RunSummary summary = study.run(
      [&](Trial& trial) {
        trial.report(0, {.validation_error = 0.5});
        if (trial.number() == 3) stop.request_stop();
        trial.report(1, {.validation_error = 0.25});
      },
      stoppable(stop));
  EXPECT_TRUE(summary.interrupted);
  EXPECT_EQ(summary.complete, 3);
  EXPECT_EQ(summary.released, 1);
  EXPECT_EQ(study.trials().at(3).state, TrialState::queued);
  EXPECT_EQ(study.trials().at(3).attempt, 0);
  const Point point = *study.trials().at(3).point;

  const RunSummary rest = study_of(6, storage).run([](Trial&) { return 1.0; }, quiet());
  EXPECT_FALSE(rest.interrupted);
  EXPECT_EQ(rest.complete, 3);
  EXPECT_EQ(study.trials().at(3).point, point);
  EXPECT_EQ(study.trials().at(3).attempt, 1);
  EXPECT_TRUE(study.curve(3).empty());
}

TEST(Interruption, StopsEveryWorker) {
  std::stop_source stop;
  Study study = study_of(100);
  std::latch all(4);
  const RunSummary summary = study.run(
      [&](Trial& trial) {
        all.arrive_and_wait();
        stop.request_stop();
        for (std::int64_t step = 0;; ++step) trial.report(step, {.validation_error = 0.5});
      },
      stoppable(stop, 4));
  EXPECT_EQ(summary.released, 4);
  EXPECT_EQ(study.count(TrialState::queued), 4);
}

TEST(Interruption, DoesNotTakeWhatATrialReturnsAfterItWasToldToStop) {
  std::stop_source stop;
  Study study = study_of(2);
  study.run(
      [&](Trial& trial) {
        EXPECT_FALSE(trial.should_stop());
        stop.request_stop();
        EXPECT_TRUE(trial.should_stop());
        return 0.5;
      },
      stoppable(stop));
  EXPECT_EQ(study.trials().at(0).state, TrialState::queued);
}

TEST(Interruption, TakesWhatATrialReturnsThatCameToItsEndWithoutLooking) {
  std::stop_source stop;
  Study study = study_of(2);
  const RunSummary summary = study.run(
      [&](Trial&) {
        stop.request_stop();
        return 0.5;
      },
      stoppable(stop));
  EXPECT_EQ(summary.complete, 1);
  EXPECT_EQ(study.trials().size(), 1u);
}

TEST(Interruption, DoesNotTakeItForAFailureIfTheExceptionIsReplaced) {
  std::stop_source stop;
  Study study = study_of(1);
  study.run(
      [&](Trial& trial) {
        stop.request_stop();
        try {
          trial.report(0, {});
        } catch (const std::exception&) {
          throw std::runtime_error("training was cut off");
        }
      },
      stoppable(stop));
  EXPECT_EQ(study.trials().at(0).state, TrialState::queued);
  EXPECT_EQ(study.trials().at(0).attempt, 0);
}

TEST(Interruption, ComesFromTheFirstSignalWhichEndsNothingElse) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    ::sigaction(signal, nullptr, &before);
    Study study = study_of(5);
    const RunSummary summary = study.run(
        [&](Trial& trial) {
          if (trial.number() == 2) std::raise(signal);
          trial.report(0, {.validation_error = 0.5});
        },
        {.progress = nullptr});
    EXPECT_TRUE(summary.interrupted);
    EXPECT_EQ(summary.complete, 2);
    struct sigaction after {};
    ::sigaction(signal, nullptr, &after);
    EXPECT_EQ(after.sa_handler, before.sa_handler);
    EXPECT_EQ(study.run([](Trial&) { return 1.0; }, {.progress = nullptr}).complete, 3);
  }
}

TEST(Interruption, DoesNotTouchASignalThatTheProcessIgnores) {
  struct sigaction ignore {
  }, before{};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGINT, &ignore, &before);
  const RunSummary summary = study_of(3).run(
      [](Trial&) {
        std::raise(SIGINT);
        return 1.0;
      },
      {.progress = nullptr});
  ::sigaction(SIGINT, &before, nullptr);
  EXPECT_EQ(summary.complete, 3);
}

TEST(InterruptionDeathTest, EndsTheProcessWithTheSecondSignal) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(study_of(5).run(
                  [](Trial&) {
                    std::raise(SIGINT);
                    std::raise(SIGINT);
                    return 1.0;
                  },
                  {.progress = nullptr}),
              testing::KilledBySignal(SIGINT), "");
}

TEST(InterruptionDeathTest, EndsTheProcessWithTheSecondSignalBeItAnotherOne) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(study_of(5).run(
                  [](Trial&) {
                    std::raise(SIGINT);
                    std::raise(SIGTERM);
                    return 1.0;
                  },
                  {.progress = nullptr}),
              testing::KilledBySignal(SIGTERM), "");
}

// Failures in a row

TEST(Failures, InARowEndTheRunBeforeTheyUseUpTheBudget) {
  Study study = study_of(100);
  RunOptions options = quiet();
  options.max_consecutive_failures = 7;
  EXPECT_EQ(error_of<Error>([&] { study.run([](Trial&) { throw std::runtime_error("no such file"); }, options); }),
            "study \"study\": 7 attempts in a row have failed, so the run ends; the last, trial 2, attempt 1 of 3: no "
            "such file; when that is mended, the study goes on when it is run again");
  EXPECT_EQ(study.count(TrialState::failed), 2);
  EXPECT_EQ(study.count(TrialState::queued), 1);
  EXPECT_EQ(study.run([](Trial&) { return 1.0; }, quiet()).complete, 98);
}

TEST(Failures, EndNothingWhereOthersSucceed) {
  RunOptions options = quiet();
  options.max_consecutive_failures = 4;
  const RunSummary summary = study_of(20).run(
      [](Trial& trial) {
        if (trial.number() % 2 == 0) throw std::runtime_error("crashed");
        if (trial.number() % 4 == 1) trial.infeasible("too large");
        return 1.0;
      },
      options);
  EXPECT_EQ(summary.failed, 10);
  EXPECT_EQ(summary.complete, 5);
  EXPECT_EQ(summary.infeasible, 5);
}

TEST(Failures, AreCountedFromOne) {
  RunOptions options = quiet();
  options.max_consecutive_failures = 0;
  EXPECT_EQ(error_of([&] { study_of(1).run([](Trial&) { return 1.0; }, options); }),
            "Study: max_consecutive_failures must be at least 1, got 0");
}

// Leases

TEST(Lease, WhenLostIsNoCrashAndTheWorkerGoesOn) {
  ManualClock clock;
  const auto storage = clock.storage();
  Study study = study_of(4, storage), other = study_of(4, storage);
  std::optional<Trial> taken;
  const RunSummary summary = study.run(
      [&](Trial& trial) {
        if (trial.number() == 1 && !taken) {
          clock.advance(std::chrono::minutes(10));  // as if this process had been stopped that long
          taken = other.ask();
          EXPECT_EQ(taken->number(), 1);
          EXPECT_EQ(taken->attempt(), 2);
        }
        return 1.0;
      },
      quiet());
  EXPECT_EQ(summary.lost, 1);
  EXPECT_EQ(summary.complete, 3);
  EXPECT_EQ(study.trials().at(1).state, TrialState::running);
  taken->finish(2.0);
  EXPECT_EQ(study.trials().at(1).objective, 2.0);
}

TEST(Lease, WhenLostEndsTheTrialAtItsNextWrite) {
  ManualClock clock;
  const auto storage = clock.storage();
  Study study = study_of(1, storage);
  Trial zombie = study.ask().value();
  clock.advance(std::chrono::minutes(10));
  Trial heir = study_of(1, storage).ask().value();
  EXPECT_EQ(error_of<LeaseLost>([&] {
              for (std::int64_t step = 0; step < 1000; ++step) zombie.report(step, {.validation_error = 0.0});
            }),
            "study \"study\": lease lost: attempt 1 no longer holds trial 0");
  EXPECT_TRUE(zombie.should_stop());
  EXPECT_THROW(zombie.report(2000, {}), LeaseLost);
  EXPECT_THROW(zombie.finish(1.0), LeaseLost);
  EXPECT_EQ(heir.finish(2.0), TrialState::complete);
  EXPECT_EQ(study.best()->objective, 2.0);
}

TEST(Lease, IsExtendedWhileATrialSaysNothing) {
  /// Lets somebody wait for heartbeats.
  class Listening final : public ForwardingStorage {
   public:
    using ForwardingStorage::ForwardingStorage;
    void heartbeat(const Claim& claim, std::chrono::milliseconds lease) override {
      ForwardingStorage::heartbeat(claim, lease);
      if (beats_left.fetch_sub(1) == 1) enough.count_down();
    }
    std::atomic<int> beats_left = 4;
    std::latch enough{1};
  };
  ManualClock clock;
  const auto storage = std::make_shared<Listening>(clock.storage());
  Study study("study", unit_interval(),
              {.trials = 1, .sampler = RandomSearch{}, .storage = storage, .lease = std::chrono::milliseconds(3)});
  study.run(
      [&](Trial&) {
        storage->enough.wait();
        return 1.0;
      },
      quiet());
  EXPECT_EQ(study.best()->objective, 1.0);
}

TEST(Lease, ThatTheHeartbeatFindsLostStopsTheTrial) {
  class Losing final : public ForwardingStorage {
   public:
    using ForwardingStorage::ForwardingStorage;
    void heartbeat(const Claim& claim, std::chrono::milliseconds) override { throw LeaseLost("study", claim); }
  };
  ManualClock clock;  // stands still, so that the lease does not run out and the trial is not claimed again
  const auto storage = std::make_shared<Losing>(clock.storage());
  Study study("study", unit_interval(),
              {.trials = 1,
               .sampler = RandomSearch{},
               .storage = storage,
               .max_attempts = 1,  // or the run itself would claim the trial again
               .lease = std::chrono::milliseconds(3)});
  const RunSummary summary = study.run(
      [&](Trial& trial) {
        while (!trial.should_stop()) std::this_thread::yield();
      },
      quiet());
  EXPECT_EQ(summary.lost, 1);
}

TEST(Lease, SurvivesAStorageThatFailsAtAHeartbeat) {
  class Flaky final : public ForwardingStorage {
   public:
    using ForwardingStorage::ForwardingStorage;
    void heartbeat(const Claim&, std::chrono::milliseconds) override {
      if (beats_left.fetch_sub(1) == 1) enough.count_down();
      throw Error("the database is locked");
    }
    std::atomic<int> beats_left = 3;
    std::latch enough{1};
  };
  const auto storage = std::make_shared<Flaky>(std::make_shared<MemoryStorage>());
  Study study("study", unit_interval(),
              {.trials = 1, .sampler = RandomSearch{}, .storage = storage, .lease = std::chrono::milliseconds(3)});
  const RunSummary summary = study.run(
      [&](Trial&) {
        storage->enough.wait();
        return 1.0;
      },
      quiet());
  // Three beats of a millisecond may outlast the lease, but nobody else has claimed the trial.
  EXPECT_EQ(summary.complete, 1);
}

// Storages that fail

/// Fails where it is told to.
class FailingStorage final : public ForwardingStorage {
 public:
  using ForwardingStorage::ForwardingStorage;
  std::optional<Claim> claim(StudyId study, std::string_view worker, std::chrono::milliseconds lease) override {
    fail_if(claims);
    return ForwardingStorage::claim(study, worker, lease);
  }
  void report(const Claim& claim, std::span<const CurveRow> rows) override {
    fail_if(reports);
    ForwardingStorage::report(claim, rows);
  }
  TrialState finish(const Claim& claim, const TrialResult& result, std::span<const CurveRow> rows) override {
    fail_if(finishes);
    return ForwardingStorage::finish(claim, result, rows);
  }
  std::atomic<bool> claims = false, reports = false, finishes = false;

 private:
  static void fail_if(bool failing) {
    if (failing) throw Error("the disk is full");
  }
};

TEST(FailingStorage, StopsTheRunAndItsErrorHasTheResult) {
  const auto storage = std::make_shared<FailingStorage>(std::make_shared<MemoryStorage>());
  Study study("study", unit_interval(), {.trials = 5, .sampler = RandomSearch{}, .storage = storage});
  study.enqueue(Point({{"x", 0.25}}));
  int calls = 0;
  const std::string error = error_of<Error>([&] {
    study.run(
        [&](Trial&) {
          ++calls;
          storage->finishes = true;
          return 0.125;
        },
        quiet());
  });
  EXPECT_EQ(
      error,
      "study \"study\": trial 0 at {\"x\": 0.25} ended as complete, 0.125, but that could not be stored: the disk "
      "is full");
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(study.trials().at(0).state, TrialState::running);  // until its lease runs out
}

TEST(FailingStorage, IsNoFailureOfTheTrialEvenIfItCatchesTheException) {
  const auto storage = std::make_shared<FailingStorage>(std::make_shared<MemoryStorage>());
  Study study = study_of(5, storage);
  const std::string error = error_of<Error>([&] {
    study.run(
        [&](Trial& trial) {
          storage->reports = true;
          try {
            for (std::int64_t step = 0; step < 1000; ++step) trial.report(step, {.validation_error = 0.5});
          } catch (const std::exception&) {
          }
        },
        quiet());
  });
  EXPECT_EQ(error, "the disk is full");
  EXPECT_EQ(study.trials().size(), 1u);
}

TEST(FailingStorage, LetsTheOtherTrialsComeToTheirEnds) {
  const auto storage = std::make_shared<FailingStorage>(std::make_shared<MemoryStorage>());
  Study study = study_of(50, storage);
  std::latch both(2), failed(1);
  EXPECT_THROW(study.run(
                   [&](Trial& trial) {
                     both.arrive_and_wait();
                     if (trial.number() == 0) {
                       storage->claims = true;
                       failed.count_down();
                       throw std::runtime_error("and then the storage fails, too");
                     }
                     failed.wait();
                     return 0.5;
                   },
                   quiet(2)),
               Error);
  EXPECT_EQ(study.trials().at(1).objective, 0.5);
}

// Samplers

/// Shows a test what it was asked.
struct Watched {
  using Watch = std::function<void(const History&, std::int64_t number)>;
  std::shared_ptr<Watch> watch;
  static constexpr bool adaptive = true;
  Point suggest(const SearchSpace& space, const History& history, std::int64_t number) const {
    (*watch)(history, number);
    return space.from_units([&](const Hyperparameter&) { return 0.01 * static_cast<double>(number); });
  }
  std::string text() const { return "watched()"; }
};

Study adaptive_study(Watched::Watch watch, std::shared_ptr<Storage> storage = nullptr) {
  return Study("study", unit_interval(),
               {.trials = 5,
                .sampler = Watched{std::make_shared<Watched::Watch>(std::move(watch))},
                .direction = Direction::maximize,
                .storage = std::move(storage)});
}

TEST(AdaptiveSampler, SeesWhatEveryTrialHasComeTo) {
  std::vector<History> histories;
  Study study = adaptive_study([&](const History& history, std::int64_t number) {
    EXPECT_EQ(std::ssize(histories), number);
    histories.push_back(history);
  });
  std::optional<Trial> pending = study.ask();
  study.run(
      [](Trial& trial) {
        if (trial.number() == 2) trial.infeasible("too large");
        if (trial.number() == 3) throw std::runtime_error("no luck");
        return 0.5;
      },
      quiet());
  ASSERT_EQ(histories.size(), 5u);
  EXPECT_TRUE(histories[0].observations.empty());
  const auto point = [](std::int64_t number) { return Point({{"x", 0.01 * static_cast<double>(number)}}); };
  EXPECT_EQ(histories[4], (History{.direction = Direction::maximize,
                                   .observations = {{0, point(0), Outcome::pending, 0.0},
                                                    {1, point(1), Outcome::complete, 0.5},
                                                    {2, point(2), Outcome::infeasible, 0.0},
                                                    {3, point(3), Outcome::infeasible, 0.0}}}));
}

TEST(AdaptiveSampler, IsAskedAgainIfAnotherProcessWasFaster) {
  const auto storage = std::make_shared<MemoryStorage>();
  std::vector<std::pair<std::int64_t, std::size_t>> asked;  // number, observations
  std::optional<Study> other;
  std::optional<Trial> faster;
  Study study = adaptive_study(
      [&](const History& history, std::int64_t number) {
        asked.emplace_back(number, history.observations.size());
        if (!faster) faster = other->ask();
      },
      storage);
  other = adaptive_study([](const History&, std::int64_t) {}, storage);
  const Trial trial = study.ask().value();
  EXPECT_EQ(trial.number(), 0);
  EXPECT_EQ(faster->number(), 1);
  EXPECT_EQ(asked, (std::vector<std::pair<std::int64_t, std::size_t>>{{0, 0}, {0, 1}}));
}

TEST(AdaptiveSampler, KnowsThePointsOfTheOtherWorkers) {
  std::mutex mutex;
  std::vector<std::size_t> sizes;
  Study study = adaptive_study([&](const History& history, std::int64_t) {
    const std::lock_guard lock(mutex);
    sizes.push_back(history.observations.size());
  });
  study.run([](Trial&) { return 0.5; }, quiet(4));
  EXPECT_EQ(sizes, (std::vector<std::size_t>{0, 1, 2, 3, 4}));
}

TEST(AdaptiveSampler, ThatThrowsEndsTheRunAndLeavesTheTrialToTheNext) {
  Study study = adaptive_study([](const History&, std::int64_t number) {
    if (number == 2) throw std::invalid_argument("no idea");
  });
  EXPECT_EQ(error_of([&] { study.run([](Trial&) { return 0.5; }, quiet()); }), "no idea");
  EXPECT_EQ(study.count(TrialState::complete), 2);
  EXPECT_EQ(study.count(TrialState::queued), 1);
}

}  // namespace
}  // namespace eigentune
