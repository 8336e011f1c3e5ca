#pragma once

#include <eigentune/core/direction.hpp>
#include <eigentune/train/checkpoint_metadata.hpp>
#include <eigentune/train/durable_file.hpp>
#include <eigentune/train/safetensors_file.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

// What is in a folder of checkpoints, as told by the files themselves: nothing else is kept anywhere.

namespace eigentune {

/// A checkpoint in a folder, by its name and header.
struct CheckpointInfo {
  std::filesystem::path path;
  std::int64_t step = 0;
  std::optional<double> metric;   ///< absent if it was saved without one
  std::uint64_t save_number = 0;  ///< the larger, the later it was saved
  std::string problem;            ///< why it cannot be used; "" if name and header are sound

  bool usable() const { return problem.empty(); }
};

namespace detail {

/// "step-000000012345.safetensors": in the order of steps when listed by name.
inline std::string checkpoint_name(std::int64_t step) {
  return fmt::format("step-{:012}.safetensors", step);
}

/// Takes digits from the front of `text`. Returns std::nullopt, and takes nothing, if there are none or too many.
inline std::optional<std::int64_t> take_number(std::string_view& text) {
  const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
  if (count == 0 || count > std::numeric_limits<std::int64_t>::digits10) return std::nullopt;
  std::int64_t number = 0;
  for (const char digit : text.substr(0, count)) number = 10 * number + (digit - '0');
  text.remove_prefix(count);
  return number;
}

/// The step in the name of a checkpoint, `text` then being what follows it; std::nullopt for another name.
inline std::optional<std::int64_t> take_checkpoint_name(std::string_view& text) {
  constexpr std::string_view start = "step-";
  std::string_view rest = text;
  if (!rest.starts_with(start)) return std::nullopt;
  rest.remove_prefix(start.size());
  const auto step = take_number(rest);
  if (!step) return std::nullopt;
  const std::string name = checkpoint_name(*step);
  if (!text.starts_with(name)) return std::nullopt;
  text.remove_prefix(name.size());
  return step;
}

/// Whether this is the name of a temporary that a keeper's DurableFile left when it was killed.
inline bool is_leftover(std::string_view name) {
  if (!take_checkpoint_name(name) || !name.starts_with(DurableFile::temporary_mark)) return false;
  name.remove_prefix(DurableFile::temporary_mark.size());
  if (!take_number(name) || !name.starts_with('-')) return false;
  name.remove_prefix(1);
  return take_number(name) && name.empty();
}

/// The names in a folder. Throws eigentune::Error.
inline std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error) throw file_error(folder, "list the folder", error.value());
  return names;
}

/// The names of checkpoints in a folder, sorted.
inline std::vector<std::string> checkpoint_names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names = names_in(folder);
  std::erase_if(names, [](std::string_view name) { return !take_checkpoint_name(name) || !name.empty(); });
  std::ranges::sort(names);
  return names;
}

/// What a checkpoint's name and header tell. Throws MissingFileError.
inline CheckpointInfo checkpoint_info(const std::filesystem::path& folder, std::string_view name) {
  CheckpointInfo info;
  info.path = folder / name;
  info.step = take_checkpoint_name(name).value_or(0);
  try {
    const CheckpointMetadata metadata = decode_checkpoint_metadata(SafetensorsFile::read_header(info.path), info.path);
    info.metric = metadata.metric;
    info.save_number = metadata.save_number;
    if (metadata.step != info.step) {
      info.problem = fmt::format("{}: its header says step {}: it was renamed", info.path.string(), metadata.step);
    }
  } catch (const MissingFileError&) {
    throw;
  } catch (const Error& error) {
    info.problem = error.what();
  }
  return info;
}

}  // namespace detail

/// The checkpoints in a folder, by step; files of other names are passed over. Those whose header is damaged or cannot
/// be read are there with the reason in `problem`; damage of the data is found when they are restored. Throws
/// eigentune::Error if the folder cannot be listed.
///
/// A keeper may save and delete meanwhile. So that a checkpoint that was deleted is never missed together with the one
/// that took its place, the folder is listed again until its names have stayed the same while the headers were read.
inline std::vector<CheckpointInfo> list_checkpoints(const std::filesystem::path& folder) {
  constexpr int most_attempts = 100;  // the last is taken as it is
  std::vector<CheckpointInfo> list;
  std::vector<std::string> names = detail::checkpoint_names_in(folder);
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    list.clear();
    bool vanished = false;
    for (const std::string& name : names) {
      try {
        list.push_back(detail::checkpoint_info(folder, name));
      } catch (const MissingFileError&) {
        vanished = true;
      }
    }
    std::vector<std::string> names_now = detail::checkpoint_names_in(folder);
    if (!vanished && names_now == names) break;
    names = std::move(names_now);
  }
  std::ranges::sort(list, {}, &CheckpointInfo::step);
  return list;
}

/// Those that have a metric that is not NaN and no problem, the best first, among equals the earlier step.
inline std::vector<CheckpointInfo> best_first(std::vector<CheckpointInfo> list, Direction direction) {
  std::erase_if(list,
                [](const CheckpointInfo& info) { return !info.usable() || !info.metric || is_nan(*info.metric); });
  std::ranges::sort(list, [&](const CheckpointInfo& a, const CheckpointInfo& b) {
    if (is_better(direction, *a.metric, *b.metric)) return true;
    return !is_better(direction, *b.metric, *a.metric) && a.step < b.step;
  });
  return list;
}

/// Those that have no problem, the one that was saved last first.
inline std::vector<CheckpointInfo> latest_first(std::vector<CheckpointInfo> list) {
  std::erase_if(list, [](const CheckpointInfo& info) { return !info.usable(); });
  std::ranges::sort(list, [](const CheckpointInfo& a, const CheckpointInfo& b) {
    return std::pair(a.save_number, a.step) > std::pair(b.save_number, b.step);
  });
  return list;
}

/// Those that are neither among the `keep_best` best nor among the `keep_latest` latest. One with a problem is never
/// among these.
inline std::vector<CheckpointInfo> surplus(const std::vector<CheckpointInfo>& list, Direction direction,
                                           std::int64_t keep_best, std::int64_t keep_latest) {
  std::vector<CheckpointInfo> rest;
  const auto best = best_first(list, direction), latest = latest_first(list);
  const auto is_kept = [](const std::vector<CheckpointInfo>& ranked, std::int64_t count, const CheckpointInfo& info) {
    const auto end = ranked.begin() + std::min(count, static_cast<std::int64_t>(ranked.size()));
    return std::find_if(ranked.begin(), end, [&](const auto& other) { return other.path == info.path; }) != end;
  };
  for (const CheckpointInfo& info : list) {
    if (info.usable() && !is_kept(best, keep_best, info) && !is_kept(latest, keep_latest, info)) rest.push_back(info);
  }
  return rest;
}

}  // namespace eigentune
