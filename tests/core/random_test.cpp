#include <eigentune/core/random.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <memory>
#include <random>
#include <set>
#include <stdexcept>
#include <string>

#include "core/random_golden.hpp"
#include "support/expect.hpp"
#include "support/special_values.hpp"

namespace eigentune {
namespace {

static_assert(std::uniform_random_bit_generator<Random>);

using support::error_of;
using support::infinity;
using support::nan;

TEST(Philox, GivesThePublishedAnswers) {
  // kat_vectors of Random123, the authors' own library.
  using Counter = std::array<std::uint32_t, 4>;
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}), (Counter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr std::uint32_t ones = 0xffffffff;
  EXPECT_EQ(philox4x32({ones, ones, ones, ones}, {ones, ones}),
            (Counter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Counter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, GivesTheReferenceWordsAtEveryPosition) {
  for (const auto& [seed, stream, position, words] : golden::words) {
    Random random(seed, stream);
    random.seek(position);
    for (const std::uint64_t word : words) EXPECT_EQ(random.bits(), word) << seed << ' ' << stream << ' ' << position;
    EXPECT_EQ(random.position(), position + 4);  // wraps after 2^64
  }
}

TEST(Random, ReachesByAnySeekWhatTheSequenceGives) {
  Random random(3, 4);
  std::vector<std::uint64_t> words(20);
  for (std::uint64_t& word : words) word = random();
  for (const std::size_t position : {7U, 6U, 19U, 0U, 1U, 1U, 12U}) {
    random.seek(position);
    EXPECT_EQ(random.position(), position);
    for (std::size_t i = position; i < words.size(); ++i) EXPECT_EQ(random.bits(), words[i]);
  }
}

TEST(Random, IsSavedByItsSeedStreamAndPosition) {
  Random random(3, 4);
  for (int i = 0; i < 5; ++i) random.bits();
  Random restored(random.seed(), random.stream());
  restored.seek(random.position());
  EXPECT_EQ(restored, random);
  EXPECT_EQ(restored.bits(), random.bits());
}

TEST(Random, ContinuesInACopyWhereTheOriginalStood) {
  Random random(3);
  random.bits();
  Random copy = random;
  EXPECT_EQ(copy, random);
  const std::uint64_t word = random.bits();
  EXPECT_NE(copy, random);
  EXPECT_EQ(copy.bits(), word);
}

TEST(Random, DiffersBySeedByStreamAndByPosition) {
  const Random random(1, 1);
  Random later = random;
  later.seek(2);
  EXPECT_NE(random, Random(2, 1));
  EXPECT_NE(random, Random(1, 2));
  EXPECT_NE(random, later);
  std::set<std::uint64_t> words;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    for (std::uint64_t stream = 0; stream < 20; ++stream) words.insert(Random(seed, stream).bits());
  }
  EXPECT_EQ(words.size(), 400U);
}

TEST(Random, SplitsIntoTheReferenceChildren) {
  for (const auto& [seed, stream, index, child_seed, child_stream] : golden::children) {
    Random random(seed, stream);
    EXPECT_EQ(random.split(index), Random(child_seed, child_stream));
    random.bits();
    EXPECT_EQ(random.split(index), Random(child_seed, child_stream)) << "must not depend on the position";
  }
}

TEST(Random, GivesTheReferenceNumbers) {
  Random random(42);
  for (const double value : golden::uniforms) EXPECT_EQ(random.uniform(), value);
  for (const double value : golden::normals) EXPECT_EQ(random.normal(), value);
  for (const std::uint64_t value : golden::below_1000) EXPECT_EQ(random.below(1000), value);
  for (const std::uint64_t value : golden::below_2_to_the_63_plus_1) {
    EXPECT_EQ(random.below((std::uint64_t{1} << 63) + 1), value);
  }
  const std::vector<std::int64_t> permutation(golden::permutation.begin(), golden::permutation.end());
  EXPECT_EQ(random.permutation(12), permutation);
  EXPECT_EQ(random.position(), golden::final_position);
}

TEST(Random, GivesNormalNumbersWithTheReferenceBits) {
  Random random(5, 6);
  std::uint64_t digest = 0;
  for (int i = 0; i < 100000; ++i) {
    digest = digest * 6364136223846793005 + std::bit_cast<std::uint64_t>(random.normal());
  }
  EXPECT_EQ(digest, golden::normal_digest);
}

TEST(Random, GivesTheOnlyValueOfAnEmptyInterval) {
  Random random(14);
  EXPECT_EQ(random.uniform(2.5, 2.5), 2.5);
  EXPECT_EQ(random.position(), 1U);  // one word, as for any interval
}

TEST(Random, ScalesAndShiftsNormalNumbers) {
  Random random(16);
  Random standard(16);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(random.normal(3.0, 2.0), 3.0 + 2.0 * standard.normal());
  EXPECT_EQ(random.normal(3.0, 0.0), 3.0);
  EXPECT_EQ(random.position(), 101U);
}

TEST(Random, FillsWithTheNumbersThatSingleCallsGive) {
  Random filler(17);
  Random single(17);
  std::vector<double> doubles(7);
  std::vector<float> floats(7);
  filler.fill_uniform(doubles);
  for (const double value : doubles) EXPECT_EQ(value, single.uniform());
  filler.fill_uniform(doubles, -1.0, 3.0);
  for (const double value : doubles) EXPECT_EQ(value, single.uniform(-1.0, 3.0));
  filler.fill_uniform(floats, -1.0, 3.0);
  for (const float value : floats) EXPECT_EQ(value, static_cast<float>(single.uniform(-1.0, 3.0)));
  filler.fill_normal(doubles);
  for (const double value : doubles) EXPECT_EQ(value, single.normal());
  filler.fill_normal(floats, 1.0, 0.5);
  for (const float value : floats) EXPECT_EQ(value, static_cast<float>(single.normal(1.0, 0.5)));
  filler.fill_normal(std::span<float>());
  EXPECT_EQ(filler, single);
}

TEST(Random, DrawsBelowTheExtremeBounds) {
  Random random(21);
  EXPECT_EQ(random.below(1), 0U);
  EXPECT_EQ(random.position(), 1U);
  Random words = random;
  const std::uint64_t half = std::uint64_t{1} << 63;
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(random.below(half), words.bits() % half);  // a divisor of 2^64: every word serves
  EXPECT_EQ(random.below(std::numeric_limits<std::uint64_t>::max()), words.bits());
}

TEST(Random, PermutesEveryElementOnce) {
  Random random(22);
  EXPECT_TRUE(random.permutation(0).empty());
  EXPECT_EQ(random.permutation(1), std::vector<std::int64_t>{0});
  EXPECT_EQ(random.position(), 0U);
  std::vector<std::int64_t> permutation = random.permutation(1000);
  EXPECT_FALSE(std::is_sorted(permutation.begin(), permutation.end()));
  std::sort(permutation.begin(), permutation.end());
  for (std::int64_t i = 0; i < 1000; ++i) EXPECT_EQ(permutation[static_cast<std::size_t>(i)], i);
}

TEST(Random, ShufflesVectorsSpansAndMoveOnlyValuesAlike) {
  std::vector<std::int64_t> vector = {0, 1, 2, 3, 4, 5, 6, 7};
  std::vector<std::int64_t> spanned = vector;
  std::vector<std::unique_ptr<std::int64_t>> owned;
  owned.reserve(vector.size());
  for (const std::int64_t value : vector) owned.push_back(std::make_unique<std::int64_t>(value));
  Random(24).shuffle(vector);
  Random(24).shuffle(std::span(spanned));
  Random(24).shuffle(owned);
  EXPECT_EQ(vector, Random(24).permutation(8));
  EXPECT_EQ(spanned, vector);
  for (std::size_t i = 0; i < vector.size(); ++i) EXPECT_EQ(*owned[i], vector[i]);
}

TEST(Random, RejectsArgumentsOutOfRangeAndTakesNoWord) {
  Random random(25);
  std::vector<float> floats(3, 7.0F);
  EXPECT_EQ(error_of([&] { random.below(0); }), "Random::below: bound must be at least 1, got 0");
  EXPECT_EQ(error_of([&] { random.permutation(-1); }), "Random::permutation: n must be at least 0, got -1");
  EXPECT_EQ(error_of([&] { random.split(std::uint64_t{1} << 63); }),
            "Random::split: index must be less than 2^63, got 9223372036854775808");
  EXPECT_EQ(error_of([&] { random.uniform(2.0, 1.0); }),
            "Random::uniform: low must not be above high, got low 2 and high 1");
  EXPECT_EQ(error_of([&] { random.uniform(nan, 1.0); }),
            "Random::uniform: low must be within +-1.7976931348623157e+308, got nan");
  EXPECT_EQ(error_of([&] { random.uniform(0.0, infinity); }),
            "Random::uniform: high must be within +-1.7976931348623157e+308, got inf");
  EXPECT_EQ(error_of([&] { random.uniform(-1e308, 1e308); }),
            "Random::uniform: high - low must be finite, got low -1e+308 and high 1e+308");
  EXPECT_EQ(error_of([&] { random.normal(0.0, -1.0); }), "Random::normal: deviation must be at least 0, got -1");
  EXPECT_EQ(error_of([&] { random.normal(0.0, nan); }), "Random::normal: deviation must be at least 0, got nan");
  EXPECT_EQ(
      error_of([&] { random.normal(nan, 1.0); }),
      "Random::normal: mean +- 10 deviation must be within +-1.7976931348623157e+308, got mean nan and deviation 1");
  EXPECT_EQ(
      error_of([&] { random.fill_normal(floats, 0.0, 1e38); }),
      "Random::fill_normal: mean +- 10 deviation must be within +-3.4028234663852886e+38, got mean 0 and deviation "
      "1e+38");
  EXPECT_EQ(error_of([&] { random.fill_uniform(floats, -1e39, 0.0); }),
            "Random::fill_uniform: low must be within +-3.4028234663852886e+38, got -1e+39");
  EXPECT_EQ(error_of([&] { random.fill_uniform(floats, 1.0, 0.0); }),
            "Random::fill_uniform: low must not be above high, got low 1 and high 0");
  EXPECT_EQ(random.position(), 0U);
  EXPECT_EQ(floats, std::vector<float>(3, 7.0F));
}

}  // namespace
}  // namespace eigentune
