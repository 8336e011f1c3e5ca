#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/normal_quantile.hpp>
#include <eigentune/core/portable_math.hpp>

#include <array>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

namespace eigentune {

/// The pseudo-random function Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as 1,
/// 2, 3" (2011): 128 bits that look random for each 128-bit counter under a 64-bit key.
constexpr std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                                  std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t first = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t second = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(second >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(second),
               static_cast<std::uint32_t>(first >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(first)};
    key = {key[0] + 0x9E3779B9, key[1] + 0xBB67AE85};
  }
  return counter;
}

/// A sequence of random numbers with the same bits on every platform. Word i of the sequence is a pure function of
/// (seed, stream, i): Philox4x32-10 under the key `seed` turns the counter (j, stream) into the words 2 j and 2 j + 1.
/// So any position is reached in O(1), and sequences of different seeds or streams are independent of each other.
///
/// A small value: a copy continues where the original stood, and three integers (seed, stream, position) save and
/// restore it. It also is a std::uniform_random_bit_generator; the algorithms and distributions of the standard
/// library, however, differ between its implementations, so use the members here. Not for cryptography. One object must
/// not be used by two threads at once; give each its own (see split).
class Random {
 public:
  using result_type = std::uint64_t;

  explicit Random(std::uint64_t seed, std::uint64_t stream = 0) : seed_(seed), stream_(stream) {}

  std::uint64_t seed() const { return seed_; }
  std::uint64_t stream() const { return stream_; }

  /// The index of the next word, which starts at 0 and (after 2^64 words) wraps to 0.
  std::uint64_t position() const { return position_; }

  /// Continues at word `position`.
  void seek(std::uint64_t position) {
    position_ = position;
    if (position % 2 == 1) second_ = block(position / 2)[1];
  }

  /// The independent sequence number `index` < 2^63 that belongs to this one: for a trial, a host, a worker, an epoch.
  /// It depends on this one's seed and stream, not on its position; children can be split again.
  /// Throws std::invalid_argument for a larger index.
  Random split(std::uint64_t index) const {
    require(index < unused_by_words, "Random::split: index must be less than 2^63, got {}", index);
    const auto [seed, stream] = block(unused_by_words + index);
    return Random(seed, stream);
  }

  /// 64 random bits: the next word.
  std::uint64_t bits() {
    if (position_++ % 2 == 1) return second_;
    const auto [first, second] = block((position_ - 1) / 2);
    second_ = second;
    return first;
  }

  static constexpr std::uint64_t min() { return 0; }
  static constexpr std::uint64_t max() { return std::numeric_limits<std::uint64_t>::max(); }
  std::uint64_t operator()() { return bits(); }

