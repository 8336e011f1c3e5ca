#pragma once

#include <eigentune/analysis/best_of_n.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/direction.hpp>
#include <eigentune/report/clipped_axis.hpp>
#include <eigentune/report/plot.hpp>
#include <eigentune/report/plot_axes.hpp>
#include <eigentune/report/plot_options.hpp>
#include <eigentune/report/trial_marks.hpp>

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace eigentune {

/// The best of n trials against n = 1, 2, 4, ... and N, all trials of the study ("Has the study sampled enough?"):
/// boxes from quartile to quartile with the median, whiskers at 5% and 95%, of the exact distribution of the bootstrap
/// (see BestOfN). Where the best of n may be infeasible, a quantile that has no objective is drawn at the worst. No
/// layers if no trial has an objective.
inline Plot bootstrap_plot(const StudyData& data, const PlotOptions& options = {}) {
  const report_detail::TrialMarks marks(data, options);
  Plot plot{.id = "bootstrap", .title = fmt::format("best {} of n trials against n", marks.metric())};
  if (marks.ranked().empty()) return plot;
  std::vector<double> costs;
  for (const RankedTrial& one : marks.ranked()) costs.push_back(one.cost);
  const BestOfN best(std::move(costs), static_cast<std::int64_t>(marks.infeasible().size()));
  const report_detail::ClippedAxis outcome = marks.objective_axis();
  plot.y = outcome.axis;
  plot.y.title = fmt::format("best {}", marks.metric());

  BoxLayer layer{.label = "quartiles, whiskers at 5% and 95%"};
  std::vector<std::int64_t> counts;
  for (std::int64_t n = 1; n < best.trials(); n *= 2) counts.push_back(n);
  counts.push_back(best.trials());
  std::string numbers;
  for (const std::int64_t n : counts) {
    const bool minimize = data.direction() == Direction::minimize;
    const auto quantile = [&](double q) {  // of the objective: that of a maximized one is turned around
      return minimize ? best.quantile(n, q) : cost_of(data.direction(), best.quantile(n, 1.0 - q));
    };
    const double lower = quantile(0.25), median = quantile(0.5), upper = quantile(0.75);
    PlotBox box{.x = static_cast<double>(layer.boxes.size()),
                .lower_whisker = outcome.place(quantile(0.05)),
                .lower_quartile = outcome.place(lower),
                .median = outcome.place(median),
                .upper_quartile = outcome.place(upper),
                .upper_whisker = outcome.place(quantile(0.95))};
    box.tooltip =
        fmt::format("best of {}: median {:.4g}, middle half from {:.4g} to {:.4g}, 5% to 95% from {:.4g} to {:.4g}", n,
                    median, lower, upper, quantile(0.05), quantile(0.95));
    if (n == 1 || n == counts.back()) {
      numbers += fmt::format(" The best of {} has a median of {:.4g}, and its middle half lies from {:.4g} to {:.4g}.",
                             n, median, lower, upper);
    }
    layer.boxes.push_back(std::move(box));
    plot.x.categories.push_back(fmt::format("{}", n));
  }
  plot.x.title = "n, trials drawn from the study with replacement";
  plot.x.scale = AxisScale::category;
  plot.x.low = -0.5;
  plot.x.high = static_cast<double>(layer.boxes.size()) - 0.5;
  plot.description =
      fmt::format("Drawn from {}.{}", marks.count_sentence(marks.ranked().size(), marks.infeasible().size()), numbers);
  plot.layers.emplace_back(std::move(layer));
  return plot;
}

}  // namespace eigentune
