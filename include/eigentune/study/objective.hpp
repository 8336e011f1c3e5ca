#pragma once

#include <eigentune/core/direction.hpp>
#include <eigentune/core/error.hpp>
#include <eigentune/core/training_curve.hpp>
#include <eigentune/study/trial_record.hpp>

#include <fmt/core.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace eigentune {

/// One number for a whole curve, and the step at which the curve had it, if at any one step.
struct ObjectiveValue {
  double value = 0.0;
  std::optional<std::int64_t> step{};

  friend bool operator==(const ObjectiveValue&, const ObjectiveValue&) = default;
};

/// What a study optimizes: a function of a trial's training curve. A value; made by best_of and last_of, or from a
/// function of one's own:
///
///     const Objective area("area under the loss", [](const TrainingCurve& curve) { ... return area; });
class Objective {
 public:
  using Function = std::function<std::optional<ObjectiveValue>(const TrainingCurve&)>;

  /// `text` names the objective: it is stored with the study and compared when the study is opened again, for a
  /// function cannot be. `function` returns a double, or an std::optional<ObjectiveValue> that is empty if the curve
  /// has no such value. It must be pure, and is called from several threads. Throws std::invalid_argument if `text` is
  /// empty.
  template <std::invocable<const TrainingCurve&> F>
  Objective(std::string text, F function)
      : text_(std::move(text)), function_([function = std::move(function)](const TrainingCurve& curve) {
          if constexpr (std::convertible_to<std::invoke_result_t<const F&, const TrainingCurve&>, double>) {
            return std::optional<ObjectiveValue>({.value = static_cast<double>(function(curve))});
          } else {
            return std::optional<ObjectiveValue>(function(curve));
          }
        }) {
    require(!text_.empty(), "Objective: text must not be empty");
  }

  std::optional<ObjectiveValue> operator()(const TrainingCurve& curve) const { return function_(curve); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  Function function_;
};

/// The best finite value of a column or metric over the whole run, the first of equals: what keeping the best
/// checkpoint gets (the playbook, "Saving checkpoints and retrospectively selecting the best checkpoint"). A run that
/// diverges afterwards keeps it.
inline Objective best_of(std::string metric, Direction direction = Direction::minimize) {
  std::string text = fmt::format("best {}", metric);
  return {std::move(text), [metric = std::move(metric), direction](const TrainingCurve& curve) {
            std::optional<ObjectiveValue> best;
            const CurveSeries series = curve.series(metric);
            for (std::size_t i = 0; i < series.values.size(); ++i) {
              const double value = series.values[i];
              if (!is_finite(value) || (best && !is_better(direction, value, best->value))) continue;
              best = {.value = value, .step = series.steps[i]};
            }
            return best;
          }};
}

/// The last value of a column or metric, be it finite or not.
inline Objective last_of(std::string metric) {
  std::string text = fmt::format("last {}", metric);
  return {std::move(text), [metric = std::move(metric)](const TrainingCurve& curve) -> std::optional<ObjectiveValue> {
            const CurveSeries series = curve.series(metric);
            if (series.values.empty()) return std::nullopt;
            return ObjectiveValue{.value = series.values.back(), .step = series.steps.back()};
          }};
}

/// Where a curve ceased to be finite.
struct Divergence {
  std::int64_t step = 0;
  std::string text;  ///< "training_loss was nan at step 700"
};

/// The first row whose training loss, validation loss or `metric` is NaN or infinite, if there is one.
inline std::optional<Divergence> divergence_of(const TrainingCurve& curve, std::string_view metric) {
  for (const CurveRow& row : curve.rows()) {
    const auto found = [&](std::string_view name, double value) {
      return Divergence{row.step, fmt::format("{} was {} at step {}", name, value, row.step)};
    };
    for (const CurveColumn& column : curve_columns) {
      const bool watched = column.name == "training_loss" || column.name == "validation_loss" || column.name == metric;
      const std::optional<double>& value = row.values.*column.value;
      if (watched && value && !is_finite(*value)) return found(column.name, *value);
    }
    const auto value = row.values.metrics.find(metric);
    if (value != row.values.metrics.end() && !is_finite(value->second)) return found(metric, value->second);
  }
  return std::nullopt;
}

/// How a run ended that got to its end:
///
///     complete    if the objective is finite, wherever the curve went afterwards
///     infeasible  if the objective is not, or if there is none and the run has diverged
///     failed      if there is none without a reason: the metric was never reported
///
/// `returned` is the objective if the caller has it, instead of the curve's.
inline TrialResult result_of(const TrainingCurve& curve, const Objective& objective, std::string_view metric,
                             std::optional<double> returned = std::nullopt) {
  const std::optional<Divergence> divergence = divergence_of(curve, metric);
  const std::optional<ObjectiveValue> value = returned ? ObjectiveValue{.value = *returned} : objective(curve);
  TrialResult result;
  if (divergence) result.diverged_step = divergence->step;
  if (value && is_finite(value->value)) {
    result.objective = value->value;
    result.best_step = value->step;
  } else if (divergence) {
    result.state = TrialState::infeasible;
    result.reason = divergence->text;
    result.infeasible_step = divergence->step;
  } else if (value) {
    result.state = TrialState::infeasible;
    result.reason = fmt::format("the objective was {}", value->value);
    result.infeasible_step = value->step;
    if (!result.infeasible_step && !curve.empty()) result.infeasible_step = curve.rows().back().step;
  } else {
    result.state = TrialState::failed;
    result.reason =
        fmt::format("the objective, {}, needs values of \"{}\", but the trial ended without", objective.text(), metric);
  }
  return result;
}

}  // namespace eigentune
