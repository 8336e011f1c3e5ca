#include <eigentune/core/error.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>

#include "support/expect.hpp"

namespace eigentune {
namespace {

using support::error_of;

static_assert(std::is_base_of_v<std::runtime_error, Error>);
static_assert(!std::is_base_of_v<std::logic_error, Error>);

TEST(Require, DoesNothingIfTheConditionHolds) {
  require(true, "size: must be at least 1, got {}", 0);
}

TEST(Require, ThrowsInvalidArgumentWithTheFormattedText) {
  EXPECT_EQ(error_of([] { require(false, "size: must be in [{}, {}), got {}", 0.5, 1, "many"); }),
            "size: must be in [0.5, 1), got many");
  EXPECT_EQ(error_of([] { require(false, "braces {{}} and nothing else"); }), "braces {} and nothing else");
}

struct Costly {
  int* asked;
};
std::string to_string(const Costly& costly) {
  ++*costly.asked;
  return "costly";
}

TEST(Require, AsksAnObjectForItsTextOnlyIfTheConditionDoesNotHold) {
  int asked = 0;
  require(true, "got {}", Costly{&asked});
  EXPECT_EQ(asked, 0);
  EXPECT_EQ(error_of([&] { require(false, "got {} twice: {}", Costly{&asked}, Costly{&asked}); }),
            "got costly twice: costly");
  EXPECT_EQ(asked, 2);
}

TEST(Message, WritesNumbersInTheirShortestFormAndTextsAsTheyAre) {
  EXPECT_EQ(message("{}|{}|{}|{}", 0.1, 1.0, 1e300, std::numeric_limits<double>::infinity()), "0.1|1|1e+300|inf");
  EXPECT_EQ(message("{}|{}", std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::uint64_t>::max()),
            "-9223372036854775808|18446744073709551615");
  EXPECT_EQ(message("{}{}{}", "a {}", std::string("b"), std::string_view("{{c")), "a {}b{{c");
  EXPECT_EQ(message("{{{}}} {{}}", 7), "{7} {}");
  EXPECT_EQ(message(""), "");
}

TEST(Require, CanBeUsedInConstantExpressions) {
  constexpr int checked = [] {
    require(true, "never shown");
    return 7;
  }();
  static_assert(checked == 7);
}

TEST(IsFinite, TellsNumbersFromInfinitiesAndNaN) {
  using Limits = std::numeric_limits<double>;
  for (const double number :
       {0.0, -0.0, 1.0, -2.5, Limits::max(), Limits::lowest(), Limits::min(), Limits::denorm_min()}) {
    EXPECT_TRUE(is_finite(number)) << number;
  }
  for (const double other :
       {Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN(), -Limits::quiet_NaN(), Limits::signaling_NaN()}) {
    EXPECT_FALSE(is_finite(other)) << other;
  }
  static_assert(is_finite(1e308) && !is_finite(Limits::infinity()));
}

}  // namespace
}  // namespace eigentune
