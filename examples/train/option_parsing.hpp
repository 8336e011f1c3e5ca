#pragma once

#include <eigentune/core/error.hpp>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace example {

/// A whole number in [low, high]. Throws std::invalid_argument, naming the option, for anything else.
inline std::int64_t parse_integer(const std::string& option, const std::string& text, std::int64_t low,
                                  std::int64_t high) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || value < low || value > high) {
    const std::string allowed = high == std::numeric_limits<std::int64_t>::max()
                                    ? fmt::format("of at least {}", low)
                                    : fmt::format("in [{}, {}]", low, high);
    throw std::invalid_argument(fmt::format("{} must be a whole number {}, got \"{}\"", option, allowed, text));
  }
  return value;
}

/// The text as a number, NaN if it is none.
inline double to_number(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  return text.empty() || end != text.c_str() + text.size() ? std::nan("") : value;
}

/// The numbers that an option allows; infinity is in none.
struct NumberRange {
  double low = 0.0;
  bool includes_low = true;
  double high = std::numeric_limits<double>::infinity();
  bool includes_high = true;

  bool contains(double value) const {
    return eigentune::is_finite(value) && (includes_low ? value >= low : value > low) &&
           (includes_high ? value <= high : value < high);
  }
  std::string text() const {
    std::string bounds = fmt::format("{} {}", includes_low ? "of at least" : "above", low);
    if (!eigentune::is_finite(high)) return bounds;
    return fmt::format("{} and {} {}", bounds, includes_high ? "at most" : "below", high);
  }
};

/// A number in the range. Throws std::invalid_argument, naming the option, for anything else.
inline double parse_number(const std::string& option, const std::string& text, const NumberRange& range) {
  const double value = to_number(text);
  if (!range.contains(value)) {
    throw std::invalid_argument(fmt::format("{} must be a finite number {}, got \"{}\"", option, range.text(), text));
  }
  return value;
}

/// One of the choices. Throws std::invalid_argument for anything else.
inline std::string parse_choice(const std::string& option, const std::string& text,
                                std::span<const std::string_view> choices) {
  if (std::find(choices.begin(), choices.end(), text) != choices.end()) return text;
  std::string allowed;
  for (const std::string_view choice : choices) (allowed += allowed.empty() ? "" : ", ") += choice;
  throw std::invalid_argument(fmt::format("{} must be one of {}, got \"{}\"", option, allowed, text));
}

/// Adds options whose texts are checked one by one, as they are read.
class OptionAdder {
 public:
  explicit OptionAdder(CLI::App& app) : app_(app) {}

  void group(std::string name) { group_ = std::move(name); }

  void integer(const std::string& name, std::int64_t low, std::int64_t high, const std::string& text, auto use) {
    add(name, "N", text, [=](const std::string& value) { use(parse_integer(name, value, low, high)); });
  }
  void number(const std::string& name, const NumberRange& range, const std::string& text, auto use) {
    add(name, "X", text, [=](const std::string& value) { use(parse_number(name, value, range)); });
  }
  void choice(const std::string& name, std::span<const std::string_view> choices, const std::string& text, auto use) {
    add(name, "NAME", text, [=](const std::string& value) { use(parse_choice(name, value, choices)); });
  }
  void text(const std::string& name, const std::string& type, const std::string& text, auto use) {
    add(name, type, text, use);
  }
  void flag(const std::string& name, bool& value, const std::string& text) {
    app_.add_flag(name, value, text)->group(group_);
  }

 private:
  void add(const std::string& name, const std::string& type, const std::string& text,
           const std::function<void(const std::string&)>& use) {
    app_.add_option_function<std::string>(name, use, text)->type_name(type)->group(group_);
  }

  CLI::App& app_;
  std::string group_;
};

/// Reads the command line into what its options use. False if it asks for help, which is printed. Throws
/// std::invalid_argument with what is wrong.
inline bool parse_command_line(CLI::App& app, int argc, const char* const* argv) {
  try {
    app.parse(argc, argv);
    return true;
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", app.help());
    return false;
  } catch (const CLI::ArgumentMismatch& error) {
    throw std::invalid_argument(fmt::format("{} (an option takes one value and is given once)", error.what()));
  } catch (const CLI::ParseError& error) {
    throw std::invalid_argument(error.what());
  }
}

}  // namespace example
