#include <eigentune/analysis/t_test_power.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

namespace eigentune {
namespace {

TEST(TTestPower, IsTheTailOfNoncentralT) {
  struct Case {
    double noncentrality, degrees_of_freedom, level, power;
  };
  const Case cases[] = {
      // from adoption_oracle.py
      {-1.0, 1.0, 0.025, 0.005226},     {-1.0, 1.0, 0.003125, 0.000653}, {-1.0, 2.0, 0.025, 0.003884},
      {-1.0, 2.0, 0.003125, 0.000473},  {-1.0, 4.0, 0.025, 0.002797},    {-1.0, 4.0, 0.003125, 0.000303},
      {-1.0, 7.3, 0.025, 0.002227},     {-1.0, 7.3, 0.003125, 0.000206}, {-1.0, 38.0, 0.025, 0.001666},
      {-1.0, 38.0, 0.003125, 0.000113}, {-1.0, 998.0, 0.025, 0.001543},  {-1.0, 998.0, 0.003125, 0.000095},
      {0.5, 1.0, 0.025, 0.043694},      {0.5, 1.0, 0.003125, 0.005466},  {0.5, 2.0, 0.025, 0.050842},
      {0.5, 2.0, 0.003125, 0.006484},   {0.5, 4.0, 0.025, 0.058764},     {0.5, 4.0, 0.003125, 0.008073},
      {0.5, 7.3, 0.025, 0.064047},      {0.5, 7.3, 0.003125, 0.009562},  {0.5, 38.0, 0.025, 0.070447},
      {0.5, 38.0, 0.003125, 0.011965},  {0.5, 998.0, 0.025, 0.072084},   {0.5, 998.0, 0.003125, 0.012699},
      {2.0, 1.0, 0.025, 0.125223},      {2.0, 1.0, 0.003125, 0.015732},  {2.0, 2.0, 0.025, 0.218004},
      {2.0, 2.0, 0.003125, 0.030674},   {2.0, 4.0, 0.025, 0.335811},     {2.0, 4.0, 0.003125, 0.067792},
      {2.0, 7.3, 0.025, 0.412195},      {2.0, 7.3, 0.003125, 0.114860},  {2.0, 38.0, 0.025, 0.495767},
      {2.0, 38.0, 0.003125, 0.202825},  {2.0, 998.0, 0.025, 0.515201},   {2.0, 998.0, 0.003125, 0.230223},
      {4.0, 1.0, 0.025, 0.246355},      {4.0, 1.0, 0.003125, 0.031324},  {4.0, 2.0, 0.025, 0.564514},
      {4.0, 2.0, 0.003125, 0.100537},   {4.0, 4.0, 0.025, 0.843296},     {4.0, 4.0, 0.003125, 0.337673},
      {4.0, 7.3, 0.025, 0.930189},      {4.0, 7.3, 0.003125, 0.599881},  {4.0, 38.0, 0.025, 0.973630},
      {4.0, 38.0, 0.003125, 0.856982},  {4.0, 998.0, 0.025, 0.979134},   {4.0, 998.0, 0.003125, 0.895829},
  };
  for (const auto& [noncentrality, degrees_of_freedom, level, power] : cases) {
    EXPECT_NEAR(t_test_power(noncentrality, degrees_of_freedom, level), power, degrees_of_freedom < 2.0 ? 0.003 : 1e-4)
        << noncentrality << ", " << degrees_of_freedom << ", " << level;
  }
}

TEST(TTestPower, IsTheLevelWithoutDifference) {
  for (const double degrees : {2.0, 3.0, 40.0}) EXPECT_NEAR(t_test_power(0.0, degrees, 0.05), 0.05, 1e-4);
}

/// Of infinitely many degrees of freedom: P(Z > z - noncentrality), which is 1/2 at the noncentrality of the level.
TEST(TTestPower, GoesToTheNormalTestsWithManyDegreesOfFreedom) {
  for (const double degrees : {1e7, 1e9, 1e15, 1e30, 1e300}) {
    EXPECT_NEAR(t_test_power(1.6448536269514722, degrees, 0.05), 0.5, 1e-4) << degrees;
    EXPECT_NEAR(t_test_power(0.0, degrees, 0.05), 0.05, 1e-4) << degrees;
  }
}

TEST(TTestPower, RefusesWhatHasNoAnswer) {
  EXPECT_THROW(t_test_power(std::nan(""), 4.0, 0.05), std::invalid_argument);
  EXPECT_THROW(t_test_power(1.0, 0.5, 0.05), std::invalid_argument);
  EXPECT_THROW(t_test_power(1.0, 4.0, 0.0), std::invalid_argument);
  EXPECT_THROW(t_test_power(1.0, 4.0, 1.0), std::invalid_argument);
}

}  // namespace
}  // namespace eigentune
