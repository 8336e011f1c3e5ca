#include <eigentune/analysis/significance.hpp>

#include <gtest/gtest.h>

namespace eigentune::analysis_detail {
namespace {

/// e^-2 (1 + 2 + 2).
TEST(GammaTail, IsAPoissonSum) {
  EXPECT_NEAR(gamma_upper_tail(2.0, 3), 0.6766764161830635, 1e-15);
}

/// 8 of 10 at z = 1.96: the middle is (0.8 + 0.19208) / 1.38416, and so on.
TEST(WilsonInterval, OfEightInTen) {
  const WilsonInterval interval(8, 10, 1.96);
  EXPECT_NEAR(interval.lower, 0.4901, 1e-4);
  EXPECT_NEAR(interval.upper, 0.9433, 1e-4);
}

/// The lady tasting tea: of 8 cups 4 have the milk first, and she finds 3 or more of them by chance in 17 of 70 cases.
TEST(FisherTail, OfTheLadyTastingTea) {
  EXPECT_NEAR(fisher_upper_tail(3, 4, 4, 8, log_factorials(8)), 17.0 / 70.0, 1e-14);
  EXPECT_NEAR(fisher_upper_tail(4, 4, 4, 8, log_factorials(8)), 1.0 / 70.0, 1e-15);
}

}  // namespace
}  // namespace eigentune::analysis_detail
