#pragma once

#include <eigentune/core/error.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace eigentune {

/// One character of a text, or what stands for a broken one.
struct CodePoint {
  char32_t code = 0;
  std::size_t bytes = 1;  ///< how many of the text it takes
};

/// U+FFFD, what a reader sees where a text has no character.
inline constexpr char32_t replacement_character = 0xFFFD;

/// The character that UTF-8 `text`, which is not empty, begins with; the replacement character and one byte where it
/// is not well-formed.
inline CodePoint first_code_point(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(text[i])); };
  const char32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (bytes == 0 || bytes > text.size()) return {replacement_character, 1};
  char32_t code = lead & (0x7Fu >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {replacement_character, 1};
    code = code << 6 | (byte(i) & 0x3F);
  }
  const char32_t least = bytes == 2 ? 0x80 : bytes == 3 ? 0x800 : 0x10000;
  const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < least || code > 0x10FFFF || is_surrogate) return {replacement_character, 1};
  return {code, bytes};
}

/// Whether the character may stand in an HTML and in an XML document. Control characters but tab, line feed and
/// carriage return may not, nor may the code points that Unicode leaves for internal use.
constexpr bool is_document_character(char32_t code) {
  if (code < 0x20) return code == '\t' || code == '\n' || code == '\r';
  if (code >= 0x7F && code < 0xA0) return false;
  return !(code >= 0xFDD0 && code <= 0xFDEF) && (code & 0xFFFE) != 0xFFFE;
}

/// Any bytes as text of an HTML or XML document, or as the value of an attribute in quotes: what markup is made of is
/// escaped, and the replacement character stands for broken UTF-8 and for what a document may not contain.
inline std::string escaped(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const auto [code, bytes] = first_code_point(text);
    if (code == '&') {
      result += "&amp;";
    } else if (code == '<') {
      result += "&lt;";
    } else if (code == '>') {
      result += "&gt;";
    } else if (code == '"') {
      result += "&quot;";
    } else if (code == '\'') {
      result += "&#39;";
    } else if (code == replacement_character || !is_document_character(code)) {
      result += "\xEF\xBF\xBD";
    } else {
      result += text.substr(0, bytes);
    }
    text.remove_prefix(bytes);
  }
  return result;
}

/// An integer number of units of 10^-decimals as a short decimal: decimal(-1250, 2) is "-12.5", decimal(50, 2) ".5".
inline std::string decimal(std::int64_t units, int decimals) {
  const bool negative = units < 0;
  std::string digits = fmt::format("{}", negative ? -units : units);
  if (decimals > 0) {
    const auto places = static_cast<std::size_t>(decimals);
    if (digits.size() < places) digits.insert(0, places - digits.size(), '0');
    digits.insert(digits.size() - places, 1, '.');
    while (digits.back() == '0') digits.pop_back();
    if (digits.back() == '.') digits.pop_back();
  }
  if (digits.empty()) return "0";
  return negative ? digits.insert(0, 1, '-') : digits;
}

/// A length in a drawing in whole units of 10^-decimals, decimals in 0..2. What is not finite or is beyond a million is
/// brought to that.
inline std::int64_t in_units(double length, int decimals = 2) {
  constexpr std::array<double, 3> units = {1.0, 10.0, 100.0};
  constexpr double most = 1e6;
  const double within = is_finite(length) ? std::clamp(length, -most, most) : 0.0;
  return static_cast<std::int64_t>(std::floor(within * units[static_cast<std::size_t>(decimals)] + 0.5));
}

/// A coordinate in a drawing: at most that many decimals, no zeros that say nothing.
inline std::string coordinate(double length, int decimals = 2) {
  return decimal(in_units(length, decimals), decimals);
}

}  // namespace eigentune
