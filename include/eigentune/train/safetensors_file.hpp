#pragma once

#include <eigentune/core/binding.hpp>
#include <eigentune/core/file_descriptor.hpp>
#include <eigentune/core/retry.hpp>
#include <eigentune/train/c_order.hpp>
#include <eigentune/train/durable_file.hpp>
#include <eigentune/train/file_checksums.hpp>
#include <eigentune/train/raw_tensor.hpp>
#include <eigentune/train/safetensors_header.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace eigentune {

/// There is no file of that name (any more).
class MissingFileError : public Error {
 public:
  using Error::Error;
};

namespace detail {

/// A regular file that is open for reading.
class InputFile {
 public:
  explicit InputFile(std::filesystem::path path)
      : path_(std::move(path)), file_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (file_.get() < 0 && errno == ENOENT) throw MissingFileError(path_.string() + ": there is no such file");
    if (file_.get() < 0) throw file_error(path_, "open it", errno);
    struct stat status {};
    if (::fstat(file_.get(), &status) != 0) throw file_error(path_, "ask for its size", errno);
    if (!S_ISREG(status.st_mode)) throw Error(path_.string() + ": it is not a regular file");
    size_ = static_cast<std::uint64_t>(status.st_size);
  }

  std::uint64_t size() const { return size_; }
  const std::filesystem::path& path() const { return path_; }

  /// Reads on, until all of `bytes` is there.
  void read(std::span<std::byte> bytes) {
    constexpr std::size_t most_at_once = std::size_t{1} << 30;
    while (!bytes.empty()) {
      const ssize_t count =
          retry([&] { return ::read(file_.get(), bytes.data(), std::min(bytes.size(), most_at_once)); });
      if (count < 0) throw file_error(path_, "read it", errno);
      if (count == 0) throw CorruptFileError(path_.string() + ": it was cut short while it was read");
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
  }

 private:
  std::filesystem::path path_;
  FileDescriptor file_;
  std::uint64_t size_ = 0;
};

}  // namespace detail

/// A safetensors file, read whole and checked before anything can be had from it: lengths, header, offsets (see
/// SafetensorsParser), and if it is a checkpoint of this library (its metadata has a key that starts with "eigentune.")
/// its checksums. It takes as much memory as the file is long: only what was read and checked is ever copied on, even
/// if the file changes meanwhile.
class SafetensorsFile {
 public:
  /// Throws MissingFileError, CorruptFileError if the file's bytes are not right, and eigentune::Error if it cannot be
  /// read.
  static SafetensorsFile read(const std::filesystem::path& path) { return SafetensorsFile(path, true); }

  /// The header alone, which is checked by itself. Throws as `read` does.
  static SafetensorsHeader read_header(const std::filesystem::path& path) {
    return std::move(SafetensorsFile(path, false).header_);
  }

  const std::filesystem::path& path() const { return path_; }
  const SafetensorsHeader& header() const { return header_; }

  /// The bytes of a tensor of `header()`, in C order.
  std::span<const std::byte> bytes(const FileTensor& tensor) const {
    return {data_.get() + tensor.begin, static_cast<std::size_t>(tensor.end - tensor.begin)};
  }

  /// Copies a tensor into `object`, a contiguous Eigen object (Matrix, Array, Map, Tensor, ...) of the same element
  /// type and shape: what NumPy has at [i, j] is at (i, j), whatever the storage order. An n x 1 matrix is not a vector
  /// of n. Throws eigentune::Error, and changes nothing, if there is no such tensor, or its type or shape is another.
  template <class T>
  void copy(std::string_view name, T&& object) const {
    using Scalar = std::remove_const_t<typename ViewTraits<std::remove_cvref_t<T>>::Scalar>;
    const auto binding = Binding<Scalar>::to(std::forward<T>(object), "SafetensorsFile::copy", "object for", name);
    const auto target = raw_tensor(binding.bound_view());
    const FileTensor* tensor = header_.find(name);
    if (tensor == nullptr) throw Error(fmt::format("{}: there is no tensor \"{}\"", path_.string(), name));
    if (const std::string difference = difference_of(*tensor, target); !difference.empty()) {
      throw Error(fmt::format("{}: \"{}\" {}", path_.string(), name, difference));
    }
    copy_bytes(*tensor, target);
  }

