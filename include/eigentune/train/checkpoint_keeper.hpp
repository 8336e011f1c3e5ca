#pragma once

#include <eigentune/core/direction.hpp>
#include <eigentune/train/checkpoint.hpp>
#include <eigentune/train/checkpoint_folder.hpp>
#include <eigentune/train/checkpoint_reader.hpp>
#include <eigentune/train/folder_lock.hpp>
#include <eigentune/train/snapshot_buffer.hpp>

#include <cstdint>
#include <filesystem>
#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace eigentune {

/// Options of CheckpointKeeper.
struct KeeperOptions {
  std::int64_t keep_best = 3;                 ///< how many checkpoints with the best metrics are kept, at least 0
  std::int64_t keep_latest = 1;               ///< how many that were saved last are kept besides, at least 0
  Direction direction = Direction::minimize;  ///< of the metric
  /// True: `save` copies parameters and state and returns; the file is written while training goes on. It takes as much
  /// memory as they do, which is kept for the next time.
  bool background = false;

  /// Throws std::invalid_argument if a number is out of range, or nothing would be kept.
  void validate() const {
    require(keep_best >= 0, "CheckpointKeeper: keep_best must be at least 0, got {}", keep_best);
    require(keep_latest >= 0, "CheckpointKeeper: keep_latest must be at least 0, got {}", keep_latest);
    require(keep_best > 0 || keep_latest > 0, "CheckpointKeeper: keep_best or keep_latest must be at least 1, got 0");
  }
};

/// Keeps the best checkpoints of a training run, to choose from when it is over, and the latest, to resume from (the
/// playbook's "Saving checkpoints and retrospectively selecting the best checkpoint"):
///
///     CheckpointKeeper keeper("run7/checkpoints", {.keep_best = 3, .keep_latest = 1});
///     if (keeper.latest()) first_step = keeper.restore_latest(optimizer).step + 1;
///     ...
///     keeper.save(step, validation_error, optimizer);
///     ...
///     keeper.restore_best(optimizer);
///
/// The folder holds one file per checkpoint, "step-000000012345.safetensors" (see save_checkpoint), and "keeper.lock".
/// It is created where missing; files of other names are left alone. What to keep is derived from the files at each
/// save, so that it is right after a crash and in a second run.
///
/// - A save first makes the new file durable, then deletes what is no longer kept. After a crash, a full disk or any
///   other failure all checkpoints from before are there, and at worst some more than are kept, until the next save.
///   The deletions themselves are not carried to the disk: one that a crash undoes is made again.
/// - Equal metrics: the earlier step is the better one. A NaN is never among the best; such a checkpoint, and one saved
///   without a metric, is kept as one of the latest only.
/// - "Latest" means saved last, not the largest step: whoever goes back to an earlier checkpoint and trains on gets the
///   new checkpoints, and those of the abandoned future stay while they are among the best.
/// - Saving a step again replaces its checkpoint, metric included.
/// - With keep_latest = 0 a checkpoint that is not among the best is not written at all.
/// - A damaged file is never chosen, never counted and never deleted; `list` shows it, restoring tells of it.
/// - One keeper per folder at a time, in all processes. Readers need no lock: CheckpointReader.
class CheckpointKeeper {
 public:
  /// Creates the folder, locks it, and removes the temporary files that killed keepers have left. Throws
  /// std::invalid_argument for an option out of range; eigentune::Error if another keeper writes into the folder, or it
  /// cannot be created or written to.
  explicit CheckpointKeeper(std::filesystem::path folder, KeeperOptions options = {}, SystemCalls calls = {})
      : options_(validated(options)),
        reader_(std::move(folder), options.direction),
        calls_(std::move(calls)),
        lock_(created(reader_.folder(), calls_), calls_) {
    for (const std::string& name : detail::names_in(reader_.folder())) {
      if (detail::is_leftover(name)) remove(reader_.folder() / name);
    }
  }

  /// Waits for a save in the background. Its error is lost: call `wait` before, where that matters.
  ~CheckpointKeeper() {
    if (in_flight_.valid()) in_flight_.wait();
  }
  CheckpointKeeper(const CheckpointKeeper&) = delete;
  CheckpointKeeper& operator=(const CheckpointKeeper&) = delete;

  const std::filesystem::path& folder() const { return reader_.folder(); }
  const KeeperOptions& options() const { return options_; }

