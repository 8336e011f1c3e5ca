#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/space/json_text.hpp>
#include <eigentune/space/point.hpp>
#include <eigentune/space/value.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace eigentune {

/// One hyperparameter has one of these values.
struct Clause {
  std::size_t index;          ///< of the hyperparameter in its space
  std::string name;           ///< its name
  std::string id;             ///< and its id
  std::vector<Value> values;  ///< in the order of its domain, at least one

  bool holds(const Value& value) const { return std::find(values.begin(), values.end(), value) != values.end(); }

  friend bool operator==(const Clause&, const Clause&) = default;
};

/// When a conditional hyperparameter is active: all clauses hold. Made by HyperparameterHandle::is and is_any_of, and
/// joined by &&. A condition on a hyperparameter that is conditional itself contains the latter's clauses too, so the
/// clauses tell all, in the order of the space, one for each hyperparameter.
class Condition {
 public:
  const std::vector<Clause>& clauses() const { return clauses_; }

  /// Whether `point` meets it. The point may be partial, but must go as far as the condition does.
  bool holds(const Point& point) const {
    return std::all_of(clauses_.begin(), clauses_.end(), [&](const Clause& clause) {
      const Value* value = point.find(clause.name);
      return value != nullptr && clause.holds(*value);
    });
  }

  /// Whether one of the clauses is about the hyperparameter with this id.
  bool is_about(const std::string& id) const {
    return std::any_of(clauses_.begin(), clauses_.end(), [&id](const Clause& clause) { return clause.id == id; });
  }

  /// Whether no point can meet both.
  bool excludes(const Condition& other) const {
    return std::any_of(clauses_.begin(), clauses_.end(), [&](const Clause& clause) {
      return std::any_of(other.clauses_.begin(), other.clauses_.end(), [&](const Clause& another) {
        return clause.index == another.index && common(clause, another).values.empty();
      });
    });
  }

  /// Both. Throws std::invalid_argument if they exclude each other.
  friend Condition operator&&(const Condition& a, const Condition& b) {
    require(!a.excludes(b), "Condition: {} and {} can never hold together", a.text(), b.text());
    std::vector<Clause> clauses = a.clauses_;
    for (const Clause& clause : b.clauses_) {
      const auto place = std::lower_bound(clauses.begin(), clauses.end(), clause,
                                          [](const Clause& x, const Clause& y) { return x.index < y.index; });
      if (place != clauses.end() && place->index == clause.index) {
        *place = common(*place, clause);
      } else {
        clauses.insert(place, clause);
      }
    }
    return Condition(std::move(clauses));
  }

  /// For people: optimizer is "adam" or "nadam", and layers is 3.
  std::string text() const {
    std::string result;
    for (const Clause& clause : clauses_) {
      result += (result.empty() ? "" : ", and ") + clause.name + " is ";
      for (std::size_t i = 0; i < clause.values.size(); ++i) result += (i > 0 ? " or " : "") + clause.values[i].text();
    }
    return result;
  }

  friend bool operator==(const Condition&, const Condition&) = default;

 private:
  friend class HyperparameterHandle;

  explicit Condition(std::vector<Clause> clauses) : clauses_(std::move(clauses)) {}

  static Clause common(Clause a, const Clause& b) {
    std::erase_if(a.values, [&b](const Value& value) { return !b.holds(value); });
    return a;
  }

  std::vector<Clause> clauses_;
};

}  // namespace eigentune
