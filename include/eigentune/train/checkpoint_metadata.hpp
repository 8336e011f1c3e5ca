#pragma once

#include <eigentune/core/shape.hpp>
#include <eigentune/core/version.hpp>
#include <eigentune/optim/optimizer_memory.hpp>
#include <eigentune/optim/options.hpp>
#include <eigentune/rule/hyperparameter.hpp>
#include <eigentune/train/checkpoint_extras.hpp>
#include <eigentune/train/safetensors_header.hpp>

#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace eigentune {

/// All of a checkpoint that is not a tensor. In the file it is the header's __metadata__, texts by name:
///
///   eigentune.format        "1", the version of this list
///   eigentune.version       of the library that wrote it
///   eigentune.step          the step it was saved at
///   eigentune.metric        a JSON number, or {"double": "nan"}, "inf", "-inf"; absent if there is none
///   eigentune.save_number   counts the saves into a folder, so that the latest is known whatever its step
///   eigentune.schedule      the learning rate schedule as it prints itself; absent if it was not given
///   eigentune.optimizer     JSON: rule, hyperparameters, counts, averaging (absent if there is none), and for each
///                           tensor its storage order, updates, how many of them were averaged (absent likewise),
///                           and the options that were in force (unknown where they are absent)
///   eigentune.values        JSON: the small values of CheckpointExtras; absent if there are none
///
/// and the two checksums of file_checksums.hpp. Doubles are read back exactly; of a NaN, that it is one.
struct CheckpointMetadata {
  struct Tensor {
    StorageOrder order = StorageOrder::column_major;
    TensorCounts counts;
    TensorOptions options{};
  };

  std::int64_t step = 0;
  std::optional<double> metric;
  std::uint64_t save_number = 0;
  std::string library_version = version;
  std::string schedule;
  std::string rule;
  Hyperparameters hyperparameters;
  OptimizerCounts counts;
  std::optional<Averaging> averaging;
  std::map<std::string, Tensor, std::less<>> tensors;  ///< the parameters, by name
  CheckpointValues values;
};

