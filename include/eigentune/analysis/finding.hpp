#pragma once

#include <eigentune/space/value.hpp>

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigentune {

/// What was asked of a study: the questions of the playbook's checklist.
enum class Check {
  search_space_boundary,  ///< one finding for each varied hyperparameter with an order
  sampled_enough,
  infeasible_fraction,
  infeasible_region,  ///< for each varied hyperparameter beyond some value of which trials are infeasible
  instability_edge,   ///< for each of those
  overfitting,
  late_variance,
  still_improving,
  saturated,
  training_loss_rising,
  periodic_validation,
  best_step,
  gradient_clipping,
  scientific_comparison,  ///< for each scientific hyperparameter
  fixed_hyperparameter    ///< for each fixed hyperparameter
};

/// The question in words, as the playbook asks it.
constexpr std::string_view question_of(Check check) {
  switch (check) {
    case Check::search_space_boundary:
      return "Is the search space large enough?";
    case Check::sampled_enough:
      return "Have we sampled enough points from the search space?";
    case Check::infeasible_fraction:
      return "What fraction of the trials in the study are infeasible?";
    case Check::infeasible_region:
      return "Beyond which value are the trials infeasible?";
    case Check::instability_edge:
      return "Does the model exhibit optimization issues?";
    case Check::overfitting:
      return "Do the best trials exhibit problematic overfitting?";
    case Check::late_variance:
      return "Is there high step-to-step variance in the validation error late in training?";
    case Check::still_improving:
      return "Are the trials still improving at the end of training?";
    case Check::saturated:
      return "Has performance saturated long before the final training step?";
    case Check::training_loss_rising:
      return "Does the training loss rise?";
    case Check::periodic_validation:
      return "Are the validation metrics periodic?";
    case Check::best_step:
      return "Is max_train_steps too small or too large?";
    case Check::gradient_clipping:
      return "Which gradient norms are there, and how much of them is clipped?";
    case Check::scientific_comparison:
      return "Which value is best once the nuisance hyperparameters are optimized away?";
    case Check::fixed_hyperparameter:
      break;
  }
  return "Which conclusions hold only for fixed values?";
}

enum class Verdict {
  good,       ///< nothing to do
  problem,    ///< something to do: see Finding::action
  note,       ///< something to know
  cannot_say  ///< the data do not tell; the conclusion says why
};

/// "good", "problem", "note" or "cannot say".
constexpr std::string_view to_string(Verdict verdict) {
  constexpr std::string_view names[] = {"good", "problem", "note", "cannot say"};
  return names[static_cast<int>(verdict)];
}

/// One end of a hyperparameter's range.
enum class Bound { lower, upper };

/// "lower" or "upper".
constexpr std::string_view to_string(Bound bound) {
  return bound == Bound::lower ? "lower" : "upper";
}

/// A value as people write it: a number without a trailing ".0".
inline std::string number_text(const Value& value) {
  return value.is_double() ? fmt::format("{:.6g}", value.as_double()) : value.text();
}

/// Two values as people write them, with as many more digits as it takes to tell them apart, if they differ.
inline std::pair<std::string, std::string> distinct_texts(const Value& first, const Value& second) {
  std::pair texts(number_text(first), number_text(second));
  constexpr int exact = 17;
  for (int digits = 7; texts.first == texts.second && first != second && digits <= exact; ++digits) {
    if (!first.is_double() || !second.is_double()) break;
    texts = {fmt::format("{:.{}g}", first.as_double(), digits), fmt::format("{:.{}g}", second.as_double(), digits)};
  }
  return texts;
}

/// A value in three digits, for a value that was not chosen but lies between two that were.
inline std::string short_text(const Value& value) {
  return value.is_double() ? fmt::format("{:.3g}", value.as_double()) : value.text();
}

/// "no complete trial", "1 complete trial" or "5 complete trials".
inline std::string complete_trials_text(std::size_t count) {
  if (count == 0) return "no complete trial";
  return fmt::format("{} complete {}", count, count == 1 ? "trial" : "trials");
}

/// "there is no complete trial" or "5 complete trials are too few to tell".
inline std::string too_few_text(std::size_t count) {
  if (count == 0) return "there is no complete trial";
  return fmt::format("{} {} too few to tell", complete_trials_text(count), count == 1 ? "is" : "are");
}

/// A number that a verdict rests on.
struct Evidence {
  std::string name;  ///< snake_case: "p_value", "infeasible_share"
  double value = 0.0;

  friend bool operator==(const Evidence&, const Evidence&) = default;
};

/// The answer to one question about a study. Programs read its members; people what fmt prints of it, in one to four
/// lines, of which the empty ones are left out: the verdict, question and conclusion; the numbers that these rest on,
/// which the function that makes the finding explains; the trials to look at; and what to do next.
///
///     problem: Is the search space large enough? learning_rate: the objective still improves at the upper bound, 0.1.
///       evidence: trials 64, p_no_effect 2.54e-28, p_value_lower 1, p_value_upper 0.0001247, best_position 2.486
///       trials: 35, 23, 15, 59, 53
///       next: raise the upper bound of learning_rate from 0.1 to 10
struct Finding {
  Check check = Check::search_space_boundary;
  Verdict verdict = Verdict::cannot_say;
  std::string hyperparameter{};        ///< the id of the one that it is about; empty if it is about none
  std::optional<Bound> bound{};        ///< the end of its range, or of training (best_step), that it is about
  std::optional<Value> value{};        ///< of it: the bound as it is, where trials turn infeasible, the best, the fixed
  std::optional<Value> suggested{};    ///< what `bound` should become
  std::vector<std::int64_t> trials{};  ///< the numbers of those to look at
  std::string conclusion{};            ///< what was seen, as a sentence without a capital
  std::vector<Evidence> evidence{};
  std::string action{};  ///< what to do next, in the playbook's words; empty if nothing

  std::string_view question() const { return question_of(check); }

  /// The number of that name, if it is part of the evidence.
  std::optional<double> number(std::string_view name) const {
    for (const Evidence& one : evidence) {
      if (one.name == name) return one.value;
    }
    return std::nullopt;
  }

  friend bool operator==(const Finding&, const Finding&) = default;
};

}  // namespace eigentune

template <>
struct fmt::formatter<eigentune::Finding> {
  constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }

  template <class Context>
  auto format(const eigentune::Finding& finding, Context& context) const {
    auto out = fmt::format_to(context.out(), "{}: {} ", to_string(finding.verdict), finding.question());
    if (!finding.hyperparameter.empty()) out = fmt::format_to(out, "{}: ", finding.hyperparameter);
    out = fmt::format_to(out, "{}.", finding.conclusion);
    if (!finding.evidence.empty()) {
      out = fmt::format_to(out, "\n  evidence: ");
      for (const eigentune::Evidence& one : finding.evidence) {
        out = fmt::format_to(out, "{}{} {:.4g}", &one == &finding.evidence.front() ? "" : ", ", one.name, one.value);
      }
    }
    if (!finding.trials.empty()) {
      out = fmt::format_to(out, "\n  trials: {}", fmt::join(finding.trials, ", "));
    }
    if (!finding.action.empty()) out = fmt::format_to(out, "\n  next: {}", finding.action);
    return out;
  }
};
