#pragma once

// Studies with known answers. What is in this file (shapes, margins, prevalences, noise levels) was fixed before the
// analysis was tuned, and is not changed with it. (One correction came after a first look at the results: a training
// loss that keeps falling in spite of the rise that is added to it does not count as one that rises.)

#include <eigentune/analysis/finding.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/quantile.hpp>
#include <eigentune/core/random.hpp>
#include <eigentune/search/halton.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace simulated {

using namespace eigentune;

/// Whether a finding should be made.
struct Claim {
  Check check;
  std::string hyperparameter;
  std::optional<Bound> bound;
  bool present;
};

struct Simulation {
  StudyData data;
  std::vector<Claim> claims;
};

struct Noise {
  const char* name;
  double retraining;  ///< standard deviation of the objective over retrainings, per that over the search space
  double step;        ///< of the validation error from one evaluation to the next, per what training gains in all
};

inline constexpr std::array<Noise, 4> noise_levels = {
    {{"none", 0.0, 0.0}, {"small", 0.05, 0.005}, {"moderate", 0.15, 0.015}, {"large", 0.5, 0.05}}};

/// The objective without noise, over the unit cube: a valley around an optimum in or outside of it, each side with a
/// steepness of its own, seen through a monotone map; infeasible beyond a cliff.
struct Landscape {
  std::vector<double> optimum, weight, upper_steepness;
  int map = 0;
  bool has_cliff = false;
  double cliff = 1.0, tilt = 0.0;
  std::vector<double> offset;  ///< of the scientific values, if there are any

  double cost(const std::vector<double>& unit, std::size_t value) const {
    double sum = 0.0;
    for (std::size_t j = 0; j < unit.size(); ++j) {
      const double away = unit[j] - optimum[j];
      sum += weight[j] * away * away * (away > 0.0 ? upper_steepness[j] : 1.0);
    }
    const double mapped = map == 0 ? sum : map == 1 ? 1.0 - std::exp(-2.0 * sum) : std::sqrt(sum);
    return mapped + (offset.empty() ? 0.0 : offset[value]);
  }
  bool diverges(const std::vector<double>& unit) const { return has_cliff && unit[0] + tilt * (unit[1] - 0.5) > cliff; }
};

inline constexpr std::size_t evaluations = 50;
inline constexpr std::int64_t evaluation_interval = 100;

/// What the curves of a study look like; shares are of the run, heights of what training gains in all.
struct CurveShape {
  double time_constant = 0.15;  ///< of the exponential approach
  double overfits_from = 1.0, overfitting = 0.0;
  double loss_rises_from = 1.0, loss_rise = 0.0;
  double wave = 0.0, period = 5.0;  ///< height, and evaluations
  double step_noise = 0.0;
  double clipped = 0.2;  ///< share of the steps

  double progress(double s) const { return 1.0 - std::exp(-s / time_constant); }
  double rise(double s) const {
    return s > overfits_from ? overfitting * (s - overfits_from) / (1.0 - overfits_from) : 0.0;
  }
};

/// The curve of a run that goes from `start` down to about `level`.
inline TrainingCurve draw_curve(const CurveShape& shape, double start, double level, bool maximize, Random& random) {
  TrainingCurve curve;
  const double gain = start - level;
  for (std::size_t i = 1; i <= evaluations; ++i) {
    const double s = static_cast<double>(i) / evaluations;
    const double phase = 2.0 * std::numbers::pi * static_cast<double>(i) / shape.period;
    const double error = start - gain * (shape.progress(s) - shape.rise(s) - shape.wave * std::sin(phase)) +
                         gain * shape.step_noise * random.normal();
    const double loss_rise =
        s > shape.loss_rises_from ? shape.loss_rise * (s - shape.loss_rises_from) / (1.0 - shape.loss_rises_from) : 0.0;
    const double loss = 2.0 - 1.5 * (shape.progress(s) - loss_rise) + 1.5 * shape.step_noise * random.normal();
    const bool clipped = random.uniform() < shape.clipped;
    CurveValues values{
        .training_loss = loss, .gradient_norm = std::exp(0.3 * random.normal()), .clip_scale = clipped ? 0.5 : 1.0};
    if (maximize) {
      values.metrics["accuracy"] = 1.0 - error;
    } else {
      values.validation_error = error;
    }
    curve.add(static_cast<std::int64_t>(i) * evaluation_interval, std::move(values));
  }
  return curve;
}

/// How much better the best of twice as many trials is on average than the best of `trials`, per how much better that
/// is than the median trial.
inline double gain_of_doubling(const Landscape& landscape, std::size_t dimensions, double retraining,
                               std::int64_t trials, Random& random) {
  constexpr int repeats = 50;
  double once = 0.0, twice = 0.0;
  std::vector<double> all;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    double best = 1e9;
    for (std::int64_t i = 0; i < 2 * trials; ++i) {
      std::vector<double> unit(dimensions);
      for (double& x : unit) x = random.uniform();
      const std::size_t value = landscape.offset.empty() ? 0 : random.below(2);
      if (!landscape.diverges(unit)) {
        all.push_back(landscape.cost(unit, value) + retraining * random.normal());
        best = std::min(best, all.back());
      }
      if (i == trials - 1) once += best / repeats;
    }
    twice += best / repeats;
  }
  return (once - twice) / (quantile(all, 0.5) - once);
}

