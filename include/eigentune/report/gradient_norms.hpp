#pragma once

#include <eigentune/analysis/gradient_clipping.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/error.hpp>
#include <eigentune/core/log_histogram.hpp>
#include <eigentune/core/log_spaced_bins.hpp>
#include <eigentune/core/portable_math.hpp>
#include <eigentune/core/training_curve.hpp>
#include <eigentune/report/curve_plot.hpp>
#include <eigentune/report/plot.hpp>
#include <eigentune/report/plot_options.hpp>
#include <eigentune/report/training_curves.hpp>
#include <eigentune/report/trial_marks.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace eigentune {

/// The gradient norms before clipping of all trials against the step, the best trials' on top. No layers if there are
/// none.
inline Plot gradient_norm_plot(const StudyData& data, const PlotOptions& options = {}) {
  const std::size_t others = std::min(report_detail::plotted_columns(data).size(), report_detail::most_curve_plots);
  return report_detail::curve_plot(report_detail::TrialMarks(data, options), "gradient-norm", "gradient_norm",
                                   report_detail::curve_points(data, options, others + 1));
}

/// A histogram of the gradient norms before clipping of all reported steps of all trials, over logarithmic bins, with
/// the 90th percentile as a rule: where the playbook suggests to clip ("How can optimization failures be debugged and
/// mitigated?"). A second rule is that of the best trials (see find_gradient_clipping), which diverged trials do not
/// move, unless both are nearly the same. The description has the share of the steps that were clipped. No layers if no
/// norm is above 0.
inline Plot gradient_norm_histogram(const StudyData& data) {
  Plot plot{.id = "gradient-norm-histogram", .title = "steps against gradient_norm"};
  LogHistogram histogram;
  std::size_t not_finite = 0, judged = 0, clipped = 0;
  for (const auto& [number, curve] : data.curves) {
    for (const CurveRow& row : curve.rows()) {
      const std::optional<double>& norm = row.values.gradient_norm;
      const std::optional<double>& scale = row.values.clip_scale;
      if (norm && is_finite(*norm) && *norm >= 0.0) histogram.add(*norm);
      if (norm && !is_finite(*norm)) ++not_finite;
      if (norm && scale && is_finite(*scale)) {
        ++judged;
        clipped += *scale < 1.0 ? 1 : 0;
      }
    }
  }
  constexpr std::int64_t most_bins = 40;
  const LogSpacedBins bins = log_spaced_bins(histogram, most_bins);
  if (bins.counts.empty()) return plot;
  plot.x.low = bins.edges.front();
  plot.x.high = bins.edges.back();
  plot.x.title = "gradient_norm before clipping";
  plot.x.scale = AxisScale::log;
  plot.y = {.title = "steps",
            .high = 1.05 * static_cast<double>(*std::ranges::max_element(bins.counts)),
            .whole_numbers = true};
  RectangleLayer bars{.label = "all trials", .tone = Tone::ordinary};
  for (std::size_t i = 0; i < bins.counts.size(); ++i) {
    if (bins.counts[i] == 0) continue;
    bars.rectangles.push_back({.x_low = bins.edges[i],
                               .x_high = bins.edges[i + 1],
                               .y_high = static_cast<double>(bins.counts[i]),
                               .tooltip = fmt::format("{:.3g} to {:.3g}: {} of {} steps", bins.edges[i],
                                                      bins.edges[i + 1], bins.counts[i], histogram.size())});
  }
  plot.layers.emplace_back(std::move(bars));

  const double all = histogram.quantile(0.9);
  const std::optional<double> best = find_gradient_clipping(data).number("percentile_90");
  const auto place = [&](double norm) {
    return portable::log(norm / plot.x.low) / portable::log(plot.x.high / plot.x.low);
  };
  const auto is_inside = [&](double norm) { return norm >= plot.x.low && norm <= plot.x.high; };
  constexpr double apart = 0.15;
  plot.description = fmt::format("The gradient norms of {} steps lie from {:.3g} to {:.3g}, 90% of them below {:.3g}",
                                 histogram.size(), histogram.least(), histogram.greatest(), all);
  if (best) plot.description += fmt::format(", of the best trials below {:.3g}", *best);
  plot.description += ".";
  if (best && is_inside(*best)) {
    plot.layers.emplace_back(RuleLayer{
        .label = fmt::format("90% of the best trials' below {:.3g}", *best), .tone = Tone::best, .value = *best});
  }
  if (is_inside(all) && !(best && is_inside(*best) && std::fabs(place(all) - place(*best)) < apart)) {
    plot.layers.emplace_back(RuleLayer{.label = fmt::format("90% of all below {:.3g}", all), .value = all});
  }
  if (bins.zeros > 0) plot.description += fmt::format(" {} are 0 and not shown.", bins.zeros);
  if (not_finite > 0) plot.description += fmt::format(" {} besides are not finite.", not_finite);
  if (judged > 0) {
    plot.description += fmt::format(" {:.3g}% of the steps were clipped.",
                                    100.0 * static_cast<double>(clipped) / static_cast<double>(judged));
  }
  return plot;
}

}  // namespace eigentune
