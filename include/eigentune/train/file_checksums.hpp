#pragma once

#include <eigentune/train/checksum.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

// Where the checksums of a checkpoint stand in its own header, and of what they are.
//
//   eigentune.header_checksum   of the length and the header, the digits of both checksums taken as zeros: so that a
//                               folder can be listed without reading all data
//   eigentune.checksum          of the whole file, its own digits taken as zeros
//
// Digits are looked for as `"eigentune.checksum":"`, which no other text can look like: a quotation mark within a JSON
// string has a backslash before it, and only metadata has a string for its value.

namespace eigentune::detail {

inline constexpr std::string_view header_checksum_key = "eigentune.header_checksum";
inline constexpr std::string_view file_checksum_key = "eigentune.checksum";

/// The checksum's digits before it is known.
inline std::string no_digits() {
  return std::string(Checksum::digit_count, '0');
}

/// Where the digits of a checksum begin within the first bytes of a file (length and header), or npos.
inline std::size_t find_digits(std::string_view head, std::string_view key) {
  const std::string start = fmt::format("\"{}\":\"", key);
  const std::size_t found = head.find(start);
  if (found == std::string_view::npos) return found;
  const std::size_t digits = found + start.size();
  return digits + Checksum::digit_count < head.size() ? digits : std::string_view::npos;
}

/// Adds `head` to a checksum with the digits that begin at `position` taken as zeros.
inline void update_without_digits(Checksum& checksum, std::string_view head, std::size_t position) {
  const auto bytes = bytes_of(head);
  checksum.update(bytes.first(position));
  checksum.update(bytes_of(no_digits()));
  checksum.update(bytes.subspan(position + Checksum::digit_count));
}

/// The header's checksum. Both positions are those of `find_digits`.
inline std::string header_checksum(std::string head, std::size_t header_digits, std::size_t file_digits) {
  head.replace(header_digits, Checksum::digit_count, no_digits());
  head.replace(file_digits, Checksum::digit_count, no_digits());
  Checksum checksum;
  checksum.update(bytes_of(head));
  return checksum.digits();
}

}  // namespace eigentune::detail
