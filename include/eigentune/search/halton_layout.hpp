#pragma once

#include <eigentune/search/primes.hpp>
#include <eigentune/space/hyperparameter.hpp>
#include <eigentune/space/search_space.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
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

  explicit HaltonLayout(const SearchSpace& space)
      : turns_of_(space.hyperparameters().size()), axis_of_(space.hyperparameters().size()) {
    give_turns(space.hyperparameters());
    give_axes(space.hyperparameters());
  }

  const std::vector<Turns>& turns() const { return turns_; }
  const std::vector<Axis>& axes() const { return axes_; }

  /// The index in turns() or axes() of hyperparameter `index` of the space, if it takes one.
  std::optional<std::size_t> turns_of(std::size_t index) const { return turns_of_[index]; }
  std::optional<std::size_t> axis_of(std::size_t index) const { return axis_of_[index]; }

 private:
  using Hyperparameters = std::span<const Hyperparameter>;
  using Sharers = std::vector<std::vector<std::size_t>>;  // of each slot, by their indices

  static constexpr std::uint64_t most_combinations = std::uint64_t{1} << 31;

  void give_turns(Hyperparameters all) {
    Sharers sharers;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (!takes_turns(all[i], all)) continue;
      const auto cardinality = static_cast<std::uint64_t>(*all[i].domain.cardinality());
      const auto fits = [&](std::size_t slot) { return turns_[slot].cardinality == cardinality; };
      turns_of_[i] = place(i, all, sharers, fits);
      if (*turns_of_[i] < turns_.size()) continue;
      if (cardinality > most_combinations / combinations_) {
        sharers.pop_back();
        turns_of_[i].reset();  // it gets an axis
      } else {
        turns_.emplace_back(cardinality, combinations_);
        combinations_ *= cardinality;
      }
    }
  }

  void give_axes(Hyperparameters all) {
    Sharers sharers;
    for (const bool conditional : {false, true}) {
      for (std::size_t i = 0; i < all.size(); ++i) {
        const bool has_one_value = all[i].domain.cardinality() == 1;  // as all fixed ones
        if (turns_of_[i] || has_one_value || all[i].condition.has_value() != conditional) continue;
        axis_of_[i] = place(i, all, sharers, [](std::size_t) { return true; });
      }
    }
    for (const std::uint64_t prime : smallest_primes(sharers.size())) {
      std::size_t spent = 0;
      for (std::uint64_t rest = combinations_; rest % prime == 0; rest /= prime) ++spent;
      axes_.push_back({prime, spent});
    }
  }

  static bool takes_turns(const Hyperparameter& hyperparameter, Hyperparameters all) {
    const auto cardinality = hyperparameter.domain.cardinality();
    if (!cardinality || *cardinality == 1) return false;
    const bool decides = std::any_of(all.begin(), all.end(), [&](const Hyperparameter& other) {
      return other.condition && other.condition->is_about(hyperparameter.id);
    });
    const bool few = hyperparameter.domain.scale() == Scale::unordered || *cardinality <= most_ordered_turns;
    return decides || (hyperparameter.role == Role::scientific && few);
  }

  /// The first slot that fits and whose sharers all exclude hyperparameter `index`, or else a new one: it joins them.
  template <class Fits>
  static std::size_t place(std::size_t index, Hyperparameters all, Sharers& sharers, const Fits& fits) {
    const auto& condition = all[index].condition;
    std::size_t slot = 0;
    for (; slot < sharers.size(); ++slot) {
      const bool apart = std::all_of(sharers[slot].begin(), sharers[slot].end(), [&](std::size_t other) {
        return condition && all[other].condition && condition->excludes(*all[other].condition);
      });
      if (apart && fits(slot)) break;
    }
    if (slot == sharers.size()) sharers.emplace_back();
    sharers[slot].push_back(index);
    return slot;
  }

  std::uint64_t combinations_ = 1;  // the product of the cardinalities of turns_
  std::vector<Turns> turns_{};
  std::vector<Axis> axes_{};
  std::vector<std::optional<std::size_t>> turns_of_;
  std::vector<std::optional<std::size_t>> axis_of_;
};

}  // namespace eigentune::search_detail
