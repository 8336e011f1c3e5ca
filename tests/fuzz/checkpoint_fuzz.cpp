// Any bytes at all, given to all that reads safetensors files and checkpoints: it either throws eigentune::Error and
// changes nothing, or returns what the bytes say, which comes back when it is written again.
//
// Checksums refuse nearly every input that is not a file of the corpus. So an input is also read `sealed`.

#include <eigentune/train/checkpoint.hpp>
#include <eigentune/train/checkpoint_reader.hpp>
#include <eigentune/train/load_parameters.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fuzz/checkpoint_program.hpp"
#include "fuzz/fuzzing.hpp"
#include "fuzz/sealed.hpp"
#include "support/temporary_folder.hpp"

namespace {

using namespace eigentune;
using fuzz::accepts;
using fuzz::expect;

/// The file that is read, and that what was read is written to.
fuzz::MemoryFile& file() {
  static fuzz::MemoryFile file;
  return file;
}

/// A folder in which that file is a checkpoint.
class Folder {
 public:
  Folder() { std::filesystem::create_symlink(file().path(), path() / detail::checkpoint_name(step)); }

  const std::filesystem::path& path() const { return folder_.path(); }

  static constexpr std::int64_t step = 3;  // as the checkpoints of the corpus

 private:
  support::TemporaryFolder folder_;
};

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Tensors and metadata by name, as text that can be compared; without what is of a file rather than in it.
std::map<std::string, std::string> contents_of(const SafetensorsFile& read) {
  std::map<std::string, std::string> contents;
  for (const FileTensor& tensor : read.header().tensors) {
    contents["tensor " + tensor.name] =
        fmt::format("{} {} {}", to_string(tensor.type), to_string(tensor.shape), text_of(read.bytes(tensor)));
  }
  for (const auto& [key, text] : read.header().metadata) {
    if (key != detail::header_checksum_key && key != detail::file_checksum_key) contents["text " + key] = text;
  }
  return contents;
}

/// A file that was accepted consists of its length, its header, and the bytes of its tensors one after the other.
void check_consistent(std::string_view bytes, const SafetensorsFile& read) {
  const std::uint64_t data_size = read.header().data_size();
  expect(data_size <= bytes.size());
  const std::string_view data = bytes.substr(bytes.size() - data_size);
  std::uint64_t end = 0;
  std::set<std::string> names;
  for (const FileTensor& tensor : read.header().tensors) {
    expect(names.insert(tensor.name).second && tensor.name != "__metadata__");
    std::uint64_t size = size_of(tensor.type);
    for (int axis = 0; axis < tensor.shape.rank(); ++axis) size *= static_cast<std::uint64_t>(tensor.shape[axis]);
    expect(tensor.begin == end && tensor.end == end + size);
    expect(text_of(read.bytes(tensor)) == data.substr(end, size));
    end = tensor.end;
  }
}

/// Writes to file() through the library's own writer, without a disk to wait for.
SystemCalls calls_of_file() {
  SystemCalls calls;
  calls.open = [](const char*, int flags, mode_t) {
    if ((flags & O_DIRECTORY) == 0) file().write("");
    return ::open(file().path().c_str(), O_WRONLY | O_CLOEXEC);
  };
  calls.fsync = [](int) { return 0; };
  calls.rename = [](const char*, const char*) { return 0; };
  calls.unlink = [](const char*) { return 0; };
  return calls;
}

void check_written_again(const SafetensorsFile& read) {
  std::vector<NamedTensor> tensors;
  for (const FileTensor& tensor : read.header().tensors) {
    tensors.push_back({tensor.name, {read.bytes(tensor).data(), tensor.type, tensor.shape, StorageOrder::row_major}});
  }
  std::map<std::string, std::string> metadata = read.header().metadata;
  for (const auto key : {detail::header_checksum_key, detail::file_checksum_key}) metadata.erase(std::string(key));
  write_safetensors(file().path(), tensors, metadata, calls_of_file());
  expect(contents_of(SafetensorsFile::read(file().path())) == contents_of(read));
}

/// The metadata, if they are a checkpoint's.
std::optional<CheckpointMetadata> check_metadata(const SafetensorsFile& read) {
  std::optional<CheckpointMetadata> metadata;
  accepts(read.path(), [&] { metadata = decode_checkpoint_metadata(read.header(), read.path()); });
  if (!metadata) return metadata;
  constexpr std::int64_t most = std::int64_t{1} << 53;
  const auto is_count = [](std::int64_t count) { return count >= 0 && count <= most; };
  const OptimizerCounts& counts = metadata->counts;
  for (const std::int64_t count :
       {metadata->step, counts.step, counts.skipped, counts.consecutive_skips, counts.accumulated}) {
    expect(is_count(count));
  }
  const SafetensorsHeader again{.metadata = encode_checkpoint_metadata(*metadata), .tensors = {}};
  expect(encode_checkpoint_metadata(decode_checkpoint_metadata(again, read.path())) == again.metadata);
  return metadata;
}

/// All that a restoration could change.
struct Snapshot {
  explicit Snapshot(const fuzz::Program& program)
      : state(program.optimizer.state()), hyperparameters(program.optimizer.hyperparameters()) {
    const auto add = [&](const auto& numbers) { bytes.append(text_of(std::as_bytes(std::span(numbers)))); };
    add(std::span(program.w.data(), 6));
    add(std::span(program.b.data(), 1));
    add(program.order);
    for (TensorState<float>& tensor : state.tensors) {  // as bytes, since a NaN is not equal to itself
      for (SlotState<float>& slot : tensor.slots) add(std::exchange(slot.values, {}));
    }
  }
  friend bool operator==(const Snapshot&, const Snapshot&) = default;

