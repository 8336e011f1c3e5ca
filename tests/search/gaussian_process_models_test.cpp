#include <eigentune/core/random.hpp>
#include <eigentune/search/gaussian_process_acquisition.hpp>
#include <eigentune/search/gaussian_process_feasibility.hpp>
#include <eigentune/search/gaussian_process_regression.hpp>
#include <eigentune/search/gaussian_process_standardize.hpp>
#include <eigentune/search/normal_distribution.hpp>
#include <eigentune/search/projected_lbfgs.hpp>

#include <Eigen/Core>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "search/gaussian_process_golden.hpp"

namespace eigentune::gp {
namespace {

const FeatureGroups number_and_choice = {{0, 1, 1}, 2};
const FeatureGroups one_number = {{0}, 1};

Eigen::MatrixXd rows_of(const std::vector<double>& values, Eigen::Index columns) {
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  return Eigen::Map<const RowMajor>(values.data(), static_cast<Eigen::Index>(values.size()) / columns, columns);
}

Eigen::VectorXd vector_of(const std::vector<double>& values) {
  return Eigen::Map<const Eigen::VectorXd>(values.data(), static_cast<Eigen::Index>(values.size()));
}

Regression golden_regression() {
  return Regression(number_and_choice, rows_of(golden::points, 3), vector_of(golden::values));
}

/// Labels of the points of golden_regression(): feasible where the value is below 0.6.
Classification golden_classification() {
  const Eigen::VectorXd values = vector_of(golden::values);
  return Classification(number_and_choice, rows_of(golden::points, 3),
                        (values.array() < 0.6).select(Eigen::VectorXd::Ones(12), -Eigen::VectorXd::Ones(12)));
}

/// The gradient of `function(x)` by central differences; their error is of the order of 1e-4^2 plus 1e-16 / 1e-4.
template <class Function>
Eigen::VectorXd by_differences(const Function& function, const Eigen::VectorXd& x) {
  constexpr double step = 1e-4;
  Eigen::VectorXd gradient(x.size());
  for (Eigen::Index i = 0; i < x.size(); ++i) {
    Eigen::VectorXd above = x, below = x;
    above[i] += step;
    below[i] -= step;
    gradient[i] = (function(above) - function(below)) / (2.0 * step);
  }
  return gradient;
}

void expect_near(const Eigen::MatrixXd& actual, const Eigen::MatrixXd& expected, double tolerance) {
  EXPECT_LE((actual - expected).cwiseAbs().maxCoeff(), tolerance) << actual << "\n\n" << expected;
}

TEST(NormalDistribution, LogarithmsAndSlopesAreExactDeepIntoTheTail) {
  for (const auto& [z, log_cdf, log_cdf_slope, log_excess, log_excess_slope] : golden::normal) {
    const auto cdf = normal_distribution::log_cdf(z), excess = normal_distribution::log_expected_excess(z);
    EXPECT_NEAR(cdf.value, log_cdf, 1e-13 * std::max(std::fabs(log_cdf), 1.0)) << z;
    EXPECT_NEAR(cdf.slope, log_cdf_slope, 1e-12 * std::max(std::fabs(log_cdf_slope), 1e-4)) << z;
    EXPECT_NEAR(excess.value, log_excess, 2e-12 * std::max(std::fabs(log_excess), 1.0)) << z;
    EXPECT_NEAR(excess.slope, log_excess_slope, 1e-11 * std::fabs(log_excess_slope)) << z;
  }
}

TEST(NormalDistribution, IsFiniteWhereverItsArgumentIsReasonable) {
  for (const double z : {-1e100, -1e8, 1e8}) {
    EXPECT_TRUE(std::isfinite(normal_distribution::log_expected_excess(z).value)) << z;
    EXPECT_TRUE(std::isfinite(normal_distribution::log_expected_excess(z).slope)) << z;
    EXPECT_TRUE(std::isfinite(normal_distribution::log_cdf(z).value)) << z;
  }
}

TEST(ProjectedLbfgs, FindsTheMinimumOfRosenbrocksValley) {
  const auto valley = [](const Eigen::VectorXd& x, Eigen::VectorXd& gradient) {
    const double across = x[1] - x[0] * x[0], along = 1.0 - x[0];
    gradient.resize(2);
    gradient << -400.0 * across * x[0] - 2.0 * along, 200.0 * across;
    return 100.0 * across * across + along * along;
  };
  const Eigen::Vector2d start(-1.2, 1.0), wide(5.0, 5.0);
  const BoxMinimum free =
      minimize_in_box(valley, start, -wide, wide, {.max_evaluations = 200, .relative_decrease = 0.0});
  expect_near(free.x, Eigen::Vector2d(1.0, 1.0), 1e-6);
  // Where x <= 0.5 the minimum is at the bound, and there at the bottom of the valley.
  const BoxMinimum held = minimize_in_box(valley, start, -wide, Eigen::Vector2d(0.5, 5.0),
                                          {.max_evaluations = 200, .relative_decrease = 0.0});
  expect_near(held.x, Eigen::Vector2d(0.5, 0.25), 1e-6);
}

TEST(ProjectedLbfgs, BacksOffFromValuesThatAreNotFinite) {
  const auto walled = [](const Eigen::VectorXd& x, Eigen::VectorXd& gradient) {
    gradient = Eigen::VectorXd::Constant(1, 1.0 - 1.0 / x[0]);
    return x[0] > 0.0 ? x[0] - std::log(x[0]) : std::numeric_limits<double>::quiet_NaN();
  };
  const BoxMinimum found = minimize_in_box(walled, Eigen::VectorXd::Constant(1, 30.0),
                                           Eigen::VectorXd::Constant(1, -100.0), Eigen::VectorXd::Constant(1, 100.0));
  EXPECT_NEAR(found.x[0], 1.0, 1e-4);
}

TEST(Kernel, IsTheMaternOfTheOracle) {
  const Eigen::VectorXd theta = vector_of(golden::theta);
  const Kernel kernel(number_and_choice, theta.head(2), theta[2]);
  const Eigen::MatrixXd scaled = kernel.scaled(rows_of(golden::points, 3));
  const Eigen::MatrixXd expected = rows_of(golden::covariance, 12);
  expect_near(kernel.between(scaled, scaled), expected, 1e-14);
  expect_near(CovarianceAndSlope(kernel, scaled).covariance, expected, 1e-14);
}

TEST(Regression, LikelihoodIsTheOraclesAndItsGradientTheDifferences) {
  const Regression model = golden_regression();
  Eigen::VectorXd gradient, unused;
  EXPECT_NEAR(model.log_likelihood(vector_of(golden::theta), gradient), golden::log_likelihood, 1e-11);
  const auto likelihood = [&](const Eigen::VectorXd& theta) { return model.log_likelihood(theta, unused); };
  expect_near(gradient, by_differences(likelihood, vector_of(golden::theta)), 1e-6);
}

TEST(Regression, PredictsAsTheOracle) {
  const Regression model = golden_regression();
  const Posterior posterior = model.condition(vector_of(golden::theta), Eigen::MatrixXd(0, 3), Eigen::MatrixXd(0, 1));
  const Predictions found = posterior.at(rows_of(golden::places, 3));
  expect_near(found.means, vector_of(golden::means), 1e-12);
  expect_near(found.variances, vector_of(golden::variances), 1e-12);
}

TEST(Regression, APendingOutcomeIsADatumOfItsWorld) {
  const Eigen::MatrixXd places = rows_of(golden::places, 3);
  const Eigen::RowVector2d normals(0.0, 1.5);
  const Predictions found =
      golden_regression().condition(vector_of(golden::theta), places.topRows(1), normals).at(places);
  expect_near(found.means.col(0), vector_of(golden::means), 1e-12);  // as expected: no news
  expect_near(found.means.col(1), vector_of(golden::world_means), 1e-12);
  expect_near(found.variances, vector_of(golden::world_variances), 1e-12);
}

TEST(Regression, APendingPointOnTopOfAnotherOneIsNoError) {
  const Regression model = golden_regression();
  Eigen::VectorXd theta = vector_of(golden::theta);
  theta.tail(1).setConstant(std::log(1e-8));
  const Eigen::MatrixXd twice = model.features().topRows(1).replicate(3, 1);
  const Predictions found = model.condition(theta, twice, Eigen::MatrixXd::Zero(3, 1)).at(model.features());
  EXPECT_TRUE(found.means.allFinite());
  EXPECT_TRUE((found.variances.array() > 0.0).all());
}

// The tolerances are what expectation propagation itself is off by.
TEST(Classification, IsCloseToTheNumericalIntegral) {
  for (const auto& [length, variance, likelihood, probability] : golden::labels) {
    const Classification model(one_number, Eigen::Vector2d(0.2, 0.6), Eigen::Vector2d(1.0, -1.0));
    const Eigen::Vector2d theta(std::log(length), std::log(variance));
    Eigen::VectorXd gradient;
    EXPECT_NEAR(std::exp(model.log_likelihood(theta, gradient)), likelihood, 2e-3 * likelihood) << variance;
    const Posterior posterior = *model.condition(theta);
    const Predictions at = posterior.at(Eigen::MatrixXd::Constant(1, 1, 0.35));
    const double z = at.means(0, 0) / std::sqrt(1.0 + at.variances[0]);
    EXPECT_NEAR(std::exp(normal_distribution::log_cdf(z).value), probability, 1.5e-2) << variance;
  }
}

TEST(Classification, GradientIsTheDifferences) {
  const Classification model = golden_classification();
  const Eigen::Vector3d theta(-0.7, 0.4, 2.0);
  Eigen::VectorXd gradient, unused;
  model.log_likelihood(theta, gradient);
  const auto likelihood = [&](const Eigen::VectorXd& at) { return model.log_likelihood(at, unused); };
  expect_near(gradient, by_differences(likelihood, theta), 2e-4);  // the sites have converged to about 1e-8
}

TEST(Classification, IsSureAmidDivergedTrialsEvenWhereBordersAreSharp) {
  Eigen::VectorXd x(20), labels(20);
  for (Eigen::Index i = 0; i < 20; ++i) {
    x[i] = (static_cast<double>(i) + 0.5) / 20.0;
    labels[i] = i < 10 ? 1.0 : -1.0;
  }
  const Classification model(one_number, x, labels);
  const Posterior posterior = *model.condition(Eigen::Vector2d(std::log(0.5), std::log(150.0)));
  const Predictions at = posterior.at(Eigen::Vector3d(0.12, 0.5, 0.88));
  const auto probability = [&](Eigen::Index i) {
    return std::exp(normal_distribution::log_cdf(at.means(i, 0) / std::sqrt(1.0 + at.variances[i])).value);
  };
  EXPECT_GT(probability(0), 0.98);
  EXPECT_NEAR(probability(1), 0.5, 1e-6);  // by symmetry
  EXPECT_LT(probability(2), 0.02);
}

TEST(Acquisition, GradientIsTheDifferences) {
  const Eigen::MatrixXd pending = rows_of(golden::places, 3).topRows(2);
  const Eigen::MatrixXd normals{{0.3, -1.2, 0.8}, {-0.5, 0.1, 1.9}};
  const Regression regression = golden_regression();
  const Classification classification = golden_classification();
  const Posterior objective = regression.condition(vector_of(golden::theta), pending, normals);
  const std::optional<Posterior> feasibility = classification.condition(Eigen::Vector3d(-0.7, 0.4, 2.0));
  const Eigen::RowVector3d best(-1.0, -0.8, -1.3);
  const Eigen::Vector3d x(0.45, 0.5, 0.3);
  for (const bool with_objective : {true, false}) {
    for (const bool with_feasibility : {true, false}) {
      if (!with_objective && !with_feasibility) continue;
      const Acquisition acquisition(with_objective ? std::optional(objective) : std::nullopt, best,
                                    with_feasibility ? feasibility : std::nullopt);
      const auto at = [&](const Eigen::VectorXd& place) { return acquisition.at(place.transpose())[0]; };
      Eigen::VectorXd gradient;
      EXPECT_NEAR(acquisition.with_gradient_at(x.transpose(), gradient), at(x), 1e-10);
      expect_near(gradient, by_differences(at, x), 1e-5 * gradient.cwiseAbs().maxCoeff());
    }
  }
}

TEST(Acquisition, GradientAwayFromACenterIsTheDifferences) {
  const Posterior objective =
      golden_regression().condition(vector_of(golden::theta), Eigen::MatrixXd(0, 3), Eigen::MatrixXd(0, 1));
  Acquisition acquisition(objective, Eigen::RowVectorXd::Constant(1, 0.2), std::nullopt);
  acquisition.keep_away_from(Eigen::RowVector3d(0.4, 0.2, 0.3), Eigen::RowVectorXd::Constant(1, 0.5));
  const Eigen::Vector3d x(0.45, 0.5, 0.3);
  const auto at = [&](const Eigen::VectorXd& place) { return acquisition.at(place.transpose())[0]; };
  Eigen::VectorXd gradient;
  EXPECT_NEAR(acquisition.with_gradient_at(x.transpose(), gradient), at(x), 1e-9);
  expect_near(gradient, by_differences(at, x), 1e-5 * gradient.cwiseAbs().maxCoeff());
}

TEST(Acquisition, ACenterCostsAThousandTimesTheSquareOfTheCorrelationAbove005) {
  const Posterior objective =
      golden_regression().condition(vector_of(golden::theta), Eigen::MatrixXd(0, 3), Eigen::MatrixXd(0, 1));
  const Eigen::RowVectorXd best = Eigen::RowVectorXd::Constant(1, 0.2);
  const Acquisition before(objective, best, std::nullopt);
  Acquisition away = before;
  const Eigen::RowVector3d center = rows_of(golden::points, 3).row(0);
  away.keep_away_from(center, best);
  const Eigen::MatrixXd x = rows_of(golden::points, 3).topRows(2);
  for (Eigen::Index i = 0; i < 2; ++i) {  // the oracle's covariances with point 0, by its variance exp(0.9)
    const double excess = golden::covariance[static_cast<std::size_t>(i)] / std::exp(golden::theta[2]) - 0.05;
    EXPECT_NEAR(before.at(x)[i] - away.at(x)[i], 1000.0 * excess * excess, 1e-9);
  }
}

/// P(feasible) as the logarithm's own formula says, and below the wanted probability p the penalty 1000 ln(P / p)^2.
TEST(Acquisition, LessThanTheWantedProbabilityCostsAHundredTimesTheSquareOfTheLogarithmOfTheRatio) {
  const std::optional<Posterior> feasibility = golden_classification().condition(Eigen::Vector3d(-0.7, 0.4, 2.0));
  const Eigen::MatrixXd x = rows_of(golden::places, 3);
  const Predictions latent = feasibility->at(x);
  int penalized = 0, free = 0;
  for (const double wanted : {0.05, 0.8, 0.99}) {
    const Acquisition acquisition(std::nullopt, {}, feasibility, wanted);
    const Eigen::VectorXd found = acquisition.at(x);
    for (Eigen::Index i = 0; i < x.rows(); ++i) {
      const double z = latent.means(i, 0) / std::sqrt(1.0 + latent.variances[i]);
      const double probability = 0.5 * std::erfc(-z / std::sqrt(2.0));
      const double deficit = probability < wanted ? std::log(probability / wanted) : 0.0;
      EXPECT_NEAR(found[i], std::log(probability) - 1000.0 * deficit * deficit, 1e-9 * (1.0 + std::fabs(found[i])));
      ++(probability < wanted ? penalized : free);
    }
  }
  EXPECT_GT(penalized, 0);
  EXPECT_GT(free, 0);
}

TEST(Acquisition, OfOneWorldIsTheLogarithmOfExpectedImprovement) {
  const Regression model = golden_regression();
  const Posterior posterior = model.condition(vector_of(golden::theta), Eigen::MatrixXd(0, 3), Eigen::MatrixXd(0, 1));
  const Acquisition acquisition(posterior, Eigen::RowVectorXd::Constant(1, 0.2), std::nullopt);
  const Eigen::VectorXd found = acquisition.at(rows_of(golden::places, 3));
  for (Eigen::Index i = 0; i < 3; ++i) {
    const auto row = static_cast<std::size_t>(i);
    const double deviation = std::sqrt(golden::variances[row]), z = (0.2 - golden::means[row]) / deviation;
    const double density = std::exp(-0.5 * z * z) / std::sqrt(2.0 * std::acos(-1.0));
    EXPECT_NEAR(found[i], std::log(deviation * (density + z * 0.5 * std::erfc(-z / std::sqrt(2.0)))), 1e-9);
  }
}

TEST(Standardized, HasMeanZeroAndVarianceOneAndKeepsTheOrder) {
  const std::vector<double> values = {3.0, 1.0, 2.0, 5.0, 4.0, 30.0};
  const Eigen::VectorXd result = standardized(values);
  EXPECT_NEAR(result.mean(), 0.0, 1e-15);
  EXPECT_NEAR(result.squaredNorm() / 6.0, 1.0, 1e-15);
  for (std::size_t i = 0; i < 6; ++i) {
    for (std::size_t j = 0; j < 6; ++j) {
      EXPECT_EQ(values[i] < values[j], result[static_cast<Eigen::Index>(i)] < result[static_cast<Eigen::Index>(j)]);
    }
  }
}

TEST(Standardized, OneEnormousValueDoesNotSquashTheOthers) {
  std::vector<double> values = {0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0};
  values.push_back(1e300);
  const Eigen::VectorXd result = standardized(values);
  EXPECT_GT(result[8] - result[0], 0.5);
  EXPECT_NEAR(result[2] - result[1], result[1] - result[0], 1e-12);
  values.back() = 1e10;
  EXPECT_EQ(standardized(values), result);
}

TEST(Standardized, EqualValuesAreZeros) {
  EXPECT_EQ(standardized(std::vector<double>(5, 0.1)), Eigen::VectorXd(Eigen::VectorXd::Zero(5)));
  EXPECT_EQ(standardized(std::vector<double>{-3.0}), Eigen::VectorXd(Eigen::VectorXd::Zero(1)));
}

}  // namespace
}  // namespace eigentune::gp
