#pragma once

#include <eigentune/core/message.hpp>
#include <eigentune/schedule/learning_rate_schedule.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <concepts>
#include <string>
#include <string_view>

namespace eigentune {

/// A schedule that can print itself: all of this library, and a user's own type with a member `to_string()`.
template <class Schedule>
concept PrintableSchedule = LearningRateSchedule<Schedule> && requires(const Schedule& schedule) {
  { schedule.to_string() } -> std::convertible_to<std::string>;
};

/// The code that makes `schedule`, with numbers in the shortest form that reads back as the same value:
/// "warmup(500, cosine_decay(0.001, 20000))". Arguments at their defaults are left out.
template <PrintableSchedule Schedule>
std::string to_string(const Schedule& schedule) {
  return schedule.to_string();
}

namespace schedule_detail {

/// What a schedule prints inside another one. A callable that cannot print itself prints as "<user schedule>", which is
/// not code on purpose: nobody can take it for something that makes the schedule again.
template <LearningRateSchedule Schedule>
std::string text_of(const Schedule& schedule) {
  if constexpr (PrintableSchedule<Schedule>) {
    return schedule.to_string();
  } else {
    return "<user schedule>";
  }
}

/// The options of a schedule as they are written in code, those at their defaults left out: ", {.a = 1, .b = 2}".
class OptionsText {
 public:
  template <class Value>
  void add(std::string_view name, const Value& value, const Value& default_value) {
    if (!(value == default_value)) text_ += message("{}.{} = {}", text_.empty() ? "" : ", ", name, value);
  }
  void add(std::string_view name, bool value, bool default_value) {
    add<std::string_view>(name, value ? "true" : "false", default_value ? "true" : "false");
  }
  std::string text() const { return text_.empty() ? "" : message(", {{{}}}", text_); }

 private:
  std::string text_;
};

}  // namespace schedule_detail
}  // namespace eigentune

/// fmt::print("{}", schedule) prints `to_string(schedule)`. There are no format options.
template <eigentune::PrintableSchedule Schedule>
struct fmt::formatter<Schedule> {
  constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }

  template <class Context>
  auto format(const Schedule& schedule, Context& context) const {
    const std::string text = schedule.to_string();
    return std::copy(text.begin(), text.end(), context.out());
  }
};
