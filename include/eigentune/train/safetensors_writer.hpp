#pragma once

#include <eigentune/train/c_order.hpp>
#include <eigentune/train/durable_file.hpp>
#include <eigentune/train/file_checksums.hpp>
#include <eigentune/train/raw_tensor.hpp>
#include <eigentune/train/safetensors_header.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace eigentune {

/// A tensor to be written, which lies somewhere in memory.
struct NamedTensor {
  std::string name;
  RawTensor<const std::byte> tensor;
};

namespace detail {

/// Passes a tensor's bytes in C order to `use`, piece by piece. What lies in C order is passed where it lies; else it
/// goes through `buffer`, which grows as needed.
template <class Use>
void for_each_piece(const RawTensor<const std::byte>& tensor, std::vector<std::byte>& buffer, Use&& use) {
  // A piece is read twice, to be summed and to be written: it should still be in the cache the second time.
  constexpr std::size_t piece_size = std::size_t{1} << 20;
  if (is_c_order(tensor.shape, tensor.order)) {
    const std::span<const std::byte> bytes{tensor.data, tensor.byte_size()};
    for (std::size_t begin = 0; begin < bytes.size(); begin += piece_size) {
      use(bytes.subspan(begin, std::min(piece_size, bytes.size() - begin)));
    }
    return;
  }
  // Whole indices of the first axis, and of these enough for whole cache lines, if that takes no more than 64 MiB.
  constexpr std::size_t line_rows = 64, most = std::size_t{64} << 20;
  const auto rows = static_cast<std::size_t>(tensor.shape[0]);
  const std::size_t row_size = tensor.byte_size() / rows;
  const std::size_t wanted = std::max(line_rows, piece_size / row_size / line_rows * line_rows);
  const std::size_t rows_at_once = std::clamp<std::size_t>(std::min(wanted, most / row_size), 1, rows);
  if (buffer.size() < rows_at_once * row_size) buffer.resize(rows_at_once * row_size);
  for (std::size_t row = 0; row < rows; row += rows_at_once) {
    const std::size_t end = std::min(rows, row + rows_at_once);
    copy_to_c_order(tensor.data, size_of(tensor.type), tensor.shape, static_cast<std::int64_t>(row),
                    static_cast<std::int64_t>(end), buffer.data());
    const std::span<const std::byte> bytes{buffer.data(), (end - row) * row_size};
    for (std::size_t begin = 0; begin < bytes.size(); begin += piece_size) {
      use(bytes.subspan(begin, std::min(piece_size, bytes.size() - begin)));
    }
  }
}

}  // namespace detail

/// Writes a safetensors file, durably and as a whole (see DurableFile), from where the tensors lie: in memory it takes
/// one buffer of 1 to 64 MiB for tensors that are not in C order already, and nothing else that grows with them. The
/// larger elements come first, so that each tensor is aligned to its element.
///
/// The metadata gets the keys "eigentune.checksum" and "eigentune.header_checksum" besides what is given, which must
/// not have them. Throws std::invalid_argument for a name that cannot be written, eigentune::Error if writing fails;
/// a file that was there before is then as it was.
inline void write_safetensors(const std::filesystem::path& path, std::vector<NamedTensor> tensors,
                              std::map<std::string, std::string> metadata, const SystemCalls& calls = {}) {
  std::ranges::stable_sort(tensors, std::ranges::greater{},
                           [](const NamedTensor& named) { return size_of(named.tensor.type); });
  SafetensorsHeader header;
  header.metadata = std::move(metadata);
  for (const std::string_view key : {detail::header_checksum_key, detail::file_checksum_key}) {
    require(header.metadata.emplace(key, detail::no_digits()).second,
            "write_safetensors: the metadata must not have the key \"{}\"", key);
  }
  std::uint64_t end = 0;
  for (const NamedTensor& named : tensors) {
    const std::uint64_t begin = std::exchange(end, end + named.tensor.byte_size());
    header.tensors.push_back({named.name, named.tensor.type, named.tensor.shape, begin, end});
  }

  std::string head = encode_safetensors_header(header);
  const std::size_t header_digits = detail::find_digits(head, detail::header_checksum_key);
  const std::size_t file_digits = detail::find_digits(head, detail::file_checksum_key);
  head.replace(header_digits, Checksum::digit_count, detail::header_checksum(head, header_digits, file_digits));

  DurableFile file(path, calls);
  Checksum checksum;
  const auto put = [&](std::span<const std::byte> bytes) {
    checksum.update(bytes);
    file.write(bytes);
  };
  put(bytes_of(head));
  std::vector<std::byte> buffer;
  for (const NamedTensor& named : tensors) detail::for_each_piece(named.tensor, buffer, put);
  file.write_at(static_cast<std::int64_t>(file_digits), bytes_of(checksum.digits()));
  file.commit();
}

}  // namespace eigentune
