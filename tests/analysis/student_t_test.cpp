#include <eigentune/analysis/incomplete_beta.hpp>
#include <eigentune/analysis/student_t.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "support/expect.hpp"
#include "support/special_values.hpp"

namespace eigentune {
namespace {

using support::error_of;
using support::infinity;
using support::nan;

TEST(StudentT, QuantilesAreThoseOfTheIncompleteBetaFunction) {
  struct Case {
    double p, degrees, t;
  };
  const Case cases[] = {
      // from student_t_oracle.py
      {0.75, 1, 1.0},
      {0.75, 2, 0.81649658092772603},
      {0.75, 3, 0.76489232840434528},
      {0.75, 4.5, 0.7328666862359945},
      {0.75, 9, 0.70272214675132637},
      {0.75, 30, 0.68275569332129255},
      {0.75, 999, 0.67473541034671903},
      {0.975, 1, 12.706204736174705},
      {0.975, 2, 4.3026527297494639},
      {0.975, 3, 3.1824463052837096},
      {0.975, 4.5, 2.6589123472044038},
      {0.975, 9, 2.2621571627982055},
      {0.975, 30, 2.0422724563012383},
      {0.975, 999, 1.96234146113345},
      {0.995, 1, 63.656741162871581},
      {0.995, 2, 9.9248432009182931},
      {0.995, 3, 5.8409093097333573},
      {0.995, 4.5, 4.272823993011293},
      {0.995, 9, 3.2498355415921263},
      {0.995, 30, 2.7499956535672253},
      {0.995, 999, 2.5807596372676368},
      {0.9995, 1, 636.61924876871962},
      {0.9995, 2, 31.599054576443621},
      {0.9995, 3, 12.923978636687483},
      {0.9995, 4.5, 7.580740499372559},
      {0.9995, 9, 4.7809125859311391},
      {0.9995, 30, 3.6459586350420218},
      {0.9995, 999, 3.3002924403987355},
  };
  for (const auto& [p, degrees, t] : cases) {
    EXPECT_NEAR(student_t::quantile(p, degrees), t, 1e-12 * t) << p << ", " << degrees;
    EXPECT_EQ(student_t::quantile(1.0 - p, degrees), -student_t::quantile(1.0 - (1.0 - p), degrees));
  }
  EXPECT_EQ(student_t::quantile(0.5, 3.0), 0.0);
}

TEST(StudentT, TailsAreThoseOfTheIncompleteBetaFunction) {
  struct Case {
    double t, degrees, tail;
  };
  const Case cases[] = {
      // from student_t_oracle.py
      {0.125, 0.5, 0.46654958394757602}, {0.125, 1, 0.46041657583943446},
      {0.125, 2, 0.45597745468371881},   {0.125, 7.25, 0.45195964076300644},
      {0.125, 40, 0.45057483318498},     {0.125, 999, 0.45027434936100225},
      {1, 0.5, 0.30112161084132208},     {1, 1, 0.25},
      {1, 2, 0.21132486540518712},       {1, 7.25, 0.17475543889857558},
      {1, 40, 0.16166090587414544},      {1, 999, 0.15877633008820619},
      {2.5, 0.5, 0.20048526452664659},   {2.5, 1, 0.1211189415908434},
      {2.5, 2, 0.064805860110755405},    {2.5, 7.25, 0.019932760379457289},
      {2.5, 40, 0.0083101764154896065},  {2.5, 999, 0.0062893637922546097},
      {8, 0.5, 0.1132525464037893},      {8, 1, 0.039583424160565542},
      {8, 2, 0.0076340360826690691},     {8, 7.25, 3.7696320752830654e-5},
      {8, 40, 3.9525420550522694e-10},   {8, 999, 1.7149991288817979e-15},
      {1000, 0.5, 0.010141454540857095}, {1000, 1, 0.00031830978008055894},
      {1000, 2, 4.9999925000125e-7},     {1000, 7.25, 3.3460077514262521e-20},
  };
  for (const auto& [t, degrees, tail] : cases) {
    EXPECT_NEAR(student_t::upper_tail(t, degrees), tail, 1e-12 * tail) << t << ", " << degrees;
    EXPECT_NEAR(student_t::upper_tail(-t, degrees), 1.0 - tail, 1e-12) << t << ", " << degrees;
  }
}

/// 1/2 - arctan(t) / pi with one degree of freedom, 1/2 - t / (2 sqrt(2 + t^2)) with two.
TEST(StudentT, HasTheClosedFormsOfOneAndTwoDegreesOfFreedom) {
  EXPECT_NEAR(student_t::upper_tail(1.0, 1.0), 0.25, 1e-15);
  EXPECT_NEAR(student_t::upper_tail(0.5, 2.0), 0.5 - 0.5 / 3.0, 1e-15);
}

TEST(StudentT, GoesToItsLimits) {
  EXPECT_EQ(student_t::upper_tail(0.0, 5.0), 0.5);
  EXPECT_EQ(student_t::upper_tail(infinity, 5.0), 0.0);
  EXPECT_EQ(student_t::upper_tail(-infinity, 5.0), 1.0);
  EXPECT_NEAR(student_t::upper_tail(1.959963984540054, 1e6), 0.025, 1e-6);  // the normal distribution's
}

/// From SciPy 1.10.1: scipy.special.stdtr(degrees, -t), and scipy.special.ndtr(-t) from 1e15 on.
TEST(StudentT, IsRightForManyDegreesOfFreedom) {
  struct Case {
    double t, degrees, tail;
  };
  const Case cases[] = {{0.5, 1e4, 0.30854303966161667},      {5.0, 1e4, 2.9151633068313184e-07},
                        {38.0, 1e4, 1.4483005348859364e-295}, {2.0, 1e5, 0.022751481728753218},
                        {0.01, 1e6, 0.49601064468277384},     {5.0, 1e6, 2.8669989354453655e-07},
                        {2.0, 1e15, 0.022750131948179195},    {2.0, 1e300, 0.022750131948179195}};
  for (const auto& [t, degrees, tail] : cases) {
    EXPECT_NEAR(student_t::upper_tail(t, degrees), tail, 1e-11 * tail) << t << ", " << degrees;
  }
  EXPECT_EQ(student_t::upper_tail(0.0, 1e15), 0.5);
  EXPECT_EQ(student_t::upper_tail(std::numeric_limits<double>::infinity(), 1e15), 0.0);
  EXPECT_NEAR(student_t::quantile(0.975, 1e15), 1.959963984540054, 1e-11);
}

/// The square of t is no number, but its tail is: 1 / (pi t) of one degree of freedom, and the tail falls by the power
/// 1/2 of t of half a degree: 1e-50 from 1e90 to 1e190.
TEST(StudentT, HasTheTailOfAVeryLargeT) {
  EXPECT_NEAR(student_t::upper_tail(1e200, 1.0) * 1e200, 0.31830988618379067, 1e-12);
  EXPECT_NEAR(student_t::upper_tail(1e190, 0.5) / student_t::upper_tail(1e90, 0.5), 1e-50, 1e-61);
  EXPECT_EQ(student_t::upper_tail(1e-200, 3.0), 0.5);
}

TEST(StudentT, RefusesWhatHasNoAnswer) {
  EXPECT_EQ(error_of([] { student_t::quantile(0.0, 4.0); }), "student_t::quantile: p must be in (0, 1), got 0");
  EXPECT_EQ(error_of([] { student_t::quantile(1.0, 4.0); }), "student_t::quantile: p must be in (0, 1), got 1");
  EXPECT_EQ(error_of([] { student_t::quantile(0.9, 0.0); }),
            "student_t::quantile: degrees_of_freedom must be positive, got 0");
  EXPECT_EQ(error_of([] { student_t::upper_tail(1.0, -1.0); }),
            "student_t::upper_tail: degrees_of_freedom must be positive, got -1");
  EXPECT_EQ(error_of([&] { student_t::upper_tail(nan, 1.0); }), "student_t::upper_tail: t must be a number, got nan");
}

TEST(IncompleteBeta, AgreesWithTheHypergeometricSeries) {
  struct Case {
    double x, a, b, value;
  };
  const Case cases[] = {
      // from student_t_oracle.py
      {0.0625, 0.5, 0.5, 0.16086124651033249},
      {0.5, 0.5, 0.5, 0.5},
      {0.875, 0.5, 0.5, 0.76994654383738411},
      {0.0625, 2, 3, 0.0215301513671875},
      {0.5, 2, 3, 0.6875},
      {0.875, 2, 3, 0.992919921875},
      {0.0625, 1.5, 40, 0.84193806883192602},
      {0.5, 1.5, 40, 0.99999999999531174},
      {0.875, 1.5, 40, 1.0},
      {0.875, 300, 0.5, 3.6452973197838281e-19},
      {0.5, 30, 1, 9.3132257461547852e-10},
      {0.875, 30, 1, 0.018207134090035116},
      {0.5, 200, 250, 0.99090320821064136},
      {0.875, 200, 250, 1.0},
  };
  for (const auto& [x, a, b, value] : cases) {
    EXPECT_NEAR(incomplete_beta(x, 1.0 - x, a, b), value, 1e-13 * value) << x << ", " << a << ", " << b;
  }
  EXPECT_EQ(incomplete_beta(0.0, 1.0, 2.0, 3.0), 0.0);
  EXPECT_EQ(incomplete_beta(1.0, 0.0, 2.0, 3.0), 1.0);
}

/// I_x(2, 3) = 6 x^2 - 8 x^3 + 3 x^4, by integrating 12 x (1 - x)^2.
TEST(IncompleteBeta, IsAPolynomialForIntegers) {
  EXPECT_NEAR(incomplete_beta(0.25, 0.75, 2.0, 3.0), 6.0 / 16.0 - 8.0 / 64.0 + 3.0 / 256.0, 1e-15);
}

TEST(IncompleteBeta, RefusesWhatIsOutsideOfItsDomain) {
  EXPECT_EQ(error_of([] { incomplete_beta(1.5, 0.0, 1.0, 1.0); }), "incomplete_beta: x must be in [0, 1], got 1.5");
  EXPECT_EQ(error_of([] { incomplete_beta(0.0, -1.0, 1.0, 1.0); }), "incomplete_beta: y must be in [0, 1], got -1");
  EXPECT_EQ(error_of([] { incomplete_beta(0.5, 0.5, 0.0, 1.0); }),
            "incomplete_beta: a must be in [1e-100, 1e100], got 0");
  EXPECT_EQ(error_of([] { incomplete_beta(0.5, 0.5, 1.0, -1.0); }),
            "incomplete_beta: b must be in [1e-100, 1e100], got -1");
  EXPECT_NE(error_of([] { incomplete_beta(0.5, 0.5, 1e15, 1e15); }).find("a and b must be smaller"), std::string::npos);
}

}  // namespace
}  // namespace eigentune
