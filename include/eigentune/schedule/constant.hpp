#pragma once

#include <eigentune/core/message.hpp>
#include <eigentune/schedule/checks.hpp>
#include <eigentune/schedule/text.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace eigentune {

/// The same rate at every step: rate(t) = rate. Made by `constant`.
class Constant {
 public:
  explicit Constant(double rate) : rate_(rate) { schedule_detail::check_rate("constant", "rate", rate); }

  double operator()(std::int64_t step) const {
    schedule_detail::check_step("constant", step);
    return rate_;
  }

  /// It never ends.
  std::optional<std::int64_t> steps() const { return std::nullopt; }
  double rate() const { return rate_; }
  std::string to_string() const { return message("constant({})", rate_); }

  friend bool operator==(const Constant&, const Constant&) = default;

 private:
  double rate_;
};

/// `rate`, finite and >= 0, at every step, the first (0) and each after it. Throws std::invalid_argument otherwise.
/// With `warmup` it is the schedule of the playbook's search for the length of warmup ("Learning rate warmup").
inline Constant constant(double rate) {
  return Constant(rate);
}

}  // namespace eigentune
