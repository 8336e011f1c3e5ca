#pragma once

#include <eigentune/core/random.hpp>
#include <eigentune/optim/optimizers.hpp>
#include <eigentune/optim/options.hpp>

#include <bit>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "lion.hpp"

// A random case for the laws: which rule, which types, which tensors where in memory, which options. Everything follows
// from the case's number, with integers and powers of two alone, so that it is the same with every compiler.

namespace laws {

struct CaseTensor {
  std::int64_t size;
  std::int64_t parameter_offset, gradient_offset;  ///< elements after the border of a cache line
  eigentune::TensorOptions options;
};

struct CaseStep {
  eigentune::StepOptions options;
  std::int64_t accumulated;  ///< calls of accumulate() before the step
};

struct Case {
  std::uint64_t number;
  std::uint64_t rule, types;  ///< SGD, Momentum, Nesterov, RMSProp, Adam, NAdam, Lion; as in random_cases.cpp
  std::uint64_t variant;      ///< bits that choose hyperparameters
  std::vector<CaseTensor> tensors;
  std::vector<CaseStep> steps;
  bool has_non_finite;  ///< one gradient of the last step is NaN or infinite
};

namespace detail {

/// (1 + a fraction) 2^exponent, with an exponent from `low` to `high`.
inline double around(eigentune::Random& random, int low, int high) {
  const auto exponent =
      static_cast<std::uint64_t>(1023 + low) + random.below(static_cast<std::uint64_t>(high - low + 1));
  return std::bit_cast<double>(exponent << 52 | random.bits() >> 12);
}

/// Mostly around the borders of tiles, often a prime, sometimes anything up to 5000.
inline std::int64_t draw_size(eigentune::Random& random) {
  constexpr std::int64_t primes[] = {2, 3, 5, 7, 11, 13, 19, 23, 37, 61, 97, 127, 251, 509, 1021, 2039, 4093, 4999};
  const auto below = [&](std::uint64_t bound) { return static_cast<std::int64_t>(random.below(bound)); };
  const std::uint64_t kind = random.below(100);
  if (kind < 55) return 16 * (1 + below(5)) - 1 + below(3);
  if (kind < 60) return below(2);
  if (kind < 80) return below(300);
  if (kind < 92) return primes[random.below(std::size(primes))];
  return below(5001);
}

/// The first tensor of a large case has enough for several threads; another is around a border of blocks.
inline std::int64_t draw_large_size(eigentune::Random& random, bool first) {
  const auto below = [&](std::uint64_t bound) { return static_cast<std::int64_t>(random.below(bound)); };
  return first ? 65'536 + below(134'465) : 16'384 * (1 + below(3)) - 17 + below(35);
}

inline std::optional<double> sometimes(eigentune::Random& random, int low, int high) {
  const bool present = random.below(4) == 0;
  const double value = around(random, low, high);
  return present ? std::optional(value) : std::nullopt;
}

}  // namespace detail

inline Case draw_case(std::uint64_t number) {
  eigentune::Random random(20'230'119, number);
  constexpr double scales[] = {1.0, 1.0, 1.0, 0.5, 1.0 / 3.0, -1.0, 1.0 / 1024, 24.0};
  Case drawn{number, random.below(7), random.below(4), random.bits(), {}, {}, random.below(25) == 0};

  const bool large = random.below(150) == 0;
  for (std::uint64_t count = 1 + random.below(random.below(2) == 0 ? 1 : 5); count > 0; --count) {
    eigentune::TensorOptions options{.learning_rate_scale = detail::sometimes(random, -3, 2),
                                     .weight_decay = detail::sometimes(random, -10, -1)};
    if (random.below(2) == 0) options.coupled = true;
    if (random.below(12) == 0) options.frozen = true;
    const bool first = drawn.tensors.empty(), is_large = large && (first || random.below(2) == 0);
    const std::int64_t size = is_large ? detail::draw_large_size(random, first) : detail::draw_size(random);
    drawn.tensors.push_back(
        {size, static_cast<std::int64_t>(random.below(17)), static_cast<std::int64_t>(random.below(17)), options});
  }
  for (std::uint64_t count = 1 + random.below(3); count > 0; --count) {
    eigentune::StepOptions options{.learning_rate = detail::around(random, -12, -1),
                                   .max_gradient_norm = detail::sometimes(random, -2, 8),
                                   .max_tensor_norm = detail::sometimes(random, -2, 8),
                                   .max_gradient_value = detail::sometimes(random, -4, 4),
                                   .zero_gradients = random.below(3) == 0,
                                   .check_finite = random.below(2) == 0,
                                   .gradient_scale = scales[random.below(std::size(scales))]};
    drawn.steps.push_back({options, random.below(6) == 0 ? static_cast<std::int64_t>(1 + random.below(3)) : 0});
  }
  return drawn;
}

