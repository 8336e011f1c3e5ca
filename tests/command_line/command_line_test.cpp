// The program that reads studies as a user runs it. EIGENTUNE_PROGRAM is its path.

#include <eigentune/sql.hpp>
#include <eigentune/tune.hpp>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <sys/wait.h>

#include "support/temporary_folder.hpp"

namespace {

using namespace eigentune;

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

class CommandLine : public testing::Test {
 protected:
  struct Result {
    int status;
    std::string output, errors;
  };

  Result run(const std::string& arguments) const {
    const std::string command = fmt::format("cd '{}' && '" EIGENTUNE_PROGRAM "' {} > output.txt 2> errors.txt",
                                            folder_.path().string(), arguments);
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read(folder_.path() / "output.txt"),
            read(folder_.path() / "errors.txt")};
  }

  std::filesystem::path file(const std::string& name) const { return folder_.path() / name; }

  /// A study of sixty trials whose best lies beyond the upper bound of the rate.
  void add_study(const std::string& name) const {
    SearchSpace space;
    space.nuisance("rate", log_uniform(1e-4, 1e-1));
    space.fixed("batch_size", 128);
    Study study(
        name, space,
        {.question = "How fast?", .trials = 60, .storage = open_storage("sqlite:///" + file("study.db").string())});
    study.run([](Trial& trial) {
      const double rate = trial.get<double>("rate");
      for (std::int64_t step = 0; step < 3; ++step) {
        trial.report(step, {.validation_error = 0.5 - rate - 0.01 * static_cast<double>(step)});
      }
    });
  }

  support::TemporaryFolder folder_;
};

TEST_F(CommandLine, ListsEveryStudy) {
  add_study("first");
  add_study("second");
  const Result table = run("list study.db --program './train --quick'");
  EXPECT_EQ(table.status, 0) << table.errors;
  EXPECT_TRUE(table.output.starts_with("| study ")) << table.output;
  EXPECT_TRUE(has(table.output, "| first ")) << table.output;
  EXPECT_TRUE(has(table.output, "| second ")) << table.output;
  EXPECT_TRUE(has(table.output, "./train --quick --rate=0.0")) << table.output;
  const Result csv = run("list study.db --csv");
  EXPECT_TRUE(csv.output.starts_with("study,configuration,notes,trials,metric,best,reproduction\nfirst,study.db,,60,"))
      << csv.output;
}

TEST_F(CommandLine, ShowsAStudyByNameOrTheOnlyOne) {
  add_study("first");
  const Result one = run("show study.db --best 2");
  EXPECT_EQ(one.status, 0) << one.errors;
  EXPECT_TRUE(has(one.output, "study \"first\"\n  question: How fast?\n")) << one.output;
  EXPECT_TRUE(has(one.output, "60 of 60 trials: 60 complete")) << one.output;
  EXPECT_TRUE(has(one.output, "\"log_uniform\": [0.0001, 0.1]")) << one.output;
  EXPECT_EQ(run("show sqlite:///study.db first --best 2").output, one.output);
  add_study("second");
  const Result many = run("show study.db");
  EXPECT_EQ(many.status, 2);
  EXPECT_TRUE(many.errors.starts_with("eigentune: study.db: which study? It has first, second\n")) << many.errors;
}

TEST_F(CommandLine, LetsNoNameActOnTheTerminal) {
  add_study(
      "a\n| b\x1b[2J\xC2\x9B"
      "2J\xE2\x80\xAE");
  const std::string shown = "a | b\\x1b[2J\\u009b2J\\u202e";
  EXPECT_TRUE(has(run("show study.db").output, "study \"" + shown + "\"\n"));
  EXPECT_TRUE(has(run("list study.db").output, "\n| a \\| b\\x1b[2J\\u009b2J\\u202e |"));
  EXPECT_EQ(run("report study.db").output, "a%0A| b%1B[2J\\u009b2J\\u202e.html\n");
  add_study("second");
  EXPECT_TRUE(has(run("show study.db").errors, "It has " + shown + ", second\neigentune: --help"));
  EXPECT_TRUE(has(run("show study.db third").errors, shown));
}

TEST_F(CommandLine, DiagnosesAndTellsOfAProblemByItsStatusIfAsked) {
  add_study("first");
  const Result plain = run("diagnose study.db");
  EXPECT_EQ(plain.status, 0) << plain.errors;
  EXPECT_TRUE(has(plain.output, "raise the upper bound of rate from 0.1")) << plain.output;
  EXPECT_EQ(run("diagnose study.db --fail-on-problem").status, 3);
}

