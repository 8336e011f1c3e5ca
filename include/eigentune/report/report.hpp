#pragma once

#include <eigentune/analysis/diagnose.hpp>
#include <eigentune/analysis/read_study.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/version.hpp>
#include <eigentune/report/finding_list.hpp>
#include <eigentune/report/markup.hpp>
#include <eigentune/report/plot.hpp>
#include <eigentune/report/plot_sections.hpp>
#include <eigentune/report/report_head.hpp>
#include <eigentune/report/script.hpp>
#include <eigentune/report/style.hpp>
#include <eigentune/report/svg.hpp>
#include <eigentune/report/trial_table.hpp>
#include <eigentune/study/study.hpp>
#include <eigentune/train/durable_file.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace eigentune {

struct ReportOptions {
  PlotOptions plots{};
  std::string command{};  ///< that runs the study again; shown as it is
};

namespace report_detail {

inline std::string plots_html(const PlotSection& section) {
  std::string result = fmt::format("<section{}>\n<h2>{}</h2>\n", section.plots.size() > 1 ? " class=\"wide\"" : "",
                                   escaped(section.title));
  if (!section.text.empty()) result += fmt::format("<p>{}</p>\n", escaped(section.text));
  if (!section.plots.empty()) result += "<div class=\"plots\">\n";
  for (const Plot& plot : section.plots) {
    result += fmt::format("<figure><figcaption>{}</figcaption>{}</figure>\n", escaped(plot.title),
                          svg(plot, {.standalone = false}));
  }
  return result + (section.plots.empty() ? "</section>\n" : "</div>\n</section>\n");
}

/// The search space and what else another run needs.
inline std::string reproduction_html(const StudyData& data, const ReportOptions& options) {
  const StudyDefinition& definition = data.definition;
  std::string result = "<section>\n<h2>How to reproduce</h2>\n";
  if (!options.command.empty())
    result += fmt::format("<p>Command:</p>\n<pre tabindex=\"0\">{}</pre>\n", escaped(options.command));
  result += fmt::format(
      "<p>The search space, as parse_search_space reads it, version <code>{}</code>:</p>\n<pre "
      "tabindex=\"0\">{}</pre>\n",
      data.space.version(), escaped(data.space.text()));
  const std::string objective =
      definition.objective.empty() ? "" : fmt::format(", the objective <code>{}</code>", escaped(definition.objective));
  result += fmt::format(
      "<p>A study with this space, the sampler <code>{}</code>, the metric <code>{}</code> to {}{}, a budget of {} "
      "trials and at most {} {} of each is this one again.</p>\n",
      escaped(definition.sampler), escaped(definition.metric), to_string(definition.direction), objective,
      definition.trials, definition.max_attempts, definition.max_attempts == 1 ? "attempt" : "attempts");
  return result + "</section>\n";
}

}  // namespace report_detail

/// A study as one HTML page that opens anywhere, without a network: what it asked, the findings, what to do about them
/// first, every plot of the playbook, the table of all trials, and how to reproduce it. Any text of the study is shown
/// as it is, markup in it too. Everything can be read without scripts; with them, the table sorts, a trial is
/// highlighted in all plots, scales switch, and the reader chooses light or dark. The same data give the same bytes.
/// Never throws for what a study can hold: no trials, none feasible, NaN everywhere.
inline std::string report_html(const StudyData& data, const ReportOptions& options = {}) {
  using namespace report_detail;
  std::string result = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  result +=
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
      "script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n";
  result += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  result += fmt::format("<title>{}</title>\n", escaped(data.definition.name.empty() ? "Study" : data.definition.name));
  result += fmt::format("<style>\n{}</style>\n</head>\n<body>\n", report_style());
  result += report_head(data);
  result += "<main>\n<section>\n<h2>Findings</h2>\n" + finding_list(diagnose(data)) + "</section>\n";
  result += "<div class=\"sections\">\n";
  for (const PlotSection& section : plot_sections(data, options.plots)) result += plots_html(section);
  result += "</div>\n";
  result += "<section>\n<h2>All trials</h2>\n" + trial_table(data) + "</section>\n";
  result += reproduction_html(data, options);
  result += fmt::format("<footer>Written by eigentune {}.</footer>\n</main>\n<script>\n{}</script>\n</body>\n</html>\n",
                        version, report_script);
  return result;
}

/// Writes the page into a file, which is there as a whole or, if an error is thrown, as it was before; through a
/// symbolic link, or plainly into a device or a pipe (see write_durably). Throws eigentune::Error, with the path, if it
/// cannot be written: a folder that is missing, a disk that is full.
inline void write_report(const StudyData& data, const std::filesystem::path& path, const ReportOptions& options = {}) {
  const std::string html = report_html(data, options);
  write_durably(path, std::as_bytes(std::span(html)));
}

/// The page of what the study's storage holds now. Throws eigentune::Error if that fails.
inline std::string report_html(const Study& study, const ReportOptions& options = {}) {
  return report_html(read_study(study), options);
}

/// The same into a file: `write_report(study, "report.html")`. Throws eigentune::Error as both.
inline void write_report(const Study& study, const std::filesystem::path& path, const ReportOptions& options = {}) {
  write_report(read_study(study), path, options);
}

}  // namespace eigentune
