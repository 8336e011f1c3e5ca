#include <eigentune/report/report.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <sys/resource.h>

#include "analysis/hand_made.hpp"
#include "report/document.hpp"
#include "report/some_study.hpp"
#include "support/expect.hpp"
#include "support/special_values.hpp"
#include "support/temporary_folder.hpp"

namespace eigentune {
namespace {

using support::nan;

using support::document_problem, support::occurrences, support::some_study, support::study_of;

const std::string hostile = "<script>alert(1)</script>";
const std::string hostile_escaped = "&lt;script&gt;alert(1)&lt;/script&gt;";

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Report, IsOneValidPageWithoutAnythingFromElsewhere) {
  const std::string html = report_html(some_study());
  EXPECT_EQ(document_problem(html), "");
  EXPECT_EQ(occurrences(html, "http://") + occurrences(html, "https://"), 0);
  EXPECT_EQ(occurrences(html, " src=") + occurrences(html, "<link") + occurrences(html, "@import"), 0);
  EXPECT_EQ(occurrences(html, "default-src 'none'"), 1);
}

TEST(Report, SaysFirstWhatIsToBeDone) {
  const std::string html = report_html(some_study());
  std::size_t last = 0;
  for (const char* part : {"<h1>nesterov-or-adam</h1>", "Which optimizer is better?", "class=\"facts\"",
                           "<h2>Findings</h2>", "<h2>Isolation plots</h2>", "<svg class=\"plot\"",
                           "<h2>All trials</h2>", "<table>", "<h2>How to reproduce</h2>", "log_uniform"}) {
    const std::size_t at = html.find(part, last);
    EXPECT_NE(at, std::string::npos) << part;
    if (at != std::string::npos) last = at;
  }
  std::size_t verdict = 0;
  for (const char* part : {"finding problem", "finding cannot-say", "finding note", "finding good"}) {
    const std::size_t at = html.find(part);
    if (at == std::string::npos) continue;
    EXPECT_GT(at, verdict) << part;
    verdict = at;
  }
  EXPECT_EQ(occurrences(html, "<li class=\"finding"), static_cast<int>(diagnose(some_study()).size()));
}

/// What a storage compares when a study is opened again.
TEST(Report, SaysAllThatMakesTheStudyAgain) {
  StudyData data = some_study();
  data.definition.sampler = "halton";
  data.definition.metric = "loss";
  data.definition.objective = "last loss";
  data.definition.trials = 64;
  data.definition.max_attempts = 2;
  EXPECT_EQ(
      occurrences(report_html(data),
                  "the sampler <code>halton</code>, the metric <code>loss</code> to minimize, the objective "
                  "<code>last loss</code>, a budget of 64 trials and at most 2 attempts of each is this one again"),
      1);
}

TEST(Report, CallsInfeasibleWhatDidNotDiverge) {
  StudyData data = some_study();
  data.trials[0].state = TrialState::infeasible;
  data.trials[0].reason = "too slow";
  EXPECT_EQ(occurrences(report_html(data), ">went wrong at step</th>"), 1);
  EXPECT_EQ(occurrences(report_html(data), ">diverged at step</th>"), 0);
}

TEST(Report, RefusesPlotsThatCannotBe) {
  const StudyData data = some_study();
  for (const std::int64_t count : {0, -1}) {
    EXPECT_EQ(support::error_of<std::invalid_argument>([&] { report_html(data, {.plots = {.best_trials = count}}); }),
              fmt::format("PlotOptions: best_trials must be at least 1, got {}", count));
    EXPECT_EQ(support::error_of<std::invalid_argument>([&] { plot_sections(data, {.curve_points = count}); }),
              fmt::format("PlotOptions: curve_points must be at least 4, got {}", count));
  }
  EXPECT_THROW(objective_plot(data, {.curve_points = 3}), std::invalid_argument);
  EXPECT_THROW(plot_sections(StudyData{}, {.best_trials = 0}), std::invalid_argument);
}

TEST(Report, HasARowForEachTrialAndAnEmptyCellWhereAHyperparameterIsNotActive) {
  const StudyData data = some_study();
  const std::string html = report_html(data);
  for (const TrialRecord& trial : data.trials) {
    const std::size_t from = html.find(fmt::format("<tr id=\"trial-{}\"", trial.number));
    ASSERT_NE(from, std::string::npos);
    const std::string row = html.substr(from, html.find("</tr>", from) - from);
    EXPECT_EQ(occurrences(row, "<td></td>"), (trial.objective ? 1 : 2) + (trial.point->contains("beta1") ? 1 : 2));
    EXPECT_NE(row.find(fmt::format(">{}<", to_string(trial.state))), std::string::npos);
  }
  EXPECT_EQ(occurrences(html, "<th scope=\"col\">learning_rate[optimizer=adam]</th>"), 1);
}

TEST(Report, ShowsMarkupOfUsersAsText) {
  SearchSpace space;
  const auto first = space.scientific(hostile + "1", choice({hostile + "2", "b"}));
  space.nuisance(hostile + "3", log_uniform(0.1, 1.0), first.is(hostile + "2"));
  space.fixed(hostile + "4", hostile + "5");
  StudyData data = study_of(space, 20, [](const Point& point) -> std::optional<double> {
    return point.size() > 2 ? std::optional(0.5) : std::nullopt;
  });
  data.definition = {.name = hostile + "6",
                     .question = hostile + "7",
                     .notes = hostile + "8",
                     .space = {},
                     .space_version = {},
                     .sampler = hostile + "9",
                     .metric = hostile + "10",
                     .objective = hostile + "11"};
  for (TrialRecord& trial : data.trials) {
    if (!trial.objective) trial.reason = hostile + "12";
    TrainingCurve curve;
    curve.add(10, {.training_loss = 1.0, .metrics = {{"<script>alert(1)</script>10", 0.5}}});
    data.curves.emplace(trial.number, std::move(curve));
  }
  const std::string html = report_html(data, {.command = hostile + "13"});
  EXPECT_EQ(document_problem(html), "");
  EXPECT_EQ(occurrences(html, "<script>"), 1);  // our own
  for (int i = 1; i <= 13; ++i) EXPECT_GE(occurrences(html, hostile_escaped + std::to_string(i)), 1) << i;
}

TEST(Report, SaysThatThereIsNothing) {
  StudyData empty;
  EXPECT_EQ(document_problem(report_html(empty)), "");
  empty = some_study(0);
  const std::string html = report_html(empty);
  EXPECT_EQ(document_problem(html), "");
  EXPECT_NE(html.find("There are no trials yet."), std::string::npos);
}

TEST(Report, IsValidForStudiesAtTheEdge) {
  EXPECT_EQ(document_problem(report_html(some_study(1))), "");

  StudyData infeasible = some_study();
  for (TrialRecord& trial : infeasible.trials) {
    trial.state = TrialState::infeasible;
    trial.objective.reset();
  }
  const std::string all_infeasible = report_html(infeasible);
  EXPECT_EQ(document_problem(all_infeasible), "");
  EXPECT_NE(all_infeasible.find("<dt>Best</dt><dd>none</dd>"), std::string::npos);
  EXPECT_NE(all_infeasible.find("48 of 48: 48 infeasible"), std::string::npos);

  StudyData constant = some_study();
  for (TrialRecord& trial : constant.trials) {
    trial.state = TrialState::complete;
    trial.objective = 0.25;
  }
  EXPECT_EQ(document_problem(report_html(constant)), "");

  StudyData broken = some_study();
  for (TrialRecord& trial : broken.trials) {
    trial.objective = nan;  // which no study has
    TrainingCurve curve;
    curve.add(1, {.training_loss = nan, .validation_error = nan, .gradient_norm = nan, .clip_scale = nan});
    curve.add(2, {.training_loss = -1.0 / 0.0, .validation_error = 1.0 / 0.0});
    broken.curves[trial.number] = std::move(curve);
  }
  EXPECT_EQ(document_problem(report_html(broken)), "");

  StudyData waiting = some_study();
  for (TrialRecord& trial : waiting.trials) trial = {.number = trial.number};
  EXPECT_EQ(document_problem(report_html(waiting)), "");
}

TEST(Report, IsTheSameForTheSameStudy) {
  EXPECT_EQ(report_html(some_study()), report_html(some_study()));
}

TEST(Report, OfAStudyIsThatOfWhatItsStorageHolds) {
  SearchSpace space;
  space.nuisance("x", uniform(0.0, 1.0));
  Study study("quadratic", space, {.question = "Where?", .trials = 8});
  study.run([](Trial& trial) { return trial.get<double>("x") * trial.get<double>("x"); }, {.progress = nullptr});
  const support::TemporaryFolder folder;
  write_report(study, folder / "report.html");
  EXPECT_EQ(contents(folder / "report.html"), report_html(read_study(study)));
  EXPECT_EQ(report_html(study), report_html(read_study(study)));
}

TEST(Report, ThatCannotBeWrittenThrowsWithThePathAndLeavesWhatWasThere) {
  const support::TemporaryFolder folder;
  const StudyData data = some_study(8);
  const auto error_of_writing = [&](const std::filesystem::path& path) {
    return support::error_of<Error>([&] { write_report(data, path); });
  };
  const std::filesystem::path missing = folder / "no/report.html";
  EXPECT_EQ(error_of_writing(missing),
            missing.string() + ": cannot create a temporary file beside it: No such file or directory");
  std::filesystem::create_directory(folder / "taken");
  EXPECT_EQ(error_of_writing(folder / "taken"),
            (folder / "taken").string() + ": cannot rename its temporary file: Is a directory");

  const std::filesystem::path there = folder / "report.html";
  write_report(data, there);
  const std::string before = contents(there);
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const rlimit small{.rlim_cur = 1000, .rlim_max = old.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &small);
  const std::string full = error_of_writing(there);
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(full, there.string() + ": cannot write: File too large");
  EXPECT_EQ(contents(there), before);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 2);  // no temporary is left
}

}  // namespace
}  // namespace eigentune
