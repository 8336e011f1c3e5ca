#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/normal_quantile.hpp>
#include <eigentune/core/portable_math.hpp>
#include <eigentune/train/weighted_mean.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace eigentune {

/// How many of some examples were wrong.
struct ErrorCount {
  std::int64_t errors = 0;    ///< in [0, examples]
  std::int64_t examples = 0;  ///< in [1, 2^53]

  double rate() const { return static_cast<double>(errors) / static_cast<double>(examples); }
};

struct SampledEvaluationOptions {
  /// The probability, in [1e-30, 1), of finding a difference where there is none. With an evaluation checked every now
  /// and then, rather small.
  double level = 0.01;

  /// A difference of means up to this times the mean of the whole is rounding, at least 0: for losses in float, whose
  /// last bits depend on the batch. Not used for counts.
  double tolerance = 1e-6;
};

/// Whether an evaluation of a sample agrees with that of the whole.
struct SampledEvaluationCheck {
  double sampled = 0.0, whole = 0.0;  ///< means or error rates
  std::int64_t sampled_examples = 0, whole_examples = 0;
  double lowest = 0.0, highest = 0.0;  ///< what `sampled` may be by sampling alone
  double level = 0.0;                  ///< probability that it is outside by sampling alone

  /// lowest <= sampled <= highest. False where one of them is NaN.
  bool agrees() const { return lowest <= sampled && sampled <= highest; }

  /// One sentence: whether they agree, and the figures.
  std::string to_string() const {
    if (!is_finite(sampled) || !is_finite(whole) || !is_finite(lowest) || !is_finite(highest)) {
      return fmt::format(
          "the sampled evaluation, {:.6g} over {} examples, cannot be compared with the whole, {:.6g} "
          "over {}: not all is finite",
          sampled, sampled_examples, whole, whole_examples);
    }
    return fmt::format(
        "the sampled evaluation {} the whole: {:.6g} over {} examples, {:.6g} over all {}, where sampling explains "
        "{:.6g} to {:.6g} (level {}){}",
        agrees() ? "agrees with" : "does not agree with", sampled, sampled_examples, whole, whole_examples, lowest,
        highest, level,
        agrees() ? "" : "; the sample is not a random one of these examples, or was evaluated otherwise");
  }
};

namespace sampled_evaluation_detail {

inline void check(std::int64_t sampled, std::int64_t whole, const SampledEvaluationOptions& options) {
  require(sampled >= 1, "check_sampled_evaluation: the sample must have at least 1 example, got {}", sampled);
  require(sampled <= whole,
          "check_sampled_evaluation: the sample must have at most the {} examples of the whole, got {}", whole,
          sampled);
  require(options.level >= 1e-30 && options.level < 1.0,
          "check_sampled_evaluation: level must be in [1e-30, 1), got {}", options.level);
  require(options.tolerance >= 0.0 && is_finite(options.tolerance),
          "check_sampled_evaluation: tolerance must be in [0, inf), got {}", options.tolerance);
}

inline void check(const ErrorCount& count) {
  require(count.examples >= 1 && count.examples <= std::int64_t{1} << 53,
          "check_sampled_evaluation: examples must be in [1, 2^53], got {}", count.examples);
  require(count.errors >= 0 && count.errors <= count.examples,
          "check_sampled_evaluation: errors must be in [0, {}], got {}", count.examples, count.errors);
}

/// The number of examples in a mean over examples that weigh 1 each.
inline std::int64_t examples(const WeightedMean& mean) {
  require(mean.weight() >= 1.0 && mean.weight() <= 0x1p53 && mean.weight() == std::floor(mean.weight()),
          "check_sampled_evaluation: a mean must be over 1 to 2^53 examples of weight 1, got a weight of {}",
          mean.weight());
  return static_cast<std::int64_t>(mean.weight());
}

struct ErrorRange {
  std::int64_t fewest = 0, most = 0;
};

/// The numbers k of errors among `drawn` examples of `whole`, without replacement, for which neither P(errors <= k) nor
/// P(errors >= k) is at most `tail`. The hypergeometric probabilities follow from one another by ratios of small
/// numbers, and from a largest one of 1 their sum gives the scale: no factorial is needed.
inline ErrorRange explained_errors(const ErrorCount& whole, std::int64_t drawn, double tail) {
  const std::int64_t right = whole.examples - whole.errors;
  const std::int64_t least = std::max<std::int64_t>(0, drawn - right), greatest = std::min(drawn, whole.errors);
  const auto ratio = [&](std::int64_t k) {  // P(k + 1) / P(k)
    return static_cast<double>(whole.errors - k) / static_cast<double>(k + 1) *
           (static_cast<double>(drawn - k) / static_cast<double>(right - drawn + k + 1));
  };
  const double mode = (static_cast<double>(drawn) + 1.0) *
                      ((static_cast<double>(whole.errors) + 1.0) / (static_cast<double>(whole.examples) + 2.0));
  const std::int64_t start = std::clamp(static_cast<std::int64_t>(mode), least, greatest);

  constexpr double negligible = 1e-40;  // of the largest; far below the smallest level
  std::vector<double> down, up{1.0};    // P(start - 1), P(start - 2), ... and P(start), P(start + 1), ..., to scale
  for (std::int64_t k = start; k > least; --k) {
    const double next = (down.empty() ? 1.0 : down.back()) / ratio(k - 1);
    if (next < negligible) break;
    down.push_back(next);
  }
  for (std::int64_t k = start; k < greatest; ++k) {
    const double next = up.back() * ratio(k);
    if (next < negligible) break;
    up.push_back(next);
  }
  std::vector<double> weights(down.rbegin(), down.rend());
  weights.insert(weights.end(), up.begin(), up.end());
  double lower_half = 0.0, upper_half = 0.0;  // each from its small end, which keeps the small ones
  for (std::size_t i = 0; i < down.size(); ++i) lower_half += weights[i];
  for (std::size_t i = weights.size(); i > down.size(); --i) upper_half += weights[i - 1];
  const double limit = tail * (lower_half + upper_half);

  std::size_t first = 0, last = weights.size() - 1;
  for (double sum = weights[first]; sum <= limit && first + 1 < weights.size(); sum += weights[first]) ++first;
  for (double sum = weights[last]; sum <= limit && last > 0; sum += weights[last]) --last;
  const std::int64_t lowest = start - static_cast<std::int64_t>(down.size());
  return {lowest + static_cast<std::int64_t>(first), lowest + static_cast<std::int64_t>(last)};
}

}  // namespace sampled_evaluation_detail

