#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/random.hpp>
#include <eigentune/search/halton_coordinate.hpp>
#include <eigentune/search/halton_layout.hpp>
#include <eigentune/search/history.hpp>
#include <eigentune/space/point.hpp>
#include <eigentune/space/search_space.hpp>

#include <fmt/core.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace eigentune {

/// Quasi-random search ("Use quasi-random search in the exploration phase"): a scrambled and shifted Halton sequence,
/// which covers a space far more evenly than random search does. Trial k is point k: it depends on (seed, space, k)
/// only, so any number of workers in any order get the same points, and more trials never change the earlier ones.
///
/// - Scientific values take turns: of k values each has n/k trials, up to a few, after any n trials; several scientific
///   hyperparameters go through all combinations. (One of more than 16 values in an order, or of real numbers, is
///   spread like a nuisance one.) A nuisance hyperparameter that others are conditional on takes turns too.
/// - Every other hyperparameter has a coordinate: those that are always active first, in the order of the space, then
/// the
///   conditional ones, with the smallest primes as bases. Hyperparameters that exclude each other share a coordinate,
///   so that a branch's primes stay small. Digits are permuted at random, each digit of each coordinate by itself.
/// - After any n trials, a coordinate of base b has floor(n / b^m) points or one more in every interval [i, i+1) / b^m.
///   Within a branch (one combination of all values that take turns) the points are a Halton sequence of their own: any
///   b^m of them in a row have one in each.
///
/// How many dimensions: see the table below.
///
/// Reference: Halton 1960; scrambling as in Owen, "A randomized Halton algorithm in R" (2017).
struct Halton {
  std::uint64_t seed = 0;

  static constexpr bool adaptive = false;

  /// Throws std::invalid_argument if `number` is not in [0, 2^32).
  Point suggest(const SearchSpace& space, const History&, std::int64_t number) const {
    require(number >= 0 && number < most_trials, "Halton: the number of a trial must be in [0, {}), got {}",
            most_trials, number);
    const auto trial = static_cast<std::uint64_t>(number);
    const search_detail::HaltonLayout layout(space);
    const Random random(seed);
    const Hyperparameter* first = space.hyperparameters().data();
    return space.from_units([&](const Hyperparameter& hyperparameter) {
      const auto index = static_cast<std::size_t>(&hyperparameter - first);
      if (const auto slot = layout.turns_of(index)) {
        const search_detail::Turns& turns = layout.turns()[*slot];
        const auto cardinality = static_cast<std::int64_t>(turns.cardinality);
        const auto order = random.split(turn_streams + *slot).permutation(cardinality);
        const std::int64_t value = order[static_cast<std::size_t>(turns.index(trial))];
        return hyperparameter.domain.to_unit(hyperparameter.domain.at(value));
      }
      if (const auto slot = layout.axis_of(index)) {
        const auto [base, spent] = layout.axes()[*slot];
        return search_detail::HaltonCoordinate(base, spent, random.split(*slot))(trial);
      }
      return 0.0;  // it has one value
    });
  }

  std::string text() const { return fmt::format("halton(seed={})", seed); }

  friend bool operator==(const Halton&, const Halton&) = default;

 private:
  static constexpr std::int64_t most_trials = std::int64_t{1} << 32;
  static constexpr std::uint64_t turn_streams = std::uint64_t{1} << 32;
};

}  // namespace eigentune
