// What a trial of the tune example trains, and what it does not look at.

#include "tune/training.hpp"

#include <eigentune/search/given_points.hpp>
#include <eigentune/search/halton.hpp>
#include <eigentune/study/study.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "train/digits.hpp"
#include "train/options.hpp"

namespace {

using eigentune::Halton;
using eigentune::Point;
using eigentune::RunOptions;
using eigentune::SearchSpace;
using eigentune::Study;
using eigentune::StudyOptions;
using eigentune::Trial;
using eigentune::TrialRecord;
using eigentune::TrialState;
using example::Splits;
using example::TuneOptions;

const TuneOptions small{.steps = 12, .batch_size = 16, .depth = 1, .width = 8};

Splits small_digits() {
  return example::draw_digits({.train = 160, .validation = 40, .test = 40});
}

std::vector<TrialRecord> without_times(const Study& study) {
  std::vector<TrialRecord> trials = study.trials();
  for (TrialRecord& trial : trials) {
    trial.worker.clear();
    trial.started.reset();
    trial.finished.reset();
  }
  return trials;
}

TEST(TuneSpace, EveryPointSetsTheTrainersOptionsExactly) {
  const SearchSpace space = make_search_space(small, "a fingerprint");
  std::map<std::string, int> optimizers;
  for (std::int64_t number = 0; number < 200; ++number) {
    const Point point = Halton{.seed = 5}.suggest(space, {}, number);
    const example::Options options = example::train_options(point);
    const bool adam = point["optimizer"] == "adam";
    ++optimizers[options.optimizer];
    EXPECT_EQ(options.optimizer, point.get<std::string>("optimizer"));
    EXPECT_EQ(options.schedule.learning_rate, point.get<double>("learning_rate"));
    EXPECT_EQ(options.weight_decay, point.get<double>("weight_decay"));
    const char* const name = adam ? "beta1" : "momentum";
    EXPECT_EQ(options.hyperparameters, (eigentune::Hyperparameters{{name, point.get<double>(name)}}));
    EXPECT_EQ(options.schedule.steps, 12);
    EXPECT_EQ(options.batch_size, 16);
    EXPECT_EQ(options.depth, 1);
    EXPECT_EQ(options.width, 8);
    EXPECT_EQ(options.seed, 1U);
    EXPECT_EQ(options.threads, 1);
  }
  EXPECT_NEAR(optimizers["adam"], 100, 2);
  EXPECT_NEAR(optimizers["nesterov"], 100, 2);
}

TEST(TuneSpace, HasTheTrainersDefaultsInIt) {
  const SearchSpace space = make_search_space(small, "a fingerprint");
  for (const auto& [optimizer, name] : {std::pair("adam", "beta1"), std::pair("nesterov", "momentum")}) {
    const example::StartingPoint& start = example::starting_point(optimizer);
    EXPECT_NO_THROW(space.arranged(Point({{"optimizer", optimizer},
                                          {"learning_rate", start.learning_rate},
                                          {name, 0.9},
                                          {"weight_decay", start.weight_decay},
                                          {"steps", 12},
                                          {"batch_size", 16},
                                          {"depth", 1},
                                          {"width", 8},
                                          {"seed", 1},
                                          {"data", "a fingerprint"}})));
  }
}

TEST(TuneTraining, CommandIsOneThatAShellReadsBack) {
  const Point point({{"optimizer", "adam"}, {"learning_rate", 1e-5}, {"seed", 1}, {"data", "a fingerprint"}});
  EXPECT_EQ(example::train_command(point, {}), "train --optimizer adam --learning-rate 1e-05 --seed 1");
  EXPECT_EQ(example::train_command(Point({{"seed", 2}}), "/my data/it's"), "train --data '/my data/it'\\''s' --seed 2");
}

TEST(TuneTraining, IsTheSameWithOneAndTwoWorkers) {
  const Splits splits = small_digits();
  const auto run = [&](std::int64_t workers) {
    Study study("tune", make_search_space(small, "a fingerprint"), {.trials = 8, .sampler = Halton{.seed = 3}});
    study.run([&](Trial& trial) { example::train(trial, trial.point(), splits); },
              {.workers = workers, .handle_signals = false, .progress = nullptr});
    return study;
  };
  const Study one = run(1), two = run(2);
  const std::vector<TrialRecord> trials = without_times(one);
  EXPECT_EQ(trials, without_times(two));
  for (std::size_t i = 0; i < trials.size(); ++i) {
    EXPECT_EQ(trials[i].state, TrialState::complete);
    const auto number = static_cast<std::int64_t>(i);
    for (const char* column : {"training_loss", "validation_error", "gradient_norm"}) {
      const auto series = one.curve(number).series(column), other = two.curve(number).series(column);
      EXPECT_GE(series.values.size(), 12U) << column;
      EXPECT_EQ(series.values, other.values) << column;
    }
  }
}

TEST(TuneTraining, LooksAtTheTestSplitOnlyWhereItIsToldTo) {
  Splits splits = small_digits();
  splits.test = {};  // to look at it is an error
  const auto state = [&](auto function) {
    Study study("tune", make_search_space(small, "a fingerprint"), {.trials = 1, .max_attempts = 1});
    study.run([&](Trial& trial) { function(trial, trial.point(), splits); },
              {.handle_signals = false, .progress = nullptr});
    return study.trials().front().state;
  };
  EXPECT_EQ(state([](auto&&... arguments) { example::train(arguments...); }), TrialState::complete);
  EXPECT_EQ(state([](auto&&... arguments) { example::train_and_test(arguments...); }), TrialState::failed);
}

TEST(TuneTraining, ThatDivergesIsInfeasible) {
  const Splits splits = small_digits();
  SearchSpace space;
  space.fixed("optimizer", "nesterov");
  space.fixed("learning_rate", 1e30);
  space.fixed("steps", 40);
  space.fixed("width", 8);
  Study study("diverges", space, {.trials = 1});
  study.run([&](Trial& trial) { example::train(trial, trial.point(), splits); },
            {.handle_signals = false, .progress = nullptr});
  const TrialRecord trial = study.trials().front();
  EXPECT_EQ(trial.state, TrialState::infeasible);
  EXPECT_EQ(trial.attempt, 1);
  EXPECT_FALSE(study.curve(0).empty());
}

}  // namespace
