#pragma once

#include <eigentune/space/domain.hpp>
#include <eigentune/space/search_space.hpp>
#include <eigentune/study/storage.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <bit>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <ostream>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/expect.hpp"

/// What every Storage must do. A storage's own test instantiates it:
///
///     INSTANTIATE_TEST_SUITE_P(Memory, StorageConformance, testing::Values(StorageFactory{"memory", make}));
namespace eigentune {

/// An empty storage, and what a test needs around it.
struct StorageUnderTest {
  std::shared_ptr<Storage> storage;
  /// Another door to the same studies, as another process would open it; the same object if there is no such thing.
  std::function<std::shared_ptr<Storage>()> another;
  /// Turns the storage's clock forward, for every door. The clock should not move otherwise.
  std::function<void(std::chrono::milliseconds)> advance;
};

struct StorageFactory {
  std::string name;
  std::function<StorageUnderTest()> make;
  friend std::ostream& operator<<(std::ostream& out, const StorageFactory& factory) { return out << factory.name; }
};

class StorageConformance : public testing::TestWithParam<StorageFactory> {
 protected:
  using Milliseconds = std::chrono::milliseconds;
  using Limits = std::numeric_limits<double>;
  static constexpr Milliseconds lease{60'000};

  static SearchSpace space_of(const std::string& name) {
    SearchSpace space;
    space.nuisance(name, uniform(0.0, 1.0));
    return space;
  }
  static Point point_at(double x) {
    return space_of("x").from_units([x](const Hyperparameter&) { return x; });
  }
  static StudyDefinition definition_of(std::string name, std::int64_t trials) {
    const SearchSpace space = space_of("x");
    return {.name = std::move(name),
            .question = "Does it keep what it is given?",
            .notes = "Two lines,\nwith 'single' and \"double\" quotes, ; and \xc3\xbc.",
            .space = space.text(),
            .space_version = space.version(),
            .sampler = "halton(seed=1)",
            .metric = "validation_error",
            .objective = "best",
            .trials = trials};
  }

  StudyId open(std::int64_t trials = 100) { return storage().open_study(definition_of("study", trials)); }
  Storage& storage() { return *subject_.storage; }
  std::shared_ptr<Storage> another() { return subject_.another(); }
  void advance(Milliseconds time) { subject_.advance(time); }

  Claim claim(StudyId study, const std::string& worker = "worker") {
    const std::optional<Claim> result = storage().claim(study, worker, lease);
    if (!result) throw Error("expected a trial to claim, found none");
    return *result;
  }
  TrialRecord record(StudyId study, std::int64_t number) {
    return storage().read(study, 0).records.at(static_cast<std::size_t>(number));
  }
  TrialState finish(const Claim& claim, const TrialResult& result) { return storage().finish(claim, result, {}); }
  static TrialResult complete(double objective) { return {.objective = objective}; }
  static TrialResult failed(std::string reason) { return {.state = TrialState::failed, .reason = std::move(reason)}; }

  void expect_stale(const Claim& claim) {
    const Changes before = storage().read(claim.study, 0);
    const TrainingCurve curve = storage().curve(claim.study, claim.number);
    const std::vector<CurveRow> rows = {{.step = 1'000'000, .values = {.training_loss = 1.0}}};
    EXPECT_THROW(storage().set_point(claim, point_at(0.9), std::nullopt), LeaseLost);
    EXPECT_THROW(storage().set_point(claim, point_at(0.9), Revision{0}), LeaseLost);
    EXPECT_THROW(storage().heartbeat(claim, lease), LeaseLost);
    EXPECT_THROW(storage().report(claim, rows), LeaseLost);
    EXPECT_THROW(storage().finish(claim, complete(0.0), rows), LeaseLost);
    EXPECT_THROW(storage().release(claim), LeaseLost);
    const Changes after = storage().read(claim.study, 0);
    EXPECT_EQ(after.revision, before.revision);
    EXPECT_EQ(after.records, before.records);
    EXPECT_EQ(storage().curve(claim.study, claim.number), curve);
  }

  StorageUnderTest subject_ = GetParam().make();
};

// Studies

TEST_P(StorageConformance, KeepsADefinitionAsItWasGiven) {
  StudyDefinition definition = definition_of("study", 64);
  definition.direction = Direction::maximize;
  definition.max_attempts = 7;
  EXPECT_EQ(storage().definition(storage().open_study(definition)), definition);
}

TEST_P(StorageConformance, OpensAStudyAgainFromAnywhere) {
  const StudyId study = open();
  EXPECT_EQ(open(), study);
  EXPECT_EQ(another()->open_study(definition_of("study", 100)), study);
  EXPECT_EQ(claim(study).number, 0);
  EXPECT_EQ(another()->claim(study, "other", lease).value().number, 1);
}

TEST_P(StorageConformance, FindsStudiesByTheirNames) {
  EXPECT_EQ(storage().find_study("study"), std::nullopt);
  const StudyId study = open();
  EXPECT_EQ(another()->find_study("study"), study);
  EXPECT_EQ(storage().find_study("Study"), std::nullopt);
  storage().open_study(definition_of("another \"study\"", 1));
  EXPECT_EQ(storage().study_names(), (std::vector<std::string>{"study", "another \"study\""}));
}

TEST_P(StorageConformance, RefusesAStudyOfTheSameNameThatIsAnother) {
  const StudyId study = open();
  const auto error_with = [&](auto change) {
    StudyDefinition other = definition_of("study", 100);
    change(other);
    return support::error_of<Error>([&] { storage().open_study(other); });
  };
  const auto expect_tells = [](const std::string& error, const std::string& text) {
    EXPECT_NE(error.find(text), std::string::npos) << error;
  };
  expect_tells(error_with([](StudyDefinition& other) {
                 other.space = space_of("y").text();
                 other.space_version = space_of("y").version();
               }),
               "study \"study\": expected the search space it was created with");
  expect_tells(error_with([](StudyDefinition& other) { other.sampler = "halton(seed=2)"; }),
               "expected the sampler it was created with, halton(seed=1), found halton(seed=2)");
  expect_tells(error_with([](StudyDefinition& other) { other.metric = "loss"; }), "validation_error, found loss");
  expect_tells(error_with([](StudyDefinition& other) { other.direction = Direction::maximize; }), "direction");
  expect_tells(error_with([](StudyDefinition& other) { other.objective = "last"; }), "best, found last");
  expect_tells(error_with([](StudyDefinition& other) { other.max_attempts = 4; }), "3, found 4");
  EXPECT_EQ(storage().definition(study), definition_of("study", 100));
}

TEST_P(StorageConformance, LetsABudgetGrowButNotShrink) {
  const StudyId study = open(1);
  claim(study);
  EXPECT_EQ(storage().claim(study, "worker", lease), std::nullopt);
  another()->open_study(definition_of("study", 2));
  EXPECT_EQ(claim(study).number, 1);
  EXPECT_EQ(support::error_of<Error>([&] { open(1); }),
            "study \"study\": expected a budget of at least the 2 trials that it has, found 1");
  EXPECT_EQ(storage().definition(study).trials, 2);
}

TEST_P(StorageConformance, TakesANewQuestionButNoEmptyOne) {
  const StudyId study = open();
  StudyDefinition other = definition_of("study", 100);
  other.question = "";
  other.notes = "Ask again later.";
  storage().open_study(other);
  EXPECT_EQ(storage().definition(study).question, "Does it keep what it is given?");
  EXPECT_EQ(storage().definition(study).notes, "Ask again later.");
}

TEST_P(StorageConformance, KeepsTwoStudiesApart) {
  const StudyId first = open(), second = storage().open_study(definition_of("second", 1));
  const Claim a = claim(first), b = claim(second);
  EXPECT_EQ(a.number, 0);
  EXPECT_EQ(b.number, 0);
  storage().report(b, std::vector<CurveRow>{{.step = 5, .values = {.training_loss = 1.0}}});
  finish(b, complete(0.25));
  EXPECT_EQ(record(first, 0).state, TrialState::running);
  EXPECT_EQ(record(second, 0).objective, 0.25);
  EXPECT_TRUE(storage().curve(first, 0).empty());
  EXPECT_EQ(storage().claim(second, "worker", lease), std::nullopt);
  EXPECT_EQ(claim(first).number, 1);
}

TEST_P(StorageConformance, RefusesWhatIsOutOfRange) {
  EXPECT_THROW(storage().open_study(definition_of("", 1)), std::invalid_argument);
  EXPECT_THROW(storage().open_study(definition_of("study", 0)), std::invalid_argument);
  EXPECT_TRUE(storage().study_names().empty());
  const StudyId study = open(), none = static_cast<StudyId>(static_cast<std::int64_t>(study) + 1);
  EXPECT_THROW(storage().definition(none), std::invalid_argument);
  EXPECT_THROW(storage().claim(none, "worker", lease), std::invalid_argument);
  EXPECT_THROW(storage().read(none, 0), std::invalid_argument);
  EXPECT_THROW(storage().curve(study, 0), std::invalid_argument);
  EXPECT_THROW(storage().curve(study, -1), std::invalid_argument);
  const Claim held = claim(study);
  EXPECT_THROW(finish(held, {.state = TrialState::running}), std::invalid_argument);
  EXPECT_THROW(finish(held, complete(Limits::quiet_NaN())), std::invalid_argument);
  EXPECT_THROW(finish(held, {.state = TrialState::infeasible, .objective = 1.0}), std::invalid_argument);
  EXPECT_EQ(record(study, 0).state, TrialState::running);
}

// Claims

TEST_P(StorageConformance, CountsTrialsFromZeroUpToTheBudget) {
  const StudyId study = open(3);
  for (std::int64_t number = 0; number < 3; ++number) {
    const Claim held = claim(study);
    EXPECT_EQ(held.number, number);
    EXPECT_EQ(held.attempt, 1);
    EXPECT_EQ(held.study, study);
    EXPECT_EQ(held.point, std::nullopt);
  }
  EXPECT_EQ(storage().claim(study, "worker", lease), std::nullopt);
}

TEST_P(StorageConformance, GivesEachTrialOnceToEightThreads) {
  constexpr std::int64_t budget = 200;
  const StudyId study = open(budget);
  std::vector<std::vector<std::int64_t>> numbers(8);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    threads.emplace_back([&, i, door = i % 2 == 0 ? subject_.storage : another()] {
      while (const std::optional<Claim> held = door->claim(study, "worker", lease)) {
        if (!held->point) door->set_point(*held, point_at(0.5), std::nullopt);
        // The first attempt of every tenth trial fails.
        const bool fails = held->number % 10 == 0 && held->attempt == 1;
        door->finish(*held, fails ? failed("by design") : complete(static_cast<double>(held->number)), {});
        if (!fails) numbers[i].push_back(held->number);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::multiset<std::int64_t> all;
  for (const auto& some : numbers) all.insert(some.begin(), some.end());
  EXPECT_EQ(std::ssize(all), budget);
  EXPECT_EQ(std::ssize(std::set(all.begin(), all.end())), budget);
  const Changes changes = storage().read(study, 0);
  ASSERT_EQ(std::ssize(changes.records), budget);
  for (const TrialRecord& trial : changes.records) {
    EXPECT_EQ(trial.state, TrialState::complete);
    EXPECT_EQ(trial.objective, static_cast<double>(trial.number));
    EXPECT_EQ(trial.attempt, trial.number % 10 == 0 ? 2 : 1);
  }
}

TEST_P(StorageConformance, PrefersTheLowestNumberThatWaits) {
  const StudyId study = open(10);
  const Claim first = claim(study), second = claim(study), third = claim(study);
  storage().release(third);
  storage().release(first);
  EXPECT_EQ(claim(study).number, 0);
  EXPECT_EQ(claim(study).number, 2);
  EXPECT_EQ(claim(study).number, 3);
  finish(second, complete(1.0));
  EXPECT_EQ(claim(study).number, 4);
}

TEST_P(StorageConformance, PrefersTheLowestNumberWhetherItWaitsOrWasLost) {
  const StudyId study = open(10);
  const Claim first = claim(study), second = claim(study), third = claim(study);
  advance(lease / 2);
  storage().heartbeat(first, lease);  // so that the second one's lease runs out before
  storage().release(third);
  advance(lease);
  EXPECT_EQ(claim(study).number, first.number);
  EXPECT_EQ(claim(study).number, second.number);
  EXPECT_EQ(claim(study).number, third.number);
}

TEST_P(StorageConformance, GivesATrialToAnotherWorkerWhenItsLeaseHasRunOut) {
  const StudyId study = open(1);
  const Claim lost = claim(study, "first");
  storage().set_point(lost, point_at(0.25), std::nullopt);
  advance(lease - Milliseconds(1));
  EXPECT_EQ(storage().claim(study, "second", lease), std::nullopt);
  advance(Milliseconds(1));
  const Claim held = claim(study, "second");
  EXPECT_EQ(held.number, 0);
  EXPECT_EQ(held.attempt, 2);
  EXPECT_GT(held.token, lost.token);
  EXPECT_EQ(held.point, point_at(0.25));
  const TrialRecord trial = record(study, 0);
  EXPECT_EQ(trial.worker, "second");
  EXPECT_EQ(trial.attempt, 2);
  EXPECT_EQ(trial.reason, lease_lost_reason);
  expect_stale(lost);
  EXPECT_EQ(finish(held, complete(0.5)), TrialState::complete);
}

TEST_P(StorageConformance, LetsAHeartbeatExtendTheLease) {
  const StudyId study = open(1);
  const Claim held = claim(study);
  for (int beat = 0; beat < 5; ++beat) {
    advance(lease / 2);
    storage().heartbeat(held, lease);
    EXPECT_EQ(another()->claim(study, "other", lease), std::nullopt);
  }
  advance(lease);
  EXPECT_EQ(claim(study).attempt, 2);
}

TEST_P(StorageConformance, LeavesATrialToALateWorkerWhileNobodyElseHasClaimedIt) {
  const StudyId study = open(1);
  const Claim held = claim(study);
  advance(10 * lease);
  storage().heartbeat(held, lease);
  EXPECT_EQ(storage().claim(study, "other", lease), std::nullopt);
  advance(10 * lease);
  storage().set_point(held, point_at(0.5), std::nullopt);
  storage().report(held, std::vector<CurveRow>{{.step = 1, .values = {.training_loss = 1.0}}});
  EXPECT_EQ(finish(held, complete(0.5)), TrialState::complete);
  EXPECT_EQ(record(study, 0).attempt, 1);
}

TEST_P(StorageConformance, RefusesEveryWriteAfterTheEnd) {
  const StudyId study = open();
  const Claim finished = claim(study);
  finish(finished, complete(0.5));
  expect_stale(finished);
  const Claim released = claim(study);
  storage().release(released);
  expect_stale(released);
  const Claim again = claim(study);
  EXPECT_EQ(again.number, released.number);
  EXPECT_EQ(again.attempt, released.attempt);
  expect_stale(released);
}

TEST_P(StorageConformance, TellsWhichLeaseWasLost) {
  const StudyId study = open();
  const Claim held = claim(study);
  storage().release(held);
  EXPECT_EQ(support::error_of<LeaseLost>([&] { storage().heartbeat(held, lease); }),
            "study \"study\": lease lost: attempt 1 no longer holds trial 0");
}

TEST_P(StorageConformance, RepeatsAFailedAttemptUntilTheCap) {
  const StudyId study = open(1);
  for (std::int64_t attempt = 1; attempt <= 3; ++attempt) {
    const Claim held = claim(study);
    EXPECT_EQ(held.number, 0);
    EXPECT_EQ(held.attempt, attempt);
    if (attempt == 1) storage().set_point(held, point_at(0.125), std::nullopt);
    EXPECT_EQ(held.point.has_value(), attempt > 1);
    const TrialState state = finish(held, failed(fmt::format("no luck, {}", attempt)));
    EXPECT_EQ(state, attempt < 3 ? TrialState::queued : TrialState::failed);
    EXPECT_EQ(record(study, 0).state, state);
    EXPECT_EQ(record(study, 0).reason, fmt::format("no luck, {}", attempt));
    EXPECT_EQ(record(study, 0).finished.has_value(), attempt == 3);
  }
  EXPECT_EQ(record(study, 0).point, point_at(0.125));
  EXPECT_EQ(storage().claim(study, "worker", lease), std::nullopt);
}

TEST_P(StorageConformance, CountsLostLeasesAsAttempts) {
  const StudyId study = open(2);
  for (int attempt = 1; attempt <= 3; ++attempt) {
    EXPECT_EQ(claim(study).attempt, attempt);
    advance(lease);
  }
  EXPECT_EQ(record(study, 0).state, TrialState::running);
  EXPECT_EQ(claim(study).number, 1);
  EXPECT_EQ(record(study, 0).state, TrialState::failed);
  EXPECT_EQ(record(study, 0).reason, lease_lost_reason);
  EXPECT_TRUE(record(study, 0).finished.has_value());
}

TEST_P(StorageConformance, NeverRepeatsAnInfeasibleTrial) {
  const StudyId study = open(1);
  const TrialResult result{.state = TrialState::infeasible,
                           .reason = "it's \"nan\"\nat the end; \xe2\x88\x9e",
                           .infeasible_step = 700,
                           .diverged_step = 650};
  EXPECT_EQ(finish(claim(study), result), TrialState::infeasible);
  EXPECT_EQ(storage().claim(study, "worker", lease), std::nullopt);
  const TrialRecord trial = record(study, 0);
  EXPECT_EQ(trial.reason, result.reason);
  EXPECT_EQ(trial.infeasible_step, 700);
  EXPECT_EQ(trial.diverged_step, 650);
  EXPECT_EQ(trial.objective, std::nullopt);
}

TEST_P(StorageConformance, DoesNotCountAReleasedAttempt) {
  const StudyId study = open(1);
  for (int time = 0; time < 5; ++time) {
    const Claim held = claim(study);
    EXPECT_EQ(held.attempt, 1);
    if (time == 0) storage().set_point(held, point_at(0.5), std::nullopt);
    storage().report(held, std::vector<CurveRow>{{.step = 0, .values = {.training_loss = 1.0}}});
    storage().release(held);
    EXPECT_EQ(record(study, 0).state, TrialState::queued);
    EXPECT_EQ(record(study, 0).attempt, 0);
    EXPECT_EQ(record(study, 0).point, point_at(0.5));
  }
}

// Points

TEST_P(StorageConformance, SetsAPointOnce) {
  const StudyId study = open();
  const Claim held = claim(study);
  EXPECT_TRUE(storage().set_point(held, point_at(0.1), std::nullopt));
  EXPECT_THROW(storage().set_point(held, point_at(0.2), std::nullopt), Error);
  EXPECT_EQ(record(study, 0).point, point_at(0.1));
}

TEST_P(StorageConformance, HasNoPointForATrialWhoseWorkerDiedBeforeItSetOne) {
  const StudyId study = open();
  claim(study);
  advance(lease);
  const Claim held = claim(study);
  EXPECT_EQ(held.number, 0);
  EXPECT_EQ(held.point, std::nullopt);
  EXPECT_TRUE(storage().set_point(held, point_at(0.5), std::nullopt));
}

TEST_P(StorageConformance, ClaimsWithAPointWhereThereIsNone) {
  const StudyId study = open(3);
  storage().enqueue(study, point_at(0.75));
  std::vector<std::int64_t> asked;
  const auto point_of = [&](std::int64_t number) {
    asked.push_back(number);
    return point_at(0.25);
  };
  const Revision seen = storage().read(study, 0).revision;
  EXPECT_EQ(storage().claim_with_point(study, "worker", lease, point_of).value().point, point_at(0.75));
  const Claim held = storage().claim_with_point(study, "worker", lease, point_of).value();
  EXPECT_EQ(held.number, 1);
  EXPECT_EQ(held.point, point_at(0.25));
  EXPECT_EQ(asked, std::vector<std::int64_t>{1});
  EXPECT_EQ(record(study, 1).point, point_at(0.25));
  EXPECT_FALSE(storage().set_point(claim(study), point_at(0.5), seen));
  EXPECT_EQ(storage().claim_with_point(study, "worker", lease, point_of), std::nullopt);
  EXPECT_EQ(finish(held, complete(0.5)), TrialState::complete);
}

TEST_P(StorageConformance, DoesNotClaimATrialThatGetsNoPoint) {
  const StudyId study = open();
  const auto fails = [](std::int64_t) -> Point { throw std::runtime_error("no point"); };
  EXPECT_THROW(storage().claim_with_point(study, "worker", lease, fails), std::runtime_error);
  const Claim held = claim(study);
  EXPECT_EQ(held.number, 0);
  EXPECT_EQ(held.attempt, 1);
  EXPECT_EQ(held.point, std::nullopt);
}

TEST_P(StorageConformance, RefusesAPointThatWasSuggestedWithoutKnowledgeOfAnother) {
  const StudyId study = open();
  const Claim first = claim(study), second = claim(study);
  const Revision seen = storage().read(study, 0).revision;
  EXPECT_TRUE(another()->set_point(first, point_at(0.1), seen));
  const Revision later = storage().read(study, 0).revision;
  EXPECT_FALSE(storage().set_point(second, point_at(0.2), seen));
  EXPECT_EQ(record(study, 1).point, std::nullopt);
  EXPECT_EQ(storage().read(study, 0).revision, later);
  EXPECT_TRUE(storage().set_point(second, point_at(0.2), later));
}

TEST_P(StorageConformance, AcceptsAPointWhenOnlyOtherThingsHaveChanged) {
  const StudyId study = open();
  const Claim first = claim(study), second = claim(study);
  storage().set_point(first, point_at(0.1), std::nullopt);
  const Revision seen = storage().read(study, 0).revision;
  finish(first, complete(0.5));
  claim(study);
  EXPECT_TRUE(storage().set_point(second, point_at(0.2), seen));
}

TEST_P(StorageConformance, TakesAnEnqueuedPointForOneThatWasNotKnown) {
  const StudyId study = open();
  const Claim held = claim(study);
  const Revision seen = storage().read(study, 0).revision;
  storage().enqueue(study, point_at(0.7));
  EXPECT_FALSE(storage().set_point(held, point_at(0.2), seen));
}

TEST_P(StorageConformance, RunsEnqueuedPointsWithinTheBudget) {
  const StudyId study = open(3);
  claim(study);
  EXPECT_EQ(storage().enqueue(study, point_at(0.7)), 1);
  EXPECT_EQ(storage().enqueue(study, point_at(0.8)), 2);
  EXPECT_EQ(support::error_of<Error>([&] { storage().enqueue(study, point_at(0.9)); }),
            "study \"study\": expected a budget for one more trial, found all 3 taken");
  EXPECT_EQ(record(study, 1).state, TrialState::queued);
  EXPECT_EQ(record(study, 1).attempt, 0);
  const Claim held = claim(study);
  EXPECT_EQ(held.number, 1);
  EXPECT_EQ(held.point, point_at(0.7));
  EXPECT_EQ(claim(study).point, point_at(0.8));
  EXPECT_EQ(storage().claim(study, "worker", lease), std::nullopt);
}

// Curves

TEST_P(StorageConformance, AppendsCurvesInBatches) {
  const StudyId study = open();
  const Claim held = claim(study);
  TrainingCurve expected;
  std::vector<CurveRow> batch;
  for (std::int64_t step = 0; step < 100; ++step) {
    CurveValues values{.training_loss = 1.0 / static_cast<double>(step + 1)};
    if (step % 10 == 0) values.validation_error = 0.5;
    if (step % 7 == 0) values.metrics["top5 error"] = 0.1;
    expected.add(3 * step, values);
    batch.push_back({3 * step, values});
    if (step % 13 == 0) {
      storage().report(held, batch);
      EXPECT_EQ(another()->curve(study, held.number), expected);
      batch.clear();
    }
  }
  storage().finish(held, complete(0.5), batch);
  EXPECT_EQ(storage().curve(study, held.number), expected);
}

TEST_P(StorageConformance, KeepsEveryBitOfACurve) {
  const std::vector<double> values = {0.1,
                                      -0.0,
                                      Limits::infinity(),
                                      -Limits::infinity(),
                                      Limits::denorm_min(),
                                      Limits::max(),
                                      Limits::lowest(),
                                      1.0 / 3.0,
                                      std::bit_cast<double>(std::bit_cast<std::uint64_t>(0.1) + 1)};
  const StudyId study = open();
  const Claim held = claim(study);
  std::vector<CurveRow> rows;
  for (std::size_t i = 0; i < values.size(); ++i) {
    rows.push_back({static_cast<std::int64_t>(i), {}});
    for (const CurveColumn& column : curve_columns) rows.back().values.*column.value = values[i];
    rows.back().values.metrics["metric"] = values[i];
  }
  rows.push_back({std::numeric_limits<std::int64_t>::max(),
                  {.validation_loss = Limits::quiet_NaN(), .metrics = {{"metric", -Limits::quiet_NaN()}}}});
  rows.insert(rows.end() - 1, CurveRow{.step = 1'000'000'000'000});  // nothing was measured
  storage().report(held, rows);
  const TrainingCurve curve = another()->curve(study, held.number);
  ASSERT_EQ(curve.size(), rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(curve.rows()[i], rows[i]) << i;
  const auto bits = [](std::optional<double> value) { return std::bit_cast<std::uint64_t>(value.value()); };
  for (std::size_t i = 0; i < values.size(); ++i) {  // equality does not see the sign of a zero
    for (const CurveColumn& column : curve_columns) {
      EXPECT_EQ(bits(curve.rows()[i].values.*column.value), bits(values[i])) << column.name;
    }
    EXPECT_EQ(bits(curve.rows()[i].values.metrics.at("metric")), bits(values[i]));
  }
}

TEST_P(StorageConformance, RefusesRowsOutOfOrderAsAWhole) {
  const StudyId study = open();
  const Claim held = claim(study);
  const auto row = [](std::int64_t step) { return CurveRow{.step = step, .values = {.training_loss = 1.0}}; };
  storage().report(held, std::vector{row(10)});
  EXPECT_THROW(storage().report(held, std::vector{row(10)}), std::invalid_argument);
  EXPECT_THROW(storage().report(held, std::vector{row(11), row(9)}), std::invalid_argument);
  EXPECT_THROW(storage().finish(held, complete(1.0), std::vector{row(11), row(11)}), std::invalid_argument);
  EXPECT_THROW(storage().report(held, std::vector{CurveRow{.step = 11, .values = {.metrics = {{"step", 1.0}}}}}),
               std::invalid_argument);
  EXPECT_EQ(storage().curve(study, 0).size(), 1u);
  EXPECT_EQ(record(study, 0).state, TrialState::running);
}

TEST_P(StorageConformance, BeginsEachAttemptWithAnEmptyCurve) {
  const StudyId study = open(1);
  const auto row = [](std::int64_t step) { return CurveRow{.step = step, .values = {.training_loss = 1.0}}; };
  const Claim first = claim(study);
  storage().report(first, std::vector{row(1), row(2)});
  finish(first, failed("once"));
  EXPECT_EQ(storage().curve(study, 0).size(), 2u);  // to look into, until it is tried again
  const Claim second = claim(study);
  EXPECT_TRUE(storage().curve(study, 0).empty());
  storage().report(second, std::vector{row(1)});
  advance(lease);
  const Claim third = claim(study);
  storage().report(third, std::vector{row(0)});
  finish(third, complete(1.0));
  EXPECT_EQ(storage().curve(study, 0).rows().front(), row(0));
  EXPECT_EQ(storage().curve(study, 0).size(), 1u);
}

TEST_P(StorageConformance, VisitsTheCurvesInOrder) {
  const StudyId study = open();
  std::vector<Claim> claims;
  for (int i = 0; i < 12; ++i) claims.push_back(claim(study));
  for (const std::size_t i : {11u, 3u, 7u, 0u}) {
    const std::vector<CurveRow> rows = {{.step = static_cast<std::int64_t>(i), .values = {.training_loss = 1.0}}};
    storage().report(claims[i], rows);
    storage().finish(claims[i], complete(1.0), std::vector<CurveRow>{{.step = 100}});
  }
  std::vector<std::int64_t> numbers;
  another()->each_curve(study, [&](std::int64_t number, const TrainingCurve& curve) {
    numbers.push_back(number);
    ASSERT_EQ(curve.size(), 2u);
    EXPECT_EQ(curve.rows()[0].step, number);
    EXPECT_EQ(curve.rows()[1].step, 100);
  });
  EXPECT_EQ(numbers, (std::vector<std::int64_t>{0, 3, 7, 11}));
}

// Reads

TEST_P(StorageConformance, KeepsARecordAsItWasGiven) {
  const StudyId study = open();
  claim(study);
  const Claim held = claim(study, "host/1/\xc3\xbc 'worker'");
  storage().set_point(held, point_at(1.0 / 3.0), std::nullopt);
  finish(held, {.objective = 1.0 / 3.0, .best_step = 40'000'000'000, .diverged_step = 50'000'000'000});
  TrialRecord trial = record(study, 1);
  ASSERT_TRUE(trial.started && trial.finished);
  EXPECT_LE(*trial.started, *trial.finished);
  trial.started = trial.finished = std::nullopt;
  EXPECT_EQ(trial, (TrialRecord{.number = 1,
                                .point = point_at(1.0 / 3.0),
                                .state = TrialState::complete,
                                .attempt = 1,
                                .objective = 1.0 / 3.0,
                                .best_step = 40'000'000'000,
                                .diverged_step = 50'000'000'000,
                                .worker = "host/1/\xc3\xbc 'worker'"}));
}

TEST_P(StorageConformance, TellsTheTimeByItsOwnClock) {
  const StudyId study = open();
  const Claim first = claim(study);
  advance(Milliseconds(12'345));
  finish(first, failed("once"));
  const auto begun = record(study, 0).started.value();
  EXPECT_EQ(record(study, 0).finished, std::nullopt);
  const Claim second = claim(study);
  EXPECT_EQ(record(study, 0).started.value() - begun, Milliseconds(12'345));
  advance(Milliseconds(1'001));
  finish(second, complete(1.0));
  EXPECT_EQ(record(study, 0).finished.value() - record(study, 0).started.value(), Milliseconds(1'001));
}

TEST_P(StorageConformance, ReadsOnlyWhatHasChanged) {
  const StudyId study = open();
  std::vector<Claim> claims;
  for (int i = 0; i < 5; ++i) claims.push_back(claim(study));
  const auto numbers_of = [](const Changes& changes) {
    std::vector<std::int64_t> numbers;
    for (const TrialRecord& trial : changes.records) numbers.push_back(trial.number);
    return numbers;
  };
  Changes changes = storage().read(study, 0);
  EXPECT_EQ(numbers_of(changes), (std::vector<std::int64_t>{0, 1, 2, 3, 4}));
  Revision seen = changes.revision;
  EXPECT_GT(seen, 0);

  finish(claims[3], complete(1.0));
  storage().set_point(claims[1], point_at(0.5), std::nullopt);
  changes = another()->read(study, seen);
  EXPECT_EQ(numbers_of(changes), (std::vector<std::int64_t>{1, 3}));
  EXPECT_GT(changes.revision, seen);
  seen = changes.revision;

  storage().heartbeat(claims[0], lease);  // no change of a record
  storage().report(claims[0], std::vector<CurveRow>{{.step = 1, .values = {.training_loss = 1.0}}});
  changes = storage().read(study, seen);
  EXPECT_TRUE(changes.records.empty());
  EXPECT_EQ(changes.revision, seen);

  storage().release(claims[0]);
  storage().enqueue(study, point_at(0.25));
  EXPECT_EQ(numbers_of(storage().read(study, seen)), (std::vector<std::int64_t>{0, 5}));
}

TEST_P(StorageConformance, MissesNoChangeWhileOthersWrite) {
  const StudyId study = open(120);
  std::atomic<int> working = 3;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&, door = another()] {
      while (const std::optional<Claim> held = door->claim(study, "worker", lease)) {
        door->set_point(*held, point_at(0.5), std::nullopt);
        door->finish(*held, complete(1.0), {});
      }
      --working;
    });
  }
  std::vector<TrialRecord> seen;
  Revision revision = 0;
  for (bool last = false; !last;) {
    last = working == 0;
    const Changes changes = storage().read(study, revision);
    EXPECT_GE(changes.revision, revision);
    revision = changes.revision;
    for (const TrialRecord& trial : changes.records) {
      const auto number = static_cast<std::size_t>(trial.number);
      if (seen.size() <= number) seen.resize(number + 1);
      seen[number] = trial;
    }
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(seen, storage().read(study, 0).records);
  EXPECT_EQ(std::ssize(seen), 120);
}

}  // namespace eigentune
