#pragma once

#include <eigentune/analysis/regression_terms.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/error.hpp>
#include <eigentune/core/portable_math.hpp>
#include <eigentune/core/random.hpp>
#include <eigentune/space/hyperparameter.hpp>
#include <eigentune/space/point.hpp>
#include <eigentune/space/role.hpp>
#include <eigentune/space/search_space.hpp>
#include <eigentune/study/trial_record.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace eigentune {

/// How much one hyperparameter matters.
struct Importance {
  std::size_t index = 0;         ///< of the hyperparameter in the space
  std::string hyperparameter{};  ///< its id
  double share = 0.0;            ///< of the variance of the scores, in [0, 1]
  double error = 0.0;            ///< the standard error of the share
};

/// The importance of all hyperparameters that vary: see hyperparameter_importances.
struct Importances {
  std::vector<Importance> ranked{};  ///< the most important first, equal ones in the order of the space
  double explained = 0.0;            ///< the share of the variance that all of them explain together, in [0, 1]
  std::int64_t trials = 0;           ///< it was taken from, the infeasible ones included
};

namespace analysis_detail {

/// The columns of a polynomial in the hyperparameters, and sums of products over groups of trials from which any least
/// squares fit is had without the trials.
class VarianceAnalysis {
 public:
  /// Of the polynomials for which there are three trials for each coefficient, the one that explains most: those of
  /// degree 5, 3, 2 and 1 in each ordered hyperparameter with an offset for each value of a choice, and those of degree
  /// 3 and 2 with the products of two hyperparameters' linear terms and offsets besides. Absent if there are too few
  /// trials for straight lines, or that takes more than 500 coefficients, of which a choice has one less than values.
  static std::optional<VarianceAnalysis> fit(const SearchSpace& space, std::span<const Point* const> points,
                                             std::span<const double> scores) {
    struct Kind {
      int degree;
      bool products;
    };
    std::optional<VarianceAnalysis> best;
    double most = 0.0;
    for (const Kind kind : {Kind{1, false}, {2, false}, {3, false}, {5, false}, {2, true}, {3, true}}) {
      // Counted before any is made: two choices of a thousand values have a million products.
      const double coefficients = count_coefficients(space, kind.degree, kind.products);
      if (static_cast<double>(points.size()) < trials_per_coefficient * coefficients) continue;
      if (coefficients > most_coefficients) continue;
      VarianceAnalysis analysis;
      analysis.add_columns(space, points, kind.degree);
      if (kind.products) analysis.add_products(points.size());
      analysis.sum_products(scores);
      const double explained = analysis.share(std::nullopt);
      if (best && explained <= most) continue;
      most = explained;
      best = std::move(analysis);
    }
    return best;
  }

  /// The importance of hyperparameter `index`, or of all if absent, without the trials of group `left_out`.
  double share(std::optional<std::size_t> index, std::optional<std::size_t> left_out = std::nullopt) const {
    const Products products = without(left_out);
    const Fit full = residual(products, [](const Column&) { return true; });
    const Fit least = residual(products, [&](const Column& column) {
      return index ? column.first != *index && column.second != *index : column.first == nobody;
    });
    const Fit mean = residual(products, [](const Column& column) { return column.first == nobody; });
    const double noise = full.squares / (products.trials - static_cast<double>(full.rank));
    constexpr double equal = 1e-12;  // all scores are, but for rounding
    if (!(mean.squares > equal * products.sums.back())) return 0.0;
    return (least.squares - full.squares - static_cast<double>(full.rank - least.rank) * noise) /
           (mean.squares + noise);
  }

  std::size_t groups() const { return groups_.size(); }

 private:
  static constexpr double trials_per_coefficient = 3.0;
  /// More are not fitted: the sums of products of twenty groups take 20 MB for so many, and the time grows by the third
  /// power.
  static constexpr double most_coefficients = 500.0;
  static constexpr std::size_t nobody = static_cast<std::size_t>(-1);

  /// The values of one term, [trials], and the one or two hyperparameters it is about.
  struct Column {
    std::size_t first = nobody, second = nobody;
    std::vector<double> values{};
  };

  /// X'X, X'y (its last row) and y'y over some trials: the lower triangle by rows.
  struct Products {
    std::vector<double> sums{};
    double trials = 0.0;
  };
  struct Fit {
    double squares;  ///< of the residuals
    std::size_t rank;
  };

  static constexpr std::size_t place(std::size_t row, std::size_t column) { return row * (row + 1) / 2 + column; }

