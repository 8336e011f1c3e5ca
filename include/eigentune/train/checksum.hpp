#pragma once

#define XXH_INLINE_ALL  // header-only, under names of its own: no clash with a linked xxHash
#include <fmt/core.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <xxhash.h>

namespace eigentune {

/// The bytes of a text.
inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

/// XXH3 of 64 bits (seed 0) of bytes that come piece by piece. It finds damage, chance collisions being one in 2^64; it
/// is no protection against forgery.
class Checksum {
 public:
  Checksum() {
    XXH3_INITSTATE(&state_);
    XXH3_64bits_reset(&state_);
  }

  void update(std::span<const std::byte> bytes) { XXH3_64bits_update(&state_, bytes.data(), bytes.size()); }
  std::uint64_t value() const { return XXH3_64bits_digest(&state_); }

  /// The value as 16 hexadecimal digits, in lower case.
  std::string digits() const { return fmt::format("{:016x}", value()); }

  static constexpr std::size_t digit_count = 16;

 private:
  XXH3_state_t state_;
};

}  // namespace eigentune
