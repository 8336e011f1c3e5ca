#include <eigentune/report/csv.hpp>
#include <eigentune/report/text_summary.hpp>
#include <eigentune/report/tracking.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <string>
#include <vector>

#include "analysis/hand_made.hpp"
#include "support/special_values.hpp"

namespace {

using support::infinity;

using namespace eigentune;

/// Two branches, one of them with a hyperparameter of its own; a complete trial, an infeasible and a queued one.
StudyData two_branches() {
  StudyData data;
  data.definition.name = "which, \"really\"";
  data.definition.question = "Which?";
  data.definition.notes = "line one\nline two";
  data.definition.metric = "validation_error";
  data.definition.trials = 4;
  const auto optimizer = data.space.scientific("optimizer", choice({"sgd", "adam, with a comma"}));
  data.space.nuisance("learning_rate", log_uniform(1e-4, 1.0));
  data.space.nuisance("beta1", one_minus_log_uniform(0.5, 0.99), optimizer.is("adam, with a comma"));
  data.space.fixed("batch_size", 128);
  const StorageTime start =
      std::chrono::sys_days(std::chrono::year(2026) / 1 / 31) + std::chrono::hours(12) + std::chrono::milliseconds(250);
  data.trials.push_back({.number = 0,
                         .point = Point{{{"optimizer", "sgd"}, {"learning_rate", 0.1}, {"batch_size", 128}}},
                         .state = TrialState::complete,
                         .attempt = 1,
                         .objective = 0.1 + 0.2,
                         .best_step = 40,
                         .worker = "host:1",
                         .started = start,
                         .finished = start + std::chrono::hours(13)});
  data.trials.push_back(
      {.number = 1,
       .point =
           Point{{{"optimizer", "adam, with a comma"}, {"learning_rate", 1e-4}, {"beta1", 0.9}, {"batch_size", 128}}},
       .state = TrialState::infeasible,
       .attempt = 2,
       .reason = "loss is \"nan\"\nat once",
       .infeasible_step = 3,
       .diverged_step = 3});
  data.trials.push_back({.number = 2});
  return data;
}

TEST(TrialsCsv, HasAColumnForEachHyperparameterAndQuotesWhatNeedsIt) {
  EXPECT_EQ(trials_csv(two_branches()),
            "number,state,objective,best_step,hyperparameter.optimizer,hyperparameter.learning_rate,"
            "\"hyperparameter.beta1[optimizer=\"\"adam, with a comma\"\"]\",hyperparameter.batch_size,"
            "reason,infeasible_step,diverged_step,attempt,worker,started,finished\n"
            "0,complete,0.30000000000000004,40,sgd,0.1,,128,,,,1,host:1,2026-01-31T12:00:00.250Z,"
            "2026-02-01T01:00:00.250Z\n"
            "1,infeasible,,,\"adam, with a comma\",0.0001,0.9,128,\"loss is \"\"nan\"\"\nat once\",3,3,2,,,\n"
            "2,queued,,,,,,,,,,0,,,\n");
}

TEST(TrialsCsv, OfAnEmptyStudyIsTheLineOfNames) {
  EXPECT_EQ(trials_csv({}),
            "number,state,objective,best_step,reason,infeasible_step,diverged_step,attempt,worker,started,finished\n");
}

TEST(CurvesCsv, HasTheColumnsOfAllCurvesAndKeepsWhatIsNotFinite) {
  StudyData data = two_branches();
  data.curves[0].add(0, {.training_loss = 2.5, .metrics = {{"top 5", 0.5}}});
  data.curves[0].add(10, {.validation_error = 0.25, .metrics = {{"auc", -infinity}}});
  data.curves[1].add(3, {.training_loss = std::nan("")});
  EXPECT_EQ(curves_csv(data),
            "trial,step,training_loss,validation_error,auc,top 5\n"
            "0,0,2.5,,,0.5\n"
            "0,10,,0.25,-inf,\n"
            "1,3,nan,,,\n");
  EXPECT_EQ(curves_csv({}), "trial,step\n");
}

TEST(ReproductionCommand, QuotesForTheShellAndKeepsEveryDigit) {
  const Point point{{{"rate", 0.1 + 0.2}, {"optimizer", "it's"}, {"n", 3}}};
  EXPECT_EQ(reproduction_command("python3 train.py", point),
            "python3 train.py --rate=0.30000000000000004 '--optimizer=it'\\''s' --n=3");
}

TEST(TrackingTable, HasAllThatThePlaybookTracks) {
  const StudyData data = two_branches();
  const TrackingRow row = tracking_row(data, "study.db", "./train");
  EXPECT_EQ(row.trials, 2);
  EXPECT_EQ(row.best, 0.1 + 0.2);
  EXPECT_EQ(row.reproduction, "./train --optimizer=sgd --learning_rate=0.1 --batch_size=128");
  EXPECT_EQ(tracking_csv(std::vector{row}),
            "study,configuration,notes,trials,metric,best,reproduction\n"
            "\"which, \"\"really\"\"\",study.db,\"line one\nline two\",2,validation_error,0.30000000000000004,"
            "./train --optimizer=sgd --learning_rate=0.1 --batch_size=128\n");
  const std::vector<TrackingRow> rows = {{.study = "a|b", .trials = 7, .metric = "loss"}, {.study = "\xc3\xa9"}};
  EXPECT_EQ(tracking_table(rows),
            "| study | configuration | notes | trials | metric | best | reproduction |\n"
            "|-------|---------------|-------|--------|--------|------|--------------|\n"
            "| a\\|b  |               |       | 7      | loss   |      |              |\n"
            "| \xc3\xa9     |               |       | 0      |        |      |              |\n");
}

TEST(TrackingRow, WithoutAProgramHasThePointAndWithoutACompleteTrialNothing) {
  StudyData data = two_branches();
  EXPECT_EQ(tracking_row(data, "").reproduction, data.trials[0].point->text());
  data.trials.erase(data.trials.begin());
  EXPECT_EQ(tracking_row(data, "").best, std::nullopt);
  EXPECT_EQ(tracking_row(data, "").reproduction, "");
}

TEST(TextSummary, TellsTheStudyAndSendsNoControlCharacter) {
  StudyData data = two_branches();
  data.definition.notes = "red \x1b[31m";
  const std::string text = text_summary(data);
  EXPECT_TRUE(
      text.starts_with("study \"which, \"really\"\"\n"
                       "  question: Which?\n"
                       "  notes: red \\x1b[31m\n"
                       "  objective: validation_error, minimize\n"
                       "  budget: 3 of 4 trials: 1 complete, 1 infeasible, 1 queued\n"
                       "  best: trial 0, validation_error 0.3 at step 40, at "))
      << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.back(), '\n');
}

