#pragma once

#include <eigentune/analysis/cost_curve.hpp>
#include <eigentune/analysis/finding.hpp>
#include <eigentune/analysis/student_t.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/space/role.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigentune {

/// How much worse a curve ends than it was at its best.
struct Rise {
  double share = 0.0;      ///< of what training had gained until then
  double t = 0.0;          ///< in standard errors
  double best_from = 0.0;  ///< where the fifth of the run begins in which it was at its best
};

/// A smaller rise is no problem, however certain.
inline constexpr double least_rise = 0.05;
/// The level of the test for a rise, of all curves and tenths of a finding together.
inline constexpr double rise_level = 0.01;
/// How many fifths of a run are looked at for the best one.
inline constexpr int rise_windows = 7;

/// The level of the last fifth of the evaluations above that of the best fifth before: 0-20%, 10-30%, ..., 60-80%.
inline Rise rise_of(const CostCurve& curve) {
  constexpr double part = 0.2;
  Rise rise;
  CostCurve::Level best = curve.level(0.0, part);
  for (int i = 1; i < rise_windows; ++i) {
    const CostCurve::Level level = curve.level(0.1 * i, 0.1 * i + part);
    if (level.cost >= best.cost) continue;
    best = level;
    rise.best_from = 0.1 * i;
  }
  const CostCurve::Level last = curve.level(1.0 - part, 1.0);
  constexpr double rounding = 1e-12;  // of means of equal values
  const double rise_in_cost = last.cost - best.cost;
  const double height =
      rise_in_cost > rounding * std::max(std::fabs(last.cost), std::fabs(best.cost)) ? rise_in_cost : 0.0;
  const double gain = std::max(curve.costs.front() - best.cost, 0.0);
  const double error = std::sqrt(best.error * best.error + last.error * last.error);
  constexpr double most = 1e6;
  rise.share = height <= 0.0 ? 0.0 : height < most * gain ? height / gain : most;
  rise.t = height <= 0.0 ? 0.0 : height < most * error ? height / error : most;
  return rise;
}

/// Whether the curve rises by at least 5% of what training had gained, by a t-test at 1% after Bonferroni's correction
/// for the windows of which the best is picked, and for `curves` that are asked.
inline bool rises(const CostCurve& curve, std::size_t curves) {
  const Rise rise = rise_of(curve);
  return rise.share >= least_rise && student_t::upper_tail(rise.t, curve.noise_degrees_of_freedom()) <
                                         rise_level / (rise_windows * static_cast<double>(curves));
}

/// The words of a name in lower case, with a '_' before, between and after them. A word is letters and the digits after
/// them; a capital after a small letter begins one too: "_conv1_l2_penalty_" of "conv1.l2Penalty".
inline std::string words_of_name(std::string_view name) {
  const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto is_small = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::string words = "_";
  char before = '_';
  for (const char c : name) {
    const bool is_letter = is_capital(c) || is_small(c);
    const bool begins_word = is_letter && (is_digit(before) || (is_capital(c) && is_small(before)));
    const bool separates = !is_letter && !is_digit(c);
    if ((begins_word || separates) && words.back() != '_') words += '_';
    if (!separates) words += is_capital(c) ? static_cast<char>(c - 'A' + 'a') : c;
    before = c;
  }
  if (words.back() != '_') words += '_';
  return words;
}

/// Whether the name is that of a regulariser's strength: its words contain "weight_decay", "dropout",
/// "label_smoothing", "augment", "mixup", "regulari" or "stochastic_depth", or one of them is "l1" or "l2", which
/// kernel1_size has not (see words_of_name).
inline bool is_regulariser(std::string_view name) {
  constexpr std::string_view parts[] = {
      "weight_decay", "dropout", "label_smoothing", "augment", "mixup", "regulari", "stochastic_depth", "_l1_", "_l2_"};
  const std::string words = words_of_name(name);
  return std::ranges::any_of(parts, [&words](std::string_view part) { return words.find(part) != std::string::npos; });
}

