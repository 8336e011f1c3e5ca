#include <eigentune/report/isolation_plot.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "report/study_by_hand.hpp"

namespace eigentune {
namespace {

using support::add_trial;
using support::empty_study;
using support::layer;

TEST(IsolationPlot, HasTheBestTrialOfEachValueAndTheOthersBehind) {
  SearchSpace space;
  space.scientific("optimizer", choice({"adam", "nesterov", "sgd"}));
  space.nuisance("learning_rate", log_uniform(1e-4, 1.0));
  StudyData data = empty_study(space);
  const auto add = [&](const char* optimizer, std::optional<double> objective) {
    add_trial(data, Point({{"optimizer", optimizer}, {"learning_rate", 0.1}}), objective);
  };
  add("adam", 0.3);
  add("nesterov", 0.2);
  add("adam", 0.1);
  add("nesterov", 0.4);
  add("sgd", std::nullopt);
  const std::vector<Plot> plots = isolation_plots(data);
  ASSERT_EQ(plots.size(), 1u);
  EXPECT_EQ(plots[0].title, "best validation_error for each value of optimizer");
  EXPECT_EQ(plots[0].x.categories, (std::vector<std::string>{"adam", "nesterov", "sgd"}));
  const auto* best = layer<PointLayer>(plots[0], "best of each value");
  ASSERT_EQ(best->points.size(), 2u);
  EXPECT_EQ(best->points[0].x, 0.0);
  EXPECT_EQ(best->points[0].y, 0.1);
  EXPECT_EQ(best->points[0].trial, 2);
  EXPECT_EQ(best->points[1].x, 1.0);
  EXPECT_EQ(best->points[1].y, 0.2);
  const auto* all = layer<PointLayer>(plots[0], "trials");
  EXPECT_EQ(all->points.size(), 4u);
  EXPECT_EQ(all->tone, Tone::muted);
  EXPECT_EQ(layer<PointLayer>(plots[0], "infeasible")->points.size(), 1u);
  EXPECT_EQ(layer<LineLayer>(plots[0]), nullptr);  // there is nothing between adam and nesterov
  EXPECT_EQ(plots[0].description,
            "The best validation_error of each value of optimizer: adam: 0.1, the best of 2 in trial 2. nesterov: 0.2, "
            "the best of 2 in trial 1. sgd: all 1 infeasible. The best of all has optimizer adam. Compared: adam has "
            "the best trial, but that may be luck.");
}

TEST(IsolationPlot, BucketsAContinuousAxis) {
  SearchSpace space;
  space.scientific("weight_decay", log_uniform(1e-5, 1e-1));  // four buckets: a power of ten each
  StudyData data = empty_study(space);
  for (const double decay : {2e-5, 5e-5, 3e-4, 4e-3, 6e-3, 2e-2}) {
    add_trial(data, Point({{"weight_decay", decay}}), std::fabs(std::log10(decay) + 2.0));
  }
  const Plot plot = isolation_plots(data).at(0);
  const auto* best = layer<PointLayer>(plot, "best of each bucket");
  ASSERT_EQ(best->points.size(), 4u);
  EXPECT_EQ(best->points[0].x, 5e-5);
  EXPECT_EQ(best->points[1].x, 3e-4);
  EXPECT_EQ(best->points[2].x, 6e-3);
  EXPECT_EQ(best->points[3].x, 2e-2);
  EXPECT_EQ(best->points[2].trial, 4);
  const auto& line = layer<LineLayer>(plot)->lines.at(0);
  EXPECT_EQ(line.x, (std::vector<double>{5e-5, 3e-4, 6e-3, 2e-2}));
  std::vector<double> bounds;
  for (const PlotLayer& one : plot.layers) {
    if (const auto* rule = std::get_if<RuleLayer>(&one)) bounds.push_back(rule->value);
  }
  ASSERT_EQ(bounds.size(), 3u);
  EXPECT_NEAR(bounds[0], 1e-4, 1e-16);
  EXPECT_NEAR(bounds[2], 1e-2, 1e-14);
  EXPECT_NE(plot.description.find("The best of all has weight_decay 0.001 to 0.01."), std::string::npos)
      << plot.description;
}

TEST(IsolationPlot, IsMadeOfNuisanceHyperparametersWhereNoneIsScientific) {
  SearchSpace space;
  space.nuisance("x", uniform(0.0, 1.0));
  space.nuisance("layers", integer(1, 3));
  space.fixed("batch_size", 128);
  StudyData data = empty_study(space);
  add_trial(data, Point({{"x", 0.1}, {"layers", 2}, {"batch_size", 128}}), 0.5);
  const std::vector<Plot> plots = isolation_plots(data);
  ASSERT_EQ(plots.size(), 2u);
  EXPECT_EQ(plots[1].id, "isolation-1-layers");
  EXPECT_EQ(layer<PointLayer>(plots[1], "best of each value")->points.at(0).x, 2.0);
}

}  // namespace
}  // namespace eigentune
