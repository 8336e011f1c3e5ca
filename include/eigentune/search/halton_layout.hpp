#pragma once

#include <eigentune/search/primes.hpp>
#include <eigentune/space/hyperparameter.hpp>
#include <eigentune/space/search_space.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>
#include <span>
#include <vector>

namespace eigentune::search_detail {

/// Values that take turns: the value of trial k has the index (k + skip floor(k / period)) mod cardinality.
///
/// `period` is the product of the cardinalities of all turns before this one, so that the earlier ones repeat after it;
/// `skip` is the smallest for which period + skip and cardinality have no common factor. Then, over cardinality
/// periods, each combination of the earlier ones meets each value exactly once: any consecutive trials as many as the
/// product of all cardinalities are every combination once. (Without common factors skip is 0 and this is the Chinese
/// remainder theorem.)
struct Turns {
  std::uint64_t cardinality;
  std::uint64_t period;
  std::uint64_t skip;

  Turns(std::uint64_t count, std::uint64_t before) : cardinality(count), period(before), skip(0) {
    while (std::gcd(period + skip, cardinality) != 1) ++skip;
  }
  std::uint64_t index(std::uint64_t trial) const { return (trial + skip * (trial / period)) % cardinality; }
};

/// A coordinate of the Halton sequence: its base, and how many of the lowest digits of the trial's number in that base
/// are spent on turns: the power of the base in the product of their cardinalities.
struct Axis {
  std::uint64_t base;
  std::size_t spent;
};

/// Which hyperparameter of a space takes which turns or which axis of a Halton sequence. Hyperparameters that exclude
/// each other may share one.
///
/// Turns: those that a condition is about, and scientific ones of a choice or of at most `most_ordered_turns` values in
/// an order, so that every scientific value and every branch gets as many trials as the others. Axes, with the smallest
/// primes: all others, first those that are always active, then the conditional ones, in the order of the space. Fixed
/// ones and those with a single value take neither.
class HaltonLayout {
 public:
  static constexpr std::int64_t most_ordered_turns = 16;

  explicit HaltonLayout(const SearchSpace& space) : space_(space.hyperparameters()) {
    const std::size_t count = space_.size();
    turns_of_.resize(count);
    axis_of_.resize(count);
    std::vector<std::vector<std::size_t>> sharers;
    std::uint64_t combinations = 1;
    for (std::size_t i = 0; i < count; ++i) {
      if (!takes_turns(space_[i])) continue;
      const auto cardinality = static_cast<std::uint64_t>(*space_[i].domain.cardinality());
      const auto fits = [&](std::size_t slot) { return turns_[slot].cardinality == cardinality; };
      if (!share(i, sharers, turns_of_[i], fits)) {
        if (cardinality > most_combinations / combinations) continue;  // too many: on an axis
        turns_of_[i] = turns_.size();
        turns_.emplace_back(cardinality, combinations);
        sharers.push_back({i});
        combinations *= cardinality;
      }
    }
    sharers.clear();
    for (const bool conditional : {false, true}) {
      for (std::size_t i = 0; i < count; ++i) {
        const bool constant = space_[i].domain.cardinality() == 1;  // as all fixed ones
        if (turns_of_[i] || constant || space_[i].condition.has_value() != conditional) continue;
        if (!share(i, sharers, axis_of_[i], [](std::size_t) { return true; })) {
          axis_of_[i] = sharers.size();
          sharers.push_back({i});
        }
      }
    }
    for (const std::uint64_t prime : smallest_primes(sharers.size())) {
      std::size_t spent = 0;
      for (std::uint64_t rest = combinations; rest % prime == 0; rest /= prime) ++spent;
      axes_.push_back({prime, spent});
    }
  }

  const std::vector<Turns>& turns() const { return turns_; }
  const std::vector<Axis>& axes() const { return axes_; }

  /// The index in turns() or axes() of hyperparameter `index` of the space, if it takes one.
  std::optional<std::size_t> turns_of(std::size_t index) const { return turns_of_[index]; }
  std::optional<std::size_t> axis_of(std::size_t index) const { return axis_of_[index]; }

 private:
  static constexpr std::uint64_t most_combinations = std::uint64_t{1} << 31;

  bool takes_turns(const Hyperparameter& hyperparameter) const {
    const auto cardinality = hyperparameter.domain.cardinality();
    if (!cardinality || *cardinality == 1) return false;
    if (is_decisive(hyperparameter)) return true;
    const bool few = hyperparameter.domain.scale() == Scale::unordered || *cardinality <= most_ordered_turns;
    return hyperparameter.role == Role::scientific && few;
  }

  /// Whether a condition is about it.
  bool is_decisive(const Hyperparameter& hyperparameter) const {
    return std::any_of(space_.begin(), space_.end(), [&](const Hyperparameter& other) {
      if (!other.condition) return false;
      const auto& clauses = other.condition->clauses();
      return std::any_of(clauses.begin(), clauses.end(),
                         [&](const Clause& clause) { return clause.id == hyperparameter.id; });
    });
  }

  /// Lets hyperparameter `index` join the first of the places that fits and whose sharers all exclude it.
  template <class Fits>
  bool share(std::size_t index, std::vector<std::vector<std::size_t>>& sharers, std::optional<std::size_t>& place,
             const Fits& fits) const {
    const auto& condition = space_[index].condition;
    for (std::size_t slot = 0; slot < sharers.size(); ++slot) {
      const bool apart = std::all_of(sharers[slot].begin(), sharers[slot].end(), [&](std::size_t other) {
        return condition && space_[other].condition && condition->excludes(*space_[other].condition);
      });
      if (!apart || !fits(slot)) continue;
      sharers[slot].push_back(index);
      place = slot;
      return true;
    }
    return false;
  }

  std::span<const Hyperparameter> space_;
  std::vector<Turns> turns_;
  std::vector<Axis> axes_;
  std::vector<std::optional<std::size_t>> turns_of_;
  std::vector<std::optional<std::size_t>> axis_of_;
};

}  // namespace eigentune::search_detail