/// Study `seed`, of so many trials.
inline Simulation simulate(std::uint64_t seed, std::int64_t trials, const Noise& noise) {
  Random random(seed, 77);
  const auto chance = [&random](double probability) { return random.uniform() < probability; };
  Simulation result;
  StudyData& data = result.data;
  const bool maximize = chance(0.3);
  data.definition = {.name = "simulated",
                     .space = {},
                     .space_version = {},
                     .sampler = {},
                     .metric = maximize ? "accuracy" : "validation_error",
                     .direction = maximize ? Direction::maximize : Direction::minimize,
                     .objective = {},
                     .trials = trials};

  // The space and the landscape.
  const std::array<std::pair<const char*, Domain>, 4> axes = {{{"learning_rate", log_uniform(1e-4, 1.0)},
                                                               {"momentum", one_minus_log_uniform(0.5, 0.99)},
                                                               {"weight_decay", log_uniform(1e-6, 1e-2)},
                                                               {"mixing", uniform(0.1, 0.9)}}};
  const std::size_t dimensions = 2 + random.below(3);
  const bool scientific = chance(0.5), different = chance(0.5);
  if (scientific) data.space.scientific("optimizer", choice({"first", "second"}));
  Landscape landscape;
  landscape.map = static_cast<int>(random.below(3));
  landscape.has_cliff = chance(0.4);
  landscape.tilt = chance(0.5) ? 0.3 : 0.0;
  landscape.cliff = random.uniform(0.5, 0.8);
  const bool best_at_cliff = chance(0.5);
  for (std::size_t j = 0; j < dimensions; ++j) {
    data.space.nuisance(axes[j].first, axes[j].second);
    const bool relevant = j == 0 || chance(0.8);
    const bool outside = chance(1.0 / 3.0), upper = chance(0.5);
    const double beyond = random.uniform(0.15, 0.6), inside = random.uniform(0.2, 0.8);
    landscape.weight.push_back(relevant ? random.uniform(0.5, 1.5) : 0.0);
    landscape.upper_steepness.push_back(random.uniform(1.0, 2.0));
    landscape.optimum.push_back(!outside ? inside : upper ? 1.0 + beyond : -beyond);
    const bool cliff_here = j == 0 && landscape.has_cliff;
    if (cliff_here) {
      landscape.optimum[0] = landscape.cliff + (best_at_cliff ? random.uniform(0.1, 0.4) : -random.uniform(0.25, 0.4));
    }
    const bool distorted = j == 1 && landscape.has_cliff && landscape.tilt != 0.0;
    const bool in_limits = cliff_here || !outside;
    if (!distorted && !(cliff_here && landscape.optimum[0] < 0.2)) {
      for (const Bound bound : {Bound::lower, Bound::upper}) {
        const bool here = relevant && !in_limits && (bound == Bound::upper) == upper;
        result.claims.push_back({Check::search_space_boundary, axes[j].first, bound, here});
      }
      if (!cliff_here) {
        for (const Bound bound : {Bound::lower, Bound::upper}) {
          result.claims.push_back({Check::infeasible_region, axes[j].first, bound, false});
        }
      }
    }
  }
  if (landscape.has_cliff) {
    if (landscape.tilt == 0.0) {
      result.claims.push_back({Check::infeasible_region, axes[0].first, Bound::upper, true});
      result.claims.push_back({Check::instability_edge, axes[0].first, Bound::upper, best_at_cliff});
    }
  } else {
    result.claims.push_back({Check::instability_edge, axes[0].first, Bound::upper, false});
  }

  // Its scale, from a sample of the cube.
  std::vector<double> costs;
  std::int64_t diverged = 0;
  constexpr std::int64_t sample = 1000;
  for (std::int64_t i = 0; i < sample; ++i) {
    std::vector<double> unit(dimensions);
    for (double& x : unit) x = random.uniform();
    if (landscape.diverges(unit)) {
      ++diverged;
    } else {
      costs.push_back(landscape.cost(unit, 0));
    }
  }
  double mean = 0.0, square = 0.0;
  for (const double cost : costs) mean += cost / static_cast<double>(costs.size());
  for (const double cost : costs) square += (cost - mean) * (cost - mean) / static_cast<double>(costs.size());
  const double deviation = std::sqrt(square);
  if (scientific) {
    landscape.offset = {0.0, 0.0};
    if (different) landscape.offset[random.below(2)] = deviation;
    result.claims.push_back({Check::scientific_comparison, "optimizer", {}, different});
  }
  const double share = static_cast<double>(diverged) / sample;
  if (share >= 0.4 || share <= 0.15) {
    result.claims.push_back({Check::infeasible_fraction, "", {}, share >= 0.4});
  }

  const double retraining = deviation * noise.retraining;
  const double gain = gain_of_doubling(landscape, dimensions, retraining, trials, random);
  if (gain >= 0.1 || gain <= 0.04) result.claims.push_back({Check::sampled_enough, "", {}, gain >= 0.1});

  // The curves.
  CurveShape shape;
  shape.step_noise = noise.step;
  const std::uint64_t regime = random.below(3);  // still improving, saturated, neither
  shape.time_constant = regime == 0   ? random.uniform(0.4, 1.0)
                        : regime == 1 ? random.uniform(0.03, 0.06)
                                      : random.uniform(0.15, 0.2);
  const bool overfits = regime != 0 && chance(0.4);
  if (overfits) {
    shape.overfits_from = random.uniform(0.3, 0.6);
    shape.overfitting = random.uniform(0.1, 0.4);
  }
  const bool early = overfits && chance(0.4);
  if (early) {
    shape.time_constant = 0.02;
    shape.overfits_from = 0.05;
    shape.overfitting = random.uniform(0.5, 1.0);
  }
  const bool loss_rises = chance(0.2), periodic = chance(0.2), clips = chance(0.3);
  if (loss_rises) {
    shape.loss_rises_from = random.uniform(0.4, 0.6);
    shape.loss_rise = random.uniform(0.1, 0.4);
  }
  if (periodic) {
    shape.wave = std::max(0.02, 2.0 * noise.step) * random.uniform(1.0, 2.0);
    shape.period = random.uniform(3.0, 8.0);
  }
  shape.clipped = clips ? random.uniform(0.6, 0.9) : random.uniform(0.0, 0.4);
  // A step-to-step variance that drowns everything else is a study of its own.
  const bool jumpy = chance(0.2);
  const double start = mean + 4.0 * deviation;
  if (jumpy) {
    shape.step_noise = random.uniform(1.0, 2.0) * 0.25;  // of the gain, which is about 4 deviations
    shape.wave = shape.overfitting = shape.loss_rise = 0.0;
  } else {
    result.claims.push_back({Check::overfitting, "", {}, overfits});
    if (!overfits) {
      result.claims.push_back({Check::still_improving, "", {}, regime == 0});
      result.claims.push_back({Check::saturated, "", {}, regime == 1});
    }
    if (regime == 0 || overfits) {
      result.claims.push_back({Check::best_step, "", Bound::upper, regime == 0});  // too few steps
      result.claims.push_back({Check::best_step, "", Bound::lower, early});        // too many
    }
    // Where training still gains more than that, the loss does not rise after all, and neither answer is wrong.
    const double net_rise = shape.loss_rise - (1.0 - shape.progress(shape.loss_rises_from));
    if (!loss_rises || net_rise >= 0.1) {
      result.claims.push_back({Check::training_loss_rising, "", {}, loss_rises});
    }
    result.claims.push_back({Check::periodic_validation, "", {}, periodic});
  }
  if (jumpy || (noise.step <= 0.015 && !periodic)) result.claims.push_back({Check::late_variance, "", {}, jumpy});
  result.claims.push_back({Check::gradient_clipping, "", {}, clips});

  // The trials.
  std::erase_if(result.claims, [&](const Claim& claim) {  // in noise like that the landscape is another one
    return jumpy && (claim.check == Check::search_space_boundary || claim.check == Check::instability_edge ||
                     claim.check == Check::sampled_enough || claim.check == Check::scientific_comparison);
  });
  const Halton halton{.seed = seed};
  for (std::int64_t number = 0; number < trials; ++number) {
    TrialRecord trial{.number = number, .point = halton.suggest(data.space, {}, number), .attempt = 1};
    std::vector<double> unit;
    std::size_t value = 0;
    for (const Hyperparameter& hyperparameter : data.space.hyperparameters()) {
      const Value& own = (*trial.point)[hyperparameter.name];
      if (hyperparameter.role == Role::scientific) {
        value = static_cast<std::size_t>(hyperparameter.domain.index_of(own));
      } else {
        unit.push_back(hyperparameter.domain.to_unit(own));
      }
    }
    if (landscape.diverges(unit)) {
      trial.state = TrialState::infeasible;
      trial.reason = "diverged";
    } else {
      const double level = landscape.cost(unit, value) + retraining * random.normal();
      TrainingCurve curve = draw_curve(shape, start, std::min(level, start - 0.1 * deviation), maximize, random);
      trial.state = TrialState::complete;
      const CurveSeries series = curve.series(data.definition.metric);
      const auto best = maximize ? std::ranges::max_element(series.values) : std::ranges::min_element(series.values);
      trial.objective = *best;
      trial.best_step = series.steps[static_cast<std::size_t>(best - series.values.begin())];
      data.curves.emplace(number, std::move(curve));
    }
    data.trials.push_back(std::move(trial));
  }
  return result;
}

}  // namespace simulated
