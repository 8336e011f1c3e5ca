#pragma once

#include <eigentune/core/portable_math.hpp>
#include <eigentune/core/random.hpp>
#include <eigentune/search/gaussian_process_acquisition.hpp>
#include <eigentune/search/projected_lbfgs.hpp>

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

namespace eigentune::gp {

/// A place of the space being searched: a coordinate in [0, 1) for each hyperparameter, and what the models see of it.
struct Place {
  std::vector<double> units;    ///< of all hyperparameters; those of inactive or given ones do not matter
  Eigen::RowVectorXd features;  ///< [features]
};

/// A hyperparameter that moves continuously where it is active: `units[unit]` is `features[feature]`.
struct Slider {
  std::size_t unit;
  Eigen::Index feature;
};

/// What the search needs to know of a space.
template <class T>
concept Terrain = requires(const T& terrain, std::vector<double> units, const Place& place, Random& random) {
  { terrain.dimensions() } -> std::convertible_to<std::size_t>;              // of units
  { terrain.place(std::move(units)) } -> std::same_as<Place>;                // units rounded to values, and features
  { terrain.sliders(place) } -> std::same_as<std::vector<Slider>>;           // active continuous ones
  { terrain.neighbours(place, random) } -> std::same_as<std::vector<Place>>; // by one step of one countable one
  { terrain.is_taken(place.features) } -> std::convertible_to<bool>;         // evaluated or pending, or next to it
};

/// How much work the search may do.
struct SearchEffort {
  int global_candidates = 512;    ///< quasi-random places
  int local_candidates = 64;      ///< places near each of the incumbents
  int climbs = 4;                 ///< of each kind, how many of the best are improved further
  int climb_evaluations = 40;     ///< of the acquisition, per climb
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

inline constexpr double largest_unit = 1.0 - 0x1p-53;

struct Scored {
  Place place;
  double value;
};

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
  std::stable_sort(result.begin(), result.end(), [](const Scored& a, const Scored& b) { return a.value > b.value; });
  return result;
}

/// Moves the continuous hyperparameters of `start` uphill.
template <Terrain T>
Scored slide(const Acquisition& acquisition, const T& terrain, Scored start, int max_evaluations) {
  const std::vector<Slider> sliders = terrain.sliders(start.place);
  if (sliders.empty()) return start;
  const auto n = static_cast<Eigen::Index>(sliders.size());
  Eigen::VectorXd x(n), full;
  for (Eigen::Index i = 0; i < n; ++i) x[i] = start.place.features[sliders[static_cast<std::size_t>(i)].feature];
  Eigen::RowVectorXd features = start.place.features;
  const auto loss = [&](const Eigen::VectorXd& at, Eigen::VectorXd& gradient) {
    for (Eigen::Index i = 0; i < n; ++i) features[sliders[static_cast<std::size_t>(i)].feature] = at[i];
    const double value = acquisition.with_gradient_at(features, full);
    gradient.resize(n);
    for (Eigen::Index i = 0; i < n; ++i) gradient[i] = -full[sliders[static_cast<std::size_t>(i)].feature];
    return -value;
  };
  const BoxMinimum top = minimize_in_box(loss, x, Eigen::VectorXd::Zero(n), Eigen::VectorXd::Constant(n, largest_unit),
                                         {.max_evaluations = max_evaluations});
  std::vector<double> units = start.place.units;
  for (Eigen::Index i = 0; i < n; ++i) units[sliders[static_cast<std::size_t>(i)].unit] = top.x[i];
  return {terrain.place(std::move(units)), -top.value};
}

/// Slides and steps to better neighbours in turn, until neither helps.
template <Terrain T>
Scored climb(const Acquisition& acquisition, const T& terrain, Scored start, int max_evaluations, Random& random) {
  Scored best = slide(acquisition, terrain, std::move(start), max_evaluations);
  for (int round = 0; round < 8; ++round) {
    std::vector<Scored> neighbours = score(acquisition, terrain.neighbours(best.place, random));
    if (neighbours.empty() || !(neighbours.front().value > best.value)) break;
    best = slide(acquisition, terrain, std::move(neighbours.front()), max_evaluations);
  }
  return best;
}

}  // namespace detail

/// The place with the highest acquisition that is found and not taken, or std::nullopt if all that were looked at are
/// taken. `incumbents` are good places, the best first, to look around.
template <Terrain T>
std::optional<Place> find_best(const Acquisition& acquisition, const T& terrain, const std::vector<Place>& incumbents,
                               const SearchEffort& effort, Random& random) {
  std::vector<Place> places;
  const detail::KroneckerSequence sequence(terrain.dimensions(), random);
  for (int i = 0; i < effort.global_candidates; ++i) places.push_back(terrain.place(sequence(i)));
  std::vector<detail::Scored> found = detail::score(acquisition, std::move(places));
  places.clear();
  for (const Place& incumbent : incumbents) {
    for (int i = 0; i < effort.local_candidates; ++i) {
      // From 0.2 down to 0.0002 of the range, since nobody knows how far the next improvement is.
      const double radius = 0.2 * portable::exp(-7.0 * (i + 0.5) / effort.local_candidates);
      std::vector<double> units = incumbent.units;
      for (double& unit : units) unit = std::clamp(unit + radius * random.normal(), 0.0, detail::largest_unit);
      places.push_back(terrain.place(std::move(units)));
    }
  }
  std::vector<detail::Scored> near = detail::score(acquisition, std::move(places));
  const std::size_t global = found.size();
  std::move(near.begin(), near.end(), std::back_inserter(found));

  std::vector<detail::Scored> climbed;
  for (std::size_t first : {std::size_t{0}, global}) {
    const std::size_t end = first == 0 ? global : found.size();
    for (std::size_t i = first; i < end && i < first + static_cast<std::size_t>(effort.climbs); ++i) {
      climbed.push_back(detail::climb(acquisition, terrain, found[i], effort.climb_evaluations, random));
    }
  }
  std::move(climbed.begin(), climbed.end(), std::back_inserter(found));
  std::stable_sort(found.begin(), found.end(),
                   [](const detail::Scored& a, const detail::Scored& b) { return a.value > b.value; });
  for (detail::Scored& candidate : found) {
    if (!terrain.is_taken(candidate.place.features)) return std::move(candidate.place);
  }
  return std::nullopt;
}

}  // namespace eigentune::gp
