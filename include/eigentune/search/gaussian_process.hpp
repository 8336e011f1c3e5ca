#pragma once

#include <eigentune/core/direction.hpp>
#include <eigentune/core/error.hpp>
#include <eigentune/core/portable_math.hpp>
#include <eigentune/core/random.hpp>
#include <eigentune/search/gaussian_process_acquisition.hpp>
#include <eigentune/search/gaussian_process_elsewhere.hpp>
#include <eigentune/search/gaussian_process_feasibility.hpp>
#include <eigentune/search/gaussian_process_fit.hpp>
#include <eigentune/search/gaussian_process_landscape.hpp>
#include <eigentune/search/gaussian_process_regression.hpp>
#include <eigentune/search/gaussian_process_search.hpp>
#include <eigentune/search/gaussian_process_standardize.hpp>
#include <eigentune/search/halton.hpp>
#include <eigentune/search/history.hpp>
#include <eigentune/space/search_space.hpp>

#include <Eigen/Core>
#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace eigentune {

/// Bayesian optimization: each trial goes where a model of all earlier ones expects the largest improvement ("After
/// exploration concludes", the playbook's exploitation phase). It needs far fewer trials than quasi-random search to
/// come close to an optimum, at the price of what makes that one easy to interpret: points are not spread evenly, and
/// the objective cannot be changed afterwards.
///
/// - The first `initial` trials are those of Halton{.seed = seed}. So are, in every trial, the values of the scientific
///   hyperparameters, which thus stay evenly allotted; only the nuisance ones are chosen here, by a model that
///   learns from the trials of all scientific values, to improve on the best trials of the one at hand.
/// - The objective is modelled by a Gaussian process (gp::Regression; a Matérn kernel with a length for each
///   hyperparameter, fitted anew for each suggestion), infeasible trials by another one (gp::Classification). The next
///   point has the highest expected improvement times probability of being feasible (gp::Acquisition).
/// - A point should be feasible with a probability of 0.95: where the optimum lies at the border of the feasible
///   places, ever smaller improvements wait beside it, and each would cost trials that diverge.
/// - Once the model promises next to nothing, three of four trials look elsewhere (gp::find_elsewhere), for a valley of
///   which the model knows nothing; the others go on to polish the best one.
/// - Pending trials are accounted for: their outcomes are drawn from the model, several times over, and the improvement
///   is averaged. So workers that ask at the same time do not repeat each other.
/// - No point is suggested that has been evaluated or is pending, nor one within 1e-4 of each real number's interval of
///   it, if there is another. Where all points of a small space are spent, the most promising is tried again: with a
///   noisy objective that tells something.
///
/// Pure: a suggestion is a function of (seed, space, history, number). Equal on every run of one build on one kind of
/// machine; between compilers or instruction sets last bits may differ (Eigen orders sums by vector width and cache
/// size), and then points do. Time grows with the cube of the number of trials: about 0.05 s at 100 trials, 1 s at 500.
struct GaussianProcess {
  std::uint64_t seed = 0;

  /// How many trials are quasi-random, at least 1; absent: 3 more than there are hyperparameters with several values.
  std::optional<std::int64_t> initial{};

  static constexpr bool adaptive = true;

