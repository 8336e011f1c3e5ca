#pragma once

#include <eigentune/core/direction.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eigentune {

/// Retrainings of one configuration, each with another seed.
struct RetrainedArm {
  std::vector<std::optional<double>> objectives{};  ///< one for each run; absent where it was infeasible

  std::int64_t infeasible() const { return std::ranges::count(objectives, std::optional<double>()); }
  /// The objectives that there are.
  std::vector<double> complete() const {
    std::vector<double> values;
    for (const auto& objective : objectives) {
      if (objective) values.push_back(*objective);
    }
    return values;
  }
};

/// What is known of a change that may be adopted: retrainings of the pipeline with it, and of the one without.
struct Retrainings {
  std::string metric = "objective";
  Direction direction = Direction::minimize;
  RetrainedArm candidate{}, baseline{};
  bool paired = true;             ///< whether run k of both had the same seed
  std::int64_t planned_runs = 0;  ///< of each, when the first was begun; 0: as many as there are
  std::int64_t runs = 0;          ///< of each, that are planned by now; 0: as many as there are
};

struct AdoptionOptions {
  /// Which gain, in the metric, the change must have to be worth the complexity that it adds, at least 0. Any at all:
  /// 0, as for a change of a value that adds nothing.
  double minimum_gain = 0.0;
  /// The probability that a change without that gain is adopted, whatever looks were taken: in (0, 0.5).
  double level = 0.05;
  /// A change that is not shown to be better by so many runs of each is not adopted; at least 2.
  std::int64_t most_runs = 50;
};

enum class AdoptionVerdict {
  adopt,           ///< it has been shown to be better
  do_not_adopt,    ///< it has not, and more runs would hardly change that
  not_enough_runs  ///< the data do not tell yet
};

/// "adopt", "do not adopt" or "not enough runs".
constexpr std::string_view to_string(AdoptionVerdict verdict) {
  constexpr std::string_view names[] = {"adopt", "do not adopt", "not enough runs"};
  return names[static_cast<int>(verdict)];
}

/// What was seen of one arm.
struct ArmSummary {
  std::int64_t runs = 0, infeasible = 0;
  std::optional<double> mean{};       ///< of the metric; absent without a complete run
  std::optional<double> deviation{};  ///< the sample's standard deviation; absent with fewer than 2

  std::int64_t complete() const { return runs - infeasible; }
};

/// Whether to adopt a change, and why. A value; printed by fmt:
///
///     adopt: the candidate beats the baseline with the retraining variance of both taken into account.
///       validation_error: candidate 0.03106 +- 0.00092 (5 runs), baseline 0.0355 +- 0.0012 (5 runs), in pairs of one
///       seed gain +0.00444, 95% interval [+0.002019, +0.006861], +3.70 standard deviations of retraining; better with
///       ...
struct Adoption {
  AdoptionVerdict verdict = AdoptionVerdict::not_enough_runs;
  std::string metric{};
  ArmSummary candidate{}, baseline{};
  bool paired = true;
  double minimum_gain = 0.0;

  std::int64_t look = 0;    ///< how many looks the plan had before this one
  double look_level = 0.0;  ///< the probability that this look adopts a change without the gain

  // Of the runs that completed; absent if they are too few, and all but the gain itself if nothing varies by chance:
  // if all runs of a configuration have the same objective, or all pairs the same difference.
  std::optional<double> gain{};            ///< the difference of the means, positive if the candidate is better
  std::optional<double> lower{}, upper{};  ///< the interval of the gain that covers it with `confidence`
  double confidence = 0.0;                 ///< 1 - 2 look_level
  /// The gain in standard deviations of retraining, sqrt of the mean variance of both, times Hedges' correction for
  /// small samples, 1 - 3 / (4 degrees - 1); absent without variance.
  std::optional<double> standardized_gain{};
  /// Of the gain's being above minimum_gain: its posterior under Jeffreys' prior.
  std::optional<double> probability{};

  std::optional<std::int64_t> next_runs{};  ///< of each, in all: when to look again, if there are not enough
  std::optional<double> next_power{};       ///< the probability that the gain seen would be shown then

  std::string conclusion{};            ///< a sentence without a capital
  std::vector<std::string> remarks{};  ///< sentences of the same kind: what else to know and to weigh
};

}  // namespace eigentune

template <>
struct fmt::formatter<eigentune::Adoption> {
  constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }

  template <class Context>
  auto format(const eigentune::Adoption& adoption, Context& context) const {
    const auto arm = [](std::string_view name, const eigentune::ArmSummary& summary) {
      std::string text(name);
      if (summary.mean) text += fmt::format(" {:.4g}", *summary.mean);
      if (summary.deviation) text += fmt::format(" +- {:.2g}", *summary.deviation);
      text += fmt::format(" ({} run{}", summary.runs, summary.runs == 1 ? "" : "s");
      if (summary.infeasible > 0) text += fmt::format(", {} infeasible", summary.infeasible);
      return text + ")";
    };
    auto out =
        fmt::format_to(context.out(), "{}: {}.\n  {}: {}, {}, {}", to_string(adoption.verdict), adoption.conclusion,
                       adoption.metric, arm("candidate", adoption.candidate), arm("baseline", adoption.baseline),
                       adoption.paired ? "in pairs of one seed" : "with seeds of their own");
    if (adoption.gain) {
      out = fmt::format_to(out, "\n  gain {:+.4g}", *adoption.gain);
    }
    if (adoption.probability) {
      out = fmt::format_to(out, ", {:.6g}% interval [{:+.4g}, {:+.4g}]", 100.0 * adoption.confidence, *adoption.lower,
                           *adoption.upper);
      if (adoption.standardized_gain) {
        out = fmt::format_to(out, ", {:+.2f} standard deviations of retraining", *adoption.standardized_gain);
      }
      out = fmt::format_to(out, "\n  better");
      if (adoption.minimum_gain > 0.0) out = fmt::format_to(out, " by more than {:.4g}", adoption.minimum_gain);
      out = fmt::format_to(out, " with probability {:.3g}", *adoption.probability);
    }
    for (const std::string& remark : adoption.remarks) out = fmt::format_to(out, "\n  {}", remark);
    return out;
  }
};