  /// Saves parameters, the optimizer's state and extras under a step in [0, 2^53], with the metric that decides whether
  /// it is among the best (any double, NaN included). When it returns, the checkpoint is durable, or with .background,
  /// all of it has been copied.
  ///
  /// Throws as save_checkpoint does; eigentune::Error also if the new checkpoint is saved and an old one cannot be
  /// deleted. With .background it waits for the save before, throws the error of that one if it failed, and then saves
  /// nothing.
  template <class Scalar, class State>
  void save(std::int64_t step, double metric, const AnyOptimizer<Scalar, State>& optimizer,
            const CheckpointExtras& extras = {}) {
    save_prepared(step, metric, optimizer, extras);
  }

  /// The same without a metric: to resume from. Throws std::invalid_argument also if keep_latest is 0.
  template <class Scalar, class State>
  void save(std::int64_t step, const AnyOptimizer<Scalar, State>& optimizer, const CheckpointExtras& extras = {}) {
    require(options_.keep_latest > 0,
            "save: a checkpoint without a metric is kept if keep_latest is at least 1, got 0");
    save_prepared(step, std::nullopt, optimizer, extras);
  }

  /// Waits until nothing is being saved in the background; throws the error of that save if it failed.
  void wait() {
    if (in_flight_.valid()) in_flight_.get();
  }

  // As CheckpointReader has them; a save in the background that is not done yet is waited for by the functions that
  // restore, and is not seen by the others.
  std::vector<CheckpointInfo> list() const { return reader_.list(); }
  std::optional<CheckpointInfo> best() const { return reader_.best(); }
  std::optional<CheckpointInfo> latest() const { return reader_.latest(); }

  /// Restores the checkpoint with the best metric. See CheckpointReader and restore_checkpoint.
  template <class Scalar, class State>
  RestoredCheckpoint restore_best(AnyOptimizer<Scalar, State>& optimizer, const CheckpointExtras& extras = {},
                                  const RestoreOptions& options = {}) {
    wait();
    return reader_.restore_best(optimizer, extras, options);
  }

  /// Restores the checkpoint that was saved last.
  template <class Scalar, class State>
  RestoredCheckpoint restore_latest(AnyOptimizer<Scalar, State>& optimizer, const CheckpointExtras& extras = {},
                                    const RestoreOptions& options = {}) {
    wait();
    return reader_.restore_latest(optimizer, extras, options);
  }

 private:
  static const KeeperOptions& validated(const KeeperOptions& options) {
    options.validate();
    return options;
  }
  static const std::filesystem::path& created(const std::filesystem::path& folder, const SystemCalls& calls) {
    create_folder(folder, calls);
    return folder;
  }

  template <class Scalar, class State>
  void save_prepared(std::int64_t step, std::optional<double> metric, const AnyOptimizer<Scalar, State>& optimizer,
                     const CheckpointExtras& extras) {
    wait();
    detail::PreparedCheckpoint prepared = detail::prepare_checkpoint(step, metric, optimizer, extras);
    if (!options_.background) return write(prepared);
    snapshot_.take(prepared.tensors);
    in_flight_ = std::async(std::launch::async, [this, prepared = std::move(prepared)]() mutable { write(prepared); });
  }

  /// The new file first, then the deletions.
  void write(detail::PreparedCheckpoint& prepared) const {
    CheckpointMetadata& metadata = prepared.metadata;
    CheckpointInfo info;
    info.path = folder() / detail::checkpoint_name(metadata.step);
    info.step = metadata.step;
    info.metric = metadata.metric;
    std::vector<CheckpointInfo> all = list();
    for (const CheckpointInfo& other : all) info.save_number = std::max(info.save_number, other.save_number);
    metadata.save_number = ++info.save_number;
    std::erase_if(all, [&](const CheckpointInfo& other) { return other.path == info.path; });
    all.push_back(info);
    const auto deletions = surplus(all, options_.direction, options_.keep_best, options_.keep_latest);
    const auto is_new = [&](const CheckpointInfo& other) { return other.path == info.path; };
    if (std::ranges::any_of(deletions, is_new)) return;
    prepared.write(info.path, calls_);
    for (const CheckpointInfo& old : deletions) remove(old.path);
  }

  void remove(const std::filesystem::path& path) const {
    const int removed = detail::retry([&] { return calls_.unlink(path.c_str()); });
    if (removed != 0 && errno != ENOENT) throw detail::file_error(path, "delete it", errno);
  }

  KeeperOptions options_;
  CheckpointReader reader_;
  SystemCalls calls_;
  FolderLock lock_;
  detail::SnapshotBuffer snapshot_;
  std::future<void> in_flight_;  // the last: it ends before what it uses is gone
};

}  // namespace eigentune
