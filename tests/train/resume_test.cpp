#include <eigentune/core/random.hpp>
#include <eigentune/train/checkpoint_keeper.hpp>

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "laws/model.hpp"
#include "support/pools.hpp"
#include "train/files.hpp"

// A run that is restored goes on as if it had never stopped.

namespace eigentune {
namespace {

template <class Kind>
class Resume : public testing::Test {};
TYPED_TEST_SUITE(Resume, laws::Kinds);

/// Two tensors under a rule, one of them large enough for several threads.
template <class Rule, class Scalar>
struct Training {
  using Matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;

  explicit Training(std::uint64_t seed) : optimizer(laws::lively<Rule>()) {
    fill(seed);
    w = w_gradient;
    b = b_gradient;
    optimizer.add("w", w, w_gradient, {.weight_decay = 0.1});
    optimizer.add("b", b, b_gradient);
  }
  void fill(std::uint64_t seed) {
    const auto numbers = support::uneven_numbers<Scalar>(70'007, seed);
    w_gradient = Eigen::Map<const Matrix>(numbers.data(), 700, 100);
    b_gradient = Eigen::Map<const Matrix>(numbers.data() + 70'000, 7, 1);
  }
  template <class Pool>
  void step(std::uint64_t seed, Pool& pool) {
    fill(seed);
    optimizer.step(pool, {.learning_rate = 0.01, .max_gradient_norm = 1.0});
  }
  void accumulate(std::uint64_t seed) {
    fill(seed);
    optimizer.accumulate();
  }

  Matrix w, w_gradient, b, b_gradient;
  Optimizer<Rule, Scalar> optimizer;
};

/// Restores what was saved after four steps, one gradient into the next one if `accumulating`, to a model that has come
/// elsewhere, and compares three steps more with those of the run that went on.
template <class Rule, class Scalar>
void expect_same_bits_after_resuming(bool accumulating, int threads) {
  support::ReadyPool pool(threads);
  Training<Rule, Scalar> run(0), resumed(99);
  for (std::uint64_t seed = 1; seed < 5; ++seed) run.step(seed, pool);
  if (accumulating) run.accumulate(10);
  const files::TemporaryFolder folder;
  save_checkpoint(folder / "a", 4, std::nullopt, run.optimizer);

  resumed.step(5, pool);
  resumed.optimizer.set_rule(Rule{});
  restore_checkpoint(folder / "a", resumed.optimizer);
  EXPECT_EQ(run.optimizer.state(), resumed.optimizer.state());
  for (auto* model : {&run, &resumed}) {
    if (accumulating) model->accumulate(11);
    for (std::uint64_t seed = 20; seed < 23; ++seed) model->step(seed, pool);
  }
  EXPECT_TRUE(run.w == resumed.w && run.b == resumed.b);
  EXPECT_EQ(run.optimizer.state(), resumed.optimizer.state());
}

TYPED_TEST(Resume, EqualsUninterruptedOnOneThreadAndTwo) {
  for (const int threads : {1, 2}) {
    expect_same_bits_after_resuming<typename TypeParam::Rule, typename TypeParam::Scalar>(false, threads);
  }
}

TYPED_TEST(Resume, EqualsUninterruptedInTheMiddleOfAccumulatingGradients) {
  expect_same_bits_after_resuming<typename TypeParam::Rule, typename TypeParam::Scalar>(true, 1);
}

/// A run that is interrupted at random steps, of which some are in the middle of accumulating gradients: each time
/// another model, which has come elsewhere, takes over from a file.
template <class Rule, class Scalar>
void expect_averages_survive_interruptions(const Averaging& averaging, int threads) {
  constexpr std::uint64_t steps = 40, interruptions = 20;
  support::ReadyPool pool(threads);
  Random random(static_cast<std::uint64_t>(threads));
  const auto order = random.permutation(steps);
  std::array<bool, steps> interrupted{};
  for (std::uint64_t i = 0; i < interruptions; ++i) interrupted[static_cast<std::size_t>(order[i])] = true;
  const Training<Rule, Scalar> start(0);
  Training<Rule, Scalar> run(0), resumed(0), other(99);
  for (auto* model : {&run, &resumed, &other}) model->optimizer.average(averaging);
  auto *current = &resumed, *next = &other;
  const files::TemporaryFolder folder;
  SystemCalls calls;
  calls.fsync = [](int) { return 0; };  // many files, none of which must survive a loss of power
  CheckpointKeeper keeper(folder.path(), {}, calls);
  for (std::uint64_t step = 0; step < steps; ++step) {
    const bool accumulating = interrupted[step] && random.below(4) == 0;
    const double scale = 1.0 / static_cast<double>(step + 1);  // other gradients in each step, quickly
    for (auto* model : {&run, current}) {
      if (accumulating) model->optimizer.accumulate();
    }
    if (interrupted[step]) {
      keeper.save(static_cast<std::int64_t>(step), current->optimizer);
      keeper.restore_latest(next->optimizer);
      std::swap(current, next);
    }
    for (auto* model : {&run, current}) {
      model->w_gradient = start.w * static_cast<Scalar>(scale);
      model->b_gradient = start.b * static_cast<Scalar>(scale);
      if (accumulating) model->optimizer.accumulate();
      model->optimizer.step(pool, {.learning_rate = 0.01, .max_gradient_norm = 1.0});
    }
  }
  EXPECT_TRUE(run.w == current->w && run.b == current->b);
  EXPECT_EQ(run.optimizer.state(), current->optimizer.state());
  EXPECT_GT(run.optimizer.state().tensors[0].averaged, 30);
}

TYPED_TEST(Resume, EqualsUninterruptedWithAveragesOnOneThreadAndTwo) {
  using Rule = typename TypeParam::Rule;
  using Scalar = typename TypeParam::Scalar;
  for (const int threads : {1, 2}) {
    expect_averages_survive_interruptions<Rule, Scalar>(ExponentialAverage{.decay = 0.9}, threads);
    expect_averages_survive_interruptions<Rule, Scalar>(UniformAverage{.start = 7}, threads);
  }
}

/// A tensor under Adam whose state is double and whose parameters are float, or the other way round.
template <class Scalar, class State>
struct Mixed {
  Mixed() { optimizer.add("w", w, gradient); }
  void accumulate(double scale) {
    gradient.setLinSpaced(static_cast<Scalar>(0.1 * scale), static_cast<Scalar>(scale / 3));
    optimizer.accumulate();
  }
  Eigen::Array<Scalar, Eigen::Dynamic, 1> w = Eigen::Array<Scalar, Eigen::Dynamic, 1>::Ones(37), gradient = w;
  Adam<Scalar, State> optimizer;
};

template <class Scalar, class State>
void expect_mixed_precision_resumes() {
  Mixed<Scalar, State> run, resumed;
  for (auto* model : {&run, &resumed}) model->optimizer.average(ExponentialAverage{.bias_correction = false});
  run.optimizer.step({.learning_rate = 0.1});
  run.accumulate(1.0);
  run.accumulate(0.7);
  const files::TemporaryFolder folder;
  save_checkpoint(folder / "a", 1, 0.5, run.optimizer);
  restore_checkpoint(folder / "a", resumed.optimizer);
  for (auto* model : {&run, &resumed}) model->optimizer.step({.learning_rate = 0.1});
  EXPECT_TRUE((run.w == resumed.w).all());
  EXPECT_EQ(run.optimizer.state(), resumed.optimizer.state());
}

TEST(Restore, KeepsEveryBitOfStateAndSumsOfAnotherPrecision) {
  expect_mixed_precision_resumes<float, double>();
  expect_mixed_precision_resumes<double, float>();
}

TEST(Restore, ForgetsGradientsThatWereAccumulatedSinceTheCheckpoint) {
  Mixed<float, float> run, other;
  const files::TemporaryFolder folder;
  save_checkpoint(folder / "a", 0, std::nullopt, run.optimizer);
  other.accumulate(1.0);
  restore_checkpoint(folder / "a", other.optimizer);
  for (auto* model : {&run, &other}) {
    model->accumulate(0.5);
    model->optimizer.step({.learning_rate = 0.1});
  }
  EXPECT_TRUE((run.w == other.w).all());
}

TEST(Restore, CountsSkipsOnSoThatARunGivesUpAtTheSameStep) {
  Eigen::VectorXf w = Eigen::VectorXf::Ones(2), gradient = w;
  const auto new_run = [&] {
    SGD<float> optimizer({}, {.max_consecutive_skips = 3});
    optimizer.add("w", w, gradient);
    return optimizer;
  };
  SGD<float> run = new_run(), resumed = new_run();
  gradient[0] = std::numeric_limits<float>::quiet_NaN();
  for (int step = 0; step < 2; ++step) run.step({.learning_rate = 0.1});
  const files::TemporaryFolder folder;
  save_checkpoint(folder / "a", 2, std::nullopt, run);
  restore_checkpoint(folder / "a", resumed);
  EXPECT_THROW(resumed.step({.learning_rate = 0.1}), DivergenceError);
}

TEST(Restore, TakesTheHyperparametersUnlessToldToKeepThem) {
  Mixed<float, float> run, other;
  run.optimizer.set_hyperparameters({{"beta1", 0.123456789}, {"epsilon_placement", "after_bias_correction"}});
  const files::TemporaryFolder folder;
  save_checkpoint(folder / "a", 0, std::nullopt, run.optimizer);
  const Hyperparameters before = other.optimizer.hyperparameters();
  restore_checkpoint(folder / "a", other.optimizer, {}, {.keep_hyperparameters = true});
  EXPECT_EQ(other.optimizer.hyperparameters(), before);
  restore_checkpoint(folder / "a", other.optimizer);
  EXPECT_EQ(other.optimizer.hyperparameters(), run.optimizer.hyperparameters());
}

TEST(Restore, GivesBackExtrasScheduleAndMetricExactly) {
  Mixed<float, float> run;
  Random random(~std::uint64_t{0}, 1);
  for (int i = 0; i < 5; ++i) random.bits();
  Eigen::MatrixXd mean = Eigen::MatrixXd::Random(3, 2);
  std::vector<std::uint64_t> order{3, 1, std::numeric_limits<std::uint64_t>::max()};
  CheckpointExtras extras;
  extras.tensor("mean", mean).tensor("order", std::span(order));
  extras.value("seed", random.seed()).value("stream", random.stream()).value("position", random.position());
  extras.value("lowest", std::numeric_limits<std::int64_t>::min()).value("third", 1.0 / 3).value("minus zero", -0.0);
  extras.value("inf", std::numeric_limits<double>::infinity())
      .value("nan", std::nan(""))
      .value("t\u00e9xt \"1\"", "\n");
  extras.schedule("warmup(500, cosine_decay(0.001, 20000))");
  const files::TemporaryFolder folder;
  const Eigen::MatrixXd saved_mean = mean;
  const std::vector<std::uint64_t> saved_order = order;
  for (const double metric :
       {0.1, -0.0, 5e-324, 1.7976931348623157e308, 3.0, -std::numeric_limits<double>::infinity()}) {
    save_checkpoint(folder / "a", std::int64_t{1} << 53, metric, run.optimizer, extras);
    mean.setZero();
    order = {0, 0, 0};
    const RestoredCheckpoint restored = restore_checkpoint(folder / "a", run.optimizer, extras);
    EXPECT_EQ(std::bit_cast<std::uint64_t>(*restored.metric), std::bit_cast<std::uint64_t>(metric));
    EXPECT_EQ(restored.step, std::int64_t{1} << 53);
    EXPECT_EQ(restored.schedule, "warmup(500, cosine_decay(0.001, 20000))");
    EXPECT_EQ(mean, saved_mean);
    EXPECT_EQ(order, saved_order);
    const CheckpointValues& values = restored.values;
    Random again(values.get<std::uint64_t>("seed"), values.get<std::uint64_t>("stream"));
    again.seek(values.get<std::uint64_t>("position"));
    EXPECT_EQ(again.bits(), Random(random).bits());
    EXPECT_EQ(values.get<std::int64_t>("lowest"), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(values.get<double>("third"), 1.0 / 3);
    EXPECT_TRUE(std::signbit(values.get<double>("minus zero")));
    EXPECT_EQ(values.get<double>("inf"), std::numeric_limits<double>::infinity());
    EXPECT_TRUE(std::isnan(values.get<double>("nan")));
    EXPECT_EQ(values.get<std::string>("t\u00e9xt \"1\""), "\n");
    EXPECT_THROW(values.get<std::int32_t>("lowest"), std::invalid_argument);
    EXPECT_THROW(values.get<double>("seed"), std::invalid_argument);
    EXPECT_THROW(values.get<double>("none"), std::invalid_argument);
  }
  save_checkpoint(folder / "a", 0, std::nan(""), run.optimizer);
  EXPECT_TRUE(std::isnan(*restore_checkpoint(folder / "a", run.optimizer).metric));
  save_checkpoint(folder / "a", 0, std::nullopt, run.optimizer);
  EXPECT_FALSE(restore_checkpoint(folder / "a", run.optimizer).metric.has_value());
}

TEST(DataType, RoundsToTheNearestBfloat16TiesToEven) {
  EXPECT_EQ(bfloat16_bits(1.0f), 0x3f80);
  EXPECT_EQ(bfloat16_bits(1.0f + 0x1p-8f), 0x3f80);             // halfway between 1 and 1 + 2^-7: to the even one
  EXPECT_EQ(bfloat16_bits(1.0f + 0x1p-7f + 0x1p-8f), 0x3f82);   // halfway: up to the even one
  EXPECT_EQ(bfloat16_bits(1.0f + 0x1p-8f + 0x1p-20f), 0x3f81);  // beyond halfway
  EXPECT_EQ(bfloat16_bits(std::numeric_limits<float>::max()), 0x7f80);
  EXPECT_EQ(bfloat16_bits(-std::numeric_limits<float>::infinity()), 0xff80);
  EXPECT_EQ(bfloat16_bits(std::bit_cast<float>(0x7f800001u)), 0x7fc0);  // a NaN whose upper bits say infinity
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float value = float_of_bfloat16(half);
    if (std::isnan(value)) continue;
    EXPECT_EQ(bfloat16_bits(value), half);
  }
}

TEST(DataType, WidensEveryHalfAsEigenDoes) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float expected = static_cast<float>(Eigen::numext::bit_cast<Eigen::half>(half)), found = float_of_half(half);
    if (std::isnan(expected)) {
      EXPECT_TRUE(std::isnan(found));
    } else {
      EXPECT_EQ(std::bit_cast<std::uint32_t>(found), std::bit_cast<std::uint32_t>(expected)) << bits;
    }
  }
}

}  // namespace
}  // namespace eigentune
