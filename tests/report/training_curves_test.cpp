#include <eigentune/core/random.hpp>
#include <eigentune/report/gradient_norms.hpp>
#include <eigentune/report/training_curves.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "report/study_by_hand.hpp"
#include "support/special_values.hpp"

namespace eigentune {
namespace {

using report_detail::thinned_line;
using support::add_trial;
using support::curve_of;
using support::empty_study;
using support::layer;

using support::nan;

SearchSpace one_axis() {
  SearchSpace space;
  space.nuisance("x", uniform(0.0, 1.0));
  return space;
}

CurveSeries noise(std::size_t size, std::uint64_t seed) {
  Random random(seed);
  CurveSeries series;
  for (std::size_t i = 0; i < size; ++i) {
    series.steps.push_back(static_cast<std::int64_t>(10 * i));
    series.values.push_back(random.normal());
  }
  return series;
}

TEST(ThinnedLine, KeepsTheEndsAndTheExtremes) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    for (const std::size_t most : {4u, 5u, 8u, 13u, 100u}) {
      const CurveSeries series = noise(1000, seed);
      const PlotLine line = thinned_line(series, most);
      EXPECT_LE(line.x.size(), most);
      EXPECT_GE(line.x.size(), most - 1 - (most - 2) / 2);
      EXPECT_EQ(line.x.front(), 0.0);
      EXPECT_EQ(line.y.front(), series.values.front());
      EXPECT_EQ(line.x.back(), 9990.0);
      EXPECT_EQ(line.y.back(), series.values.back());
      EXPECT_EQ(std::ranges::max(line.y), std::ranges::max(series.values));
      EXPECT_EQ(std::ranges::min(line.y), std::ranges::min(series.values));
      EXPECT_TRUE(std::ranges::is_sorted(line.x));
      for (std::size_t i = 0; i < line.x.size(); ++i) {
        EXPECT_EQ(line.y[i], series.values[static_cast<std::size_t>(line.x[i]) / 10]);
      }
    }
  }
}

TEST(ThinnedLine, KeepsAShortCurveWhole) {
  const CurveSeries series = noise(100, 1);
  const PlotLine line = thinned_line(series, 100);
  EXPECT_EQ(line.y, series.values);
  EXPECT_TRUE(thinned_line({}, 100).x.empty());
}

TEST(ThinnedLine, DrawsNothingAcrossAGap) {
  CurveSeries series = noise(1000, 3);
  for (const std::size_t gap : {200u, 500u, 501u, 502u}) series.values[gap] = nan;
  series.values[800] = std::numeric_limits<double>::infinity();
  const PlotLine line = thinned_line(series, 20);
  std::size_t gaps = 0;
  for (std::size_t i = 0; i < line.y.size(); ++i) {
    if (std::isnan(line.y[i])) {
      ++gaps;
      continue;
    }
    if (i == 0 || std::isnan(line.y[i - 1])) continue;
    for (const double gap : {2000.0, 5000.0, 5010.0, 5020.0, 8000.0}) {
      EXPECT_FALSE(line.x[i - 1] < gap && gap < line.x[i]);
    }
  }
  EXPECT_EQ(gaps, 3u);
  EXPECT_LE(line.y.size(), 23u);
}

TEST(ThinnedLine, OfGapsAloneIsEmpty) {
  const PlotLine line = thinned_line({{0, 1, 2}, {nan, nan, nan}}, 10);
  EXPECT_TRUE(line.x.empty());
}

TEST(TrainingCurves, ArePlottedOfEveryColumnThatSaysWhatCameOutTheMetricFirst) {
  StudyData data = empty_study(one_axis());
  data.definition.metric = "top5_error";
  add_trial(data, Point({{"x", 0.5}}), 0.1);
  TrainingCurve curve;
  curve.add(1, {.training_loss = 2.0,
                .validation_error = 0.5,
                .learning_rate = 0.1,
                .gradient_norm = 1.0,
                .clip_scale = 1.0,
                .examples_per_second = 100.0,
                .metrics = {{"calibration", 0.3}, {"top5_error", 0.1}}});
  data.curves.emplace(0, curve);
  std::vector<std::string> titles;
  for (const Plot& plot : training_curve_plots(data)) titles.push_back(plot.title);
  EXPECT_EQ(titles, (std::vector<std::string>{"top5_error against the step", "validation_error against the step",
                                              "training_loss against the step", "calibration against the step"}));
}

TEST(TrainingCurves, HaveTheBestOnTopAndCrossesWhereTrialsDiverged) {
  StudyData data = empty_study(one_axis());
  add_trial(data, Point({{"x", 0.1}}), 0.3);
  add_trial(data, Point({{"x", 0.2}}), 0.1);
  add_trial(data, Point({{"x", 0.9}}), std::nullopt);
  data.curves.emplace(0, curve_of(&CurveValues::validation_error, {0.9, 0.5, 0.3}));
  data.curves.emplace(1, curve_of(&CurveValues::validation_error, {0.9, 0.2, 0.1}));
  data.curves.emplace(2, curve_of(&CurveValues::validation_error, {0.9, 0.8, nan, nan}));
  const Plot plot = training_curve_plots(data, {.best_trials = 1}).at(0);
  const auto* others = layer<LineLayer>(plot, "trials");
  ASSERT_EQ(others->lines.size(), 2u);
  EXPECT_EQ(others->tone, Tone::muted);
  EXPECT_EQ(others->lines[0].trial, 0);
  EXPECT_EQ(others->lines[1].y, (std::vector<double>{0.9, 0.8}));
  const auto* best = layer<LineLayer>(plot, "best trial");
  EXPECT_TRUE(best->bold);
  EXPECT_EQ(best->lines.at(0).y, (std::vector<double>{0.9, 0.2, 0.1}));
  const auto* crosses = layer<PointLayer>(plot, "infeasible");
  EXPECT_EQ(crosses->points.at(0).x, 1.0);
  EXPECT_EQ(crosses->points.at(0).y, 0.8);
  EXPECT_EQ(crosses->points.at(0).trial, 2);
  EXPECT_EQ(plot.x.high, 3.0);
  EXPECT_EQ(
      plot.description,
      "3 curves of validation_error from step 0 to 3, 1 of them of infeasible trials. They end between 0.1 and "
      "0.8, in the median at 0.3. That of the best trial, 1, goes from 0.9 to 0.1, and lies between 0.1 and 0.9.");
}