  /// How many columns add_columns and add_products make. A double, since a choice may have very many values.
  static double count_coefficients(const SearchSpace& space, int degree, bool products) {
    double sum = 1.0, linear = 0.0, squares = 0.0;
    for (const Hyperparameter& one : space.hyperparameters()) {
      if (one.role == Role::fixed) continue;
      const std::optional<std::int64_t> values = one.domain.cardinality();
      const double offsets = values ? static_cast<double>(*values - 1) : static_cast<double>(degree);
      const double own = has_axis(one) ? std::min(offsets, static_cast<double>(degree)) : offsets;
      const double first = has_axis(one) ? std::min(own, 1.0) : own;  // the linear term, or all offsets
      sum += own;
      linear += first;
      squares += first * first;
    }
    return products ? sum + 0.5 * (linear * linear - squares) : sum;
  }

  void add_columns(const SearchSpace& space, std::span<const Point* const> points, int degree) {
    columns_.push_back({.values = std::vector<double>(points.size(), 1.0)});
    for (std::size_t j = 0; j < space.hyperparameters().size(); ++j) {
      const Hyperparameter& one = space.hyperparameters()[j];
      if (one.role == Role::fixed) continue;
      const std::optional<std::int64_t> values = one.domain.cardinality();
      linear_.emplace_back();
      if (has_axis(one)) {
        const auto most = values ? std::min<std::int64_t>(degree, *values - 1) : degree;
        for (int power = 1; power <= most; ++power) {
          if (power == 1) linear_.back().push_back(columns_.size());
          columns_.push_back(column(
              j, points, [&](const Point& point) { return legendre(power, 2.0 * *unit_position(one, point) - 1.0); },
              one));
        }
        continue;
      }
      for (std::int64_t value = 1; value < *values; ++value) {
        linear_.back().push_back(columns_.size());
        columns_.push_back(column(
            j, points,
            [&](const Point& point) {
              return (point[one.name] == one.domain.at(value) ? 1.0 : 0.0) - 1.0 / static_cast<double>(*values);
            },
            one));
      }
    }
  }

  /// 0 where the hyperparameter is not active.
  template <class Function>
  static Column column(std::size_t index, std::span<const Point* const> points, Function function,
                       const Hyperparameter& hyperparameter) {
    Column result{.first = index};
    for (const Point* point : points) {
      result.values.push_back(unit_position(hyperparameter, *point) ? function(*point) : 0.0);
    }
    return result;
  }

  /// Legendre's polynomials, uncorrelated over the range: (k + 1) P[k+1] = (2 k + 1) x P[k] - k P[k-1].
  static double legendre(int power, double x) {
    double before = 1.0, value = x;
    for (int k = 1; k < power; ++k) {
      const double next = (portable::rounded((2 * k + 1) * x * value) - portable::rounded(k * before)) / (k + 1);
      before = std::exchange(value, next);
    }
    return value;
  }

  void add_products(std::size_t trials) {
    for (std::size_t a = 0; a < linear_.size(); ++a) {
      for (std::size_t b = a + 1; b < linear_.size(); ++b) {
        for (const std::size_t i : linear_[a]) {
          for (const std::size_t j : linear_[b]) {
            Column product{.first = columns_[i].first, .second = columns_[j].first};
            for (std::size_t k = 0; k < trials; ++k) {
              product.values.push_back(columns_[i].values[k] * columns_[j].values[k]);
            }
            columns_.push_back(std::move(product));
          }
        }
      }
    }
  }

  /// Trials are put into groups at random: those of a quasi-random search by their number would be slabs of the space.
  void sum_products(std::span<const double> scores) {
    const std::size_t n = scores.size(), size = columns_.size() + 1;
    constexpr std::size_t most_groups = 20;
    groups_.assign(std::min(n, most_groups), {.sums = std::vector<double>(place(size, 0))});
    const std::vector<std::int64_t> order = Random(0).permutation(static_cast<std::int64_t>(n));
    std::vector<double> row(size);
    for (std::size_t k = 0; k < n; ++k) {
      Products& group = groups_[k % groups_.size()];
      const auto trial = static_cast<std::size_t>(order[k]);
      for (std::size_t i = 0; i + 1 < size; ++i) row[i] = columns_[i].values[trial];
      row[size - 1] = scores[trial];
      group.trials += 1.0;
      for (std::size_t i = 0; i < size; ++i) {
        for (std::size_t j = 0; j <= i; ++j) group.sums[place(i, j)] += portable::rounded(row[i] * row[j]);
      }
    }
    for (Column& column : columns_) column.values = {};
  }

  Products without(std::optional<std::size_t> left_out) const {
    Products result{.sums = std::vector<double>(groups_.front().sums.size())};
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      if (g == left_out) continue;
      for (std::size_t i = 0; i < result.sums.size(); ++i) result.sums[i] += groups_[g].sums[i];
      result.trials += groups_[g].trials;
    }
    return result;
  }

