#include <eigentune/report/best_step_plot.hpp>
#include <eigentune/report/importance_plot.hpp>
#include <eigentune/report/pair_plot.hpp>
#include <eigentune/report/parallel_coordinates.hpp>
#include <eigentune/report/plot_sections.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "analysis/hand_made.hpp"
#include "report/study_by_hand.hpp"
#include "support/special_values.hpp"

namespace eigentune {
namespace {

using support::add_trial;
using support::curve_of;
using support::empty_study;
using support::layer;
using support::study_of;
using support::unit;

using support::nan;

void expect_valid(const PlotAxis& axis, const std::string& id) {
  EXPECT_TRUE(is_finite(axis.low) && is_finite(axis.high) && is_finite(axis.high - axis.low)) << id;
  EXPECT_LT(axis.low, axis.high) << id;
  EXPECT_FALSE(axis.title.empty() && axis.categories.empty()) << id;
  EXPECT_TRUE(axis.low > 0.0 || (axis.scale != AxisScale::log && !axis.switchable)) << id;
  EXPECT_TRUE(axis.high < 1.0 || axis.scale != AxisScale::one_minus_log) << id;
  if (axis.scale == AxisScale::category) {
    EXPECT_EQ(axis.low, -0.5) << id;
    EXPECT_EQ(axis.high, static_cast<double>(axis.categories.size()) - 0.5) << id;
  }
}

/// What holds for the sections of any study. Returns how many plots there are.
std::size_t expect_sound(const StudyData& data) {
  const std::vector<PlotSection> sections = plot_sections(data);
  std::vector<std::string> titles;
  std::set<std::string> ids;
  std::size_t plots = 0;
  for (const PlotSection& section : sections) {
    titles.push_back(section.title);
    EXPECT_TRUE(section.text.ends_with('.')) << section.title;
    for (const Plot& plot : section.plots) {
      ++plots;
      EXPECT_TRUE(ids.insert(plot.id).second) << plot.id;
      EXPECT_FALSE(plot.title.empty()) << plot.id;
      EXPECT_FALSE(plot.description.empty()) << plot.id;
      EXPECT_FALSE(plot.layers.empty()) << plot.id;
      expect_valid(plot.x, plot.id + " x");
      expect_valid(plot.y, plot.id + " y");
      for (const PlotLayer& one : plot.layers) {
        if (const auto* points = std::get_if<PointLayer>(&one)) {
          EXPECT_FALSE(points->points.empty()) << plot.id;
          for (const PlotPoint& point : points->points) {
            EXPECT_TRUE(plot.x.low <= point.x && point.x <= plot.x.high) << plot.id;
            EXPECT_TRUE(std::isnan(point.y) ? !plot.y.band.empty() : plot.y.low <= point.y && point.y <= plot.y.high)
                << plot.id;
          }
        }
      }
    }
  }
  EXPECT_EQ(titles, (std::vector<std::string>{
                        "Isolation plots", "Hyperparameter axis plots", "Best of n trials", "Training curves",
                        "Gradient norms", "Best steps", "Objective over trials", "Parallel coordinates",
                        "Importance of hyperparameters", "The two hyperparameters that matter most"}));
  return plots;
}

SearchSpace mixed_space() {
  SearchSpace space;
  const auto optimizer = space.scientific("optimizer", choice({"adam", "nesterov"}));
  space.nuisance("learning_rate", log_uniform(1e-5, 1e-1), optimizer.is("adam"));
  space.nuisance("learning_rate", log_uniform(1e-2, 10.0), optimizer.is("nesterov"));
  space.nuisance("momentum", one_minus_log_uniform(0.5, 0.99));
  space.nuisance("layers", log_integer(1, 100));
  space.nuisance("width", discrete({"small", "large"}));
  space.fixed("batch_size", 128);
  return space;
}

/// Every trial of `data` gets a curve with a row for each of three steps.
void add_curves(StudyData& data, double value) {
  for (const TrialRecord& trial : data.trials) {
    TrainingCurve curve;
    for (const std::int64_t step : {0, 1, 2}) {
      curve.add(step, {.training_loss = value, .validation_error = value, .gradient_norm = value});
    }
    data.curves.emplace(trial.number, curve);
  }
}

TEST(PlotSections, HaveEveryPlotOfAStudyWithEverything) {
  const SearchSpace space = mixed_space();
  StudyData data = study_of(space, 64, [&](const Point& point) -> std::optional<double> {
    const double momentum = unit(space, 3, point);
    if (momentum > 0.8) return std::nullopt;
    return 0.1 + (momentum - 0.5) * (momentum - 0.5);
  });
  add_curves(data, 0.5);
  for (TrialRecord& trial : data.trials) {
    if (trial.objective) trial.best_step = 1;
  }
  EXPECT_EQ(expect_sound(data), 1u + 6u + 1u + 2u + 2u + 1u + 1u + 1u + 1u + 1u);
}

TEST(PlotSections, SayWhyAStudyWithoutTrialsHasNoPlots) {
  EXPECT_EQ(expect_sound(StudyData{}), 0u);
  StudyData data = empty_study(mixed_space());
  EXPECT_EQ(expect_sound(data), 0u);
  EXPECT_EQ(plot_sections(data)[0].text, "No trial has ended yet.");
  data.trials.push_back({.number = 0, .state = TrialState::queued});
  data.trials.push_back({.number = 1, .state = TrialState::running});
  data.trials.push_back({.number = 2, .state = TrialState::failed});  // before it had a point
  expect_sound(data);
}

TEST(PlotSections, AreSoundForOneTrial) {
  StudyData data = study_of(mixed_space(), 1, [](const Point&) { return std::optional(0.25); });
  add_curves(data, 0.25);
  data.trials[0].best_step = 0;
  EXPECT_GT(expect_sound(data), 5u);
}

TEST(PlotSections, AreSoundWhereAllTrialsAreInfeasible) {
  StudyData data = study_of(mixed_space(), 20, [](const Point&) { return std::optional<double>(); });
  add_curves(data, nan);
  EXPECT_GT(expect_sound(data), 5u);
}

TEST(PlotSections, AreSoundForAnyObjective) {
  using Limits = std::numeric_limits<double>;
  for (const double objective : {0.0, 1.0, -3.0, 1e-310, Limits::max(), Limits::lowest(), Limits::denorm_min()}) {
    StudyData data = study_of(mixed_space(), 20, [&](const Point&) { return std::optional(objective); });
    add_curves(data, objective);
    for (const Direction direction : {Direction::minimize, Direction::maximize}) {
      data.definition.direction = direction;
      expect_sound(data);
    }
    data.trials[3].objective = Limits::max();
    data.trials[4].objective = Limits::lowest();
    data.trials[5].objective = nan;  // no storage takes it
    data.trials[6].objective = 1e-300;
    data.trials[7].objective = 1e-5;
    expect_sound(data);
    data.definition.direction = Direction::minimize;
    expect_sound(data);
  }
}

TEST(PlotSections, AreSoundForCurvesWithoutMetricAndOfUnknownTrials) {
  StudyData data = study_of(mixed_space(), 20, [](const Point&) { return std::optional(0.5); });
  for (int i = 0; i < 30; ++i) data.curves.emplace(i, curve_of(&CurveValues::learning_rate, {0.1, 0.2}));
  expect_sound(data);
  EXPECT_EQ(plot_sections(data)[3].text, "The training curves have no finite loss, error or metric.");
  data.curves.emplace(30, TrainingCurve());
  data.definition.metric = "";
  expect_sound(data);
}

TEST(PlotSections, AreSoundForChoicesAlone) {
  SearchSpace space;
  space.scientific("optimizer", choice({"adam", "nesterov"}));
  space.nuisance("<script>alert(1)</script>", choice({1, 2, 3}));
  const StudyData data = study_of(space, 30, [&](const Point& point) {
    return std::optional(point.get<std::string>("optimizer") == "adam" ? 0.1 : 0.2);
  });
  expect_sound(data);
  EXPECT_EQ(plot_sections(data)[1].plots[1].id, "axis-1-script-alert-1-script");
  EXPECT_EQ(plot_sections(data)[1].plots[1].x.title, "<script>alert(1)</script>");
  EXPECT_EQ(plot_sections(data)[9].text, "No two numeric hyperparameters have 8 trials in common.");
}

TEST(PlotSections, SayWhichOfManyMetricsAreNotPlotted) {
  StudyData data = study_of(mixed_space(), 2, [](const Point&) { return std::optional(0.5); });
  TrainingCurve curve;
  CurveValues row;
  for (int i = 0; i < 10; ++i) row.metrics[fmt::format("metric {}", i)] = 0.1 * i;
  curve.add(1, row);
  data.curves.emplace(0, curve);
  const PlotSection section = plot_sections(data)[3];
  EXPECT_EQ(section.plots.size(), 8u);
  EXPECT_TRUE(section.text.ends_with(" Not plotted besides: metric 8, metric 9.")) << section.text;
}

TEST(BestStepPlot, CountsShareOfMaxTrainStepsInTwentieths) {
  SearchSpace space;
  space.nuisance("x", uniform(0.0, 1.0));
  StudyData data = empty_study(space);
  for (const std::int64_t step : {100, 101, 0, 1000, 750}) {
    add_trial(data, Point({{"x", 0.5}}), 0.1 * static_cast<double>(data.trials.size())).best_step = step;
  }
  TrainingCurve curve;
  curve.add(1000, {.validation_error = 0.1});
  data.curves.emplace(0, curve);
  const Plot plot = best_step_plot(data);
  const auto* all = layer<RectangleLayer>(plot, "all trials");
  std::vector<double> ends;
  for (const PlotRectangle& bar : all->rectangles) {
    ends.push_back(bar.x_high);
    EXPECT_EQ(bar.y_high, 1.0);
  }
  ASSERT_EQ(ends.size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_NEAR(ends[i], (std::vector<double>{0.05, 0.1, 0.15, 0.75, 1.0})[i], 1e-12);
  }
  EXPECT_EQ(layer<RectangleLayer>(plot, "better half")->rectangles.size(), 3u);
  EXPECT_EQ(layer<RuleLayer>(plot, "10%: far too many steps")->value, 0.1);
  EXPECT_EQ(layer<RuleLayer>(plot, "75%: too few steps")->value, 0.75);
  EXPECT_EQ(plot.description,
            "Of 5 trials with a best step, 2 were best in the first 10% of the 1000 steps, and 2 in the last 25%.");
}

TEST(ParallelCoordinates, PlaceEachTrialOnEveryScale) {
  SearchSpace space;
  const auto optimizer = space.nuisance("optimizer", choice({"adam", "nesterov"}));
  space.nuisance("learning_rate", log_uniform(1e-4, 1.0));
  space.nuisance("momentum", uniform(0.0, 0.5), optimizer.is("nesterov"));
  StudyData data = empty_study(space);
  add_trial(data, Point({{"optimizer", "adam"}, {"learning_rate", 0.1}}), 1.0);
  add_trial(data, Point({{"optimizer", "nesterov"}, {"learning_rate", 1e-3}, {"momentum", 0.1}}), 2.0);
  add_trial(data, Point({{"optimizer", "nesterov"}, {"learning_rate", 1.0}, {"momentum", 0.5}}), std::nullopt);
  const Plot plot = parallel_coordinates_plot(data, {.best_trials = 1});
  EXPECT_EQ(plot.x.categories, (std::vector<std::string>{"optimizer", "learning_rate", "momentum[optimizer=nesterov]",
                                                         "validation_error"}));
  const PlotLine best = layer<LineLayer>(plot, "best trial")->lines.at(0);
  EXPECT_EQ(best.trial, 0);
  EXPECT_EQ(best.y[0], 0.25);
  EXPECT_NEAR(best.y[1], 0.75, 1e-12);
  EXPECT_TRUE(std::isnan(best.y[2]));
  EXPECT_NEAR(best.y[3], 0.04 / 1.08, 1e-12);  // 4% more than the range on either side
  const PlotLine other = layer<LineLayer>(plot, "trials")->lines.at(0);
  EXPECT_NEAR(other.y[1], 0.25, 1e-12);
  EXPECT_NEAR(other.y[2], 0.2, 1e-12);
  EXPECT_NEAR(other.y[3], 1.04 / 1.08, 1e-12);
  EXPECT_TRUE(std::isnan(layer<LineLayer>(plot, "infeasible")->lines.at(0).y[3]));
  const auto& texts = std::get<TextLayer>(plot.layers.back()).texts;
  EXPECT_EQ(texts[0].text, "adam");
  EXPECT_EQ(texts[0].y, 0.25);
  EXPECT_EQ(texts[2].text, "0.0001");
  EXPECT_LT(texts[2].y, 0.0);
  EXPECT_EQ(texts[3].text, "1");
}

TEST(ImportancePlot, HasTheMostImportantOnTop) {
  SearchSpace space;
  space.nuisance("weak", uniform(0.0, 1.0));
  space.nuisance("strong", uniform(0.0, 1.0));
  const StudyData data = study_of(space, 64, [&](const Point& point) {
    return std::optional(unit(space, 0, point) + 3.0 * unit(space, 1, point));
  });
  const Plot plot = importance_plot(data);
  EXPECT_EQ(plot.y.categories, (std::vector<std::string>{"weak", "strong"}));
  const auto& bars = std::get<RectangleLayer>(plot.layers.at(0)).rectangles;
  EXPECT_EQ(bars[0].y_low, 0.65);
  EXPECT_EQ(bars[0].x_low, 0.0);
  EXPECT_EQ(bars[0].x_high, hyperparameter_importances(data)->ranked[0].share);
  EXPECT_GT(bars[0].x_high, 0.8);
  EXPECT_LE(bars[0].x_high, plot.x.high);
}

TEST(PairPlot, ShowsTheTwoThatMatterMostOverHowGoodTheirNeighboursAre) {
  SearchSpace space;
  space.nuisance("idle", uniform(0.0, 1.0));
  space.nuisance("x", uniform(0.0, 1.0));
  space.nuisance("optimizer", choice({"adam", "nesterov"}));
  space.nuisance("rate", log_uniform(1e-4, 1.0));
  const StudyData data = study_of(space, 128, [&](const Point& point) -> std::optional<double> {
    const double x = unit(space, 1, point), rate = unit(space, 3, point);
    if (rate > 0.9) return std::nullopt;
    return (x - 0.25) * (x - 0.25) + 2.0 * (rate - 0.5) * (rate - 0.5);
  });
  const Plot plot = pair_plot(data);
  EXPECT_EQ(plot.title, "x against rate");
  EXPECT_EQ(plot.x.scale, AxisScale::log);
  const auto& cells = std::get<RectangleLayer>(plot.layers.at(0)).rectangles;
  ASSERT_FALSE(cells.empty());
  const PlotRectangle* best = &cells[0];
  for (const PlotRectangle& cell : cells) {
    ASSERT_TRUE(cell.shade && *cell.shade >= 0.0 && *cell.shade <= 1.0);
    if (*cell.shade > *best->shade) best = &cell;
  }
  EXPECT_NEAR(std::log10(best->x_low), -2.0, 0.5);
  EXPECT_NEAR(best->y_low, 0.25, 0.15);
  EXPECT_EQ(*best->shade, 1.0);
  EXPECT_LT(plot.shades->low, 0.35);
  EXPECT_GT(plot.shades->high, 0.8);
  EXPECT_FALSE(layer<PointLayer>(plot, "infeasible")->points.empty());
}

TEST(PairPlot, LeavesPlacesFarFromEveryTrialEmpty) {
  SearchSpace space;
  space.nuisance("x", uniform(0.0, 1.0));
  space.nuisance("y", uniform(0.0, 1.0));
  StudyData data = empty_study(space);
  for (int i = 0; i < 8; ++i) add_trial(data, Point({{"x", 0.1}, {"y", 0.01 * i}}), 0.1 * i);
  const Plot plot = pair_plot(data);
  // The width is 0.3 / 8^(1/6) = 0.3 / sqrt(2): no cell whose middle is further from x = 0.1 than twice that.
  for (const PlotRectangle& cell : std::get<RectangleLayer>(plot.layers.at(0)).rectangles) {
    EXPECT_LE(0.5 * (cell.x_low + cell.x_high), 0.1 + 0.6 / std::sqrt(2.0) + 1e-9);
  }
  data.trials.pop_back();
  EXPECT_TRUE(pair_plot(data).layers.empty());
}

}  // namespace
}  // namespace eigentune
