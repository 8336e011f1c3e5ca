#pragma once

#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/direction.hpp>
#include <eigentune/core/error.hpp>
#include <eigentune/core/portable_math.hpp>
#include <eigentune/core/quantile.hpp>
#include <eigentune/core/training_curve.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace eigentune {

/// So many of the best trials are looked at where a question is about "the best trials". More average out more noise;
/// the eighth best of 64 is still in the best eighth.
inline constexpr std::size_t best_trials_count = 8;

/// A column of a trial's curve where it is finite, as a cost: less is better.
struct CostCurve {
  std::vector<std::int64_t> steps{};
  std::vector<double> costs{};

  std::size_t size() const { return costs.size(); }

  /// What a curve has in a part of it.
  struct Level {
    double cost = 0.0;   ///< the trimmed mean of the part
    double error = 0.0;  ///< its standard error
  };

  /// Of the evaluations from share `begin` to `end` of them, 0 <= begin < end <= 1, at least one: the mean without the
  /// highest and the lowest tenth (at least one each, of four or more), so that a spike does not move it, while a wave
  /// averages out.
  Level level(double begin, double end) const {
    const auto n = static_cast<double>(size());
    const std::size_t first = std::min(static_cast<std::size_t>(begin * n + 0.5), size() - 1);
    const std::size_t last = std::clamp(static_cast<std::size_t>(end * n + 0.5), first + 1, size());
    const auto part = std::span(costs).subspan(first, last - first);
    std::vector<double> sorted(part.begin(), part.end());
    std::ranges::sort(sorted);
    const std::size_t trimmed = sorted.size() < 4 ? 0 : std::max<std::size_t>(1, sorted.size() / 10);
    const auto kept = std::span(sorted).subspan(trimmed, sorted.size() - 2 * trimmed);
    double mean = 0.0;
    for (const double cost : kept) mean += cost / static_cast<double>(kept.size());
    constexpr double inefficiency = 1.1;  // of four normal values without their extremes, the worst case: 1.09
    return {mean, inefficiency * noise() / std::sqrt(static_cast<double>(sorted.size()))};
  }

  /// The standard deviation from one evaluation to the next in the last `share`, about whatever smooth curve there is:
  /// the root mean square of y[i-1] - 2 y[i] + y[i+1] over sqrt(6) (Gasser, Sroka and Jennen-Steinmetz, "Residual
  /// Variance and Residual Pattern in Nonlinear Regression", 1986), without those beyond four deviations by their
  /// median, which are spikes. Noise that lasts over several evaluations is underestimated. 0 for fewer than three
  /// evaluations.
  double noise(double share = 0.5) const {
    std::vector<double> differences;
    const auto first = static_cast<std::size_t>((1.0 - share) * static_cast<double>(size()));
    for (std::size_t i = first + 1; i + 1 < size(); ++i) {
      const double difference = std::fabs(costs[i - 1] - 2.0 * costs[i] + costs[i + 1]);
      if (is_finite(difference)) differences.push_back(difference);
    }
    if (differences.empty()) return 0.0;
    constexpr double median_of_standard_normal = 0.6744897501960817;  // of its absolute value
    const double most = 4.0 * quantile_in_place(differences, 0.5) / median_of_standard_normal;
    double sum = 0.0, count = 0.0;
    for (const double difference : differences) {
      if (difference > most) continue;
      sum += portable::rounded(difference * difference);
      count += 1.0;
    }
    return std::sqrt(sum / (6.0 * count));
  }

  /// The degrees of freedom of noise(share), of a chi-squared variable with the same mean and variance (Satterthwaite
  /// 1946): 18/35 for each second difference, since they overlap, so that they have the correlations -2/3 and 1/6 with
  /// their neighbours, and 1 / (1 + 2 (4/9 + 1/36)) = 18/35. At least 1.
  double noise_degrees_of_freedom(double share = 0.5) const {
    const auto first = static_cast<std::size_t>((1.0 - share) * static_cast<double>(size()));
    const std::size_t differences = size() - std::min(size(), first + 2);
    return std::max(1.0, static_cast<double>(differences) * 18.0 / 35.0);
  }

  /// What training has gained in all: the first cost minus the lowest level of a tenth.
  double gain() const {
    double least = level(0.0, 0.1).cost;
    for (int i = 1; i < 10; ++i) least = std::min(least, level(0.1 * i, 0.1 * (i + 1)).cost);
    constexpr double rounding = 1e-12;  // of means of equal values
    const double gain = costs.front() - least;
    return std::fabs(gain) > rounding * std::max(std::fabs(costs.front()), std::fabs(least)) ? gain : 0.0;
  }
};

/// Fewer evaluations have no shape: two in each tenth.
inline constexpr std::size_t least_evaluations = 20;

/// The finite values of a column or metric; absent if they are fewer than least_evaluations.
inline std::optional<CostCurve> cost_curve(const TrainingCurve& curve, std::string_view name, Direction direction) {
  CostCurve result;
  CurveSeries series = curve.series(name);
  for (std::size_t i = 0; i < series.values.size(); ++i) {
    if (!is_finite(series.values[i])) continue;
    result.steps.push_back(series.steps[i]);
    result.costs.push_back(cost_of(direction, series.values[i]));
  }
  if (result.size() < least_evaluations) return std::nullopt;
  return result;
}

/// The trial's curve of the study's metric, or if that is the training loss, of the validation error or loss.
inline std::optional<CostCurve> validation_curve(const StudyData& data, std::int64_t number) {
  const auto found = data.curves.find(number);
  if (found == data.curves.end()) return std::nullopt;
  if (data.definition.metric != "training_loss") {
    return cost_curve(found->second, data.definition.metric, data.direction());
  }
  auto curve = cost_curve(found->second, "validation_error", Direction::minimize);
  return curve ? curve : cost_curve(found->second, "validation_loss", Direction::minimize);
}

/// A trial's curve with its number.
struct NumberedCurve {
  std::int64_t number;
  CostCurve curve;
};

/// Those of the up to `most` best trials that `curve_of(number)` has a curve for.
template <class CurveOf>
std::vector<NumberedCurve> curves_of_best(const StudyData& data, CurveOf curve_of,
                                          std::size_t most = best_trials_count) {
  std::vector<NumberedCurve> curves;
  for (const RankedTrial& one : ranked_trials(data)) {
    if (most-- == 0) break;
    if (auto curve = curve_of(one.trial->number)) curves.push_back({one.trial->number, std::move(*curve)});
  }
  return curves;
}

/// The validation curves of the best trials.
inline std::vector<NumberedCurve> best_validation_curves(const StudyData& data) {
  return curves_of_best(data, [&data](std::int64_t number) { return validation_curve(data, number); });
}

}  // namespace eigentune
