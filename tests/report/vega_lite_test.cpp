#include <eigentune/report/vega_lite.hpp>

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "report/sample_plots.hpp"

namespace eigentune {
namespace {

nlohmann::json specification(const Plot& plot) {
  return nlohmann::json::parse(vega_lite(plot));
}

TEST(VegaLite, NamesItsSchemaTitleAndDescription) {
  const auto written = specification(support::axis_plot());
  EXPECT_EQ(written["$schema"], "https://vega.github.io/schema/vega-lite/v5.json");
  EXPECT_EQ(written["title"], "validation_error against learning_rate");
  EXPECT_TRUE(written["layer"].is_array());
}

TEST(VegaLite, HasEveryPointOnceThoseWithoutAValueInTheBand) {
  const auto written = specification(support::axis_plot());
  int points = 0, in_band = 0;
  for (const auto& layer : written["layer"]) {
    if (layer["mark"]["type"] != "point") continue;
    points += static_cast<int>(layer["data"]["values"].size());
    if (layer["encoding"]["y"] == nlohmann::json{{"value", 0}})
      in_band += static_cast<int>(layer["data"]["values"].size());
  }
  EXPECT_EQ(points, 64);
  int infeasible = 0;
  const Plot plot = support::axis_plot();
  for (const PlotPoint& point : std::get<PointLayer>(plot.layers[2]).points) infeasible += is_finite(point.y) ? 0 : 1;
  EXPECT_GT(infeasible, 0);
  EXPECT_EQ(in_band, infeasible);
}

TEST(VegaLite, DrawsOneMinusLogAsAReversedLogScaleThatIsLabelledWithTheValue) {
  const auto written = specification({.id = "p",
                                      .y = {.scale = AxisScale::one_minus_log, .low = 0.5, .high = 0.75},
                                      .layers = {PointLayer{.points = {{0.5, 0.625}}}}});
  const auto& layer = written["layer"][0];
  const auto& y = layer["encoding"]["y"];
  EXPECT_EQ(y["scale"]["type"], "log");
  EXPECT_EQ(y["scale"]["reverse"], true);
  EXPECT_EQ(y["scale"]["domain"], (nlohmann::json{0.25, 0.5}));
  EXPECT_EQ(layer["data"]["values"][0]["y"], 0.375);
}

/// d3's 'g' writes 1e-7 where 'f' has 0, and six digits of 1 - 1e-9 are 1.
TEST(VegaLite, LabelsOfAOneMinusLogAxisHaveTheDigitsThatItTakes) {
  const auto label = [](double low, double high) -> std::string {
    const auto written = specification({.id = "p",
                                        .x = {.scale = AxisScale::one_minus_log, .low = low, .high = high},
                                        .layers = {PointLayer{.points = {{low, 0.5}}}}});
    return written["layer"][0]["encoding"]["x"]["axis"]["labelExpr"];
  };
  EXPECT_EQ(label(0.0, 0.99), "format(1 - datum.value, '.6~g')");
  EXPECT_EQ(label(0.5, 1.0 - 0x1p-30), "format(1 - datum.value, '.11~g')");  // 9.3e-10
  EXPECT_EQ(label(0.5, 1.0 - 0x1p-53), "format(1 - datum.value, '.15~g')");
}

TEST(VegaLite, QuotesCategoriesWithinAnExpression) {
  const auto written = specification({.id = "p",
                                      .x = {.scale = AxisScale::category, .categories = {"a\"b", "c'\\", "\xFF"}},
                                      .layers = {PointLayer{.points = {{0.0, 0.5}}}}});
  EXPECT_EQ(written["layer"][0]["encoding"]["x"]["axis"]["labelExpr"], R"(["a\"b","c'\\","\ufffd"][datum.value])");
}

TEST(VegaLite, BreaksALineWhereItHasNoValue) {
  const auto written =
      specification({.id = "p", .layers = {LineLayer{.lines = {{{0.0, 0.5, 1.0}, {0.1, support::nan, 0.3}}}}}});
  const auto& rows = written["layer"][0]["data"]["values"];
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_NE(rows[0]["line"], rows[1]["line"]);
}

TEST(VegaLite, IsWrittenForEveryPlotAndNoNumberIsNull) {
  for (const Plot& plot : support::sample_plots()) {
    const auto written = specification(plot);
    for (const auto& layer : written["layer"]) {
      for (const auto& row : layer["data"]["values"]) {
        for (const auto& [key, value] : row.items()) EXPECT_FALSE(value.is_null()) << plot.id << " " << key;
      }
    }
    EXPECT_EQ(vega_lite(plot), vega_lite(plot));
  }
  EXPECT_EQ(specification({})["layer"].size(), 1u);
}

}  // namespace
}  // namespace eigentune
