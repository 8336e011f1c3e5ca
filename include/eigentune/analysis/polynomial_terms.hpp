#pragma once

#include <eigentune/analysis/least_squares.hpp>
#include <eigentune/analysis/study_data.hpp>
#include <eigentune/core/portable_math.hpp>
#include <eigentune/space/hyperparameter.hpp>
#include <eigentune/space/point.hpp>
#include <eigentune/space/role.hpp>
#include <eigentune/space/search_space.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

/// Polynomials in all hyperparameters of a space that vary: their terms, and the values of those at points.
namespace eigentune::analysis_detail {

/// One term: the constant, a polynomial in an ordered hyperparameter or the offset for a value of a choice, or the
/// product of two such terms.
struct PolynomialTerm {
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  std::size_t first = none, second = none;  ///< the hyperparameters it is about; the second only of a product
  std::int64_t number = 0;                  ///< its degree, or which value of the choice, from 1 on
  std::size_t left = none, right = none;    ///< of a product: which terms it multiplies

  bool is_about(std::size_t hyperparameter) const { return first == hyperparameter || second == hyperparameter; }
  bool is_constant() const { return first == none; }
};

/// Which terms a polynomial has.
struct PolynomialKind {
  int degree = 1;         ///< in each ordered hyperparameter, up to one less than it has values
  bool products = false;  ///< of the terms of degree 1 and the offsets of each two hyperparameters
};

/// The terms of that kind, the constant first, each product after its factors; absent if there are more than `most`,
/// which is found out without making them all: two choices of a thousand values have a million products.
inline std::optional<std::vector<PolynomialTerm>> polynomial_terms(const SearchSpace& space, PolynomialKind kind,
                                                                   std::size_t most) {
  std::vector<PolynomialTerm> terms;
  const auto add = [&](const PolynomialTerm& term) {
    terms.push_back(term);
    return terms.size() <= most;
  };
  if (!add({})) return std::nullopt;
  std::vector<std::pair<std::size_t, std::size_t>> factors;  // of products: from the first term to before the last
  for (std::size_t j = 0; j < space.hyperparameters().size(); ++j) {
    const Hyperparameter& one = space.hyperparameters()[j];
    if (one.role == Role::fixed) continue;
    const std::optional<std::int64_t> values = one.domain.cardinality();
    const std::int64_t offsets = values ? *values - 1 : kind.degree;
    const std::int64_t own = has_axis(one) ? std::min<std::int64_t>(offsets, kind.degree) : offsets;
    const std::size_t begin = terms.size();
    for (std::int64_t number = 1; number <= own; ++number) {
      if (!add({.first = j, .number = number})) return std::nullopt;
    }
    factors.emplace_back(begin, has_axis(one) ? std::min(begin + 1, terms.size()) : terms.size());
  }
  if (!kind.products) return terms;
  for (std::size_t a = 0; a < factors.size(); ++a) {
    for (std::size_t b = a + 1; b < factors.size(); ++b) {
      for (std::size_t i = factors[a].first; i < factors[a].second; ++i) {
        for (std::size_t j = factors[b].first; j < factors[b].second; ++j) {
          if (!add({.first = terms[i].first, .second = terms[j].first, .left = i, .right = j})) return std::nullopt;
        }
      }
    }
  }
  return terms;
}

/// Legendre's polynomials, uncorrelated over [-1, 1]: (k + 1) P[k+1] = (2 k + 1) x P[k] - k P[k-1].
inline double legendre(std::int64_t degree, double x) {
  double before = 1.0, value = x;
  for (std::int64_t k = 1; k < degree; ++k) {
    const auto n = static_cast<double>(k);
    const double next = (portable::rounded((2.0 * n + 1.0) * x * value) - portable::rounded(n * before)) / (n + 1.0);
    before = std::exchange(value, next);
  }
  return value;
}

/// The values of the terms at the points, [terms][points]: Legendre's polynomials of the position in [-1, 1]; for a
/// choice 1 at its value and 0 at others, less the mean of that over all values; 0 where a hyperparameter is not
/// active.
inline std::vector<Column> polynomial_columns(const SearchSpace& space, std::span<const Point* const> points,
                                              const std::vector<PolynomialTerm>& terms) {
  std::vector<Column> columns;
  for (const PolynomialTerm& term : terms) {
    Column column(points.size(), 1.0);
    for (std::size_t k = 0; k < points.size() && !term.is_constant(); ++k) {
      if (term.left != PolynomialTerm::none) {
        column[k] = columns[term.left][k] * columns[term.right][k];
        continue;
      }
      const Hyperparameter& one = space.hyperparameters()[term.first];
      const std::optional<double> unit = unit_position(one, *points[k]);
      if (!unit) {
        column[k] = 0.0;
      } else if (has_axis(one)) {
        column[k] = legendre(term.number, 2.0 * *unit - 1.0);
      } else {
        const double here = (*points[k])[one.name] == one.domain.at(term.number) ? 1.0 : 0.0;
        column[k] = here - 1.0 / static_cast<double>(*one.domain.cardinality());
      }
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

}  // namespace eigentune::analysis_detail