  /// The least squares fit with the columns that `uses` takes: Cholesky's decomposition of their products, without
  /// those that the ones before them span.
  template <class Uses>
  Fit residual(const Products& products, Uses uses) const {
    std::vector<std::size_t> used;
    std::vector<std::vector<double>> factor;  // the rows of L
    const auto row_of = [&](std::size_t index) {
      std::vector<double> row;
      double rest = products.sums[place(index, index)];
      for (std::size_t k = 0; k < used.size(); ++k) {
        double entry = products.sums[place(index, used[k])];
        for (std::size_t m = 0; m < k; ++m) entry -= portable::rounded(row[m] * factor[k][m]);
        row.push_back(entry / factor[k][k]);
        rest -= portable::rounded(row.back() * row.back());
      }
      row.push_back(rest);
      return row;
    };
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (!uses(columns_[i])) continue;
      std::vector<double> row = row_of(i);
      constexpr double collinear = 1e-9;
      if (!(row.back() > collinear * products.sums[place(i, i)])) continue;
      row.back() = std::sqrt(row.back());
      used.push_back(i);
      factor.push_back(std::move(row));
    }
    return {std::max(0.0, row_of(columns_.size()).back()), used.size()};
  }

  std::vector<Column> columns_;                   // the constant first
  std::vector<std::vector<std::size_t>> linear_;  // for each hyperparameter that varies, its columns of degree 1
  std::vector<Products> groups_;
};

/// hyperparameter_importances of any scores, [points].
inline std::optional<Importances> importances_of(const SearchSpace& space, std::span<const Point* const> points,
                                                 std::span<const double> scores) {
  const auto [least, greatest] = std::ranges::minmax_element(scores);
  if (scores.empty() || *least == *greatest) return std::nullopt;
  const auto analysis = VarianceAnalysis::fit(space, points, scores);
  if (!analysis) return std::nullopt;
  Importances result{.explained = std::clamp(analysis->share(std::nullopt), 0.0, 1.0),
                     .trials = static_cast<std::int64_t>(points.size())};
  for (std::size_t j = 0; j < space.hyperparameters().size(); ++j) {
    const Hyperparameter& one = space.hyperparameters()[j];
    if (one.role == Role::fixed) continue;
    std::vector<double> shares;
    double mean = 0.0, variance = 0.0;
    const auto groups = static_cast<double>(analysis->groups());
    for (std::size_t g = 0; g < analysis->groups(); ++g) {
      shares.push_back(analysis->share(j, g));
      mean += shares.back() / groups;
    }
    for (const double share : shares) variance += portable::rounded((share - mean) * (share - mean));
    result.ranked.push_back({.index = j,
                             .hyperparameter = one.id,
                             .share = std::clamp(analysis->share(j), 0.0, 1.0),
                             .error = std::sqrt(variance * (groups - 1.0) / groups)});
  }
  std::ranges::stable_sort(result.ranked, std::ranges::greater(), &Importance::share);
  return result;
}

}  // namespace analysis_detail

/// How much each hyperparameter that varies matters: the share of the variance of the trials' scores that is lost if
/// the hyperparameter, with everything it does together with others, is left out of a polynomial fitted to the scores.
///
/// - The scores are normal scores (Blom 1958), so that only the order of the trials counts, not how bad the worst are.
///   Infeasible trials take part as the worst, all equal.
/// - Of a few polynomials the one that explains most is taken, none with fewer than three trials for a coefficient: of
///   degree up to 5 in the position of each ordered hyperparameter on its scale, with an offset for each value of a
///   choice, and, up to degree 3, with the products of two hyperparameters' linear terms and offsets. A conditional
///   hyperparameter's terms are 0 where it is not active; what its being active does is its condition's.
/// - The share is omega squared, (S_j - q_j s^2) / (S + s^2) (Hays, "Statistics", 1963): S_j is the sum of squares that
///   the q_j terms with hyperparameter j add to the fit by the others, S the scores', s^2 the residuals' mean square.
///   It is 0 on average where a hyperparameter has no effect, however noisy the scores; below 0 it is 0.
///   Where the trials are spread uniformly, it estimates Sobol's total index ("Global sensitivity indices for nonlinear
///   mathematical models", 2001; from a polynomial's coefficients: Sudret, "Global sensitivity analysis using
///   polynomial chaos expansions", 2008) and, where nothing interacts, the shares sum to `explained`; an interaction
///   counts for both.
/// - Its standard error is the jackknife's, over 20 groups of trials that are left out in turn.
///
/// Absent if there are fewer than three trials for each coefficient of straight lines, or all scores are equal.
/// Deterministic.
inline std::optional<Importances> hyperparameter_importances(const StudyData& data) {
  std::vector<const Point*> points;
  std::vector<double> costs;
  for (const RankedTrial& one : ranked_trials(data)) {
    points.push_back(&*one.trial->point);
    costs.push_back(one.cost);
  }
  for (const TrialRecord& trial : data.trials) {
    if (is_infeasible(trial) && trial.point) points.push_back(&*trial.point);
  }
  costs.resize(points.size(), std::numeric_limits<double>::infinity());
  return analysis_detail::importances_of(data.space, points, analysis_detail::normal_scores(costs));
}

}  // namespace eigentune
