#pragma once

#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/error.hpp>
#include <eigentune/report/clipped_axis.hpp>
#include <eigentune/report/plot.hpp>
#include <eigentune/report/plot_axes.hpp>
#include <eigentune/report/plot_options.hpp>
#include <eigentune/space/hyperparameter.hpp>
#include <eigentune/space/point.hpp>
#include <eigentune/space/role.hpp>
#include <eigentune/study/trial_record.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigentune::report_detail {

/// "axis-3-learning-rate": unique by the number, readable by the name.
inline std::string plot_id(std::string_view kind, std::size_t number, std::string_view name) {
  std::string id = fmt::format("{}-{}", kind, number);
  constexpr std::size_t longest = 40;
  bool gap = true;
  for (const char character : name) {
    const bool lower = character >= 'a' && character <= 'z', digit = character >= '0' && character <= '9';
    const bool upper = character >= 'A' && character <= 'Z';
    if (!lower && !upper && !digit) {
      gap = true;
      continue;
    }
    if (id.size() >= longest) break;
    if (gap) id += '-';
    gap = false;
    id += upper ? static_cast<char>(character - 'A' + 'a') : character;
  }
  return id;
}

/// "1 trial", "2 trials".
inline std::string count_text(std::size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

/// Whether the best trials are drawn apart, on top of the others.
enum class OwnBest { on_top, muted };

/// The final trials of a study as every plot shows them.
class TrialMarks {
 public:
  explicit TrialMarks(const StudyData& data, const PlotOptions& options = {})
      : data_(&data), ranked_(ranked_trials(data)) {
    options.validate();
    best_ = std::min(ranked_.size(), static_cast<std::size_t>(options.best_trials));
    for (const TrialRecord& trial : data.trials) {
      if (is_final(trial.state) && !has_objective(trial)) infeasible_.push_back(&trial);
    }
    terse_ = data.trials.size() > most_trials_in_full;
  }

  const StudyData& data() const { return *data_; }
  /// The trial of that number; null if there is none.
  const TrialRecord* trial(std::int64_t number) const {
    const auto found = std::ranges::lower_bound(data_->trials, number, {}, &TrialRecord::number);
    return found != data_->trials.end() && found->number == number ? &*found : nullptr;
  }
  /// Those with an objective, the best first; then the best of them, and the others.
  std::span<const RankedTrial> ranked() const { return ranked_; }
  std::span<const RankedTrial> best() const { return ranked().first(best_); }
  std::span<const RankedTrial> others() const { return ranked().subspan(best_); }
  /// Those that ended without an objective: infeasible, failed.
  std::span<const TrialRecord* const> infeasible() const { return infeasible_; }
  /// As ranked_trials sees it.
  static bool has_objective(const TrialRecord& trial) {
    return trial.state == TrialState::complete && trial.point && trial.objective && is_finite(*trial.objective);
  }
  bool empty() const { return ranked_.empty() && infeasible_.empty(); }

  /// What the objective measures, for a title.
  std::string metric() const { return data_->definition.metric.empty() ? "objective" : data_->definition.metric; }
  std::string best_label() const { return best_ == 1 ? "best trial" : fmt::format("best {}", best_); }

  std::vector<double> objectives() const {
    std::vector<double> values;
    for (const RankedTrial& one : ranked_) values.push_back(*one.trial->objective);
    return values;
  }

  /// The axis of the objective, with a band for trials without one if there are any.
  ClippedAxis objective_axis() const { return outcome_axis(metric(), objectives(), data_->direction()); }

  /// The hyperparameters that vary.
  std::vector<const Hyperparameter*> varied() const {
    std::vector<const Hyperparameter*> result;
    for (const Hyperparameter& one : data_->space.hyperparameters()) {
      if (one.role != Role::fixed) result.push_back(&one);
    }
    return result;
  }

  /// "trial 12: learning_rate 0.003, beta1 0.9, validation_error 0.041", or "..., infeasible at step 700". In a study
  /// of more than 250 trials only `shown` of the hyperparameters, so that a report of thousands of marks stays small.
  std::string tooltip(const TrialRecord& trial, std::initializer_list<const Hyperparameter*> shown = {}) const {
    std::string text = fmt::format("trial {}:", trial.number);
    for (const Hyperparameter& one : data_->space.hyperparameters()) {
      if (terse_ ? std::ranges::find(shown, &one) == shown.end() : one.role == Role::fixed) continue;
      const Value* value = trial.point && one.is_active(*trial.point) ? trial.point->find(one.name) : nullptr;
      if (value != nullptr) text += fmt::format(" {} {},", one.name, value_text(*value));
    }
    if (has_objective(trial)) return text + fmt::format(" {} {:.4g}", metric(), *trial.objective);
    text += fmt::format(" {}", trial.state == TrialState::complete ? "no objective" : to_string(trial.state));
    if (trial.infeasible_step) text += fmt::format(" at step {}", *trial.infeasible_step);
    return text;
  }

  /// "64 trials, 5 of them infeasible".
  std::string count_sentence(std::size_t feasible, std::size_t infeasible) const {
    std::string text = count_text(feasible + infeasible, "trial");
    if (infeasible > 0) text += fmt::format(", {} of them infeasible", infeasible);
    return text;
  }

  /// Draws every final trial at the x that `x_of(point, trial)` gives, if it gives one, and at its objective: all in
  /// `tone`, those worse than the axis shows in a layer that says so, infeasible ones as crosses in the band, the best
  /// on top.
  template <class PositionOf>
  void add_to(Plot& plot, const ClippedAxis& outcome, PositionOf x_of,
              std::initializer_list<const Hyperparameter*> shown, Tone tone = Tone::ordinary,
              OwnBest own_best = OwnBest::on_top) const {
    PointLayer all{.label = "trials", .tone = tone};
    PointLayer beyond{.label = "worse than the axis shows", .tone = tone};
    PointLayer crosses{.label = "infeasible", .tone = Tone::infeasible, .symbol = Symbol::cross};
    PointLayer top{.label = best_label(), .tone = Tone::best};
    const auto add = [&](PointLayer& layer, const TrialRecord& trial, double y) {
      const std::optional<double> x = x_of(trial);
      if (x) layer.points.push_back({.x = *x, .y = y, .trial = trial.number, .tooltip = tooltip(trial, shown)});
    };
    for (std::size_t i = ranked_.size(); i-- > 0;) {  // better ones lie on worse ones
      const double value = *ranked_[i].trial->objective;
      PointLayer& layer = i < best_ && own_best == OwnBest::on_top ? top : outcome.is_beyond(value) ? beyond : all;
      add(layer, *ranked_[i].trial, outcome.place(value));
    }
    for (const TrialRecord* trial : infeasible_) add(crosses, *trial, std::numeric_limits<double>::quiet_NaN());
    plot.y = outcome.axis;
    if (!crosses.points.empty()) plot.y.band = "infeasible";
    for (PointLayer* layer : {&all, &beyond, &crosses, &top}) {
      if (!layer->points.empty()) plot.layers.emplace_back(std::move(*layer));
    }
  }

 private:
  static constexpr std::size_t most_trials_in_full = 250;

  const StudyData* data_;
  std::vector<RankedTrial> ranked_;
  std::size_t best_ = 0;
  std::vector<const TrialRecord*> infeasible_;
  bool terse_ = false;
};

}  // namespace eigentune::report_detail
