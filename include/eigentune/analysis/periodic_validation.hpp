#pragma once

#include <eigentune/analysis/cost_curve.hpp>
#include <eigentune/analysis/finding.hpp>
#include <eigentune/analysis/significance.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/portable_math.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace eigentune {

/// The level of the test for a period, of all frequencies together.
inline constexpr double period_level = 0.01;
/// A wave of a smaller amplitude is no problem, as a share of what training gains in all.
inline constexpr double least_wave = 0.005;

namespace analysis_detail {

/// Of a curve's second half, at most its last 256 evaluations, without its line.
struct Periodogram {
  std::size_t evaluations = 0;   ///< n, of which a wave of j periods has n / j in each
  std::int64_t interval = 0;     ///< steps from one to the next
  std::vector<double> powers{};  ///< |sum over k of x[k] e^(-2 pi i j k / n)|^2 4 / n^2, the squared amplitude of a
                                 ///< wave of j periods, for j = 0, ..., (n - 1) / 2; none if the steps are not even
};

inline Periodogram periodogram(const CostCurve& curve) {
  constexpr std::size_t most = 256;
  const std::size_t n = std::min(curve.size() / 2, most), first = curve.size() - n;
  Periodogram result{.evaluations = n, .interval = curve.steps[first + 1] - curve.steps[first]};
  for (std::size_t i = first + 2; i < curve.size(); ++i) {
    if (curve.steps[i] - curve.steps[i - 1] != result.interval) return result;
  }
  const auto size = static_cast<double>(n);
  double mean = 0.0, slope = 0.0;
  for (std::size_t i = 0; i < n; ++i) mean += curve.costs[first + i] / size;
  const double middle = 0.5 * (size - 1.0), square = size * (size * size - 1.0) / 12.0;
  for (std::size_t i = 0; i < n; ++i) slope += (static_cast<double>(i) - middle) * curve.costs[first + i] / square;
  for (std::size_t j = 0; j <= (n - 1) / 2; ++j) {
    double real = 0.0, imaginary = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      const double rest = curve.costs[first + i] - mean - slope * (static_cast<double>(i) - middle);
      const double angle = 2.0 * static_cast<double>(i * j % n) / size;
      real += rest * portable::cos_pi(angle);
      imaginary += rest * portable::cos_pi(angle - 0.5);
    }
    result.powers.push_back(4.0 * (real * real + imaginary * imaginary) / (size * size));
  }
  return result;
}

}  // namespace analysis_detail

/// "Are the validation metrics periodic?" The periodograms of the best trials, each over its mean from three periods in
/// the second half of training on (what is slower is the trend), are averaged. In white noise an ordinate of the mean
/// of k is a gamma variable of shape k, over k: the greatest of m is a period if m times its tail is below 1% (Fisher's
/// test, "Tests of Significance in Harmonic Analysis", 1929, for one curve and a known variance), it stands out from
/// the frequencies around, as the end of a trend does not, and the wave is higher than 0.5% of what training gains.
/// Trials with another number of evaluations or interval between them than the best one that has a periodogram are left
/// out.
inline Finding find_periodic_validation(const StudyData& data) {
  Finding finding{.check = Check::periodic_validation};
  constexpr std::size_t slowest = 3;
  std::size_t evaluations = 0;
  std::vector<double> sum;
  double amplitude_scale = 0.0;
  std::size_t count = 0;
  std::int64_t interval = 0;
  for (const NumberedCurve& one : best_validation_curves(data)) {
    const analysis_detail::Periodogram periodogram = analysis_detail::periodogram(one.curve);
    const std::vector<double>& powers = periodogram.powers;
    if (powers.size() <= slowest + 2) continue;
    if (count > 0 && (periodogram.evaluations != evaluations || periodogram.interval != interval)) continue;
    double mean = 0.0;
    for (std::size_t j = slowest; j < powers.size(); ++j) {
      mean += powers[j] / static_cast<double>(powers.size() - slowest);
    }
    const double gain = one.curve.gain();
    if (!(mean > 0.0) || !(gain > 0.0)) continue;
    sum.resize(powers.size(), 0.0);
    for (std::size_t j = 0; j < powers.size(); ++j) sum[j] += powers[j] / mean;
    amplitude_scale += std::sqrt(mean) / gain;
    evaluations = periodogram.evaluations;
    interval = periodogram.interval;
    finding.trials.push_back(one.number);
    ++count;
  }
  if (count == 0) {
    finding.conclusion =
        fmt::format("none of the best trials has a curve of at least {} validation values that changes at even steps",
                    least_evaluations);
    return finding;
  }
  const auto peak = static_cast<std::size_t>(std::max_element(sum.begin() + slowest, sum.end()) - sum.begin());
  const auto frequencies = static_cast<double>(sum.size() - slowest);
  const double p_value =
      std::min(1.0, frequencies * analysis_detail::gamma_upper_tail(sum[peak], static_cast<std::int64_t>(count)));
  const double k = static_cast<double>(count);
  const double amplitude = std::sqrt(sum[peak] / k) * amplitude_scale / k;
  constexpr double stands_out = 2.0;
  const bool alone =
      sum[peak] > stands_out * sum[peak - 2] && (peak + 2 >= sum.size() || sum[peak] > stands_out * sum[peak + 2]);
  const double period = static_cast<double>(evaluations) / static_cast<double>(peak) * static_cast<double>(interval);
  finding.evidence = {{"best_trials", k}, {"p_value", p_value}, {"period_in_steps", period}, {"amplitude", amplitude}};
  if (p_value < period_level && alone && amplitude > least_wave) {
    finding.verdict = Verdict::problem;
    finding.conclusion =
        fmt::format("the validation metric of the best trials repeats itself about every {:.3g} steps", period);
    finding.action =
        "look for validation examples that leak into training, or training data that is not shuffled properly";
  } else {
    finding.verdict = Verdict::good;
    finding.trials.clear();
    finding.conclusion = "the validation metrics of the best trials show no period";
  }
  return finding;
}

}  // namespace eigentune
