#include <eigentune/core/random.hpp>
#include <eigentune/space/domain.hpp>
#include <eigentune/space/parse.hpp>

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <vector>

#include "space/domain_golden.hpp"
#include "support/expect.hpp"

namespace eigentune {
namespace {

using support::error_of;

const std::vector<Domain> continuous = {uniform(0.0, 1.0),
                                        uniform(-1e300, 1e307),
                                        log_uniform(1e-5, 0.1),
                                        log_uniform(std::numeric_limits<double>::min(), 1e308),
                                        log_uniform(1.0, std::nextafter(1.0, 2.0)),
                                        one_minus_log_uniform(0.5, 0.99),
                                        one_minus_log_uniform(0.0, std::nextafter(1.0, 0.0))};
const std::vector<Domain> countable = {integer(-3, 4),           integer(-1'000'000'000'000, 1'000'000'000'000),
                                       log_integer(1, 1000),     log_integer(1, 1'000'000'000'000),
                                       discrete({1, 2.5, 4}),    discrete({"small", "medium", "large"}),
                                       choice({"adam", 3, 3.0}), choice({7})};

TEST(Domain, HasTheReferenceBits) {
  for (const auto& [text, unit, value] : golden::from_unit) {
    EXPECT_EQ(parse_domain(text).from_unit(unit).as_double(), value) << text << " " << unit;
  }
}

TEST(Domain, IncludesItsEndsExactly) {
  for (const Domain& domain : continuous) {
    EXPECT_EQ(domain.from_unit(0.0), domain.low()) << domain.text();
    EXPECT_EQ(domain.from_unit(1.0), domain.high()) << domain.text();
    EXPECT_EQ(domain.to_unit(domain.low()), 0.0) << domain.text();
    EXPECT_EQ(domain.to_unit(domain.high()), 1.0) << domain.text();
    EXPECT_TRUE(domain.contains(domain.low()) && domain.contains(domain.high())) << domain.text();
    EXPECT_FALSE(domain.contains(std::nextafter(domain.low().as_double(), -HUGE_VAL))) << domain.text();
    EXPECT_FALSE(domain.contains(std::nextafter(domain.high().as_double(), 1e308 * 1.5))) << domain.text();
  }
  for (const Domain& domain : countable) {
    EXPECT_EQ(domain.from_unit(0.0), domain.at(0)) << domain.text();
    EXPECT_EQ(domain.from_unit(1.0), domain.at(*domain.cardinality() - 1)) << domain.text();
  }
}

TEST(Domain, StaysInsideAndComesBackWhereItWas) {
  Random random(1);
  for (const Domain& domain : continuous) {
    const double range = domain.high().as_double() - domain.low().as_double();
    for (int i = 0; i < 2'000; ++i) {
      const double unit = i < 100 ? 1.0 - std::ldexp(1.0, -i - 1) : random.uniform();
      const Value value = domain.from_unit(unit);
      ASSERT_TRUE(domain.contains(value)) << domain.text() << " " << unit;
      const double back = domain.from_unit(domain.to_unit(value)).as_double();
      const double scale = domain.scale() == Scale::log ? value.as_double() : range;
      ASSERT_LE(std::abs(back - value.as_double()), 1e-12 * scale) << domain.text() << " " << unit;
    }
  }
}

TEST(Domain, ComesBackToACountableValueExactly) {
  Random random(2);
  for (const Domain& domain : countable) {
    const std::int64_t count = *domain.cardinality();
    for (std::int64_t i = 0; i < 2'000; ++i) {
      const auto picked = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(count)));
      const std::int64_t index = i < count ? i : i % 2 == 0 ? picked : count - 1 - i % count;
      const Value value = domain.at(index);
      ASSERT_TRUE(domain.contains(value));
      ASSERT_EQ(domain.index_of(value), index);
      ASSERT_EQ(domain.from_unit(domain.to_unit(value)), value) << domain.text();
    }
  }
}

TEST(Domain, PutsOneMinusXOnALogScale) {
  const Domain beta = one_minus_log_uniform(0.5, 0.99);
  EXPECT_NEAR(beta.from_unit(0.5).as_double(), 1.0 - std::sqrt(0.5 * 0.01), 1e-15);
  EXPECT_NEAR(beta.to_unit(0.9), std::log(0.1 / 0.5) / std::log(0.01 / 0.5), 1e-15);
  EXPECT_LT(beta.from_unit(0.2), beta.from_unit(0.3));
}

