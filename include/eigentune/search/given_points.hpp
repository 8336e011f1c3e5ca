#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/search/history.hpp>
#include <eigentune/space/point.hpp>
#include <eigentune/space/search_space.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace eigentune {

/// A list of configurations, to be tried one after the other: trial k is points[k]. The values of a point may come in
/// any order.
struct GivenPoints {
  std::vector<Point> points{};

  static constexpr bool adaptive = false;

  /// Throws std::invalid_argument if `number` is not in [0, size) or the point is not one of the space
  /// (SearchSpace::arranged).
  Point suggest(const SearchSpace& space, const History&, std::int64_t number) const {
    require(number >= 0 && number < *size(space), "GivenPoints: the number of a trial must be in [0, {}), got {}",
            points.size(), number);
    return space.arranged(points[static_cast<std::size_t>(number)]);
  }

  /// The number of points.
  std::optional<std::int64_t> size(const SearchSpace&) const { return static_cast<std::int64_t>(points.size()); }

  /// All points: "given_points([{"x": 1}, {"x": 2}])".
  std::string text() const {
    std::string list;
    for (const Point& point : points) list += (list.empty() ? "" : ", ") + point.text();
    return "given_points([" + list + "])";
  }

  friend bool operator==(const GivenPoints&, const GivenPoints&) = default;
};

}  // namespace eigentune