  /// Uniform in [0, 1): a multiple of 2^-53. Takes one word.
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }

  /// Uniform in [low, high), or `low` if they are equal. Takes one word. Throws std::invalid_argument unless low <=
  /// high and high - low is finite.
  double uniform(double low, double high) {
    check_interval<double>("Random::uniform", low, high);
    return uniform_as<double>(low, high);
  }

  /// Standard normal: mean 0, standard deviation 1, |x| < 9.2. Takes one word, through the inverse of the distribution
  /// function: its lowest bit is the sign, the others are m, and P(X > |x|) = (m + 1/2) / 2^64.
  double normal() {
    const std::uint64_t word = bits();
    const double tail = (static_cast<double>(static_cast<std::int64_t>(word >> 1)) + 0.5) * 0x1p-64;
    const double magnitude = detail::normal_quantile_of_tail(tail);
    return word % 2 == 1 ? -magnitude : magnitude;
  }

  /// mean + deviation * normal(). Takes one word. Throws std::invalid_argument unless deviation >= 0 and
  /// mean +- 10 deviation are finite.
  double normal(double mean, double deviation) {
    check_normal<double>("Random::normal", mean, deviation);
    return mean + portable::rounded(deviation * normal());
  }

  /// Uniform in {0, ..., bound - 1}, without bias. Takes one word, and another with probability below bound / 2^64,
  /// until one falls below the largest multiple of `bound`. Throws std::invalid_argument if `bound` is 0.
  std::uint64_t below(std::uint64_t bound) {
    require(bound >= 1, "Random::below: bound must be at least 1, got {}", bound);
    for (;;) {
      const std::uint64_t word = bits();
      const std::uint64_t result = word % bound;
      // The multiple of `bound` under the word must have `bound` words above it: multiple <= 2^64 - bound.
      if (word - result <= 0 - bound) return result;
    }
  }

  /// Puts the elements in a random order, every order equally likely (Fisher-Yates, from the last element down).
  template <class Range>
  requires requires(Range& range) {  // in these words, as <ranges> is long to compile
    { std::begin(range) } -> std::random_access_iterator;
    { std::begin(range) } -> std::permutable;
    { std::size(range) } -> std::integral;
  }
  void shuffle(Range&& values) {
    const auto first = std::begin(values);
    using Difference = std::iter_difference_t<decltype(std::begin(values))>;
    for (auto left = static_cast<std::uint64_t>(std::size(values)); left > 1; --left) {
      std::ranges::iter_swap(first + static_cast<Difference>(left - 1), first + static_cast<Difference>(below(left)));
    }
  }

  /// 0, ..., n - 1 in a random order [n]. Throws std::invalid_argument if `n` is negative.
  std::vector<std::int64_t> permutation(std::int64_t n) {
    require(n >= 0, "Random::permutation: n must be at least 0, got {}", n);
    std::vector<std::int64_t> result(static_cast<std::size_t>(n));
    std::iota(result.begin(), result.end(), std::int64_t{0});
    shuffle(result);
    return result;
  }

  /// Fills `values` with uniform(low, high), in order, one word each. For float, each is rounded to float, and where
  /// that gives `high`, it is `low`. Throws as uniform(low, high), and if a bound is out of the range of the scalar.
  void fill_uniform(std::span<double> values, double low = 0.0, double high = 1.0) {
    fill_uniform_as(values, low, high);
  }
  void fill_uniform(std::span<float> values, double low = 0.0, double high = 1.0) {
    fill_uniform_as(values, low, high);
  }

  /// Fills `values` with normal(mean, deviation), in order, one word each. For float, each is rounded to float.
  /// Throws as normal(mean, deviation), and if mean +- 10 deviation are out of the range of the scalar.
  void fill_normal(std::span<double> values, double mean = 0.0, double deviation = 1.0) {
    fill_normal_as(values, mean, deviation);
  }
  void fill_normal(std::span<float> values, double mean = 0.0, double deviation = 1.0) {
    fill_normal_as(values, mean, deviation);
  }

  /// Whether both give the same numbers from here on.
  friend bool operator==(const Random& a, const Random& b) {
    return a.seed_ == b.seed_ && a.stream_ == b.stream_ && a.position_ == b.position_;
  }

 private:
  /// Words come from the blocks below 2^63, children from the blocks above.
  static constexpr std::uint64_t unused_by_words = std::uint64_t{1} << 63;

  std::array<std::uint64_t, 2> block(std::uint64_t index) const {
    const auto low = [](std::uint64_t word) { return static_cast<std::uint32_t>(word); };
    const auto high = [](std::uint64_t word) { return static_cast<std::uint32_t>(word >> 32); };
    const auto output = philox4x32({low(index), high(index), low(stream_), high(stream_)}, {low(seed_), high(seed_)});
    return {output[0] | std::uint64_t{output[1]} << 32, output[2] | std::uint64_t{output[3]} << 32};
  }

  template <class Scalar>
  static void check_interval(const char* function, double low, double high) {
    constexpr double limit = std::numeric_limits<Scalar>::max();
    require(std::fabs(low) <= limit, "{}: low must be within +-{}, got {}", function, limit, low);
    require(std::fabs(high) <= limit, "{}: high must be within +-{}, got {}", function, limit, high);
    require(low <= high, "{}: low must not be above high, got low {} and high {}", function, low, high);
    require(is_finite(high - low), "{}: high - low must be finite, got low {} and high {}", function, low, high);
  }

  template <class Scalar>
  static void check_normal(const char* function, double mean, double deviation) {
    constexpr double limit = std::numeric_limits<Scalar>::max();
    require(deviation >= 0.0, "{}: deviation must be at least 0, got {}", function, deviation);
    require(std::fabs(mean) + 10.0 * deviation <= limit,
            "{}: mean +- 10 deviation must be within +-{}, got mean {} and deviation {}", function, limit, mean,
            deviation);
  }

  template <class Scalar>
  Scalar uniform_as(double low, double high) {
    const auto value = static_cast<Scalar>(low + portable::rounded((high - low) * uniform()));
    // Rounding to nearest gives `low` half of its neighbour's share, and the other half to `high`: `low` takes both.
    return value < static_cast<Scalar>(high) ? value : static_cast<Scalar>(low);
  }

  template <class Scalar>
  void fill_uniform_as(std::span<Scalar> values, double low, double high) {
    check_interval<Scalar>("Random::fill_uniform", low, high);
    for (Scalar& value : values) value = uniform_as<Scalar>(low, high);
  }

  template <class Scalar>
  void fill_normal_as(std::span<Scalar> values, double mean, double deviation) {
    check_normal<Scalar>("Random::fill_normal", mean, deviation);
    for (Scalar& value : values) value = static_cast<Scalar>(mean + portable::rounded(deviation * normal()));
  }

  std::uint64_t seed_;
  std::uint64_t stream_;
  std::uint64_t position_ = 0;
  std::uint64_t second_ = 0;  // the second word of the current block, where position_ is odd
};

}  // namespace eigentune
