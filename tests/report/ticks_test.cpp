#include <eigentune/report/ticks.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "support/special_values.hpp"

namespace eigentune {
namespace {

using support::infinity;

using Labels = std::vector<std::string>;

/// The labels where each takes `extent` of an axis that is 300 long.
Labels labels(const PlotAxis& axis, double extent = 40.0) {
  Labels result;
  for (const Tick& tick : axis_ticks(axis, 300.0, [extent](const std::string&) { return extent; })) {
    if (!tick.label.empty()) result.push_back(tick.label);
  }
  return result;
}

TEST(Ticks, OfALinearAxisAreMultiplesOfOneTwoOrFive) {
  EXPECT_EQ(labels({.low = 0.0, .high = 1.0}), (Labels{"0", "0.2", "0.4", "0.6", "0.8", "1.0"}));
  EXPECT_EQ(labels({.low = 0.03, .high = 0.31}), (Labels{"0.05", "0.10", "0.15", "0.20", "0.25", "0.30"}));
  EXPECT_EQ(labels({.low = 0.0, .high = 20'000.0}, 70.0), (Labels{"0", "5,000", "10,000", "15,000", "20,000"}));
  EXPECT_EQ(labels({.low = -1.0, .high = 1.0}), (Labels{"-1.0", "-0.5", "0", "0.5", "1.0"}));
  EXPECT_EQ(labels({.low = 0.0, .high = 1e-6}, 55.0), (Labels{"0", "2e-07", "4e-07", "6e-07", "8e-07", "1e-06"}));
  EXPECT_EQ(labels({.low = 1e6, .high = 1.4e6}, 70.0),
            (Labels{"1,000,000", "1,100,000", "1,200,000", "1,300,000", "1,400,000"}));
  EXPECT_EQ(labels({.low = 1e9, .high = 3e9}, 70.0), (Labels{"1e+09", "1.5e+09", "2e+09", "2.5e+09", "3e+09"}));
}

TEST(Ticks, LabelsSayTheValueWithoutLoss) {
  for (const double high : {1e-9, 3e-5, 0.7, 12.0, 1234.0, 7e8, 3e22, 1e300}) {
    for (const AxisScale scale : {AxisScale::linear, AxisScale::log}) {
      const PlotAxis axis{.scale = scale, .low = high / 900.0, .high = high};
      const auto ticks = axis_ticks(axis, 300.0, [](const std::string&) { return 20.0; });
      EXPECT_GE(ticks.size(), 2u) << high;
      for (const Tick& tick : ticks) {
        std::string plain = tick.label;
        std::erase(plain, ',');
        if (!plain.empty()) {
          EXPECT_NEAR(std::stod(plain) / tick.value, 1.0, 1e-14) << tick.label;
        }
      }
    }
  }
}

TEST(Ticks, OfALogAxisAreDecadesWithOneTwoFiveWhereThereIsRoom) {
  const auto log = [](double low, double high) { return PlotAxis{.scale = AxisScale::log, .low = low, .high = high}; };
  EXPECT_EQ(labels(log(1e-5, 1e-1)), (Labels{"1e-05", "0.0001", "0.001", "0.01", "0.1"}));
  EXPECT_EQ(labels(log(0.01, 1.0)), (Labels{"0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "1"}));
  EXPECT_EQ(labels(log(0.01, 1.0), 60.0), (Labels{"0.01", "0.1", "1"}));
  EXPECT_EQ(labels(log(1e-12, 1e3), 60.0), (Labels{"1e-12", "1e-08", "0.0001", "1"}));
  EXPECT_EQ(labels(log(0.011, 0.018)), (Labels{"0.012", "0.014", "0.016", "0.018"}));
}

TEST(Ticks, OfALogAxisHaveMinorOnesWithoutALabel) {
  const PlotAxis axis{.scale = AxisScale::log, .low = 0.01, .high = 1.0};
  std::vector<double> minor;
  for (const Tick& tick : axis_ticks(axis, 300.0, [](const std::string&) { return 60.0; })) {
    if (tick.label.empty()) minor.push_back(tick.value);
  }
  EXPECT_EQ(minor, (std::vector<double>{0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7,
                                        0.8, 0.9}));
}

TEST(Ticks, OfAOneMinusLogAxisAreLabelledWithTheValue) {
  const PlotAxis axis{.scale = AxisScale::one_minus_log, .low = 0.9, .high = 0.9999};
  EXPECT_EQ(labels(axis), (Labels{"0.9", "0.99", "0.999", "0.9999"}));
  const auto ticks = axis_ticks(axis, 300.0, [](const std::string&) { return 40.0; });
  EXPECT_NEAR(ticks[1].position, 1.0 / 3.0, 1e-12);
  EXPECT_NEAR(ticks[2].position, 2.0 / 3.0, 1e-12);
  EXPECT_EQ(labels({.scale = AxisScale::one_minus_log, .low = 0.5, .high = 0.99}),
            (Labels{"0.5", "0.8", "0.9", "0.95", "0.98", "0.99"}));
}

TEST(Ticks, OfWholeNumbersAreWhole) {
  EXPECT_EQ(labels({.low = 0.5, .high = 3.5, .whole_numbers = true}), (Labels{"1", "2", "3"}));
  EXPECT_EQ(labels({.scale = AxisScale::log, .low = 1.0, .high = 6.0, .whole_numbers = true}), (Labels{"1", "2", "5"}));
  EXPECT_EQ(labels({.low = 3.1, .high = 3.9, .whole_numbers = true}), Labels{});
}

TEST(Ticks, OfTooManyCategoriesAreThinned) {
  PlotAxis axis{.scale = AxisScale::category, .categories = {"a", "b", "c", "d", "e"}};
  EXPECT_EQ(labels(axis), (Labels{"a", "b", "c", "d", "e"}));
  EXPECT_EQ(labels(axis, 100.0), (Labels{"a", "c", "e"}));
  const auto ticks = axis_ticks(axis, 300.0, [](const std::string&) { return 40.0; });
  EXPECT_DOUBLE_EQ(ticks[0].position, 0.1);
  EXPECT_DOUBLE_EQ(ticks[4].position, 0.9);
  axis.categories.clear();
  EXPECT_EQ(labels(axis), Labels{});
}

TEST(Ticks, NeverTouchAndStayOnTheAxis) {
  for (const double low : {-1e5, -3.0, 0.0, 1e-7, 0.2, 5.0, 1e12}) {
    for (const double range : {1e-6, 0.3, 7.0, 1e4, 1e15}) {
      for (const double extent : {10.0, 50.0, 170.0}) {
        const PlotAxis axis{.scale = low > 0.0 ? AxisScale::log : AxisScale::linear, .low = low, .high = low + range};
        double last = -1e9;
        for (const Tick& tick : axis_ticks(axis, 300.0, [extent](const std::string&) { return extent; })) {
          EXPECT_GE(tick.position, 0.0);
          EXPECT_LE(tick.position, 1.0);
          if (tick.label.empty()) continue;
          EXPECT_GE((tick.position - last) * 300.0, extent) << low << " + " << range;
          last = tick.position;
        }
      }
    }
  }
}

TEST(AxisMap, WorksForAxesThatAreNone) {
  constexpr double most = std::numeric_limits<double>::max();
  const std::vector<double> ends = {-infinity, -most,
                                    -1e308,    -1.0,
                                    -5e-324,   0.0,
                                    5e-324,    1e-310,
                                    0.5,       0x1.fffffffffffffp-1,
                                    1.0,       0x1.0000000000001p0,
                                    1e15,      1e15 + 1.0,
                                    1e308,     most,
                                    infinity,  std::nan("")};
  for (const AxisScale scale : {AxisScale::linear, AxisScale::log, AxisScale::one_minus_log, AxisScale::category}) {
    for (const double low : ends) {
      for (const double high : ends) {
        for (const bool whole_numbers : {false, true}) {
          const PlotAxis axis{.scale = scale, .low = low, .high = high, .whole_numbers = whole_numbers};
          const AxisMap map(axis);
          EXPECT_LT(map.low(), map.high());
          EXPECT_DOUBLE_EQ(map.position(map.low()).value(), 0.0) << low << ' ' << high;
          EXPECT_DOUBLE_EQ(map.position(map.high()).value(), 1.0) << low << ' ' << high;
          for (const Tick& tick : axis_ticks(axis, 300.0, [](const std::string&) { return 40.0; })) {
            EXPECT_TRUE(tick.position >= 0.0 && tick.position <= 1.0) << low << ' ' << high << ' ' << tick.position;
          }
        }
      }
    }
  }
}

/// Of ends whose logarithms are equal, and of ones that have few others between theirs.
TEST(AxisMap, IsLinearWhereALogScaleIsStraight) {
  for (const double low : {1e-290, 0.3, 1e15, 1e17}) {
    for (const double ratio : {1e-15, 1e-12, 1e-8}) {
      const AxisMap map({.scale = AxisScale::log, .low = low, .high = low * (1.0 + ratio)});
      EXPECT_EQ(map.scale(), AxisScale::linear);
      EXPECT_NEAR(map.position(low * (1.0 + 0.5 * ratio)).value(), 0.5, ratio == 1e-15 ? 0.2 : 1e-3);
    }
  }
  EXPECT_EQ(AxisMap({.scale = AxisScale::log, .low = 1.0, .high = 1.001}).scale(), AxisScale::log);
  EXPECT_EQ(AxisMap({.scale = AxisScale::one_minus_log, .low = 0.0, .high = 1e-310}).scale(), AxisScale::linear);
}

TEST(AxisMap, EqualRatiosAreEqualLengthsOnALogScale) {
  const AxisMap log({.scale = AxisScale::log, .low = 1e-4, .high = 1.0});
  EXPECT_DOUBLE_EQ(log.position(1e-2).value(), 0.5);
  EXPECT_FALSE(log.position(0.0));
  EXPECT_FALSE(log.position(std::nan("")));
  const AxisMap one_minus({.scale = AxisScale::one_minus_log, .low = 0.0, .high = 0.9999});
  EXPECT_NEAR(one_minus.position(0.99).value(), 0.5, 1e-12);
  EXPECT_FALSE(one_minus.position(1.0));
  EXPECT_DOUBLE_EQ(AxisMap({.low = -1.0, .high = 3.0}).position(5.0).value(), 1.5);
}

}  // namespace
}  // namespace eigentune
