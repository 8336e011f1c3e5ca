#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/space/condition.hpp>
#include <eigentune/space/domain.hpp>
#include <eigentune/space/hyperparameter.hpp>
#include <eigentune/space/hyperparameter_id.hpp>
#include <eigentune/space/json_text.hpp>
#include <eigentune/space/point.hpp>
#include <eigentune/space/role.hpp>
#include <eigentune/space/value.hpp>

#include <fmt/core.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace eigentune {

/// The search space of a study: its hyperparameters in the order of their declaration, with roles and conditions.
///
///     SearchSpace space;
///     auto optimizer = space.scientific("optimizer", choice({"nesterov", "adam"}));
///     space.nuisance("learning_rate", log_uniform(1e-2, 10.0), optimizer.is("nesterov"));
///     space.nuisance("learning_rate", log_uniform(1e-5, 1e-1), optimizer.is("adam"));
///     space.fixed("batch_size", 128);
///
/// A conditional hyperparameter is active, that is part of a point, only where its condition holds ("Identifying
/// scientific, nuisance, and fixed hyperparameters"). Two of one name are two hyperparameters, and must exclude each
/// other: that is checked at declaration. The order is part of the space: it decides the coordinates of a quasi-random
/// search. A value; spaces are equal if they print the same.
class SearchSpace {
 public:
  /// Declares a hyperparameter whose effect the study measures. Throws std::invalid_argument if
  /// - `name` is empty, not UTF-8, or contains a control character or one of [ ] = | , ";
  /// - one of the same name can be active together with it;
  /// - the condition is on a hyperparameter that this space does not have;
  /// - the condition is on a nuisance hyperparameter: scientific values are compared over all the others.
  HyperparameterHandle scientific(std::string name, Domain domain, std::optional<Condition> condition = {}) {
    return declare({std::move(name), Role::scientific, std::move(domain), std::move(condition), {}});
  }

  /// Declares a hyperparameter to optimize over. Throws as scientific(), but may be conditional on a nuisance one.
  HyperparameterHandle nuisance(std::string name, Domain domain, std::optional<Condition> condition = {}) {
    return declare({std::move(name), Role::nuisance, std::move(domain), std::move(condition), {}});
  }

  /// Declares a hyperparameter with one value throughout. Throws as nuisance().
  HyperparameterHandle fixed(std::string name, Value value, std::optional<Condition> condition = {}) {
    return declare({std::move(name), Role::fixed, choice({std::move(value)}), std::move(condition), {}});
  }

  /// In the order of their declaration. Until the next declaration.
  std::span<const Hyperparameter> hyperparameters() const { return hyperparameters_; }

  /// Whether `hyperparameter` is active for `point`, of which only what comes earlier in the space matters.
  bool is_active(const Hyperparameter& hyperparameter, const Point& point) const {
    return hyperparameter.is_active(point);
  }

  /// The point whose coordinates in the unit cube are `unit(hyperparameter)`, in [0, 1]: asked, in order, for each
  /// active hyperparameter that is not fixed. Throws as Domain::from_unit.
  template <class Unit>
  requires std::is_invocable_r_v<double, Unit&, const Hyperparameter&> Point from_units(Unit&& unit)
  const {
    Point point;
    for (const Hyperparameter& hyperparameter : hyperparameters_) {
      if (!hyperparameter.is_active(point)) continue;
      const bool is_fixed = hyperparameter.role == Role::fixed;
      point.append(hyperparameter.name, hyperparameter.domain.from_unit(is_fixed ? 0.0 : unit(hyperparameter)));
    }
    return point;
  }

  /// `point` in the order of the space. Throws std::invalid_argument, naming the hyperparameter, if a value is missing,
  /// is outside its domain (or of another kind: 1 instead of 1.0), or belongs to no active hyperparameter.
  Point arranged(const Point& point) const {
    Point result;
    for (const Hyperparameter& hyperparameter : hyperparameters_) {
      if (!hyperparameter.is_active(result)) continue;
      const Value* value = point.find(hyperparameter.name);
      if (value == nullptr) require(false, "SearchSpace: {} is missing in {}", hyperparameter.id, point.text());
      if (!hyperparameter.domain.contains(*value)) {
        require(false, "SearchSpace: {} must be in {}, got {}", hyperparameter.id, hyperparameter.domain.text(),
                value->text());
      }
      result.append(hyperparameter.name, *value);
    }
    for (const auto& [name, value] : point) {
      if (!result.contains(name)) {
        require(false, "SearchSpace: no hyperparameter \"{}\" is active in {}", name, point.text());
      }
    }
    return result;
  }

