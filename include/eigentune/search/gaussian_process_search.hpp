#pragma once

#include <eigentune/core/portable_math.hpp>
#include <eigentune/core/random.hpp>
#include <eigentune/search/gaussian_process_acquisition.hpp>
#include <eigentune/search/gaussian_process_landscape.hpp>
#include <eigentune/search/projected_lbfgs.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

namespace eigentune::gp {

/// How much work the search may do.
struct SearchEffort {
  int global_candidates = 512;  ///< quasi-random places
  int local_candidates = 64;    ///< places near each of the incumbents
  int climbs = 4;               ///< of each kind, how many of the best are improved further
  int climb_evaluations = 40;   ///< of the acquisition, per climb
  int most_places = 2000;       ///< in a space without real numbers: up to so many, every place is looked at
};

namespace detail {

/// The fractional parts of shift_j + i / phi^(j + 1): Kronecker's sequence with phi^(d + 1) = phi + 1 (Roberts 2018),
/// which fills the unit cube evenly, from a random place.
class KroneckerSequence {
 public:
  KroneckerSequence(std::size_t dimensions, Random& random) : shift_(dimensions), stride_(dimensions) {
    double phi = 1.5;
    const auto d = static_cast<std::int64_t>(dimensions);
    for (int i = 0; i < 60; ++i) {  // Newton's method
      const double power = portable::power(phi, d);
      phi -= (power * phi - phi - 1.0) / (static_cast<double>(d + 1) * power - 1.0);
    }
    double stride = 1.0;
    for (std::size_t j = 0; j < dimensions; ++j) {
      stride /= phi;
      stride_[j] = stride;
      shift_[j] = random.uniform();
    }
  }

  std::vector<double> operator()(std::int64_t i) const {
    std::vector<double> units(shift_.size());
    for (std::size_t j = 0; j < units.size(); ++j) {
      const double sum = shift_[j] + static_cast<double>(i) * stride_[j];
      units[j] = sum - std::floor(sum);
    }
    return units;
  }