TEST(TerminalText, ShowsWhatWouldActOnATerminal) {
  EXPECT_EQ(terminal_text("plain, \xC3\xA9, \xE2\x82\xAC, \xF0\x9F\x98\x80, \xEF\xBF\xBD"),
            "plain, \xC3\xA9, \xE2\x82\xAC, \xF0\x9F\x98\x80, \xEF\xBF\xBD");
  EXPECT_EQ(terminal_text(std::string_view("a\0b\x1b[31m\x7f", 9)), "a\\x00b\\x1b[31m\\x7f");
  EXPECT_EQ(terminal_text("a\nb\tc\rd\xE2\x80\xA8"
                          "e\xE2\x80\xA9"
                          "f"),
            "a b c d e f");
  // U+009B begins a command as "\x1b[" does; U+0080 and U+009F are the first and the last of their kind
  EXPECT_EQ(terminal_text("\xC2\x9B"
                          "31m \xC2\x80 \xC2\x9F \xC2\xA0"),
            "\\u009b31m \\u0080 \\u009f \xC2\xA0");
  EXPECT_EQ(terminal_text("\xE2\x80\xAA\xE2\x80\xAE\xE2\x81\xA6\xE2\x81\xA9\xE2\x80\x8E\xE2\x80\x8F\xD8\x9C"),
            "\\u202a\\u202e\\u2066\\u2069\\u200e\\u200f\\u061c");
  EXPECT_EQ(terminal_text("\x9B"
                          "31m \xC3 \xE2\x80"),
            "\\x9b31m \\xc3 \\xe2\\x80");
  EXPECT_EQ(terminal_lines("{\n  \x1b\n}"), "{\n  \\x1b\n}\n");
  EXPECT_EQ(terminal_lines(""), "");
}

TEST(TerminalText, LetsNoTextOfAUserLookLikeALineOfOurs) {
  StudyData data = two_branches();
  data.definition.name = "a\"\n  best: trial 7\xE2\x80\xA8  best: trial 8";
  data.definition.metric = "error\n  best: trial 9";
  const std::string text = text_summary(data);
  std::size_t best = 0;
  for (std::size_t at = text.find("\n  best: "); at != text.npos; at = text.find("\n  best: ", at + 1)) ++best;
  EXPECT_EQ(best, 1u) << text;
  EXPECT_EQ(text.find("\xE2\x80\xA8"), text.npos);
  const std::vector<TrackingRow> rows = {{.study = "a\n| b |\xC2\x9B", .metric = "\xff"}};
  EXPECT_NE(tracking_table(rows).find("\n| a \\| b \\|\\u009b |"), std::string::npos) << tracking_table(rows);
  EXPECT_NE(tracking_table(rows).find("| \\xff "), std::string::npos) << tracking_table(rows);
  EXPECT_EQ(std::ranges::count(tracking_table(rows), '\n'), 3);
}

TEST(TextSummary, PutsProblemsFirst) {
  const std::vector<Finding> findings = {{.verdict = Verdict::good, .conclusion = "g"},
                                         {.verdict = Verdict::note, .conclusion = "n"},
                                         {.verdict = Verdict::cannot_say, .conclusion = "c"},
                                         {.verdict = Verdict::problem, .conclusion = "p"},
                                         {.verdict = Verdict::problem, .conclusion = "q"}};
  std::string order;
  for (const Finding& finding : by_urgency(findings)) order += finding.conclusion;
  EXPECT_EQ(order, "pqcng");
}

TEST(TextSummary, OfAnEmptyStudySaysSo) {
  StudyData data;
  data.definition.name = "empty";
  data.definition.trials = 3;
  EXPECT_NE(text_summary(data).find("budget: 0 of 3 trials\n"), std::string::npos) << text_summary(data);
}

}  // namespace