  /// Throws std::invalid_argument as arranged(), and if the values are not in the order of the space.
  void check(const Point& point) const {
    if (arranged(point) != point) {
      require(false, "SearchSpace: the values must be in the order of the space, got {}", point.text());
    }
  }

  /// The configuration of a study: a JSON array with one hyperparameter a line, exact. parse_search_space reads it.
  ///
  ///     [{"name": "optimizer", "role": "scientific", "choice": ["nesterov", "adam"]},
  ///      {"name": "learning_rate", "role": "nuisance", "log_uniform": [0.01, 10.0], "when": {"optimizer":
  ///      ["nesterov"]}}]
  std::string text() const {
    std::string result = "[";
    for (const Hyperparameter& hyperparameter : hyperparameters_) {
      if (result.size() > 1) result += ",\n ";
      result += line(hyperparameter);
    }
    return result + "]";
  }

  /// 16 hexadecimal digits that change with any name, role, domain, condition, or the order: the 64-bit FNV-1a hash of
  /// text(). A study refuses to go on with a space of another version.
  std::string version() const {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char character : text()) hash = (hash ^ static_cast<unsigned char>(character)) * 0x100000001b3;
    return fmt::format("{:016x}", hash);
  }

  friend bool operator==(const SearchSpace&, const SearchSpace&) = default;

 private:
  HyperparameterHandle declare(Hyperparameter added) {
    space_detail::check_name(added.name);
    if (added.condition) check_condition(added);
    added.id = space_detail::hyperparameter_id(added.name, added.condition);
    for (const Hyperparameter& other : hyperparameters_) {
      const bool apart = added.condition && other.condition && added.condition->excludes(*other.condition);
      require(other.name != added.name || apart,
              "SearchSpace: {} is declared twice, and both can be active at once: {}, and {}",
              space_detail::json_quoted(added.name), when(other), when(added));
    }
    hyperparameters_.push_back(added);
    return HyperparameterHandle(hyperparameters_.size() - 1, std::move(added));
  }

  void check_condition(const Hyperparameter& added) const {
    for (const Clause& clause : added.condition->clauses()) {
      require(has(clause), "SearchSpace: {} is conditional on a hyperparameter that this space does not have: {}",
              added.name, clause.id);
      require(added.role != Role::scientific || hyperparameters_[clause.index].role != Role::nuisance,
              "SearchSpace: {} is scientific, so it cannot be conditional on {}, which is a nuisance hyperparameter",
              added.name, clause.id);
    }
  }

  /// Whether the clause could have come from a handle of this space: another space may have a hyperparameter of the
  /// same name, but with other values.
  bool has(const Clause& clause) const {
    if (clause.index >= hyperparameters_.size()) return false;
    const Hyperparameter& own = hyperparameters_[clause.index];
    if (own.id != clause.id || !own.can_be_condition()) return false;
    std::int64_t last = -1;
    for (const Value& value : clause.values) {
      if (!own.domain.contains(value) || own.domain.index_of(value) <= last) return false;
      last = own.domain.index_of(value);
    }
    return true;
  }

  static std::string when(const Hyperparameter& hyperparameter) {
    return hyperparameter.condition ? "where " + hyperparameter.condition->text() : "always";
  }

  static std::string list(const std::vector<Value>& values) {
    std::string result;
    for (const Value& value : values) result += (result.empty() ? "" : ", ") + value.text();
    return "[" + result + "]";
  }

  static std::string line(const Hyperparameter& hyperparameter) {
    using space_detail::json_quoted;
    std::string when;
    if (hyperparameter.condition) {
      for (const Clause& clause : hyperparameter.condition->clauses()) {
        when += (when.empty() ? "" : ", ") + json_quoted(clause.id) + ": " + list(clause.values);
      }
      when = ", \"when\": {" + when + "}";
    }
    return fmt::format("{{\"name\": {}, \"role\": \"{}\", \"{}\": {}{}}}", json_quoted(hyperparameter.name),
                       to_string(hyperparameter.role), hyperparameter.domain.name(),
                       list(hyperparameter.domain.arguments()), when);
  }

  std::vector<Hyperparameter> hyperparameters_;
};

}  // namespace eigentune
