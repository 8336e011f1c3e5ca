#pragma once

#include <eigentune/space/condition.hpp>
#include <eigentune/space/hyperparameter.hpp>
#include <eigentune/space/json_text.hpp>
#include <eigentune/space/role.hpp>
#include <eigentune/space/search_space.hpp>
#include <eigentune/space/value.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace eigentune {

namespace space_detail {

/// What a variable cannot be called: the keywords, and the names that a declaration itself uses.
inline bool is_taken(std::string_view word) {
  constexpr std::string_view taken =
      " alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t "
      "char32_t class compl concept const consteval constexpr constinit const_cast continue co_await "
      "co_return co_yield decltype default delete do double dynamic_cast else enum explicit export extern "
      "false float for friend goto if inline int long mutable namespace new noexcept not not_eq nullptr "
      "operator or or_eq private protected public register reinterpret_cast requires return short signed "
      "sizeof static static_assert static_cast struct switch template this thread_local throw true try "
      "typedef typeid typename union unsigned using virtual void volatile wchar_t while xor xor_eq space "
      "uniform log_uniform one_minus_log_uniform integer log_integer discrete choice eigentune ";
  return taken.find(fmt::format(" {} ", word)) != std::string_view::npos;
}

/// A variable for the handle of a hyperparameter: its name, with what no identifier has as "_", and a number behind it
/// if that is not free.
inline std::string variable_name(std::string_view name, const std::vector<std::string>& others) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::string word;
  for (const char c : name) {
    if (is_letter(c) || is_digit(c)) {
      word += c;
    } else if (!word.empty() && word.back() != '_') {  // two in a row are the compiler's
      word += '_';
    }
  }
  if (word.empty() || is_digit(word.front())) word.insert(0, "hyperparameter_");
  std::string free = word;
  for (int number = 2; is_taken(free) || std::ranges::find(others, free) != others.end(); ++number) {
    free = word.back() == '_' ? fmt::format("{}{}", word, number) : fmt::format("{}_{}", word, number);
  }
  return free;
}

}  // namespace space_detail

/// C++ that declares `space`, a line for each hyperparameter, to be pasted where `using namespace eigentune` holds.
/// What it declares equals `space`, and so has its version().
///
///     SearchSpace space;
///     const auto optimizer = space.scientific("optimizer", choice({"nesterov", "adam"}));
///     space.nuisance("learning_rate", log_uniform(0.01, 10.0), optimizer.is("nesterov"));
///
/// Not for values with a null character within.
inline std::string declaration(const SearchSpace& space) {
  const auto hyperparameters = space.hyperparameters();
  std::vector<std::string> variables(hyperparameters.size());  // empty for what no condition is about
  for (const Hyperparameter& hyperparameter : hyperparameters) {
    if (!hyperparameter.condition) continue;
    for (const Clause& clause : hyperparameter.condition->clauses()) {
      std::string& variable = variables[clause.index];
      if (variable.empty()) variable = space_detail::variable_name(clause.name, variables);
    }
  }
  // A clause of which a later one's hyperparameter has the same in its own condition goes without saying.
  const auto is_implied = [&](const Clause& clause, const std::vector<Clause>& clauses) {
    return std::ranges::any_of(clauses, [&](const Clause& later) {
      const auto& own = hyperparameters[later.index].condition;
      return own && std::ranges::find(own->clauses(), clause) != own->clauses().end();
    });
  };
  std::string text = "SearchSpace space;\n";
  for (std::size_t i = 0; i < hyperparameters.size(); ++i) {
    const auto& [name, role, domain, condition, id] = hyperparameters[i];
    if (!variables[i].empty()) text += fmt::format("const auto {} = ", variables[i]);
    text += fmt::format("space.{}({}, {}", to_string(role), space_detail::json_quoted(name),
                        role == Role::fixed ? domain.at(0).text() : domain.text());
    std::string when;
    for (const Clause& clause : condition ? condition->clauses() : std::vector<Clause>()) {
      if (is_implied(clause, condition->clauses())) continue;
      std::string values;
      for (const Value& value : clause.values) values += (values.empty() ? "" : ", ") + value.text();
      const bool several = clause.values.size() > 1;
      when += fmt::format("{}{}.{}({}{}{})", when.empty() ? "" : " && ", variables[clause.index],
                          several ? "is_any_of" : "is", several ? "{" : "", values, several ? "}" : "");
    }
    text += when.empty() ? std::string(");\n") : fmt::format(", {});\n", when);
  }
  return text;
}

}  // namespace eigentune
