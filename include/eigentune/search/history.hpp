#pragma once

#include <eigentune/core/direction.hpp>
#include <eigentune/space/point.hpp>

#include <cstdint>
#include <vector>

namespace eigentune {

/// What became of a trial, as a search sees it.
enum class Outcome {
  pending,    ///< running, or waiting to: its point is known, its objective is not
  complete,   ///< there is an objective
  infeasible  ///< it diverged or failed a constraint: to learn from, not to retry
};

/// A trial whose point is known.
struct Observation {
  std::int64_t number = 0;  ///< of the trial in its study, from 0
  Point point{};
  Outcome outcome = Outcome::pending;
  double objective = 0.0;  ///< finite; means something only where `outcome` is complete

  friend bool operator==(const Observation&, const Observation&) = default;
};

/// What a study knows so far, the numbers ascending.
struct History {
  Direction direction = Direction::minimize;
  std::vector<Observation> observations{};

  friend bool operator==(const History&, const History&) = default;
};

}  // namespace eigentune
