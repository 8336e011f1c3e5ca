#include <eigentune/report/bootstrap_plot.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "report/study_by_hand.hpp"

namespace eigentune {
namespace {

StudyData five_trials(double sign) {
  SearchSpace space;
  space.nuisance("x", uniform(0.0, 1.0));
  StudyData data = support::empty_study(space);
  for (const double objective : {0.4, 0.1, 0.8, 0.2}) support::add_trial(data, Point({{"x", 0.5}}), sign * objective);
  support::add_trial(data, Point({{"x", 0.9}}), std::nullopt);
  if (sign < 0.0) data.definition.direction = Direction::maximize;
  return data;
}

// best_of_n_oracle.py
constexpr std::array<std::array<double, 5>, 4> oracle = {
    {{0.1, 0.2, 0.4, 0.8, 0.8}, {0.1, 0.1, 0.2, 0.4, 0.8}, {0.1, 0.1, 0.1, 0.2, 0.4}, {0.1, 0.1, 0.1, 0.2, 0.4}}};

TEST(BootstrapPlot, HasTheExactQuantilesOfTheBestOfEveryPowerOfTwoAndOfAll) {
  const Plot plot = bootstrap_plot(five_trials(1.0));
  EXPECT_EQ(plot.x.categories, (std::vector<std::string>{"1", "2", "4", "5"}));
  const auto& boxes = std::get<BoxLayer>(plot.layers.at(0)).boxes;
  ASSERT_EQ(boxes.size(), oracle.size());
  for (std::size_t i = 0; i < oracle.size(); ++i) {
    EXPECT_EQ(boxes[i].x, static_cast<double>(i));
    EXPECT_EQ(boxes[i].lower_whisker, oracle[i][0]);
    EXPECT_EQ(boxes[i].lower_quartile, oracle[i][1]);
    EXPECT_EQ(boxes[i].median, oracle[i][2]);
    EXPECT_EQ(boxes[i].upper_quartile, oracle[i][3]);
    EXPECT_EQ(boxes[i].upper_whisker, oracle[i][4]);
  }
  EXPECT_EQ(plot.title, "best validation_error of n trials against n");
  EXPECT_EQ(boxes[1].tooltip, "best of 2: median 0.2, middle half from 0.1 to 0.4, 5% to 95% from 0.1 to 0.8");
}

TEST(BootstrapPlot, TurnsAroundWithTheDirection) {
  const Plot plot = bootstrap_plot(five_trials(-1.0));
  const auto& boxes = std::get<BoxLayer>(plot.layers.at(0)).boxes;
  for (std::size_t i = 0; i < oracle.size(); ++i) {
    EXPECT_EQ(boxes[i].lower_whisker, -oracle[i][4]);
    EXPECT_EQ(boxes[i].lower_quartile, -oracle[i][3]);
    EXPECT_EQ(boxes[i].median, -oracle[i][2]);
    EXPECT_EQ(boxes[i].upper_quartile, -oracle[i][1]);
    EXPECT_EQ(boxes[i].upper_whisker, -oracle[i][0]);
  }
}

TEST(BootstrapPlot, OfOneTrialHasOneBox) {
  SearchSpace space;
  space.nuisance("x", uniform(0.0, 1.0));
  StudyData data = support::empty_study(space);
  EXPECT_TRUE(bootstrap_plot(data).layers.empty());
  support::add_trial(data, Point({{"x", 0.9}}), std::nullopt);
  EXPECT_TRUE(bootstrap_plot(data).layers.empty());
  support::add_trial(data, Point({{"x", 0.9}}), 0.25);
  data.trials.erase(data.trials.begin());
  const Plot plot = bootstrap_plot(data);
  EXPECT_EQ(plot.x.categories, (std::vector<std::string>{"1"}));
  EXPECT_EQ(std::get<BoxLayer>(plot.layers.at(0)).boxes.at(0).median, 0.25);
  EXPECT_LT(plot.y.low, 0.25);
  EXPECT_GT(plot.y.high, 0.25);
}

}  // namespace
}  // namespace eigentune
