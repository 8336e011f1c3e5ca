#include <eigentune/analysis/diagnose.hpp>
#include <eigentune/search/random_search.hpp>
#include <eigentune/study/study.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "analysis/hand_made.hpp"
#include "support/special_values.hpp"

namespace eigentune {
namespace {

using support::nan;

SearchSpace small_space() {
  SearchSpace space;
  space.scientific("optimizer", choice({"sgd", "adam"}));
  space.nuisance("learning_rate", log_uniform(1e-4, 1.0));
  space.fixed("batch_size", 128);
  return space;
}

TEST(Finding, PrintsWhatWasAskedSeenAndWhatToDo) {
  const Finding finding{.check = Check::search_space_boundary,
                        .verdict = Verdict::problem,
                        .hyperparameter = "learning_rate",
                        .trials = {3, 5},
                        .conclusion = "the objective still improves at the upper bound, 0.1",
                        .evidence = {{"trials", 64}, {"p_value", 0.00012345}},
                        .action = "raise the upper bound of learning_rate from 0.1 to 1"};
  EXPECT_EQ(fmt::format("{}", finding),
            "problem: Is the search space large enough? learning_rate: the objective still improves at the upper "
            "bound, 0.1.\n"
            "  evidence: trials 64, p_value 0.0001234\n"
            "  trials: 3, 5\n"
            "  next: raise the upper bound of learning_rate from 0.1 to 1");
  EXPECT_EQ(finding.number("trials"), 64.0);
  EXPECT_EQ(finding.number("trial"), std::nullopt);
}

TEST(Finding, WritesTwoValuesSoThatTheyDiffer) {
  using Texts = std::pair<std::string, std::string>;
  EXPECT_EQ(distinct_texts(0.1, 1.0), Texts("0.1", "1"));
  EXPECT_EQ(distinct_texts(1e15, 1.000001e15), Texts("1e+15", "1.000001e+15"));
  EXPECT_EQ(distinct_texts(1.0, 0x1.0000000000001p0), Texts("1", "1.0000000000000002"));
  EXPECT_EQ(distinct_texts(0.5, 0.5), Texts("0.5", "0.5"));
  EXPECT_EQ(distinct_texts(3, 4), Texts("3", "4"));
  EXPECT_EQ(distinct_texts("a", "b"), Texts("\"a\"", "\"b\""));
}

TEST(Finding, AsksADifferentQuestionForEachCheck) {
  std::set<std::string_view> questions;
  for (int check = 0; check <= static_cast<int>(Check::fixed_hyperparameter); ++check) {
    questions.insert(question_of(static_cast<Check>(check)));
  }
  EXPECT_EQ(questions.size(), static_cast<std::size_t>(Check::fixed_hyperparameter) + 1);
}

TEST(Diagnose, NamesFixedHyperparametersAsCaveats) {
  const auto findings = diagnose(support::study_of(small_space(), 0, [](const Point&) { return std::optional(1.0); }));
  const auto caveat = support::find(findings, Check::fixed_hyperparameter, "batch_size");
  ASSERT_TRUE(caveat);
  EXPECT_EQ(caveat->verdict, Verdict::note);
  EXPECT_EQ(caveat->conclusion, "every conclusion is for 128 and may not hold for other values");
}

/// Nothing is known, and each finding says so: no crash, no problem, no praise.
TEST(Diagnose, SaysThatItCannotSay) {
  const auto objective_of = [](double value) { return [value](const Point&) { return std::optional(value); }; };
  StudyData nan_everywhere = support::study_of(small_space(), 20, objective_of(1.0));
  for (TrialRecord& trial : nan_everywhere.trials) {
    trial.objective = std::numeric_limits<double>::quiet_NaN();
    TrainingCurve& curve = nan_everywhere.curves[trial.number];
    for (std::int64_t step = 0; step < 50; ++step) {
      curve.add(step, {.training_loss = nan, .validation_error = nan, .gradient_norm = nan, .clip_scale = nan});
    }
  }
  const StudyData studies[] = {StudyData{}, support::study_of(small_space(), 0, objective_of(1.0)),
                               support::study_of(small_space(), 1, objective_of(1.0)),
                               support::study_of(small_space(), 20, objective_of(1.0)), nan_everywhere};
  for (const StudyData& data : studies) {
    for (const Finding& finding : diagnose(data)) {
      EXPECT_FALSE(finding.conclusion.empty());
      if (finding.check == Check::fixed_hyperparameter || finding.check == Check::infeasible_fraction) continue;
      EXPECT_EQ(finding.verdict, Verdict::cannot_say) << fmt::format("{}", finding);
    }
  }
  const auto none = [](const Point&) { return std::optional<double>(); };
  for (const Finding& finding : diagnose(support::study_of(small_space(), 20, none))) {
    if (finding.check == Check::fixed_hyperparameter) continue;
    EXPECT_EQ(finding.verdict, finding.check == Check::infeasible_fraction ? Verdict::problem : Verdict::cannot_say);
  }
}

TEST(Diagnose, ReadsAStudyThatRan) {
  auto storage = std::make_shared<MemoryStorage>();
  Study study("read", small_space(), {.trials = 4, .sampler = RandomSearch{.seed = 1}, .storage = storage});
  study.run([](Trial& trial) { trial.report(1, {.validation_error = trial.get<double>("learning_rate")}); },
            {.handle_signals = false, .progress = nullptr});
  const StudyData data = read_study(study);
  EXPECT_EQ(data.definition, study.definition());
  EXPECT_EQ(data.space, small_space());
  EXPECT_EQ(data.trials, study.trials());
  ASSERT_EQ(data.curves.size(), 4u);
  EXPECT_EQ(data.curves.at(3), study.curve(3));
  EXPECT_EQ(read_study(storage, "read").trials, data.trials);
  EXPECT_EQ(diagnose(study), diagnose(data));
}

}  // namespace
}  // namespace eigentune
