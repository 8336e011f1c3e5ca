#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/space/json_text.hpp>

#include <fmt/core.h>

#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace eigentune {

/// The value of a hyperparameter: a finite double, a 64-bit integer, or a string of valid UTF-8.
///
/// The kinds are kept apart: 1 and 1.0 are different values with different texts, though both read as the double 1.
/// Equal values have equal texts and hashes, so -0.0 is stored as 0.0. All of a Value is exact: `parse_value(v.text())`
/// is v, bit for bit. Values convert implicitly from numbers and strings (not from bool: use 0 and 1, or "yes" and
/// "no"). Throws std::invalid_argument for a NaN, an infinity, an integer outside 64 bits, or text that is not UTF-8.
class Value {
 public:
  template <std::floating_point Number>
  Value(Number number) : value_(checked(static_cast<double>(number))) {}  // NOLINT: implicit, as in choice({0.1, 0.2})

  template <std::integral Number>
  requires(!std::same_as<Number, bool>) Value(Number number)  // NOLINT: implicit
      : value_(static_cast<std::int64_t>(number)) {
    require(std::in_range<std::int64_t>(number), "Value: an integer must be less than 2^63, got {}", number);
  }

  Value(bool) = delete;

  // Not inlined: g++ 12 warns at -O3 that the copy of an integer may read the string that it is not.
  [[gnu::noinline]] Value(const Value& other) : value_(other.value_) {}
  Value(Value&&) noexcept = default;
  Value& operator=(const Value&) = default;
  Value& operator=(Value&&) noexcept = default;
  ~Value() = default;

  Value(std::string text) : value_(std::move(text)) {  // NOLINT: implicit
    require(space_detail::is_utf8(as_string()), "Value: a string must be valid UTF-8, got \"{}\"", as_string());
  }
  Value(std::string_view text) : Value(std::string(text)) {}  // NOLINT: implicit
  Value(const char* text) : Value(std::string(text)) {}       // NOLINT: implicit, as in choice({"a", "b"})

  bool is_double() const { return std::holds_alternative<double>(value_); }
  bool is_integer() const { return std::holds_alternative<std::int64_t>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_number() const { return !is_string(); }

  /// The number, rounded to a double if it is an integer. Throws std::invalid_argument for a string.
  double as_double() const {
    if (const auto* integer = std::get_if<std::int64_t>(&value_)) return static_cast<double>(*integer);
    return get_as<double>("a number");
  }

  /// Throws std::invalid_argument unless the value is an integer: 2.0 is none.
  std::int64_t as_integer() const { return get_as<std::int64_t>("an integer"); }

  /// Throws std::invalid_argument unless the value is a string.
  const std::string& as_string() const { return get_as<std::string>("a string"); }

  /// as_double() for a floating-point type, as_integer() for an integral one, as_string() for std::string. Throws as
  /// they do, and for an integer outside the range of T.
  template <class T>
  requires(std::floating_point<T> || std::same_as<T, std::string> || (std::integral<T> && !std::same_as<T, bool>)) T
      get()
  const {
    if constexpr (std::floating_point<T>) {
      return static_cast<T>(as_double());
    } else if constexpr (std::integral<T>) {
      require(std::in_range<T>(as_integer()), "Value: {} is out of the range of the integer type asked for",
              as_integer());
      return static_cast<T>(as_integer());
    } else {
      return as_string();
    }
  }

  /// The value as JSON: a double in the fewest digits that read back as the same double and always recognisable as one
  /// ("0.1", "1.0", "1e-05"), an integer ("128"), a string in quotes ("\"adam\"").
  std::string text() const {
    if (is_string()) return space_detail::json_quoted(as_string());
    if (is_integer()) return fmt::format("{}", as_integer());
    const std::string digits = fmt::format("{}", as_double());
    return digits.find_first_of(".e") == std::string::npos ? digits + ".0" : digits;
  }

  friend bool operator==(const Value&, const Value&) = default;

  /// A total order: doubles before integers before strings, each in their own order (strings by bytes).
  friend std::strong_ordering operator<=>(const Value& a, const Value& b) {
    if (a.value_.index() != b.value_.index()) return a.value_.index() <=> b.value_.index();
    if (a.is_string()) return a.as_string().compare(b.as_string()) <=> 0;
    if (a.is_integer()) return a.as_integer() <=> b.as_integer();
    return std::strong_order(a.as_double(), b.as_double());
  }

 private:
  friend struct std::hash<Value>;

  static double checked(double number) {
    require(is_finite(number), "Value: a number must be finite, got {}", number);
    return number == 0.0 ? 0.0 : number;
  }

  template <class T>
  const T& get_as(const char* wanted) const {
    const T* value = std::get_if<T>(&value_);
    if (value == nullptr) require(false, "Value: {} was asked for, but the value is {}", wanted, text());
    return *value;
  }

  std::variant<double, std::int64_t, std::string> value_;
};

}  // namespace eigentune

template <>
struct std::hash<eigentune::Value> {
  std::size_t operator()(const eigentune::Value& value) const noexcept {
    return std::hash<std::variant<double, std::int64_t, std::string>>{}(value.value_);
  }
};
