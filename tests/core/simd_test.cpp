// The kernels against plain loops, at every level that this processor has. That rules give the same bits at every level
// is among the laws.

#include <eigentune/core/simd.hpp>
#include <eigentune/rule/rule.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <span>
#include <vector>

#include "support/expect.hpp"
#include "support/numbers.hpp"

namespace eigentune {
namespace {

using support::error_of;

std::vector<SimdLevel> available_levels() {
  std::vector<SimdLevel> levels;
  for (const SimdLevel level : {SimdLevel::generic, SimdLevel::sse2, SimdLevel::avx2, SimdLevel::avx512}) {
    if (simd_level_available(level)) levels.push_back(level);
  }
  return levels;
}

TEST(SimdLevel, HasANameAndAtLeastOneIsThere) {
  EXPECT_EQ(to_string(SimdLevel::generic), "generic");
  EXPECT_EQ(to_string(SimdLevel::sse2), "sse2");
  EXPECT_EQ(to_string(SimdLevel::avx2), "avx2");
  EXPECT_EQ(to_string(SimdLevel::avx512), "avx512");
  ASSERT_FALSE(available_levels().empty());
  EXPECT_TRUE(simd_level_available(simd_level()));
}

TEST(SimdLevel, CanBeSetToThoseOfThisProcessorOnly) {
  const SimdLevel before = simd_level();
  for (const SimdLevel level : available_levels()) {
    set_simd_level(level);
    EXPECT_EQ(simd_level(), level);
  }
  std::string list;
  for (const SimdLevel level : available_levels()) list += (list.empty() ? "" : ", ") + std::string(to_string(level));
  for (const SimdLevel level : {SimdLevel::generic, SimdLevel::sse2, SimdLevel::avx2, SimdLevel::avx512}) {
    if (simd_level_available(level)) continue;
    EXPECT_EQ(error_of([&] { set_simd_level(level); }),
              "set_simd_level: this processor has " + list + ", got " + std::string(to_string(level)));
    EXPECT_EQ(simd_level(), available_levels().back());
  }
  set_simd_level(before);
}

TEST(SimdLevel, StartsAsTheEnvironmentSays) {
  const char* found = std::getenv("EIGENTUNE_SIMD");
  const std::string before = found == nullptr ? "" : found;
  for (const SimdLevel level : available_levels()) {
    setenv("EIGENTUNE_SIMD", std::string(to_string(level)).c_str(), 1);
    EXPECT_EQ(detail::initial_simd_level(), level);
  }
  setenv("EIGENTUNE_SIMD", "", 1);
  EXPECT_EQ(detail::initial_simd_level(), available_levels().back());
  setenv("EIGENTUNE_SIMD", "AVX2", 1);
  EXPECT_EQ(error_of([] { detail::initial_simd_level(); }),
            "EIGENTUNE_SIMD: this processor has " + detail::available_simd_levels() + ", got \"AVX2\"");
  setenv("EIGENTUNE_SIMD", before.c_str(), 1);
}

/// The order that sum_of_squares promises: 16 lanes, then a tree.
template <class Scalar>
double sum_in_promised_order(std::span<const Scalar> values) {
  double lanes[16] = {};
  for (std::size_t i = 0; i < values.size(); ++i) {
    const volatile double square = static_cast<double>(values[i]) * static_cast<double>(values[i]);  // no contraction
    lanes[i % 16] += square;
  }
  for (const std::size_t width : {8u, 4u, 2u, 1u}) {
    for (std::size_t j = 0; j < width; ++j) lanes[j] += lanes[j + width];
  }
  return lanes[0];
}

template <class Scalar>
class Kernels : public testing::Test {};
using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(Kernels, Scalars);

TYPED_TEST(Kernels, SumOfSquaresAddsInThePromisedOrder) {
  for (std::int64_t size = 0; size < 100; ++size) {
    const auto values =
        support::uneven_numbers<TypeParam>(size, 1);  // exactly as long as it is: nothing may be read beyond
    for (const SimdLevel level : available_levels()) {
      EXPECT_EQ(simd::sum_of_squares(level, values.data(), size), sum_in_promised_order<TypeParam>(values)) << size;
    }
  }
}

TYPED_TEST(Kernels, SumOfSquaresOfNoNumberIsFiniteOrNot) {
  for (const std::int64_t size : {1, 16, 17, 100}) {
    for (const TypeParam bad : {std::numeric_limits<TypeParam>::quiet_NaN(), std::numeric_limits<TypeParam>::infinity(),
                                -std::numeric_limits<TypeParam>::infinity()}) {
      std::vector<TypeParam> values(static_cast<std::size_t>(size), TypeParam(1));
      values.back() = bad;
      for (const SimdLevel level : available_levels()) {
        EXPECT_FALSE(is_finite(simd::sum_of_squares(level, values.data(), size)));
      }
    }
  }
}

/// Not a rule to train with: the parameter becomes a function of parameter p and gradient g, and the state of the old
/// parameter.
struct Operation {
  static constexpr std::array state = {StateSlot{"old", 0.0}};
  struct Scalars {
    int operation;
    double number;
  };
  template <class T>
  static void update(const auto& s, T g, T& p, T& old) {
    const T before = p;
    if (s.operation == 0) p = p + g;
    if (s.operation == 1) p = p - g;
    if (s.operation == 2) p = p * g;
    if (s.operation == 3) p = p / g;
    if (s.operation == 4) p = sqrt(p);
    if (s.operation == 5) p = abs(p);
    if (s.operation == 6) p = square(p);
    if (s.operation == 7) p = sign(p);
    if (s.operation == 8) p = min(p, g);
    if (s.operation == 9) p = max(p, g);
    if (s.operation == 10) p = -p;
    if (s.operation == 11) p = select(p < g, T(1.0), T(2.0));
    if (s.operation == 12) p = select(p > g, p, s.number * p);
    if (s.operation == 13) p = select(p <= g, p, g);
    if (s.operation == 14) p = select(p >= g, p, g);
    if (s.operation == 15) p = select(p == g, p, T(s.number));
    if (s.operation == 16) p = select(p != g, p, 1.0 - p);
    if (s.operation == 17) p += g, p -= s.number, p *= g, p /= s.number;
    if (s.operation == 18) p = p * g + s.number;  // two roundings, not one
    old = before;
  }
};

/// The same in plain numbers of type T.
template <class T>
T expected(int operation, T p, T g, double number) {
  const T s = static_cast<T>(number);
  const volatile T product = p * g;
  switch (operation) {
    case 0:
      return p + g;
    case 1:
      return p - g;
    case 2:
      return product;
    case 3:
      return p / g;
    case 4:
      return std::sqrt(p);
    case 5:
      return std::fabs(p);
    case 6:
      return p * p;
    case 7:
      return p > 0 ? T(1) : p < 0 ? T(-1) : p;
    case 8:
      return p < g ? p : g;
    case 9:
      return p > g ? p : g;
    case 10:
      return -p;
    case 11:
      return p < g ? T(1) : T(2);
    case 12:
      return p > g ? p : s * p;
    case 13:
      return p <= g ? p : g;
    case 14:
      return p >= g ? p : g;
    case 15:
      return p == g ? p : s;
    case 16:
      return p != g ? p : T(1) - p;
    case 17:
      return (((p + g) - s) * g) / s;
    default:
      return product + s;
  }
}

/// Equal, or both NaN (whose sign and payload IEEE 754 leaves open), zeros of equal sign.
template <class T>
bool same_number(T a, T b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return a == b && std::signbit(a) == std::signbit(b);
}

template <class Scalar, class State>
void expect_operation(SimdLevel level, int operation) {
  using Compute = std::conditional_t<(sizeof(Scalar) > sizeof(State)), Scalar, State>;
  using Limits = std::numeric_limits<Scalar>;
  const std::vector<Scalar> interesting = {0,
                                           Scalar(-0.0),
                                           1,
                                           -1,
                                           Scalar(0.1),
                                           Scalar(-3.7),
                                           Scalar(1e20),
                                           Limits::max(),
                                           Limits::lowest(),
                                           Limits::min(),
                                           Limits::denorm_min(),
                                           Limits::infinity(),
                                           -Limits::infinity(),
                                           Limits::quiet_NaN(),
                                           Scalar(1) / 3};
  std::vector<Scalar> p, g;
  for (const Scalar a : interesting) {
    for (const Scalar b : interesting) p.push_back(a), g.push_back(b);
  }
  std::vector<Scalar> parameter = p, gradient = g;
  std::vector<State> old(p.size());
  simd::FusedPass<Scalar, State> pass{.parameter = parameter.data(),
                                      .gradient = gradient.data(),
                                      .state = {old.data()},
                                      .size = static_cast<std::int64_t>(p.size())};
  new (pass.scalars.bytes) Operation::Scalars{operation, 0.7};
  simd::fused_pass<Operation>(level, pass);
  for (std::size_t i = 0; i < p.size(); ++i) {
    const auto by_hand = static_cast<Scalar>(expected<Compute>(operation, p[i], g[i], 0.7));
    EXPECT_TRUE(same_number(parameter[i], by_hand)) << "operation " << operation << " of " << p[i] << " and " << g[i]
                                                    << " gave " << parameter[i] << ", not " << by_hand;
    EXPECT_TRUE(same_number(old[i], static_cast<State>(p[i])));
  }
}

TYPED_TEST(Kernels, EveryOperationIsTheOneOfIEEE754) {
  for (const SimdLevel level : available_levels()) {
    for (int operation = 0; operation < 19; ++operation) {
      expect_operation<TypeParam, TypeParam>(level, operation);
      expect_operation<TypeParam, double>(level, operation);
    }
  }
}

}  // namespace
}  // namespace eigentune