/// The hyperparameters of a case: the defaults or livelier ones, and each convention.
template <class Rule>
Rule draw_rule(std::uint64_t variant) {
  Rule rule;
  const auto take = [&](std::uint64_t choices) {
    const std::uint64_t choice = variant % choices;
    variant /= choices;
    return choice;
  };
  if constexpr (requires { rule.epsilon; }) rule.epsilon = take(2) == 0 ? 1e-8 : 1e-3;
  if constexpr (requires { rule.momentum; }) rule.momentum = take(3) == 0 ? 0.0 : 0.9;
  if constexpr (requires { rule.beta1; }) rule.beta1 = take(3) == 0 ? 0.5 : 0.9;
  if constexpr (requires { rule.beta2; }) rule.beta2 = take(3) == 0 ? 0.0 : 0.999;
  if constexpr (requires { rule.initial_v; }) rule.initial_v = static_cast<double>(take(2));
  if constexpr (requires { rule.rate_placement; }) rule.rate_placement = static_cast<eigentune::RatePlacement>(take(2));
  if constexpr (requires { rule.root_epsilon; }) rule.root_epsilon = static_cast<eigentune::RootEpsilon>(take(2));
  if constexpr (requires { rule.epsilon_placement; })
    rule.epsilon_placement = static_cast<eigentune::EpsilonPlacement>(take(2));
  if constexpr (requires { rule.momentum_schedule; })
    rule.momentum_schedule = static_cast<eigentune::NAdamMomentum>(take(3));
  return rule;
}

/// Numbers of very different sizes: mostly from 2^-26 to 2^6, some up to 2^16, some subnormal, and zeros of both signs.
template <class Scalar>
void fill_uneven(std::span<Scalar> values, std::uint64_t seed) {
  using Bits = std::conditional_t<sizeof(Scalar) == 4, std::uint32_t, std::uint64_t>;
  constexpr int fraction_bits = std::numeric_limits<Scalar>::digits - 1;
  constexpr std::uint64_t one = static_cast<std::uint64_t>(std::numeric_limits<Scalar>::max_exponent) - 1;
  for (Scalar& value : values) {
    seed += 0x9E3779B97F4A7C15;  // Steele, Lea and Flood's SplitMix64
    std::uint64_t word = (seed ^ seed >> 30) * 0xBF58476D1CE4E5B9;
    word = (word ^ word >> 27) * 0x94D049BB133111EB;
    word ^= word >> 31;
    const std::uint64_t kind = word % 32, sign = word >> 5 & 1, small = word >> 6 & 31, fraction = word >> 12;
    const std::uint64_t exponent = kind <= 1 ? 0 : kind == 2 ? one + 8 + small % 8 : one - 26 + small;
    const std::uint64_t kept = kind == 0 ? 0 : fraction >> (52 - fraction_bits);
    value =
        std::bit_cast<Scalar>(static_cast<Bits>(sign << (sizeof(Scalar) * 8 - 1) | exponent << fraction_bits | kept));
  }
}

}  // namespace laws
