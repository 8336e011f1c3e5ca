#pragma once

#include <eigentune/core/direction.hpp>
#include <eigentune/core/error.hpp>
#include <eigentune/core/training_curve.hpp>
#include <eigentune/search/halton.hpp>
#include <eigentune/search/sampler.hpp>
#include <eigentune/space/parse.hpp>
#include <eigentune/space/point.hpp>
#include <eigentune/space/search_space.hpp>
#include <eigentune/study/memory_storage.hpp>
#include <eigentune/study/objective.hpp>
#include <eigentune/study/runner.hpp>
#include <eigentune/study/storage.hpp>
#include <eigentune/study/study_core.hpp>
#include <eigentune/study/trial.hpp>

#include <fmt/format.h>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace eigentune {

/// What runs a trial: a function of Trial& that returns nothing, and the objective is the curve's; or a number, and
/// that is the objective; or an std::optional<double>, which may be either.
template <class F>
concept TrialFunction = std::invocable<F&, Trial&> &&
    (std::is_void_v<std::invoke_result_t<F&, Trial&>> ||
     std::convertible_to<std::invoke_result_t<F&, Trial&>, std::optional<double>>);

struct StudyOptions {
  std::string question{};  ///< what the study is to answer
  std::string notes{};
  /// The budget: how many trials there are in all, whoever runs them; at least 1, and at most as many as the sampler
  /// has points. Absent: as many as that, if they are limited. It may be raised when the study is opened again.
  std::optional<std::int64_t> trials{};
  AnySampler sampler = Halton{};
  /// What is optimized, by the name of a column of the curve or a metric, and whether smaller is better.
  std::string metric = "validation_error";
  Direction direction = Direction::minimize;
  std::optional<Objective> objective{};  ///< a trial's objective; absent: best_of(metric, direction)
  std::shared_ptr<Storage> storage{};    ///< absent: a MemoryStorage of the study's own
  std::int64_t max_attempts = 3;         ///< of a trial that fails or is lost, before it is failed for good; at least 1
  /// After which a trial is taken from a worker that has not been heard of: above 0, at most a year. The heartbeat
  /// extends it three times within that span, whatever the trial does.
  std::chrono::milliseconds lease{60'000};
};

/// A question to a search space, and the trials that answer it (the playbook, "Designing the next round of
/// experiments").
///
///     Study study("nesterov-or-adam", space, {.question = "Which optimizer reaches the lower validation error?",
///                                             .trials = 64, .sampler = Halton{.seed = 1}});
///     study.run([&](Trial& trial) { ... trial.report(step, {.training_loss = loss, .validation_error = error}); },
///               {.workers = 2});
///     if (const auto best = study.best()) fmt::print("{}\n", best->point->text());
///
/// Everything about it is in its storage: any number of Study objects, in this process and others, work on one study
/// at once, and one that was interrupted goes on where it was. A handle, cheap to copy; copies are the same study.
/// Thread-safe. Besides what is said of each function, eigentune::Error is thrown if the storage fails.
class Study {
 public:
  /// Creates the study in the storage, or opens it again. Throws std::invalid_argument if an option is out of range,
  /// and eigentune::Error if the storage has another study of that name (another space, sampler, metric, direction,
  /// objective, number of attempts, or a larger budget), with the first difference.
  Study(std::string name, SearchSpace space, StudyOptions options) {
    const std::optional<std::int64_t> size = options.sampler.size(space);
    require(options.trials || size, "Study: trials must be given, since {} has no end", options.sampler.text());
    require(!size || options.trials.value_or(*size) <= *size,
            "Study: trials must be at most {}, as many as {} has, got {}", size.value_or(0), options.sampler.text(),
            options.trials.value_or(0));
    if (!options.objective) options.objective = best_of(options.metric, options.direction);
    if (!options.storage) options.storage = std::make_shared<MemoryStorage>();
    StudyDefinition definition{.name = std::move(name),
                               .question = std::move(options.question),
                               .notes = std::move(options.notes),
                               .space = space.text(),
                               .space_version = space.version(),
                               .sampler = options.sampler.text(),
                               .metric = std::move(options.metric),
                               .direction = options.direction,
                               .objective = options.objective->text(),
                               .trials = options.trials ? *options.trials : *size,
                               .max_attempts = options.max_attempts};
    core_ = std::make_shared<StudyCore>(StudyCore::Parts{.definition = std::move(definition),
                                                         .space = std::move(space),
                                                         .sampler = std::move(options.sampler),
                                                         .objective = std::move(options.objective),
                                                         .storage = std::move(options.storage),
                                                         .lease = options.lease});
  }

