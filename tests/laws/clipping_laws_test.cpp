// Laws of clipping, read off SGD with rate 1 from parameters of 0: the step is then the clipped gradient itself.

#include <cmath>
#include <limits>

#include "laws/model.hpp"

namespace laws {

template <class Scalar>
class ClippingLaws : public testing::Test {
 public:
  using Vector = Eigen::Matrix<Scalar, Eigen::Dynamic, 1>;

  // The scale is rounded to Scalar once, and each product once: half a unit in the last place each.
  static constexpr double tolerance = std::numeric_limits<Scalar>::epsilon();

  struct Result {
    Vector clipped;
    StepReport report;
  };
  static Result clip(const Vector& gradient, const StepOptions& options) {
    Vector parameter = Vector::Zero(gradient.size()), bound = gradient;
    SGD<Scalar> optimizer;
    optimizer.add("theta", parameter, bound);
    Result result{{}, optimizer.step(options)};
    result.clipped = -parameter;
    return result;
  }
  static Vector gradient_of(std::int64_t size) {
    const auto values = support::uneven_numbers<Scalar>(size, 11);
    return Eigen::Map<const Vector>(values.data(), size);
  }
};
using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(ClippingLaws, Scalars);

TYPED_TEST(ClippingLaws, ReportsTheNormBeforeAndKeepsTheDirection) {
  for (const std::int64_t size : sizes) {
    const auto gradient = this->gradient_of(size);
    const double norm = gradient.template cast<double>().norm();
    if (norm == 0.0) continue;
    for (const double fraction : {0.9, 0.5, 1e-3}) {
      const auto [clipped, report] = this->clip(gradient, {.learning_rate = 1, .max_gradient_norm = fraction * norm});
      EXPECT_NEAR(report.gradient_norm, norm, 1e-14 * norm);
      EXPECT_NEAR(report.clip_scale, fraction, 1e-14);
      for (std::int64_t i = 0; i < size; ++i) {
        EXPECT_NEAR(clipped[i], report.clip_scale * gradient[i], this->tolerance * fraction * std::abs(gradient[i]));
      }
      EXPECT_LE(clipped.template cast<double>().norm(), fraction * norm * (1 + this->tolerance));
    }
  }
}

TYPED_TEST(ClippingLaws, ClippingTwiceIsClippingOnce) {
  for (const std::int64_t size : sizes) {
    const auto gradient = this->gradient_of(size);
    const StepOptions options{.learning_rate = 1, .max_gradient_norm = 0.3 * gradient.template cast<double>().norm() + 1e-30};
    const auto once = this->clip(gradient, options);
    const auto twice = this->clip(once.clipped, options);
    EXPECT_GE(twice.report.clip_scale, 1 - this->tolerance);
    for (std::int64_t i = 0; i < size; ++i) {
      EXPECT_NEAR(twice.clipped[i], once.clipped[i], 2 * this->tolerance * std::abs(once.clipped[i]));
    }
  }
}

TYPED_TEST(ClippingLaws, AThresholdThatIsNotReachedChangesNoBit) {
  for (const std::int64_t size : sizes) {
    const auto gradient = this->gradient_of(size);
    const double norm = gradient.template cast<double>().norm();
    const auto free = this->clip(gradient, {.learning_rate = 1});
    const auto clipped = this->clip(gradient, {.learning_rate = 1, .max_gradient_norm = 1.0001 * norm + 1e-30,
                                               .max_tensor_norm = 1.0001 * norm + 1e-30, .max_gradient_value = 1e30});
    EXPECT_EQ(clipped.report.clip_scale, 1.0);
    EXPECT_EQ(free.clipped, clipped.clipped);
  }
}

TYPED_TEST(ClippingLaws, ManyElementsDoNotLoseTheNorm) {
  // A float sum of squares would stand still at 2^24; the sum is in double, in 16 lanes a block.
  const std::int64_t size = std::int64_t{1} << 25;
  Eigen::VectorX<TypeParam> parameter = Eigen::VectorX<TypeParam>::Zero(size), gradient = parameter.array() + 1;
  gradient[0] = 3;
  SGD<TypeParam> optimizer;
  optimizer.add("theta", parameter, gradient);
  const double norm = optimizer.step({.learning_rate = 0.0}).gradient_norm;
  EXPECT_DOUBLE_EQ(norm, std::sqrt(static_cast<double>(size) + 8.0));
}

}  // namespace laws
