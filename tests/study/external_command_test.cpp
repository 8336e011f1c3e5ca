#include <eigentune/study/external_command.hpp>
#include <eigentune/study/program_output.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <stop_token>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <variant>
#include <vector>

#include "study/studies.hpp"
#include "support/expect.hpp"

namespace eigentune {
namespace {

using support::error_of;
using support::quiet;

CurveRow row_of(std::string_view line) {
  return std::get<CurveRow>(parse_program_line(line));
}

TEST(ProgramOutput, HasRowsOfTheCurve) {
  EXPECT_EQ(row_of(R"({"step": 100, "training_loss": 0.25, "top5_error": 1})"),
            (CurveRow{100, {.training_loss = 0.25, .metrics = {{"top5_error", 1.0}}}}));
  EXPECT_EQ(row_of(R"(  {"step":7})"), CurveRow{7});
}

TEST(ProgramOutput, HasNaNAndInfinityAsOtherLanguagesWriteThem) {
  const CurveRow row = row_of(R"({"step": 1, "training_loss": NaN, "a NaN": -Infinity, "b": Infinity, "c": "inf"})");
  EXPECT_TRUE(std::isnan(row.values.training_loss.value()));
  EXPECT_EQ(row.values.metrics.at("a NaN"), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(row.values.metrics.at("b"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(row.values.metrics.at("c"), std::numeric_limits<double>::infinity());
}

TEST(ProgramOutput, HasObjectivesAndReasons) {
  EXPECT_EQ(std::get<ProgramObjective>(parse_program_line(R"({"objective": 0.5})")).value, 0.5);
  EXPECT_EQ(std::get<ProgramInfeasible>(parse_program_line(R"({"infeasible": "no memory"})")).reason, "no memory");
  EXPECT_EQ(std::get<ProgramInfeasible>(parse_program_line(R"({"infeasible": "a \"NaN"})")).reason, "a \"NaN");
}

TEST(ProgramOutput, IsOtherwiseTheProgramsOwnBusiness) {
  for (const char* line : {"", "epoch 1", "[1, 2]", "\t"}) {
    EXPECT_TRUE(std::holds_alternative<ProgramTalk>(parse_program_line(line))) << line;
  }
}

TEST(ProgramOutput, SaysWhatWasExpectedOfALineThatLooksLikeAResult) {
  const auto error = [](std::string_view line) { return error_of<Error>([&] { parse_program_line(line); }); };
  EXPECT_EQ(error(R"({"step": 1.5})"), R"(expected a whole number as step, found "1.5")");
  EXPECT_EQ(error(R"({"step": 1, "loss": null})"),
            R"(expected a number, "nan", "inf" or "-inf" as "loss", found "null")");
  EXPECT_EQ(error(R"({"step": 1, "step": 2})"), R"(expected every name once, found "{"step": 1, "step": 2}")");
  EXPECT_EQ(error(R"({"stop": 1})"),
            "expected a \"step\" with values, or an \"objective\" or the reason why it is \"infeasible\" alone, found "
            R"("{"stop": 1}")");
  EXPECT_EQ(error("{'step': 1}").substr(0, 44), "expected a JSON object, found \"{'step': 1}\" ");
}

TEST(ProgramOutput, MayBeNestedAsDeeplyAndBeAsLongAsItLikes) {
  constexpr std::size_t deep = 1'000'000;
  const auto error = [](const std::string& line) { return error_of<Error>([&] { parse_program_line(line); }); };
  EXPECT_LT(error(R"({"step": 1, "x": )" + std::string(deep, '[') + std::string(deep, ']') + "}").size(), 400u);
  EXPECT_LT(error("{" + std::string(deep, 'x')).size(), 400u);
}

/// A study of a shell script. The hyperparameters are its arguments: x is in $1.
struct ScriptStudy {
  explicit ScriptStudy(std::string script, ExternalCommandOptions options = {}, std::int64_t trials = 1)
      : command({"sh", "-c", std::move(script), "script"}, options), study(support::study_of(trials)) {}

  TrialRecord run() {
    study.run(command, quiet());
    return study.trials().at(0);
  }

  ExternalCommand command;
  Study study;
};

TEST(ExternalCommand, ReportsTheCurveThatAProgramWrites) {
  ScriptStudy script(R"(
    echo "Loading the data ..."
    for step in 1 2 3; do echo "{\"step\": $step, \"validation_error\": 0.$((4 - step)), \"top5\": 0}"; done
    printf '{"step": 4, "training_loss": NaN}')");
  const TrialRecord trial = script.run();
  EXPECT_EQ(trial.state, TrialState::complete) << trial.reason;
  EXPECT_EQ(trial.objective, 0.1);
  EXPECT_EQ(trial.best_step, 3);
  EXPECT_EQ(trial.diverged_step, 4);
  EXPECT_EQ(script.study.curve(0).size(), 4u);
  EXPECT_EQ(script.study.curve(0).series("top5").values.size(), 3u);
}

TEST(ExternalCommand, PassesHyperparametersAsArguments) {
  SearchSpace space;
  space.fixed("optimizer", "adam w");
  space.fixed("learning_rate", 1e-5);
  space.fixed("batch_size", 128);
  Study study("a study", space, {.trials = 1, .sampler = RandomSearch{}});
  const ExternalCommand command(
      {"sh", "-c",
       R"([ $# = 3 ] && [ "$1" = "--optimizer=adam w" ] && [ "$2" = "--learning_rate=1e-05" ] &&
          [ "$3" = "--batch_size=128" ] && [ "$EIGENTUNE_STUDY" = "a study" ] && [ "$EIGENTUNE_TRIAL" = 0 ] &&
          [ "$EIGENTUNE_ATTEMPT" = 1 ] && echo '{"objective": 0.5}')",
       "script"});
  study.run(command, quiet());
  EXPECT_EQ(study.trials().at(0).objective, 0.5) << study.trials().at(0).reason;
}

TEST(ExternalCommand, PassesHyperparametersInAFileThatIsGoneAfterwards) {
  ScriptStudy script(R"(echo "{\"infeasible\": \"$1 $(tr -d '"' < "$1")\"}")", {.pass = PassPoint::json_file});
  const TrialRecord trial = script.run();
  ASSERT_EQ(trial.state, TrialState::infeasible) << trial.reason;
  const std::size_t space = trial.reason.find(' ');
  EXPECT_EQ(trial.reason.substr(space + 1), fmt::format("{{x: {}}}", trial.point.value()["x"].text()));
  EXPECT_FALSE(std::filesystem::exists(trial.reason.substr(0, space)));
}

TEST(ExternalCommand, TakesAnObjectiveInsteadOfTheCurves) {
  ScriptStudy script(R"(echo '{"step": 1, "validation_error": 0.25}'; echo '{"objective": 0.75}')");
  EXPECT_EQ(script.run().objective, 0.75);
}

TEST(ExternalCommand, EndsAProgramThatSaysThatItIsInfeasible) {
  ScriptStudy script(R"(echo '{"step": 8}'; echo '{"infeasible": "ran out of memory"}'; exec sleep 600)");
  const TrialRecord trial = script.run();
  EXPECT_EQ(trial.state, TrialState::infeasible);
  EXPECT_EQ(trial.reason, "ran out of memory");
  EXPECT_EQ(trial.infeasible_step, 8);
  EXPECT_EQ(trial.attempt, 1);
}

TEST(ExternalCommand, TakesAnExitStatusForAFailureAndKeepsWhatWasComplainedOf) {
  ScriptStudy script(R"(echo '{"step": 1, "validation_error": 0.25}'
                        i=0; while [ $i -lt 1000 ]; do echo "a warning" >&2; i=$((i + 1)); done
                        echo "no such file: data.idx" >&2; exit 3)");
  const TrialRecord trial = script.run();
  EXPECT_EQ(trial.state, TrialState::failed);
  EXPECT_EQ(trial.attempt, 3);
  EXPECT_TRUE(trial.reason.starts_with("sh exited with status 3: ")) << trial.reason;
  EXPECT_TRUE(trial.reason.ends_with("a warning\nno such file: data.idx")) << trial.reason;
  EXPECT_LE(trial.reason.size(), 2100u);
}

TEST(ExternalCommand, TakesASignalForAFailure) {
  EXPECT_EQ(ScriptStudy("kill -KILL $$").run().reason, "sh was ended by signal 9 (Killed)");
}

TEST(ExternalCommand, TakesALineThatItCannotReadForAFailure) {
  const TrialRecord trial = ScriptStudy("echo '{1}'; exec sleep 600").run();
  EXPECT_EQ(trial.state, TrialState::failed);
  EXPECT_TRUE(trial.reason.starts_with("expected a JSON object, found \"{1}\"")) << trial.reason;
}

TEST(ExternalCommand, KeepsReasonsThatAreNoTextInAscii) {
  EXPECT_EQ(ScriptStudy(R"(printf '\377bad' >&2; exit 1)").run().reason, "sh exited with status 1: ?bad");
}

TEST(ExternalCommand, RefusesAProgramThatIsNotThere) {
  EXPECT_TRUE(error_of<Error>([] {
                ExternalCommand({"no-such-trainer"});
              }).starts_with("no-such-trainer: expected a program that can be run, found none in /"));
  EXPECT_EQ(error_of<Error>([] { ExternalCommand({"/no/such/trainer"}); }),
            "/no/such/trainer: expected a program that can be run, found none");
  EXPECT_EQ(error_of([] { ExternalCommand({}); }), "ExternalCommand: command must have a program at least");
}

/// Runs a script that opens the file descriptor 3, which its children inherit, and says "ready" on it; then asks the
/// run to stop. Returns when nobody has that descriptor open any more, which is when all of them are gone.
RunSummary interrupt(const std::string& script, std::chrono::milliseconds grace) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / fmt::format("pipe-{}", ::getpid());
  std::filesystem::create_directory(folder);
  const std::filesystem::path pipe = folder / "pipe";
  EXPECT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::stop_source stop;
  std::thread reader([&] {
    std::ifstream in(pipe);
    std::string word;
    in >> word;
    EXPECT_EQ(word, "ready");
    stop.request_stop();
    EXPECT_FALSE(in >> word);
  });
  ScriptStudy subject("exec 3> " + pipe.string() + "\n" + script, {.grace = grace});
  RunOptions options = quiet();
  options.stop = stop.get_token();
  const RunSummary summary = subject.study.run(subject.command, options);
  reader.join();
  std::filesystem::remove_all(folder);
  EXPECT_EQ(subject.study.trials().at(0).state, TrialState::queued);
  return summary;
}

TEST(ExternalCommand, EndsTheProgramAndItsChildrenWhenTheRunIsInterrupted) {
  EXPECT_EQ(interrupt("sleep 600 & echo ready >&3; wait", std::chrono::minutes(10)).released, 1);
}

TEST(ExternalCommand, KillsThoseWhoDoNotListen) {
  EXPECT_EQ(interrupt("trap '' TERM; sleep 600 & echo ready >&3; while :; do wait; done", std::chrono::milliseconds(20))
                .released,
            1);
}

TEST(ExternalCommand, EndsWhatAProgramLeavesRunning) {
  // Its child has inherited the standard output, too: the end of that is not waited for.
  EXPECT_EQ(ScriptStudy(R"(sleep 600 & echo '{"objective": 0.5}')").run().objective, 0.5);
}

TEST(ExternalCommand, DoesNotListenToThoseWhoHaveLeftTheGroup) {
  // Its child is out of reach and writes for ever, to an end that nobody reads any more in the end.
  ScriptStudy script(R"(
    trap 'echo "{\"objective\": 0.5}"; exit 0' USR1
    setsid sh -c "kill -USR1 $$; exec yes >&2" &
    while :; do wait; done)");
  EXPECT_EQ(script.run().objective, 0.5);
}

TEST(ExternalCommand, TellsAProgramOfItsOwnTrialAndNotOfAnOuterOne) {
  ASSERT_EQ(::setenv("EIGENTUNE_TRIAL", "99", 1), 0);
  EXPECT_EQ(ScriptStudy(R"(env | grep -c ^EIGENTUNE_TRIAL= | sed 's/.*/{"objective": &}/')").run().objective, 1.0);
  EXPECT_EQ(ScriptStudy(R"(echo "{\"objective\": $EIGENTUNE_TRIAL}")").run().objective, 0.0);
  ASSERT_EQ(::unsetenv("EIGENTUNE_TRIAL"), 0);
}

TEST(ExternalCommand, RefusesWhatAnArgumentCannotHold) {
  SearchSpace space;
  space.fixed("word", std::string("a\0b", 3));
  Study study("words", space, {.trials = 1, .max_attempts = 1});
  study.run(ExternalCommand({"true"}), quiet());
  EXPECT_EQ(study.trials().at(0).reason, "true: expected arguments and variables without NUL, found --word=a");
}

TEST(ExternalCommand, RefusesAGraceThatIsNone) {
  EXPECT_EQ(error_of([] { ExternalCommand({"true"}, {.grace = std::chrono::milliseconds(-1)}); }),
            "ExternalCommand: grace must be in [0, 86400000] ms, got -1");
  EXPECT_EQ(error_of([] { ExternalCommand({"true"}, {.grace = std::chrono::milliseconds::max()}); }),
            "ExternalCommand: grace must be in [0, 86400000] ms, got 9223372036854775807");
}

}  // namespace
}  // namespace eigentune
