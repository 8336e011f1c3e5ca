#pragma once

#include <eigentune/core/error.hpp>
#include <eigentune/core/shape.hpp>
#include <eigentune/train/data_type.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eigentune {

/// A file's bytes are not those of a whole, undamaged safetensors file or checkpoint.
class CorruptFileError : public Error {
 public:
  using Error::Error;
};

/// One tensor of a safetensors file: its elements lie in C order in [begin, end) of the data behind the header.
struct FileTensor {
  std::string name;
  DataType type = DataType::F32;
  Shape shape;
  std::uint64_t begin = 0, end = 0;
};

/// What stands before the data of a safetensors file.
struct SafetensorsHeader {
  std::map<std::string, std::string> metadata;
  std::vector<FileTensor> tensors;  ///< in the order of their data, which has no holes

  std::uint64_t data_size() const { return tensors.empty() ? 0 : tensors.back().end; }

  /// The tensor of that name, or nullptr; looks at one after the other.
  const FileTensor* find(std::string_view name) const {
    const auto found = std::ranges::find(tensors, name, &FileTensor::name);
    return found == tensors.end() ? nullptr : &*found;
  }

  /// All tensors by name; valid as long as this header stays as and where it is.
  std::map<std::string_view, const FileTensor*> by_name() const {
    std::map<std::string_view, const FileTensor*> index;
    for (const FileTensor& tensor : tensors) index.emplace(tensor.name, &tensor);
    return index;
  }
};

/// The largest header that is read, as in the reference implementation: a damaged length must not ask for all memory.
inline constexpr std::uint64_t most_header_bytes = 100'000'000;

/// Bytes of the length before the header.
inline constexpr std::size_t header_length_size = 8;

namespace detail {

/// `size` times the number of elements, or std::nullopt where that is 2^63 or more.
inline std::optional<std::uint64_t> byte_size(const Shape& shape, DataType type) {
  const auto elements = static_cast<std::uint64_t>(shape.size());
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  return elements <= most / size_of(type) ? std::optional(elements * size_of(type)) : std::nullopt;
}

/// Reads JSON in which no object has a key twice and nothing is nested deeper than a header is. Throws
/// nlohmann::json::exception or std::invalid_argument.
inline nlohmann::json parse_strict_json(std::string_view text) {
  constexpr int most_depth = 8;
  std::vector<std::set<std::string>> keys;
  const auto check = [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json& value) {
    using Event = nlohmann::json::parse_event_t;
    require(depth <= most_depth, "it is nested deeper than {}", int{most_depth});
    if (event == Event::object_start) keys.emplace_back();
    if (event == Event::object_end) keys.pop_back();
    if (event == Event::key) {
      const auto& key = value.get_ref<const std::string&>();
      require(keys.back().insert(key).second, "the key \"{}\" is there twice", key);
    }
    return true;
  };
  return nlohmann::json::parse(text, check);
}

}  // namespace detail

/// The length, the header, and spaces up to a multiple of 8 bytes. Throws std::invalid_argument for a name that cannot
/// be written (it is not UTF-8, is taken twice, or is "__metadata__") or a header beyond most_header_bytes.
inline std::string encode_safetensors_header(const SafetensorsHeader& header) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  const char* const metadata_key = "__metadata__";
  if (!header.metadata.empty()) json[metadata_key] = header.metadata;
  std::set<std::string_view> names;
  for (const FileTensor& tensor : header.tensors) {
    require(tensor.name != metadata_key && names.insert(tensor.name).second, "safetensors: the name \"{}\" is {}",
            tensor.name, tensor.name == metadata_key ? "the format's own" : "there twice");
    nlohmann::ordered_json shape = nlohmann::ordered_json::array();
    for (int axis = 0; axis < tensor.shape.rank(); ++axis) shape.push_back(tensor.shape[axis]);
    nlohmann::ordered_json entry;
    entry["dtype"] = to_string(tensor.type);
    entry["shape"] = std::move(shape);
    entry["data_offsets"] = {tensor.begin, tensor.end};
    json.get_ref<nlohmann::ordered_json::object_t&>().emplace_back(tensor.name, std::move(entry));
  }
  std::string text;
  try {
    text = json.dump();
  } catch (const nlohmann::json::exception& error) {
    require(false, "safetensors: a name or a text is not UTF-8: {}", error.what());
  }
  text.append((8 - text.size() % 8) % 8, ' ');
  require(text.size() <= most_header_bytes, "safetensors: the header must have at most {} bytes, got {}",
          std::uint64_t{most_header_bytes}, text.size());
  std::string bytes;
  for (std::size_t i = 0; i < header_length_size; ++i) {
    bytes.push_back(static_cast<char>(static_cast<unsigned char>(text.size() >> (8 * i))));
  }
  return bytes + text;
}

/// Parses and checks headers.
class SafetensorsParser {
 public:
  /// `path` appears in errors; `file_size` is that of the whole file.
  SafetensorsParser(std::filesystem::path path, std::uint64_t file_size)
      : path_(std::move(path)), file_size_(file_size) {}

