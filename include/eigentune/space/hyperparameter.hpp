#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/space/condition.hpp>
#include <eigentune/space/domain.hpp>
#include <eigentune/space/role.hpp>
#include <eigentune/space/value.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace eigentune {

/// A hyperparameter of a SearchSpace. Conditional ones that exclude each other may have one name: they are different
/// hyperparameters, told apart by their ids.
struct Hyperparameter {
  std::string name;
  Role role;
  Domain domain;                       ///< of a fixed one: a choice of one value
  std::optional<Condition> condition;  ///< when it is active; always if absent

  /// Unique in the space: the name, followed by the condition if there is one: learning_rate[optimizer=adam],
  /// decay_steps[optimizer=adam|nadam,schedule=linear]. Strings that are not plain words are in quotes there.
  std::string id;

  /// Whether it is active for `point`, of which only what comes earlier in the space matters.
  bool is_active(const Point& point) const { return !condition || condition->holds(point); }

  /// Whether a condition can be about it: it is a choice, discrete, or a scientific integer.
  bool can_be_condition() const { return domain.is_listed() || (domain.is_countable() && role == Role::scientific); }

  friend bool operator==(const Hyperparameter&, const Hyperparameter&) = default;
};

/// What SearchSpace returns for a declared hyperparameter, for the conditions of later ones. A value that knows the
/// hyperparameter itself, so it may outlive the space, and holds for copies of the space too.
class HyperparameterHandle {
 public:
  HyperparameterHandle(std::size_t index, Hyperparameter hyperparameter)
      : index_(index), hyperparameter_(std::move(hyperparameter)) {}

  const std::string& name() const { return hyperparameter_.name; }
  const std::string& id() const { return hyperparameter_.id; }
  const Hyperparameter& hyperparameter() const { return hyperparameter_; }

  /// The condition that this hyperparameter is active and has the value `value`. Throws as is_any_of.
  Condition is(Value value) const { return is_any_of({std::move(value)}); }

  /// The condition that this hyperparameter is active and has one of `values`. Throws std::invalid_argument if there
  /// are none, if one is not of the hyperparameter's domain, or if the hyperparameter cannot be conditioned on: its
  /// values must be listed (choice or discrete) or it must be a scientific integer.
  Condition is_any_of(std::vector<Value> values) const {
    const Domain& domain = hyperparameter_.domain;
    require(hyperparameter_.can_be_condition(),
            "{}: a condition needs a choice, a discrete or a scientific integer hyperparameter, and this is {} {}",
            id(), to_string(hyperparameter_.role), domain.text());
    require(!values.empty(), "{}: a condition needs at least one value", id());
    for (const Value& value : values) {
      require(domain.contains(value), "{}: a condition on {}, which is not a value of {}", id(), value.text(),
              domain.text());
    }
    std::sort(values.begin(), values.end(),
              [&](const Value& a, const Value& b) { return domain.index_of(a) < domain.index_of(b); });
    values.erase(std::unique(values.begin(), values.end()), values.end());
    const Condition own({Clause{index_, name(), id(), std::move(values)}});
    return hyperparameter_.condition ? *hyperparameter_.condition && own : own;
  }

 private:
  std::size_t index_;
  Hyperparameter hyperparameter_;
};

}  // namespace eigentune
