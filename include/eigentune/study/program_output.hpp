#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/training_curve.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace eigentune {

/// What one line of a program's output says. A line that does not begin with '{' says nothing: the program may talk.
struct ProgramTalk {};
/// {"infeasible": "ran out of memory"}
struct ProgramInfeasible {
  std::string reason;
};
/// {"objective": 0.03125}
struct ProgramObjective {
  double value;
};
/// {"step": 100, "training_loss": 0.3, "validation_error": 0.1, "top5_error": 0.02} is a CurveRow: a column that every
/// curve has, or else a metric.
using ProgramLine = std::variant<ProgramTalk, CurveRow, ProgramInfeasible, ProgramObjective>;

namespace program_output {

/// Puts NaN, Infinity and -Infinity, which JSON does not have but Python, JavaScript and others write, in quotes.
inline std::string with_quoted_specials(std::string_view line) {
  constexpr std::array<std::string_view, 3> specials = {"NaN", "Infinity", "-Infinity"};
  std::string result;
  bool in_string = false;
  for (std::size_t i = 0; i < line.size();) {
    const std::string_view rest = line.substr(i);
    const auto special =
        std::ranges::find_if(specials, [&](std::string_view name) { return !in_string && rest.starts_with(name); });
    if (special != specials.end()) {
      result += fmt::format("\"{}\"", *special);
      i += special->size();
      continue;
    }
    const std::size_t taken = in_string && line[i] == '\\' && rest.size() > 1 ? 2 : 1;
    if (line[i] == '"') in_string = !in_string;
    result += line.substr(i, taken);
    i += taken;
  }
  return result;
}

/// A number, or the name of one that JSON does not have.
inline double number_of(std::string_view name, const nlohmann::json& json) {
  using Limits = std::numeric_limits<double>;
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) {
    const std::string& text = json.get_ref<const std::string&>();
    if (text == "NaN" || text == "nan") return Limits::quiet_NaN();
    if (text == "Infinity" || text == "inf") return Limits::infinity();
    if (text == "-Infinity" || text == "-inf") return -Limits::infinity();
  }
  throw Error(fmt::format("expected a number, NaN, Infinity or -Infinity as {}, found {}", name, json.dump()));
}

inline CurveRow row_of(const nlohmann::json& object) {
  const nlohmann::json& step = object.at("step");
  if (!step.is_number_integer()) throw Error(fmt::format("expected a whole number as step, found {}", step.dump()));
  CurveRow row{.step = step.get<std::int64_t>()};
  for (const auto& [name, member] : object.items()) {
    if (name == "step") continue;
    const double value = number_of(name, member);
    const auto column = std::ranges::find(curve_columns, std::string_view(name), &CurveColumn::name);
    if (column != curve_columns.end()) {
      row.values.*(column->value) = value;
    } else {
      row.values.metrics[name] = value;
    }
  }
  return row;
}

}  // namespace program_output

/// Reads one line of a tuned program's output, without its end. Throws eigentune::Error with what was expected and what
/// was found if it begins with '{' and is none of the above.
inline ProgramLine parse_program_line(std::string_view line) {
  const std::size_t start = line.find_first_not_of(" \t");
  if (start == std::string_view::npos || line[start] != '{') return ProgramTalk{};
  try {
    const auto object = nlohmann::json::parse(program_output::with_quoted_specials(line));
    if (object.contains("step")) return program_output::row_of(object);
    if (object.size() == 1 && object.contains("objective")) {
      return ProgramObjective{program_output::number_of("objective", object["objective"])};
    }
    if (object.size() == 1 && object.contains("infeasible") && object["infeasible"].is_string()) {
      return ProgramInfeasible{object["infeasible"].get<std::string>()};
    }
    throw Error("expected a \"step\" with values, or an \"objective\" or the reason why it is \"infeasible\" alone");
  } catch (const nlohmann::json::exception& error) {
    throw Error(fmt::format("expected a JSON object on one line, found {} ({})", line, error.what()));
  } catch (const Error& error) {
    throw Error(fmt::format("{} in {}", error.what(), line));
  }
}

}  // namespace eigentune
