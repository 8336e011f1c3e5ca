#pragma once

#include <eigentune/core/error.hpp>

#include <concepts>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace eigentune {

/// The allowed values of a number. NaN is in none.
struct Interval {
  double low, high;
  bool includes_low = true, includes_high = true;

  constexpr bool contains(double value) const {
    return (includes_low ? value >= low : value > low) && (includes_high ? value <= high : value < high);
  }
};

/// "[0, 1)".
inline std::string to_string(const Interval& interval) {
  return message("{}{}, {}{}", interval.includes_low ? "[" : "(", interval.low, interval.high,
                 interval.includes_high ? "]" : ")");
}

inline constexpr Interval unit_half_open{0.0, 1.0, true, false};                                    ///< [0, 1)
inline constexpr Interval not_negative{0.0, std::numeric_limits<double>::infinity(), true, false};  ///< [0, inf)

/// A hyperparameter's value when it is set by name: a number, or the name of an option.
class HyperparameterValue {
 public:
  template <class Number>
  requires(std::is_arithmetic_v<Number> && !std::same_as<Number, bool>) HyperparameterValue(Number number)
      : is_number_(true), number_(static_cast<double>(number)) {}          // NOLINT: implicit, so that lists read well
  HyperparameterValue(const char* option) : option_(option) {}             // NOLINT
  HyperparameterValue(std::string option) : option_(std::move(option)) {}  // NOLINT

  const double* number() const { return is_number_ ? &number_ : nullptr; }
  const std::string* option() const { return is_number_ ? nullptr : &option_; }

  friend bool operator==(const HyperparameterValue&, const HyperparameterValue&) = default;

 private:
  // No std::variant, which every file that includes this would compile.
  bool is_number_ = false;
  double number_ = 0.0;
  std::string option_;
};

/// "0.9", or the option's name.
inline std::string to_string(const HyperparameterValue& value) {
  return value.number() != nullptr ? message("{}", *value.number()) : *value.option();
}

/// How one hyperparameter of a rule is called and what it may be: a number in an interval, or one of some options.
/// `get` and `set` take the rule's address; an option is its number in `options`.
struct RuleHyperparameter {
  std::string_view name;
  Interval allowed{0.0, 0.0};
  std::span<const std::string_view> options{};
  double (*access)(void* rule, const double* value) = nullptr;  ///< sets it, unless `value` is null, and returns it

  bool is_number() const { return options.empty(); }
  double get(const void* rule) const { return access(const_cast<void*>(rule), nullptr); }
  void set(void* rule, double value) const { access(rule, &value); }

  /// "in [0, 1)", "one of inside_root, outside_root".
  [[gnu::cold]] std::string allowed_text() const {
    if (is_number()) return message("in {}", allowed);
    std::string list;
    for (std::size_t i = 0; i < options.size(); ++i) list.append(message("{}{}", i > 0 ? ", " : "", options[i]));
    return message("one of {}", list);
  }
};

namespace detail {

template <class Rule, class Value>
Rule rule_of_member(Value Rule::*);

template <auto member>
double access_member(void* rule, const double* value) {
  auto& place = static_cast<decltype(rule_of_member(member))*>(rule)->*member;
  if (value != nullptr) place = static_cast<std::remove_cvref_t<decltype(place)>>(*value);
  return static_cast<double>(place);
}

}  // namespace detail

/// A hyperparameter that is a number: `number<&AdamRule::beta1>("beta1", unit_half_open)`.
template <auto member>
constexpr RuleHyperparameter number(std::string_view name, Interval allowed) {
  return {.name = name, .allowed = allowed, .access = detail::access_member<member>};
}

/// A hyperparameter that is an enumeration whose values 0, 1, ... are called `options`.
template <auto member>
constexpr RuleHyperparameter option(std::string_view name, std::span<const std::string_view> options) {
  return {.name = name, .options = options, .access = detail::access_member<member>};
}

/// Checks every hyperparameter of the rule at `rule`: throws std::invalid_argument, "Adam: beta1 must be in [0, 1),
/// got 1.2".
[[gnu::noinline]] inline void validate_hyperparameters(std::string_view rule_name,
                                                       std::span<const RuleHyperparameter> entries, const void* rule) {
  for (const RuleHyperparameter& entry : entries) {
    const double value = entry.get(rule);
    const bool valid = entry.is_number() ? entry.allowed.contains(value)
                                         : value >= 0.0 && value < static_cast<double>(entry.options.size());
    if (!valid) require(false, "{}: {} must be {}, got {}", rule_name, entry.name, entry.allowed_text(), value);
  }
}

namespace detail {

template <class Rule>
inline constexpr auto hyperparameters_of = Rule::hyperparameters();

/// What a rule lists; nothing for one that lists nothing.
template <class Rule>
constexpr std::span<const RuleHyperparameter> listed_hyperparameters() {
  if constexpr (requires { Rule::hyperparameters(); }) {
    return hyperparameters_of<Rule>;
  } else {
    return {};
  }
}

}  // namespace detail

/// Sets one hyperparameter by name. Throws std::invalid_argument, and changes nothing, for a name that the rule does
/// not have (the text lists those that it has), a value of the wrong kind or out of range.
inline void set_hyperparameter(std::string_view rule_name, std::span<const RuleHyperparameter> entries, void* rule,
                               std::string_view name, const HyperparameterValue& value) {
  std::string names;
  for (const RuleHyperparameter& entry : entries) {
    names.append(names.empty() ? "" : ", ").append(entry.name);
    if (entry.name != name) continue;
    if (entry.is_number() && value.number() != nullptr && entry.allowed.contains(*value.number())) {
      return entry.set(rule, *value.number());
    }
    for (std::size_t i = 0; i < entry.options.size(); ++i) {
      if (value.option() != nullptr && entry.options[i] == *value.option())
        return entry.set(rule, static_cast<double>(i));
    }
    require(false, "{}: {} must be {}, got {}", rule_name, name, entry.allowed_text(),
            value.option() != nullptr ? "\"" + *value.option() + "\"" : to_string(value));
  }
  require(false, "{}: there is no hyperparameter \"{}\"; there {}", rule_name, name,
          names.empty() ? "are none" : "are " + names);
}

/// Hyperparameters by name: {{"beta1", 0.95}, {"epsilon_placement", "after_bias_correction"}}.
using Hyperparameters = std::vector<std::pair<std::string, HyperparameterValue>>;

/// Sets several. Throws as set_hyperparameter does, or if a name comes twice; some may be set by then.
inline void set_hyperparameters(std::string_view rule_name, std::span<const RuleHyperparameter> entries, void* rule,
                                const Hyperparameters& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      require(values[i].first != values[j].first, "{}: {} is given twice", rule_name, values[i].first);
    }
    set_hyperparameter(rule_name, entries, rule, values[i].first, values[i].second);
  }
}

/// All hyperparameters of the rule at `rule`, by name and in its order.
inline Hyperparameters get_hyperparameters(std::span<const RuleHyperparameter> entries, const void* rule) {
  Hyperparameters values;
  for (const RuleHyperparameter& entry : entries) {
    const double value = entry.get(rule);
    if (entry.is_number()) {
      values.emplace_back(entry.name, value);
    } else {
      values.emplace_back(entry.name, std::string(entry.options[static_cast<std::size_t>(value)]));
    }
  }
  return values;
}

}  // namespace eigentune
