#pragma once

#include <eigentune/search/gaussian_process_kernel.hpp>
#include <eigentune/space/search_space.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace eigentune::gp {

/// A point of a search space, as the search sees it.
struct Place {
  /// A coordinate in [0, 1] for each hyperparameter of the space; those of inactive ones wait for being active.
  std::vector<double> units;
  std::vector<bool> active;     ///< which are part of the point
  Eigen::RowVectorXd features;  ///< what the models see, [features]
};

/// A search space in which the values of the scientific hyperparameters are given: what there is to search, and how
/// models see it. Features of a point:
///
/// - of a real number, its coordinate in the unit interval, which is on its scale: logarithmic for log_uniform;
/// - of a value in an order, the same: the middle of its cell, so that the models are constant over a cell and the
/// search
///   finds no improvement inside it (Garrido-Merchán and Hernández-Lobato, "Dealing with categorical and integer-valued
///   variables in Bayesian Optimization with Gaussian processes", 2020);
/// - of a choice, one feature for each value (see FeatureGroups);
/// - of an inactive number the middle of its interval, of an inactive choice zeros. Two points of one branch then
/// differ
///   by what is active in it and by nothing else, and two of different branches by the choice that parts them, whose
///   length says how much the branches have in common. Unlike a distance over common hyperparameters only, this is one
///   between vectors, so that the kernel stays positive definite; unlike an arc kernel it adds nothing to fit.
class Landscape {
 public:
  /// `given` is a point whose scientific values are to be used. Refers to `space`.
  Landscape(const SearchSpace& space, const Point& given) : space_(space.hyperparameters()), whole_(space) {
    Eigen::Index next = 0;
    for (const Hyperparameter& hyperparameter : space_) {
      const std::optional<std::int64_t> cardinality = hyperparameter.domain.cardinality();
      Eigen::Index width = 1;
      if (cardinality == 1) {
        width = 0;  // as of all fixed ones: there is nothing to see
      } else if (hyperparameter.domain.scale() == Scale::unordered) {
        width = *cardinality;
      }
      columns_.push_back({next, width});
      for (Eigen::Index i = 0; i < width; ++i) groups_.group.push_back(groups_.count);
      if (width > 0) ++groups_.count;
      next += width;
    }
    given_ = units_of(given);
  }

  const FeatureGroups& groups() const { return groups_; }
  std::size_t dimensions() const { return space_.size(); }

  /// The place of `point`, a point of the space with scientific values of its own.
  Place place_of(const Point& point) const {
    Place place = {units_of(point), std::vector<bool>(space_.size()), {}};
    for (std::size_t i = 0; i < space_.size(); ++i) place.active[i] = space_[i].is_active(point);
    place.features = features_of(place, point);
    return place;
  }

  /// The place with these coordinates [dimensions()] of the nuisance hyperparameters, and the given scientific values.
  Place place_at(std::vector<double> units) const {
    Place place = {std::move(units), std::vector<bool>(space_.size()), {}};
    const Point point = point_at(place.units, &place.active);
    for (std::size_t i = 0; i < space_.size(); ++i) {
      if (place.active[i] && space_[i].domain.is_countable()) {
        place.units[i] = space_[i].domain.to_unit(point[space_[i].name]);
      } else if (space_[i].role == Role::scientific) {
        place.units[i] = given_[i];
      }
    }
    place.features = features_of(place, point);
    return place;
  }

  Point point_of(const Place& place) const { return point_at(place.units, nullptr); }

  /// The nuisance hyperparameters that are active at `place` and move continuously: `units[i]` is feature column(i).
  std::vector<std::size_t> sliders(const Place& place) const {
    std::vector<std::size_t> result;
    for (std::size_t i = 0; i < space_.size(); ++i) {
      if (place.active[i] && is_free(i) && !space_[i].domain.is_countable()) result.push_back(i);
    }
    return result;
  }
  Eigen::Index column(std::size_t hyperparameter) const { return columns_[hyperparameter].first; }