TEST(Domain, GivesIntegersEqualCells) {
  const Domain domain = integer(-1, 2);
  std::map<std::int64_t, int> counts;
  for (int i = 0; i < 400; ++i) ++counts[domain.from_unit((i + 0.5) / 400).as_integer()];
  EXPECT_EQ(counts, (std::map<std::int64_t, int>{{-1, 100}, {0, 100}, {1, 100}, {2, 100}}));
  EXPECT_EQ(domain.to_unit(0), 0.375);
}

/// 1, 2, 3 own log(3), log(5/3) and log(7/5) of log(7).
TEST(Domain, GivesIntegersOfALogScaleTheirRoundedShare) {
  const Domain domain = log_integer(1, 3);
  const double one = std::log(3.0) / std::log(7.0), two = std::log(5.0) / std::log(7.0);
  EXPECT_EQ(domain.from_unit(one - 1e-12), Value(1));
  EXPECT_EQ(domain.from_unit(one + 1e-12), Value(2));
  EXPECT_EQ(domain.from_unit(two - 1e-12), Value(2));
  EXPECT_EQ(domain.from_unit(two + 1e-12), Value(3));
  EXPECT_NEAR(domain.to_unit(2), 0.5 * (one + two), 1e-15);
}

TEST(Domain, GivesListedValuesEqualCells) {
  const Domain domain = choice({"a", "b", "c"});
  EXPECT_EQ(domain.from_unit(0.33), Value("a"));
  EXPECT_EQ(domain.from_unit(0.34), Value("b"));
  EXPECT_EQ(domain.from_unit(0.67), Value("c"));
  EXPECT_EQ(domain.to_unit("b"), 0.5);
}

TEST(Domain, ContainsValuesOfItsKindOnly) {
  EXPECT_TRUE(uniform(0, 2).contains(1.0));
  EXPECT_FALSE(uniform(0, 2).contains(1));
  EXPECT_FALSE(uniform(0, 2).contains("1"));
  EXPECT_FALSE(integer(0, 2).contains(1.0));
  EXPECT_FALSE(integer(0, 2).contains(3));
  EXPECT_FALSE(choice({1, 2}).contains(1.0));
}

TEST(Domain, KnowsItsScaleAndSize) {
  EXPECT_EQ(uniform(0, 1).scale(), Scale::linear);
  EXPECT_EQ(log_uniform(1, 2).scale(), Scale::log);
  EXPECT_EQ(one_minus_log_uniform(0.5, 0.9).scale(), Scale::one_minus_log);
  EXPECT_EQ(integer(0, 1).scale(), Scale::linear);
  EXPECT_EQ(log_integer(1, 2).scale(), Scale::log);
  EXPECT_EQ(discrete({1, 2}).scale(), Scale::ordered);
  EXPECT_EQ(choice({1, 2}).scale(), Scale::unordered);
  EXPECT_STREQ(to_string(Scale::one_minus_log), "one_minus_log");
  EXPECT_EQ(uniform(0, 1).cardinality(), std::nullopt);
  EXPECT_EQ(integer(-2, 2).cardinality(), 5);
  EXPECT_EQ(choice({1, 2}).cardinality(), 2);
  EXPECT_TRUE(discrete({1, 2}).is_listed() && !integer(1, 2).is_listed());
  EXPECT_EQ(discrete({16, 32, 64}).high(), Value(64));
}

TEST(Domain, PrintsTheCodeThatMakesItAndReadsIt) {
  const std::vector<std::pair<Domain, const char*>> cases = {
      {uniform(0, 1), "uniform(0.0, 1.0)"},
      {log_uniform(1e-5, 0.1), "log_uniform(1e-05, 0.1)"},
      {one_minus_log_uniform(0.5, 0.99), "one_minus_log_uniform(0.5, 0.99)"},
      {integer(-1, 8), "integer(-1, 8)"},
      {log_integer(1, 8), "log_integer(1, 8)"},
      {discrete({0.5, 1, 2}), "discrete({0.5, 1, 2})"},
      {choice({"adam", "a \"}), \"b"}), R"(choice({"adam", "a \"}), \"b"}))"}};
  for (const auto& [domain, text] : cases) {
    EXPECT_EQ(domain.text(), text);
    EXPECT_EQ(parse_domain(text), domain);
    for (const auto& [other, other_text] : cases) EXPECT_EQ(domain == other, &other_text == &text);
  }
}