  OptimizerState<float> state;
  Hyperparameters hyperparameters;
  std::string bytes;
};

/// The file's tensor as a program sees its parameter, or nullptr.
const FileTensor* find(const SafetensorsFile& read, std::string_view name, const Shape& shape) {
  const FileTensor* tensor = read.header().find(name);
  return tensor != nullptr && tensor->shape == shape ? tensor : nullptr;
}

template <class Number>
Number number_at(const SafetensorsFile& read, const FileTensor& tensor, std::size_t index) {
  Number number;
  std::memcpy(&number, read.bytes(tensor).data() + index * sizeof number, sizeof number);
  return number;
}

bool same(float a, float b) {
  return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b);
}

/// Parameters of whatever the file has under their names.
void check_loading(const SafetensorsFile& read, const std::optional<CheckpointMetadata>& metadata) {
  fuzz::Program program;
  const Snapshot before(program);
  LoadedParameters loaded;
  const bool is_loaded = accepts(read.path(), [&] {
    loaded = load_parameters(
        read.path(), program.optimizer,
        {.allow_missing = {"*"}, .allow_extra = {"*"}, .allow_different = {"*"}, .allow_rounding = true});
  });
  expect(is_loaded == (metadata.has_value() || !is_checkpoint(read.header())));
  if (loaded.loaded.empty()) expect(Snapshot(program) == before);
  expect(!is_loaded || loaded.loaded.size() + loaded.missing.size() + loaded.different.size() == 2);
  for (const std::string& name : loaded.loaded) {
    const Shape shape = name == "w" ? Shape{2, 3} : Shape{1};
    const FileTensor* tensor = find(read, name, shape);
    expect(tensor != nullptr);
    for (std::size_t i = 0; i < static_cast<std::size_t>(shape.size()); ++i) {
      const auto row = static_cast<Eigen::Index>(i / 3), column = static_cast<Eigen::Index>(i % 3);
      const float value = name == "w" ? program.w(row, column) : program.b(0);
      if (tensor->type == DataType::F32) expect(same(value, number_at<float>(read, *tensor, i)));
      if (tensor->type == DataType::F64) {
        const auto wide = number_at<double>(read, *tensor, i);
        expect(wide != wide ? value != value : value == static_cast<float>(wide));
      }
    }
  }
}

