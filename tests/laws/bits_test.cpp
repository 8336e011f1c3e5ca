// The same bits at every level of SIMD, for bodies and tails; and a rule with its momentum switched off is SGD.

#include "laws/model.hpp"

namespace laws {

template <class KindType>
class Bits : public testing::Test {
 protected:
  void TearDown() override { set_simd_level(detail::best_simd_level()); }
};
TYPED_TEST_SUITE(Bits, Kinds);

TYPED_TEST(Bits, EveryLevelGivesTheSame) {
  using ModelType = Model<typename TypeParam::Rule, typename TypeParam::Scalar>;
  for (const std::int64_t size : {1, 7, 15, 16, 17, 31, 33, 1000, 4099}) {
    const auto train = [&](SimdLevel level) {
      set_simd_level(level);
      ModelType model({size, 5}, Container::map, {.weight_decay = 0.1, .coupled = true});
      model.optimizer.average(ExponentialAverage{.decay = 0.9});
      for (std::uint64_t step = 0; step < 3; ++step) {
        model.step(step, {.learning_rate = 0.01, .max_gradient_norm = 2.0, .max_gradient_value = 0.1});
        model.step(step, {.learning_rate = 0.01, .zero_gradients = true, .check_finite = false});
      }
      return model;
    };
    const ModelType best = train(detail::best_simd_level());
    for (const SimdLevel level : {SimdLevel::generic, SimdLevel::sse2, SimdLevel::avx2, SimdLevel::avx512}) {
      if (!simd_level_available(level)) continue;
      const ModelType model = train(level);
      EXPECT_TRUE(support::same_bits(best.parameters, model.parameters)) << to_string(level) << " " << size;
      EXPECT_EQ(best.optimizer.state(), model.optimizer.state()) << to_string(level) << " " << size;
    }
  }
}

template <class Scalar>
class ZeroMomentum : public testing::Test {};
using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(ZeroMomentum, Scalars);

TYPED_TEST(ZeroMomentum, IsSGDBitForBit) {
  for (const RatePlacement placement : {RatePlacement::outside_momentum, RatePlacement::inside_momentum}) {
    for (const std::int64_t size : sizes) {
      Model<SGDRule, TypeParam> sgd({size});
      Model<MomentumRule, TypeParam> momentum({size});
      Model<NesterovRule, TypeParam> nesterov({size});
      momentum.optimizer.set_rule({.momentum = 0.0, .rate_placement = placement});
      nesterov.optimizer.set_rule({.momentum = 0.0, .rate_placement = placement});
      for (std::uint64_t step = 0; step < 5; ++step) {
        const StepOptions options{.learning_rate = 0.1 / static_cast<double>(step + 1), .max_gradient_norm = 100.0};
        sgd.step(step, options);
        momentum.step(step, options);
        nesterov.step(step, options);
      }
      EXPECT_TRUE(support::same_bits(sgd.parameters, momentum.parameters)) << size;
      EXPECT_TRUE(support::same_bits(sgd.parameters, nesterov.parameters)) << size;
    }
  }
}

}  // namespace laws
