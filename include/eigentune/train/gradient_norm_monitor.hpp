#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/log_histogram.hpp>
#include <eigentune/core/log_spaced_bins.hpp>
#include <eigentune/core/quantile.hpp>
#include <eigentune/optim/options.hpp>
#include <eigentune/train/norm_envelope.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace eigentune {

struct GradientNormMonitorOptions {
  /// The norms of this many latest steps are kept as they are, 8 bytes each, once there are so many. At least 1.
  std::int64_t exact_steps = 1'000'000;
  /// The most points of curve(). Even, and at least 2.
  std::int64_t curve_points = 1024;
};

/// More than half of the steps were clipped.
struct ClippingWarning {
  double fraction_clipped = 0.0;  ///< in (0.5, 1]
  std::string text;               ///< what to do about it, as a sentence
};

/// What a GradientNormMonitor knows, as arrays by name, for a checkpoint.
struct GradientNormState {
  std::map<std::string, std::vector<double>> numbers;
  std::map<std::string, std::vector<std::int64_t>> integers;
};

/// Watches the gradient norms of a run, before clipping, and answers what the playbook asks of them ("How can
/// optimization failures be debugged and mitigated?"): from which norm on to clip, whether too much is clipped, and
/// their plots.
///
///     GradientNormMonitor norms;
///     ... norms.record(optimizer.step({.learning_rate = rate(step), .max_gradient_norm = threshold}));
///     threshold = norms.clip_threshold();
///
/// Norms that are not finite are counted apart and are in no quantile and no histogram; so is the NaN of a step without
/// `measure_norm`. A record takes some
/// nanoseconds; memory is bounded by 8 bytes for each of `exact_steps` and 2 MiB more. Not for two threads at once.
class GradientNormMonitor {
 public:
  /// Throws std::invalid_argument if an option is out of range.
  explicit GradientNormMonitor(const GradientNormMonitorOptions& options = {})
      : options_(options), curve_(options.curve_points) {
    require(options.exact_steps >= 1, "GradientNormMonitor: exact_steps must be at least 1, got {}",
            options.exact_steps);
  }

  /// Records what Optimizer::step returned, skipped steps too.
  void record(const StepReport& report) { record(report.step, report.gradient_norm, report.clip_scale); }

  /// Records a step: its number, which never goes back (but stays where a step was skipped); its gradient norm before
  /// clipping, 0 or more, infinite or NaN; and what clipping multiplied the gradients by, in [0, 1], where 1 is a step
  /// that was not clipped. Throws std::invalid_argument otherwise, and records nothing.
  void record(std::int64_t step, double gradient_norm, double clip_scale = 1.0) {
    require(records_ == 0 || step >= last_step_, "GradientNormMonitor: step must not go back, got {} after {}", step,
            last_step_);
    const bool finite = is_finite(gradient_norm);
    require(!finite || gradient_norm >= 0.0, "GradientNormMonitor: gradient_norm must be 0 or more, got {}",
            gradient_norm);
    require(!finite || (is_finite(clip_scale) && clip_scale >= 0.0 && clip_scale <= 1.0),
            "GradientNormMonitor: clip_scale must be in [0, 1], got {}", clip_scale);
    if (static_cast<std::int64_t>(latest_.size()) < options_.exact_steps) {
      latest_.push_back(gradient_norm);
    } else {
      latest_[oldest_] = gradient_norm;
      oldest_ = oldest_ + 1 == latest_.size() ? 0 : oldest_ + 1;
    }
    curve_.add(step, gradient_norm);
    if (finite) {
      all_.add(gradient_norm);
      clipped_ += clip_scale < 1.0 ? 1 : 0;
    }
    ++records_;
    last_step_ = step;
  }

  /// How many steps were recorded.
  std::int64_t steps() const { return records_; }
  /// How many of them had a norm that was not finite.
  std::int64_t non_finite_steps() const { return records_ - all_.size(); }

