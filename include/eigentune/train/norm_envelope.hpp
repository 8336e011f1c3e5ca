#pragma once

#include <eigentune/core/error.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace eigentune {

/// The gradient norm of one step.
struct NormPoint {
  std::int64_t step = 0;
  double norm = 0.0;  ///< NaN where no norm was finite

  /// NaN equals NaN.
  friend bool operator==(const NormPoint& a, const NormPoint& b) {
    return a.step == b.step && (a.norm == b.norm || (!is_finite(a.norm) && !is_finite(b.norm)));
  }
};

/// A curve of any number of norms in bounded memory, for a plot that must not lose a spike: of each run of `stride`
/// records in a row, the greatest finite norm and the step that had it (the first one, if several did). The stride is 1
/// until there are `capacity` points; then neighbours are joined and the stride doubles, so that there are always
/// between capacity / 2 and capacity points, each of them a step that was recorded.
class NormEnvelope {
 public:
  /// Throws std::invalid_argument unless `capacity` is even and at least 2.
  explicit NormEnvelope(std::int64_t capacity) : capacity_(static_cast<std::size_t>(capacity)) {
    require(capacity >= 2 && capacity % 2 == 0, "NormEnvelope: capacity must be even and at least 2, got {}", capacity);
  }

  /// One that continues from these points, as another had them: `records` norms in runs of `stride`.
  /// Throws std::invalid_argument if no envelope of this capacity could have them.
  NormEnvelope(std::int64_t capacity, std::int64_t stride, std::int64_t records, std::vector<NormPoint> points)
      : NormEnvelope(capacity) {
    require(stride >= 1 && std::has_single_bit(static_cast<std::uint64_t>(stride)),
            "NormEnvelope: stride must be a power of two, got {}", stride);
    require(records >= 0 && points.size() < capacity_ + (records % stride == 0 ? 0U : 1U) &&
                static_cast<std::int64_t>(points.size()) == records / stride + (records % stride == 0 ? 0 : 1) &&
                (stride == 1 || points.size() >= capacity_ / 2),
            "NormEnvelope: {} records in runs of {} cannot have {} points", records, stride, points.size());
    for (std::size_t i = 0; i < points.size(); ++i) {
      require(points[i].norm >= 0.0 || !is_finite(points[i].norm), "NormEnvelope: norms must be 0 or more, got {}",
              points[i].norm);
      require(i == 0 || points[i].step >= points[i - 1].step, "NormEnvelope: steps must not go back, got {} after {}",
              points[i].step, points[i == 0 ? 0 : i - 1].step);
    }
    stride_ = stride;
    in_run_ = records % stride;
    points_ = std::move(points);
  }

  void add(std::int64_t step, double norm) {
    const NormPoint point{step, is_finite(norm) ? norm : std::numeric_limits<double>::quiet_NaN()};
    if (in_run_ == 0) {
      points_.push_back(point);
    } else {
      points_.back() = greater(points_.back(), point);
    }
    if (++in_run_ < stride_) return;
    in_run_ = 0;
    if (points_.size() == capacity_) halve();
  }

  std::span<const NormPoint> points() const { return points_; }
  std::int64_t stride() const { return stride_; }
  std::int64_t capacity() const { return static_cast<std::int64_t>(capacity_); }

 private:
  static NormPoint greater(const NormPoint& earlier, const NormPoint& later) {
    if (!is_finite(later.norm)) return earlier;
    return !is_finite(earlier.norm) || later.norm > earlier.norm ? later : earlier;
  }

  void halve() {
    for (std::size_t i = 0; i < capacity_ / 2; ++i) points_[i] = greater(points_[2 * i], points_[2 * i + 1]);
    points_.resize(capacity_ / 2);
    stride_ *= 2;
  }

  std::size_t capacity_;
  std::int64_t stride_ = 1;
  std::int64_t in_run_ = 0;  // records in the last, unfinished run
  std::vector<NormPoint> points_;
};

}  // namespace eigentune
