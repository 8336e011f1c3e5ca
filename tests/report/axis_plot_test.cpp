#include <eigentune/report/axis_plot.hpp>
#include <eigentune/report/objective_plot.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "report/study_by_hand.hpp"

namespace eigentune {
namespace {

using support::add_trial;
using support::empty_study;
using support::layer;

StudyData four_trials() {
  SearchSpace space;
  const auto optimizer = space.nuisance("optimizer", choice({"adam", "nesterov"}));
  space.nuisance("learning_rate", log_uniform(1e-4, 1.0));
  space.nuisance("momentum", one_minus_log_uniform(0.5, 0.99), optimizer.is("nesterov"));
  space.nuisance("layers", integer(1, 4));
  space.nuisance("width", discrete({64, 128, 256}));
  space.fixed("batch_size", 128);
  StudyData data = empty_study(space);
  const auto point = [](const char* rule, double rate, int layers, int width) {
    Point result({{"optimizer", rule}, {"learning_rate", rate}});
    if (std::string(rule) == "nesterov") result.append("momentum", 0.9);
    result.append("layers", layers);
    result.append("width", width);
    result.append("batch_size", 128);
    return result;
  };
  add_trial(data, point("adam", 0.01, 1, 64), 0.3);
  add_trial(data, point("nesterov", 0.1, 2, 128), 0.2);
  add_trial(data, point("adam", 0.9, 4, 256), std::nullopt).infeasible_step = 700;
  add_trial(data, point("adam", 0.02, 3, 64), 0.1);
  return data;
}

TEST(AxisPlot, IsMadeForEachHyperparameterThatVaries) {
  const std::vector<Plot> plots = axis_plots(four_trials());
  ASSERT_EQ(plots.size(), 5u);
  EXPECT_EQ(plots[1].title, "validation_error against learning_rate");
  EXPECT_EQ(plots[2].title, "validation_error against momentum[optimizer=nesterov]");
  EXPECT_EQ(plots[2].id, "axis-2-momentum-optimizer-nesterov");
}

TEST(AxisPlot, GoesFromBoundToBoundOnTheScaleOfTheSearchSpace) {
  const std::vector<Plot> plots = axis_plots(four_trials());
  const PlotAxis& rate = plots[1].x;
  EXPECT_EQ(rate.scale, AxisScale::log);
  EXPECT_EQ(rate.low, 1e-4);
  EXPECT_EQ(rate.high, 1.0);
  const PlotAxis& momentum = plots[2].x;
  EXPECT_EQ(momentum.scale, AxisScale::one_minus_log);
  EXPECT_EQ(momentum.low, 0.5);
  EXPECT_EQ(momentum.high, 0.99);
  const PlotAxis& layers = plots[3].x;
  EXPECT_EQ(layers.scale, AxisScale::linear);
  EXPECT_TRUE(layers.whole_numbers);
  EXPECT_EQ(layers.low, 0.5);
  EXPECT_EQ(layers.high, 4.5);
  const PlotAxis& width = plots[4].x;
  EXPECT_EQ(width.scale, AxisScale::category);
  EXPECT_EQ(width.categories, (std::vector<std::string>{"64", "128", "256"}));
  EXPECT_EQ(width.low, -0.5);
  EXPECT_EQ(width.high, 2.5);
}

/// Bounds that are subnormal, huge, nearly equal or next to 1: a tick and a trial can be placed all the same.
TEST(AxisPlot, HasAxesForBoundsAtTheLimitsOfNumbers) {
  constexpr double least = std::numeric_limits<double>::min(), most = std::numeric_limits<double>::max();
  constexpr double below_one = 0x1.fffffffffffffp-1, above_one = 0x1.0000000000001p0;
  const Domain domains[] = {uniform(0.0, 5e-324),
                            uniform(-1e-310, 1e-310),
                            uniform(0.0, 1e308),
                            uniform(-8e307, 8e307),
                            uniform(0x1.fffffffffffffp1023 - 0x1p971, most),
                            uniform(1.0, above_one),
                            uniform(1e15, 1e15 + 1.0),
                            log_uniform(least, 1e-300),
                            log_uniform(least, most),
                            log_uniform(1e308, most),
                            log_uniform(1.0, above_one),
                            log_uniform(1e17, 1e17 + 16.0),
                            one_minus_log_uniform(0.0, 5e-324),
                            one_minus_log_uniform(0.5, below_one),
                            one_minus_log_uniform(1.0 - 1e-10, 1.0 - 1e-11),
                            one_minus_log_uniform(0x1.ffffffffffffep-1, below_one),
                            integer(-1'000'000'000'000, 1'000'000'000'000),
                            log_integer(999'999'999'999, 1'000'000'000'000)};
  for (const Domain& domain : domains) {
    SearchSpace space;
    space.nuisance("x", domain);
    StudyData data = empty_study(space);
    for (const double share : {0.0, 0.5, 1.0}) add_trial(data, Point({{"x", domain.from_unit(share)}}), share);
    const PlotAxis axis = axis_plots(data).at(0).x;
    EXPECT_TRUE(std::isfinite(axis.low) && std::isfinite(axis.high) && axis.low < axis.high) << domain.text();
    EXPECT_TRUE(axis.scale != AxisScale::log || axis.low > 0.0) << domain.text();
    EXPECT_TRUE(axis.scale != AxisScale::one_minus_log || axis.high < 1.0) << domain.text();
    EXPECT_LE(axis.low, domain.low().as_double());
    EXPECT_GE(axis.high, domain.high().as_double());
    for (const double share : {0.0, 0.5, 1.0}) {
      const double there = report_detail::share_of(axis, domain.from_unit(share).as_double());
      EXPECT_TRUE(there >= 0.0 && there <= 1.0) << domain.text() << ' ' << there;
      const double value = report_detail::value_at(axis, share);
      EXPECT_TRUE(value >= axis.low && value <= axis.high) << domain.text() << ' ' << value;
    }
  }
}

TEST(AxisPlot, DrawsTrialsTheBestOnTopAndInfeasibleOnesInTheBandOfTheWorst) {
  StudyData data = four_trials();
  const std::vector<Plot> plots = axis_plots(data, {.best_trials = 1});
  const Plot& plot = plots[1];
  const auto* all = layer<PointLayer>(plot, "trials");
  ASSERT_EQ(all->points.size(), 2u);
  EXPECT_EQ(all->points[0].x, 0.01);  // the worst first, so that better ones lie on it
  EXPECT_EQ(all->points[0].y, 0.3);
  EXPECT_EQ(all->points[0].trial, 0);
  EXPECT_EQ(all->points[1].x, 0.1);
  const auto* best = layer<PointLayer>(plot, "best trial");
  ASSERT_EQ(best->points.size(), 1u);
  EXPECT_EQ(best->tone, Tone::best);
  EXPECT_EQ(best->points[0].x, 0.02);
  EXPECT_EQ(best->points[0].y, 0.1);
  EXPECT_EQ(best->points[0].tooltip,
            "trial 3: optimizer adam, learning_rate 0.02, layers 3, width 64, validation_error 0.1");
  const auto* crosses = layer<PointLayer>(plot, "infeasible");
  ASSERT_EQ(crosses->points.size(), 1u);
  EXPECT_EQ(crosses->symbol, Symbol::cross);
  EXPECT_EQ(crosses->tone, Tone::infeasible);
  EXPECT_EQ(crosses->points[0].x, 0.9);
  EXPECT_TRUE(std::isnan(crosses->points[0].y));
  EXPECT_EQ(crosses->points[0].tooltip,
            "trial 2: optimizer adam, learning_rate 0.9, layers 4, width 256, infeasible at step 700");
  EXPECT_EQ(plot.y.band, "infeasible");
  EXPECT_TRUE(plot.y.band_at_high);
  EXPECT_TRUE(plot.y.switchable);

  data.definition.direction = Direction::maximize;
  const Plot turned = axis_plots(data, {.best_trials = 1})[1];
  EXPECT_FALSE(turned.y.band_at_high);
  EXPECT_EQ(layer<PointLayer>(turned, "best trial")->points[0].trial, 0);
}

TEST(AxisPlot, OfAConditionalHyperparameterHasOnlyTrialsInWhichItIsActive) {
  const Plot plot = axis_plots(four_trials())[2];
  ASSERT_EQ(plot.layers.size(), 1u);
  const auto* best = layer<PointLayer>(plot, "best 3");
  ASSERT_EQ(best->points.size(), 1u);
  EXPECT_EQ(best->points[0].trial, 1);
  EXPECT_EQ(best->points[0].x, 0.9);
  EXPECT_EQ(plot.y.band, "");
  EXPECT_EQ(plot.description, "1 trial. The best of them, trial 1, has validation_error 0.2 at momentum 0.9.");
}

TEST(AxisPlot, SpreadsTheTrialsOfACategoryWithinIt) {
  SearchSpace space;
  space.nuisance("optimizer", choice({"adam", "nesterov"}));
  StudyData data = empty_study(space);
  for (int i = 0; i < 100; ++i) add_trial(data, Point({{"optimizer", i % 2 == 0 ? "adam" : "nesterov"}}), 0.1 * i);
  const Plot plot = axis_plots(data)[0];
  std::set<double> places;
  for (const PlotLayer& one : plot.layers) {
    for (const PlotPoint& point : std::get<PointLayer>(one).points) {
      const double category = static_cast<double>(*point.trial % 2);
      EXPECT_LE(std::fabs(point.x - category), 0.25);
      places.insert(point.x);
    }
  }
  EXPECT_EQ(places.size(), 100u);
  EXPECT_NE(plot.description.find("Best with adam: 0. Best with nesterov: 0.1."), std::string::npos)
      << plot.description;
}

TEST(AxisPlot, IsNotSquashedByAFewTerribleObjectives) {
  SearchSpace space;
  space.nuisance("x", uniform(0.0, 1.0));
  StudyData data = empty_study(space);
  for (int i = 0; i < 20; ++i) add_trial(data, Point({{"x", 0.05 * i}}), 0.1 + 0.01 * i);
  add_trial(data, Point({{"x", 0.5}}), 1e6);
  // Of 21 values the third quartile is the 16th, 0.25; four times as far from 0.1 as that is 0.7, and 4% more on either
  // side 0.024.
  const Plot plot = axis_plots(data)[0];
  EXPECT_NEAR(plot.y.high, 0.724, 1e-12);
  EXPECT_NEAR(plot.y.low, 0.076, 1e-12);
  const auto* beyond = layer<PointLayer>(plot, "worse than the axis shows");
  ASSERT_EQ(beyond->points.size(), 1u);
  EXPECT_EQ(beyond->points[0].y, plot.y.high);
  EXPECT_EQ(beyond->points[0].tooltip, "trial 20: x 0.5, validation_error 1e+06");
}

TEST(AxisPlot, IsLogarithmicWhereTheBetterTrialsSpanOrdersOfMagnitude) {
  SearchSpace space;
  space.nuisance("x", uniform(0.0, 1.0));
  StudyData data = empty_study(space);
  for (const double objective : {1e-4, 1e-3, 1e-2, 1e-1, 1.0}) add_trial(data, Point({{"x", 0.5}}), objective);
  const Plot plot = axis_plots(data)[0];
  EXPECT_EQ(plot.y.scale, AxisScale::log);
  EXPECT_GT(plot.y.low, 0.5e-4);
  EXPECT_LT(plot.y.low, 1e-4);
  EXPECT_GT(plot.y.high, 1.0);
  add_trial(data, Point({{"x", 0.5}}), 0.0);
  EXPECT_EQ(axis_plots(data)[0].y.scale, AxisScale::linear);
  EXPECT_FALSE(axis_plots(data)[0].y.switchable);
}

TEST(AxisPlot, SaysWhereTheBestLieAndWhereTrialsAreInfeasible) {
  SearchSpace space;
  space.nuisance("learning_rate", log_uniform(1e-4, 1.0));
  StudyData data = empty_study(space);
  for (int i = 0; i <= 40; ++i) {
    const double rate = std::pow(10.0, -4.0 + 0.1 * i);
    add_trial(data, Point({{"learning_rate", i == 40 ? 1.0 : rate}}),
              i > 25 ? std::nullopt : std::optional(1.0 - 0.01 * i));
  }
  const Plot plot = axis_plots(data, {.best_trials = 2})[0];
  EXPECT_NE(plot.description.find("41 trials, 15 of them infeasible."), std::string::npos) << plot.description;
  EXPECT_NE(plot.description.find("The best 2 lie from 0.0251189 to 0.0316228"), std::string::npos) << plot.description;
  EXPECT_NE(plot.description.find("15 of the 15 trials above"), std::string::npos) << plot.description;
}

TEST(ObjectivePlot, HasTheBestSoFarAsSteps) {
  const Plot plot = objective_plot(four_trials(), {.best_trials = 1});
  const auto* line = layer<LineLayer>(plot, "best so far");
  EXPECT_EQ(line->lines[0].x, (std::vector<double>{0, 1, 1, 3, 3, 3.5}));
  EXPECT_EQ(line->lines[0].y, (std::vector<double>{0.3, 0.3, 0.2, 0.2, 0.1, 0.1}));
  EXPECT_EQ(layer<PointLayer>(plot, "infeasible")->points[0].x, 2.0);
  EXPECT_EQ(plot.x.low, -0.5);
  EXPECT_EQ(plot.x.high, 3.5);
  EXPECT_EQ(
      plot.description,
      "4 trials, 1 of them infeasible. The best so far improved 2 times; the best of all, 0.1, is that of trial 3.");
}

}  // namespace
}  // namespace eigentune
