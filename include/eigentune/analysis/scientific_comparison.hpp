#pragma once

#include <eigentune/analysis/best_of_n.hpp>
#include <eigentune/analysis/finding.hpp>
#include <eigentune/analysis/significance.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/direction.hpp>
#include <eigentune/space/domain.hpp>
#include <eigentune/space/hyperparameter.hpp>
#include <eigentune/space/role.hpp>
#include <eigentune/space/value.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace eigentune {

/// The trials of one value of a scientific hyperparameter, or of one bucket of its axis.
struct ScientificValue {
  std::string label;                   ///< "adam", or "0.001 to 0.01"
  Value value;                         ///< that value, or the bucket's lower end
  std::vector<std::int64_t> trials{};  ///< complete ones, the best first
  std::vector<double> costs{};         ///< theirs, ascending
  std::int64_t infeasible = 0;         ///< and how many there are besides

  std::int64_t size() const { return static_cast<std::int64_t>(costs.size()) + infeasible; }
};

/// More values than these, or real numbers, are put into as many buckets of equal length on their scale.
inline constexpr std::int64_t most_scientific_values = 16, scientific_buckets = 4;

/// What an isolation plot shows: the trials by the values of a hyperparameter ("Isolation plots"). The best of each is
/// that value with the nuisance hyperparameters optimized away.
inline std::vector<ScientificValue> scientific_values(const StudyData& data, const Hyperparameter& hyperparameter) {
  const Domain& domain = hyperparameter.domain;
  const std::optional<std::int64_t> cardinality = domain.cardinality();
  const bool buckets = !cardinality || *cardinality > most_scientific_values;
  std::vector<ScientificValue> values;
  for (std::int64_t i = 0; i < (buckets ? scientific_buckets : *cardinality); ++i) {
    if (!buckets) {
      const Value value = domain.at(i);
      values.push_back({.label = value.is_string() ? value.as_string() : number_text(value), .value = value});
      continue;
    }
    const auto end = [&](std::int64_t k) {
      return domain.from_unit(static_cast<double>(k) / static_cast<double>(scientific_buckets));
    };
    values.push_back({.label = fmt::format("{} to {}", number_text(end(i)), number_text(end(i + 1))), .value = end(i)});
  }
  const auto group_of = [&](const TrialRecord& trial) -> ScientificValue* {
    const std::optional<double> unit =
        trial.point ? unit_position(hyperparameter, *trial.point) : std::optional<double>();
    if (!unit) return nullptr;
    const auto bucket =
        std::min(static_cast<std::int64_t>(*unit * static_cast<double>(scientific_buckets)), scientific_buckets - 1);
    const auto index = buckets ? bucket : domain.index_of((*trial.point)[hyperparameter.name]);
    return &values[static_cast<std::size_t>(index)];
  };
  for (const RankedTrial& one : ranked_trials(data)) {
    if (ScientificValue* group = group_of(*one.trial)) {
      group->trials.push_back(one.trial->number);
      group->costs.push_back(one.cost);
    }
  }
  for (const TrialRecord& trial : data.trials) {
    if (!is_infeasible(trial)) continue;
    if (ScientificValue* group = group_of(trial)) ++group->infeasible;
  }
  return values;
}

/// The level at which one value is said to be better than another, and how often it must win in the bootstrap.
inline constexpr double comparison_level = 0.05, decisive_win_probability = 0.95;

