#pragma once

#include <eigentune/core/random.hpp>
#include <eigentune/search/gaussian_process_acquisition.hpp>
#include <eigentune/search/gaussian_process_landscape.hpp>
#include <eigentune/search/gaussian_process_posterior.hpp>
#include <eigentune/search/gaussian_process_search.hpp>

#include <Eigen/Core>

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace eigentune::gp {

/// Whether there is so little to gain, a hundredth of the objective's standard deviation as the acquisition is made,
/// that the search has settled.
inline bool has_settled(double acquisition) {
  return acquisition < -4.605170185988091;  // ln(0.01)
}

/// How much of the improvement on known trials is wanted at least, in the objective's standard deviations: less is not
/// worth a trial.
inline constexpr double least_improvement = 1e-5;

/// A place to try once the search has settled at the best of `places`, which were tried or are pending and whose
/// outcomes the objective's model predicts as `predictions`; `acquisition` must have one. It improves on the best of
/// those that say little of that one, and lies as far from it as they do: Acquisition::keep_away_from. std::nullopt
/// where no trial is far enough.
///
/// A model that knows one valley well knows the rest of the space badly: fitted to many trials of that valley, it takes
/// its lengths for those of the whole, and is sure that nothing is to be found elsewhere. Expected improvement then
/// polishes a local optimum until the budget is spent; Bull, "Convergence Rates of Efficient Global Optimization
/// Algorithms" (2011), shows that it need not ever leave. To improve on the best of the rest is what the search would
/// do if that valley were not there, and each further valley is found as the first one was. When the best of the rest
/// promises to beat the best of all, the ordinary acquisition says so, and the search is no longer settled.
///
/// Only places inside the spread ones and around the rest's best are looked at, none is climbed from: the top of the
/// acquisition, where so little is known, lies in one of the corners of the cube, and there are many.
inline std::optional<Place> find_elsewhere(Acquisition acquisition, const Landscape& landscape,
                                           const std::vector<Place>& places, const Predictions& predictions,
                                           const std::vector<Place>& taken, Random& random) {
  const Eigen::VectorXd means = predictions.means.rowwise().mean();
  Eigen::Index best = 0;
  means.minCoeff(&best);
  const Eigen::RowVectorXd& center = places[static_cast<std::size_t>(best)].features;
  std::optional<Eigen::Index> best_apart;
  Eigen::RowVectorXd least;  // of each world
  for (Eigen::Index i = 0; i < means.size(); ++i) {
    if (acquisition.correlation(center, places[static_cast<std::size_t>(i)].features) > Acquisition::apart) continue;
    least = best_apart ? Eigen::RowVectorXd(least.cwiseMin(predictions.means.row(i))) : predictions.means.row(i);
    if (!best_apart || means[i] < means[*best_apart]) best_apart = i;
  }
  if (!best_apart) return std::nullopt;
  acquisition.keep_away_from(center, least.array() - least_improvement);
  return find_best(acquisition, landscape, {places[static_cast<std::size_t>(*best_apart)]}, taken, {.climbs = 0},
                   random);
}

}  // namespace eigentune::gp
