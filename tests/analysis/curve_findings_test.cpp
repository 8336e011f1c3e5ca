#include <eigentune/analysis/best_step.hpp>
#include <eigentune/analysis/gradient_clipping.hpp>
#include <eigentune/analysis/late_gain.hpp>
#include <eigentune/analysis/late_variance.hpp>
#include <eigentune/analysis/periodic_validation.hpp>
#include <eigentune/analysis/rising_curves.hpp>
#include <eigentune/core/random.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <optional>
#include <string>

#include "analysis/hand_made.hpp"

namespace eigentune {
namespace {

/// 16 trials whose curves of 50 evaluations, from step 10 to 500, are `error(s)` plus noise, with s in (0, 1], and a
/// trial's own level; the objective is the best of each.
template <class Error>
StudyData curves(Error error, double noise = 0.005, std::int64_t trials = 16, double differ_by = 0.1) {
  SearchSpace space;
  space.nuisance("learning_rate", log_uniform(1e-4, 1.0));
  StudyData data = support::study_of(space, trials, [](const Point&) { return std::optional(1.0); });
  Random random(1);
  for (TrialRecord& trial : data.trials) {
    TrainingCurve& curve = data.curves[trial.number];
    trial.objective.reset();
    for (std::int64_t i = 1; i <= 50; ++i) {
      const double value = error(static_cast<double>(i) / 50.0) + differ_by * static_cast<double>(trial.number) / 16.0 +
                           noise * random.normal();
      curve.add(10 * i, {.training_loss = value, .validation_error = value});
      if (trial.objective && *trial.objective <= value) continue;
      trial.objective = value;
      trial.best_step = 10 * i;
    }
  }
  return data;
}

double falling(double s) {
  return std::exp(-s / 0.15);
}
double at_once(double s) {
  return std::exp(-s / 0.03);
}
double slowly(double s) {
  return std::exp(-s / 0.6);
}
double rising(double s) {
  return falling(s) + std::max(0.0, s - 0.4) * 0.4;
}

TEST(Overfitting, IsAValidationErrorThatRises) {
  const Finding finding = find_overfitting(curves(rising));
  EXPECT_EQ(finding.verdict, Verdict::problem);
  EXPECT_EQ(finding.trials.size(), 8u);
  EXPECT_EQ(finding.number("rising_of_all"), 16.0);
  EXPECT_EQ(finding.conclusion, "the validation error of 8 of the 8 best trials rises at some point");
  EXPECT_EQ(find_overfitting(curves(falling)).verdict, Verdict::good);
  EXPECT_EQ(find_overfitting(curves(at_once)).verdict, Verdict::good);
}

TEST(Overfitting, IsSeenInTheMetricOfTheStudyWhateverItsDirection) {
  StudyData data = curves(rising);
  data.definition.direction = Direction::maximize;
  data.definition.metric = "accuracy";
  for (TrialRecord& trial : data.trials) {
    TrainingCurve accuracy;
    for (const CurveRow& row : data.curves[trial.number].rows()) {
      accuracy.add(row.step, {.metrics = {{"accuracy", -*row.values.validation_error}}});
    }
    data.curves[trial.number] = accuracy;
    trial.objective = -*trial.objective;
  }
  EXPECT_EQ(find_overfitting(data), find_overfitting(curves(rising)));
}

TEST(Overfitting, IsNotHeldAgainstAScientificRegulariser) {
  StudyData data = curves(rising);
  data.space.scientific("dropout", discrete({0.0, 0.5}));
  const Finding finding = find_overfitting(data);
  EXPECT_EQ(finding.verdict, Verdict::note);
  EXPECT_EQ(finding.hyperparameter, "dropout");
  EXPECT_EQ(finding.action, "");
}

/// By the words of a name: the l1 in kernel1 is none.
TEST(Overfitting, KnowsARegulariserByItsWords) {
  for (const char* name : {"l2", "l1_penalty", "layers.l2", "kernel-L2", "l2reg", "conv1l2", "weight_decay",
                           "weight-decay", "weightDecay", "dropout_rate", "dropout1", "label_smoothing",
                           "randaugment_magnitude", "mixup_alpha", "kernel_regularizer", "stochastic_depth"}) {
    EXPECT_TRUE(is_regulariser(name)) << name;
  }
  for (const char* name : {"", "l", "l12", "kernel1_size", "channel1", "model2", "pool1_size", "xl2", "l21", "level1",
                           "Channel2.width", "learning_rate", "weight_scale", "decay_steps", "label_count"}) {
    EXPECT_FALSE(is_regulariser(name)) << name;
  }
}

TEST(Overfitting, IsNotNoiseAndNotASpike) {
  int problems = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Random random(seed);
    const auto noisy = [&random](double s) { return falling(s) + 0.1 * random.normal(); };
    problems += find_overfitting(curves(noisy, 0.0)).verdict == Verdict::problem ? 1 : 0;
  }
  EXPECT_LE(problems, 2);
  const auto spike = [](double s) { return falling(s) + (s > 0.95 && s < 0.97 ? 5.0 : 0.0); };
  EXPECT_EQ(find_overfitting(curves(spike)).verdict, Verdict::good);
}

TEST(TrainingLossRising, IsABug) {
  EXPECT_EQ(find_training_loss_rising(curves(rising)).action, "look for a bug in the training pipeline");
  EXPECT_EQ(find_training_loss_rising(curves(falling)).verdict, Verdict::good);
}

TEST(StillImproving, AsksForMoreSteps) {
  EXPECT_EQ(find_still_improving(curves(slowly)).verdict, Verdict::problem);
  EXPECT_EQ(find_still_improving(curves(at_once)).verdict, Verdict::good);
  EXPECT_EQ(find_still_improving(curves(rising)).verdict, Verdict::good);
  EXPECT_EQ(find_still_improving(curves(slowly, 2.0)).verdict, Verdict::cannot_say);
}

TEST(Saturated, AsksForFewerSteps) {
  EXPECT_EQ(find_saturated(curves(at_once)).verdict, Verdict::problem);
  EXPECT_EQ(find_saturated(curves(slowly)).verdict, Verdict::good);
  EXPECT_EQ(find_saturated(curves(at_once, 2.0)).verdict, Verdict::cannot_say);
}

/// What falls by 1 in all still falls by 0.004 from the middle fifth to the last: nothing where the better half of
/// trials differ by 0.025 (the quartiles of 8 trials, 0.1 / 16 apart), and much where they differ by 0.0025.
TEST(Saturated, IsMeasuredByWhatTheTrialsDifferBy) {
  const auto late = [](double s) { return at_once(s) + 0.01 * (1.0 - s); };
  EXPECT_EQ(find_saturated(curves(late, 0.0)).verdict, Verdict::problem);
  EXPECT_EQ(find_saturated(curves(late, 0.0, 16, 0.01)).verdict, Verdict::good);
  EXPECT_EQ(find_still_improving(curves(late, 0.0)).verdict, Verdict::good);
  const auto later = [](double s) { return at_once(s) + 0.02 * (1.0 - s); };  // 0.004 in the last fifth
  EXPECT_EQ(find_still_improving(curves(later, 0.0, 16, 0.01)).verdict, Verdict::cannot_say);
}

/// Noise that lasts for several evaluations, x[i] = 0.9 x[i-1] + e[i], looks like a slow gain in each curve, but each
/// has another one.
TEST(StillImproving, IsNotNoiseThatLasts) {
  int problems = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Random random(seed);
    double state = 0.0;
    const auto lasting = [&](double s) { return at_once(s) + (state = 0.9 * state + 0.05 * random.normal()); };
    problems += find_still_improving(curves(lasting, 0.0)).verdict == Verdict::problem ? 1 : 0;
  }
  EXPECT_LE(problems, 10);  // at a level of 5%, from a gain of 3% on
}

