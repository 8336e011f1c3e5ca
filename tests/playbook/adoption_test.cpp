#include <eigentune/core/random.hpp>
#include <eigentune/playbook/adoption.hpp>
#include <eigentune/study/memory_storage.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace eigentune {
namespace {

const Point candidate = {{"optimizer", "adam"}, {"learning_rate", 0.003}, {"beta1", 0.95}, {"seed", 1}, {"steps", 100}};
const Point baseline = {{"optimizer", "sgd"}, {"learning_rate", 0.1}, {"seed", 1}, {"steps", 100}};
const RunOptions quietly = {.handle_signals = false, .progress = nullptr};

/// As a user's function would: by the names of the hyperparameters, whatever else the point has.
void train(Trial& trial) {
  const bool adam = trial["optimizer"] == "adam";
  Random random(static_cast<std::uint64_t>(trial.get<std::int64_t>("seed")));
  const double own = adam ? 0.03 + 0.1 * (trial.get<double>("beta1") - 0.95) : 0.035;
  trial.report(trial.get<std::int64_t>("steps"),
               {.validation_error = own + 0.001 * random.normal() + 0.0002 * (adam ? random.normal() : 0.0)});
}

TEST(RetrainingStudy, TrainsBothWithTheSameFreshSeeds) {
  Study study = retraining_study("again", {.candidate = candidate, .baseline = baseline, .runs = 3});
  study.run(train, quietly);
  const std::vector<TrialRecord> trials = study.trials();
  ASSERT_EQ(trials.size(), 6U);
  EXPECT_EQ(trials[2].point->text(),
            "{\"arm\": \"candidate\", \"seed\": 1001, \"planned_runs\": 3, \"optimizer\": \"adam\", \"learning_rate\": "
            "0.003, \"beta1\": 0.95, \"steps\": 100}");
  EXPECT_EQ(trials[3].point->text(),
            "{\"arm\": \"baseline\", \"seed\": 1001, \"planned_runs\": 3, \"steps\": 100, \"optimizer\": \"sgd\", "
            "\"learning_rate\": 0.1}");
  EXPECT_EQ(study.definition().question, "Does the candidate beat the baseline when both are trained again?");
}

TEST(RetrainingStudy, GivesEachItsOwnSeedsIfAsked) {
  Study study = retraining_study(
      "again", {.candidate = candidate, .baseline = baseline, .runs = 4, .first_seed = 7, .paired = false});
  study.run(train, quietly);
  std::set<std::int64_t> seeds;
  for (const TrialRecord& trial : study.trials()) seeds.insert(trial.point->get<std::int64_t>("seed"));
  EXPECT_EQ(seeds.size(), 8U);
  EXPECT_EQ(*seeds.begin(), 7);
  EXPECT_FALSE(read_retrainings(study).paired);
  EXPECT_EQ(judge_adoption(study).verdict, AdoptionVerdict::adopt);
}

TEST(RetrainingStudy, GoesOnAndGrowsByDoubling) {
  const auto storage = std::make_shared<MemoryStorage>();
  const auto open = [&](std::int64_t runs) {
    return retraining_study("again", {.candidate = candidate, .baseline = baseline, .runs = runs, .storage = storage});
  };
  Study first = open(3);
  for (int i = 0; i < 3; ++i) {  // as if it had been stopped then
    auto trial = first.ask();
    train(*trial);
    trial->finish();
  }
  EXPECT_EQ(judge_adoption(first).conclusion, "1 of the 3 planned runs of each have ended");
  open(3).run(train, quietly);
  EXPECT_EQ(judge_adoption(first).look, 0);
  const std::vector<TrialRecord> before = first.trials();
  EXPECT_THROW(open(4), std::invalid_argument);
  EXPECT_THROW(open(5), std::invalid_argument);
  Study grown = open(12);
  grown.run(train, quietly);
  const Adoption adoption = judge_adoption(grown);
  EXPECT_EQ(adoption.look, 2);
  EXPECT_EQ(adoption.candidate.runs, 12);
  EXPECT_EQ(grown.trials()[5], before[5]);
  EXPECT_THROW(open(6), Error);  // it cannot shrink
  EXPECT_EQ(judge_adoption(Study::load(storage, "again")).gain, adoption.gain);
}

TEST(RetrainingStudy, NamesWhatIsWrong) {
  EXPECT_THROW(retraining_study("again", {.candidate = candidate, .baseline = candidate}), std::invalid_argument);
  EXPECT_THROW(retraining_study("again", {.candidate = candidate, .baseline = baseline, .runs = 1}),
               std::invalid_argument);
  EXPECT_THROW(retraining_study("again", {.candidate = candidate, .baseline = baseline, .first_seed = -1}),
               std::invalid_argument);
  EXPECT_THROW(retraining_study("again", {.candidate = {{"arm", 1}}, .baseline = {{"arm", 2}}}), std::invalid_argument);
  EXPECT_THROW(retraining_study("again", {.candidate = {{"x", 1}, {"seed", 1}}, .baseline = {{"x", 1}, {"seed", 2}}}),
               std::invalid_argument);
}

TEST(JudgeAdoptionOfAStudy, CountsInfeasibleAndFailedTrials) {
  Study study = retraining_study("again", {.candidate = candidate, .baseline = baseline, .runs = 3, .max_attempts = 1});
  study.run(
      [](Trial& trial) {
        if (trial.number() == 0) trial.infeasible("diverged");
        if (trial.number() == 2) throw std::runtime_error("no space left");
        train(trial);
      },
      quietly);
  const Adoption adoption = judge_adoption(study);
  EXPECT_EQ(adoption.candidate.infeasible, 2);
  EXPECT_EQ(adoption.verdict, AdoptionVerdict::do_not_adopt);
}

TEST(JudgeAdoptionOfAStudy, RefusesOtherStudies) {
  SearchSpace space;
  space.nuisance("learning_rate", log_uniform(1e-4, 1.0));
  EXPECT_THROW(judge_adoption(Study("other", space, {.trials = 2})), std::invalid_argument);
  Study study = retraining_study("again", {.candidate = candidate, .baseline = baseline, .runs = 2});
  study.enqueue(
      study.space().from_units([](const Hyperparameter&) { return 0.9; }));  // a baseline in the candidate's place
  study.run(train, quietly);
  EXPECT_THROW(judge_adoption(study), std::invalid_argument);
}

}  // namespace
}  // namespace eigentune