  /// Throws std::invalid_argument if `initial` is less than 1, if `number` is negative, or if a point of `history` is
  /// not of `space` or an objective not finite.
  Point suggest(const SearchSpace& space, const History& history, std::int64_t number) const {
    require(!initial || *initial >= 1, "GaussianProcess: initial must be at least 1, got {}", initial.value_or(1));
    const Point quasi_random = Halton{.seed = seed}.suggest(space, history, number);
    const auto is_finished = [](const Observation& observation) { return observation.outcome != Outcome::pending; };
    const gp::Landscape landscape(space, quasi_random);
    if (number < initial.value_or(landscape.groups().count + 3) || landscape.groups().count == 0 ||
        std::none_of(history.observations.begin(), history.observations.end(), is_finished)) {
      return quasi_random;
    }

    Random random = Random(seed, stream).split(static_cast<std::uint64_t>(number));
    const Trials trials = sorted(space, landscape, history);
    std::optional<gp::Posterior> objective, feasibility;
    Eigen::RowVectorXd best;
    std::vector<gp::Place> incumbents, candidates;
    gp::Predictions predictions;
    if (!trials.complete.empty()) {
      const gp::Regression model(landscape.groups(), features(landscape, trials.complete),
                                 gp::standardized(trials.losses));
      const Eigen::VectorXd theta = gp::fit(model, {}, random);
      const auto pending = static_cast<Eigen::Index>(trials.pending.size());
      Eigen::MatrixXd normals(pending, pending > 0 ? worlds : 1);
      for (double& normal : normals.reshaped()) normal = random.normal();
      objective = model.condition(theta, features(landscape, trials.pending), normals);
      candidates = places_to_improve_on(landscape, trials);
      predictions = objective->at(features(landscape, candidates));
      best = predictions.means.colwise().minCoeff().array() - gp::least_improvement;
      incumbents = best_of(candidates, predictions.means.rowwise().mean());
    }
    if (!trials.infeasible.empty()) {
      std::vector<gp::Place> finished = trials.complete;
      finished.insert(finished.end(), trials.infeasible.begin(), trials.infeasible.end());
      Eigen::VectorXd labels = Eigen::VectorXd::Ones(static_cast<Eigen::Index>(finished.size()));
      labels.tail(static_cast<Eigen::Index>(trials.infeasible.size())).setConstant(-1.0);
      const gp::Classification model(landscape.groups(), features(landscape, finished), labels);
      feasibility = model.condition(gp::fit(model, {.starts = 1, .subset = 64, .final_evaluations = 0}, random));
    }
    const gp::Acquisition acquisition(std::move(objective), best, std::move(feasibility));
    gp::Place place = gp::find_best(acquisition, landscape, incumbents, trials.all, {}, random);
    const bool may_look_elsewhere = random.uniform() < 0.75;
    if (!candidates.empty() && may_look_elsewhere && gp::has_settled(acquisition.at(place.features)[0])) {
      if (auto elsewhere = gp::find_elsewhere(acquisition, landscape, candidates, predictions, trials.all, random)) {
        place = std::move(*elsewhere);
      }
    }
    return landscape.point_of(place);
  }

  std::string text() const {
    return initial ? fmt::format("gaussian_process(seed={}, initial={})", seed, *initial)
                   : fmt::format("gaussian_process(seed={})", seed);
  }

  friend bool operator==(const GaussianProcess&, const GaussianProcess&) = default;

 private:
  static constexpr std::uint64_t stream = 0x4750;  // apart from Halton's
  static constexpr Eigen::Index worlds = 16;
  static constexpr std::size_t most_incumbents = 3;

  struct Trials {
    std::vector<gp::Place> complete, infeasible, pending, all;
    std::vector<double> losses;  ///< of the complete ones, smaller is better
  };

  static Trials sorted(const SearchSpace& space, const gp::Landscape& landscape, const History& history) {
    Trials trials;
    for (const auto& [number, point, outcome, value] : history.observations) {
      space.check(point);
      gp::Place place = landscape.place_of(point);
      trials.all.push_back(place);
      if (outcome == Outcome::complete) {
        require(is_finite(value), "GaussianProcess: the objective of trial {} must be finite, got {}", number, value);
        trials.losses.push_back(history.direction == Direction::minimize ? value : -value);
      }
      auto& places = outcome == Outcome::complete  ? trials.complete
                     : outcome == Outcome::pending ? trials.pending
                                                   : trials.infeasible;
      places.push_back(std::move(place));
    }
    return trials;
  }

  static Eigen::MatrixXd features(const gp::Landscape& landscape, const std::vector<gp::Place>& places) {
    Eigen::MatrixXd result(static_cast<Eigen::Index>(places.size()), landscape.groups().features());
    for (std::size_t i = 0; i < places.size(); ++i) result.row(static_cast<Eigen::Index>(i)) = places[i].features;
    return result;
  }

  /// The trials with the scientific values at hand; without one (a scientific real number never has the same value
  /// twice) the nuisance values of all trials, at the scientific values at hand.
  static std::vector<gp::Place> places_to_improve_on(const gp::Landscape& landscape, const Trials& trials) {
    std::vector<gp::Place> places;
    for (const auto* group : {&trials.complete, &trials.pending}) {
      std::copy_if(group->begin(), group->end(), std::back_inserter(places),
                   [&](const gp::Place& place) { return landscape.has_given_values(place); });
    }
    if (!places.empty()) return places;
    for (const gp::Place& place : trials.complete) places.push_back(landscape.place_at(place.units));
    return places;
  }

  /// The places of the lowest means, the lowest first.
  static std::vector<gp::Place> best_of(const std::vector<gp::Place>& places, const Eigen::VectorXd& means) {
    std::vector<std::size_t> order(places.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return means[static_cast<Eigen::Index>(a)] < means[static_cast<Eigen::Index>(b)];
    });
    std::vector<gp::Place> best;
    for (std::size_t i = 0; i < std::min(order.size(), most_incumbents); ++i) best.push_back(places[order[i]]);
    return best;
  }
};

}  // namespace eigentune
