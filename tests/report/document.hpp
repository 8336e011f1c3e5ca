#pragma once

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace support {

/// What is wrong with an XML document, or with an HTML one that closes its elements; empty if nothing is. Elements
/// nest; attributes are in quotes and occur once; '<' and '&' stand for themselves nowhere; the text is UTF-8 without
/// control characters; ids are unique and what refers to one finds it.
class DocumentCheck {
 public:
  explicit DocumentCheck(std::string_view text) : text_(text) {
    while (at_ < text_.size() && problem_.empty()) {
      if (text_[at_] == '<') {
        tag();
      } else {
        character();
      }
    }
    if (problem_.empty() && !open_.empty()) problem_ = "never closed: " + open_.back();
    for (const std::string& reference : references_) {
      if (problem_.empty() && !ids_.contains(reference)) problem_ = "no element has the id " + reference;
    }
  }

  const std::string& problem() const { return problem_; }

  /// How many elements of that name there are.
  int count(const std::string& name) const {
    const auto found = counts_.find(name);
    return found == counts_.end() ? 0 : found->second;
  }

 private:
  void fail(const std::string& what) {
    problem_ = what + ": " + std::string(text_.substr(at_ < 40 ? 0 : at_ - 40, 80));
  }

  void character() {
    const auto code = static_cast<unsigned char>(text_[at_]);
    if (code < 0x20 && code != '\n' && code != '\t') return fail("a control character");
    if (text_[at_] == '&') {
      const std::array<std::string_view, 5> known = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
      if (std::ranges::none_of(known, [&](std::string_view one) { return text_.substr(at_).starts_with(one); })) {
        return fail("a bare &");
      }
    }
    const std::size_t bytes = code < 0x80 ? 1 : code < 0xE0 ? 2 : code < 0xF0 ? 3 : 4;
    for (std::size_t i = 1; i < bytes; ++i) {
      if (at_ + i >= text_.size() || (static_cast<unsigned char>(text_[at_ + i]) & 0xC0) != 0x80) {
        return fail("broken UTF-8");
      }
    }
    at_ += bytes;
  }

  std::string name() {
    const std::size_t from = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '-')) ++at_;
    return std::string(text_.substr(from, at_ - from));
  }

  void tag() {
    if (text_.substr(at_).starts_with("<!DOCTYPE html>")) {
      at_ += 15;
      return;
    }
    if (text_.substr(at_).starts_with("</")) {
      at_ += 2;
      const std::string closed = name();
      if (open_.empty() || open_.back() != closed) return fail("closed, but not the last one open");
      open_.pop_back();
      if (text_[at_] != '>') return fail("a closing tag with more in it");
      ++at_;
      return;
    }
    ++at_;
    const std::string element = name();
    if (element.empty()) return fail("a bare <");
    ++counts_[element];
    std::set<std::string> seen;
    while (at_ < text_.size() && problem_.empty()) {
      while (text_[at_] == ' ' || text_[at_] == '\n') ++at_;
      if (text_.substr(at_).starts_with("/>")) {
        at_ += 2;
        return;
      }
      if (text_[at_] == '>') break;
      attribute(seen);
    }
    ++at_;
    if (element == "meta") return;
    open_.push_back(element);
    if (element == "style" || element == "script") at_ = std::min(text_.size(), text_.find("</" + element + ">", at_));
  }

  void attribute(std::set<std::string>& seen) {
    const std::string key = name();
    if (key.empty() || !seen.insert(key).second) return fail("an attribute without a name, or twice");
    if (!text_.substr(at_).starts_with("=\"")) return fail("an attribute without quotes");
    at_ += 2;
    const std::size_t from = at_;
    while (at_ < text_.size() && text_[at_] != '"' && problem_.empty()) {
      if (text_[at_] == '<') return fail("a < in an attribute");
      character();
    }
    const std::string value(text_.substr(from, at_ - from));
    ++at_;
    if (key == "id" && !ids_.insert(value).second) return fail("an id for the second time, " + value);
    if (key == "href" && value.starts_with("#")) references_.push_back(value.substr(1));
    if (key == "clip-path") references_.push_back(value.substr(5, value.size() - 6));
    if (key != "aria-labelledby") return;
    for (std::size_t i = 0; i < value.size();) {
      const std::size_t end = std::min(value.find(' ', i), value.size());
      references_.push_back(value.substr(i, end - i));
      i = end + 1;
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string problem_;
  std::vector<std::string> open_, references_;
  std::set<std::string> ids_;
  std::map<std::string, int> counts_;
};

inline std::string document_problem(std::string_view text) {
  return DocumentCheck(text).problem();
}

/// How often `part` occurs in `text`.
inline int occurrences(std::string_view text, std::string_view part) {
  int count = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

}  // namespace support
