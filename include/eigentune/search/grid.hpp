#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/search/history.hpp>
#include <eigentune/space/json_text.hpp>
#include <eigentune/space/point.hpp>
#include <eigentune/space/search_space.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace eigentune {

/// Every combination of some values of each hyperparameter: all values of a choice and of a discrete one; of the others
/// `steps` values from low to high, evenly spread on their scale (the middle if 1; all integers if there are no more).
/// A conditional hyperparameter is combined only where it is active, so a branch with more hyperparameters has more
/// points. The last hyperparameter of the space varies fastest. For one or two dimensions: in more, a quasi-random
/// search sees many more values of each hyperparameter in as many trials.
struct Grid {
  std::int64_t steps = 5;
  std::map<std::string, std::int64_t> steps_of{};  ///< for hyperparameters of this id or, failing that, name

  static constexpr bool adaptive = false;

  /// Throws std::invalid_argument if a number of steps is not in [1, 10^6], steps_of names something that the space
  /// does not have, there are more than 2^62 points, or `number` is not in [0, size).
  Point suggest(const SearchSpace& space, const History&, std::int64_t number) const {
    validate(space);
    const std::int64_t count = points(space.hyperparameters(), {});
    require(number >= 0 && number < count, "Grid: the number of a trial must be in [0, {}), got {}", count, number);
    Point point;
    for (auto rest = space.hyperparameters(); !rest.empty(); rest = rest.subspan(1)) {
      const Hyperparameter& hyperparameter = rest.front();
      if (!hyperparameter.is_active(point)) continue;
      for (const Value& value : values(hyperparameter)) {
        const Point longer = with(point, hyperparameter, value);
        const std::int64_t below = points(rest.subspan(1), longer);
        if (number < below) {
          point = longer;
          break;
        }
        number -= below;
      }
    }
    return point;
  }

  /// The number of points. Throws as suggest.
  std::optional<std::int64_t> size(const SearchSpace& space) const {
    validate(space);
    return points(space.hyperparameters(), {});
  }

  /// "grid(steps=5)", "grid(steps=5, steps_of={\"learning_rate\": 9})".
  std::string text() const {
    std::string list;
    for (const auto& [name, number] : steps_of) {
      list += fmt::format("{}{}: {}", list.empty() ? "" : ", ", space_detail::json_quoted(name), number);
    }
    return fmt::format("grid(steps={}{})", steps, list.empty() ? "" : ", steps_of={" + list + "}");
  }

  friend bool operator==(const Grid&, const Grid&) = default;

 private:
  using Hyperparameters = std::span<const Hyperparameter>;

  void validate(const SearchSpace& space) const {
    check_steps("steps", steps);
    for (const auto& [name, number] : steps_of) {
      check_steps(name, number);
      const auto all = space.hyperparameters();
      const bool known = std::any_of(all.begin(), all.end(), [&key = name](const Hyperparameter& hyperparameter) {
        return hyperparameter.name == key || hyperparameter.id == key;
      });
      require(known, "Grid: steps_of has {}, which the space does not", name);
    }
  }

  static void check_steps(const std::string& name, std::int64_t number) {
    require(number >= 1 && number <= 1'000'000, "Grid: {} must be in [1, 1000000], got {}", name, number);
  }

  std::vector<Value> values(const Hyperparameter& hyperparameter) const {
    const Domain& domain = hyperparameter.domain;
    if (domain.is_listed()) return domain.arguments();
    const auto of_id = steps_of.find(hyperparameter.id);
    const auto chosen = of_id != steps_of.end() ? of_id : steps_of.find(hyperparameter.name);
    const std::int64_t wanted = chosen != steps_of.end() ? chosen->second : steps;
    const std::int64_t all = domain.cardinality().value_or(wanted + 1);
    std::vector<Value> result;
    for (std::int64_t i = 0; i < std::min(wanted, all); ++i) {
      Value value =
          all <= wanted
              ? domain.at(i)
              : domain.from_unit(wanted == 1 ? 0.5 : static_cast<double>(i) / static_cast<double>(wanted - 1));
      if (result.empty() || result.back() != value) result.push_back(std::move(value));
    }
    return result;
  }

  static Point with(Point point, const Hyperparameter& hyperparameter, const Value& value) {
    point.append(hyperparameter.name, value);
    return point;
  }

  /// How many points begin with `point`, if `rest` is what comes after it. Values that no condition asks for are only
  /// counted.
  std::int64_t points(Hyperparameters rest, const Point& point) const {
    constexpr std::int64_t limit = std::int64_t{1} << 62;
    std::int64_t factor = 1;
    for (; !rest.empty(); rest = rest.subspan(1)) {
      const Hyperparameter& hyperparameter = rest.front();
      if (!hyperparameter.is_active(point)) continue;
      const std::vector<Value> own = values(hyperparameter);
      std::int64_t sum = 0;
      if (!decides(hyperparameter, rest.subspan(1))) {
        sum = static_cast<std::int64_t>(own.size());
      } else {
        for (const Value& value : own) {
          const std::int64_t below = points(rest.subspan(1), with(point, hyperparameter, value));
          require(below <= limit - sum, "Grid: there are more than 2^62 points");
          sum += below;
        }
      }
      require(sum <= limit / factor, "Grid: there are more than 2^62 points");
      factor *= sum;
      if (decides(hyperparameter, rest.subspan(1))) return factor;
    }
    return factor;
  }

  /// Whether a condition of `later` hyperparameters is about this one.
  static bool decides(const Hyperparameter& hyperparameter, Hyperparameters later) {
    return std::any_of(later.begin(), later.end(), [&](const Hyperparameter& other) {
      return other.condition && other.condition->is_about(hyperparameter.id);
    });
  }
};

}  // namespace eigentune
