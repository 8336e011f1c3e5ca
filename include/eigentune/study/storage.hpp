#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/training_curve.hpp>
#include <eigentune/space/point.hpp>
#include <eigentune/study/study_definition.hpp>
#include <eigentune/study/trial_record.hpp>

#include <fmt/core.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigentune {

/// A study within its storage.
enum class StudyId : std::int64_t {};

/// Counts the changes of a study: its definition's and its records', not its curves' and leases'. 0 is before the
/// first.
using Revision = std::int64_t;

/// The right to write to a trial, until somebody else claims it.
struct Claim {
  StudyId study{};
  std::int64_t number = 0;       ///< of the trial
  std::int64_t attempt = 1;      ///< of the trial, from 1
  std::int64_t token = 0;        ///< the fencing token: above that of any earlier claim to this trial
  std::optional<Point> point{};  ///< if the trial has one already: it was enqueued, or an earlier attempt had it
};

/// What has changed in a study.
struct Changes {
  Revision revision = 0;             ///< the study's now
  std::vector<TrialRecord> records;  ///< that have changed since, as they are now; ascending numbers
};

/// A write with a claim that is not the trial's last: its lease ran out and another worker has the trial now, or it was
/// finished or released already. Nothing was written.
class LeaseLost : public Error {
 public:
  LeaseLost(std::string_view study, const Claim& claim)
      : Error(fmt::format("study \"{}\": lease lost: attempt {} no longer holds trial {}", study, claim.attempt,
                          claim.number)) {}
};

/// Where studies live. Workers in any number of threads, processes and machines share one; they meet nowhere else.
///
/// A trial belongs to the worker that claimed it last. The claim comes with a *lease*, which the worker's heartbeat
/// extends: the trial of a worker that died is claimed by another one when the lease has run out, by the storage's own
/// clock. And with a *fencing token*: a worker that was only slow, and writes after another one has claimed its trial,
/// gets LeaseLost. A lease that has run out does no harm before that.
///
/// Every function takes effect as a whole or not at all, may be called from several threads at once, and throws
/// eigentune::Error with the reason if the storage fails. A StudyId or a number that is not the storage's is
/// std::invalid_argument. The doubles of curves and points survive bit by bit, NaN (as some NaN) and +-inf included.
/// tests/study/storage_conformance.hpp holds an implementation to all of this.
class Storage {
 public:
  virtual ~Storage() = default;

  /// Creates the study, or opens the one of that name: see reopened, which is called with what is stored and whose
  /// result is stored. Throws what that and StudyDefinition::validate do.
  virtual StudyId open_study(const StudyDefinition& definition) = 0;

  /// The study of that name, if there is one.
  virtual std::optional<StudyId> find_study(std::string_view name) = 0;

  /// In the order of their creation.
  virtual std::vector<std::string> study_names() = 0;

  virtual StudyDefinition definition(StudyId study) = 0;

  /// Gives the caller a trial to run: the lowest number among those that are queued or whose lease has run out; failing
  /// that, a new one, whose number is the count of trials so far, if that is below the budget; else none. It is running
  /// then, under `worker`, in its next attempt, with a lease that runs out `lease` from now, and its curve is empty.
  ///
  /// A trial whose lease has run out in its last attempt is not claimed but becomes failed. In both cases its reason
  /// becomes "lease lost".
  virtual std::optional<Claim> claim(StudyId study, std::string_view worker, std::chrono::milliseconds lease) = 0;

  /// Claims as `claim` does, and gives a trial without a point the one that `point_of` returns for its number, as
  /// set_point does; in a database that saves a write to the disk. For points that nothing else in the study has a
  /// bearing on. `point_of` must not call the storage; what it throws passes through, and the trial is not claimed.
  virtual std::optional<Claim> claim_with_point(StudyId study, std::string_view worker, std::chrono::milliseconds lease,
                                                const std::function<Point(std::int64_t)>& point_of) {
    std::optional<Claim> result = claim(study, worker, lease);
    if (!result || result->point) return result;
    try {
      Point point = point_of(result->number);
      set_point(*result, point, std::nullopt);
      result->point = std::move(point);
      return result;
    } catch (const LeaseLost&) {
      throw;
    } catch (...) {
      release(*result);
      throw;
    }
  }

  /// Says where a claimed trial is in the search space: once, since a point never changes. If `seen` is given, and a
  /// point has come to the study since that revision, be it by set_point or enqueue, then nothing happens and the
  /// result is false: whoever suggested this point did not know that one. Throws LeaseLost, and eigentune::Error if the
  /// trial has a point.
  virtual bool set_point(const Claim& claim, const Point& point, std::optional<Revision> seen) = 0;

  /// Lets the lease run out `lease` from now. Throws LeaseLost.
  virtual void heartbeat(const Claim& claim, std::chrono::milliseconds lease) = 0;

  /// Appends to the trial's curve, in one write. Throws LeaseLost, and std::invalid_argument what TrainingCurve::add
  /// does.
  virtual void report(const Claim& claim, std::span<const CurveRow> rows) = 0;

  /// Ends an attempt: appends `rows` to the curve as `report` does and stores the result, both or none. The trial is
  /// final then, except that one whose attempt failed is queued as long as it has attempts left. Returns the trial's
  /// state. Throws LeaseLost, and std::invalid_argument what TrialResult::validate does.
  virtual TrialState finish(const Claim& claim, const TrialResult& result, std::span<const CurveRow> rows) = 0;

  /// Gives the trial back as if this attempt had never begun, so that it is claimed again. Throws LeaseLost.
  virtual void release(const Claim& claim) = 0;

  /// Adds a queued trial at a point of the caller's choice and returns its number. It counts against the budget. Throws
  /// eigentune::Error if that is used up.
  virtual std::int64_t enqueue(StudyId study, const Point& point) = 0;

  /// What has changed since the revision of an earlier read; everything since 0. Costs no more than that, however many
  /// trials there are.
  virtual Changes read(StudyId study, Revision since) = 0;

  /// The curve of the trial's last attempt as far as it was reported; empty if nothing was.
  virtual TrainingCurve curve(StudyId study, std::int64_t number) = 0;

  /// Calls `take` with the number and the curve of each trial that has one, in ascending order, without holding them
  /// all. `take` must not call the storage.
  virtual void each_curve(StudyId study, const std::function<void(std::int64_t, TrainingCurve)>& take) = 0;
};

/// The reason of a trial whose worker was lost.
inline constexpr std::string_view lease_lost_reason = "lease lost";

}  // namespace eigentune
