#pragma once

#include <eigentune/report/markup.hpp>

#include <fmt/core.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace eigentune {

namespace report_detail {

/// Whether a terminal may do something else with the character than show it where it stands: control characters, which
/// move the cursor or recolour what follows, among them U+0080 to U+009F, and the marks that reorder a line (Unicode
/// Standard Annex 9, "Explicit Directional Formatting").
constexpr bool acts_on_terminal(char32_t code) {
  const bool is_control = code < 0x20 || (code >= 0x7F && code < 0xA0);
  const bool is_direction = code == 0x061C || code == 0x200E || code == 0x200F || (code >= 0x202A && code <= 0x202E) ||
                            (code >= 0x2066 && code <= 0x2069);
  return is_control || is_direction;
}

constexpr bool breaks_line(char32_t code) {
  return code == '\n' || code == '\r' || code == 0x2028 || code == 0x2029;
}

}  // namespace report_detail

/// A user's text within a line of a terminal, so that it can neither act on it nor look like another line: line breaks
/// and tabs as spaces, control characters and marks of direction as "\x1b" and "\u202e", the bytes of broken UTF-8 as
/// "\xff". Everything else is as it was.
inline std::string terminal_text(std::string_view text) {
  std::string safe;
  while (!text.empty()) {
    const auto [code, bytes] = first_code_point(text);
    if (code == '\t' || report_detail::breaks_line(code)) {
      safe += ' ';
    } else if (code < 0x80 ? report_detail::acts_on_terminal(code) : code == replacement_character && bytes == 1) {
      safe += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(text.front())));
    } else if (report_detail::acts_on_terminal(code)) {
      safe += fmt::format("\\u{:04x}", static_cast<unsigned>(code));
    } else {
      safe += text.substr(0, bytes);
    }
    text.remove_prefix(bytes);
  }
  return safe;
}

/// A text of several lines for a terminal: each as terminal_text, with a "\n" after it.
inline std::string terminal_lines(std::string_view text) {
  std::string safe;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    safe += terminal_text(line) + '\n';
    text.remove_prefix(line.size() < text.size() ? line.size() + 1 : line.size());
  }
  return safe;
}

}  // namespace eigentune
