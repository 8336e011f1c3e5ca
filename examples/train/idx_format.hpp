#pragma once

#include <eigentune/core/error.hpp>

#include <fmt/core.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

// IDX, the file format of MNIST (LeCun, Cortes and Burges): two zero bytes, the type of an element (0x08: one unsigned
// byte), the number of dimensions, each dimension as four bytes with the highest first, then the elements, the last
// dimension fastest. Images have the dimensions count, rows, columns; labels have the dimension count.
namespace example {

/// Images as an IDX file holds them.
struct IdxImages {
  std::int64_t count = 0;
  int rows = 0, columns = 0;         ///< of each image, in pixels
  std::vector<std::uint8_t> pixels;  ///< [count, rows, columns], the columns fastest; 0 is no ink, 255 full ink
};

enum class IdxContents { images, labels };

/// What the first bytes of an IDX file promise about the rest.
struct IdxHeader {
  std::int64_t count = 0;
  int rows = 1, columns = 1;    ///< 1 x 1 for labels
  std::size_t header_size = 0;  ///< bytes before the elements
  std::size_t file_size = 0;    ///< bytes of the whole file, uncompressed
};

/// Bytes of an IDX header: 16 for images, 8 for labels.
constexpr std::size_t idx_header_size(IdxContents contents) {
  return contents == IdxContents::images ? 16 : 8;
}

namespace detail {

inline constexpr std::uint32_t max_idx_side = 4096;                // rows, columns: far above any data set of this kind
inline constexpr std::uint64_t max_idx_elements = 0x8000'0000ull;  // 2 GiB: EMNIST, the largest, has a third of it

constexpr std::uint32_t big_endian(std::span<const std::uint8_t, 4> bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 | std::uint32_t{bytes[2]} << 8 | bytes[3];
}

constexpr std::string_view idx_type_name(std::uint32_t code) {
  switch (code) {
    case 0x08:
      return "unsigned byte";
    case 0x09:
      return "signed byte";
    case 0x0b:
      return "short";
    case 0x0c:
      return "int";
    case 0x0d:
      return "float";
    case 0x0e:
      return "double";
    default:
      return "";
  }
}

inline void check_idx_magic(std::uint32_t magic, IdxContents contents, std::string_view path) {
  const std::uint32_t expected = contents == IdxContents::images ? 0x0803 : 0x0801;
  if (magic == expected) return;
  const auto what = fmt::format("{}: expected an IDX file of {} (magic number {:#010x})", path,
                                contents == IdxContents::images ? "images" : "labels", expected);
  if (magic == (expected << 24 | (expected & 0xff00) << 8)) {
    throw eigentune::Error(
        fmt::format("{}, found {:#010x}: its numbers are little-endian; IDX is big-endian", what, magic));
  }
  const std::uint32_t type = magic >> 8;
  if (const auto name = idx_type_name(type); name.empty()) {
    throw eigentune::Error(fmt::format("{}, found {:#010x}", what, magic));
  } else if (type != 0x08) {
    throw eigentune::Error(
        fmt::format("{} with elements of type unsigned byte (0x08), found {} ({:#04x})", what, name, type));
  }
  throw eigentune::Error(
      fmt::format("{}, found one with {} dimensions instead of {}", what, magic & 0xff, expected & 0xff));
}

}  // namespace detail

/// Reads the header from the first bytes of a file; `path` is for the messages only. At least one element, at most 4096
/// rows and 4096 columns and 2^31 elements in all; nothing is allocated for them.
/// Throws eigentune::Error if `bytes` are too few or promise anything else.
inline IdxHeader parse_idx_header(std::span<const std::uint8_t> bytes, IdxContents contents, std::string_view path) {
  IdxHeader header{.header_size = idx_header_size(contents)};
  if (bytes.size() >= 4) detail::check_idx_magic(detail::big_endian(bytes.first<4>()), contents, path);
  if (bytes.size() < header.header_size) {
    throw eigentune::Error(fmt::format("{}: truncated: expected an IDX header of {} bytes, found {} bytes in all", path,
                                       header.header_size, bytes.size()));
  }
  const std::uint64_t count = detail::big_endian(bytes.subspan<4, 4>());
  std::uint64_t elements = count;
  if (contents == IdxContents::images) {
    const std::uint32_t rows = detail::big_endian(bytes.subspan<8, 4>());
    const std::uint32_t columns = detail::big_endian(bytes.subspan<12, 4>());
    if (std::min(rows, columns) < 1 || std::max(rows, columns) > detail::max_idx_side) {
      throw eigentune::Error(fmt::format("{}: expected images of 1 ... {} rows and columns, found {} x {}", path,
                                         detail::max_idx_side, rows, columns));
    }
    elements *= std::uint64_t{rows} * columns;
    header.rows = static_cast<int>(rows);
    header.columns = static_cast<int>(columns);
  }
  if (count < 1 || elements > detail::max_idx_elements) {
    throw eigentune::Error(fmt::format("{}: expected at least 1 {} and at most {} bytes of data, found {} ({} bytes)",
                                       path, contents == IdxContents::images ? "image" : "label",
                                       detail::max_idx_elements, count, elements));
  }
  header.count = static_cast<std::int64_t>(count);
  header.file_size = header.header_size + static_cast<std::size_t>(elements);
  return header;
}

namespace detail {

// The header of a file that holds exactly what its header promises.
inline IdxHeader check_idx_size(std::span<const std::uint8_t> bytes, IdxContents contents, std::string_view path) {
  const IdxHeader header = parse_idx_header(bytes, contents, path);
  if (bytes.size() == header.file_size) return header;
  const auto what = contents == IdxContents::images
                        ? fmt::format("{} images of {} x {}", header.count, header.rows, header.columns)
                        : fmt::format("{} labels", header.count);
  if (bytes.size() < header.file_size) {
    throw eigentune::Error(
        fmt::format("{}: truncated: expected {} bytes for {}, found {}", path, header.file_size, what, bytes.size()));
  }
  throw eigentune::Error(
      fmt::format("{}: oversized: expected {} bytes for {}, found more", path, header.file_size, what));
}

struct GzipCloser {
  void operator()(gzFile file) const { gzclose(file); }
};

// Appends what the file still holds, but only until `bytes` has `size` bytes. Grows with the data that are really
// there.
inline void read_gzip_until(gzFile file, std::size_t size, std::vector<std::uint8_t>& bytes, std::string_view path) {
  constexpr std::size_t chunk = 1 << 20;
  while (bytes.size() < size) {
    const std::size_t start = bytes.size(), wanted = std::min(chunk, size - start);
    bytes.resize(start + wanted);
    const int count = gzread(file, bytes.data() + start, static_cast<unsigned>(wanted));
    int code = Z_OK;
    std::string_view message = gzerror(file, &code);
    if (count < 0 || code != Z_OK) {
      if (message.starts_with(path)) message.remove_prefix(std::min(message.size(), path.size() + 2));  // "path: "
      throw eigentune::Error(
          fmt::format("{}: expected IDX data, plain or gzipped, found unreadable data: {}", path, message));
    }
    bytes.resize(start + static_cast<std::size_t>(count));
    if (static_cast<std::size_t>(count) < wanted) return;
  }
}

}  // namespace detail

/// The images in the bytes of an IDX file (uncompressed); `path` is for the messages only.
/// Throws eigentune::Error, with what was expected and what was found, unless they are an IDX file of images to the
/// last byte.
inline IdxImages parse_idx_images(std::span<const std::uint8_t> bytes, std::string_view path) {
  const IdxHeader header = detail::check_idx_size(bytes, IdxContents::images, path);
  const auto pixels = bytes.subspan(header.header_size);
  return {header.count, header.rows, header.columns, {pixels.begin(), pixels.end()}};
}

/// The labels in the bytes of an IDX file (uncompressed), each in 0 ... classes - 1; `path` is for the messages only.
/// Throws eigentune::Error unless they are an IDX file of such labels to the last byte.
inline std::vector<std::uint8_t> parse_idx_labels(std::span<const std::uint8_t> bytes, std::string_view path,
                                                  int classes) {
  const IdxHeader header = detail::check_idx_size(bytes, IdxContents::labels, path);
  const auto labels = bytes.subspan(header.header_size);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] >= classes) {
      throw eigentune::Error(fmt::format("{}: expected labels in 0 ... {}, found {} at index {} (the first is 0)", path,
                                         classes - 1, labels[i], i));
    }
  }
  return {labels.begin(), labels.end()};
}

/// The bytes of an IDX file, plain or gzipped (told apart by its contents, not by its name), uncompressed. Reads the
/// header first and then no more than one byte beyond what that promises, so neither a lying header nor a gzip file
/// that swells without end takes memory; gzip's checksum is verified. Throws eigentune::Error if the file cannot be
/// read or decompressed, or the header is not one of such contents. Whether the size is right is for the parser to say.
inline std::vector<std::uint8_t> read_idx_file(const std::filesystem::path& path, IdxContents contents) {
  const std::string name = path.string();
  errno = 0;
  const std::unique_ptr<gzFile_s, detail::GzipCloser> file(gzopen(name.c_str(), "rb"));
  if (!file) {
    const auto reason = std::error_code(errno, std::generic_category()).message();
    throw eigentune::Error(fmt::format("{}: expected a readable file, found none: {}", name, reason));
  }
  std::vector<std::uint8_t> bytes;
  detail::read_gzip_until(file.get(), idx_header_size(contents), bytes, name);
  const IdxHeader header = parse_idx_header(bytes, contents, name);
  detail::read_gzip_until(file.get(), header.file_size + 1, bytes, name);
  return bytes;
}

}  // namespace example