namespace analysis_detail {

/// That at least as many of the best quarter of all trials would be of the first group if all orders were equally
/// likely: Fisher's exact test. `others` are all costs that are not of it, and `other_infeasible` how many have none.
inline double chance_among_best_quarter(const ScientificValue& first, const std::vector<double>& others,
                                        std::int64_t other_infeasible) {
  const std::size_t all = static_cast<std::size_t>(first.size() + other_infeasible) + others.size();
  std::vector<double> costs = others;
  costs.insert(costs.end(), first.costs.begin(), first.costs.end());
  std::ranges::sort(costs);
  const std::size_t best = std::min(std::max<std::size_t>(1, all / 4), costs.size());
  const double limit = costs[best - 1];
  // Of equal costs at the limit all are taken, so that ties favour none.
  const auto taken = static_cast<std::size_t>(std::ranges::upper_bound(costs, limit) - costs.begin());
  const auto own = static_cast<std::size_t>(std::ranges::upper_bound(first.costs, limit) - first.costs.begin());
  return fisher_upper_tail(own, taken, static_cast<std::size_t>(first.size()), all, log_factorials(all));
}

/// How often the first has the best of so many trials drawn with replacement from each, ties halved.
inline double bootstrap_win_probability(const ScientificValue& a, const ScientificValue& b, std::int64_t n) {
  const BestOfN first(a.costs, a.infeasible), second(b.costs, b.infeasible);
  const std::vector<double> p = first.probabilities(n), q = second.probabilities(n);
  double q_total = 0.0, result = 0.0;
  for (const double chance : q) q_total += chance;
  for (std::size_t i = 0; i < p.size(); ++i) {
    double worse = 1.0 - q_total;  // all infeasible
    for (std::size_t j = 0; j < q.size(); ++j) {
      worse += b.costs[j] > a.costs[i] ? q[j] : b.costs[j] == a.costs[i] ? 0.5 * q[j] : 0.0;
    }
    result += p[i] * worse;
  }
  return result;
}

inline Finding compare_values(const StudyData& data, const Hyperparameter& hyperparameter) {
  Finding finding{.check = Check::scientific_comparison, .hyperparameter = hyperparameter.id};
  std::vector<ScientificValue> values = scientific_values(data, hyperparameter);
  std::erase_if(values, [](const ScientificValue& value) { return value.size() == 0; });
  std::ranges::stable_sort(values, {}, [](const ScientificValue& value) {
    return value.costs.empty() ? std::numeric_limits<double>::infinity() : value.costs.front();
  });
  if (values.size() < 2 || values[0].costs.empty()) {
    finding.conclusion = "there are no complete trials of two values to compare";
    return finding;
  }
  const ScientificValue& best = values[0];
  std::int64_t all = 0;
  for (const ScientificValue& value : values) all += value.size();
  const double sign = data.direction() == Direction::minimize ? 1.0 : -1.0;
  for (const ScientificValue& value : values) {
    if (value.costs.empty()) continue;
    finding.evidence.push_back({fmt::format("best_of_{}", value.label), sign * value.costs.front()});
    finding.trials.push_back(value.trials.front());
  }
  const auto wins_over = [&best](const ScientificValue& other) {
    return other.costs.empty() ? 1.0 : bootstrap_win_probability(best, other, std::min(best.size(), other.size()));
  };
  double least_win = 1.0;
  std::vector<double> others;
  std::int64_t other_infeasible = 0;
  std::string worse;
  for (std::size_t i = 1; i < values.size(); ++i) {
    const double win = wins_over(values[i]);
    least_win = std::min(least_win, win);
    others.insert(others.end(), values[i].costs.begin(), values[i].costs.end());
    other_infeasible += values[i].infeasible;
    const double p = 2.0 * chance_among_best_quarter(best, values[i].costs, values[i].infeasible);
    if (win >= decisive_win_probability && p < comparison_level) worse += (worse.empty() ? "" : ", ") + values[i].label;
  }
  const double p_value =
      std::min(1.0, static_cast<double>(values.size()) * chance_among_best_quarter(best, others, other_infeasible));
  finding.evidence.push_back({"p_value", p_value});
  finding.evidence.push_back({"bootstrap_win_probability", least_win});
  if (p_value < comparison_level && least_win >= decisive_win_probability) {
    finding.verdict = Verdict::good;
    finding.value = best.value;
    finding.conclusion = fmt::format("{} is best", best.label);
  } else {
    finding.conclusion = fmt::format("{} has the best trial, but that may be luck", best.label);
    if (!worse.empty()) finding.conclusion += fmt::format("; only {} is clearly worse", worse);
    finding.action = "run more trials, or run the best trial of each value again with other seeds, before concluding";
  }
  return finding;
}

}  // namespace analysis_detail

/// For each scientific hyperparameter, which value is best with the nuisance hyperparameters optimized away, that is,
/// by the best trial of each ("Extracting insight from experimental results"). It is decided, the verdict good, and the
/// finding's value the best one, if that value
///
/// - wins against each other one with a probability of 95% when the trials of both are drawn again, as many of each: a
///   bootstrap over trials in closed form (see BestOfN), for which about its three best must be ahead;
/// - has more of the best quarter of all trials than chance would give it (Fisher's exact test at 5%, times the number
/// of
///   values, since any could be the best): a bootstrap of an extreme alone is too sure of itself, and would see a
///   difference between equal values in a quarter of all studies.
///
/// So it is about equally many trials of each value; with fewer of one it asks for more evidence.
inline std::vector<Finding> find_scientific_comparisons(const StudyData& data) {
  std::vector<Finding> findings;
  for (const Hyperparameter& hyperparameter : data.space.hyperparameters()) {
    if (hyperparameter.role != Role::scientific) continue;
    findings.push_back(analysis_detail::compare_values(data, hyperparameter));
  }
  return findings;
}

}  // namespace eigentune