  /// The places that differ from `place` in one nuisance hyperparameter with countable values: by one step up or down
  /// its order, or by any other value of its choice.
  std::vector<Place> neighbours(const Place& place) const {
    std::vector<Place> result;
    for (std::size_t i = 0; i < space_.size(); ++i) {
      const Domain& domain = space_[i].domain;
      if (!place.active[i] || !is_free(i) || !domain.is_countable()) continue;
      const std::int64_t count = *domain.cardinality(), here = domain.index_of(domain.from_unit(place.units[i]));
      const bool ordered = domain.scale() != Scale::unordered;
      for (std::int64_t index = ordered ? std::max<std::int64_t>(here - 1, 0) : 0;
           index < (ordered ? std::min(here + 2, count) : count); ++index) {
        if (index == here) continue;
        std::vector<double> units = place.units;
        units[i] = domain.to_unit(domain.at(index));
        result.push_back(place_at(std::move(units)));
      }
    }
    return result;
  }

  /// All places there are, if none of the nuisance hyperparameters is continuous and there are at most `limit`.
  std::optional<std::vector<Place>> all_places(std::size_t limit) const {
    std::vector<Place> result;
    std::vector<std::int64_t>
        digits;  // of the countable ones as they come: an odometer whose wheels depend on the others
    do {
      std::vector<std::int64_t> sizes;
      bool continuous = false;
      std::vector<double> units(space_.size(), 0.5);
      whole_.from_units([&](const Hyperparameter& hyperparameter) {
        const auto i = static_cast<std::size_t>(&hyperparameter - space_.data());
        if (!is_free(i)) return given_[i];
        const auto count = hyperparameter.domain.cardinality();
        if (!count) {
          continuous = true;
          return 0.5;
        }
        if (digits.size() == sizes.size()) digits.push_back(0);
        units[i] = hyperparameter.domain.to_unit(hyperparameter.domain.at(digits[sizes.size()]));
        sizes.push_back(*count);
        return units[i];
      });
      if (continuous || result.size() == limit) return std::nullopt;
      result.push_back(place_at(std::move(units)));
      while (!digits.empty() && ++digits.back() == sizes[digits.size() - 1]) digits.pop_back();
    } while (!digits.empty());
    return result;
  }

  /// Whether two places are the same or as good as: all values equal, but for real numbers that differ by at most
  /// 1e-4 of their interval.
  bool are_near(const Eigen::RowVectorXd& a, const Eigen::RowVectorXd& b) const {
    for (std::size_t i = 0; i < space_.size(); ++i) {
      const double tolerance = space_[i].domain.is_countable() ? 0.0 : 1e-4;
      for (Eigen::Index c = columns_[i].first; c < columns_[i].first + columns_[i].width; ++c) {
        if (std::fabs(a[c] - b[c]) > tolerance) return false;
      }
    }
    return true;
  }

  /// Whether the scientific values of `place` are the given ones.
  bool has_given_values(const Place& place) const {
    for (std::size_t i = 0; i < space_.size(); ++i) {
      if (space_[i].role == Role::scientific && place.units[i] != given_[i]) return false;
    }
    return true;
  }

 private:
  struct Columns {
    Eigen::Index first, width;
  };

  bool is_free(std::size_t i) const { return space_[i].role == Role::nuisance; }

  std::vector<double> units_of(const Point& point) const {
    std::vector<double> units(space_.size(), 0.5);
    for (std::size_t i = 0; i < space_.size(); ++i) {
      if (space_[i].is_active(point)) units[i] = space_[i].domain.to_unit(point[space_[i].name]);
    }
    return units;
  }

  Point point_at(const std::vector<double>& units, std::vector<bool>* active) const {
    return whole_.from_units([&](const Hyperparameter& hyperparameter) {
      const auto i = static_cast<std::size_t>(&hyperparameter - space_.data());
      if (active != nullptr) (*active)[i] = true;
      return is_free(i) ? units[i] : given_[i];
    });
  }

  Eigen::RowVectorXd features_of(const Place& place, const Point& point) const {
    Eigen::RowVectorXd features = Eigen::RowVectorXd::Zero(groups_.features());
    for (std::size_t i = 0; i < space_.size(); ++i) {
      const auto [first, width] = columns_[i];
      if (width == 0) continue;
      const Domain& domain = space_[i].domain;
      if (domain.scale() != Scale::unordered) {
        features[first] = place.active[i] ? place.units[i] : 0.5;
      } else if (place.active[i]) {
        features[first + domain.index_of(point[space_[i].name])] = std::sqrt(0.5);
      }
    }
    return features;
  }

  std::span<const Hyperparameter> space_;
  const SearchSpace& whole_;
  std::vector<Columns> columns_;  // of each hyperparameter
  FeatureGroups groups_;
  std::vector<double> given_;  // units
};

}  // namespace eigentune::gp
