#pragma once

#include <eigentune/core/curve_json.hpp>
#include <eigentune/core/error.hpp>
#include <eigentune/core/training_curve.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace eigentune {

/// How a run log writes its rows, one line each.
enum class RunLogFormat {
  csv,        ///< a header, and then fields between commas; absent values are empty; nan, inf and -inf
  json_lines  ///< one flat object a line, with `step` and what is present; "nan", "inf" and "-inf" are strings
};

/// One line of a run log to text and back, without its end. Numbers are the shortest that give the same double again,
/// and know no locale. Parsing throws eigentune::Error that tells what was expected and what was found.
namespace run_log_format {

struct NotFinite {
  std::string_view name;
  double value;
};
inline constexpr std::array not_finite = {NotFinite{"nan", std::numeric_limits<double>::quiet_NaN()},
                                          NotFinite{"inf", std::numeric_limits<double>::infinity()},
                                          NotFinite{"-inf", -std::numeric_limits<double>::infinity()}};

/// The name of a value that is not finite; a NaN's sign means nothing.
inline std::string_view name_of(double value) {
  return not_finite[value > 0 ? 1 : value < 0 ? 2 : 0].name;
}

using curve_json::excerpt;

/// step, curve_columns, and the metrics.
inline std::string csv_header(std::span<const std::string> metrics) {
  std::string header = "step";
  for (const CurveColumn& column : curve_columns) (header += ',') += column.name;
  for (const std::string& metric : metrics) (header += ',') += metric;
  return header;
}

/// Appends a row to `line`. Metrics that are not in `metrics` are left out.
inline void append_csv(std::string& line, std::int64_t step, const CurveValues& values,
                       std::span<const std::string> metrics) {
  fmt::format_to(std::back_inserter(line), "{}", step);
  const auto append = [&](const double* value) {
    line += ',';
    if (value == nullptr) return;
    if (is_finite(*value)) {
      fmt::format_to(std::back_inserter(line), "{}", *value);
    } else {
      line += name_of(*value);
    }
  };
  for (const CurveColumn& column : curve_columns) {
    const std::optional<double>& value = values.*column.value;
    append(value ? &*value : nullptr);
  }
  for (const std::string& metric : metrics) {
    const auto found = values.metrics.find(metric);
    append(found != values.metrics.end() ? &found->second : nullptr);
  }
}

inline void append_json(std::string& line, std::int64_t step, const CurveValues& values) {
  nlohmann::ordered_json object = {{"step", step}};
  const auto append = [&](std::string_view name, double value) {
    auto& member = object[std::string(name)];
    if (is_finite(value)) {
      member = value;
    } else {
      member = name_of(value);
    }
  };
  for (const CurveColumn& column : curve_columns) {
    if (const std::optional<double>& value = values.*column.value) append(column.name, *value);
  }
  for (const auto& [name, value] : values.metrics) append(name, value);
  line += object.dump();
}

/// The texts between the commas.
inline std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  for (;;) {
    const std::size_t comma = line.find(',');
    fields.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return fields;
    line.remove_prefix(comma + 1);
  }
}

/// The metrics of a header.
inline std::vector<std::string> parse_csv_header(std::string_view line) {
  const std::string start = csv_header({});
  if (line != start && !line.starts_with(start + ',')) {
    throw Error(fmt::format("expected a header that begins with \"{}\", found {}", start, excerpt(line)));
  }
  std::vector<std::string> metrics;
  for (const std::string_view name : fields_of(line)) {
    if (metrics.size() <= curve_columns.size()) {  // the columns that were compared above
      metrics.emplace_back();
      continue;
    }
    if (!is_metric_name(name) || std::ranges::find(metrics, name) != metrics.end()) {
      throw Error(fmt::format("expected a metric's name that is not taken, found {}", excerpt(name)));
    }
    metrics.emplace_back(name);
  }
  metrics.erase(metrics.begin(), metrics.begin() + 1 + std::ssize(curve_columns));
  return metrics;
}

/// Exactly a number, of which nothing is left and nothing is lost.
template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool begins_like_one = !text.empty() && (text.front() == '-' || (text.front() >= '0' && text.front() <= '9'));
  if (error != std::errc() || stop != text.data() + text.size() || !begins_like_one) return std::nullopt;
  return value;
}

inline std::optional<double> parse_not_finite(std::string_view text) {
  const auto found = std::ranges::find(not_finite, text, &NotFinite::name);
  return found == not_finite.end() ? std::nullopt : std::optional(found->value);
}

inline CurveRow parse_csv(std::string_view line, std::span<const std::string> metrics) {
  const std::vector<std::string_view> fields = fields_of(line);
  const std::size_t expected = 1 + curve_columns.size() + metrics.size();
  if (fields.size() != expected) {
    throw Error(fmt::format("expected {} fields, found {} in {}", expected, fields.size(), excerpt(line)));
  }
  const auto value_of = [](std::string_view name, std::string_view field) -> std::optional<double> {
    if (field.empty()) return std::nullopt;
    if (const auto special = parse_not_finite(field)) return special;
    const auto value = parse_number<double>(field);
    if (!value || !is_finite(*value)) {  // from_chars takes "-infinity" and "-nan", too
      throw Error(fmt::format("expected a number, nan, inf, -inf or nothing as {}, found {}", name, excerpt(field)));
    }
    return value;
  };
  const auto step = parse_number<std::int64_t>(fields[0]);
  if (!step) throw Error(fmt::format("expected a whole number as step, found {}", excerpt(fields[0])));
  CurveRow row{.step = *step};
  std::size_t field = 1;
  for (const CurveColumn& column : curve_columns) row.values.*column.value = value_of(column.name, fields[field++]);
  for (const std::string& metric : metrics) {
    if (const auto value = value_of(metric, fields[field++])) row.values.metrics[metric] = *value;
  }
  return row;
}

inline CurveRow parse_json(std::string_view line) {
  return curve_json::row_of(curve_json::parse_object(line));
}

}  // namespace run_log_format
}  // namespace eigentune
