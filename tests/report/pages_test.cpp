#include <eigentune/report/report.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "report/sample_plots.hpp"
#include "report/some_study.hpp"

namespace eigentune {
namespace {

/// Pages for browser_check.mjs and for people, in the folder that the environment names: a study, one with hardly
/// anything in it, and one plot of each kind.
TEST(Pages, AreWrittenToBeLookedAt) {
  const char* folder = std::getenv("EIGENTUNE_PAGES");
  if (folder == nullptr) GTEST_SKIP() << "EIGENTUNE_PAGES names no folder";
  const std::filesystem::path pages(folder);
  std::filesystem::create_directories(pages);
  write_report(support::some_study(), pages / "study.html", {.command = "./tune --trials 48 --seed 5"});
  write_report(StudyData{}, pages / "empty.html");

  const std::string empty = report_html(StudyData{});
  const std::size_t from = empty.find("<section>");
  std::string gallery = empty.substr(0, from);
  gallery += report_detail::plots_html({.title = "One plot of each kind", .plots = support::sample_plots()});
  gallery += "</main><script>" + std::string(report_script) + "</script></body></html>";
  std::ofstream(pages / "gallery.html") << gallery;
}

}  // namespace
}  // namespace eigentune