namespace detail {

/// Names of the library's own tensors begin so; see checkpoint.hpp.
inline constexpr std::string_view own_prefix = "eigentune/", average_prefix = "eigentune/average/";

inline std::string average_name(std::string_view parameter) {
  return std::string(average_prefix).append(parameter);
}

using nlohmann::json;

/// A double as JSON, which has no word for those that are not finite.
inline json encode_double(double value) {
  if (is_finite(value)) return value;
  return json{{"double", value > 0.0 ? "inf" : value < 0.0 ? "-inf" : "nan"}};
}

/// Throws std::invalid_argument or json::exception.
inline double decode_double(const json& value) {
  if (value.is_number()) return value.get<double>();
  const std::string& text = value.at("double").get_ref<const std::string&>();
  constexpr double infinity = std::numeric_limits<double>::infinity();
  require(text == "inf" || text == "-inf" || text == "nan", "\"{}\" is no number", text);
  return text == "inf" ? infinity : text == "-inf" ? -infinity : std::numeric_limits<double>::quiet_NaN();
}

inline json encode_averaging(const Averaging& averaging) {
  if (averaging.uniform() != nullptr) return {{"kind", "uniform"}, {"start", averaging.uniform()->start}};
  const ExponentialAverage& exponential = *averaging.exponential();
  return {{"kind", "exponential"}, {"decay", exponential.decay}, {"bias_correction", exponential.bias_correction}};
}

inline json encode_tensor_options(const TensorOptions& options) {
  json object = json::object();
  TensorOptions::for_each([&]<class T>(const char* name, std::optional<T> TensorOptions::*option) {
    const std::optional<T>& value = options.*option;
    if (!value) return;
    if constexpr (std::same_as<T, ClipUnits>) {
      object[name] = to_string(*value);
    } else {
      object[name] = *value;
    }
  });
  return object;
}

inline json encode_optimizer(const CheckpointMetadata& metadata) {
  json hyperparameters = json::object(), tensors = json::object();
  for (const auto& [name, value] : metadata.hyperparameters) {
    hyperparameters[name] = value.number() != nullptr ? encode_double(*value.number()) : json(*value.option());
  }
  for (const auto& [name, tensor] : metadata.tensors) {
    json& entry = tensors[name] = {{"order", to_string(tensor.order)}, {"updates", tensor.counts.updates}};
    if (metadata.averaging) entry["averaged"] = tensor.counts.averaged;
    if (json options = encode_tensor_options(tensor.options); !options.empty()) entry["options"] = std::move(options);
  }
  json object = {{"rule", metadata.rule},
                 {"hyperparameters", std::move(hyperparameters)},
                 {"step", metadata.counts.step},
                 {"skipped", metadata.counts.skipped},
                 {"consecutive_skips", metadata.counts.consecutive_skips},
                 {"accumulated", metadata.counts.accumulated},
                 {"tensors", std::move(tensors)}};
  if (metadata.averaging) object["averaging"] = encode_averaging(*metadata.averaging);
  return object;
}

/// A count as OptimizerState has them. Throws std::invalid_argument or json::exception.
inline std::int64_t decode_count(const json& object, const char* key) {
  constexpr auto most = static_cast<std::uint64_t>(largest_count);
  const json& value = object.at(key);
  require(value.is_number_unsigned() && value.get<std::uint64_t>() <= most, "{} must be in [0, 2^53], got {}", key,
          value.dump());
  return value.get<std::int64_t>();
}

/// Throws std::invalid_argument or json::exception.
inline Averaging decode_averaging(const json& object) {
  const std::string& kind = object.at("kind").get_ref<const std::string&>();
  require(kind == "uniform" || kind == "exponential", "\"{}\" is no kind of average", kind);
  Averaging averaging = UniformAverage{};
  if (kind == "uniform") {
    averaging = UniformAverage{.start = decode_count(object, "start")};
  } else {
    averaging = ExponentialAverage{.decay = object.at("decay").get<double>(),
                                   .bias_correction = object.at("bias_correction").get<bool>()};
  }
  validate(averaging);
  return averaging;
}

/// Throws std::invalid_argument or json::exception.
inline ClipUnits decode_clip_units(const json& value) {
  const std::string& name = value.get_ref<const std::string&>();
  for (const auto units : {ClipUnits::automatic, ClipUnits::whole, ClipUnits::first_axis, ClipUnits::last_axis}) {
    if (name == to_string(units)) return units;
  }
  throw std::invalid_argument(fmt::format("\"{}\" are no clip_units", name));
}

/// Throws std::invalid_argument or json::exception.
inline TensorOptions decode_tensor_options(const json& object) {
  require(object.is_object(), "options must be an object, got {}", object.dump());
  TensorOptions options;
  TensorOptions::for_each([&]<class T>(const char* name, std::optional<T> TensorOptions::*option) {
    if (!object.contains(name)) return;
    if constexpr (std::same_as<T, ClipUnits>) {
      options.*option = decode_clip_units(object.at(name));
    } else {
      options.*option = object.at(name).get<T>();
    }
  });
  options.validate();
  return options;
}

/// Throws std::invalid_argument or json::exception.
inline void decode_optimizer(const json& object, CheckpointMetadata& metadata) {
  metadata.rule = object.at("rule").get<std::string>();
  for (const auto& [name, value] : object.at("hyperparameters").items()) {
    if (value.is_string()) {
      metadata.hyperparameters.emplace_back(name, value.get<std::string>());
    } else {
      metadata.hyperparameters.emplace_back(name, decode_double(value));
    }
  }
  metadata.counts = {decode_count(object, "step"), decode_count(object, "skipped"),
                     decode_count(object, "consecutive_skips"), decode_count(object, "accumulated")};
  if (object.contains("averaging")) metadata.averaging = decode_averaging(object.at("averaging"));
  for (const auto& [name, value] : object.at("tensors").items()) {
    const std::string& order = value.at("order").get_ref<const std::string&>();
    const bool row_major = order == to_string(StorageOrder::row_major);
    require(row_major || order == to_string(StorageOrder::column_major), "\"{}\" is no storage order", order);
    metadata.tensors[name] = {
        row_major ? StorageOrder::row_major : StorageOrder::column_major,
        {decode_count(value, "updates"), metadata.averaging ? decode_count(value, "averaged") : 0},
        value.contains("options") ? decode_tensor_options(value.at("options")) : TensorOptions{}};
  }
}

inline json encode_values(const CheckpointValues& values) {
  json object = json::object();
  for (const auto& [name, value] : values.all()) {
    object[name] = std::visit(
        []<class T>(const T& held) -> json {
          if constexpr (std::same_as<T, double>) {
            return encode_double(held);
          } else {
            return held;
          }
        },
        value);
  }
  return object;
}

inline CheckpointValues decode_values(const json& object) {
  CheckpointValues values;
  for (const auto& [name, value] : object.items()) {
    if (value.is_string()) {
      values.set(name, value.get<std::string>());
    } else if (value.is_number_unsigned()) {
      values.set(name, value.get<std::uint64_t>());
    } else if (value.is_number_integer()) {
      values.set(name, value.get<std::int64_t>());
    } else {
      values.set(name, decode_double(value));
    }
  }
  return values;
}

}  // namespace detail

