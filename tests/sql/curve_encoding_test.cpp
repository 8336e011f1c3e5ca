#include <eigentune/core/error.hpp>
#include <eigentune/core/random.hpp>
#include <eigentune/core/training_curve.hpp>
#include <eigentune/sql/curve_encoding.hpp>

#include <gtest/gtest.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "support/expect.hpp"

namespace eigentune {
namespace {

using support::error_of;
using namespace std::string_literals;

const std::vector<CurveRow> rows = {
    {.step = 5, .values = {.training_loss = 1.0}},
    {.step = 300, .values = {.training_loss = std::bit_cast<double>(0x7FF8'0000'0000'0001), .metrics = {{"m", -0.0}}}}};

/// By hand, from the description of the format. 295 = 2 * 128 + 0x27.
const std::string bytes =
    "\x01"
    "\x02"
    "\x05\xA7\x02"
    "\x02"
    "\x0D"
    "training_loss"
    "\x01"
    "\0\0\0\0\0\0\xF0\x3F"
    "\x01\0\0\0\0\0\xF8\x7F"
    "\x01"
    "m"
    "\0\x02"
    "\0\0\0\0\0\0\0\x80"s;

TrainingCurve decoded(std::string_view text) {
  TrainingCurve curve;
  decode_curve("curve", text, curve);
  return curve;
}

TEST(CurveEncoding, IsTheOneThatIsDescribed) {
  EXPECT_EQ(encode_curve(rows), bytes);
}

TEST(CurveEncoding, ReadsWhatIsDescribedToTheBit) {
  const TrainingCurve curve = decoded(bytes);
  ASSERT_EQ(curve.size(), 2u);
  EXPECT_EQ(curve.rows()[0], rows[0]);
  EXPECT_EQ(curve.rows()[1].step, 300);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(curve.rows()[1].values.training_loss.value()), 0x7FF8'0000'0000'0001u);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(curve.rows()[1].values.metrics.at("m")), 0x8000'0000'0000'0000u);
}

TEST(CurveEncoding, AppendsOneBatchToAnother) {
  TrainingCurve curve = decoded(bytes);
  decode_curve("curve", encode_curve(std::vector<CurveRow>{{.step = 301}}), curve);
  ASSERT_EQ(curve.size(), 3u);
  EXPECT_EQ(curve.rows()[2], (CurveRow{.step = 301}));
  EXPECT_THROW(decode_curve("curve", bytes, curve), Error);
}

TEST(CurveEncoding, RefusesBytesThatEndTooEarlyOrTooLate) {
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THROW(decoded(std::string_view(bytes).substr(0, size)), Error) << size;
  }
  EXPECT_EQ(error_of<Error>([] { decoded(bytes + '\0'); }),
            "curve: expected rows of a curve: an end, found more bytes");
  EXPECT_EQ(error_of<Error>([] { decoded("\x02\x00\x00"s); }), "curve: expected rows of a curve: version 1, found 2");
}

TEST(CurveEncoding, RefusesCountsAndStepsThatAreTooLarge) {
  EXPECT_THROW(decoded("\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F"s), Error);
  EXPECT_THROW(decoded("\x01\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x00"s), Error);
  EXPECT_THROW(decoded("\x01\x02\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F\x01\x00"s), Error);
}

TEST(CurveEncoding, ReadsOrRefusesWhateverItIsGiven) {
  Random random(1);
  int read = 0;
  for (std::uint64_t trial = 0; trial < 20'000; ++trial) {
    std::string changed = bytes;
    for (std::uint64_t change = 0; change <= trial % 3; ++change) {
      changed[random.below(changed.size())] = static_cast<char>(random.below(256));
    }
    try {
      decoded(changed);
      ++read;
    } catch (const Error&) {
    }
  }
  EXPECT_GT(read, 0);
  EXPECT_LT(read, 20'000);
}

}  // namespace
}  // namespace eigentune