TEST(TrainingCurves, PutATrialThatNeverHadAValueIntoABand) {
  StudyData data = empty_study(one_axis());
  add_trial(data, Point({{"x", 0.9}}), std::nullopt).infeasible_step = 1;
  data.curves.emplace(0, curve_of(&CurveValues::training_loss, {nan, nan, nan}));
  const Plot plot = training_curve_plots(data).at(0);
  EXPECT_EQ(plot.y.band, "not finite");
  const auto* crosses = layer<PointLayer>(plot, "infeasible");
  EXPECT_EQ(crosses->points.at(0).x, 1.0);
  EXPECT_TRUE(std::isnan(crosses->points.at(0).y));
}

TEST(TrainingCurves, AreNotSquashedByOneThatExplodes) {
  StudyData data = empty_study(one_axis());
  for (int i = 0; i < 9; ++i) {
    add_trial(data, Point({{"x", 0.1 * i}}), 0.3);
    data.curves.emplace(i, curve_of(&CurveValues::training_loss, {2.0, 1.0, 0.5}));
  }
  add_trial(data, Point({{"x", 0.9}}), std::nullopt);
  data.curves.emplace(9, curve_of(&CurveValues::training_loss, {2.0, 1e12, nan}));
  const Plot plot = training_curve_plots(data).at(0);
  EXPECT_NEAR(plot.y.high, 2.06, 1e-12);  // 2 and 4% of the length 1.5
  EXPECT_EQ(layer<LineLayer>(plot, "trials")->lines.back().y, (std::vector<double>{2.0, plot.y.high}));
  EXPECT_TRUE(plot.y.switchable);
}

TEST(TrainingCurves, OfManyTrialsHaveFewPointsButAtLeastEight) {
  StudyData data = empty_study(one_axis());
  const CurveSeries series = noise(200, 1);
  const TrainingCurve curve = curve_of(&CurveValues::training_loss, series.values);
  for (int i = 0; i < 1000; ++i) {
    add_trial(data, Point({{"x", 0.5}}), 0.001 * i);
    data.curves.emplace(i, curve);
  }
  const Plot plot = training_curve_plots(data).at(0);
  EXPECT_EQ(layer<LineLayer>(plot, "best 5")->lines.at(0).x.size(), 100u);
  std::size_t points = 0;
  for (const PlotLine& line : layer<LineLayer>(plot, "trials")->lines) {
    EXPECT_GE(line.x.size(), 8u);
    points += line.x.size();
  }
  EXPECT_LE(points, 25'000u);  // half of the budget; the other half is the gradient norms'
}

TEST(GradientNorms, AreAHistogramWithTheNinetiethPercentile) {
  StudyData data = empty_study(one_axis());
  add_trial(data, Point({{"x", 0.5}}), 0.1);
  TrainingCurve curve;
  for (int i = 1; i <= 101; ++i) {  // norms 1 to 101, of which the 90th percentile is 91
    curve.add(i, {.gradient_norm = i, .clip_scale = i <= 25 ? 1.0 : 0.5});
  }
  curve.add(200, {.gradient_norm = nan});
  curve.add(201, {.gradient_norm = 0.0});
  data.curves.emplace(0, curve);
  const Plot plot = gradient_norm_histogram(data);
  EXPECT_EQ(plot.x.scale, AxisScale::log);
  double steps = 0.0;
  for (const PlotRectangle& bar : layer<RectangleLayer>(plot, "all trials")->rectangles) {
    EXPECT_EQ(bar.y_low, 0.0);
    double inside = 0.0;
    for (int i = 1; i <= 101; ++i) inside += bar.x_low <= i && i < bar.x_high ? 1.0 : 0.0;
    EXPECT_EQ(bar.y_high, inside);
    steps += bar.y_high;
  }
  EXPECT_EQ(steps, 101.0);
  std::size_t rules = 0;
  for (const PlotLayer& one : plot.layers) {
    if (const auto* rule = std::get_if<RuleLayer>(&one)) {
      ++rules;
      EXPECT_NEAR(rule->value, 91.0, 1.0);  // and the zero
      EXPECT_EQ(rule->label.substr(0, 31), "90% of the best trials' below 9");
    }
  }
  EXPECT_EQ(rules, 1u);  // that of all is the same
  EXPECT_NE(plot.description.find("1 are 0 and not shown. 1 besides are not finite. 75.2% of the steps were clipped."),
            std::string::npos)
      << plot.description;
  EXPECT_EQ(gradient_norm_plot(data).title, "gradient_norm against the step");
}

}  // namespace
}  // namespace eigentune
