#pragma once

#include <eigentune/core/curve_json.hpp>
#include <eigentune/core/error.hpp>
#include <eigentune/core/training_curve.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
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

}  // namespace program_output

/// Reads one line of a tuned program's output, without its end. Throws eigentune::Error with what was expected and what
/// was found if it begins with '{' and is none of the above.
inline ProgramLine parse_program_line(std::string_view line) {
  const std::size_t start = line.find_first_not_of(" \t");
  if (start == std::string_view::npos || line[start] != '{') return ProgramTalk{};
  const nlohmann::json object = curve_json::parse_object(program_output::with_quoted_specials(line));
  if (object.contains("step")) return curve_json::row_of(object);
  if (object.size() == 1 && object.contains("objective")) {
    return ProgramObjective{curve_json::number_of("objective", object["objective"])};
  }
  if (object.size() == 1 && object.contains("infeasible") && object["infeasible"].is_string()) {
    return ProgramInfeasible{object["infeasible"].get<std::string>()};
  }
  throw Error(
      fmt::format("expected a \"step\" with values, or an \"objective\" or the reason why it is \"infeasible\" "
                  "alone, found {}",
                  curve_json::excerpt(line)));
}

}  // namespace eigentune
