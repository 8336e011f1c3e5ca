#include <eigentune/core/training_curve.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/expect.hpp"
#include "support/special_values.hpp"

namespace eigentune {
namespace {

using support::error_of;

using support::infinity;
using support::nan;

TEST(TrainingCurve, GivesItsColumnsAsSeries) {
  TrainingCurve curve;
  curve.add(0, {.validation_error = 0.9});
  curve.add(10, {.training_loss = 2.0, .metrics = {{"top5_error", 0.5}, {"auc", 0.6}}});
  curve.add(20, {.training_loss = nan, .validation_error = infinity, .metrics = {{"top5_error", 0.4}}});
  EXPECT_EQ(curve.columns(), (std::vector<std::string>{"training_loss", "validation_error", "auc", "top5_error"}));
  EXPECT_EQ(curve.series("validation_error").steps, (std::vector<std::int64_t>{0, 20}));
  EXPECT_EQ(curve.series("validation_error").values, (std::vector<double>{0.9, infinity}));
  EXPECT_EQ(curve.series("top5_error").steps, (std::vector<std::int64_t>{10, 20}));
  EXPECT_EQ(curve.series("top5_error").values, (std::vector<double>{0.5, 0.4}));
  EXPECT_NE(curve.series("training_loss").values[1], curve.series("training_loss").values[1]);  // a NaN
  EXPECT_TRUE(curve.series("learning_rate").steps.empty());
  EXPECT_TRUE(curve.series("unheard_of").values.empty());
}

TEST(TrainingCurve, EqualsAnotherWithNaNAtTheSamePlaces) {
  const auto curve_of = [](const CurveValues& values) {
    TrainingCurve curve;
    curve.add(1, values);
    return curve;
  };
  EXPECT_EQ(curve_of({.clip_scale = nan}), curve_of({.clip_scale = -nan}));
  EXPECT_EQ(curve_of({.metrics = {{"a", nan}}}), curve_of({.metrics = {{"a", nan}}}));
  EXPECT_NE(curve_of({.clip_scale = nan}), curve_of({.clip_scale = 1.0}));
  EXPECT_NE(curve_of({.clip_scale = nan}), curve_of({}));
  EXPECT_NE(curve_of({.metrics = {{"a", 1.0}}}), curve_of({.metrics = {{"a", 2.0}}}));
  EXPECT_NE(curve_of({.metrics = {{"a", 1.0}}}), curve_of({.metrics = {{"b", 1.0}}}));
}

TEST(TrainingCurve, DropsWhatComesAfterAStep) {
  TrainingCurve curve;
  for (const std::int64_t step : {0, 10, 20, 30}) curve.add(step, {});
  curve.drop_after(30);
  EXPECT_EQ(curve.size(), 4U);
  curve.drop_after(19);
  EXPECT_EQ(curve.size(), 2U);
  curve.add(15, {});
  EXPECT_EQ(curve.rows().back().step, 15);
  curve.drop_after(-1);
  EXPECT_TRUE(curve.empty());
}

TEST(TrainingCurve, TakesNoStepTwiceAndNoNameThatAFileCouldNotHold) {
  TrainingCurve curve;
  curve.add(3, {});
  EXPECT_EQ(error_of([&] { curve.add(3, {}); }), "TrainingCurve: step must be above the last one, got 3 after 3");
  EXPECT_EQ(error_of([&] { TrainingCurve().add(-1, {}); }), "TrainingCurve: step must be at least 0, got -1");
  for (const std::string name : {"", "a,b", "a\"b", "a\nb", " a", "a ", "step", "clip_scale", "\xc3\xa4", "\x7f"}) {
    EXPECT_EQ(
        error_of([&] {
          curve.add(4, {.metrics = {{name, 1.0}}});
        }),
        "TrainingCurve: a metric's name must be printable ASCII without ',' and '\"', and no column's name, got \"" +
            name + "\"");
  }
  EXPECT_EQ(curve.size(), 1U);
  curve.add(4, {.metrics = {{"top-5 error/validation (%)", 1.0}, {"a", 1.0}}});
}

}  // namespace
}  // namespace eigentune