/// Of 20 evaluations the last half has 8 second differences, of 50 it has 23.
TEST(CostCurve, CountsTheDegreesOfFreedomOfItsNoise) {
  CostCurve curve;
  curve.costs.resize(20);
  EXPECT_NEAR(curve.noise_degrees_of_freedom(), 8.0 * 18.0 / 35.0, 1e-12);
  curve.costs.resize(50);
  EXPECT_NEAR(curve.noise_degrees_of_freedom(), 23.0 * 18.0 / 35.0, 1e-12);
  curve.costs.resize(2);
  EXPECT_EQ(curve.noise_degrees_of_freedom(), 1.0);
}

/// The variance of the squared noise over many samples is 2 / degrees of freedom of its squared mean (without the
/// screening of spikes it would be so exactly).
TEST(CostCurve, HasAsManyDegreesOfFreedomAsItsNoiseVaries) {
  Random random(3);
  double sum = 0.0, squares = 0.0;
  constexpr double samples = 4000.0;
  CostCurve curve;
  curve.costs.resize(50);
  for (int i = 0; i < static_cast<int>(samples); ++i) {
    for (double& cost : curve.costs) cost = random.normal();
    const double variance = curve.noise() * curve.noise();
    sum += variance / samples;
    squares += variance * variance / samples;
  }
  const double relative = (squares - sum * sum) / (sum * sum);
  EXPECT_NEAR(2.0 / relative, curve.noise_degrees_of_freedom(), 1.5);
}

