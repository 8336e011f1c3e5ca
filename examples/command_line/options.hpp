#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <optional>
#include <string>

#include "train/option_parsing.hpp"

namespace example {

/// What the command line asks for. Empty paths and names were not given.
struct CommandLine {
  std::string command{};  ///< list, show, diagnose, report or export
  std::string storage{};
  std::string study{};                          ///< the only one of the storage if not given
  std::string program{};                        ///< list, show: for the reproduction command
  bool csv = false;                             ///< list
  std::int64_t best = 10;                       ///< show
  bool fails_on_problem = false;                ///< diagnose
  std::string output{};                         ///< report
  std::string trials{}, curves{}, vega_lite{};  ///< export
};

inline constexpr int problem_status = 3;

inline constexpr const char* command_line_footer = R"(
STORAGE is a database of studies, sqlite:///file.db, or just its path. STUDY may be left out if the storage has one only.
A study may still be running: what is read is what has been written so far, and no study is changed.

Exit status: 0; 1 if a file or database cannot be read or written or has no such study; 2 for a wrong command line;
3 if `diagnose --fail-on-problem` found a problem.

Examples:
  eigentune list study.db
  eigentune diagnose study.db nesterov-or-adam
  eigentune report study.db nesterov-or-adam -o report.html
  eigentune export study.db --trials trials.csv --curves curves.csv
)";

/// Nothing if it asked for help, which is then printed. Throws std::invalid_argument with a sentence that names the
/// option, the value and what is allowed.
inline std::optional<CommandLine> parse_eigentune_command_line(int argc, const char* const* argv) {
  CommandLine line;
  CLI::App app("Reads studies: what they found, and what to do next.", "eigentune");
  app.get_formatter()->column_width(32);
  app.set_help_flag("-h,--help", "Print this and exit");
  app.footer(command_line_footer);
  app.require_subcommand(1);
  app.fallthrough(false);
  const auto add = [&](const char* name, const char* text) {
    CLI::App* command = app.add_subcommand(name, text);
    command->set_help_flag("-h,--help", "Print this and exit");
    command->get_formatter()->column_width(32);
    command->add_option("STORAGE", line.storage, "sqlite:///file.db, or its path")->required();
    command->callback([&line, name] { line.command = name; });
    return command;
  };
  const CLI::Validator named(
      [](const std::string& value) { return value.empty() ? "must not be empty" : std::string(); }, "");
  const auto add_for_study = [&](const char* name, const char* text) {
    CLI::App* command = add(name, text);
    command->add_option("STUDY", line.study, "its name; not needed if there is one only")->check(named);
    return command;
  };
  const char* const program_text = "the command that trains, to which the best\nhyperparameters are appended";

  CLI::App* list = add("list", "The tracking table: every study, its trials, its best");
  list->add_flag("--csv", line.csv, "as CSV instead of a table");
  list->add_option("--program", line.program, program_text)->type_name("COMMAND");

  CLI::App* show = add_for_study("show", "A study: question, search space, trials, the best ones");
  show->add_option("--best", line.best, "how many of the best trials (default 10)")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1'000'000}));
  show->add_option("--program", line.program, program_text)->type_name("COMMAND");

  CLI::App* diagnose = add_for_study("diagnose", "The findings, problems first, with what to do next");
  diagnose->add_flag("--fail-on-problem", line.fails_on_problem, "exit with status 3 if there is a problem");

  CLI::App* report = add_for_study("report", "One HTML file with the findings and every plot");
  report->add_option("-o,--output", line.output, "file to write (default STUDY.html)")->type_name("FILE")->check(named);

  CLI::App* exporting = add_for_study("export", "Trials, curves and plots for other tools");
  exporting->add_option("--trials", line.trials, "CSV of all trials")->type_name("FILE")->check(named);
  exporting->add_option("--curves", line.curves, "CSV of all curves")->type_name("FILE")->check(named);
  exporting->add_option("--vega-lite", line.vega_lite, "folder for a Vega-Lite specification of each plot")
      ->type_name("FOLDER")
      ->check(named);

  if (!parse_command_line(app, argc, argv)) return std::nullopt;
  if (line.command == "export" && line.trials.empty() && line.curves.empty() && line.vega_lite.empty()) {
    throw std::invalid_argument("export: needs at least one of --trials, --curves and --vega-lite");
  }
  return line;
}

}  // namespace example
