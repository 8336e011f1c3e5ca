// One fused pass over memory: what it does around the rule, and that it stays within its memory; and the pass that
// averages.

#include <eigentune/core/portable_math.hpp>
#include <eigentune/core/simd.hpp>
#include <eigentune/rule/rule.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "support/numbers.hpp"

namespace eigentune {
namespace {

constexpr SimdLevel levels[] = {SimdLevel::generic, SimdLevel::sse2, SimdLevel::avx2, SimdLevel::avx512};

/// Two states, and more than one product and sum, so that a contraction or another order of rounding would show.
struct Mixing {
  static constexpr std::array state = {StateSlot{"first", 0.0}, StateSlot{"second", 0.0}};
  struct Scalars {
    double a, b;
  };
  template <class T>
  static void update(const auto& s, T g, T& p, T& first, T& second) {
    first = s.a * first + s.b * g;
    second = s.b * second + s.a * square(g);
    p -= s.a * first / (sqrt(second) + s.b);
  }
};

/// p <- g: shows the gradient as the rule sees it.
struct Showing {
  static constexpr std::array<StateSlot, 0> state{};
  struct Scalars {
    double unused;
  };
  template <class T>
  static void update(const auto& /*s*/, T g, T& p) {
    p = g;
  }
};

template <class ScalarType, class StateType>
struct Types {
  using Scalar = ScalarType;
  using State = StateType;
};

/// Parameter, gradient and two states of one tensor, with guards around them.
template <class Pair>
struct Memory {
  using Scalar = typename Pair::Scalar;
  using State = typename Pair::State;
  static constexpr std::size_t guard = 3;  // odd, so that nothing is aligned

  explicit Memory(std::int64_t size)
      : parameter(guarded<Scalar>(size, 1)),
        gradient(guarded<Scalar>(size, 2)),
        first(guarded<State>(size, 3)),
        second(guarded<State>(size, 4)) {
    for (std::size_t i = guard; i < second.size() - guard; ++i) second[i] = std::abs(second[i]);
  }
  template <class T>
  static std::vector<T> guarded(std::int64_t size, std::uint64_t seed) {
    std::vector<T> values = support::uneven_numbers<T>(size, seed);
    values.insert(values.begin(), guard, T(-77));
    values.insert(values.end(), guard, T(-77));
    return values;
  }
  simd::FusedPass<Scalar, State> pass(std::int64_t begin, std::int64_t size) {
    const auto offset = guard + static_cast<std::size_t>(begin);
    simd::FusedPass<Scalar, State> result{.parameter = parameter.data() + offset,
                                          .gradient = gradient.data() + offset,
                                          .state = {first.data() + offset, second.data() + offset},
                                          .size = size};
    new (result.scalars.bytes) Mixing::Scalars{0.3, 0.7};
    return result;
  }
  bool same_bits(const Memory& other) const {
    return support::same_bits(parameter, other.parameter) && support::same_bits(gradient, other.gradient) &&
           support::same_bits(first, other.first) && support::same_bits(second, other.second);
  }
  bool guards_stand() const {
    const auto stand = [](const auto& values) {
      for (std::size_t i = 0; i < guard; ++i) {
        if (values[i] != -77 || values[values.size() - 1 - i] != -77) return false;
      }
      return true;
    };
    return stand(parameter) && stand(gradient) && stand(first) && stand(second);
  }

