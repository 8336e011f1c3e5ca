#include <eigentune/study/objective.hpp>

#include <gtest/gtest.h>

#include <optional>

#include "support/expect.hpp"
#include "support/special_values.hpp"

namespace eigentune {
namespace {

using support::infinity;
using support::nan;

/// Errors at steps 0, 10, 20, ...; the training loss in between.
TrainingCurve curve_of(std::initializer_list<double> errors) {
  TrainingCurve curve;
  std::int64_t step = 0;
  for (const double error : errors) {
    curve.add(step, {.validation_error = error});
    curve.add(step + 5, {.training_loss = 1.0});
    step += 10;
  }
  return curve;
}

TEST(BestOf, IsTheFirstOfTheBestFiniteValues) {
  const Objective least = best_of("validation_error"), largest = best_of("validation_error", Direction::maximize);
  const TrainingCurve curve = curve_of({nan, 0.5, -infinity, 0.25, 0.75, 0.25, 0.75, infinity});
  EXPECT_EQ(least(curve), (ObjectiveValue{0.25, 30}));
  EXPECT_EQ(largest(curve), (ObjectiveValue{0.75, 40}));
}

TEST(BestOf, IsAbsentWhereNoValueIsFinite) {
  EXPECT_EQ(best_of("validation_error")(curve_of({nan, infinity})), std::nullopt);
  EXPECT_EQ(best_of("validation_error")({}), std::nullopt);
  EXPECT_EQ(best_of("top5_error")(curve_of({0.5})), std::nullopt);
}

TEST(LastOf, IsTheLastValueThatIsThere) {
  EXPECT_EQ(last_of("validation_error")(curve_of({0.1, 0.2})), (ObjectiveValue{0.2, 10}));
  EXPECT_EQ(last_of("training_loss")(curve_of({0.1, 0.2})), (ObjectiveValue{1.0, 15}));
  EXPECT_TRUE(is_nan(last_of("validation_error")(curve_of({0.1, nan}))->value));
  EXPECT_EQ(last_of("validation_error")({}), std::nullopt);
}

TEST(Objective, NamesItself) {
  EXPECT_EQ(best_of("top5_error").text(), "best top5_error");
  EXPECT_EQ(last_of("top5_error").text(), "last top5_error");
  EXPECT_EQ(support::error_of([] { Objective("", [](const TrainingCurve&) { return 0.0; }); }),
            "Objective: text must not be empty");
}

TEST(Divergence, IsTheFirstRowWithALossOrTheMetricThatIsNotFinite) {
  TrainingCurve curve;
  curve.add(1, {.training_loss = 1.0, .gradient_norm = infinity, .metrics = {{"other", nan}}});
  EXPECT_EQ(divergence_of(curve, "validation_error"), std::nullopt);
  EXPECT_EQ(divergence_of(curve, "other").value().text, "other was nan at step 1");
  EXPECT_EQ(divergence_of(curve, "gradient_norm").value().text, "gradient_norm was inf at step 1");
  curve.add(2, {.validation_loss = -infinity});
  curve.add(3, {.training_loss = nan});
  EXPECT_EQ(divergence_of(curve, "validation_error").value().step, 2);
  EXPECT_EQ(divergence_of(curve, "validation_error").value().text, "validation_loss was -inf at step 2");
}

TEST(Result, IsCompleteWithAFiniteObjectiveWhateverCameLater) {
  const TrialResult result = result_of(curve_of({0.5, 0.25, nan}), best_of("validation_error"), "validation_error");
  EXPECT_EQ(result, (TrialResult{.objective = 0.25, .best_step = 10, .diverged_step = 20}));
}

TEST(Result, IsInfeasibleWithAnObjectiveThatIsNotFinite) {
  const TrialResult last = result_of(curve_of({0.5, nan}), last_of("validation_error"), "validation_error");
  EXPECT_EQ(last, (TrialResult{.state = TrialState::infeasible,
                               .reason = "validation_error was nan at step 10",
                               .infeasible_step = 10,
                               .diverged_step = 10}));
  const TrialResult returned = result_of(curve_of({0.5}), best_of("validation_error"), "validation_error", infinity);
  EXPECT_EQ(returned,
            (TrialResult{.state = TrialState::infeasible, .reason = "the objective was inf", .infeasible_step = 5}));
}

TEST(Result, IsFailedWhereTheMetricIsMissingWithoutADivergence) {
  EXPECT_EQ(result_of(curve_of({0.5}), best_of("accuracy"), "accuracy").state, TrialState::failed);
  TrainingCurve diverged;
  diverged.add(3, {.training_loss = nan});
  EXPECT_EQ(result_of(diverged, best_of("accuracy"), "accuracy").state, TrialState::infeasible);
}

}  // namespace
}  // namespace eigentune