  /// The length of the header, from the file's first bytes (8, or fewer if it has no more). Throws CorruptFileError.
  std::uint64_t header_length(std::span<const std::byte> first) const {
    if (first.size() < header_length_size) fail("it has {} bytes, too few for a safetensors file", first.size());
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < header_length_size; ++i) length |= std::to_integer<std::uint64_t>(first[i]) << (8 * i);
    if (length > most_header_bytes) {
      fail("a header has at most {} bytes, this one says {}", std::uint64_t{most_header_bytes}, length);
    }
    if (length > file_size_ - header_length_size) {
      fail("its header should have {} bytes, and the whole file has {}", length, file_size_);
    }
    return length;
  }

  /// The header, from its bytes after the length: JSON without a key twice; for each tensor a known type, a shape
  /// without overflow, offsets that agree with both; data without holes or overlaps up to the end of the file. Throws
  /// CorruptFileError.
  SafetensorsHeader parse(std::string_view text) const {
    if (!text.starts_with('{')) fail("its header does not start with {{, so it is no safetensors file");
    nlohmann::json json;
    try {
      json = detail::parse_strict_json(text);
    } catch (const std::exception& error) {  // of the parser, or a key that is there twice
      fail("its header is not sound JSON: {}", error.what());
    }
    SafetensorsHeader header;
    for (const auto& [name, entry] : json.items()) {
      if (name == "__metadata__") {
        header.metadata = parse_metadata(entry);
      } else {
        header.tensors.push_back(parse_tensor(name, entry));
      }
    }
    check_offsets(header, text.size());
    return header;
  }

 private:
  template <class... Arguments>
  [[noreturn]] void fail(fmt::format_string<Arguments...> text, Arguments&&... arguments) const {
    throw CorruptFileError(
        fmt::format("{}: {}", path_.string(), fmt::format(text, std::forward<Arguments>(arguments)...)));
  }

  std::map<std::string, std::string> parse_metadata(const nlohmann::json& entry) const {
    std::map<std::string, std::string> metadata;
    if (!entry.is_object()) fail("__metadata__ must be an object, got {}", entry.dump());
    for (const auto& [key, value] : entry.items()) {
      if (!value.is_string()) fail("\"{}\" in __metadata__ must be a string, got {}", key, value.dump());
      metadata[key] = value.get<std::string>();
    }
    return metadata;
  }

  FileTensor parse_tensor(const std::string& name, const nlohmann::json& entry) const {
    if (!entry.is_object()) fail("\"{}\" must be an object, got {}", name, entry.dump());
    for (const auto& [key, value] : entry.items()) {
      if (key != "dtype" && key != "shape" && key != "data_offsets") fail("\"{}\" has an unknown \"{}\"", name, key);
    }
    for (const char* key : {"dtype", "shape", "data_offsets"}) {
      if (!entry.contains(key)) fail("\"{}\" has no \"{}\"", name, key);
    }
    FileTensor tensor;
    tensor.name = name;
    const auto& type_name = entry["dtype"];
    const auto type = type_name.is_string() ? data_type_named(type_name.get_ref<const std::string&>()) : std::nullopt;
    if (!type) fail("\"{}\" has the unknown dtype {}", name, type_name.dump());
    tensor.type = *type;

    const auto& shape = entry["shape"];
    if (!shape.is_array()) fail("the shape of \"{}\" must be an array, got {}", name, shape.dump());
    try {
      for (const auto& extent : shape) tensor.shape.push_back(static_cast<std::int64_t>(natural(name, extent)));
    } catch (const std::invalid_argument& error) {  // too many extents, or their product overflows
      fail("the shape {} of \"{}\" cannot be held: {}", shape.dump(), name, error.what());
    }
    const auto& offsets = entry["data_offsets"];
    if (!offsets.is_array() || offsets.size() != 2) {
      fail("the data_offsets of \"{}\" must be two numbers, got {}", name, offsets.dump());
    }
    tensor.begin = natural(name, offsets[0]);
    tensor.end = natural(name, offsets[1]);
    const auto size = detail::byte_size(tensor.shape, tensor.type);
    if (!size || tensor.begin > tensor.end || tensor.end - tensor.begin != *size) {
      fail("\"{}\" is {} {}, which does not fit the data_offsets {}", name, to_string(tensor.type),
           to_string(tensor.shape), offsets.dump());
    }
    return tensor;
  }

  /// A whole number in [0, 2^63).
  std::uint64_t natural(const std::string& name, const nlohmann::json& value) const {
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > most) {
      fail("\"{}\" has {} where a whole number from 0 to 2^63 - 1 belongs", name, value.dump());
    }
    return value.get<std::uint64_t>();
  }

  void check_offsets(SafetensorsHeader& header, std::size_t text_size) const {
    std::ranges::stable_sort(header.tensors, {},
                             [](const FileTensor& tensor) { return std::pair(tensor.begin, tensor.end); });
    std::uint64_t end = 0;
    for (const FileTensor& tensor : header.tensors) {
      if (tensor.begin != end) {
        fail("\"{}\" begins at {} of the data, where {} is expected: there is {}", tensor.name, tensor.begin, end,
             tensor.begin > end ? "a hole" : "an overlap");
      }
      end = tensor.end;
    }
    const std::uint64_t found = file_size_ - header_length_size - text_size;
    if (end != found) fail("its header tells of {} bytes of data, and there are {}", end, found);
  }

  std::filesystem::path path_;
  std::uint64_t file_size_;
};

}  // namespace eigentune
