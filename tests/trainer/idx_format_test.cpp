#include "train/idx_format.hpp"

#include <eigentune/core/error.hpp>
#include <eigentune/core/random.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "support/expect.hpp"
#include "trainer/idx_bytes.hpp"

namespace {

using example::parse_idx_images;
using example::parse_idx_labels;
using idx_bytes::Bytes;
using idx_bytes::image_file;
using idx_bytes::image_header;
using idx_bytes::label_file;

std::string images_error(const Bytes& bytes) {
  return support::error_of<eigentune::Error>([&] { parse_idx_images(bytes, "file"); });
}
std::string labels_error(const Bytes& bytes) {
  return support::error_of<eigentune::Error>([&] { parse_idx_labels(bytes, "file", 10); });
}

TEST(ParseIdxImages, ReadsEveryPixel) {
  Bytes bytes = image_header(2, 1, 3);
  bytes.insert(bytes.end(), {1, 2, 3, 253, 254, 255});
  const auto images = parse_idx_images(bytes, "file");
  EXPECT_EQ(images.count, 2);
  EXPECT_EQ(images.rows, 1);
  EXPECT_EQ(images.columns, 3);
  EXPECT_EQ(images.pixels, (Bytes{1, 2, 3, 253, 254, 255}));
}

TEST(ParseIdxLabels, ReadsEveryLabel) {
  EXPECT_EQ(parse_idx_labels(Bytes{0, 0, 8, 1, 0, 0, 0, 3, 9, 0, 5}, "file", 10), (Bytes{9, 0, 5}));
}

TEST(ParseIdxImages, RefusesATruncatedHeader) {
  EXPECT_EQ(images_error({}), "file: truncated: expected an IDX header of 16 bytes, found 0 bytes in all");
  EXPECT_EQ(images_error({0, 0, 8}), "file: truncated: expected an IDX header of 16 bytes, found 3 bytes in all");
  EXPECT_EQ(images_error({0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0}),
            "file: truncated: expected an IDX header of 16 bytes, found 15 bytes in all");
  EXPECT_EQ(labels_error({0, 0, 8, 1, 0, 0, 0}),
            "file: truncated: expected an IDX header of 8 bytes, found 7 bytes in all");
}

TEST(ParseIdxImages, RefusesTruncatedAndOversizedData) {
  Bytes bytes = image_file(4);
  bytes.pop_back();
  EXPECT_EQ(images_error(bytes), "file: truncated: expected 40 bytes for 4 images of 2 x 3, found 39");
  bytes.insert(bytes.end(), {0, 0});
  EXPECT_EQ(images_error(bytes), "file: oversized: expected 40 bytes for 4 images of 2 x 3, found more");
}

TEST(ParseIdxLabels, RefusesTruncatedAndOversizedData) {
  Bytes bytes = label_file(5);
  bytes.pop_back();
  EXPECT_EQ(labels_error(bytes), "file: truncated: expected 13 bytes for 5 labels, found 12");
  bytes.insert(bytes.end(), {0, 0});
  EXPECT_EQ(labels_error(bytes), "file: oversized: expected 13 bytes for 5 labels, found more");
}

TEST(ParseIdxImages, SaysWhatIsWrongWithTheMagicNumber) {
  const std::string expected = "file: expected an IDX file of images (magic number 0x00000803)";
  EXPECT_EQ(images_error(image_header(1, 1, 1, 0x89504e47)), expected + ", found 0x89504e47");
  EXPECT_EQ(images_error(image_header(1, 1, 1, 0x03080000)),
            expected + ", found 0x03080000: its numbers are little-endian; IDX is big-endian");
  EXPECT_EQ(images_error(image_header(1, 1, 1, 0x0d03)),
            expected + " with elements of type unsigned byte (0x08), found float (0x0d)");
  EXPECT_EQ(images_error(image_header(1, 1, 1, 0x0703)), expected + ", found 0x00000703");
  EXPECT_EQ(images_error(label_file(20)), expected + ", found one with 1 dimensions instead of 3");
}

TEST(ParseIdxLabels, SaysWhatIsWrongWithTheMagicNumber) {
  const std::string expected = "file: expected an IDX file of labels (magic number 0x00000801)";
  EXPECT_EQ(labels_error({1, 8, 0, 0, 1, 0, 0, 0, 7}),
            expected + ", found 0x01080000: its numbers are little-endian; IDX is big-endian");
  EXPECT_EQ(labels_error({0, 0, 12, 1, 0, 0, 0, 1, 7}),
            expected + " with elements of type unsigned byte (0x08), found int (0x0c)");
  EXPECT_EQ(labels_error(image_file(1)), expected + ", found one with 3 dimensions instead of 1");
}

TEST(ParseIdxImages, RefusesDimensionsThatNoDataSetHas) {
  EXPECT_EQ(images_error(image_header(1, 0, 28)), "file: expected images of 1 ... 4096 rows and columns, found 0 x 28");
  EXPECT_EQ(images_error(image_header(1, 28, 4097)),
            "file: expected images of 1 ... 4096 rows and columns, found 28 x 4097");
  EXPECT_EQ(images_error(image_header(1, 0x1c000000, 0x1c000000)),
            "file: expected images of 1 ... 4096 rows and columns, found 469762048 x 469762048");
  EXPECT_EQ(images_error(image_header(0, 28, 28)),
            "file: expected at least 1 image and at most 2147483648 bytes of data, found 0 (0 bytes)");
  EXPECT_EQ(
      images_error(image_header(0x80000000, 28, 28)),
      "file: expected at least 1 image and at most 2147483648 bytes of data, found 2147483648 (1683627180032 bytes)");
  EXPECT_EQ(labels_error({0, 0, 8, 1, 0, 0, 0, 0}),
            "file: expected at least 1 label and at most 2147483648 bytes of data, found 0 (0 bytes)");
}

TEST(ParseIdxLabels, RefusesALabelOutOfRange) {
  Bytes bytes = label_file(20);
  bytes[8 + 13] = 10;
  EXPECT_EQ(labels_error(bytes), "file: expected labels in 0 ... 9, found 10 at index 13 (the first is 0)");
  EXPECT_EQ(parse_idx_labels(bytes, "file", 11)[13], 10);
}

TEST(ParseIdx, DamagedBytesAreReadOrRefusedButNeverCrash) {
  eigentune::Random random(5);
  int refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    Bytes bytes = round % 2 == 0 ? image_file(3) : label_file(12);
    for (std::uint64_t left = 1 + random.below(3); left > 0; --left) {
      // Mostly in the header, which is where it hurts.
      const std::uint64_t place = random.below(random.below(4) == 0 ? bytes.size() : 16);
      bytes[place] = static_cast<std::uint8_t>(random.below(2) == 0 ? random.below(256) : random.below(4));
    }
    if (random.below(4) == 0) bytes.resize(random.below(bytes.size() + 8));
    try {
      if (round % 2 == 0) {
        const auto images = parse_idx_images(bytes, "file");
        EXPECT_EQ(static_cast<std::size_t>(images.count * images.rows * images.columns), images.pixels.size());
      } else {
        const auto labels = parse_idx_labels(bytes, "file", 10);
        EXPECT_LE(*std::max_element(labels.begin(), labels.end()), 9);
      }
    } catch (const eigentune::Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 5'000);
  EXPECT_LT(refused, 20'000);
}

}  // namespace