namespace analysis_detail {

/// The numbers of the curves that rise, and the evidence for it.
inline Finding rising_among(Check check, const std::vector<NumberedCurve>& best) {
  Finding finding{.check = check};
  double greatest = 0.0;
  for (const NumberedCurve& one : best) {
    if (!rises(one.curve, best.size())) continue;
    finding.trials.push_back(one.number);
    greatest = std::max(greatest, rise_of(one.curve).share);
  }
  finding.evidence = {{"best_trials", static_cast<double>(best.size())},
                      {"rising", static_cast<double>(finding.trials.size())},
                      {"greatest_rise", greatest}};
  return finding;
}

}  // namespace analysis_detail

/// "Do the best trials exhibit problematic overfitting?" Whether the validation error of any of the best trials ends
/// above its best (see rises). How many of all trials do is evidence. Where a regulariser is a scientific
/// hyperparameter itself it is only a note, since then trials with little regularisation are expected to ("Examining
/// the training curves").
inline Finding find_overfitting(const StudyData& data) {
  const auto curve_of = [&data](std::int64_t number) { return validation_curve(data, number); };
  const std::vector<NumberedCurve> best = curves_of_best(data, curve_of);
  if (best.empty()) {
    return {.check = Check::overfitting,
            .conclusion =
                fmt::format("none of the best trials has a curve of at least {} validation values", least_evaluations)};
  }
  Finding finding = analysis_detail::rising_among(Check::overfitting, best);
  const std::vector<NumberedCurve> all = curves_of_best(data, curve_of, data.trials.size());
  const auto rising =
      std::ranges::count_if(all, [&all](const NumberedCurve& one) { return rises(one.curve, all.size()); });
  finding.evidence.push_back({"trials", static_cast<double>(all.size())});
  finding.evidence.push_back({"rising_of_all", static_cast<double>(rising)});
  if (finding.trials.empty()) {
    finding.verdict = Verdict::good;
    finding.conclusion = "the validation error of none of the best trials rises";
    return finding;
  }
  finding.conclusion = fmt::format("the validation error of {} of the {} best trials rises at some point",
                                   finding.trials.size(), best.size());
  for (const Hyperparameter& hyperparameter : data.space.hyperparameters()) {
    if (hyperparameter.role != Role::scientific || !is_regulariser(hyperparameter.name)) continue;
    finding.verdict = Verdict::note;
    finding.hyperparameter = hyperparameter.id;
    finding.conclusion += ", which is no surprise where a regulariser is compared";
    return finding;
  }
  finding.verdict = Verdict::problem;
  finding.action =
      "run again with additional regularisation, or tune the regularisation there is, before comparing values of the "
      "scientific hyperparameters";
  return finding;
}

/// "Does the training loss rise?" Of any of the best trials (see rises), which usually is a bug in the training
/// pipeline.
inline Finding find_training_loss_rising(const StudyData& data) {
  const std::vector<NumberedCurve> best =
      curves_of_best(data, [&data](std::int64_t number) -> std::optional<CostCurve> {
        const auto found = data.curves.find(number);
        if (found == data.curves.end()) return std::nullopt;
        return cost_curve(found->second, "training_loss", Direction::minimize);
      });
  if (best.empty()) {
    return {.check = Check::training_loss_rising,
            .conclusion =
                fmt::format("none of the best trials has a curve of at least {} training losses", least_evaluations)};
  }
  Finding finding = analysis_detail::rising_among(Check::training_loss_rising, best);
  if (finding.trials.empty()) {
    finding.verdict = Verdict::good;
    finding.conclusion = "the training loss of none of the best trials rises";
  } else {
    finding.verdict = Verdict::problem;
    finding.conclusion =
        fmt::format("the training loss of {} of the {} best trials rises", finding.trials.size(), best.size());
    finding.action = "look for a bug in the training pipeline";
  }
  return finding;
}

}  // namespace eigentune
