#pragma once

#include <eigentune/analysis/study_data.hpp>
#include <eigentune/report/axis_plot.hpp>
#include <eigentune/report/best_step_plot.hpp>
#include <eigentune/report/bootstrap_plot.hpp>
#include <eigentune/report/gradient_norms.hpp>
#include <eigentune/report/importance_plot.hpp>
#include <eigentune/report/isolation_plot.hpp>
#include <eigentune/report/objective_plot.hpp>
#include <eigentune/report/pair_plot.hpp>
#include <eigentune/report/parallel_coordinates.hpp>
#include <eigentune/report/plot.hpp>
#include <eigentune/report/plot_options.hpp>
#include <eigentune/report/training_curves.hpp>
#include <eigentune/space/hyperparameter.hpp>
#include <eigentune/space/role.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace eigentune {

/// Plots that belong together under a heading.
struct PlotSection {
  std::string title{};
  std::string text{};  ///< one or two sentences on how to read them; or why there are none
  std::vector<Plot> plots{};
};

namespace report_detail {

/// The section with those of the plots that show something; if none does, with the sentence `why_none`.
inline PlotSection plot_section(std::string title, std::string text, std::string why_none, std::vector<Plot> plots) {
  std::erase_if(plots, [](const Plot& plot) { return plot.layers.empty(); });
  return {.title = std::move(title),
          .text = plots.empty() ? std::move(why_none) : std::move(text),
          .plots = std::move(plots)};
}

}  // namespace report_detail

/// Every plot of the playbook that the study has data for, in the order of a report: isolation, axis, bootstrap,
/// curves, the others. A section without data says so. A pure function; never throws for what a study can hold.
inline std::vector<PlotSection> plot_sections(const StudyData& data, const PlotOptions& options = {}) {
  using report_detail::plot_section;
  const auto has = [&](Role role) {
    return std::ranges::any_of(data.space.hyperparameters(),
                               [role](const Hyperparameter& one) { return one.role == role; });
  };
  const bool scientific = has(Role::scientific), varied = scientific || has(Role::nuisance);
  const std::string no_trial = varied ? "No trial has ended yet." : "No hyperparameter varies in this study.";
  const std::string no_objective = "No trial has an objective.";
  std::vector<PlotSection> sections;
  sections.push_back(plot_section(
      "Isolation plots",
      scientific ? "The best trial of each value of the scientific hyperparameter, with all others optimized away."
                 : "The study has no scientific hyperparameter. For each nuisance one, the best trial of each part of "
                   "its range, with all others optimized away.",
      no_trial, isolation_plots(data, options)));
  sections.push_back(plot_section(
      "Hyperparameter axis plots",
      "Best trials that cluster at a bound of the search space call for a wider one; crosses are infeasible trials.",
      no_trial, axis_plots(data, options)));
  sections.push_back(plot_section(
      "Best of n trials",
      "The box plot of the best of n trials drawn from the study: if the last boxes are narrow and level, more trials "
      "would gain little.",
      no_objective, {bootstrap_plot(data, options)}));
  sections.push_back(plot_section(
      "Training curves",
      fmt::format(
          "The curves of all trials with those of the best on top; a cross is where a trial turned infeasible.{}",
          report_detail::columns_left_out(data)),
      data.curves.empty() ? "No trial has a training curve."
                          : "The training curves have no finite loss, error or metric.",
      training_curve_plots(data, options)));
  sections.push_back(plot_section("Gradient norms",
                                  "The norms before clipping. The 90th percentile is where to begin if training needs "
                                  "clipping; where more than half "
                                  "of the steps are clipped, a lower learning rate is better.",
                                  "No trial has reported gradient norms.",
                                  {gradient_norm_plot(data, options), gradient_norm_histogram(data)}));
  sections.push_back(plot_section("Best steps",
                                  "Best steps early in training call for fewer steps, late ones for more.",
                                  "No trial has a best step and a training curve.", {best_step_plot(data, options)}));
  sections.push_back(plot_section("Objective over trials",
                                  "Each trial in the order of their numbers, and the best so far.",
                                  "No trial has ended yet.", {objective_plot(data, options)}));
  sections.push_back(plot_section("Parallel coordinates",
                                  "Each line is a trial; where the best ones run together, a value matters.", no_trial,
                                  {parallel_coordinates_plot(data, options)}));
  sections.push_back(plot_section(
      "Importance of hyperparameters",
      "The share of the variance of the trials' ranks that is lost without a hyperparameter, by a polynomial fitted to "
      "them; infeasible trials are the worst.",
      varied ? "There are too few trials to tell (three for each value of a choice and each other hyperparameter), "
               "more than 500 of these, or all trials have the same objective."
             : no_trial,
      {importance_plot(data)}));
  sections.push_back(plot_section(
      "The two hyperparameters that matter most",
      "The stronger the colour of a place, the better the trials around it; crosses are infeasible trials.",
      fmt::format("No two numeric hyperparameters have {} trials in common.", report_detail::least_pair_trials),
      {pair_plot(data, options)}));
  return sections;
}

}  // namespace eigentune
