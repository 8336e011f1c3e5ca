#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/random.hpp>
#include <eigentune/search/history.hpp>
#include <eigentune/space/point.hpp>
#include <eigentune/space/search_space.hpp>

#include <fmt/core.h>

#include <cstdint>
#include <string>

namespace eigentune {

/// Random search: every active hyperparameter is drawn from its domain, independently of everything else. Halton covers
/// a space better with as many trials. Trial k depends on (seed, space, k) only.
struct RandomSearch {
  std::uint64_t seed = 0;

  static constexpr bool adaptive = false;

  /// Throws std::invalid_argument if `number` is negative.
  Point suggest(const SearchSpace& space, const History&, std::int64_t number) const {
    require(number >= 0, "RandomSearch: the number of a trial must be at least 0, got {}", number);
    Random random = Random(seed).split(static_cast<std::uint64_t>(number));
    return space.from_units([&random](const Hyperparameter&) { return random.uniform(); });
  }

  std::string text() const { return fmt::format("random_search(seed={})", seed); }

  friend bool operator==(const RandomSearch&, const RandomSearch&) = default;
};

}  // namespace eigentune
