#include <eigentune/core/random.hpp>
#include <eigentune/space/parse.hpp>
#include <eigentune/space/value.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <compare>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <unordered_set>
#include <vector>

#include "support/expect.hpp"

namespace eigentune {
namespace {

using support::error_of;

static_assert(std::is_convertible_v<int, Value> && std::is_convertible_v<const char*, Value>);
static_assert(!std::is_constructible_v<Value, bool>);

TEST(Value, PrintsTheShortestTextThatReadsBack) {
  EXPECT_EQ(Value(0.1).text(), "0.1");
  EXPECT_EQ(Value(1e-5).text(), "1e-05");
  EXPECT_EQ(Value(0.1 + 0.2).text(), "0.30000000000000004");
  EXPECT_EQ(Value(5e-324).text(), "5e-324");
  EXPECT_EQ(Value(128).text(), "128");
  EXPECT_EQ(Value(std::numeric_limits<std::int64_t>::min()).text(), "-9223372036854775808");
  EXPECT_EQ(Value("adam").text(), "\"adam\"");
}

TEST(Value, PrintsADoubleSoThatItIsOne) {
  EXPECT_EQ(Value(1.0).text(), "1.0");
  EXPECT_EQ(Value(1e15).text(), "1000000000000000.0");
  EXPECT_EQ(Value(1e16).text(), "1e+16");
  EXPECT_EQ(Value(-0.0).text(), "0.0");
}

TEST(Value, EscapesAStringAsJsonDoes) {
  EXPECT_EQ(Value("say \"hi\"\\\n\t\x01").text(), R"("say \"hi\"\\\n\t\u0001")");
  EXPECT_EQ(Value("größe").text(), "\"größe\"");
}

TEST(Value, RoundTripsEveryDouble) {
  Random random(7);
  for (int i = 0; i < 20'000; ++i) {
    const auto number = std::bit_cast<double>(random.bits());
    if (!is_finite(number)) continue;
    const Value value = number;
    ASSERT_EQ(std::bit_cast<std::uint64_t>(parse_value(value.text()).as_double()),
              std::bit_cast<std::uint64_t>(number));
  }
}

TEST(Value, RoundTripsIntegersAndStrings) {
  Random random(8);
  for (int i = 0; i < 2'000; ++i) {
    const Value integer = static_cast<std::int64_t>(random.bits() >> random.below(64));
    ASSERT_EQ(parse_value(integer.text()), integer);
    std::string text;
    for (std::uint64_t k = random.below(8); k > 0; --k) text += static_cast<char>(random.below(128));
    text += "é\U0001F600";
    ASSERT_EQ(parse_value(Value(text).text()), Value(text));
  }
}

TEST(Value, KeepsItsKind) {
  EXPECT_NE(Value(1), Value(1.0));
  EXPECT_NE(Value("1"), Value(1));
  EXPECT_TRUE(parse_value("1").is_integer());
  EXPECT_TRUE(parse_value("1.0").is_double());
  EXPECT_TRUE(parse_value("1e0").is_double());
  EXPECT_EQ(Value(3).as_double(), 3.0);
  EXPECT_EQ(error_of([] { Value(3.0).as_integer(); }), "Value: an integer was asked for, but the value is 3.0");
  EXPECT_EQ(error_of([] { Value("a").as_double(); }), "Value: a number was asked for, but the value is \"a\"");
  EXPECT_EQ(error_of([] { Value(1).as_string(); }), "Value: a string was asked for, but the value is 1");
}

TEST(Value, ConvertsToTheTypeAskedFor) {
  EXPECT_EQ(Value(3).get<int>(), 3);
  EXPECT_EQ(Value(3).get<double>(), 3.0);
  EXPECT_EQ(Value(0.5).get<float>(), 0.5f);
  EXPECT_EQ(Value("adam").get<std::string>(), "adam");
  EXPECT_EQ(error_of([] { Value(300).get<std::int8_t>(); }),
            "Value: 300 is out of the range of the integer type asked for");
  EXPECT_EQ(error_of([] { Value(-1).get<std::uint64_t>(); }),
            "Value: -1 is out of the range of the integer type asked for");
}

TEST(Value, RefusesWhatHasNoExactText) {
  EXPECT_EQ(error_of([] { Value(std::nan("")); }), "Value: a number must be finite, got nan");
  EXPECT_EQ(error_of([] { Value(-HUGE_VAL); }), "Value: a number must be finite, got -inf");
  EXPECT_EQ(error_of([] { Value(std::uint64_t{1} << 63); }),
            "Value: an integer must be less than 2^63, got 9223372036854775808");
  for (const char* text : {"\x80", "\xC3", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF", "a\xE2\x82"}) {
    EXPECT_NE(error_of([&] { Value{text}; }), "nothing was thrown") << text;
  }
}

TEST(Value, RefusesTextThatIsNoValue) {
  for (const char* text :
       {"", "nan", "1e999", "[1]", "true", "null", "1 2", "9223372036854775808", "'a'", "\"\x80\""}) {
    EXPECT_NE(error_of([&] { parse_value(text); }), "nothing was thrown") << text;
  }
}

TEST(Value, HasATotalOrderAndAHashThatAgreeWithEquality) {
  const std::vector<Value> ascending = {-1e300, -1.5, 0.0, 5e-324, 2.0, -7, 1, 2, "", "B", "a", "ab"};
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    for (std::size_t j = 0; j < ascending.size(); ++j) {
      EXPECT_EQ(ascending[i] <=> ascending[j], i <=> j) << i << " " << j;
      EXPECT_EQ(ascending[i] == ascending[j], i == j);
    }
  }
  EXPECT_EQ(Value(-0.0), Value(0.0));
  EXPECT_EQ(std::hash<Value>{}(-0.0), std::hash<Value>{}(0.0));
  const std::unordered_set<Value> set(ascending.begin(), ascending.end());
  EXPECT_EQ(set.size(), ascending.size());
}

}  // namespace
}  // namespace eigentune
