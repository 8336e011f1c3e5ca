#pragma once

#include <eigentune/optim/any_optimizer.hpp>
#include <eigentune/train/checkpoint_extras.hpp>
#include <eigentune/train/checkpoint_metadata.hpp>
#include <eigentune/train/mismatches.hpp>
#include <eigentune/train/safetensors_file.hpp>
#include <eigentune/train/safetensors_writer.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

// A checkpoint is a safetensors file: parameters under their own names, so that any reader of the format finds them;
// state of the optimizer as "eigentune/state/<slot>/<name>", sums of gradients as "eigentune/accumulated/<name>",
// averages of parameters as "eigentune/average/<name>";
// tensors of CheckpointExtras under their own names; all else in the metadata. Everything is in C order: [i, j] in
// NumPy is (i, j) in Eigen. Names that start with "eigentune/" are the library's, and the same name twice is an error.

namespace eigentune {

/// What of a checkpoint may be otherwise than in the program that resumes.
struct RestoreOptions {
  /// False: the rule gets the hyperparameters of the checkpoint, as if training had never stopped. True: it keeps those
  /// that it has.
  bool keep_hyperparameters = false;
  /// True: a tensor may be column-major in the program and row-major in the checkpoint, or the other way round. Every
  /// element is put where it belongs; norms are then added up in another order, so that later bits may differ.
  bool allow_other_storage_order = false;
  /// True: the TensorOptions in force may be others than those with which the checkpoint was saved, as when tensors are
  /// frozen to fine-tune the rest; the program's hold.
  bool allow_other_tensor_options = false;
  /// True: tensors of the checkpoint's CheckpointExtras that were not passed to be restored are passed over.
  bool ignore_extra_tensors = false;
};

/// A checkpoint that was not taken, and why.
struct PassedOver {
  std::filesystem::path path;
  std::string reason;
};

/// What was restored.
struct RestoredCheckpoint {
  std::filesystem::path path;
  std::int64_t step = 0;                  ///< as passed to save
  std::optional<double> metric;           ///< as passed to save
  CheckpointValues values;                ///< of CheckpointExtras
  std::string schedule;                   ///< the schedule's text, "" if there was none
  std::vector<PassedOver> passed_over{};  ///< by a keeper or reader: damaged files that would have come first
};

namespace detail {

/// Calls visit(name in the file, RawTensor) for everything that is saved of an optimizer.
template <class Scalar, class State, class Visit>
void for_each_tensor(const OptimizerMemory<Scalar, State>& memory, bool with_sums, bool with_averages, Visit&& visit) {
  for (const auto& tensor : memory.tensors) {
    const auto& [data, shape, order] = tensor.parameter;
    visit(std::string(tensor.name), raw_tensor(tensor.parameter));
    for (const auto& [slot, values] : tensor.state) {
      visit(fmt::format("{}state/{}/{}", own_prefix, slot, tensor.name),
            raw_tensor(TensorView<State>{values.data(), shape, order}));
    }
    if (with_sums) {
      visit(fmt::format("{}accumulated/{}", own_prefix, tensor.name),
            raw_tensor(TensorView<Scalar>{tensor.accumulated.data(), shape, order}));
    }
    if (with_averages) {
      visit(average_name(tensor.name), raw_tensor(TensorView<State>{tensor.average.data(), shape, order}));
    }
  }
}

/// A checkpoint that is ready to be written from where its tensors lie.
struct PreparedCheckpoint {
  CheckpointMetadata metadata;
  std::vector<NamedTensor> tensors;

