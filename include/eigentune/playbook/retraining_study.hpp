#pragma once

#include <eigentune/core/direction.hpp>
#include <eigentune/core/error.hpp>
#include <eigentune/search/history.hpp>
#include <eigentune/space/point.hpp>
#include <eigentune/space/search_space.hpp>
#include <eigentune/study/storage.hpp>
#include <eigentune/study/study.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace eigentune {

/// What is retrained, and how often.
struct RetrainingOptions {
  Point candidate{};  ///< the configuration that may be adopted, such as *study.best()->point
  Point baseline{};   ///< the one that is used now
  /// Trainings of each, at least 2. When the study is opened again it may be doubled, any number of times: see
  /// judge_adoption.
  std::int64_t runs = 5;
  /// Seeds first_seed, first_seed + 1, ..., at least 0. They should be none that the search used, for it chose the
  /// candidate by what they gave.
  std::int64_t first_seed = 1'000;
  /// Whether run k of both has one seed, so that what both have in common, such as the order of examples, cancels in
  /// the difference. If the seed changes so much that nothing is left in common, seeds of their own tell more: 5 runs
  /// then show what 6 pairs do.
  bool paired = true;
  std::string seed_name = "seed";  ///< the hyperparameter that the trainings read their seed from

  // As in StudyOptions.
  std::string question = "Does the candidate beat the baseline when both are trained again?";
  std::string notes{};
  std::string metric = "validation_error";
  Direction direction = Direction::minimize;
  std::optional<Objective> objective{};
  std::shared_ptr<Storage> storage{};
  std::int64_t max_attempts = 3;
  std::chrono::milliseconds lease{60'000};
};

/// The sampler of a retraining study: trial 2 k trains the candidate, and trial 2 k + 1 the baseline. Both have the
/// seed first_seed + k if they are paired; else trial j has first_seed + j. So more runs can follow at any time.
struct RetrainingSeeds {
  std::int64_t first_seed = 0;
  bool paired = true;
  std::string seed_name = "seed";

  static constexpr bool adaptive = false;

