#pragma once

#include <eigentune/core/portable_math.hpp>
#include <eigentune/search/normal_distribution.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

/// Tails of the distributions that the findings test with, in closed form. Nothing of libm but std::sqrt.
namespace eigentune::analysis_detail {

/// P(Z > z) of a standard normal Z.
inline double normal_upper_tail(double z) {
  return portable::exp(normal_distribution::log_cdf(-z).value);
}

/// P(G > x) of a gamma variable G of integer shape `count` >= 1 and scale 1: e^-x (1 + x + ... + x^(count-1) /
/// (count-1)!).
inline double gamma_upper_tail(double x, std::int64_t count) {
  double term = portable::exp(-x), sum = term;
  for (std::int64_t j = 1; j < count; ++j) {
    term *= x / static_cast<double>(j);
    sum += term;
  }
  return std::min(sum, 1.0);
}

/// An interval for a probability of which `hits` of `count` >= 1 trials tell, both ends at z standard errors (Wilson,
/// "Probable Inference, the Law of Succession, and Statistical Inference", 1927).
struct WilsonInterval {
  double lower, upper;

  WilsonInterval(std::int64_t hits, std::int64_t count, double z) {
    const auto n = static_cast<double>(count);
    const double share = static_cast<double>(hits) / n, z2 = z * z;
    const double middle = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    const double reach = z * std::sqrt(share * (1.0 - share) / n + z2 / (4.0 * n * n)) / (1.0 + z2 / n);
    lower = std::max(0.0, middle - reach);
    upper = std::min(1.0, middle + reach);
  }
};

/// ln(i!) for i = 0, ..., most.
inline std::vector<double> log_factorials(std::size_t most) {
  std::vector<double> table(most + 1, 0.0);
  for (std::size_t i = 2; i <= most; ++i) table[i] = table[i - 1] + portable::log(static_cast<double>(i));
  return table;
}

/// Fisher's exact test, one-sided: P(at least `hits` of `drawn` are marked) when `drawn` of `total`, of which `marked`
/// are marked, are drawn at random. `log_factorial` must reach `total`.
inline double fisher_upper_tail(std::size_t hits, std::size_t drawn, std::size_t marked, std::size_t total,
                                const std::vector<double>& log_factorial) {
  const auto log_choose = [&](std::size_t n, std::size_t k) {
    return log_factorial[n] - log_factorial[k] - log_factorial[n - k];
  };
  double sum = 0.0;
  for (std::size_t j = hits; j <= std::min(drawn, marked); ++j) {
    if (drawn - j > total - marked) continue;
    sum += portable::exp(log_choose(marked, j) + log_choose(total - marked, drawn - j) - log_choose(total, drawn));
  }
  return std::min(sum, 1.0);
}

}  // namespace eigentune::analysis_detail
