#pragma once

#include <eigentune/analysis/best_of_n.hpp>
#include <eigentune/analysis/covariance_analysis.hpp>
#include <eigentune/analysis/finding.hpp>
#include <eigentune/analysis/significance.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/direction.hpp>
#include <eigentune/core/portable_math.hpp>
#include <eigentune/space/domain.hpp>
#include <eigentune/space/hyperparameter.hpp>
#include <eigentune/space/role.hpp>
#include <eigentune/space/value.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
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
inline constexpr double comparison_level = 0.05, decisive_win_probability = 0.8;
/// The same of the analysis of covariance, which needs no such second look; and the level of the test that allows it.
inline constexpr double adjusted_level = 0.02, parallel_level = 0.01;

namespace analysis_detail {

/// The p-value of the first group's ranking no better than the others, by Savage's test ("Contributions to the Theory
/// of Rank Order Statistics: the Two-Sample Case", 1956): of n trials the i-th best scores 1 / i + 1 / (i + 1) + ... +
/// 1 / n, so that the best weigh most; the sum over the group has a known mean and variance if all orders are equally
/// likely, and is taken as normal. Equal trials, as all infeasible ones are, share their mean score. `others` are all
/// costs that are not of the group, and `other_infeasible` how many have none.
inline double chance_of_ranks(const ScientificValue& first, const std::vector<double>& others,
                              std::int64_t other_infeasible) {
  constexpr double last = std::numeric_limits<double>::infinity();
  std::vector<std::pair<double, bool>> trials;
  for (const double cost : first.costs) trials.emplace_back(cost, true);
  for (const double cost : others) trials.emplace_back(cost, false);
  for (std::int64_t i = 0; i < first.infeasible; ++i) trials.emplace_back(last, true);
  for (std::int64_t i = 0; i < other_infeasible; ++i) trials.emplace_back(last, false);
  std::ranges::sort(trials);
  const std::size_t n = trials.size();
  std::vector<double> scores(n);
  for (std::size_t i = n; i-- > 0;) scores[i] = (i + 1 < n ? scores[i + 1] : 0.0) + 1.0 / static_cast<double>(i + 1);
  double own = 0.0, square = 0.0, count = 0.0;
  for (std::size_t begin = 0; begin < n;) {
    std::size_t end = begin;
    double mean = 0.0;
    for (; end < n && trials[end].first == trials[begin].first; ++end) mean += scores[end];
    mean /= static_cast<double>(end - begin);
    for (std::size_t i = begin; i < end; ++i) {
      const double above = mean - 1.0;  // all scores have the mean 1
      own += trials[i].second ? above : 0.0;
      count += trials[i].second ? 1.0 : 0.0;
      square += portable::rounded(above * above);
    }
    begin = end;
  }
  const auto total = static_cast<double>(n);
  const double variance = count * (total - count) / (total * (total - 1.0)) * square;
  return variance > 0.0 ? normal_upper_tail(own / std::sqrt(variance)) : 1.0;
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

/// The analysis of covariance of the complete trials, the first of `values` against the others.
inline std::optional<CovarianceAnalysis> compare_adjusted(const StudyData& data, std::size_t index,
                                                          const std::vector<ScientificValue>& values) {
  std::map<std::int64_t, std::size_t> group_of;
  std::size_t groups = 0;
  for (const ScientificValue& value : values) {
    if (value.trials.empty()) continue;
    for (const std::int64_t number : value.trials) group_of[number] = groups;
    ++groups;
  }
  std::vector<RankedTrial> ranked;
  std::vector<std::size_t> group;
  for (const RankedTrial& one : ranked_trials(data)) {
    const auto found = group_of.find(one.trial->number);
    if (found == group_of.end()) continue;
    ranked.push_back(one);
    group.push_back(found->second);
  }
  if (groups < 2) return std::nullopt;
  return covariance_analysis(data.space, ranked, group, groups, index);
}

inline Finding compare_values(const StudyData& data, std::size_t index) {
  const Hyperparameter& hyperparameter = data.space.hyperparameters()[index];
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
  if (std::ranges::all_of(values, [&best](const ScientificValue& value) {
        return value.infeasible == 0 && value.costs.back() == best.costs.front();
      })) {
    finding.conclusion = "all complete trials have the same objective";
    return finding;
  }
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
    const double p = 2.0 * chance_of_ranks(best, values[i].costs, values[i].infeasible);
    if (win >= decisive_win_probability && p < comparison_level) worse += (worse.empty() ? "" : ", ") + values[i].label;
  }
  const auto any = static_cast<double>(values.size());
  const std::optional<CovarianceAnalysis> adjusted = compare_adjusted(data, index, values);
  const bool is_adjusted = adjusted && adjusted->p_parallel >= parallel_level;
  const double p_value =
      std::min(1.0, any * (is_adjusted ? adjusted->p_not_better : chance_of_ranks(best, others, other_infeasible)));
  if (adjusted) finding.evidence.push_back({"p_parallel", adjusted->p_parallel});
  finding.evidence.push_back({is_adjusted ? "p_adjusted" : "p_ranks", p_value});
  finding.evidence.push_back({"bootstrap_win_probability", least_win});
  if (is_adjusted ? p_value < adjusted_level && least_win > 0.5
                  : p_value < comparison_level && least_win >= decisive_win_probability) {
    finding.verdict = Verdict::good;
    finding.value = best.value;
    finding.conclusion = fmt::format("{} is best", best.label);
  } else {
    finding.conclusion = fmt::format("{} has the best trial, but that may be luck", best.label);
    if (!worse.empty() && !is_adjusted) {
      finding.conclusion +=
          fmt::format("; only {} {} clearly worse", worse, worse.find(", ") == std::string::npos ? "is" : "are");
    }
    finding.action = "run more trials, or run the best trial of each value again with other seeds, before concluding";
  }
  return finding;
}

}  // namespace analysis_detail

/// For each scientific hyperparameter, which value is best with the nuisance hyperparameters optimized away, that is,
/// by the best trial of each ("Extracting insight from experimental results"). It is decided, the verdict good, and the
/// finding's value the one with the best trial, if that is no luck. Where all values share the nuisance hyperparameters
/// and these have the same effect in all of them (F-test at 1%), the analysis of covariance tells: the value must be
/// better than each other one by its t-test at 2%, times the number of values, since any could have had the best trial,
/// and keep the best in more than half of the bootstrap's resamples. Elsewhere, as where each optimizer has a learning
/// rate of its own, an average over the space is not the point, and the value must
///
/// - win against each other one with a probability of 80% when the trials of both are drawn again, as many of each: a
///   bootstrap over trials in closed form (see BestOfN), for which about its two best must be ahead;
/// - rank above the others by Savage's test, in which the best trials weigh most, at 5%, times the number of values. A
///   bootstrap of an extreme alone is too sure of itself, and would see a difference between equal values in half of
///   all studies.
///
/// Infeasible trials count as the worst of their value, but not in the analysis of covariance.
inline std::vector<Finding> find_scientific_comparisons(const StudyData& data) {
  std::vector<Finding> findings;
  for (std::size_t index = 0; index < data.space.hyperparameters().size(); ++index) {
    if (data.space.hyperparameters()[index].role != Role::scientific) continue;
    findings.push_back(analysis_detail::compare_values(data, index));
  }
  return findings;
}

}  // namespace eigentune
