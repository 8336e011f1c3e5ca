#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/space/json_text.hpp>
#include <eigentune/space/value.hpp>

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigentune {

/// One value for each active hyperparameter of a space, by name, in the order of the space. (Names are enough: of two
/// hyperparameters with one name at most one is active.) A value; equal points have the same names and values in the
/// same order, and so the same text. SearchSpace::check says whether a point belongs to a space.
///
///     for (const auto& [name, value] : point) fmt::print("{} = {}\n", name, value.text());
class Point {
 public:
  using Entry = std::pair<std::string, Value>;

  Point() = default;

  /// Point({{"optimizer", "adam"}, {"learning_rate", 1e-3}}). Throws std::invalid_argument if a name occurs twice.
  Point(std::initializer_list<Entry> entries) {
    for (const Entry& entry : entries) append(entry.first, entry.second);
  }

  /// Throws std::invalid_argument if `name` is there already.
  void append(std::string name, Value value) {
    require(!contains(name), "Point: \"{}\" has a value already", name);
    entries_.emplace_back(std::move(name), std::move(value));
  }

  /// The value of `name`, or null if the point has none. Until the point is changed.
  const Value* find(std::string_view name) const {
    for (const Entry& entry : entries_) {
      if (entry.first == name) return &entry.second;
    }
    return nullptr;
  }
  bool contains(std::string_view name) const { return find(name) != nullptr; }

  /// The value of `name`. Throws std::invalid_argument if the point has none.
  const Value& operator[](std::string_view name) const {
    const Value* value = find(name);
    if (value == nullptr) require(false, "Point: there is no \"{}\" in {}", name, text());
    return *value;
  }

  /// The value of `name` as a double, an integer or a std::string (Value::get). Throws std::invalid_argument if the
  /// point has none, or of another kind.
  template <class T>
  T get(std::string_view name) const {
    return (*this)[name].template get<T>();
  }

  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

  /// One line of JSON, exact: {"optimizer": "adam", "learning_rate": 0.001}. parse_point reads it.
  std::string text() const {
    std::string result = "{";
    for (const auto& [name, value] : entries_) {
      if (result.size() > 1) result += ", ";
      result += space_detail::json_quoted(name) + ": " + value.text();
    }
    return result + "}";
  }

  friend bool operator==(const Point&, const Point&) = default;

 private:
  std::vector<Entry> entries_;
};

}  // namespace eigentune

template <>
struct std::hash<eigentune::Point> {
  std::size_t operator()(const eigentune::Point& point) const noexcept {
    std::size_t result = point.size();
    const auto mix = [&result](std::size_t part) { result = (result ^ part) * 0x9E3779B97F4A7C15u + (result >> 29); };
    for (const auto& [name, value] : point) {
      mix(std::hash<std::string>{}(name));
      mix(std::hash<eigentune::Value>{}(value));
    }
    return result;
  }
};
