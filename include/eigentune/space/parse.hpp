#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/space/domain.hpp>
#include <eigentune/space/hyperparameter.hpp>
#include <eigentune/space/json_text.hpp>
#include <eigentune/space/point.hpp>
#include <eigentune/space/search_space.hpp>
#include <eigentune/space/value.hpp>

#include <fmt/core.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigentune {

namespace space_detail {

using Json = nlohmann::ordered_json;

/// JSON, in which no object has a key twice. `what` is being read, for the message of the std::invalid_argument.
inline Json parse_json(const char* what, std::string_view text) {
  std::vector<std::set<std::string>> keys;  // of the objects that are open
  const auto check_keys = [&](int, Json::parse_event_t event, const Json& json) {
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key) {
      const auto& key = json.get_ref<const std::string&>();
      require(keys.back().insert(key).second, "{}: {} occurs twice in {}", what, json_quoted(key), text);
    }
    return true;
  };
  try {
    return Json::parse(text, check_keys);
  } catch (const Json::exception& error) {
    throw std::invalid_argument(fmt::format("{}: {} is not JSON: {}", what, text, error.what()));
  }
}

inline Value value_of(const char* what, const Json& json) {
  if (json.is_string()) return json.get_ref<const std::string&>();
  if (json.is_number_float()) return json.get<double>();
  require(json.is_number_integer(), "{}: expected a number or a string, got {}", what, json.dump());
  if (json.is_number_unsigned()) return json.get<std::uint64_t>();  // refused if it does not fit
  return json.get<std::int64_t>();
}

inline std::vector<Value> values_of(const char* what, const Json& json) {
  require(json.is_array(), "{}: expected an array of values, got {}", what, json.dump());
  std::vector<Value> values;
  for (const Json& element : json) values.push_back(value_of(what, element));
  return values;
}

/// The domain that prints as `name` and `arguments`.
inline Domain make_domain(const char* what, const std::string& name, const std::vector<Value>& arguments) {
  if (name == "discrete") return discrete(arguments);
  if (name == "choice") return choice(arguments);
  const bool known = name == "uniform" || name == "log_uniform" || name == "one_minus_log_uniform" ||
                     name == "integer" || name == "log_integer";
  require(known, "{}: there is no domain {}", what, json_quoted(name));
  require(arguments.size() == 2, "{}: {} takes 2 numbers, got {}", what, name, arguments.size());
  const auto& [low, high] = std::pair(arguments[0], arguments[1]);
  if (name == "uniform") return uniform(low.as_double(), high.as_double());
  if (name == "log_uniform") return log_uniform(low.as_double(), high.as_double());
  if (name == "one_minus_log_uniform") return one_minus_log_uniform(low.as_double(), high.as_double());
  return name == "integer" ? integer(low.as_integer(), high.as_integer())
                           : log_integer(low.as_integer(), high.as_integer());
}

}  // namespace space_detail

/// The value with this text (Value::text). Throws std::invalid_argument for any other text.
inline Value parse_value(std::string_view text) {
  return space_detail::value_of("parse_value", space_detail::parse_json("parse_value", text));
}

/// The point with this text: an object of JSON, from names to numbers and strings, in its order. Throws
/// std::invalid_argument for any other text, and for a name that occurs twice.
inline Point parse_point(std::string_view text) {
  const space_detail::Json json = space_detail::parse_json("parse_point", text);
  require(json.is_object(), "parse_point: expected an object, got {}", text);
  Point point;
  for (const auto& [name, value] : json.items()) point.append(name, space_detail::value_of("parse_point", value));
  return point;
}

/// The domain with this text: "log_uniform(1e-05, 0.1)", "choice({\"adam\", \"sgd\"})". Throws std::invalid_argument
/// for any other text, and as the domain's factory does.
inline Domain parse_domain(std::string_view text) {
  const std::size_t open = text.find('(');
  require(open != std::string_view::npos && text.back() == ')', "parse_domain: expected name(values), got {}", text);
  std::string_view inner = text.substr(open + 1, text.size() - open - 2);
  const std::string name(text.substr(0, open));
  if (name == "discrete" || name == "choice") {
    require(inner.size() >= 2 && inner.front() == '{' && inner.back() == '}',
            "parse_domain: expected {}({{values}}), got {}", name, text);
    inner = inner.substr(1, inner.size() - 2);
  }
  const auto json = space_detail::parse_json("parse_domain", fmt::format("[{}]", inner));
  return space_detail::make_domain("parse_domain", name, space_detail::values_of("parse_domain", json));
}

/// The space with this text (SearchSpace::text); the result prints it again. Throws std::invalid_argument for any other
/// text, naming what is wrong, and as the declarations do.
inline SearchSpace parse_search_space(std::string_view text) {
  using namespace space_detail;
  constexpr const char* what = "parse_search_space";
  const Json lines = parse_json(what, text);
  require(lines.is_array(), "{}: expected an array of hyperparameters, got {}", what, text);
  SearchSpace space;
  std::map<std::string, HyperparameterHandle> handles;
  for (const Json& line : lines) {
    std::optional<std::string> name, role;
    std::optional<Domain> domain;
    std::optional<Condition> condition;
    require(line.is_object(), "{}: expected an object, got {}", what, line.dump());
    for (const auto& [key, json] : line.items()) {
      if (key == "name" || key == "role") {
        require(json.is_string(), "{}: expected a string as {}, got {}", what, key, json.dump());
        (key == "name" ? name : role) = json.get<std::string>();
      } else if (key == "when") {
        require(json.is_object() && !json.empty(), "{}: expected an object as when, got {}", what, json.dump());
        for (const auto& [id, values] : json.items()) {
          const auto handle = handles.find(id);
          require(handle != handles.end(), "{}: a condition on {}, which is not declared before", what,
                  json_quoted(id));
          const Condition clause = handle->second.is_any_of(values_of(what, values));
          condition = condition ? *condition && clause : clause;
        }
      } else {
        require(!domain, "{}: more than one domain in {}", what, line.dump());
        domain = make_domain(what, key, values_of(what, json));
      }
    }
    require(name && role && domain, "{}: expected a name, a role and a domain, got {}", what, line.dump());
    const auto declare = [&] {
      if (*role == "scientific") return space.scientific(*name, *domain, condition);
      if (*role == "nuisance") return space.nuisance(*name, *domain, condition);
      require(*role == "fixed", "{}: role must be scientific, nuisance or fixed, got {}", what, json_quoted(*role));
      require(domain->name() == "choice" && domain->cardinality() == 1,
              "{}: a fixed hyperparameter is a choice of one value, got {}", what, domain->text());
      return space.fixed(*name, domain->at(0), condition);
    };
    const HyperparameterHandle handle = declare();
    handles.emplace(handle.id(), handle);
  }
  return space;
}

}  // namespace eigentune
