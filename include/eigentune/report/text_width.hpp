#pragma once

#include <eigentune/report/markup.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace eigentune {

/// About how wide a text is at font size 1, in a sans-serif typeface of the wider kind, since which one a reader has is
/// not known.
inline double text_width(std::string_view text) {
  constexpr std::array<double, 26> lower_case = {0.61, 0.64, 0.55, 0.64, 0.62, 0.36, 0.64, 0.64, 0.28,
                                                 0.28, 0.58, 0.28, 0.98, 0.64, 0.61, 0.64, 0.64, 0.41,
                                                 0.52, 0.40, 0.64, 0.60, 0.82, 0.60, 0.60, 0.53};
  const auto width = [&](char32_t code) {
    if (code >= 'a' && code <= 'z') return lower_case[code - 'a'];
    if (code == 'W' || code == 'M' || code == '@' || code == '%') return 1.0;
    if (code >= 'A' && code <= 'Z') return code == 'I' || code == 'J' ? 0.3 : 0.73;
    if (code >= '0' && code <= '9') return 0.64;
    if (code >= 0x80) return code < 0x500 ? 0.75 : 1.0;
    if (std::string_view(" .,:;'|!").find(static_cast<char>(code)) != std::string_view::npos) return 0.35;
    if (std::string_view("-()[]/\"").find(static_cast<char>(code)) != std::string_view::npos) return 0.42;
    return 0.84;
  };
  double sum = 0.0;
  while (!text.empty()) {
    const auto [code, bytes] = first_code_point(text);
    sum += width(code);
    text.remove_prefix(bytes);
  }
  return sum;
}

/// The text, or as many of its first characters as fit into `width` with an ellipsis after them; at least one.
inline std::string shortened(std::string_view text, double width) {
  if (text_width(text) <= width) return std::string(text);
  constexpr std::string_view ellipsis = "\xE2\x80\xA6";
  std::size_t kept = 0;
  double sum = text_width(ellipsis);
  while (kept < text.size()) {
    const std::size_t bytes = first_code_point(text.substr(kept)).bytes;
    sum += text_width(text.substr(kept, bytes));
    if (kept > 0 && sum > width) break;
    kept += bytes;
  }
  while (kept > 1 && text[kept - 1] == ' ') --kept;
  return kept == text.size() ? std::string(text) : std::string(text.substr(0, kept)).append(ellipsis);
}

/// The text, or its beginning and its end around an ellipsis, as much as fits into `width`: what tells
/// learning_rate[optimizer=adam] from learning_rate[optimizer=sgd] is at the end.
inline std::string shortened_in_middle(std::string_view text, double width) {
  constexpr double share_of_beginning = 0.55;
  if (text_width(text) <= width) return std::string(text);
  const std::string beginning = shortened(text, share_of_beginning * width + 1.0 - share_of_beginning);
  double room = width - text_width(beginning);
  std::size_t from = text.size();
  while (from > 0) {
    std::size_t before = from - 1;
    while (before > 0 && (static_cast<unsigned char>(text[before]) & 0xC0) == 0x80) --before;
    room -= text_width(text.substr(before, from - before));
    if (room < 0.0) break;
    from = before;
  }
  return beginning + std::string(text.substr(from));
}

/// The text in lines that are broken at spaces and underscores where `width` asks for it, at most `most_lines` of them;
/// what does not fit is shortened.
inline std::vector<std::string> wrapped(std::string_view text, double width, std::size_t most_lines) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    std::size_t taken = text.size();
    if (text_width(text) > width && lines.size() + 1 < most_lines) {
      std::size_t good = 0;
      for (std::size_t i = 1; i < text.size(); ++i) {
        const bool can_break = text[i - 1] == ' ' || text[i - 1] == '_';
        if (can_break && text_width(text.substr(0, i)) <= width + 0.35) good = i;
      }
      if (good > 0) taken = good;
    }
    std::string_view line = text.substr(0, taken);
    text.remove_prefix(taken);
    while (line.size() > 1 && line.back() == ' ') line.remove_suffix(1);
    lines.push_back(shortened(line, width));
  }
  return lines;
}

}  // namespace eigentune