/// Whether the error count of a sample, drawn at random without replacement, agrees with the count of the whole that it
/// was drawn from ("Choosing a sample for periodic evaluation" in the playbook: check for a discrepancy). The number of
/// errors in the sample is hypergeometric. The check is exact: a number k fails if P(errors <= k) <= level / 2 or
/// P(errors >= k) <= level / 2, so a random sample fails with a probability of at most `level`.
///
/// Throws std::invalid_argument if a count or an option is out of range, or the sample is larger than the whole.
inline SampledEvaluationCheck check_sampled_evaluation(const ErrorCount& sampled, const ErrorCount& whole,
                                                       const SampledEvaluationOptions& options = {}) {
  using namespace sampled_evaluation_detail;
  check(sampled);
  check(whole);
  check(sampled.examples, whole.examples, options);
  const auto [fewest, most] = explained_errors(whole, sampled.examples, options.level / 2.0);
  return {.sampled = sampled.rate(),
          .whole = whole.rate(),
          .sampled_examples = sampled.examples,
          .whole_examples = whole.examples,
          .lowest = ErrorCount{fewest, sampled.examples}.rate(),
          .highest = ErrorCount{most, sampled.examples}.rate(),
          .level = options.level};
}

/// The same for the mean of any metric, such as a loss. With n of N examples drawn, and the variance over the whole (as
/// WeightedMean::variance), the mean of the sample has exactly the variance
///
///     variance / n * (1 - n / N),
///
/// the second factor being the finite-population correction, and is taken for normal. It nearly is for a sample of some
/// hundred examples; a few examples that hold most of the loss need more, else the level is only roughly kept. Each
/// example must weigh 1.
///
/// Throws std::invalid_argument if a weight is not a number of examples, an option is out of range, or the sample is
/// larger than the whole.
inline SampledEvaluationCheck check_sampled_evaluation(const WeightedMean& sampled, const WeightedMean& whole,
                                                       const SampledEvaluationOptions& options = {}) {
  using namespace sampled_evaluation_detail;
  const std::int64_t drawn = examples(sampled), all = examples(whole);
  check(drawn, all, options);
  const double share_left_out = static_cast<double>(all - drawn) / static_cast<double>(all);
  const double error = drawn == all ? 0.0 : std::sqrt(whole.variance() / static_cast<double>(drawn) * share_left_out);
  const double explained =
      std::max(error * -normal_quantile(options.level / 2.0), options.tolerance * std::fabs(whole.mean()));
  return {.sampled = sampled.mean(),
          .whole = whole.mean(),
          .sampled_examples = drawn,
          .whole_examples = all,
          .lowest = whole.mean() - portable::rounded(explained),
          .highest = whole.mean() + portable::rounded(explained),
          .level = options.level};
}

}  // namespace eigentune
