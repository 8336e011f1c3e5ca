#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/schedule/checks.hpp>
#include <eigentune/schedule/schedule.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace eigentune {

/// A schedule and how many steps it runs within a `sequence`: if left out, as many as the schedule itself says.
struct SequencePart {
  Schedule schedule;
  std::optional<std::int64_t> steps = std::nullopt;

  friend bool operator==(const SequencePart&, const SequencePart&) = default;
};

/// Schedules one after the other. Made by `sequence`.
class Sequence {
 public:
  explicit Sequence(std::vector<SequencePart> parts) : parts_(std::move(parts)) {
    require(!parts_.empty(), "sequence: at least one schedule is needed, got none");
    std::int64_t total = 0;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      SequencePart& part = parts_[i];
      if (!part.steps) part.steps = part.schedule.steps();
      if (!part.steps) {
        require(i + 1 == parts_.size(),
                "sequence: part {} of {}, {}, never ends: the number of steps it runs is needed", i + 1, parts_.size(),
                part.schedule.to_string());
        return;
      }
      require(*part.steps >= 1, "sequence: the steps of part {} must be at least 1, got {}", i + 1, *part.steps);
      total = schedule_detail::add_steps("sequence", total, *part.steps);
    }
    steps_ = total;
  }

  // Copies only: a sequence that was moved from would have no parts.
  Sequence(const Sequence&) = default;
  Sequence& operator=(const Sequence&) = default;
  ~Sequence() = default;

  double operator()(std::int64_t step) const {
    schedule_detail::check_step("sequence", step);
    const SequencePart* part = parts_.data();
    for (; part != &parts_.back() && step >= *part->steps; ++part) step -= *part->steps;
    return part->schedule(part->steps ? std::min(step, *part->steps) : step);
  }

  /// The sum over the parts; std::nullopt if the last one never ends.
  std::optional<std::int64_t> steps() const { return steps_; }
  const std::vector<SequencePart>& parts() const { return parts_; }

  std::string to_string() const {
    std::string parts;
    for (const SequencePart& part : parts_) {
      parts += message("{}{{{}{}}}", parts.empty() ? "" : ", ", part.schedule.to_string(),
                       part.steps ? message(", {}", *part.steps) : "");
    }
    return message("sequence({{{}}})", parts);
  }

  friend bool operator==(const Sequence&, const Sequence&) = default;

 private:
  std::vector<SequencePart> parts_;
  std::optional<std::int64_t> steps_;
};

/// Runs each schedule for its number of steps, from its own step 0, and then the next one.
///
///     sequence({{constant(0.1), 10'000}, {linear_decay(0.1, 5'000)}, {constant(0.001)}})
///
/// has constant(0.1)(t) at step t < 10,000, linear_decay(0.1, 5'000)(t - 10,000) at steps 10,000 to 14,999, and 0.001
/// from step 15,000 on: the first step of a part has that part's first rate. The last part alone may be without an end.
/// If it has one, the rate is held from there on: that of the part's own step `steps`. As optax.join_schedules and
/// PyTorch's SequentialLR, whose boundaries and milestones are the sums of the steps so far (both let the last schedule
/// run on).
///
/// Throws std::invalid_argument if there are no parts, the steps of one are below 1, or one that is not the last has no
/// steps given and never ends.
inline Sequence sequence(std::vector<SequencePart> parts) {
  return Sequence(std::move(parts));
}

}  // namespace eigentune
