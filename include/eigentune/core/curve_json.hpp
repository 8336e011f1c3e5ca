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
#include <optional>
#include <string>
#include <string_view>
#include <utility>

/// Rows of a training curve as JSON: what a run log keeps and what a tuned program writes. Whoever wrote a line may
/// have written anything: reading throws eigentune::Error that tells what was expected and an excerpt of what was
/// found.
namespace eigentune::curve_json {

/// For a message: in quotes, on one line, and not too long.
inline std::string excerpt(std::string_view text) {
  constexpr std::size_t most = 60;
  std::string result = "\"";
  for (const char c : text.substr(0, most)) {
    if (c >= ' ' && c <= '~') {
      result += c;
    } else {
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return result + (text.size() > most ? "...\"" : "\"");
}

/// "nan", "inf" and "-inf", or "NaN", "Infinity" and "-Infinity".
inline std::optional<double> parse_not_finite(std::string_view text) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  constexpr std::array<std::pair<std::string_view, double>, 6> names = {{{"nan", nan},
                                                                         {"NaN", nan},
                                                                         {"inf", infinity},
                                                                         {"Infinity", infinity},
                                                                         {"-inf", -infinity},
                                                                         {"-Infinity", -infinity}}};
  const auto found = std::ranges::find(names, text, &std::pair<std::string_view, double>::first);
  return found == names.end() ? std::nullopt : std::optional(found->second);
}

/// An object that has every name once.
inline nlohmann::json parse_object(std::string_view line) {
  using Event = nlohmann::json::parse_event_t;
  nlohmann::json object;
  std::size_t names = 0;
  try {
    object = nlohmann::json::parse(line, [&](int depth, Event event, nlohmann::json&) {
      // Further nesting is not read: to take it apart again would take all of the stack.
      if (depth > 2) throw Error(fmt::format("expected a flat JSON object, found {}", excerpt(line)));
      names += event == Event::key && depth == 1 ? 1 : 0;
      return true;
    });
  } catch (const nlohmann::json::exception& error) {
    constexpr std::size_t most = 200;  // it may quote the whole line
    throw Error(fmt::format("expected a JSON object, found {} ({})", excerpt(line),
                            std::string_view(error.what()).substr(0, most)));
  }
  if (!object.is_object()) throw Error(fmt::format("expected a JSON object, found {}", excerpt(line)));
  if (names != object.size()) throw Error(fmt::format("expected every name once, found {}", excerpt(line)));
  return object;
}

/// A number, or the name of one that JSON does not have.
inline double number_of(std::string_view name, const nlohmann::json& json) {
  if (json.is_number()) return json.get<double>();
  const auto special = json.is_string() ? parse_not_finite(json.get_ref<const std::string&>()) : std::nullopt;
  if (special) return *special;
  throw Error(fmt::format("expected a number, \"nan\", \"inf\" or \"-inf\" as {}, found {}", excerpt(name),
                          excerpt(json.dump())));
}

/// {"step": 100, "training_loss": 0.3, "top5_error": 0.02}: a column that every curve has, or else a metric.
inline CurveRow row_of(const nlohmann::json& object) {
  const auto step = object.find("step");
  if (step == object.end() || !step->is_number_integer() ||
      (step->is_number_unsigned() &&
       step->get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()})) {
    throw Error(fmt::format("expected a whole number as step, found {}",
                            step == object.end() ? "none" : excerpt(step->dump())));
  }
  CurveRow row{.step = step->get<std::int64_t>()};
  for (const auto& [name, member] : object.items()) {
    if (name == "step") continue;
    const double value = number_of(name, member);
    const auto column = std::ranges::find(curve_columns, name, &CurveColumn::name);
    if (column != curve_columns.end()) {
      row.values.*(column->value) = value;
    } else if (is_metric_name(name)) {
      row.values.metrics[name] = value;
    } else {
      throw Error(fmt::format("expected a metric's name, found {}", excerpt(name)));
    }
  }
  return row;
}

}  // namespace eigentune::curve_json
