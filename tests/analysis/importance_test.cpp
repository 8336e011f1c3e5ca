#include <eigentune/analysis/importance.hpp>
#include <eigentune/core/normal_quantile.hpp>
#include <eigentune/core/random.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/hand_made.hpp"

namespace eigentune {
namespace {

using support::study_of;
using support::unit;

SearchSpace three_axes() {
  SearchSpace space;
  space.nuisance("learning_rate", log_uniform(1e-5, 1e-1));
  space.nuisance("momentum", one_minus_log_uniform(0.5, 0.99));
  space.nuisance("dropout", uniform(0.0, 0.5));
  return space;
}

const Importance& of(const Importances& importances, const std::string& id) {
  for (const Importance& one : importances.ranked) {
    if (one.hyperparameter == id) return one;
  }
  throw std::invalid_argument(id);
}

/// Importances of scores that are a function of the positions in [-1, 1] of three_axes.
template <class Score>
Importances importances_of_function(std::int64_t trials, Score score) {
  const StudyData data = study_of(three_axes(), trials, [](const Point&) { return std::optional(0.0); });
  std::vector<const Point*> points;
  std::vector<double> scores;
  for (const TrialRecord& trial : data.trials) {
    points.push_back(&*trial.point);
    const auto at = [&](std::size_t j) { return 2.0 * unit(data.space, j, *trial.point) - 1.0; };
    scores.push_back(score(at(0), at(1), at(2)));
  }
  return *analysis_detail::importances_of(data.space, points, scores);
}

// With x, y uniform in [-1, 1]: Var(2 x) = 4/3, Var(y) = 1/3, Var(y^2) = 4/45. Sampling 500 points of a quasi-random
// sequence, and what a share loses by the noise that is taken from it, keep within:
constexpr double quadrature_error = 0.015;

TEST(Importance, IsTheShareOfTheVarianceOfAnAdditiveFunction) {
  const Importances found = importances_of_function(500, [](double x, double y, double) { return 2.0 * x + y; });
  EXPECT_NEAR(of(found, "learning_rate").share, 4.0 / 5.0, quadrature_error);
  EXPECT_NEAR(of(found, "momentum").share, 1.0 / 5.0, quadrature_error);
  EXPECT_NEAR(of(found, "dropout").share, 0.0, 1e-9);
  EXPECT_NEAR(found.explained, 1.0, 1e-9);
  EXPECT_EQ(found.ranked[0].hyperparameter, "learning_rate");
  EXPECT_EQ(found.ranked[1].hyperparameter, "momentum");
}

TEST(Importance, CountsAnInteractionForBoth) {  // 2 x + y + 3 x y: 4/3 + 1/3 + 1, the last of both
  const Importances found =
      importances_of_function(500, [](double x, double y, double) { return 2.0 * x + y + 3.0 * x * y; });
  EXPECT_NEAR(of(found, "learning_rate").share, (4.0 / 3.0 + 1.0) / (8.0 / 3.0), quadrature_error);
  EXPECT_NEAR(of(found, "momentum").share, (1.0 / 3.0 + 1.0) / (8.0 / 3.0), quadrature_error);
}

TEST(Importance, SeesAValley) {  // y^2 has no line, only a parabola
  const Importances found = importances_of_function(500, [](double x, double y, double) { return x / 3.0 + y * y; });
  EXPECT_NEAR(of(found, "learning_rate").share, (1.0 / 27.0) / (1.0 / 27.0 + 4.0 / 45.0), quadrature_error);
  EXPECT_NEAR(of(found, "momentum").share, (4.0 / 45.0) / (1.0 / 27.0 + 4.0 / 45.0), quadrature_error);
}

TEST(Importance, LeavesNoiseUnexplained) {  // Var(2 x) = 4/3, and noise of variance 4/3
  Random random(2);
  const Importances found = importances_of_function(
      2000, [&](double x, double, double) { return 2.0 * x + std::sqrt(4.0 / 3.0) * random.normal(); });
  constexpr double sampling_error = 0.05;  // three standard deviations of R^2 = 1/2 of 2000 trials: 3 * 0.016
  EXPECT_NEAR(of(found, "learning_rate").share, 0.5, sampling_error);
  EXPECT_NEAR(found.explained, 0.5, sampling_error);
}

TEST(Importance, OfHyperparametersWithoutEffectIsNearZero) {
  double sum = 0.0;
  int beyond_two_errors = 0;
  constexpr int studies = 60;
  for (std::uint64_t seed = 0; seed < studies; ++seed) {
    Random random(seed);
    const Importances found = *hyperparameter_importances(
        study_of(three_axes(), 64, [&](const Point&) { return std::optional(random.normal()); }));
    for (const Importance& one : found.ranked) {
      sum += one.share / (3.0 * studies);
      beyond_two_errors += one.share > 2.0 * one.error ? 1 : 0;
    }
  }
  EXPECT_LT(sum, 0.04);
  EXPECT_LT(beyond_two_errors, 3 * studies / 10);
}

TEST(Importance, ErrorIsAsLargeAsWhatOtherSeedsGive) {
  double sum = 0.0, square = 0.0, error = 0.0;
  constexpr int studies = 40;
  for (std::uint64_t seed = 0; seed < studies; ++seed) {
    Random random(seed);
    const Importances found =
        importances_of_function(64, [&](double x, double y, double) { return 2.0 * x + y + 0.7 * random.normal(); });
    const Importance one = of(found, "momentum");
    sum += one.share / studies;
    square += one.share * one.share / studies;
    error += one.error / studies;
  }
  const double deviation = std::sqrt(square - sum * sum);
  EXPECT_GT(error, 0.5 * deviation);
  EXPECT_LT(error, 2.5 * deviation);
}

TEST(Importance, LooksAtTheOrderOfTheTrialsOnly) {
  const SearchSpace space = three_axes();
  const auto cost = [&](const Point& point) { return unit(space, 0, point) + 0.3 * unit(space, 2, point); };
  const auto found =
      hyperparameter_importances(study_of(space, 64, [&](const Point& p) { return std::optional(cost(p)); }));
  const auto mapped = hyperparameter_importances(
      study_of(space, 64, [&](const Point& p) { return std::optional(std::exp(20.0 * cost(p))); }));
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(found->ranked[i].share, mapped->ranked[i].share);
}

TEST(Importance, OfNormalScoresHasTheSharesOfTheirVariance) {
  // The objective 2 z + w with standard normal z, w is its own normal score: shares 4/5 and 1/5 of what polynomials of
  // the fifth degree take of a normal quantile, about 0.99.
  const SearchSpace space = three_axes();
  const auto found = hyperparameter_importances(study_of(space, 500, [&](const Point& p) {
    return std::optional(2.0 * normal_quantile(unit(space, 0, p)) + normal_quantile(unit(space, 1, p)));
  }));
  EXPECT_NEAR(of(*found, "learning_rate").share, 0.8, 0.03);
  EXPECT_NEAR(of(*found, "momentum").share, 0.2, 0.03);
}

TEST(Importance, TakesInfeasibleTrialsAsTheWorst) {
  const SearchSpace space = three_axes();
  Random random(1);
  const auto found = hyperparameter_importances(study_of(space, 64, [&](const Point& p) -> std::optional<double> {
    if (unit(space, 1, p) > 0.6) return std::nullopt;
    return random.normal();
  }));
  EXPECT_EQ(found->ranked[0].hyperparameter, "momentum");
  EXPECT_GT(found->ranked[0].share, 0.3);
  EXPECT_EQ(found->trials, 64);
}

TEST(Importance, KnowsChoicesAndConditions) {
  // A choice of two with objectives 0 and 1, plus z / 2 where it is nesterov, z uniform in [-1, 1]: variances 1/4 and
  // (1/4 * 1/3) / 2 = 1/24.
  SearchSpace space;
  const auto optimizer = space.scientific("optimizer", choice({"adam", "nesterov"}));
  space.nuisance("learning_rate", log_uniform(1e-5, 1e-1), optimizer.is("adam"));
  space.nuisance("learning_rate", log_uniform(1e-2, 10.0), optimizer.is("nesterov"));
  const StudyData data = study_of(space, 500, [](const Point&) { return std::optional(0.0); });
  std::vector<const Point*> points;
  std::vector<double> scores;
  for (const TrialRecord& trial : data.trials) {
    points.push_back(&*trial.point);
    const bool nesterov = trial.point->get<std::string>("optimizer") == "nesterov";
    scores.push_back(nesterov ? 1.0 + 0.5 * (2.0 * unit(space, 2, *trial.point) - 1.0) : 0.0);
  }
  const Importances found = *analysis_detail::importances_of(space, points, scores);
  EXPECT_NEAR(of(found, "optimizer").share, (1.0 / 4.0) / (1.0 / 4.0 + 1.0 / 24.0), quadrature_error);
  EXPECT_NEAR(of(found, "learning_rate[optimizer=nesterov]").share, (1.0 / 24.0) / (1.0 / 4.0 + 1.0 / 24.0),
              quadrature_error);
  EXPECT_NEAR(of(found, "learning_rate[optimizer=adam]").share, 0.0, 1e-9);
}

TEST(Importance, IsAbsentWhereTheTrialsCannotTell) {
  const auto importances = [](std::int64_t trials, double slope) {
    const SearchSpace space = three_axes();
    return hyperparameter_importances(
        study_of(space, trials, [&](const Point& p) { return std::optional(slope * unit(space, 0, p)); }));
  };
  EXPECT_FALSE(importances(0, 1.0));
  EXPECT_FALSE(importances(1, 1.0));
  EXPECT_FALSE(importances(11, 1.0));  // three for each of four coefficients are twelve
  EXPECT_TRUE(importances(12, 1.0));
  EXPECT_FALSE(importances(64, 0.0));  // constant
  EXPECT_FALSE(hyperparameter_importances(
      study_of(three_axes(), 64, [](const Point&) { return std::optional<double>(); })));  // all infeasible
}

/// Two choices of a thousand values have 998,001 products of two: 24 GB over 3,000 trials, which are not asked for. A
/// polynomial of more than 500 coefficients is not fitted.
TEST(Importance, MakesNoColumnsThatItCannotUse) {
  const auto of = [](std::int64_t values, std::int64_t trials) {
    std::vector<std::string> names;
    for (std::int64_t i = 0; i < values; ++i) names.push_back(fmt::format("v{}", i));
    SearchSpace space;
    space.nuisance("a", choice(std::vector<Value>(names.begin(), names.end())));
    space.nuisance("b", choice(std::vector<Value>(names.begin(), names.end())));
    space.nuisance("rate", uniform(0.0, 1.0));
    return hyperparameter_importances(
        support::study_of(space, trials, [](const Point& point) { return std::optional(point.get<double>("rate")); }));
  };
  EXPECT_FALSE(of(1000, 3000));
  EXPECT_FALSE(of(260, 1700));  // 520 coefficients, though there are trials enough
  const auto few = of(10, 100);
  ASSERT_TRUE(few);
  EXPECT_EQ(few->ranked.front().hyperparameter, "rate");
}

TEST(Importance, HasTheSameBitsWheneverItIsAsked) {
  const SearchSpace space = three_axes();
  const StudyData data = study_of(space, 100, [&](const Point& p) { return std::optional(unit(space, 0, p)); });
  const auto a = hyperparameter_importances(data), b = hyperparameter_importances(data);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(a->ranked[i].share, b->ranked[i].share);
    EXPECT_EQ(a->ranked[i].error, b->ranked[i].error);
  }
}

}  // namespace
}  // namespace eigentune
