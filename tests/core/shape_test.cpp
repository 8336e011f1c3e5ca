#include <eigentune/core/shape.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

#include "support/expect.hpp"

namespace eigentune {
namespace {

using support::error_of;

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

TEST(Shape, OfNoExtentsIsAScalar) {
  const Shape shape;
  EXPECT_EQ(shape.rank(), 0);
  EXPECT_EQ(shape.size(), 1);
  EXPECT_EQ(to_string(shape), "[]");
}

TEST(Shape, KnowsItsExtentsAndTheirProduct) {
  constexpr Shape shape{10, 784, 3};
  static_assert(shape.size() == 23520);
  EXPECT_EQ(shape.rank(), 3);
  EXPECT_EQ(shape[0], 10);
  EXPECT_EQ(shape[1], 784);
  EXPECT_EQ(shape[2], 3);
  EXPECT_EQ(to_string(shape), "[10, 784, 3]");
  EXPECT_EQ(to_string(Shape{5}), "[5]");
}

TEST(Shape, WithAnExtentOfZeroHasNoElements) {
  EXPECT_EQ((Shape{0}.size()), 0);
  EXPECT_EQ((Shape{7, 0, 3}.size()), 0);
  EXPECT_EQ(to_string(Shape{7, 0}), "[7, 0]");
}

TEST(Shape, IsEqualOnlyWithEqualExtentsInEqualOrder) {
  EXPECT_EQ((Shape{2, 3}), (Shape{2, 3}));
  EXPECT_NE((Shape{2, 3}), (Shape{3, 2}));
  EXPECT_NE((Shape{3}), (Shape{3, 1}));
  EXPECT_NE((Shape{}), (Shape{1}));
  EXPECT_NE((Shape{0}), (Shape{}));
}

TEST(Shape, HasAtMostEightExtents) {
  Shape shape{1, 2, 3, 4, 5, 6, 7, 8};
  EXPECT_EQ(shape.size(), 40320);
  EXPECT_EQ(error_of([&] { shape.push_back(9); }), "Shape: at most 8 extents are possible");
  EXPECT_EQ(to_string(shape), "[1, 2, 3, 4, 5, 6, 7, 8]");
}

TEST(Shape, RefusesANegativeExtent) {
  Shape shape{2};
  EXPECT_EQ(error_of([&] { shape.push_back(-1); }), "Shape: an extent must not be negative, got -1");
  EXPECT_EQ(error_of([&] { shape.push_back(-most - 1); }),
            "Shape: an extent must not be negative, got -9223372036854775808");
  EXPECT_EQ(to_string(shape), "[2]");
}

TEST(Shape, RefusesMoreElementsThanCanBeCounted) {
  EXPECT_EQ((Shape{1, most, 1}.size()), most);
  EXPECT_EQ(error_of([] {
              Shape{std::int64_t{1} << 40, std::int64_t{1} << 23};
            }),
            "Shape: there must be fewer than 2^63 elements, got 1099511627776 times 8388608");
  EXPECT_EQ(error_of([] {
              Shape{most, 0, 2};
            }),  // the product must not overflow on its way to 0 either
            "Shape: there must be fewer than 2^63 elements, got 9223372036854775807 times 2");
  EXPECT_EQ((Shape{most, 0, 1}.size()), 0);
}

TEST(StorageOrder, HasAName) {
  EXPECT_STREQ(to_string(StorageOrder::column_major), "column-major");
  EXPECT_STREQ(to_string(StorageOrder::row_major), "row-major");
}

}  // namespace
}  // namespace eigentune
