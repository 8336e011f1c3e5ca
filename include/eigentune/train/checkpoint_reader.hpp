#pragma once

#include <eigentune/train/checkpoint.hpp>
#include <eigentune/train/checkpoint_folder.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace eigentune {

/// Finds and restores the checkpoints of a folder, also while another process saves into it: it takes no lock, writes
/// nothing, and never sees a half file. For evaluating beside training.
class CheckpointReader {
 public:
  /// `direction` says which metric is the best. The folder is looked at anew in each call.
  explicit CheckpointReader(std::filesystem::path folder, Direction direction = Direction::minimize)
      : folder_(std::move(folder)), direction_(direction) {}

  const std::filesystem::path& folder() const { return folder_; }
  Direction direction() const { return direction_; }

  /// All checkpoints, by step; damaged ones say so in `problem`. This and all below throw eigentune::Error if the
  /// folder cannot be listed.
  std::vector<CheckpointInfo> list() const { return list_checkpoints(folder_); }

  /// The one with the best metric, among equals the earliest step; a NaN is never the best. std::nullopt if there is
  /// none.
  std::optional<CheckpointInfo> best() const { return first(best_first(list(), direction_)); }

  /// The one that was saved last, whatever its step. std::nullopt if there is none.
  std::optional<CheckpointInfo> latest() const { return first(latest_first(list())); }

  /// Restores the best: the playbook's retrospective checkpoint selection ("Saving checkpoints and retrospectively
  /// selecting the best checkpoint"). A damaged checkpoint is never restored: the next best is, and `passed_over` of
  /// what is returned lists the damaged ones. Throws eigentune::Error if none is left (the text lists the damaged
  /// ones), or as restore_checkpoint does if the one that was chosen does not fit; nothing is changed then.
  template <class Scalar, class State>
  RestoredCheckpoint restore_best(AnyOptimizer<Scalar, State>& optimizer, const CheckpointExtras& extras = {},
                                  const RestoreOptions& options = {}) const {
    return restore_first(optimizer, extras, options, [this](auto list) { return best_first(list, direction_); });
  }

  /// Restores the one that was saved last, in the same way.
  template <class Scalar, class State>
  RestoredCheckpoint restore_latest(AnyOptimizer<Scalar, State>& optimizer, const CheckpointExtras& extras = {},
                                    const RestoreOptions& options = {}) const {
    return restore_first(optimizer, extras, options, [](auto list) { return latest_first(list); });
  }

 private:
  static std::optional<CheckpointInfo> first(std::vector<CheckpointInfo> ranked) {
    return ranked.empty() ? std::nullopt : std::optional(std::move(ranked.front()));
  }

  template <class Scalar, class State, class Rank>
  RestoredCheckpoint restore_first(AnyOptimizer<Scalar, State>& optimizer, const CheckpointExtras& extras,
                                   const RestoreOptions& options, Rank&& rank) const {
    constexpr int most_attempts = 1000;  // a keeper may delete what was just listed; not so often in a row
    std::vector<PassedOver> passed_over;
    for (int attempt = 0; attempt < most_attempts; ++attempt) {
      const std::vector<CheckpointInfo> all = list();
      passed_over.clear();
      for (const CheckpointInfo& info : all) {
        if (!info.usable()) passed_over.push_back({info.path, info.problem});
      }
      bool vanished = false;
      for (const CheckpointInfo& info : rank(all)) {
        try {
          RestoredCheckpoint restored = detail::restore(SafetensorsFile::read(info.path), optimizer, extras, options);
          restored.passed_over = std::move(passed_over);
          return restored;
        } catch (const CorruptFileError& error) {
          passed_over.push_back({info.path, error.what()});
        } catch (const MissingFileError&) {
          vanished = true;
          break;
        }
      }
      if (!vanished) break;
    }
    std::string text = fmt::format("{}: there is no checkpoint to restore", folder_.string());
    for (const PassedOver& damaged : passed_over) text.append("; ").append(damaged.reason);
    throw Error(text);
  }

  std::filesystem::path folder_;
  Direction direction_;
};

}  // namespace eigentune
