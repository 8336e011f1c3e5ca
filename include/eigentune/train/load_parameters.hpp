#pragma once

#include <eigentune/optim/any_optimizer.hpp>
#include <eigentune/optim/name_pattern.hpp>
#include <eigentune/train/checkpoint_metadata.hpp>
#include <eigentune/train/mismatches.hpp>
#include <eigentune/train/safetensors_file.hpp>

#include <algorithm>
#include <concepts>
#include <cstring>
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace eigentune {

/// What may be otherwise in a file that parameters are loaded from. Names are matched as in options_for: `*` stands for
/// any characters, `?` for one. Nothing is allowed unless it is named here.
struct LoadOptions {
  std::vector<std::string> allow_missing{};  ///< parameters that keep their values where the file has none: {"head.*"}
  std::vector<std::string> allow_extra{};    ///< tensors of the file that are not bound and passed over
  std::vector<std::string> allow_different{};  ///< parameters that keep their values where shape or type is another
  /// True: of a checkpoint of a run that averaged, each parameter's average; where none of its updates was averaged,
  /// the parameter. The average has the type of the optimizer's state.
  bool averaged = false;
  bool allow_rounding = false;  ///< F64 may be rounded to float, to nearest even; else only exact conversions
};

/// What load_parameters did, by name.
struct LoadedParameters {
  std::vector<std::string> loaded, missing, extra, different;
};

namespace detail {

/// Whether elements of the file's type can be loaded as Scalar: as they are, F16, BF16 and F32 into what is wider, and
/// F64 into float if rounding is allowed.
template <class Scalar>
constexpr bool can_convert(DataType from, bool allow_rounding) {
  if (from == DataType::F16 || from == DataType::BF16 || from == DataType::F32) return true;
  return from == DataType::F64 && (std::same_as<Scalar, double> || allow_rounding);
}

/// The elements of a tensor as Scalar, in C order.
template <class Scalar>
std::vector<Scalar> convert(std::span<const std::byte> bytes, DataType from) {
  const auto convert_each = [&]<class Element, class Convert>(Element element, Convert&& to_scalar) {
    std::vector<Scalar> result(bytes.size() / sizeof element);
    for (std::size_t i = 0; i < result.size(); ++i) {
      std::memcpy(&element, bytes.data() + i * sizeof element, sizeof element);
      result[i] = static_cast<Scalar>(to_scalar(element));
    }
    return result;
  };
  if (from == DataType::F16) return convert_each(std::uint16_t{}, float_of_half);
  if (from == DataType::BF16) return convert_each(std::uint16_t{}, float_of_bfloat16);
  if (from == DataType::F32) return convert_each(0.0f, [](float value) { return value; });
  return convert_each(0.0, [](double value) { return value; });
}

}  // namespace detail

/// Loads the parameters alone, to fine-tune or evaluate: from a checkpoint, or from any safetensors file of another
/// program (without checksums, then). Tensors are matched by name and shape; [i, j] in NumPy or PyTorch is (i, j) here.
/// F16, BF16 and F32 are widened where the parameters' type is wider, which is exact. The optimizer's state and counts
/// stay as they are. Of a checkpoint, state and extras are not looked at.
///
/// All or nothing: throws, and changes nothing, MissingFileError, CorruptFileError for a damaged file,
/// eigentune::Error if something is missing, extra or different that `options` do not allow (the text lists all of it),
/// there are no averages and they are asked for, or the file cannot be read, and std::invalid_argument if the
/// optimizer's average is swapped in.
template <class Scalar, class State>
LoadedParameters load_parameters(const std::filesystem::path& path, AnyOptimizer<Scalar, State>& optimizer,
                                 const LoadOptions& options = {}) {
  const SafetensorsFile file = SafetensorsFile::read(path);
  const SafetensorsHeader& header = file.header();
  const auto allowed = [](const std::vector<std::string>& patterns, std::string_view name) {
    return std::ranges::any_of(patterns, [&](const std::string& pattern) { return matches(pattern, name); });
  };
  const bool from_checkpoint = is_checkpoint(header);
  const CheckpointMetadata metadata = from_checkpoint ? decode_checkpoint_metadata(header, path) : CheckpointMetadata{};
  if (options.averaged && !metadata.averaging) {
    throw Error(fmt::format("{}: it holds no averages of parameters", path.string()));
  }
  const auto is_parameter = [&](std::string_view name) { return !from_checkpoint || metadata.tensors.contains(name); };

  struct Copy {
    const FileTensor* tensor;
    RawTensor<std::byte> target;
    std::vector<Scalar> converted;
  };
  std::vector<Copy> copies;
  LoadedParameters report;
  detail::Mismatches mismatches;
  const auto index = header.by_name();
  std::set<std::string_view> bound;
  const OptimizerMemory<Scalar, State> memory = optimizer.writable_memory(false);
  const auto source_of = [&](const std::string& name) -> const FileTensor* {
    if (!is_parameter(name)) return nullptr;
    const bool averaged = options.averaged && metadata.tensors.at(name).counts.averaged > 0;
    const auto found = index.find(averaged ? detail::average_name(name) : name);
    return found == index.end() ? nullptr : found->second;
  };
  for (const auto& tensor : memory.tensors) {
    const std::string name(tensor.name);
    const FileTensor* found = source_of(name);
    bound.insert(tensor.name);
    if (found == nullptr) {
      report.missing.push_back(name);
      if (!allowed(options.allow_missing, name)) mismatches.missing(name);
    } else if (found->shape != tensor.parameter.shape ||
               !detail::can_convert<Scalar>(found->type, options.allow_rounding)) {
      report.different.push_back(name);
      if (allowed(options.allow_different, name)) continue;
      mismatches.different(fmt::format("\"{}\" {}", name, file.difference_of(*found, raw_tensor(tensor.parameter))));
    } else {
      report.loaded.push_back(name);
      copies.push_back({found, raw_tensor(tensor.parameter), {}});
    }
  }
  for (const FileTensor& tensor : header.tensors) {
    if (!is_parameter(tensor.name) || bound.contains(tensor.name)) continue;
    report.extra.push_back(tensor.name);
    if (!allowed(options.allow_extra, tensor.name)) mismatches.extra(tensor.name);
  }
  mismatches.throw_if_any(path);

  for (Copy& copy : copies) {  // what may run out of memory comes before anything is written
    if (copy.tensor->type != copy.target.type) {
      copy.converted = detail::convert<Scalar>(file.bytes(*copy.tensor), copy.tensor->type);
    }
  }
  for (const Copy& copy : copies) {
    const bool same_type = copy.tensor->type == copy.target.type;
    const auto source = same_type ? file.bytes(*copy.tensor) : std::as_bytes(std::span(copy.converted));
    copy_from_file_order(source, copy.target);
  }
  return report;
}

}  // namespace eigentune