  void write(const std::filesystem::path& path, const SystemCalls& calls) const {
    write_safetensors(path, tensors, encode_checkpoint_metadata(metadata), calls);
  }
};

template <class Scalar, class State>
PreparedCheckpoint prepare_checkpoint(std::int64_t step, std::optional<double> metric,
                                      const AnyOptimizer<Scalar, State>& optimizer, const CheckpointExtras& extras) {
  require(step >= 0 && step <= largest_count, "save: step must be in [0, 2^53], got {}", step);
  const OptimizerMemory<const Scalar, const State> memory = optimizer.memory();
  PreparedCheckpoint prepared;
  CheckpointMetadata& metadata = prepared.metadata;
  metadata.step = step;
  metadata.metric = metric;
  metadata.schedule = extras.schedule();
  metadata.rule = memory.rule;
  metadata.hyperparameters = optimizer.hyperparameters();
  metadata.counts = memory.counts;
  metadata.averaging = memory.averaging;
  metadata.values = extras.values();

  std::set<std::string, std::less<>> names;
  const auto check_name = [&](const std::string& name) {
    require(!name.starts_with(own_prefix) && name != "__metadata__",
            "save: the name \"{}\" cannot be used: \"{}...\" and \"__metadata__\" mean something else in a checkpoint",
            name, own_prefix);
    require(names.insert(name).second, "save: the extra tensor \"{}\" has the name of a parameter", name);
  };
  for (const auto& tensor : memory.tensors) {
    check_name(std::string(tensor.name));
    metadata.tensors[std::string(tensor.name)] = {tensor.parameter.order, tensor.counts, tensor.options};
  }
  std::set<std::string, std::less<>> all_names;
  const bool with_sums = memory.counts.accumulated > 0, with_averages = memory.averaging.has_value();
  for_each_tensor(memory, with_sums, with_averages, [&](std::string name, RawTensor<const std::byte> tensor) {
    require(all_names.insert(name).second,
            "save: two states would both be called \"{}\"; rename a tensor or a slot of the rule", name);
    prepared.tensors.push_back({std::move(name), tensor});
  });
  for (const auto& [name, look_up] : extras.tensors()) {
    check_name(name);
    prepared.tensors.push_back({name, look_up()});
  }
  return prepared;
}

/// Tells of each option of a tensor that the checkpoint has otherwise. Those that it does not have are unknown.
inline void compare_tensor_options(std::string_view tensor, const TensorOptions& saved, const TensorOptions& bound,
                                   Mismatches& mismatches) {
  const auto text = []<class T>(const T& value) {
    if constexpr (std::same_as<T, ClipUnits>) {
      return to_string(value);
    } else {
      return fmt::format("{}", value);
    }
  };
  TensorOptions::for_each([&](const char* name, auto option) {
    const auto &in_checkpoint = saved.*option, &here = bound.*option;
    if (!in_checkpoint || in_checkpoint == here) return;
    mismatches.different(
        fmt::format("\"{}\": {} is {} in the checkpoint, {} here", tensor, name, text(*in_checkpoint), text(*here)));
  });
}

/// Restores from a file that is in memory. All-or-nothing: everything is compared before anything is written.
template <class Scalar, class State>
RestoredCheckpoint restore(const SafetensorsFile& file, AnyOptimizer<Scalar, State>& optimizer,
                           const CheckpointExtras& extras, const RestoreOptions& options) {
  const CheckpointMetadata metadata = decode_checkpoint_metadata(file.header(), file.path());
  const OptimizerMemory<const Scalar, const State> memory = std::as_const(optimizer).memory();
  const bool with_sums = metadata.counts.accumulated > 0;
  const bool same_averaging = metadata.averaging == memory.averaging;
  const bool with_averages = same_averaging && memory.averaging.has_value();
  const auto is_parameter = [&](std::string_view name) { return metadata.tensors.contains(name); };
  const auto index = file.header().by_name();
  Mismatches mismatches;
  std::set<std::string_view> wanted;
  std::vector<const FileTensor*> sources;  // in the order in which they are compared, and copied
  const auto compare = [&](const std::string& name, const RawTensor<const std::byte>& target) {
    const auto found = index.find(name);
    if (found == index.end()) return mismatches.missing(name);
    wanted.insert(found->first);
    sources.push_back(found->second);
    const std::string difference = file.difference_of(*found->second, target);
    if (!difference.empty()) mismatches.different(fmt::format("\"{}\" {}", name, difference));
  };

  if (metadata.rule != memory.rule) {
    mismatches.different(fmt::format("the rule is {}, not {}", metadata.rule, memory.rule));
  }
  if (!same_averaging) {  // said once, and not of each tensor
    mismatches.different(
        fmt::format("the averaging is {}, not {}", describe(metadata.averaging), describe(memory.averaging)));
  }
  for_each_tensor(memory, with_sums, with_averages, compare);
  std::vector<RawTensor<std::byte>> extra_targets;
  for (const auto& [name, look_up] : extras.tensors()) {
    extra_targets.push_back(look_up());
    compare(is_parameter(name) ? fmt::format("{} (as an extra)", name) : name, extra_targets.back());
  }
  std::vector<TensorCounts> tensor_counts;
  for (const auto& tensor : memory.tensors) {
    const auto entry = metadata.tensors.find(tensor.name);
    if (entry == metadata.tensors.end()) {
      if (index.contains(tensor.name)) mismatches.different(fmt::format("\"{}\" is an extra tensor", tensor.name));
      continue;
    }
    tensor_counts.push_back(entry->second.counts);
    if (entry->second.order != tensor.parameter.order && !options.allow_other_storage_order) {
      mismatches.different(fmt::format("\"{}\" is {}, not {}", tensor.name, to_string(entry->second.order),
                                       to_string(tensor.parameter.order)));
    }
    if (!options.allow_other_tensor_options) {
      compare_tensor_options(tensor.name, entry->second.options, tensor.options, mismatches);
    }
  }
  for (const FileTensor& tensor : file.header().tensors) {
    const bool is_extra = !tensor.name.starts_with(own_prefix) && !is_parameter(tensor.name);
    if (!same_averaging && tensor.name.starts_with(average_prefix)) continue;
    if (!wanted.contains(tensor.name) && !(is_extra && options.ignore_extra_tensors)) mismatches.extra(tensor.name);
  }
  mismatches.throw_if_any(file.path());

  std::vector<RawTensor<std::byte>> targets;  // as the sources
  for_each_tensor(optimizer.writable_memory(with_sums), with_sums, with_averages,
                  [&](const std::string&, const RawTensor<std::byte>& tensor) { targets.push_back(tensor); });
  targets.insert(targets.end(), extra_targets.begin(), extra_targets.end());
  RestoredCheckpoint restored{file.path(), metadata.step, metadata.metric, metadata.values, metadata.schedule, {}};
  if (!options.keep_hyperparameters) {
    try {
      optimizer.set_hyperparameters(metadata.hyperparameters);
    } catch (const std::invalid_argument& error) {
      throw Error(
          fmt::format("{}: its hyperparameters do not fit the optimizer: {}", file.path().string(), error.what()));
    }
  }
  // From here on nothing can fail.
  for (std::size_t i = 0; i < targets.size(); ++i) file.copy_bytes(*sources[i], targets[i]);
  optimizer.set_counts(metadata.counts, tensor_counts);
  return restored;
}

}  // namespace detail

/// Saves parameters, the optimizer's state, `step` (in [0, 2^53]), the metric if there is one, and extras to a file,
/// durably and as a whole: after a failure, a crash or loss of power there is the whole new file or what was there
/// before (see DurableFile). Nothing is copied: the file is written from live memory (see write_safetensors).
///
/// Throws std::invalid_argument if a name cannot be saved (it starts with "eigentune/", is "__metadata__" or not UTF-8,
/// or an extra has the name of a parameter), a bound object was resized or the average is swapped in; eigentune::Error
/// if writing fails.
template <class Scalar, class State>
void save_checkpoint(const std::filesystem::path& path, std::int64_t step, std::optional<double> metric,
                     const AnyOptimizer<Scalar, State>& optimizer, const CheckpointExtras& extras = {}) {
  detail::prepare_checkpoint(step, metric, optimizer, extras).write(path, {});
}

/// Restores parameters, state and extras from a file of `save_checkpoint`, so that training goes on bit for bit as if
/// it had never stopped, also from the middle of accumulating gradients. The program binds the same tensors under the
/// same names first, in any order, with the TensorOptions that were in force when it was saved, however they were set
/// (who froze a tensor in the middle of training freezes it before restoring), and averages as the run that was saved
/// (to go on without: restore, then stop_averaging; to begin to: restore, then average). An option that the file does
/// not have, being of an older version, is not compared. StepOptions and max_consecutive_skips are the program's own;
/// the skips in a row so far are restored, and count. Extras' tensors are written to, and their values are in what is
/// returned.
///
/// All or nothing: the file is read and checked whole, which takes as much memory as it is long, and compared with what
/// is bound. Throws, and changes nothing: MissingFileError; CorruptFileError for a damaged file; eigentune::Error if it
/// does not fit (the text lists all that is missing, extra and different) or cannot be read; std::invalid_argument if
/// the average is swapped in.
template <class Scalar, class State>
RestoredCheckpoint restore_checkpoint(const std::filesystem::path& path, AnyOptimizer<Scalar, State>& optimizer,
                                      const CheckpointExtras& extras = {}, const RestoreOptions& options = {}) {
  return detail::restore(SafetensorsFile::read(path), optimizer, extras, options);
}

}  // namespace eigentune
