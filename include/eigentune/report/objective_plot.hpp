#pragma once

#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/direction.hpp>
#include <eigentune/report/clipped_axis.hpp>
#include <eigentune/report/plot.hpp>
#include <eigentune/report/plot_axes.hpp>
#include <eigentune/report/plot_options.hpp>
#include <eigentune/report/trial_marks.hpp>
#include <eigentune/study/trial_record.hpp>

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace eigentune {

/// The objective over the trials' numbers, with the best so far as a line of steps, infeasible trials as crosses. No
/// layers if no trial is final.
inline Plot objective_plot(const StudyData& data, const PlotOptions& options = {}) {
  const report_detail::TrialMarks marks(data, options);
  const report_detail::ClippedAxis outcome = marks.objective_axis();
  Plot plot{.id = "objective", .title = fmt::format("{} against the number of the trial", marks.metric())};
  if (marks.empty()) return plot;
  const double end = static_cast<double>(data.trials.back().number) + 0.5;
  plot.x = {.title = "trial", .low = -0.5, .high = end, .whole_numbers = true};

  PlotLine line{.tooltip = fmt::format("best {} so far", marks.metric())};
  const TrialRecord* best = nullptr;
  std::size_t improvements = 0;
  for (const TrialRecord& trial : data.trials) {
    if (!marks.has_objective(trial) || (best && !is_better(data.direction(), *trial.objective, *best->objective))) {
      continue;
    }
    const auto number = static_cast<double>(trial.number);
    if (best) {
      line.x.push_back(number);
      line.y.push_back(outcome.place(*best->objective));
    }
    line.x.push_back(number);
    line.y.push_back(outcome.place(*trial.objective));
    best = &trial;
    ++improvements;
  }
  plot.description = marks.count_sentence(marks.ranked().size(), marks.infeasible().size()) + ".";
  if (best) {
    line.x.push_back(end);
    line.y.push_back(outcome.place(*best->objective));
    plot.layers.emplace_back(LineLayer{.label = "best so far", .tone = Tone::best, .lines = {std::move(line)}});
    plot.description += fmt::format(" The best so far improved {}; the best of all, {:.4g}, is that of trial {}.",
                                    improvements == 2 ? "once" : fmt::format("{} times", improvements - 1),
                                    *best->objective, best->number);
  }
  const auto x_of = [](const TrialRecord& trial) { return std::optional(static_cast<double>(trial.number)); };
  marks.add_to(plot, outcome, x_of, {});
  return plot;
}

}  // namespace eigentune
