#include <eigentune/analysis/covariance_analysis.hpp>
#include <eigentune/analysis/response_surface.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <optional>
#include <vector>

#include "analysis/response_surface_golden.hpp"

namespace eigentune {
namespace {

namespace golden = support::response_surface_golden;

/// Of the conditioning of a 40 by 11 design matrix: NumPy inverts its normal equations.
constexpr double tolerance = 1e-9;

StudyData golden_study() {
  StudyData data;
  data.space.nuisance("a", uniform(0.0, 1.0));
  data.space.nuisance("b", uniform(0.0, 1.0));
  data.space.scientific("kind", choice({"zero", "one", "two"}));
  for (const golden::Row& row : golden::rows) {
    TrialRecord trial{.number = static_cast<std::int64_t>(data.trials.size()), .attempt = 1};
    trial.point.emplace();
    trial.point->append("a", row.a);
    trial.point->append("b", row.b);
    trial.point->append("kind", data.space.hyperparameters()[2].domain.at(row.kind));
    trial.state = TrialState::complete;
    trial.objective = row.cost;
    data.trials.push_back(std::move(trial));
  }
  return data;
}

TEST(ResponseSurface, AgreesWithNumPyAndSciPy) {
  const StudyData data = golden_study();
  const auto surface = ResponseSurface::fit(data.space, ranked_trials(data), 0);
  ASSERT_TRUE(surface);
  EXPECT_EQ(surface->trials(), 40);
  EXPECT_EQ(surface->degrees_of_freedom(), golden::degrees_of_freedom);
  EXPECT_NEAR(surface->slope(0.0), golden::slope_at_0, tolerance * std::fabs(golden::slope_at_0));
  EXPECT_NEAR(surface->slope(0.75), golden::slope_at_075, tolerance * std::fabs(golden::slope_at_0));
  EXPECT_NEAR(surface->slope(1.0), golden::slope_at_1, tolerance * std::fabs(golden::slope_at_0));
  EXPECT_NEAR(surface->p_not_improving(1.0, true), golden::p_not_improving_at_1, tolerance);
  EXPECT_NEAR(surface->p_no_effect(), golden::p_no_effect, tolerance * golden::p_no_effect);
  ASSERT_TRUE(surface->vertex());
  EXPECT_NEAR(*surface->vertex(), golden::vertex, tolerance);
}

/// The groups of the golden study, in the order of its ranked trials.
std::optional<CovarianceAnalysis> analysis_of(const StudyData& data) {
  const auto ranked = ranked_trials(data);
  std::vector<std::size_t> group;
  for (const RankedTrial& one : ranked) {
    const Value& kind = (*one.trial->point)["kind"];
    group.push_back(static_cast<std::size_t>(data.space.hyperparameters()[2].domain.index_of(kind)));
  }
  return covariance_analysis(data.space, ranked, group, 3, 2);
}

TEST(CovarianceAnalysis, AgreesWithNumPyAndSciPy) {
  const auto analysis = analysis_of(golden_study());
  ASSERT_TRUE(analysis);
  EXPECT_EQ(analysis->trials, 40);
  EXPECT_NEAR(analysis->p_not_better, golden::p_not_better, tolerance * golden::p_not_better);
  EXPECT_NEAR(analysis->p_parallel, golden::p_parallel, tolerance);
}

TEST(CovarianceAnalysis, IsNotMadeWhereItWouldBeUnfair) {
  StudyData data = golden_study();
  for (TrialRecord& trial : data.trials) trial.objective = 1.0;
  EXPECT_FALSE(analysis_of(data));
  data = golden_study();
  data.trials.resize(12);
  EXPECT_FALSE(analysis_of(data));
}

}  // namespace
}  // namespace eigentune
