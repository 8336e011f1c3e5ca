#include <eigentune/train/class_counts.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "support/expect.hpp"

namespace eigentune {
namespace {

using support::error_of;

/// 90 examples of class 0, of which 81 are right; 6 of class 1, of which 3 are; 4 of class 2, none right; none of 3.
ClassCounts imbalanced() {
  ClassCounts counts(4);
  for (int i = 0; i < 81; ++i) counts.add(0, 0);
  for (int i = 0; i < 9; ++i) counts.add(0, 2);
  for (int i = 0; i < 3; ++i) counts.add(1, 1);
  for (int i = 0; i < 3; ++i) counts.add(1, 0);
  for (int i = 0; i < 3; ++i) counts.add(2, 0);
  counts.add(2, ClassCounts::no_class);
  return counts;
}

TEST(ClassCounts, CountsPerClass) {
  const ClassCounts counts = imbalanced();
  EXPECT_EQ(counts.classes(), 4);
  Eigen::MatrixXd confusion(4, 4);  // a row for each label
  confusion << 81, 0, 9, 0,         //
      3, 3, 0, 0,                   //
      3, 0, 0, 0,                   //
      0, 0, 0, 0;
  EXPECT_EQ(counts.confusion(), confusion);
  EXPECT_EQ(counts.total(0), 90.0);
  EXPECT_EQ(counts.total(2), 4.0);  // with the one of no class
  EXPECT_EQ(counts.correct(0), 81.0);
  EXPECT_EQ(counts.total(), 100.0);
  EXPECT_EQ(counts.correct(), 84.0);
  EXPECT_EQ(counts.to_string(1), "class 1: 3 of 6 examples correct");
}

TEST(ClassCounts, WeighRareClassesInTheBalancedAccuracy) {
  const ClassCounts counts = imbalanced();
  EXPECT_EQ(counts.accuracy(), 0.84);
  EXPECT_EQ(counts.accuracy(0), 0.9);
  EXPECT_EQ(counts.accuracy(1), 0.5);
  EXPECT_EQ(counts.accuracy(2), 0.0);
  EXPECT_TRUE(std::isnan(counts.accuracy(3)));
  EXPECT_NEAR(counts.balanced_accuracy(), (0.9 + 0.5 + 0.0) / 3.0, 1e-15);  // of the classes that occur
}

TEST(ClassCounts, AreNaNWithoutExamples) {
  const ClassCounts counts(2);
  EXPECT_TRUE(std::isnan(counts.accuracy()));
  EXPECT_TRUE(std::isnan(counts.balanced_accuracy()));
}

TEST(ClassCounts, DoNotLookAtPadding) {
  ClassCounts counts(2);
  counts.add(1, 1);
  counts.add(99, -7, 0.0);
  EXPECT_EQ(counts.total(), 1.0);
}

TEST(ClassCounts, OfPartsAreTheCountsOfTheWhole) {
  ClassCounts sum = imbalanced();
  sum += imbalanced();
  EXPECT_EQ(sum.confusion(), 2.0 * imbalanced().confusion());
  EXPECT_EQ(sum.total(2), 8.0);
  EXPECT_EQ(error_of([&] { sum += ClassCounts(3); }), "ClassCounts: += takes counts of 4 classes, got 3");
}

TEST(ClassCounts, SayWhatIsWrong) {
  EXPECT_EQ(error_of([] { ClassCounts(0); }), "ClassCounts: classes must be at least 1, got 0");
  ClassCounts counts(3);
  EXPECT_EQ(error_of([&] { counts.add(3, 0); }), "ClassCounts: label must be in [0, 3), got 3");
  EXPECT_EQ(error_of([&] { counts.add(-1, 0); }), "ClassCounts: label must be in [0, 3), got -1");
  EXPECT_EQ(error_of([&] { counts.add(0, 3); }), "ClassCounts: predicted must be in [-1, 3), got 3");
  EXPECT_EQ(error_of([&] { counts.add(0, -2); }), "ClassCounts: predicted must be in [-1, 3), got -2");
  EXPECT_EQ(error_of([&] { counts.add(0, 0, -0.5); }), "ClassCounts: weight must be in [0, inf), got -0.5");
  EXPECT_EQ(error_of([&] { counts.total(3); }), "ClassCounts: label must be in [0, 3), got 3");
  EXPECT_EQ(error_of([&] { counts.correct(-1); }), "ClassCounts: label must be in [0, 3), got -1");
  EXPECT_EQ(counts.total(), 0.0);
}

}  // namespace
}  // namespace eigentune