/// The better half of the trials lies within 0.05; its quartiles are 0.02 apart.
TEST(LateVariance, IsHighWhereItBlursTheTrials) {
  EXPECT_EQ(find_late_variance(curves(at_once, 0.1)).verdict, Verdict::problem);
  EXPECT_EQ(find_late_variance(curves(at_once, 0.001)).verdict, Verdict::good);
  EXPECT_EQ(find_late_variance(curves(at_once, 0.1, 4)).verdict, Verdict::cannot_say);
}

/// Of second differences of a line plus 1, -1, 1, -1, ... by hand: |1 - 2 (-1) + 1| = 4, over sqrt(6).
TEST(CostCurve, MeasuresNoiseAboutAnySlope) {
  CostCurve curve;
  for (std::int64_t i = 0; i < 20; ++i) {
    curve.steps.push_back(i);
    curve.costs.push_back(3.0 * static_cast<double>(i) + (i % 2 == 0 ? 1.0 : -1.0));
  }
  EXPECT_NEAR(curve.noise(), 4.0 / std::sqrt(6.0), 1e-12);
  EXPECT_DOUBLE_EQ(curve.level(0.0, 0.2).cost, 4.5);  // of 1, 2, 7, 8 the middle two
  EXPECT_DOUBLE_EQ(curve.gain(), 1.0 - 1.5);          // the lowest tenth is 1, 2
}

TEST(PeriodicValidation, FindsThePeriodInSteps) {
  const auto wave = [](double s) { return falling(s) + 0.03 * std::sin(2.0 * std::numbers::pi * 50.0 * s / 5.0); };
  const Finding finding = find_periodic_validation(curves(wave, 0.01));
  EXPECT_EQ(finding.verdict, Verdict::problem);
  EXPECT_NEAR(*finding.number("period_in_steps"), 50.0, 5.0);
  EXPECT_NEAR(*finding.number("amplitude"), 0.03, 0.01);
  for (const auto without : {falling, at_once, slowly, rising}) {
    EXPECT_EQ(find_periodic_validation(curves(without, 0.01)).verdict, Verdict::good);
    EXPECT_EQ(find_periodic_validation(curves(without, 0.0)).verdict, Verdict::good);
  }
}

/// Of n evaluations in the second half, even or odd, a wave of j periods has n / j in each: 24 / 6 and 25 / 5 here, at
/// intervals of 10 steps.
TEST(PeriodicValidation, FindsThePeriodOfAnEvenNumberOfEvaluationsToo) {
  const auto waves_of = [](std::int64_t evaluations, double period) {
    StudyData data = curves(falling);
    for (auto& [number, curve] : data.curves) {
      curve = TrainingCurve();
      for (std::int64_t i = 1; i <= evaluations; ++i) {
        const auto t = static_cast<double>(i);
        curve.add(10 * i,
                  {.validation_error = std::exp(-t / 5.0) + 0.03 * std::sin(2.0 * std::numbers::pi * t / period)});
      }
    }
    return data;
  };
  EXPECT_DOUBLE_EQ(*find_periodic_validation(waves_of(48, 4.0)).number("period_in_steps"), 40.0);
  EXPECT_DOUBLE_EQ(*find_periodic_validation(waves_of(50, 5.0)).number("period_in_steps"), 50.0);
  EXPECT_TRUE(find_periodic_validation(waves_of(48, 4.0)).conclusion.ends_with("about every 40 steps"));

  StudyData of_both = waves_of(48, 4.0);  // 23 evaluations have as many frequencies as 24, but others
  const std::int64_t best = ranked_trials(of_both).front().trial->number;
  const StudyData shorter = waves_of(46, 4.0);
  for (auto& [number, curve] : of_both.curves) {
    if (number != best) curve = shorter.curves.at(number);
  }
  EXPECT_EQ(find_periodic_validation(of_both).number("best_trials"), 1.0);
}