  /// The quantile `q` in [0, 1] of the finite norms (linear between two of them, see QuantilePosition), of the whole
  /// run or of the latest `window` steps. Exact for a window, and for the whole run while it is not longer than
  /// `exact_steps`; afterwards off by at most 0.4% of the value (LogHistogram::relative_error), its extremes exact.
  /// Throws std::invalid_argument if `q` or `window`, from 1 to `exact_steps`, is out of range, or no norm was finite.
  double quantile(double q, std::optional<std::int64_t> window = {}) const {
    require(!window || (*window >= 1 && *window <= options_.exact_steps),
            "GradientNormMonitor: window must be in [1, {}], which is exact_steps, got {}", options_.exact_steps,
            window.value_or(0));
    if (!window && records_ > options_.exact_steps) {
      require(all_.size() > 0, "GradientNormMonitor: no gradient norm was finite in {} steps", records_);
      return all_.quantile(q);
    }
    std::vector<double> norms = latest(window.value_or(options_.exact_steps));
    const std::size_t steps = norms.size();
    std::erase_if(norms, [](double norm) { return !is_finite(norm); });
    require(!norms.empty(), "GradientNormMonitor: no gradient norm was finite in {} steps", steps);
    return quantile_in_place(norms, q);
  }

  /// The value for StepOptions::max_gradient_norm that the playbook suggests: the 90th percentile of the norms before
  /// clipping, of the whole run or of the latest `window` steps. 0, which is no threshold, if so many norms are 0.
  /// Throws as quantile.
  double clip_threshold(std::optional<std::int64_t> window = {}) const { return quantile(0.9, window); }

  /// The share of the steps with a finite norm that were clipped, in [0, 1]; 0 if there are none.
  double fraction_clipped() const {
    return all_.size() == 0 ? 0.0 : static_cast<double>(clipped_) / static_cast<double>(all_.size());
  }

  /// The playbook's warning, if more than half of the steps were clipped.
  std::optional<ClippingWarning> clipping_warning() const {
    const double fraction = fraction_clipped();
    if (fraction <= 0.5) return std::nullopt;
    return ClippingWarning{fraction,
                           fmt::format("more than half of the steps were clipped ({:.3g}%): extremely aggressive; "
                                       "lower the learning rate instead",
                                       100.0 * fraction)};
  }

  /// The finite norms of the whole run in at most `bins` bins of equal width in the logarithm, with exact counts (see
  /// log_spaced_bins). Throws std::invalid_argument if `bins` is not at least 1.
  LogSpacedBins histogram(std::int64_t bins = 50) const { return log_spaced_bins(all_, bins); }

  /// Gradient norm against step, for a plot: at most `curve_points` points in the order of steps, each of them the
  /// greatest norm of as many steps in a row as the others (see NormEnvelope).
  std::span<const NormPoint> curve() const { return curve_.points(); }

  /// Everything, to be saved with a checkpoint: a monitor restored from it continues as this one would, bit for bit.
  ///
  ///     integers  counters       [7]     steps, not finite, clipped, last step, stride of the curve, and the options
  ///               curve_steps    [n]
  ///               bucket_counts  [1 + m] the first bucket of the LogHistogram, and the counts
  ///     numbers   curve_norms    [n]
  ///               extremes       [2]     the least and greatest finite norm
  ///               latest_norms   [min(steps, exact_steps)], oldest first
  GradientNormState state() const {
    GradientNormState state;
    state.integers["counters"] = {records_,
                                  non_finite_steps(),
                                  clipped_,
                                  last_step_,
                                  curve_.stride(),
                                  options_.exact_steps,
                                  options_.curve_points};
    auto& bucket_counts = state.integers["bucket_counts"];
    bucket_counts = {all_.first_bucket()};
    bucket_counts.insert(bucket_counts.end(), all_.counts().begin(), all_.counts().end());
    state.numbers["extremes"] = {all_.least(), all_.greatest()};
    state.numbers["latest_norms"] = latest(options_.exact_steps);
    auto& curve_steps = state.integers["curve_steps"];
    auto& curve_norms = state.numbers["curve_norms"];
    for (const NormPoint& point : curve_.points()) {
      curve_steps.push_back(point.step);
      curve_norms.push_back(point.norm);
    }
    return state;
  }

