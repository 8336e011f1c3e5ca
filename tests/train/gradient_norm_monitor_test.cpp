#include <eigentune/core/portable_math.hpp>
#include <eigentune/core/random.hpp>
#include <eigentune/optim/optimizers.hpp>
#include <eigentune/train/gradient_norm_monitor.hpp>

#include <Eigen/Core>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "core/quantile_golden.hpp"
#include "support/expect.hpp"
#include "support/numbers.hpp"
#include "support/special_values.hpp"

namespace eigentune {
namespace {

using support::error_of;

using support::infinity;
using support::nan;

/// The norms of a run: log-normal, with spikes, zeros and overflows among them.
double norm_of_step(std::int64_t step) {
  Random random(7);
  random.seek(static_cast<std::uint64_t>(2 * step));
  const std::uint64_t kind = random.below(100);
  return kind == 0 ? infinity : kind == 1 ? 0.0 : portable::exp((kind == 2 ? 4.0 : 1.0) * random.normal());
}

void record_steps(GradientNormMonitor& norms, std::int64_t begin, std::int64_t end) {
  for (std::int64_t step = begin; step < end; ++step) norms.record(step, norm_of_step(step), step % 3 == 0 ? 0.5 : 1.0);
}

std::vector<double> finite_norms(std::int64_t begin, std::int64_t end) {
  std::vector<double> values;
  for (std::int64_t step = begin; step < end; ++step) {
    if (is_finite(norm_of_step(step))) values.push_back(norm_of_step(step));
  }
  return values;
}

void expect_same_state(const GradientNormState& a, const GradientNormState& b) {
  EXPECT_EQ(a.integers, b.integers);
  ASSERT_EQ(a.numbers.size(), b.numbers.size());
  for (const auto& [name, values] : a.numbers) EXPECT_TRUE(support::same_bits(values, b.numbers.at(name))) << name;
}

TEST(GradientNormMonitor, GivesNumPysQuantiles) {
  for (const auto& [name, values, quantiles, spread] : golden::samples) {
    if (std::ranges::min(values) < 0.0) continue;
    GradientNormMonitor norms;
    std::int64_t step = 0;
    for (const double value : values) norms.record(step++, value);
    for (std::size_t i = 0; i < quantiles.size(); ++i) {
      EXPECT_EQ(norms.quantile(golden::probabilities[i]), quantiles[i]) << name;
    }
    EXPECT_EQ(norms.clip_threshold(), quantiles[8]) << name;
  }
}

TEST(GradientNormMonitor, CountsNormsThatAreNotFiniteApart) {
  GradientNormMonitor norms;
  for (const double norm : {1.0, infinity, 2.0, nan, 3.0}) norms.record(0, norm);
  EXPECT_EQ(norms.steps(), 5);
  EXPECT_EQ(norms.non_finite_steps(), 2);
  EXPECT_EQ(norms.quantile(0.5), 2.0);
  EXPECT_EQ(norms.quantile(1.0), 3.0);
  const LogSpacedBins bins = norms.histogram();
  EXPECT_EQ(std::accumulate(bins.counts.begin(), bins.counts.end(), std::int64_t{0}), 3);
}

TEST(GradientNormMonitor, IsExactAsLongAsItSaysAndWithinTheBoundAfterwards) {
  GradientNormMonitor norms({.exact_steps = 1000});
  record_steps(norms, 0, 1000);
  EXPECT_EQ(norms.quantile(0.9), quantile(finite_norms(0, 1000), 0.9));
  record_steps(norms, 1000, 20000);
  const std::vector<double> all = finite_norms(0, 20000);
  for (const double q : golden::probabilities) {
    const double exact = quantile(all, q);
    EXPECT_NEAR(norms.quantile(q), exact, exact * LogHistogram::relative_error * (1 + 1e-12)) << q;
  }
  EXPECT_NE(norms.quantile(0.5), quantile(all, 0.5));  // or the test would not have left the exact range
}

TEST(GradientNormMonitor, IsExactOverEveryWindowOfTheLatestSteps) {
  GradientNormMonitor norms({.exact_steps = 1000});
  for (std::int64_t end = 0; end < 3300; end += 330) {  // before, while and after the ring is full
    record_steps(norms, end, end + 330);
    for (const std::int64_t window : {5, 331, 999, 1000}) {
      const std::vector<double> expected = finite_norms(std::max<std::int64_t>(0, end + 330 - window), end + 330);
      EXPECT_EQ(norms.clip_threshold(window), quantile(expected, 0.9)) << end << ' ' << window;
    }
  }
}

TEST(GradientNormMonitor, WarnsAboveOneHalfOnly) {
  GradientNormMonitor norms;
  EXPECT_EQ(norms.fraction_clipped(), 0.0);
  for (std::int64_t step = 0; step < 100; ++step) norms.record(step, 1.0, step < 50 ? 0.9 : 1.0);
  EXPECT_EQ(norms.fraction_clipped(), 0.5);
  EXPECT_FALSE(norms.clipping_warning());
  for (std::int64_t step = 100; step < 135; ++step) norms.record(step, 1.0, 0.9);
  norms.record(135, infinity);  // neither clipped nor not
  const auto warning = norms.clipping_warning();
  ASSERT_TRUE(warning);
  EXPECT_EQ(warning->fraction_clipped, 85.0 / 135.0);
  EXPECT_EQ(warning->text,
            "more than half of the steps were clipped (63%): extremely aggressive; lower the learning rate instead");
}

TEST(GradientNormMonitor, RecordsWhatAnOptimizerReports) {
  Eigen::VectorXf weights = Eigen::VectorXf::Zero(2), gradient(2);
  SGD<float> optimizer;
  optimizer.add("weights", weights, gradient);
  GradientNormMonitor norms;
  for (const float scale : {1.0F, 2.0F, std::numeric_limits<float>::infinity(), 3.0F}) {
    gradient << 3.0F * scale, 4.0F * scale;
    norms.record(optimizer.step({.learning_rate = 0.1, .max_gradient_norm = 7.0}));
  }
  EXPECT_EQ(norms.steps(), 4);
  EXPECT_EQ(norms.non_finite_steps(), 1);
  EXPECT_EQ(norms.quantile(0.5), 10.0);
  EXPECT_EQ(norms.fraction_clipped(), 2.0 / 3.0);
}

TEST(GradientNormMonitor, DrawsACurveThatKeepsEverySpike) {
  GradientNormMonitor norms({.curve_points = 8});
  const auto norm = [](std::int64_t step) { return step == 37 ? 100.0 : 1.0 + static_cast<double>(step % 2); };
  for (std::int64_t step = 0; step < 100; ++step) {
    norms.record(step, norm(step));
    const auto curve = norms.curve();
    EXPECT_LE(curve.size(), 8U);
    for (const NormPoint& point : curve) EXPECT_EQ(point.norm, norm(point.step));
    for (std::size_t i = 1; i < curve.size(); ++i) EXPECT_LT(curve[i - 1].step, curve[i].step);
    if (step >= 37) {
      EXPECT_EQ(std::ranges::count(curve, NormPoint{37, 100.0}), 1) << step;
    }
  }
  // 100 steps in runs of 16: the first greatest of each.
  const std::vector<NormPoint> expected = {{1, 2.0},  {17, 2.0}, {37, 100.0}, {49, 2.0},
                                           {65, 2.0}, {81, 2.0}, {97, 2.0}};
  EXPECT_EQ(std::vector<NormPoint>(norms.curve().begin(), norms.curve().end()), expected);
}

TEST(GradientNormMonitor, DrawsAGapWhereNothingWasFinite) {
  GradientNormMonitor norms({.curve_points = 2});
  norms.record(0, infinity);
  norms.record(1, nan);  // joined with the one before
  norms.record(2, 1.0);
  const std::vector<NormPoint> expected = {{0, nan}, {2, 1.0}};
  EXPECT_EQ(std::vector<NormPoint>(norms.curve().begin(), norms.curve().end()), expected);
}

TEST(GradientNormMonitor, ContinuesFromItsStateBitForBit) {
  const GradientNormMonitorOptions options{.exact_steps = 500, .curve_points = 16};
  GradientNormMonitor uninterrupted(options);
  record_steps(uninterrupted, 0, 2000);
  for (const std::int64_t stop : {0, 1, 7, 499, 500, 501, 1234, 2000}) {
    GradientNormMonitor first(options), second(options);
    record_steps(first, 0, stop);
    second.record(0, 77.0);  // to be forgotten
    second.restore(first.state());
    expect_same_state(second.state(), first.state());
    record_steps(second, stop, 2000);
    expect_same_state(second.state(), uninterrupted.state());
    EXPECT_EQ(second.quantile(0.3), uninterrupted.quantile(0.3));
    EXPECT_EQ(second.clip_threshold(333), uninterrupted.clip_threshold(333));
    EXPECT_EQ(second.fraction_clipped(), uninterrupted.fraction_clipped());
    EXPECT_EQ(second.histogram(), uninterrupted.histogram());
    EXPECT_TRUE(std::ranges::equal(second.curve(), uninterrupted.curve()));
  }
}

TEST(GradientNormMonitor, RejectsBadRecordsAndKeepsNothingOfThem) {
  GradientNormMonitor norms;
  norms.record(5, 1.0);
  const GradientNormState before = norms.state();
  EXPECT_EQ(error_of([&] { norms.record(4, 1.0); }), "GradientNormMonitor: step must not go back, got 4 after 5");
  EXPECT_EQ(error_of([&] { norms.record(6, -1.0); }), "GradientNormMonitor: gradient_norm must be 0 or more, got -1");
  EXPECT_EQ(error_of([&] { norms.record(6, 1.0, 1.5); }), "GradientNormMonitor: clip_scale must be in [0, 1], got 1.5");
  EXPECT_EQ(error_of([&] { norms.record(6, 1.0, nan); }), "GradientNormMonitor: clip_scale must be in [0, 1], got nan");
  expect_same_state(norms.state(), before);
  EXPECT_EQ(error_of([&] { norms.quantile(2.0); }), "quantile: q must be in [0, 1], got 2");
  EXPECT_EQ(error_of([&] { norms.clip_threshold(0); }),
            "GradientNormMonitor: window must be in [1, 1000000], which is exact_steps, got 0");
  EXPECT_EQ(error_of([&] { norms.clip_threshold(1'000'001); }),
            "GradientNormMonitor: window must be in [1, 1000000], which is exact_steps, got 1000001");
}

TEST(GradientNormMonitor, HasNoQuantileOfNothing) {
  GradientNormMonitor norms({.exact_steps = 3});
  EXPECT_EQ(error_of([&] { norms.clip_threshold(); }), "GradientNormMonitor: no gradient norm was finite in 0 steps");
  for (int i = 0; i < 5; ++i) norms.record(i, nan);
  EXPECT_EQ(error_of([&] { norms.clip_threshold(); }), "GradientNormMonitor: no gradient norm was finite in 5 steps");
  EXPECT_EQ(error_of([&] { norms.clip_threshold(2); }), "GradientNormMonitor: no gradient norm was finite in 2 steps");
}

TEST(GradientNormMonitor, RejectsOptionsOutOfRange) {
  EXPECT_EQ(error_of([] { GradientNormMonitor({.exact_steps = 0}); }),
            "GradientNormMonitor: exact_steps must be at least 1, got 0");
  EXPECT_EQ(error_of([] { GradientNormMonitor({.curve_points = 7}); }),
            "NormEnvelope: capacity must be even and at least 2, got 7");
}

TEST(GradientNormMonitor, RejectsStatesThatContradictThemselvesAndKeepsItsOwn) {
  const GradientNormMonitorOptions options{.exact_steps = 4, .curve_points = 4};
  GradientNormMonitor norms(options);
  for (std::int64_t step = 0; step < 6; ++step) norms.record(step, 1.0 + static_cast<double>(step));
  const GradientNormState good = norms.state();
  const auto error_after = [&](auto change) {
    GradientNormState state = good;
    change(state);
    const std::string text = error_of([&] { norms.restore(state); });
    expect_same_state(norms.state(), good);
    return text;
  };
  EXPECT_EQ(error_after([](GradientNormState&) {}), "nothing was thrown");
  EXPECT_EQ(error_after([](auto& state) { state.integers.erase("counters"); }),
            "GradientNormMonitor: the state must have the array \"counters\"");
  EXPECT_EQ(error_after([](auto& state) { state.integers["counters"].pop_back(); }),
            "GradientNormMonitor: counters must have 7 elements, got 6");
  EXPECT_EQ(error_after([](auto& state) { state.integers["counters"][5] = 9; }),
            "GradientNormMonitor: exact_steps and curve_points must be those of the state, 9 and 4, got 4 and 4");
  EXPECT_EQ(error_after([](auto& state) { state.integers["counters"][0] = 7; }),
            "GradientNormMonitor: 7 steps, 0 not finite and 0 clipped contradict 6 counted norms");
  EXPECT_EQ(error_after([](auto& state) { state.integers["counters"][2] = 7; }),
            "GradientNormMonitor: 6 steps, 0 not finite and 7 clipped contradict 6 counted norms");
  EXPECT_EQ(error_after([](auto& state) { state.integers["counters"][3] = 3; }),
            "GradientNormMonitor: curve_steps must not be above the last step, 3, got 5");
  EXPECT_EQ(error_after([](auto& state) { state.integers["counters"][4] = 3; }),
            "NormEnvelope: stride must be a power of two, got 3");
  EXPECT_EQ(error_after([](auto& state) { state.integers["counters"][4] = 4; }),
            "NormEnvelope: 6 records in runs of 4 cannot have 3 points");
  EXPECT_EQ(error_after([](auto& state) { state.integers["curve_steps"][0] = 4; }),
            "NormEnvelope: steps must not go back, got 3 after 4");
  EXPECT_EQ(error_after([](auto& state) { state.numbers["curve_norms"][0] = -4.0; }),
            "NormEnvelope: norms must be 0 or more, got -4");
  EXPECT_EQ(error_after([](auto& state) { state.integers["bucket_counts"].clear(); }),
            "GradientNormMonitor: bucket_counts must have at least 1 element, got 0");
  EXPECT_EQ(error_after([](auto& state) { state.integers["bucket_counts"].back() = 0; }),
            "LogHistogram: the first and last count must be above 0");
  EXPECT_EQ(error_after([](auto& state) { state.numbers["latest_norms"].pop_back(); }),
            "GradientNormMonitor: latest_norms must have 4 elements, got 3");
  EXPECT_EQ(error_after([](auto& state) { state.numbers["latest_norms"][0] = 60.0; }),
            "GradientNormMonitor: latest_norms must be within the extremes, got 60");
}

}  // namespace
}  // namespace eigentune
