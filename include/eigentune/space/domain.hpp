#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/space/continuous_domain.hpp>
#include <eigentune/space/integer_domain.hpp>
#include <eigentune/space/listed_domain.hpp>
#include <eigentune/space/scale.hpp>
#include <eigentune/space/value.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace eigentune {

/// The values that a hyperparameter may take and how they are distributed: a map from the unit interval, under which a
/// uniform u gives the distribution. Made by uniform, log_uniform, one_minus_log_uniform, integer, log_integer,
/// discrete and choice. The map has the same bits on every platform. A value.
class Domain {
 public:
  /// The value at `unit` in [0, 1]. A continuous domain rises from its low (exactly, at 0) to its high (exactly, at 1);
  /// a countable one has a cell of the unit interval for each value, in order. Throws std::invalid_argument for another
  /// `unit`.
  Value from_unit(double unit) const {
    if (!(unit >= 0.0 && unit <= 1.0)) require(false, "{}: unit must be in [0, 1], got {}", name(), unit);
    return std::visit([unit](const auto& domain) { return Value(domain.from_unit(unit)); }, domain_);
  }

  /// Where `value` lies in [0, 1]: the inverse of from_unit up to rounding, and for a countable domain the middle of
  /// the value's cell, so that from_unit(to_unit(value)) is `value` exactly. Throws std::invalid_argument for a value
  /// outside the domain.
  double to_unit(const Value& value) const {
    check(value);
    return std::visit([&value](const auto& domain) { return domain.to_unit(value); }, domain_);
  }

  /// Whether `value` is one of the domain, of the domain's kind: a real number is a double, so uniform(0, 2) contains
  /// 1.0 and not the integer 1.
  bool contains(const Value& value) const {
    return std::visit([&value](const auto& domain) { return domain.contains(value); }, domain_);
  }

  /// How many values there are; absent for a continuous domain.
  std::optional<std::int64_t> cardinality() const {
    return std::visit([](const auto& domain) { return domain.cardinality(); }, domain_);
  }
  bool is_countable() const { return cardinality().has_value(); }

  /// Value `index` of a countable domain, from 0 to cardinality() - 1. Throws std::invalid_argument for another index,
  /// and if the domain is continuous.
  Value at(std::int64_t index) const {
    require(is_countable(), "{}: the values of a continuous domain cannot be counted", name());
    require(index >= 0 && index < *cardinality(), "{}: index must be in [0, {}), got {}", name(), *cardinality(),
            index);
    const auto* integers = std::get_if<space_detail::IntegerDomain>(&domain_);
    return integers ? integers->at(index) : std::get<space_detail::ListedDomain>(domain_).at(index);
  }

  /// The index with at(index) == value. Throws std::invalid_argument for a value outside the domain, and if the domain
  /// is continuous.
  std::int64_t index_of(const Value& value) const {
    require(is_countable(), "{}: the values of a continuous domain cannot be counted", name());
    check(value);
    const auto* integers = std::get_if<space_detail::IntegerDomain>(&domain_);
    return integers ? integers->index_of(value) : std::get<space_detail::ListedDomain>(domain_).index_of(value);
  }

  Scale scale() const {
    return std::visit([](const auto& domain) { return domain.scale(); }, domain_);
  }

  /// The first value of the order. Throws std::invalid_argument for a choice, which has none.
  Value low() const {
    return std::visit([](const auto& domain) { return Value(domain.low()); }, domain_);
  }
  /// The last value of the order. Throws as low().
  Value high() const {
    return std::visit([](const auto& domain) { return Value(domain.high()); }, domain_);
  }

  /// Whether the values are given one by one: discrete or choice.
  bool is_listed() const { return std::holds_alternative<space_detail::ListedDomain>(domain_); }

