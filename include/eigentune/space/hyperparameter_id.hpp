#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/space/condition.hpp>
#include <eigentune/space/json_text.hpp>
#include <eigentune/space/value.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace eigentune::space_detail {

/// Throws std::invalid_argument unless `name` can be a hyperparameter's: not empty, UTF-8, no control characters, and
/// none of `[]=|,"`, of which ids are made.
inline void check_name(std::string_view name) {
  require(!name.empty(), "SearchSpace: a hyperparameter's name must not be empty");
  require(is_utf8(name), "SearchSpace: a hyperparameter's name must be valid UTF-8, got {}", json_quoted(name));
  const bool clean = std::none_of(name.begin(), name.end(), [](char character) {
    const auto code = static_cast<unsigned char>(character);
    return code < 0x20 || code == 0x7F || std::string_view("[]=|,\"").find(character) != std::string_view::npos;
  });
  require(clean,
          "SearchSpace: a hyperparameter's name must not contain control characters or any of [ ] = | , \", got {}",
          json_quoted(name));
}

/// A value as part of an id: a string that is a plain word without its quotes. Different values, different texts.
inline std::string word(const Value& value) {
  if (!value.is_string()) return value.text();
  const std::string& text = value.as_string();
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto is_plain = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.'; };
  const bool plain = !text.empty() && is_letter(text.front()) && std::all_of(text.begin(), text.end(), is_plain);
  return plain ? text : value.text();
}

/// "learning_rate", or with a condition "learning_rate[optimizer=adam|nadam,layers=3]". Two hyperparameters of one
/// space have different ids, because names have no brackets and of one name they have different conditions.
inline std::string hyperparameter_id(const std::string& name, const std::optional<Condition>& condition) {
  if (!condition) return name;
  std::string clauses;
  for (const Clause& clause : condition->clauses()) {
    clauses += (clauses.empty() ? "" : ",") + clause.name;
    for (const Value& value : clause.values) {
      (clauses += &value == &clause.values.front() ? "=" : "|") += word(value);  // g++ 12 warns of "=" + word(value)
    }
  }
  return name + "[" + clauses + "]";
}

}  // namespace eigentune::space_detail
