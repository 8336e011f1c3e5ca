#pragma once

#include <eigentune/train/file_checksums.hpp>
#include <eigentune/train/safetensors_header.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace fuzz {

/// Where the JSON object ends that `text` begins with, and the spaces after it.
inline std::size_t end_of_header(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (in_string) {
      if (text[i] == '\\') {
        ++i;
      } else {
        in_string = text[i] != '"';
      }
      continue;
    }
    in_string = text[i] == '"';
    depth += text[i] == '{' ? 1 : text[i] == '}' ? -1 : 0;
    if (depth == 0) return std::min(text.find_first_not_of(' ', i + 1), text.size());
  }
  return text.size();
}

/// A safetensors file whose bytes were changed, with the length that its header has now and, if it has any, the
/// checksums of its bytes: so that they do not hide what stands behind them.
inline std::string sealed(std::string_view bytes) {
  using namespace eigentune;
  std::string result(bytes);
  if (result.size() < header_length_size) return result;
  const std::size_t length = end_of_header(bytes.substr(header_length_size));
  for (std::size_t i = 0; i < header_length_size; ++i) result[i] = static_cast<char>((length >> (8 * i)) & 0xff);

  std::string head = result.substr(0, header_length_size + length);
  const std::size_t header_digits = detail::find_digits(head, detail::header_checksum_key);
  const std::size_t file_digits = detail::find_digits(head, detail::file_checksum_key);
  if (header_digits == std::string::npos || file_digits == std::string::npos) return result;
  const std::string header_checksum = detail::header_checksum(head, header_digits, file_digits);
  result.replace(header_digits, Checksum::digit_count, header_checksum);
  Checksum checksum;
  detail::update_without_digits(checksum, result, file_digits);
  result.replace(file_digits, Checksum::digit_count, checksum.digits());
  return result;
}

}  // namespace fuzz