TEST_F(CommandLine, WritesAReport) {
  add_study("a/b");
  const Result result = run("report study.db");
  EXPECT_EQ(result.status, 0) << result.errors;
  EXPECT_EQ(result.output, "a%2Fb.html\n");
  EXPECT_TRUE(has(read(file("a%2Fb.html")), "raise the upper bound of rate from 0.1"));
  EXPECT_EQ(run("report study.db a/b -o missing/report.html").status, 1);
}

TEST_F(CommandLine, WritesTheReportsOfTwoStudiesIntoTwoFiles) {
  std::set<std::string> outputs;
  for (const char* name : {"a/b", "a_b", "a%2Fb", "a b"}) {
    add_study(name);
    outputs.insert(run(fmt::format("report study.db '{}'", name)).output);
  }
  EXPECT_EQ(outputs, (std::set<std::string>{"a%2Fb.html\n", "a_b.html\n", "a%252Fb.html\n", "a b.html\n"}));
}

TEST_F(CommandLine, WritesThroughALinkAndIntoAPipe) {
  add_study("first");
  run("report study.db -o plain.html");
  std::filesystem::create_symlink("linked.html", file("link.html"));
  EXPECT_EQ(run("report study.db -o link.html").output, "link.html\n");
  EXPECT_TRUE(std::filesystem::is_symlink(file("link.html")));
  EXPECT_EQ(read(file("linked.html")), read(file("plain.html")));
  EXPECT_EQ(run("report study.db -o /dev/stdout").output, read(file("plain.html")));
  EXPECT_EQ(run("report study.db -o /dev/stdout | cat").output, read(file("plain.html")));
  EXPECT_EQ(run("report study.db -o /dev/null").output, "");
  EXPECT_EQ(run("export study.db --curves /dev/stdout").output.find("trial,step,"), 0u);
}

TEST_F(CommandLine, ExportsTrialsCurvesAndPlots) {
  add_study("first");
  const Result result = run("export study.db --trials trials.csv --curves curves.csv --vega-lite plots");
  EXPECT_EQ(result.status, 0) << result.errors;
  const std::string trials = read(file("trials.csv")), curves = read(file("curves.csv"));
  EXPECT_EQ(std::ranges::count(trials, '\n'), 61);
  EXPECT_EQ(std::ranges::count(curves, '\n'), 181);
  EXPECT_TRUE(curves.starts_with("trial,step,validation_error\n0,0,")) << curves.substr(0, 100);
  std::int64_t plots = 0;
  for (const auto& entry : std::filesystem::directory_iterator(file("plots"))) {
    EXPECT_TRUE(has(read(entry.path()), "vega-lite")) << entry.path();
    ++plots;
  }
  EXPECT_GE(plots, 5);
}

TEST_F(CommandLine, RefusesWhatItCannotReadAndLeavesNothingBehind) {
  const Result missing = run("show nothing.db");
  EXPECT_EQ(missing.status, 1);
  EXPECT_TRUE(has(missing.errors, "expected a database, found no file")) << missing.errors;
  EXPECT_FALSE(std::filesystem::exists(file("nothing.db")));
  std::ofstream(file("empty.db")).close();
  EXPECT_TRUE(has(run("list empty.db").errors, "expected a database of studies, found an empty one"));
  EXPECT_EQ(std::filesystem::file_size(file("empty.db")), 0u);
  add_study("first");
  const Result unknown = run("diagnose study.db second");
  EXPECT_EQ(unknown.status, 1);
  EXPECT_EQ(unknown.errors, "eigentune: study \"second\": expected it in the storage, found first\n");
}

TEST_F(CommandLine, RefusesAWrongCommandLine) {
  for (const char* arguments : {"", "draw study.db", "show", "export study.db", "show study.db --best -1",
                                "list study.db --csv=maybe", "report study.db first second", "report study.db -o ''",
                                "report study.db ''", "export study.db --trials t.csv --vega-lite ''"}) {
    const Result result = run(arguments);
    EXPECT_EQ(result.status, 2) << arguments;
    EXPECT_TRUE(result.errors.starts_with("eigentune: ")) << result.errors;
  }
  EXPECT_EQ(run("report study.db -o ''").errors,
            "eigentune: --output: must not be empty\neigentune: --help lists the commands\n");
  const Result help = run("report --help");
  EXPECT_EQ(help.status, 0);
  EXPECT_TRUE(has(help.output, "--output")) << help.output;
}

}  // namespace