  /// Continues from a state that a monitor with the same options returned; what was recorded here is forgotten.
  /// Throws std::invalid_argument, and changes nothing, if an array is missing or contradicts another.
  void restore(const GradientNormState& state) {
    const auto& counters = array_of(state.integers, "counters", 7);
    const auto& bucket_counts = array_of(state.integers, "bucket_counts");
    const auto& curve_steps = array_of(state.integers, "curve_steps");
    const auto& curve_norms = array_of(state.numbers, "curve_norms", curve_steps.size());
    const auto& extremes = array_of(state.numbers, "extremes", 2);
    const auto& latest_norms = array_of(state.numbers, "latest_norms");
    require(counters[5] == options_.exact_steps && counters[6] == options_.curve_points,
            "GradientNormMonitor: exact_steps and curve_points must be those of the state, {} and {}, got {} and {}",
            counters[5], counters[6], options_.exact_steps, options_.curve_points);

    GradientNormMonitor restored(options_);
    restored.records_ = counters[0];
    restored.clipped_ = counters[2];
    restored.last_step_ = counters[3];
    require(!bucket_counts.empty(), "GradientNormMonitor: bucket_counts must have at least 1 element, got 0");
    restored.all_ =
        LogHistogram::from_counts(bucket_counts.front(), std::span(bucket_counts).subspan(1), extremes[0], extremes[1]);
    require(counters[1] >= 0 && counters[1] <= counters[0] && restored.all_.size() == counters[0] - counters[1] &&
                counters[2] >= 0 && counters[2] <= restored.all_.size(),
            "GradientNormMonitor: {} steps, {} not finite and {} clipped contradict {} counted norms", counters[0],
            counters[1], counters[2], restored.all_.size());

    std::vector<NormPoint> points(curve_steps.size());
    for (std::size_t i = 0; i < points.size(); ++i) points[i] = {curve_steps[i], curve_norms[i]};
    require(points.empty() || points.back().step <= counters[3],
            "GradientNormMonitor: curve_steps must not be above the last step, {}, got {}", counters[3],
            points.empty() ? 0 : points.back().step);
    restored.curve_ = NormEnvelope(options_.curve_points, counters[4], counters[0], std::move(points));

    const auto latest_size = static_cast<std::size_t>(std::min(counters[0], options_.exact_steps));
    require(latest_norms.size() == latest_size, "GradientNormMonitor: latest_norms must have {} elements, got {}",
            latest_size, latest_norms.size());
    for (const double norm : latest_norms) {
      require(!is_finite(norm) || (norm >= restored.all_.least() && norm <= restored.all_.greatest()),
              "GradientNormMonitor: latest_norms must be within the extremes, got {}", norm);
    }
    restored.latest_ = latest_norms;
    *this = std::move(restored);
  }

 private:
  template <class Arrays>
  static const typename Arrays::mapped_type& array_of(const Arrays& arrays, const char* name,
                                                      std::optional<std::size_t> size = {}) {
    const auto found = arrays.find(name);
    require(found != arrays.end(), "GradientNormMonitor: the state must have the array \"{}\"", name);
    require(!size || found->second.size() == *size, "GradientNormMonitor: {} must have {} elements, got {}", name,
            size.value_or(0), found->second.size());
    return found->second;
  }

  /// The norms of the latest `count` steps, or of as many as are kept, oldest first.
  std::vector<double> latest(std::int64_t count) const {
    const auto oldest = latest_.begin() + static_cast<std::ptrdiff_t>(oldest_);
    std::vector<double> norms;
    const std::size_t size = std::min(static_cast<std::size_t>(count), latest_.size());
    norms.reserve(size);
    const std::size_t newer = oldest_;  // [0, oldest_) came after [oldest_, end)
    if (size > newer) norms.assign(latest_.end() - static_cast<std::ptrdiff_t>(size - newer), latest_.end());
    norms.insert(norms.end(), oldest - static_cast<std::ptrdiff_t>(std::min(size, newer)), oldest);
    return norms;
  }

  GradientNormMonitorOptions options_;
  std::vector<double> latest_;  // a ring once it is full
  std::size_t oldest_ = 0;
  LogHistogram all_;
  NormEnvelope curve_;
  std::int64_t records_ = 0, clipped_ = 0;
  std::int64_t last_step_ = 0;
};

}  // namespace eigentune
