#pragma once

#include <eigentune/analysis/finding.hpp>
#include <eigentune/core/error.hpp>
#include <eigentune/report/markup.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace eigentune {

namespace report_detail {

/// How a verdict is shown: a word, a shape and a colour, each of which is enough.
struct VerdictStyle {
  Verdict verdict;
  std::string_view css_class, one, many, word, shape;
};

inline constexpr std::array verdict_styles = {
    VerdictStyle{
        Verdict::problem, "problem", "problem", "problems", "Problem",
        "<path d=\"M8 1 15.5 15H.5Z\" fill=\"currentColor\"/><path class=\"cut\" d=\"M8 5.5V10M8 11.5v1.8\"/>"},
    VerdictStyle{
        Verdict::cannot_say, "cannot-say", "question the data cannot answer", "questions the data cannot answer",
        "Cannot say",
        "<circle cx=\"8\" cy=\"8\" r=\"7\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.5\" "
        "stroke-dasharray=\"3 2\"/><path class=\"ink\" d=\"M5.7 6.2a2.3 2.3 0 1 1 3.3 2Q8 8.7 8 10M8 11.2v1.6\"/>"},
    VerdictStyle{Verdict::note, "note", "note", "notes", "Note",
                 "<rect x=\"1\" y=\"1\" width=\"14\" height=\"14\" rx=\"3\" fill=\"currentColor\"/><path class=\"cut\" "
                 "d=\"M8 3.2V5M8 6.8v6\"/>"},
    VerdictStyle{
        Verdict::good, "good", "answer with nothing to do", "answers with nothing to do", "Good",
        "<circle cx=\"8\" cy=\"8\" r=\"7.5\" fill=\"currentColor\"/><path class=\"cut\" d=\"M4 8.3 7 11l5-6\"/>"}};

/// Links to the rows of these trials. Many are folded away, but the first.
inline std::string trial_links(const std::vector<std::int64_t>& trials) {
  constexpr std::size_t shown = 12;
  const auto links = [&](std::size_t from, std::size_t to) {
    std::string result;
    for (std::size_t i = from; i < to; ++i) {
      result += fmt::format("{}<a href=\"#trial-{}\" data-trial=\"{}\">{}</a>", i == from ? "" : ", ", trials[i],
                            trials[i], trials[i]);
    }
    return result;
  };
  const std::size_t first = trials.size() <= shown + 3 ? trials.size() : shown;
  std::string result =
      fmt::format("<p class=\"evidence\">{}: {}</p>\n", trials.size() == 1 ? "Trial" : "Trials", links(0, first));
  if (first < trials.size()) {
    result += fmt::format("<details class=\"evidence\"><summary>and {} more trials</summary><p>{}</p></details>\n",
                          trials.size() - first, links(first, trials.size()));
  }
  return result;
}

/// A number that is whole as it is, another in four digits.
inline std::string evidence_text(double value) {
  constexpr double most = 1e9;
  const bool is_whole = is_finite(value) && std::abs(value) < most && std::floor(value) == value;
  return is_whole ? fmt::format("{:.0f}", value) : fmt::format("{:.4g}", value);
}

/// A sentence: with a capital if nothing comes before it, and a full stop.
inline std::string sentence(std::string text, bool with_capital) {
  if (text.empty()) return text;
  const char first = text.front();
  if (with_capital && first >= 'a' && first <= 'z') text.front() = static_cast<char>(first - 'a' + 'A');
  if (text.back() != '.') text += '.';
  return text;
}

inline std::string finding_item(const Finding& finding, const VerdictStyle& style) {
  std::string result = fmt::format(
      "<li class=\"finding {}\"><p><span class=\"verdict\"><svg viewBox=\"0 0 16 16\" aria-hidden=\"true\">{}</svg>{}"
      "</span> <span class=\"asked\">{}</span></p>\n<p>",
      style.css_class, style.shape, style.word, escaped(finding.question()));
  const bool has_subject = !finding.hyperparameter.empty();
  if (has_subject) {
    result += fmt::format("<code>{}</code>{}: ", escaped(finding.hyperparameter),
                          finding.bound ? fmt::format(", {} bound", to_string(*finding.bound)) : "");
  }
  result += escaped(sentence(finding.conclusion, !has_subject)) + "</p>\n";
  if (!finding.action.empty()) {
    result +=
        fmt::format("<p class=\"next\"><strong>Next:</strong> {}</p>\n", escaped(sentence(finding.action, false)));
  }
  if (!finding.evidence.empty()) {
    result += "<p class=\"evidence\">Evidence: ";
    for (const Evidence& one : finding.evidence) {
      result += fmt::format("{}{} {}", &one == &finding.evidence.front() ? "" : ", ", escaped(one.name),
                            evidence_text(one.value));
    }
    result += "</p>\n";
  }
  if (!finding.trials.empty()) result += trial_links(finding.trials);
  return result + "</li>\n";
}

}  // namespace report_detail

/// The findings as HTML, grouped by verdict in the order in which a reader needs them: what is to be done, what cannot
/// be told, what is to be known, what is in order.
inline std::string finding_list(const std::vector<Finding>& findings) {
  using namespace report_detail;
  std::string result;
  for (const VerdictStyle& style : verdict_styles) {
    const auto is_of_it = [&](const Finding& finding) { return finding.verdict == style.verdict; };
    const auto count = std::ranges::count_if(findings, is_of_it);
    if (count == 0) {
      if (style.verdict == Verdict::problem) result += "<p>No problem was found.</p>\n";
      continue;
    }
    result += fmt::format("<h3>{} {}</h3>\n<ul class=\"findings\">\n", count, count == 1 ? style.one : style.many);
    for (const Finding& finding : findings) {
      if (is_of_it(finding)) result += finding_item(finding, style);
    }
    result += "</ul>\n";
  }
  return result;
}

}  // namespace eigentune
