#include <eigentune/report/svg.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "report/document.hpp"
#include "report/sample_plots.hpp"
#include "support/special_values.hpp"

namespace eigentune {
namespace {

using support::infinity;

using support::document_problem, support::occurrences;

/// Two points on axes of which the places are known: the text of an attribute-free drawing starts after the clip path.
std::string marks_of(const Plot& plot, const SvgOptions& options = {}) {
  const std::string drawn = svg(plot, options);
  return drawn.substr(drawn.find("</clipPath>") + 11);
}

TEST(Svg, IsWellFormedForEveryKindOfLayer) {
  for (const Plot& plot : support::sample_plots()) {
    for (const bool standalone : {true, false}) {
      EXPECT_EQ(document_problem(svg(plot, {.standalone = standalone})), "") << plot.id;
    }
  }
  EXPECT_EQ(document_problem(svg({})), "");
}

TEST(Svg, SaysWhatItIsToThoseWhoDoNotSeeIt) {
  const std::string drawn = svg(support::axis_plot());
  EXPECT_NE(drawn.find("role=\"img\""), std::string::npos);
  EXPECT_NE(drawn.find("aria-labelledby=\"axis-title axis-description\""), std::string::npos);
  EXPECT_NE(drawn.find("<title id=\"axis-title\">validation_error against learning_rate</title>"), std::string::npos);
  EXPECT_NE(drawn.find("<desc id=\"axis-description\">64 trials."), std::string::npos);
}

TEST(Svg, DrawsEachMarkOnceWithItsTrialAndTooltip) {
  const std::string drawn = svg(support::axis_plot());
  for (int trial = 0; trial < 64; ++trial) {
    EXPECT_EQ(occurrences(drawn, fmt::format("data-trial=\"{}\"", trial)), 1) << trial;
    EXPECT_EQ(occurrences(drawn, fmt::format("<title>trial {}\n", trial)), 1) << trial;
  }
}

TEST(Svg, ShowsTextsOfUsersAsTheyAre) {
  const std::string hostile = "<script>alert(1)</script>\"'&\x01\xFF";
  Plot plot{.id = "hostile",
            .title = hostile,
            .description = hostile,
            .x = {.title = hostile, .scale = AxisScale::category, .categories = {hostile}},
            .y = {.title = hostile, .band = hostile},
            .layers = {PointLayer{.label = hostile, .points = {{0.0, 0.5, 1, hostile}}},
                       LineLayer{.label = hostile, .lines = {{{0.0}, {0.5}, 1, hostile}}},
                       BoxLayer{.label = hostile, .boxes = {{0, 0, 0.1, 0.2, 0.3, 0.4, hostile}}},
                       RectangleLayer{.label = hostile, .rectangles = {{-0.2, 0.2, 0.0, 0.5, 0.3, hostile}}},
                       RuleLayer{.label = hostile}, TextLayer{{{0.0, 0.5, hostile}}}},
            .shades = Plot::Shades{.title = hostile}};
  const std::string drawn = svg(plot);
  EXPECT_EQ(document_problem(drawn), "");
  EXPECT_EQ(occurrences(drawn, "<script"), 0);
  EXPECT_GT(occurrences(drawn, "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;\xEF\xBF\xBD\xEF\xBF\xBD"), 5);
}

TEST(Svg, PutsAMarkWhereItsValuesAre) {
  const Plot plot{.id = "p", .layers = {PointLayer{.points = {{0.0, 0.0}, {1.0, 1.0}, {0.25, 0.5}}}}};
  const std::string drawn = svg(plot, {.plot_height = 200.0});
  const SvgLayout layout(plot, {.plot_height = 200.0}, 0.0);
  EXPECT_DOUBLE_EQ(layout.bottom - layout.top, 200.0);
  const auto circle = [](double x, double y) {
    return fmt::format("<circle cx=\"{}\" cy=\"{}\"", coordinate(x, 1), coordinate(y, 1));
  };
  EXPECT_EQ(occurrences(drawn, circle(layout.left, layout.bottom)), 1);
  EXPECT_EQ(occurrences(drawn, circle(layout.right, layout.top)), 1);
  EXPECT_EQ(occurrences(drawn, circle(layout.left + 0.25 * (layout.right - layout.left), layout.bottom - 100.0)), 1);
}

TEST(Svg, DrawsWhatIsBeyondAnEndAtThatEndAndWhatIsNotFiniteInTheBand) {
  Plot plot{.id = "p", .layers = {PointLayer{.points = {{0.5, 7.0}, {0.5, support::nan}}}}};
  EXPECT_EQ(occurrences(marks_of(plot), "<circle"), 1);  // there is no band
  plot.y.band = "infeasible";
  const std::string drawn = marks_of(plot);
  EXPECT_EQ(occurrences(drawn, "<circle"), 2);
  const SvgLayout layout(plot, {}, 0.0);
  EXPECT_EQ(occurrences(drawn, fmt::format("cy=\"{}\"", coordinate(layout.y.to, 1))), 1);
  EXPECT_EQ(occurrences(drawn, fmt::format("cy=\"{}\"", coordinate(layout.top + 15.0, 1))), 1);
  EXPECT_EQ(occurrences(svg(plot), ">infeasible<"), 1);
}

TEST(Svg, InterruptsALineWhereItHasNoValue) {
  const double gap = support::nan;
  const Plot plot{.id = "p", .layers = {LineLayer{.lines = {{{0.0, 0.1, 0.2, 0.3, 0.4}, {0.5, 0.6, gap, 0.2, 0.1}}}}}};
  const std::string drawn = marks_of(plot);
  const std::string path = drawn.substr(drawn.find("d=\"") + 3);
  EXPECT_EQ(occurrences(path.substr(0, path.find('"')), "M"), 2);
}

TEST(Svg, DrawsAPointOfALineWithoutNeighboursAsADot) {
  const Plot plot{.id = "p", .layers = {LineLayer{.lines = {{{0.0, 0.1, 0.2}, {0.5, support::nan, 0.1}}}}}};
  EXPECT_EQ(occurrences(marks_of(plot), "l0 0"), 2);
}

TEST(Svg, PathsDoNotDriftAwayFromTheirPoints) {
  report_detail::PathData path(1);
  path.move_to(0.04, 0.04);
  for (int i = 1; i <= 1000; ++i) path.line_to(0.04 * (i + 1), 10.0 + 0.1 * (i % 2));
  double x = 0.0;  // the sum of what was written
  const std::string& text = path.text();
  EXPECT_EQ(text.substr(0, 8), "M0 0l.1 ");
  // Each pair is "x y": add up the first ones.
  std::string spaced;
  for (const char c : text.substr(text.find('l') + 1)) {
    if (c == '-' || c == ' ') spaced += ' ';
    if (c != ' ') spaced += c;
  }
  std::size_t from = 0;
  for (int i = 0; from < spaced.size(); ++i) {
    std::size_t used = 0;
    const double number = std::stod(spaced.substr(from), &used);
    if (i % 2 == 0) x += number;
    from += used;
  }
  EXPECT_NEAR(x, 40.0, 0.051);
}

TEST(Svg, OffersTheOtherScaleWhereBothMakeSense) {
  Plot plot{.id = "p", .y = {.scale = AxisScale::log, .low = 0.01, .high = 1.0, .switchable = true}};
  const std::string drawn = svg(plot);
  EXPECT_NE(drawn.find(" data-y=\"log 0.01 1 "), std::string::npos);
  EXPECT_EQ(occurrences(drawn, "class=\"ticks y-log\">"), 1);
  EXPECT_EQ(occurrences(drawn, "class=\"ticks y-linear\" display=\"none\">"), 1);
  plot.y = {.low = 0.0, .switchable = true};  // 0 is not on a log scale
  EXPECT_EQ(occurrences(svg(plot), "data-y"), 0);
}

TEST(Svg, ShortensLongLabelsAndSaysThemInATooltip) {
  const std::string drawn = svg(support::category_plot());
  EXPECT_NE(drawn.find("<title>relu of a long name, number 0</title>relu"), std::string::npos);
}

TEST(Svg, SurvivesAxesAndValuesThatAreNone) {
  const std::vector<double> values = {support::nan, infinity, -infinity, 0.0, -1.0, 1e308, 1e-320};
  for (const AxisScale scale : {AxisScale::linear, AxisScale::log, AxisScale::one_minus_log, AxisScale::category}) {
    for (const double low : values) {
      for (const double high : values) {
        Plot plot{.id = "p", .y = {.scale = scale, .low = low, .high = high, .switchable = true}};
        PointLayer points;
        BoxLayer boxes;
        RectangleLayer bars;
        for (const double value : values) {
          points.points.push_back({0.5, value});
          boxes.boxes.push_back({0.5, value, value, value, value, value});
          bars.rectangles.push_back({0.1, 0.2, value, 1.0, value});
          plot.layers.push_back(RuleLayer{.label = "r", .vertical = false, .value = value});
        }
        plot.layers.insert(plot.layers.end(),
                           {points, boxes, bars, LineLayer{.lines = {{values, values}, {{1.0}, {}}}}});
        const std::string drawn = svg(plot);
        EXPECT_EQ(document_problem(drawn), "");
        EXPECT_EQ(occurrences(marks_of(plot), "nan") + occurrences(marks_of(plot), "inf"), 0);
      }
    }
  }
}

TEST(Svg, IsTheSameForTheSamePlot) {
  for (const Plot& plot : support::sample_plots()) EXPECT_EQ(svg(plot), svg(plot));
}

TEST(Palette, MarksHaveAContrastOfThreeToOneAndTextOfFourAndAHalf) {
  // Relative luminance and contrast as in WCAG 2.
  const auto luminance = [](std::string_view colour) {
    double sum = 0.0;
    for (const auto& [at, weight] : {std::pair{1, 0.2126}, std::pair{3, 0.7152}, std::pair{5, 0.0722}}) {
      const double part = std::stoi(std::string(colour.substr(static_cast<std::size_t>(at), 2)), nullptr, 16) / 255.0;
      sum += weight * (part <= 0.03928 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4));
    }
    return sum;
  };
  const auto contrast = [&](std::string_view a, std::string_view b) {
    const double x = luminance(a) + 0.05, y = luminance(b) + 0.05;
    return x > y ? x / y : y / x;
  };
  const auto colour = [](std::string_view name, bool dark) {
    for (const PaletteColour& one : palette) {
      if (one.name == name) return dark ? one.dark : one.light;
    }
    return std::string_view("#000000");
  };
  for (const bool dark : {false, true}) {
    const std::string_view surface = colour("surface", dark);
    for (int tone = 0; tone <= static_cast<int>(Tone::sixth); ++tone) {
      const std::string_view name = to_string(static_cast<Tone>(tone));
      EXPECT_GE(contrast(colour(name, dark), surface), 3.0) << name;
    }
    for (const std::string_view name : {"text", "soft", "link", "infeasible", "good", "highlight"}) {
      for (const std::string_view under : {"surface", "page", "wash"}) {
        EXPECT_GE(contrast(colour(name, dark), colour(under, dark)), 4.5) << name << " on " << under;
      }
    }
  }
}

}  // namespace
}  // namespace eigentune