/// The metadata as a header has it. Throws std::invalid_argument for a text that is not UTF-8.
inline std::map<std::string, std::string> encode_checkpoint_metadata(const CheckpointMetadata& metadata) {
  std::map<std::string, std::string> texts;
  try {
    texts["eigentune.format"] = "1";
    texts["eigentune.version"] = metadata.library_version;
    texts["eigentune.step"] = fmt::format("{}", metadata.step);
    if (metadata.metric) texts["eigentune.metric"] = detail::encode_double(*metadata.metric).dump();
    texts["eigentune.save_number"] = fmt::format("{}", metadata.save_number);
    if (!metadata.schedule.empty()) texts["eigentune.schedule"] = metadata.schedule;
    texts["eigentune.optimizer"] = detail::encode_optimizer(metadata).dump();
    if (!metadata.values.all().empty()) texts["eigentune.values"] = detail::encode_values(metadata.values).dump();
  } catch (const nlohmann::json::exception& error) {
    require(false, "checkpoint: a name or a value is not UTF-8: {}", error.what());
  }
  return texts;
}

/// Whether the metadata is that of a checkpoint of this library.
inline bool is_checkpoint(const SafetensorsHeader& header) {
  return header.metadata.contains("eigentune.format");
}

/// Reads what `encode_checkpoint_metadata` has written; `path` appears in errors. Throws eigentune::Error if it is not
/// a checkpoint of this library or one of a later format, CorruptFileError if it is not as it must be.
inline CheckpointMetadata decode_checkpoint_metadata(const SafetensorsHeader& header,
                                                     const std::filesystem::path& path) {
  const auto text = [&](const std::string& key) -> const std::string& { return header.metadata.at(key); };
  const auto parsed = [&](const std::string& key) { return detail::parse_strict_json(text(key)); };
  const auto count = [&](const char* key) { return detail::decode_count(nlohmann::json{{key, parsed(key)}}, key); };
  if (!is_checkpoint(header)) {
    throw Error(path.string() + ": it is no checkpoint of eigentune: its metadata has no \"eigentune.format\"");
  }
  if (text("eigentune.format") != "1") {
    throw Error(fmt::format("{}: checkpoints of format 1 can be read, this one has format {}, written by version {}",
                            path.string(), text("eigentune.format"),
                            header.metadata.contains("eigentune.version") ? text("eigentune.version") : "?"));
  }
  try {
    CheckpointMetadata metadata;
    metadata.library_version = text("eigentune.version");
    metadata.step = count("eigentune.step");
    if (header.metadata.contains("eigentune.metric"))
      metadata.metric = detail::decode_double(parsed("eigentune.metric"));
    metadata.save_number = static_cast<std::uint64_t>(count("eigentune.save_number"));
    if (header.metadata.contains("eigentune.schedule")) metadata.schedule = text("eigentune.schedule");
    detail::decode_optimizer(parsed("eigentune.optimizer"), metadata);
    if (header.metadata.contains("eigentune.values"))
      metadata.values = detail::decode_values(parsed("eigentune.values"));
    return metadata;
  } catch (const std::exception& error) {  // a key that is not there, JSON of another kind, a number out of range
    throw CorruptFileError(
        fmt::format("{}: its metadata is not that of a checkpoint: {}", path.string(), error.what()));
  }
}

}  // namespace eigentune
