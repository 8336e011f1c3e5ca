#pragma once

#include <eigentune/analysis/least_squares.hpp>
#include <eigentune/analysis/polynomial_terms.hpp>
#include <eigentune/core/portable_math.hpp>
#include <eigentune/core/random.hpp>
#include <eigentune/space/point.hpp>
#include <eigentune/space/search_space.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace eigentune::analysis_detail {

/// A polynomial in the hyperparameters, fitted to scores: the sums of products over groups of trials from which any
/// least squares fit with some of its terms is had without the trials.
class VarianceAnalysis {
 public:
  /// Of the polynomials for which there are three trials for each coefficient, the one that explains most: those of
  /// degree 5, 3, 2 and 1 in each ordered hyperparameter with an offset for each value of a choice, and those of degree
  /// 3 and 2 with the products of two hyperparameters' linear terms and offsets besides. Absent if there are too few
  /// trials for straight lines, or that takes more than 500 coefficients, of which a choice has one less than values.
  static std::optional<VarianceAnalysis> fit(const SearchSpace& space, std::span<const Point* const> points,
                                             std::span<const double> scores) {
    std::optional<VarianceAnalysis> best;
    double most = 0.0;
    for (const PolynomialKind kind :
         {PolynomialKind{1, false}, {2, false}, {3, false}, {5, false}, {2, true}, {3, true}}) {
      auto terms = polynomial_terms(space, kind, std::min(most_coefficients, points.size() / trials_per_coefficient));
      if (!terms) continue;
      VarianceAnalysis analysis;
      analysis.terms_ = std::move(*terms);
      analysis.sum_products(polynomial_columns(space, points, analysis.terms_), scores);
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
    const Fit full = residual(products, [](const PolynomialTerm&) { return true; });
    const Fit least = residual(
        products, [&](const PolynomialTerm& term) { return index ? !term.is_about(*index) : term.is_constant(); });
    const Fit mean = residual(products, [](const PolynomialTerm& term) { return term.is_constant(); });
    const double noise = full.squares / (products.trials - static_cast<double>(full.rank));
    constexpr double equal = 1e-12;  // all scores are, but for rounding
    if (!(mean.squares > equal * products.sums.back())) return 0.0;
    return (least.squares - full.squares - static_cast<double>(full.rank - least.rank) * noise) /
           (mean.squares + noise);
  }

  std::size_t groups() const { return groups_.size(); }

 private:
  static constexpr std::size_t trials_per_coefficient = 3;
  /// More are not fitted: the sums of products of twenty groups take 20 MB for so many, and the time grows by the third
  /// power.
  static constexpr std::size_t most_coefficients = 500;

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

  /// Trials are put into groups at random: those of a quasi-random search by their number would be slabs of the space.
  void sum_products(const std::vector<Column>& columns, std::span<const double> scores) {
    const std::size_t n = scores.size(), size = columns.size() + 1;
    constexpr std::size_t most_groups = 20;
    groups_.assign(std::min(n, most_groups), {.sums = std::vector<double>(place(size, 0))});
    const std::vector<std::int64_t> order = Random(0).permutation(static_cast<std::int64_t>(n));
    std::vector<double> row(size);
    for (std::size_t k = 0; k < n; ++k) {
      Products& group = groups_[k % groups_.size()];
      const auto trial = static_cast<std::size_t>(order[k]);
      for (std::size_t i = 0; i + 1 < size; ++i) row[i] = columns[i][trial];
      row[size - 1] = scores[trial];
      group.trials += 1.0;
      for (std::size_t i = 0; i < size; ++i) {
        for (std::size_t j = 0; j <= i; ++j) group.sums[place(i, j)] += portable::rounded(row[i] * row[j]);
      }
    }
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

  /// The least squares fit with the terms that `uses` takes: Cholesky's decomposition of their products, without
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
    for (std::size_t i = 0; i < terms_.size(); ++i) {
      if (!uses(terms_[i])) continue;
      std::vector<double> row = row_of(i);
      constexpr double collinear = 1e-9;
      if (!(row.back() > collinear * products.sums[place(i, i)])) continue;
      row.back() = std::sqrt(row.back());
      used.push_back(i);
      factor.push_back(std::move(row));
    }
    return {std::max(0.0, row_of(terms_.size()).back()), used.size()};
  }

  std::vector<PolynomialTerm> terms_;
  std::vector<Products> groups_;
};

}  // namespace eigentune::analysis_detail
