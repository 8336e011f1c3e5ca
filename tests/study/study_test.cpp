#include <eigentune/study/study.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "study/forwarding_storage.hpp"
#include "study/studies.hpp"
#include "support/expect.hpp"
#include "support/special_values.hpp"

namespace eigentune {
namespace {

using support::error_of;
using support::infinity;
using support::ManualClock;
using support::nan;
using support::quiet;
using support::study_of;
using support::unit_interval;

double squared_distance(Trial& trial) {
  return std::pow(trial.get<double>("x") - 0.5, 2.0);
}

// Runs

TEST(Study, RunsTheTrialsOfItsBudgetAndKeepsThem) {
  Study study = study_of(20);
  const RunSummary summary = study.run(squared_distance, quiet());
  EXPECT_EQ(summary.complete, 20);
  const std::vector<TrialRecord> trials = study.trials();
  ASSERT_EQ(trials.size(), 20u);
  for (const TrialRecord& trial : trials) {
    EXPECT_EQ(trial.state, TrialState::complete);
    EXPECT_EQ(trial.attempt, 1);
    EXPECT_EQ(trial.point, RandomSearch{.seed = 1}.suggest(unit_interval(), {}, trial.number));
    EXPECT_EQ(trial.objective, std::pow(trial.point->get<double>("x") - 0.5, 2.0));
    EXPECT_GE(*trial.objective, *study.best()->objective);
  }
  EXPECT_EQ(study.run(squared_distance, quiet()).complete, 0);
}

TEST(Study, RunsTheCodeOfItsDocumentation) {
  SearchSpace space;
  auto optimizer = space.scientific("optimizer", choice({"nesterov", "adam"}));
  space.nuisance("learning_rate", log_uniform(1e-2, 10.0), optimizer.is("nesterov"));
  space.nuisance("learning_rate", log_uniform(1e-5, 1e-1), optimizer.is("adam"));
  space.nuisance("beta1", one_minus_log_uniform(0.5, 0.99), optimizer.is("adam"));
  space.fixed("batch_size", 128);
  Study study("nesterov-or-adam", space,
              {.question = "Which optimizer reaches the lower validation error?",
               .trials = 64,
               .sampler = Halton{.seed = 1},
               .storage = std::make_shared<MemoryStorage>()});
  study.run(
      [&](Trial& trial) {
        EXPECT_EQ(trial.get<std::int64_t>("batch_size"), 128);
        EXPECT_EQ(trial.point().contains("beta1"), trial["optimizer"].as_string() == "adam");
        for (std::int64_t step = 0; step < 3; ++step) {
          const double loss = trial.get<double>("learning_rate"), error = 1.0 / static_cast<double>(step + 1);
          trial.report(step, {.training_loss = loss,
                              .validation_error = error,
                              .gradient_norm = 1.0,
                              .metrics = {{"top5_error", 0.5 * error}}});
        }
      },
      {.workers = 2, .progress = nullptr});
  EXPECT_EQ(study.best()->objective, 1.0 / 3.0);
  EXPECT_EQ(study.best()->best_step, 2);
  EXPECT_EQ(study.curve(0).series("top5_error").values, (std::vector<double>{0.5, 0.25, 0.5 / 3.0}));
}

TEST(Study, VisitsTheSamePointsWithOneFourAndEightWorkers) {
  const auto points_with = [](std::int64_t workers) {
    Study study = study_of(200);
    std::set<std::string> names;
    EXPECT_EQ(study.run(squared_distance, quiet(workers)).complete, 200);
    std::vector<std::pair<Point, double>> points;
    for (const TrialRecord& trial : study.trials()) points.emplace_back(*trial.point, *trial.objective);
    return points;
  };
  const auto expected = points_with(1);
  EXPECT_EQ(points_with(4), expected);
  EXPECT_EQ(points_with(8), expected);
}

TEST(Study, RunsNoMoreWorkersThanThereAreTrials) {
  Study study = study_of(3);
  EXPECT_EQ(study.run(squared_distance, quiet(1'000'000)).complete, 3);
}

TEST(Study, RefusesToRunWithoutWorkers) {
  EXPECT_EQ(error_of([] { study_of(3).run(squared_distance, quiet(0)); }), "Study: workers must be at least 1, got 0");
}

TEST(Study, RunsWithinOneWorkerOnTheCallersThread) {
  const std::thread::id caller = std::this_thread::get_id();
  study_of(2).run([&](Trial&) { return std::this_thread::get_id() == caller ? 0.0 : nan; }, quiet());
}

// How trials end

TEST(Study, TakesTheBestValueOverTheRunForTheObjective) {
  Study study = study_of(1);
  study.run(
      [](Trial& trial) {
        for (const auto& [step, error] : {std::pair{10, 0.5}, {20, 0.25}, {30, 0.75}}) {
          trial.report(step, {.validation_error = error});
        }
      },
      quiet());
  EXPECT_EQ(study.best()->objective, 0.25);
  EXPECT_EQ(study.best()->best_step, 20);
}

TEST(Study, KeepsTheObjectiveOfATrialThatDivergesLater) {
  Study study = study_of(1);
  study.run(
      [](Trial& trial) {
        trial.report(10, {.training_loss = 1.0, .validation_error = 0.25});
        trial.report(20, {.training_loss = nan, .validation_error = nan});
      },
      quiet());
  const TrialRecord trial = study.trials().at(0);
  EXPECT_EQ(trial.state, TrialState::complete);
  EXPECT_EQ(trial.objective, 0.25);
  EXPECT_EQ(trial.diverged_step, 20);
  EXPECT_EQ(trial.infeasible_step, std::nullopt);
}

TEST(Study, TakesATrialThatDivergesBeforeItsFirstEvaluationForInfeasible) {
  Study study = study_of(1);
  const RunSummary summary = study.run(
      [](Trial& trial) {
        trial.report(0, {.training_loss = 1.0});
        trial.report(1, {.training_loss = infinity});
      },
      quiet());
  EXPECT_EQ(summary.infeasible, 1);
  const TrialRecord trial = study.trials().at(0);
  EXPECT_EQ(trial.state, TrialState::infeasible);
  EXPECT_EQ(trial.reason, "training_loss was inf at step 1");
  EXPECT_EQ(trial.infeasible_step, 1);
  EXPECT_EQ(trial.attempt, 1);
}

TEST(Study, TakesATrialThatReturnsNoFiniteNumberForInfeasible) {
  Study study = study_of(1);
  study.run(
      [](Trial& trial) {
        trial.report(7, {.learning_rate = 0.1});
        return -infinity;
      },
      quiet());
  EXPECT_EQ(study.trials().at(0).state, TrialState::infeasible);
  EXPECT_EQ(study.trials().at(0).reason, "the objective was -inf");
  EXPECT_EQ(study.trials().at(0).infeasible_step, 7);
}

TEST(Study, EndsATrialThatSaysThatItIsInfeasible) {
  Study study = study_of(2);
  const RunSummary summary = study.run(
      [](Trial& trial) {
        trial.report(5, {.validation_error = 0.1});
        try {
          trial.infeasible("needs 80 GB");
        } catch (const std::exception&) {
          if (trial.number() == 0) throw;
        }
      },
      quiet());
  EXPECT_EQ(summary.infeasible, 2);
  for (const TrialRecord& trial : study.trials()) {
    EXPECT_EQ(trial.state, TrialState::infeasible);
    EXPECT_EQ(trial.reason, "needs 80 GB");
    EXPECT_EQ(trial.infeasible_step, 5);
    EXPECT_EQ(trial.objective, std::nullopt);
  }
}

TEST(Study, TakesADivergedOptimizerForInfeasibleAndNotForAFailure) {
  Study study = study_of(1);
  study.run(
      [](Trial& trial) {
        trial.report(5, {.validation_error = 0.1});
        throw DivergenceError("20 steps in a row were skipped");
      },
      quiet());
  EXPECT_EQ(study.trials().at(0).state, TrialState::infeasible);
  EXPECT_EQ(study.trials().at(0).reason, "20 steps in a row were skipped");
  EXPECT_EQ(study.trials().at(0).infeasible_step, 5);
  EXPECT_EQ(study.trials().at(0).attempt, 1);
}

TEST(Study, RepeatsATrialThatThrowsAndThenGivesUpOnIt) {
  Study study = study_of(5);
  const RunSummary summary = study.run(
      [](Trial& trial) {
        if (trial.number() == 1) throw std::runtime_error("no luck in attempt " + std::to_string(trial.attempt()));
        if (trial.number() == 3) throw 42;
        return 1.0;
      },
      quiet(2));
  EXPECT_EQ(summary.complete, 3);
  EXPECT_EQ(summary.failed, 2);
  EXPECT_EQ(summary.retried, 4);
  EXPECT_EQ(study.trials().at(1).state, TrialState::failed);
  EXPECT_EQ(study.trials().at(1).reason, "no luck in attempt 3");
  EXPECT_EQ(study.trials().at(3).reason, "an exception that is no std::exception");
  EXPECT_EQ(study.count(TrialState::failed), 2);
}

TEST(Study, BeginsARepeatedTrialAtTheSamePointWithAnEmptyCurve) {
  Study study = study_of(1);
  std::set<std::string> points;
  study.run(
      [&](Trial& trial) {
        points.insert(trial.point().text());
        EXPECT_TRUE(trial.curve().empty());
        for (std::int64_t step = 0; step < 150; ++step) trial.report(step, {.validation_error = 0.5});
        if (trial.attempt() < 3) throw std::runtime_error("once more");
        trial.report(1000, {.validation_error = 0.25});
      },
      quiet());
  EXPECT_EQ(points.size(), 1u);
  EXPECT_EQ(study.trials().at(0).state, TrialState::complete);
  EXPECT_EQ(study.trials().at(0).attempt, 3);
  EXPECT_EQ(study.trials().at(0).reason, "");
  EXPECT_EQ(study.curve(0).size(), 151u);
}

TEST(Study, TakesATrialWithoutItsMetricForFailed) {
  Study study = study_of(1);
  study.run([](Trial& trial) { trial.report(0, {.training_loss = 0.5}); }, quiet());
  EXPECT_EQ(study.trials().at(0).state, TrialState::failed);
  EXPECT_EQ(study.trials().at(0).reason,
            "the objective, best validation_error, needs values of \"validation_error\", but the trial ended without");
}

TEST(Study, RefusesStepsThatDoNotAscend) {
  Study study = study_of(1);
  study.run(
      [](Trial& trial) {
        trial.report(5, {.validation_error = 0.5});
        trial.report(5, {.validation_error = 0.5});
      },
      quiet());
  EXPECT_EQ(study.trials().at(0).reason, "TrainingCurve: step must be above the last one, got 5 after 5");
}

TEST(Study, TakesAnotherObjectiveIfToldTo) {
  Study study("study", unit_interval(),
              {.trials = 1,
               .sampler = RandomSearch{},
               .metric = "accuracy",
               .direction = Direction::maximize,
               .objective = last_of("accuracy")});
  study.run(
      [](Trial& trial) {
        trial.report(1, {.metrics = {{"accuracy", 0.9}}});
        trial.report(2, {.metrics = {{"accuracy", 0.8}}});
      },
      quiet());
  EXPECT_EQ(study.best()->objective, 0.8);
  EXPECT_EQ(study.best()->best_step, 2);
}

TEST(Study, TakesAnObjectiveThatThrowsForAFailureOfTheTrial) {
  const Objective broken("broken", [](const TrainingCurve&) -> double { throw std::runtime_error("cannot tell"); });
  Study study("study", unit_interval(), {.trials = 1, .sampler = RandomSearch{}, .objective = broken});
  EXPECT_EQ(study.run([](Trial&) {}, quiet()).failed, 1);
  EXPECT_EQ(study.trials().at(0).reason, "cannot tell");
}

TEST(Study, ComputesAnotherObjectiveFromTheStoredCurves) {
  Study study = study_of(4);
  study.run(
      [](Trial& trial) {
        if (trial.number() == 3) throw std::runtime_error("fails");
        if (trial.number() == 2) trial.infeasible("before its first report");
        const double x = static_cast<double>(trial.number());
        trial.report(1, {.validation_error = 0.5, .metrics = {{"top5_error", 0.1 + x}}});
        trial.report(2, {.validation_error = 0.4, .metrics = {{"top5_error", trial.number() == 1 ? nan : 0.3}}});
      },
      quiet());
  const auto best = study.objectives(best_of("top5_error"));
  ASSERT_EQ(best.size(), 4u);
  EXPECT_EQ(best[0], (ObjectiveValue{0.1, 1}));
  EXPECT_EQ(best[1], (ObjectiveValue{1.1, 1}));
  EXPECT_EQ(best[2], std::nullopt);
  EXPECT_EQ(best[3], std::nullopt);
  const auto last = study.objectives(last_of("top5_error"));
  EXPECT_EQ(last[0], (ObjectiveValue{0.3, 2}));
  EXPECT_EQ(last[1], std::nullopt);
  const auto length =
      study.objectives({"rows", [](const TrainingCurve& curve) { return static_cast<double>(curve.size()); }});
  EXPECT_EQ(length[1], ObjectiveValue{2.0});
}

// Definitions

TEST(Study, GoesOnWithTheSameDefinitionAndRefusesAnother) {
  const auto storage = std::make_shared<MemoryStorage>();
  study_of(5, storage).run(squared_distance, quiet());
  EXPECT_EQ(study_of(5, storage).trials().size(), 5u);
  EXPECT_EQ(error_of<Error>([&] {
              Study("study", unit_interval(), {.trials = 5, .sampler = RandomSearch{.seed = 2}, .storage = storage});
            }),
            "study \"study\": expected the sampler it was created with, random_search(seed=1), found "
            "random_search(seed=2); another study needs another name");
}

TEST(Study, GoesOnWithALargerBudgetButNotWithASmallerOne) {
  const auto storage = std::make_shared<MemoryStorage>();
  study_of(5, storage).run(squared_distance, quiet());
  EXPECT_EQ(study_of(8, storage).run(squared_distance, quiet()).complete, 3);
  EXPECT_EQ(error_of<Error>([&] { study_of(5, storage); }),
            "study \"study\": expected a budget of at least the 8 trials that it has, found 5");
}

TEST(Study, RefusesOptionsOutOfRange) {
  const auto error_with = [](auto change) {
    StudyOptions options{.trials = 5, .sampler = RandomSearch{}};
    change(options);
    return error_of([&] { Study("study", unit_interval(), options); });
  };
  EXPECT_EQ(error_with([](StudyOptions& options) { options.trials.reset(); }),
            "Study: trials must be given, since random_search(seed=0) has no end");
  EXPECT_EQ(error_with([](StudyOptions& options) { options.trials = 0; }), "Study: trials must be at least 1, got 0");
  EXPECT_EQ(error_with([](StudyOptions& options) { options.max_attempts = 0; }),
            "Study: max_attempts must be at least 1, got 0");
  EXPECT_EQ(error_with([](StudyOptions& options) { options.lease = std::chrono::milliseconds(0); }),
            "Study: lease must be above 0 ms, got 0");
  EXPECT_EQ(error_with([](StudyOptions& options) { options.lease = std::chrono::milliseconds::max(); }),
            "Study: lease must be at most 31536000000 ms, got 9223372036854775807");
  EXPECT_EQ(error_of([] { Study("", unit_interval(), {.trials = 1}); }), "Study: name must not be empty");
  const auto storage = std::make_shared<MemoryStorage>();
  EXPECT_THROW(
      Study("study", unit_interval(), {.trials = 1, .storage = storage, .lease = std::chrono::milliseconds(0)}),
      std::invalid_argument);
  EXPECT_TRUE(storage->study_names().empty());
}

/// Three points.
struct ThreePoints {
  static constexpr bool adaptive = false;
  Point suggest(const SearchSpace& space, const History&, std::int64_t number) const {
    return space.from_units([number](const Hyperparameter&) { return 0.25 * static_cast<double>(number); });
  }
  std::string text() const { return "three_points()"; }
  std::optional<std::int64_t> size(const SearchSpace&) const { return 3; }
};

TEST(Study, HasAtMostAsManyTrialsAsItsSamplerHasPoints) {
  Study study("study", unit_interval(), {.sampler = ThreePoints{}});
  EXPECT_EQ(study.run(squared_distance, quiet()).complete, 3);
  EXPECT_EQ(error_of([] { Study("study", unit_interval(), {.trials = 4, .sampler = ThreePoints{}}); }),
            "Study: trials must be at most 3, as many as three_points() has, got 4");
}

TEST(Study, IsLoadedByNameToBeLookedAt) {
  const auto storage = std::make_shared<MemoryStorage>();
  study_of(5, storage).run(squared_distance, quiet());
  Study study = Study::load(storage, "study");
  EXPECT_EQ(study.space(), unit_interval());
  EXPECT_EQ(study.definition().sampler, "random_search(seed=1)");
  EXPECT_EQ(study.trials(), study_of(5, storage).trials());
  EXPECT_EQ(error_of([&] { study.run(squared_distance, quiet()); }),
            "Study: \"study\" was loaded to be looked at, and has no sampler to run trials with");
  EXPECT_EQ(error_of<Error>([&] { Study::load(storage, "studie"); }),
            "study \"studie\": expected it in the storage, found study");
  EXPECT_EQ(error_of<Error>([&] { Study::load(std::make_shared<MemoryStorage>(), "study"); }),
            "study \"study\": expected it in the storage, found none");
}

TEST(Study, RunsEnqueuedPointsOfItsSpace) {
  Study study = study_of(3);
  EXPECT_EQ(study.enqueue(Point({{"x", 0.5}})), 0);
  EXPECT_THROW(study.enqueue(Point({{"x", 2.0}})), std::invalid_argument);
  EXPECT_THROW(study.enqueue(Point({{"y", 0.5}})), std::invalid_argument);
  study.run(squared_distance, quiet());
  EXPECT_EQ(study.trials().size(), 3u);
  EXPECT_EQ(study.best()->number, 0);
  EXPECT_EQ(study.best()->objective, 0.0);
  EXPECT_EQ(study.trials().at(1).point, RandomSearch{.seed = 1}.suggest(unit_interval(), {}, 1));
}

// Ask and tell

TEST(Study, GivesTrialsToALoopOfOnesOwn) {
  Study study = study_of(4);
  std::int64_t number = 0;
  while (std::optional<Trial> trial = study.ask()) {
    EXPECT_EQ(trial->number(), number++);
    trial->report(1, {.validation_error = 0.5});
    switch (trial->number()) {
      case 0:
        EXPECT_EQ(trial->finish(), TrialState::complete);
        break;
      case 1:
        EXPECT_EQ(trial->finish(0.125), TrialState::complete);
        break;
      case 2:
        EXPECT_EQ(trial->finish_infeasible("too large"), TrialState::infeasible);
        break;
      default: {
        while (trial->fail("no luck") == TrialState::queued) trial = study.ask();
      }
    }
    EXPECT_EQ(error_of([&] { trial->report(2, {}); }), "Trial: it has ended already");
    EXPECT_EQ(trial->number(), number - 1);
    EXPECT_EQ(trial->attempt(), trial->number() == 3 ? 3 : 1);
  }
  const std::vector<TrialRecord> trials = study.trials();
  EXPECT_EQ(trials[0].objective, 0.5);
  EXPECT_EQ(trials[1].objective, 0.125);
  EXPECT_EQ(trials[2].reason, "too large");
  EXPECT_EQ(trials[2].infeasible_step, 1);
  EXPECT_EQ(trials[3].state, TrialState::failed);
  EXPECT_EQ(trials[3].attempt, 3);
}

TEST(Study, TakesAnAbandonedTrialForAFailedAttempt) {
  Study study = study_of(1);
  for (int attempt = 1; attempt <= 3; ++attempt) {
    Trial trial = study.ask().value();
    EXPECT_EQ(trial.attempt(), attempt);
  }
  EXPECT_FALSE(study.ask().has_value());
  EXPECT_EQ(study.trials().at(0).reason, "the trial was abandoned before its end");
}

TEST(Study, LetsATrialOutliveIt) {
  const auto storage = std::make_shared<MemoryStorage>();
  {
    std::optional<Trial> trial;
    {
      Study study = study_of(1, storage);
      trial = study.ask();
    }
    trial->finish(0.5);
  }
  EXPECT_EQ(study_of(1, storage).best()->objective, 0.5);
}

TEST(Study, WritesCurvesAHundredRowsAtATime) {
  class Counting final : public ForwardingStorage {
   public:
    using ForwardingStorage::ForwardingStorage;
    void report(const Claim& claim, std::span<const CurveRow> rows) override {
      batches.push_back(rows.size());
      ForwardingStorage::report(claim, rows);
    }
    std::vector<std::size_t> batches;
  };
  const auto storage = std::make_shared<Counting>(std::make_shared<MemoryStorage>());
  Study study = study_of(1, storage);
  study.run(
      [&](Trial& trial) {
        for (std::int64_t step = 0; step < 250; ++step) trial.report(step, {.validation_error = 0.5});
      },
      quiet());
  std::size_t rows = 0;
  for (const std::size_t batch : storage->batches) rows += batch;
  EXPECT_GE(storage->batches.size(), 2u);  // more if this machine sleeps for a second
  EXPECT_GE(rows, 200u);
  EXPECT_EQ(study.curve(0).size(), 250u);
}

TEST(Study, ReadsNoMoreThanWhatHasChanged) {
  class Counting final : public ForwardingStorage {
   public:
    using ForwardingStorage::ForwardingStorage;
    Changes read(StudyId study, Revision since) override {
      Changes changes = ForwardingStorage::read(study, since);
      records += changes.records.size();
      return changes;
    }
    std::size_t records = 0;
  };
  const auto storage = std::make_shared<Counting>(std::make_shared<MemoryStorage>());
  Study study = study_of(300, storage);
  study.run(squared_distance, quiet());
  EXPECT_LE(storage->records, 300u);  // each trial once, when it has ended
}

}  // namespace
}  // namespace eigentune