  /// What keeps a tensor from being copied to `target` by `copy_bytes`: "is F32 [2, 3], not F64 [2, 3]"; "" for
  /// nothing.
  std::string difference_of(const FileTensor& tensor, const RawTensor<const std::byte>& target) const {
    if (tensor.type != target.type || tensor.shape != target.shape) {
      return fmt::format("is {} {}, not {} {}", to_string(tensor.type), to_string(tensor.shape), to_string(target.type),
                         to_string(target.shape));
    }
    const auto is_bool = [](std::byte byte) { return byte <= std::byte{1}; };
    if (tensor.type == DataType::BOOL && !std::ranges::all_of(bytes(tensor), is_bool)) {
      return "is BOOL and has bytes other than 0 and 1";
    }
    return "";
  }

  /// Copies where `difference_of` finds no difference.
  void copy_bytes(const FileTensor& tensor, const RawTensor<std::byte>& target) const {
    copy_from_file_order(bytes(tensor), target);
  }

 private:
  SafetensorsFile(const std::filesystem::path& path, bool with_data) : path_(path) {
    detail::InputFile input(path);
    const SafetensorsParser parser(path, input.size());
    std::string head(std::min<std::size_t>(header_length_size, input.size()), '\0');
    input.read(std::as_writable_bytes(std::span(head)));
    const std::uint64_t length = parser.header_length(bytes_of(head));
    head.resize(header_length_size + length);
    input.read(std::as_writable_bytes(std::span(head)).subspan(header_length_size));
    header_ = parser.parse(std::string_view(head).substr(header_length_size));

    const bool has_checksums =
        std::ranges::any_of(header_.metadata, [](const auto& entry) { return entry.first.starts_with("eigentune."); });
    const std::size_t header_digits = detail::find_digits(head, detail::header_checksum_key);
    const std::size_t file_digits = detail::find_digits(head, detail::file_checksum_key);
    if (has_checksums) check_header(head, header_digits, file_digits);
    if (!with_data) return;
    const auto size = static_cast<std::size_t>(header_.data_size());
    data_ = std::make_unique_for_overwrite<std::byte[]>(size);
    input.read({data_.get(), size});
    if (has_checksums) check_file(head, file_digits, {data_.get(), size});
  }

  void check_header(const std::string& head, std::size_t header_digits, std::size_t file_digits) const {
    for (const auto& [digits, key] :
         {std::pair(header_digits, detail::header_checksum_key), std::pair(file_digits, detail::file_checksum_key)}) {
      if (digits == std::string::npos) {
        throw CorruptFileError(
            fmt::format("{}: it has no \"{}\", or not as this library writes it", path_.string(), key));
      }
    }
    compare("header", head.substr(header_digits, Checksum::digit_count),
            detail::header_checksum(head, header_digits, file_digits));
  }

  void check_file(const std::string& head, std::size_t file_digits, std::span<const std::byte> data) const {
    Checksum checksum;
    detail::update_without_digits(checksum, head, file_digits);
    checksum.update(data);
    compare("file", head.substr(file_digits, Checksum::digit_count), checksum.digits());
  }

  void compare(std::string_view what, std::string_view expected, std::string_view found) const {
    if (expected == found) return;
    throw CorruptFileError(fmt::format("{}: the {} is damaged: its checksum should be {}, and is {}", path_.string(),
                                       what, expected, found));
  }

  std::filesystem::path path_;
  SafetensorsHeader header_;
  std::unique_ptr<std::byte[]> data_;
};

}  // namespace eigentune