  /// The study of that name, to be looked at: run and ask throw std::invalid_argument. Throws eigentune::Error if the
  /// storage has none.
  static Study load(std::shared_ptr<Storage> storage, const std::string& name) {
    require(storage != nullptr, "Study: storage must not be null");
    const std::optional<StudyId> id = storage->find_study(name);
    if (!id) {
      const std::vector<std::string> names = storage->study_names();
      throw Error(fmt::format("study \"{}\": expected it in the storage, found {}", name,
                              names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
    }
    StudyDefinition definition = storage->definition(*id);
    SearchSpace space = parse_search_space(definition.space);
    return Study(std::make_shared<StudyCore>(StudyCore::Parts{.definition = std::move(definition),
                                                              .space = std::move(space),
                                                              .sampler = {},
                                                              .objective = {},
                                                              .storage = std::move(storage)}));
  }

  /// Runs trials until the budget is used up and every trial that could be claimed is final: queued ones, ones that
  /// other workers lost, new ones. Trials that run elsewhere are not waited for.
  ///
  /// `function` is called with one trial at a time by each worker, so by several threads at once. If it
  /// - returns, the trial is complete, or infeasible if its objective is not finite (result_of);
  /// - calls trial.infeasible(reason), or throws DivergenceError as an optimizer does, it is infeasible, whatever its
  ///   curve: to keep what came before the divergence, catch that and return;
  /// - throws anything else, the attempt has failed with the exception's text, and is repeated until max_attempts;
  /// - learns from a report or should_stop that the run was asked to stop, the trial is given back, and the next run
  ///   begins it anew.
  /// What happens to one trial does not concern the others. A worker that lost the lease of its trial goes on with
  /// another. If the storage or the sampler fails, or RunOptions::max_consecutive_failures attempts in a row have
  /// failed, no trial begins any more, and the error is thrown when those that run have ended.
  ///
  /// Throws std::invalid_argument if an option is out of range.
  template <TrialFunction F>
  RunSummary run(F&& function, RunOptions options = {}) {
    const auto call = [&function](Trial& trial) -> std::optional<double> {
      if constexpr (std::is_void_v<std::invoke_result_t<F&, Trial&>>) {
        std::invoke(function, trial);
        return std::nullopt;
      } else {
        return std::invoke(function, trial);
      }
    };
    return Runner(core_, call, std::move(options)).run();
  }

  /// A trial for whoever owns the loop; none if there is nothing left to claim.
  ///
  ///     while (std::optional<Trial> trial = study.ask()) {
  ///       ... trial->report(step, {.validation_error = error}); ...
  ///       trial->finish();
  ///     }
  std::optional<Trial> ask() {
    for (;;) {
      try {
        std::optional<StudyCore::ClaimedTrial> claimed = core_->claim(StudyCore::worker_name());
        if (!claimed) return std::nullopt;
        return Trial(core_, std::move(*claimed), {});
      } catch (const LeaseLost&) {  // while its point was looked for; somebody else has it
      }
    }
  }

  /// Adds a trial at a point of one's own, which takes the next number and counts against the budget; returns that
  /// number. Throws std::invalid_argument if the point is not one of the space, and eigentune::Error if the budget is
  /// used up.
  std::int64_t enqueue(const Point& point) { return core_->storage().enqueue(core_->id(), space().arranged(point)); }

  const std::string& name() const { return definition().name; }
  const SearchSpace& space() const { return core_->space(); }
  /// As it was when this object was made.
  const StudyDefinition& definition() const { return core_->definition(); }

  /// All trials so far, by number.
  std::vector<TrialRecord> trials() const {
    return core_->look_at_records([](const StudyRecords& records) { return records.trials(); });
  }

  /// The complete trial with the best objective, the one of the lowest number among equals.
  std::optional<TrialRecord> best() const {
    return core_->look_at_records([](const StudyRecords& records) {
      return records.best() != nullptr ? std::optional(*records.best()) : std::nullopt;
    });
  }

  /// How many trials are in this state.
  std::int64_t count(TrialState state) const {
    return core_->look_at_records([state](const StudyRecords& records) { return records.count(state); });
  }

  /// The curve of a trial's last attempt. Throws std::invalid_argument if there is no trial of that number.
  TrainingCurve curve(std::int64_t number) const { return core_->storage().curve(core_->id(), number); }

  /// Calls `take` with the number and the curve of each trial that has one, in ascending order, without holding them
  /// all. `take` must not use the study.
  void each_curve(const std::function<void(std::int64_t, TrainingCurve)>& take) const {
    core_->storage().each_curve(core_->id(), take);
  }

  /// Another objective of the stored curves, without a rerun: for each trial, by number, its value; absent if it is not
  /// finite or the curve has none, and if the trial has no curve, is not final, or is failed. It is the curve's alone:
  /// one of a trial that was declared infeasible is there, too, if the curve has it.
  std::vector<std::optional<ObjectiveValue>> objectives(const Objective& objective) const {
    const std::vector<TrialRecord> records = trials();
    std::vector<std::optional<ObjectiveValue>> values(records.size());
    each_curve([&](std::int64_t number, const TrainingCurve& curve) {
      const auto index = static_cast<std::size_t>(number);
      if (index >= records.size()) return;  // it began after that
      const TrialState state = records[index].state;
      if (state != TrialState::complete && state != TrialState::infeasible) return;
      const std::optional<ObjectiveValue> value = objective(curve);
      if (value && is_finite(value->value)) values[index] = value;
    });
    return values;
  }

 private:
  explicit Study(std::shared_ptr<StudyCore> core) : core_(std::move(core)) {}

  std::shared_ptr<StudyCore> core_;
};

}  // namespace eigentune