/// What was restored, saved again, is what the file holds.
void check_restored(const SafetensorsFile& read, const CheckpointMetadata& metadata, fuzz::Program& program,
                    const RestoredCheckpoint& restored) {
  expect(restored.step == metadata.step && restored.values == metadata.values);
  for (const auto& [name, value] : restored.values.all()) {
    std::visit([&, &key = name](const auto& held) { program.extras.value(key, held); }, value);
  }
  program.extras.schedule(restored.schedule);
  detail::PreparedCheckpoint again =
      detail::prepare_checkpoint(restored.step, restored.metric, program.optimizer, program.extras);
  again.metadata.save_number = metadata.save_number;
  again.metadata.library_version = metadata.library_version;
  again.metadata.tensors.insert(metadata.tensors.begin(), metadata.tensors.end());  // of tensors that no file has
  expect(again.metadata.counts == metadata.counts);
  for (const std::string& name : program.optimizer.names()) {
    const TensorOptions saved = metadata.tensors.at(name).options, bound = again.metadata.tensors.at(name).options;
    TensorOptions::for_each(
        [&](const char*, auto option) { expect(!(saved.*option) || saved.*option == bound.*option); });
  }
  auto expected = contents_of(read);
  const auto texts = encode_checkpoint_metadata(metadata), texts_again = encode_checkpoint_metadata(again.metadata);
  again.write(file().path(), calls_of_file());
  auto found = contents_of(SafetensorsFile::read(file().path()));
  for (auto* contents : {&expected, &found}) {
    std::erase_if(*contents, [](const auto& entry) { return entry.first.starts_with("text "); });
  }
  expect(found == expected);
  for (const auto& [key, text] : texts) {
    // Of hyperparameters, a checkpoint may set some only.
    expect(key == "eigentune.optimizer" || texts_again.at(key) == text);
  }
}

void check_restoring(const SafetensorsFile& read, const std::optional<CheckpointMetadata>& metadata) {
  fuzz::Program program;
  program.b(0) = 0.125f;
  const Snapshot before(program);
  std::optional<RestoredCheckpoint> restored;
  accepts(read.path(), [&] { restored = restore_checkpoint(read.path(), program.optimizer, program.extras); });
  expect(!restored || metadata);

  static const Folder folder;
  const CheckpointReader reader(folder.path());
  const std::vector<CheckpointInfo> list = reader.list();
  expect(list.size() == 1 && list[0].step == Folder::step);
  expect(list[0].usable() == (metadata && metadata->step == Folder::step));
  expect(reader.latest().has_value() == list[0].usable());
  fuzz::Program other;
  other.b(0) = 0.125f;
  std::optional<RestoredCheckpoint> latest;
  try {
    latest = reader.restore_latest(other.optimizer, other.extras);
  } catch (const Error& error) {
    expect(std::string_view(error.what()).starts_with(folder.path().string()));
  }
  expect(latest.has_value() == (restored && list[0].usable()));
  expect(Snapshot(other) == (latest ? Snapshot(program) : before));

  if (restored) {
    check_restored(read, *metadata, program, *restored);
  } else {
    expect(Snapshot(program) == before);
  }
}

void check(std::string_view bytes) {
  file().write(bytes);
  std::optional<SafetensorsFile> read;
  accepts(file().path(), [&] { read = SafetensorsFile::read(file().path()); });
  if (!read) return;
  expect(encode_safetensors_header(SafetensorsFile::read_header(file().path())) ==
         encode_safetensors_header(read->header()));
  check_consistent(bytes, *read);
  const std::optional<CheckpointMetadata> metadata = check_metadata(*read);
  check_loading(*read, metadata);
  check_restoring(*read, metadata);
  check_written_again(*read);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  check(bytes);
  if (const std::string other = fuzz::sealed(bytes); other != bytes) check(other);
  return 0;
}