 private:
  std::vector<double> shift_, stride_;
};

struct Scored {
  Place place;
  double value;
};

inline bool by_value(const Scored& a, const Scored& b) {
  return a.value > b.value;
}

/// The places with their acquisition, the highest first.
inline std::vector<Scored> score(const Acquisition& acquisition, std::vector<Place> places) {
  if (places.empty()) return {};
  Eigen::MatrixXd features(static_cast<Eigen::Index>(places.size()), places.front().features.size());
  for (std::size_t i = 0; i < places.size(); ++i) features.row(static_cast<Eigen::Index>(i)) = places[i].features;
  const Eigen::VectorXd values = acquisition.at(features);
  std::vector<Scored> result;
  result.reserve(places.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    result.push_back({std::move(places[i]), values[static_cast<Eigen::Index>(i)]});
  }
  std::stable_sort(result.begin(), result.end(), by_value);
  return result;
}

/// Moves the continuous hyperparameters of `start` uphill.
inline Scored slide(const Acquisition& acquisition, const Landscape& landscape, Scored start, int max_evaluations) {
  const std::vector<std::size_t> sliders = landscape.sliders(start.place);
  if (sliders.empty()) return start;
  const auto n = static_cast<Eigen::Index>(sliders.size());
  const auto unit = [&](Eigen::Index i) { return sliders[static_cast<std::size_t>(i)]; };
  Eigen::VectorXd x(n), full_gradient;
  for (Eigen::Index i = 0; i < n; ++i) x[i] = start.place.units[unit(i)];
  Eigen::RowVectorXd features = start.place.features;
  const auto loss = [&](const Eigen::VectorXd& at, Eigen::VectorXd& gradient) {
    for (Eigen::Index i = 0; i < n; ++i) features[landscape.column(unit(i))] = at[i];
    const double value = acquisition.with_gradient_at(features, full_gradient);
    for (Eigen::Index i = 0; i < n; ++i) gradient[i] = -full_gradient[landscape.column(unit(i))];
    return -value;
  };
  const BoxMinimum top = minimize_in_box(loss, x, Eigen::VectorXd::Zero(n), Eigen::VectorXd::Ones(n),
                                         {.max_evaluations = max_evaluations});
  std::vector<double> units = start.place.units;
  for (Eigen::Index i = 0; i < n; ++i) units[unit(i)] = top.x[i];
  return {landscape.place_at(std::move(units)), -top.value};
}

/// Slides and steps to better neighbours in turn, until neither helps.
inline Scored climb(const Acquisition& acquisition, const Landscape& landscape, Scored start, int max_evaluations) {
  Scored best = slide(acquisition, landscape, std::move(start), max_evaluations);
  for (int round = 0; round < 10; ++round) {
    std::vector<Scored> neighbours = score(acquisition, landscape.neighbours(best.place));
    if (neighbours.empty() || !(neighbours.front().value > best.value)) break;
    best = slide(acquisition, landscape, std::move(neighbours.front()), max_evaluations);
  }
  return best;
}

/// Evenly spread places of the whole landscape.
inline std::vector<Place> spread_places(const Landscape& landscape, int count, Random& random) {
  std::vector<Place> places;
  const KroneckerSequence sequence(landscape.dimensions(), random);
  for (int i = 0; i < count; ++i) places.push_back(landscape.place_at(sequence(i)));
  return places;
}

/// Places around `center`, at distances from 0.2 down to 0.0002 of the range: nobody knows how far the next improvement
/// is.
inline std::vector<Place> places_around(const Landscape& landscape, const Place& center, int count, Random& random) {
  std::vector<Place> places;
  for (int i = 0; i < count; ++i) {
    const double radius = 0.2 * portable::exp(-7.0 * (i + 0.5) / count);
    std::vector<double> units = center.units;
    for (double& unit : units) unit = std::clamp(unit + radius * random.normal(), 0.0, 1.0);
    places.push_back(landscape.place_at(std::move(units)));
  }
  return places;
}

}  // namespace detail

/// The place of the highest acquisition that is found, near none of `taken`. `incumbents` are good places to look
/// around. Every place is looked at where there are at most SearchEffort::most_places. If all that were looked at are
/// taken, and that is certain only where every one was, the best of them is returned: it will be evaluated again.
inline Place find_best(const Acquisition& acquisition, const Landscape& landscape, const std::vector<Place>& incumbents,
                       const std::vector<Place>& taken, const SearchEffort& effort, Random& random) {
  std::vector<detail::Scored> found;
  const auto climb_best_of = [&](std::vector<detail::Scored> scored) {
    const std::size_t climbs = std::min(scored.size(), static_cast<std::size_t>(effort.climbs));
    for (std::size_t i = 0; i < climbs; ++i) {
      found.push_back(detail::climb(acquisition, landscape, scored[i], effort.climb_evaluations));
    }
    std::move(scored.begin(), scored.end(), std::back_inserter(found));
  };
  const auto best_free = [&]() -> const detail::Scored* {
    std::stable_sort(found.begin(), found.end(), detail::by_value);
    for (const detail::Scored& scored : found) {
      const bool free = std::none_of(taken.begin(), taken.end(), [&](const Place& place) {
        return landscape.are_near(place.features, scored.place.features);
      });
      if (free) return &scored;
    }
    return nullptr;
  };

  if (auto all = landscape.all_places(static_cast<std::size_t>(effort.most_places))) {
    found = detail::score(acquisition, std::move(*all));
    const detail::Scored* best = best_free();
    return (best != nullptr ? *best : found.front()).place;
  }
  climb_best_of(detail::score(acquisition, detail::spread_places(landscape, effort.global_candidates, random)));
  std::vector<Place> around;
  for (const Place& incumbent : incumbents) {
    auto places = detail::places_around(landscape, incumbent, effort.local_candidates, random);
    std::move(places.begin(), places.end(), std::back_inserter(around));
  }
  climb_best_of(detail::score(acquisition, std::move(around)));
  for (int attempt = 0; attempt < 20; ++attempt) {  // a large space of few likely values may need more than one
    if (const detail::Scored* best = best_free()) return best->place;
    found = detail::score(acquisition, detail::spread_places(landscape, effort.global_candidates, random));
  }
  return found.front().place;
}

}  // namespace eigentune::gp
