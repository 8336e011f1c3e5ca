// Reads studies in a database: lists them, shows one, diagnoses it, writes its report, exports it. See
// `eigentune --help`.

#include <eigentune/report/csv.hpp>
#include <eigentune/report/plot_sections.hpp>
#include <eigentune/report/report.hpp>
#include <eigentune/report/terminal_text.hpp>
#include <eigentune/report/text_summary.hpp>
#include <eigentune/report/tracking.hpp>
#include <eigentune/report/vega_lite.hpp>
#include <eigentune/sql.hpp>
#include <eigentune/train/durable_file.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "command_line/options.hpp"

namespace {

using namespace eigentune;
using example::CommandLine;

std::shared_ptr<Storage> open(const CommandLine& line) {
  const bool is_url = line.storage.find("://") != std::string::npos;
  return open_storage(is_url ? line.storage : "sqlite:///" + line.storage, {.must_exist = true});
}

StudyData read(const CommandLine& line) {
  const std::shared_ptr<Storage> storage = open(line);
  if (!line.study.empty()) return read_study(storage, line.study);
  const std::vector<std::string> names = storage->study_names();
  if (names.empty()) throw Error(fmt::format("{}: expected a study, found none", line.storage));
  if (names.size() > 1) {
    throw std::invalid_argument(fmt::format("{}: which study? It has {}", line.storage, fmt::join(names, ", ")));
  }
  return read_study(storage, names.front());
}

/// Writes it and tells where, unless it goes into a stream, which may be the standard output itself.
void write(const std::filesystem::path& path, std::string_view text) {
  if (!write_durably(path, std::as_bytes(std::span(text)))) return;
  fmt::print("{}\n", terminal_text(path.string()));
}

int list(const CommandLine& line) {
  const std::shared_ptr<Storage> storage = open(line);
  std::vector<TrackingRow> rows;
  for (const std::string& name : storage->study_names()) {
    const Study study = Study::load(storage, name);
    const StudyData data{.definition = study.definition(), .space = study.space(), .trials = study.trials()};
    rows.push_back(tracking_row(data, line.storage, line.program));
  }
  fmt::print("{}", line.csv ? tracking_csv(rows) : tracking_table(rows));
  return 0;
}

int show(const CommandLine& line) {
  const StudyData data = read(line);
  fmt::print("{}\n{}", study_heading(data), terminal_lines(data.definition.space));
  const std::vector<RankedTrial> ranked = ranked_trials(data);
  if (ranked.empty()) return 0;
  const std::string metric = terminal_text(data.definition.metric);
  fmt::print("\ntrial  {}  at step  point\n", metric);
  for (std::size_t i = 0; i < std::min(ranked.size(), static_cast<std::size_t>(line.best)); ++i) {
    const TrialRecord& trial = *ranked[i].trial;
    fmt::print("{:5}  {:{}.6g}  {:>7}  {}\n", trial.number, *trial.objective, metric.size(),
               trial.best_step ? fmt::format("{}", *trial.best_step) : "", terminal_text(trial.point->text()));
  }
  fmt::print("\nthe best again: {}\n", terminal_text(tracking_row(data, line.storage, line.program).reproduction));
  return 0;
}

int diagnose(const CommandLine& line) {
  const StudyData data = read(line);
  const std::vector<Finding> findings = eigentune::diagnose(data);
  fmt::print("{}\n{}", study_heading(data), findings_text(findings));
  const bool problem = std::ranges::count(findings, Verdict::problem, &Finding::verdict) > 0;
  return problem && line.fails_on_problem ? example::problem_status : 0;
}

/// The name of a file for a study, another one for each study: what a file's name cannot have, or should not, is as in
/// a URL, "a%2Fb.html" for "a/b".
std::string file_name(std::string_view study) {
  std::string name;
  for (const char c : study) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain = byte >= 0x20 && byte != 0x7f && c != '/' && c != '\\' && c != '%';
    name += is_plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return name + ".html";
}

int report(const CommandLine& line) {
  const StudyData data = read(line);
  write(line.output.empty() ? file_name(data.definition.name) : line.output, report_html(data));
  return 0;
}

int export_files(const CommandLine& line) {
  const StudyData data = read(line);
  if (!line.trials.empty()) write(line.trials, trials_csv(data));
  if (!line.curves.empty()) write(line.curves, curves_csv(data));
  if (line.vega_lite.empty()) return 0;
  create_folder(line.vega_lite);
  for (const PlotSection& section : plot_sections(data)) {
    for (const Plot& plot : section.plots) {
      write(std::filesystem::path(line.vega_lite) / (plot.id + ".vl.json"), vega_lite(plot));
    }
  }
  return 0;
}

/// What went wrong, as a sentence on standard error, and a hint.
int complain(int status, std::string_view text, std::string_view hint = {}) {
  std::fputs(fmt::format("eigentune: {}\n{}", terminal_text(text), hint).c_str(), stderr);
  return status;
}

int run(int argc, char** argv) {
  const std::optional<CommandLine> line = example::parse_eigentune_command_line(argc, argv);
  if (!line) return 0;
  if (line->command == "list") return list(*line);
  if (line->command == "show") return show(*line);
  if (line->command == "diagnose") return diagnose(*line);
  if (line->command == "report") return report(*line);
  return export_files(*line);
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGXFSZ, SIG_IGN);  // a file that grows too large is an error like any other
  try {
    const int status = run(argc, argv);
    if (std::fflush(stdout) != 0) {
      return complain(1, fmt::format("standard output cannot be written: {}", std::strerror(errno)));
    }
    return status;
  } catch (const std::invalid_argument& error) {
    return complain(2, error.what(), "eigentune: --help lists the commands\n");
  } catch (const std::exception& error) {
    return complain(1, error.what());
  }
}
