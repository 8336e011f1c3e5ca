#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/schedule/checks.hpp>
#include <eigentune/schedule/learning_rate_schedule.hpp>
#include <eigentune/schedule/text.hpp>

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace eigentune {

/// Any learning rate schedule in one type, for where it is chosen at run time: a member, a container, a study's
/// hyperparameter.
///
///     Schedule rate = cosine_decay(1e-3, 20'000);
///     rate = warmup(500, rate);
///     rate = [](std::int64_t step) { return 0.1 / static_cast<double>(1 + step); };   // a schedule of one's own
///     rate = Schedule(my_function, "my_schedule(0.1)");                                // the same, with a text
///
/// A value: the held schedule is shared and never changes, so copies cost a reference count. There is no empty
/// Schedule: no default constructor, and moving from one copies it. Calls from several threads are safe if the held
/// schedule's are, which is so for all of this library.
class Schedule {
 public:
  /// Holds `schedule`, anything callable as double(std::int64_t). Throws std::invalid_argument for a null function
  /// pointer or an empty std::function.
  template <class Held>
  requires(!std::same_as<Held, Schedule> && LearningRateSchedule<Held>)
      Schedule(Held schedule)  // NOLINT(google-explicit-constructor): every schedule is a Schedule
      : held_(hold(std::move(schedule), std::nullopt)) {}

  /// The same, with what it prints as: for a schedule of one's own without a member `to_string()`.
  template <LearningRateSchedule Held>
  Schedule(Held schedule, std::string text) : held_(hold(std::move(schedule), std::move(text))) {}

  // Copies only: a Schedule that was moved from would be empty.
  Schedule(const Schedule&) = default;
  Schedule& operator=(const Schedule&) = default;
  ~Schedule() = default;

  /// The rate at `step`. Throws std::invalid_argument if `step` is negative, whatever is held.
  double operator()(std::int64_t step) const {
    schedule_detail::check_step("schedule", step);
    return held_->rate(step);
  }

  /// The number of steps it runs, by the held schedule's member `steps()`; std::nullopt if it never ends or has no such
  /// member.
  std::optional<std::int64_t> steps() const { return held_->steps(); }

  /// What the held schedule prints as, without any trace of Schedule around it. A callable that has neither a member
  /// `to_string()` nor a text given here prints as "<user schedule>".
  std::string to_string() const { return held_->to_string(); }

  /// Whether both hold equal schedules of the same type and text. A held type without operator==, such as a lambda
  /// that captures, is equal to copies of the same Schedule only.
  friend bool operator==(const Schedule& left, const Schedule& right) {
    return left.held_ == right.held_ || left.held_->equals(*right.held_);
  }

 private:
  struct Interface {
    virtual ~Interface() = default;
    virtual double rate(std::int64_t step) const = 0;
    virtual std::optional<std::int64_t> steps() const = 0;
    virtual std::string to_string() const = 0;
    virtual bool equals(const Interface& other) const = 0;
  };

  template <class Held>
  struct Model final : Interface {
    Model(Held schedule, std::optional<std::string> text) : schedule_(std::move(schedule)), text_(std::move(text)) {}

    double rate(std::int64_t step) const override { return schedule_(step); }
    std::optional<std::int64_t> steps() const override { return schedule_steps(schedule_); }
    std::string to_string() const override { return text_ ? *text_ : schedule_detail::text_of(schedule_); }
    bool equals(const Interface& other) const override {
      if constexpr (std::equality_comparable<Held>) {
        const auto* same = dynamic_cast<const Model*>(&other);
        return same != nullptr && schedule_ == same->schedule_ && text_ == same->text_;
      } else {
        return false;
      }
    }

    Held schedule_;
    std::optional<std::string> text_;
  };

  template <class Held>
  static std::shared_ptr<const Interface> hold(Held schedule, std::optional<std::string> text) {
    schedule_detail::check_callable("schedule", schedule);
    return std::make_shared<const Model<Held>>(std::move(schedule), std::move(text));
  }

  std::shared_ptr<const Interface> held_;
};

}  // namespace eigentune