TEST(BestStep, IsEarlyLateOrNeither) {
  EXPECT_EQ(find_best_step(curves(slowly)).bound, Bound::upper);
  EXPECT_EQ(find_best_step(curves(slowly)).verdict, Verdict::problem);
  const auto early = [](double s) { return s < 0.05 ? 1.0 - s : s; };
  EXPECT_EQ(find_best_step(curves(early)).bound, Bound::lower);
  EXPECT_EQ(find_best_step(curves(rising)).verdict, Verdict::good);
  EXPECT_EQ(find_best_step(curves(slowly, 0.005, 4)).verdict, Verdict::cannot_say);
}

/// The best of three evaluations is in the last quarter by chance alone; four are enough to count.
TEST(BestStep, IsOneOfAtLeastFourEvaluations) {
  const auto with_evaluations = [](std::int64_t evaluations) {
    StudyData data = curves(falling);
    for (TrialRecord& trial : data.trials) {
      TrainingCurve& curve = data.curves[trial.number] = TrainingCurve();
      for (std::int64_t i = 1; i <= evaluations; ++i) {
        curve.add(100 * i, {.training_loss = 1.0, .validation_error = *trial.objective - static_cast<double>(i)});
      }
      trial.best_step = 100 * evaluations;
    }
    return find_best_step(data);
  };
  EXPECT_EQ(with_evaluations(3).verdict, Verdict::cannot_say);
  EXPECT_EQ(with_evaluations(3).conclusion,
            "none of the better half of trials has a best step among at least 4 evaluations");
  EXPECT_EQ(with_evaluations(4).verdict, Verdict::problem);
  EXPECT_EQ(with_evaluations(4).number("in_last_quarter"), 8.0);
}

/// Norms 1, ..., 20: the 90th percentile is 1 + 0.9 * 19.
TEST(GradientClipping, SuggestsTheNinetiethPercentile) {
  const auto with_clipping = [](std::int64_t clipped) {
    StudyData data = curves(falling);
    for (auto& [number, curve] : data.curves) {
      curve = TrainingCurve();
      for (std::int64_t i = 1; i <= 20; ++i) {
        curve.add(i, {.gradient_norm = static_cast<double>(i), .clip_scale = i <= clipped ? 0.5 : 1.0});
      }
    }
    return find_gradient_clipping(data);
  };
  EXPECT_EQ(with_clipping(10).verdict, Verdict::good);
  EXPECT_EQ(with_clipping(11).verdict, Verdict::problem);
  EXPECT_DOUBLE_EQ(*with_clipping(11).number("percentile_90"), 18.1);
  EXPECT_DOUBLE_EQ(*with_clipping(11).number("clipped_share"), 0.55);
  EXPECT_EQ(find_gradient_clipping(curves(falling)).verdict, Verdict::cannot_say);
}

TEST(CurveFindings, CannotSayWithoutCurves) {
  StudyData bare = curves(rising);
  bare.curves.clear();
  for (TrialRecord& trial : bare.trials) trial.best_step.reset();
  StudyData lost = curves([](double) { return std::numeric_limits<double>::quiet_NaN(); });
  for (const StudyData& data : {bare, lost, StudyData{}, curves(rising, 0.005, 0)}) {
    for (const Finding& finding : {find_overfitting(data), find_training_loss_rising(data), find_still_improving(data),
                                   find_saturated(data), find_late_variance(data), find_periodic_validation(data),
                                   find_best_step(data), find_gradient_clipping(data)}) {
      EXPECT_EQ(finding.verdict, Verdict::cannot_say) << fmt::format("{}", finding);
    }
  }
}

}  // namespace
}  // namespace eigentune
