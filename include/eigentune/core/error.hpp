#pragma once

#include <eigentune/core/message.hpp>

#include <bit>
#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string_view>

namespace eigentune {

/// What goes wrong outside the caller's code: files, databases, a training run that diverged.
/// Errors in a call (a wrong shape, a hyperparameter out of range) are std::invalid_argument instead.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

namespace detail {

/// Out of line and off the hot path, so that a check costs its caller one branch.
[[noreturn, gnu::cold, gnu::noinline]] inline void throw_invalid_argument(
    std::string_view text, std::initializer_list<MessageArgument> arguments) {
  throw std::invalid_argument(write_message(text, arguments));
}

}  // namespace detail

/// Throws std::invalid_argument with that message unless `condition` holds. The text names the argument, its value and
/// what is allowed: `require(steps > 0, "cosine_decay: steps must be at least 1, got {}", steps)`.
template <class... Arguments>
constexpr void require(bool condition, MessageText<sizeof...(Arguments)> text, const Arguments&... arguments) {
  if (!condition) [[unlikely]] {
    detail::throw_invalid_argument(text, {arguments...});
  }
}

/// Whether `value` is neither infinite nor NaN. Looks at the bits, so that it still answers under -ffast-math, where
/// the compiler takes std::isfinite for true.
constexpr bool is_finite(double value) {
  constexpr std::uint64_t exponent_bits = 0x7ff0'0000'0000'0000;
  return (std::bit_cast<std::uint64_t>(value) & exponent_bits) != exponent_bits;
}

}  // namespace eigentune