  std::vector<Scalar> parameter, gradient;
  std::vector<State> first, second;
};

template <class Pair>
class FusedPass : public testing::Test {};
using Pairs = testing::Types<Types<float, float>, Types<double, double>, Types<float, double>, Types<double, float>>;
TYPED_TEST_SUITE(FusedPass, Pairs);

TYPED_TEST(FusedPass, GivesTheSameBitsForBodyAndTailAndPartsAtEveryLevelAndStaysWithinItsMemory) {
  using Tensor = Memory<TypeParam>;
  for (std::int64_t size = 0; size <= 50; ++size) {
    const auto run = [&](SimdLevel level, Tensor& memory, std::int64_t begin, std::int64_t count) {
      auto pass = memory.pass(0, size);
      pass.gradient_scale = 0.9;
      pass.gradient_limit = 2.0;
      pass.coupled_decay = 0.1;
      pass.keep = 0.99;
      pass.zero_gradient = true;
      simd::fused_pass<Mixing>(level, pass, begin, count);
    };
    Tensor one_by_one(size);
    for (std::int64_t i = 0; i < size; ++i) run(simd_level(), one_by_one, i, 1);
    for (const SimdLevel level : levels) {
      if (!simd_level_available(level)) continue;
      Tensor at_once(size), in_parts(size);
      run(level, at_once, 0, size);
      run(level, in_parts, size / 3, size - size / 3);
      run(level, in_parts, 0, size / 3);
      EXPECT_TRUE(at_once.same_bits(one_by_one)) << to_string(level) << " " << size;
      EXPECT_TRUE(at_once.same_bits(in_parts)) << to_string(level) << " " << size;
      EXPECT_TRUE(at_once.guards_stand()) << to_string(level) << " " << size;
    }
  }
}

TYPED_TEST(FusedPass, LeavesTheGradientAloneUnlessToldToZeroIt) {
  using Tensor = Memory<TypeParam>;
  Tensor kept(37), zeroed(37);
  const Tensor start(37);
  auto pass = zeroed.pass(0, 37);
  pass.zero_gradient = true;
  simd::fused_pass<Mixing>(simd_level(), kept.pass(0, 37));
  simd::fused_pass<Mixing>(simd_level(), pass);
  EXPECT_TRUE(support::same_bits(kept.gradient, start.gradient));
  EXPECT_TRUE(support::same_bits(kept.parameter, zeroed.parameter));
  EXPECT_FALSE(support::same_bits(kept.parameter, start.parameter));
  EXPECT_EQ(std::count(zeroed.gradient.begin(), zeroed.gradient.end(), 0), 37);
  EXPECT_TRUE(zeroed.guards_stand());
}

TYPED_TEST(FusedPass, MeasuresTheGradientAsItCame) {
  using Tensor = Memory<TypeParam>;
  for (const std::int64_t size : {0, 1, 15, 16, 17, 40}) {
    Tensor memory(size);
    const double expected = simd::sum_of_squares(simd_level(), memory.gradient.data() + Tensor::guard, size);
    auto pass = memory.pass(0, size);
    pass.gradient_scale = 0.5;
    pass.gradient_limit = 0.1;
    pass.coupled_decay = 3.0;
    pass.zero_gradient = true;
    EXPECT_EQ(simd::fused_pass<Mixing>(simd_level(), pass), 0.0);
    Tensor again(size);
    pass = again.pass(0, size);
    pass.zero_gradient = pass.measure = true;
    EXPECT_EQ(simd::fused_pass<Mixing>(simd_level(), pass), expected) << size;
  }
}

TYPED_TEST(FusedPass, ScalesThenLimitsThenDecays) {
  using Scalar = typename TypeParam::Scalar;
  using State = typename TypeParam::State;
  // Numbers that every type holds exactly.
  std::vector<Scalar> gradient = {1, 4, -4, 8, -8, 0}, parameter = {2, 2, 2, -4, 16, 8};
  simd::FusedPass<Scalar, State> pass{.parameter = parameter.data(), .gradient = gradient.data(), .size = 6};
  pass.gradient_scale = 0.5;
  pass.gradient_limit = 3.0;
  pass.coupled_decay = 0.25;
  pass.keep = 0.5;  // of the parameter, which Showing overwrites: the decay of the gradient must have seen the old one
  simd::fused_pass<Showing>(simd_level(), pass);
  EXPECT_EQ(parameter, (std::vector<Scalar>{0.5 + 0.5, 2 + 0.5, -2 + 0.5, 3 - 1, -3 + 4, 0 + 2}));
}

TYPED_TEST(FusedPass, WritesAGradientThatIsNoNumberThrough) {
  using Scalar = typename TypeParam::Scalar;
  using Limits = std::numeric_limits<Scalar>;
  std::vector<Scalar> gradient(20, Limits::quiet_NaN()), parameter(20, 1);
  gradient[1] = gradient[18] = Limits::infinity();
  gradient[2] = gradient[19] = -Limits::infinity();
  for (const double limit : {std::numeric_limits<double>::infinity(), 2.0}) {
    std::vector<Scalar> result = parameter;
    simd::FusedPass<Scalar, typename TypeParam::State> pass{
        .parameter = result.data(), .gradient = gradient.data(), .size = 20};
    pass.gradient_limit = limit;
    simd::fused_pass<Showing>(simd_level(), pass);
    EXPECT_TRUE(std::isnan(result[0]) && std::isnan(result[17]));
    EXPECT_EQ(result[1], static_cast<Scalar>(limit));
    EXPECT_EQ(result[18], static_cast<Scalar>(limit));
    EXPECT_EQ(result[2], static_cast<Scalar>(-limit));
    EXPECT_EQ(result[19], static_cast<Scalar>(-limit));
  }
}

TYPED_TEST(FusedPass, AveragesByTheFormulaWithEachOperationRoundedAtEveryLevelAndStaysWithinItsMemory) {
  using Tensor = Memory<TypeParam>;
  using Scalar = typename TypeParam::Scalar;
  using State = typename TypeParam::State;
  using Wider = std::conditional_t<(sizeof(Scalar) > sizeof(State)), Scalar, State>;
  for (const std::int64_t size : {0, 1, 7, 15, 16, 17, 31, 32, 33, 50, 1000, 4099}) {
    for (const double weight : {1.0, 1.0 / 3.0, 1e-3}) {
      const Tensor start(size);
      std::vector<State> expected = start.first;
      for (std::size_t i = Tensor::guard; i < expected.size() - Tensor::guard; ++i) {
        const Wider old = expected[i];
        const Wider change =
            portable::rounded(static_cast<Wider>(weight) * (static_cast<Wider>(start.parameter[i]) - old));
        expected[i] = static_cast<State>(old + change);
      }
      for (const SimdLevel level : levels) {
        if (!simd_level_available(level)) continue;
        Tensor memory(size);
        State* average = memory.first.data() + Tensor::guard;
        simd::average_pass<Scalar>(level, memory.parameter.data() + Tensor::guard, average, weight, size);
        EXPECT_TRUE(support::same_bits(memory.first, expected)) << to_string(level) << " " << size << " " << weight;
        EXPECT_TRUE(support::same_bits(memory.parameter, start.parameter) && memory.guards_stand());
      }
    }
  }
}

}  // namespace
}  // namespace eigentune
