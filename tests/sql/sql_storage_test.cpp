#include <eigentune/core/random.hpp>
#include <eigentune/sql.hpp>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "sql/temporary_folder.hpp"
#include "study/storage_conformance.hpp"

namespace eigentune {
namespace {

using sql_test::TemporaryFolder;

/// The clock is a number in the database, so that every door to it sees the same time.
StorageUnderTest sqlite_storage() {
  const auto folder = std::make_shared<TemporaryFolder>();
  const std::string url = folder->url("study.db");
  open_storage(url);
  const auto clock = std::make_shared<sql_test::RawDatabase>(folder->path("study.db"));
  clock->run("CREATE TABLE test_clock (now BIGINT NOT NULL)");
  clock->run("INSERT INTO test_clock VALUES (1700000000000)");
  const auto open = [url, folder] { return open_storage(url, {.clock = "(SELECT now FROM test_clock)"}); };
  return {.storage = open(), .another = open, .advance = [clock, folder](std::chrono::milliseconds time) {
            clock->run(fmt::format("UPDATE test_clock SET now = now + {}", time.count()));
          }};
}

INSTANTIATE_TEST_SUITE_P(Sqlite, StorageConformance, testing::Values(StorageFactory{"sqlite", sqlite_storage}));

/// Threads that leave some of their trials alone until the lease has run out, and then come back as if nothing had
/// been.
TEST(SqlStorage, FinishesEachTrialOnceWhenThreadsLoseThem) {
  constexpr std::int64_t budget = 400;
  constexpr std::chrono::milliseconds lease{1000};
  const StorageUnderTest subject = sqlite_storage();
  StudyDefinition definition{.name = "study",
                             .space = "x: nuisance uniform(0.0, 1.0)",
                             .space_version = "0",
                             .sampler = "by number",
                             .metric = "validation_error",
                             .objective = "best",
                             .trials = budget,
                             .max_attempts = 1'000'000};
  const StudyId study = subject.storage->open_study(definition);
  std::mutex mutex;
  std::map<std::int64_t, std::vector<double>> finished;  // the objectives that were taken, by number
  std::int64_t lost = 0;
  std::vector<std::thread> threads;
  for (std::uint64_t thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&, thread, storage = subject.another()] {
      Random random(1, thread);
      std::vector<Claim> left;
      const auto finish = [&](const Claim& claim) {
        const auto objective = static_cast<double>(random.below(1'000'000'000));
        const std::vector<CurveRow> rows = {{.step = 1, .values = {.validation_error = objective}}};
        try {
          storage->finish(claim, {.objective = objective}, rows);
          const std::lock_guard lock(mutex);
          finished[claim.number].push_back(objective);
        } catch (const LeaseLost&) {
          const std::lock_guard lock(mutex);
          ++lost;
        }
      };
      while (const std::optional<Claim> claim = storage->claim(study, "worker", lease)) {
        if (random.below(8) == 0) {
          left.push_back(*claim);
          const std::lock_guard lock(mutex);
          subject.advance(lease / 2);
        } else {
          finish(*claim);
        }
        if (left.size() == 4) {
          for (const Claim& old : left) finish(old);
          left.clear();
        }
      }
      for (const Claim& old : left) finish(old);
    });
  }
  for (std::thread& thread : threads) thread.join();
  // The last that were left alone, if their threads came back too late.
  subject.advance(lease);
  while (const std::optional<Claim> claim = subject.storage->claim(study, "worker", lease)) {
    subject.storage->finish(*claim, {.objective = 1.0},
                            std::vector<CurveRow>{{.step = 1, .values = {.validation_error = 1.0}}});
    finished[claim->number].push_back(1.0);
  }
  EXPECT_GT(lost, 0);
  const std::vector<TrialRecord> trials = subject.storage->read(study, 0).records;
  ASSERT_EQ(std::ssize(trials), budget);
  for (const TrialRecord& trial : trials) {
    ASSERT_EQ(finished[trial.number].size(), 1u) << trial.number;
    EXPECT_EQ(trial.objective, finished[trial.number].front());
    EXPECT_EQ(subject.storage->curve(study, trial.number).rows().front().values.validation_error, trial.objective);
  }
}

}  // namespace
}  // namespace eigentune