  Point suggest(const SearchSpace& space, const History&, std::int64_t number) const {
    return space.from_units([&](const Hyperparameter& hyperparameter) {
      const Value seed = first_seed + (paired ? number / 2 : number);
      const Value arm = number % 2 == 0 ? "candidate" : "baseline";
      return hyperparameter.domain.to_unit(hyperparameter.name == seed_name ? seed : arm);
    });
  }
  std::string text() const {
    return fmt::format("retraining_seeds(first_seed={}, paired={}, seed_name={})", first_seed, paired, seed_name);
  }
};

namespace playbook_detail {

inline constexpr const char* arm_name = "arm";
inline constexpr const char* planned_runs_name = "planned_runs";
inline constexpr std::int64_t most_retrainings = 100'000;

/// The arm, the seed, and all values of both points: fixed where they are equal, and conditional on the arm where not.
inline SearchSpace retraining_space(const RetrainingOptions& options, std::int64_t planned_runs) {
  SearchSpace space;
  const HyperparameterHandle arm = space.scientific(arm_name, choice({"candidate", "baseline"}));
  space.nuisance(options.seed_name, integer(options.first_seed, options.first_seed + 2 * most_retrainings - 1));
  space.fixed(planned_runs_name, planned_runs);
  const auto is_own = [&](const std::string& name) { return name == options.seed_name; };
  for (const auto& [name, value] : options.candidate) {
    if (is_own(name)) continue;
    const Value* other = options.baseline.find(name);
    if (other != nullptr && *other == value) {
      space.fixed(name, value);
    } else {
      space.fixed(name, value, arm.is("candidate"));
    }
  }
  for (const auto& [name, value] : options.baseline) {
    if (is_own(name)) continue;
    const Value* other = options.candidate.find(name);
    if (other == nullptr || *other != value) space.fixed(name, value, arm.is("baseline"));
  }
  return space;
}

inline void check(const RetrainingOptions& options) {
  require(options.runs >= 2 && options.runs <= most_retrainings, "retraining_study: runs must be in [2, {}], got {}",
          most_retrainings, options.runs);
  constexpr std::int64_t most_seed = 1'000'000'000'000 - 2 * most_retrainings + 1;  // all are integers of a domain
  require(options.first_seed >= 0 && options.first_seed <= most_seed,
          "retraining_study: first_seed must be in [0, {}], got {}", most_seed, options.first_seed);
  for (const Point* point : {&options.candidate, &options.baseline}) {
    for (const char* name : {arm_name, planned_runs_name}) {
      require(!point->contains(name), "retraining_study: a point must not have a hyperparameter \"{}\", got {}", name,
              point->text());
    }
  }
}

/// How many runs were planned when the study of that space began; absent if it is no retraining study.
inline std::optional<std::int64_t> planned_runs(const SearchSpace& space) {
  const std::span<const Hyperparameter> all = space.hyperparameters();
  if (all.size() < 3 || all[0].name != arm_name) return std::nullopt;
  for (const Hyperparameter& hyperparameter : all) {
    if (hyperparameter.name != planned_runs_name || hyperparameter.role != Role::fixed) continue;
    const Value value = hyperparameter.domain.at(0);
    if (value.is_integer() && value.as_integer() >= 2 && value.as_integer() <= most_retrainings) {
      return value.as_integer();
    }
  }
  return std::nullopt;
}

}  // namespace playbook_detail

/// A study that trains a candidate and a baseline again, `runs` times each, with other seeds ("Determining whether to
/// adopt a training pipeline change or hyperparameter configuration"). It is a study like any other: the function that
/// ran the trials of the search runs these, any number of workers take part, and it goes on where it was stopped. A
/// trial's point has the values of its configuration under their own names, and besides them "arm" ("candidate" or
/// "baseline"), "planned_runs", and the seed, which the function must use.
///
///     Study retraining = retraining_study("adam-or-nesterov", {.candidate = *study.best()->point,
///                                                              .baseline = defaults, .runs = 5});
///     retraining.run(train);
///     fmt::print("{}\n", judge_adoption(retraining));
///
/// Where the points have a value for the seed, it is replaced. Opened again with twice the runs, or twice that, the
/// study grows. Throws std::invalid_argument if an option is out of range, if the runs are not those, if the points are
/// equal but for the seed, or have a hyperparameter of one of those names; and eigentune::Error as Study.
inline Study retraining_study(std::string name, RetrainingOptions options) {
  playbook_detail::check(options);
  std::int64_t planned = options.runs;
  if (options.storage && options.storage->find_study(name)) {
    planned = playbook_detail::planned_runs(Study::load(options.storage, name).space()).value_or(planned);
    std::int64_t allowed = planned;
    while (allowed < options.runs) allowed *= 2;
    require(allowed == options.runs,
            "retraining_study: \"{}\" began with {} runs of each, so runs must be {}, {}, {}, "
            "..., got {}",
            name, planned, planned, 2 * planned, 4 * planned, options.runs);
  }
  SearchSpace space = playbook_detail::retraining_space(options, planned);
  const bool differ = std::ranges::any_of(space.hyperparameters(), [](const Hyperparameter& hyperparameter) {
    return hyperparameter.condition.has_value();
  });
  require(differ, "retraining_study: candidate and baseline must differ, got {} for both", options.candidate.text());
  return Study(
      std::move(name), std::move(space),
      {.question = std::move(options.question),
       .notes = std::move(options.notes),
       .trials = 2 * options.runs,
       .sampler =
           RetrainingSeeds{.first_seed = options.first_seed, .paired = options.paired, .seed_name = options.seed_name},
       .metric = std::move(options.metric),
       .direction = options.direction,
       .objective = std::move(options.objective),
       .storage = std::move(options.storage),
       .max_attempts = options.max_attempts,
       .lease = options.lease});
}

}  // namespace eigentune