TEST(Domain, RefusesTextThatIsNoDomain) {
  for (const char* text : {"", "uniform", "uniform(0.0)", "uniform(0.0, 1.0", "normal(0.0, 1.0)", "choice(1, 2)",
                           "uniform({0.0, 1.0})", "uniform(1.0, 0.0)", "integer(0.5, 1.5)", "uniform(\"a\", \"b\")",
                           "uniform(0.0, 1.0) ", "choice({})", "choice({1, 1})", "choice({[1]})"}) {
    EXPECT_NE(error_of([&] { parse_domain(text); }), "nothing was thrown") << text;
  }
}

TEST(Domain, SaysWhatIsWrongWithItsBounds) {
  const double nan = std::nan("");
  EXPECT_EQ(error_of([] { log_uniform(-1, 1); }), "log_uniform: low must be above 0, got -1");
  EXPECT_EQ(error_of([] { log_uniform(5e-324, 1); }),
            "log_uniform: low must be at least 2.2250738585072014e-308, got 5e-324");
  EXPECT_EQ(error_of([] { uniform(1, 1); }), "uniform: low must be below high, got low 1 and high 1");
  EXPECT_EQ(error_of([&] { uniform(nan, 1); }), "uniform: low must be finite, got nan");
  EXPECT_EQ(error_of([] { log_uniform(1, HUGE_VAL); }), "log_uniform: high must be finite, got inf");
  EXPECT_EQ(error_of([] { uniform(-1e308, 1e308); }),
            "uniform: high - low must be finite, got low -1e+308 and high 1e+308");
  EXPECT_EQ(error_of([] { one_minus_log_uniform(0.5, 1.0); }), "one_minus_log_uniform: high must be below 1, got 1");
  EXPECT_EQ(error_of([] { one_minus_log_uniform(-0.5, 0.9); }),
            "one_minus_log_uniform: low must be at least 0, got -0.5");
  EXPECT_EQ(error_of([] { integer(3, 3); }), "integer: low must be below high, got low 3 and high 3");
  EXPECT_EQ(error_of([] { integer(0, 1'000'000'000'001); }),
            "integer: high must be at most 1000000000000, got 1000000000001");
  EXPECT_EQ(error_of([] { integer(std::numeric_limits<std::int64_t>::min(), 0); }),
            "integer: low must be at least -1000000000000, got -9223372036854775808");
  EXPECT_EQ(error_of([] { log_integer(0, 3); }), "log_integer: low must be at least 1, got 0");
  EXPECT_EQ(error_of([] { choice({}); }), "choice: there must be at least one value");
  EXPECT_EQ(error_of([] { choice({"a", "b", "a"}); }), "choice: values must differ, got \"a\" twice");
  EXPECT_EQ(error_of([] { discrete({32, 16}); }), "discrete: numbers must ascend, got 32 before 16");
  EXPECT_EQ(error_of([] { discrete({1, 1.0}); }), "discrete: numbers must ascend, got 1 before 1.0");
  EXPECT_EQ(error_of([] {
              discrete({1, "a"});
            }),
            "discrete: values must be all numbers or all strings, got 1 and \"a\"");
}

TEST(Domain, RefusesWhatItDoesNotHave) {
  EXPECT_EQ(error_of([] { uniform(0, 1).to_unit(1.5); }), "uniform(0.0, 1.0): 1.5 is not one of its values");
  EXPECT_EQ(error_of([] { integer(0, 1).to_unit(1.0); }), "integer(0, 1): 1.0 is not one of its values");
  EXPECT_EQ(error_of([] { uniform(0, 1).from_unit(1.5); }), "uniform: unit must be in [0, 1], got 1.5");
  EXPECT_EQ(error_of([] { uniform(0, 1).from_unit(std::nan("")); }), "uniform: unit must be in [0, 1], got nan");
  EXPECT_EQ(error_of([] { uniform(0, 1).at(0); }), "uniform: the values of a continuous domain cannot be counted");
  EXPECT_EQ(error_of([] { uniform(0, 1).index_of(0.5); }),
            "uniform: the values of a continuous domain cannot be counted");
  EXPECT_EQ(error_of([] { integer(0, 1).at(2); }), "integer: index must be in [0, 2), got 2");
  EXPECT_EQ(error_of([] { choice({1, 2}).index_of(3); }), "choice({1, 2}): 3 is not one of its values");
  EXPECT_EQ(error_of([] { choice({1, 2}).low(); }), "choice: values without an order have no low");
}

}  // namespace
}  // namespace eigentune