  /// The factory's name, "log_uniform", and what it was given, {0.001, 0.1}.
  std::string name() const {
    return std::visit([](const auto& domain) { return std::string(domain.name()); }, domain_);
  }
  std::vector<Value> arguments() const {
    return std::visit([](const auto& domain) { return std::vector<Value>(domain.arguments()); }, domain_);
  }

  /// The code that makes the domain: "log_uniform(1e-05, 0.1)", "choice({\"adam\", \"sgd\"})". parse_domain reads it.
  std::string text() const {
    std::string values;
    for (const Value& value : arguments()) values += (values.empty() ? "" : ", ") + value.text();
    return is_listed() ? name() + "({" + values + "})" : name() + "(" + values + ")";
  }

  friend bool operator==(const Domain&, const Domain&) = default;

 private:
  template <class Kind>
  explicit Domain(Kind domain) : domain_(std::move(domain)) {}

  friend Domain uniform(double, double);
  friend Domain log_uniform(double, double);
  friend Domain one_minus_log_uniform(double, double);
  friend Domain integer(std::int64_t, std::int64_t);
  friend Domain log_integer(std::int64_t, std::int64_t);
  friend Domain discrete(std::vector<Value>);
  friend Domain choice(std::vector<Value>);

  void check(const Value& value) const {
    if (!contains(value)) require(false, "{}: {} is not one of its values", text(), value.text());
  }

  std::variant<space_detail::ContinuousDomain, space_detail::IntegerDomain, space_detail::ListedDomain> domain_;
};

/// Real numbers x in [low, high], uniform. Throws std::invalid_argument unless low < high, both finite.
inline Domain uniform(double low, double high) {
  return Domain(space_detail::ContinuousDomain(Scale::linear, low, high));
}

/// Real numbers x in [low, high] with log(x) uniform: x = low (high / low)^u. For learning rates, weight decay,
/// epsilon. Throws std::invalid_argument unless 0 < low < high, both finite (and low not subnormal).
inline Domain log_uniform(double low, double high) {
  return Domain(space_detail::ContinuousDomain(Scale::log, low, high));
}

/// Real numbers x in [low, high] with log(1 - x) uniform: 1 - x = (1 - low) ((1 - high) / (1 - low))^u, x rising with
/// u. For momentum, beta1 and beta2, of which 1 / (1 - x) is the number of steps averaged over:
/// one_minus_log_uniform(0.5, 0.99) puts 1 - x log-uniformly in [0.01, 0.5]. Throws std::invalid_argument unless 0 <=
/// low < high < 1.
inline Domain one_minus_log_uniform(double low, double high) {
  return Domain(space_detail::ContinuousDomain(Scale::one_minus_log, low, high));
}

/// The integers low, low + 1, ..., high, each as likely as the others. Throws std::invalid_argument unless low < high,
/// both within +-10^12.
inline Domain integer(std::int64_t low, std::int64_t high) {
  return Domain(space_detail::IntegerDomain(Scale::linear, low, high));
}

/// The integers low, ..., high, i with a probability proportional to log((i + 1/2) / (i - 1/2)): a log-uniform real
/// number in [low - 1/2, high + 1/2], rounded. Throws std::invalid_argument unless 1 <= low < high <= 10^12.
inline Domain log_integer(std::int64_t low, std::int64_t high) {
  return Domain(space_detail::IntegerDomain(Scale::log, low, high));
}

/// Values in an order, each as likely as the others: numbers that ascend, or strings in the order given. Throws
/// std::invalid_argument if there are none, if two are equal, if numbers do not ascend, or numbers and strings are
/// mixed.
inline Domain discrete(std::vector<Value> ordered) {
  return Domain(space_detail::ListedDomain(Scale::ordered, std::move(ordered)));
}

/// Values without an order, each as likely as the others. Throws std::invalid_argument if there are none or two are
/// equal.
inline Domain choice(std::vector<Value> values) {
  return Domain(space_detail::ListedDomain(Scale::unordered, std::move(values)));
}

}  // namespace eigentune
