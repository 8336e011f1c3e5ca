#pragma once

#include <cstdint>
#include <vector>

// Little IDX files for the tests of their reader.
namespace idx_bytes {

using Bytes = std::vector<std::uint8_t>;

inline void append_big_endian(Bytes& bytes, std::uint32_t number) {
  for (const int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<std::uint8_t>(number >> shift));
}

inline Bytes image_header(std::uint32_t count, std::uint32_t rows, std::uint32_t columns,
                          std::uint32_t magic = 0x0803) {
  Bytes bytes;
  for (const std::uint32_t number : {magic, count, rows, columns}) append_big_endian(bytes, number);
  return bytes;
}

// Images of 2 x 3 pixels; the first two pixels of image i are i as 16 bits, so that every image can be told.
inline Bytes image_file(std::uint32_t count) {
  Bytes bytes = image_header(count, 2, 3);
  for (std::uint32_t i = 0; i < count; ++i) {
    for (const std::uint32_t pixel : {i >> 8 & 0xff, i & 0xff, 0u, 255u, 51u, 128u}) {
      bytes.push_back(static_cast<std::uint8_t>(pixel));
    }
  }
  return bytes;
}

// The label of image i is i mod 10.
inline Bytes label_file(std::uint32_t count) {
  Bytes bytes;
  append_big_endian(bytes, 0x0801);
  append_big_endian(bytes, count);
  for (std::uint32_t i = 0; i < count; ++i) bytes.push_back(static_cast<std::uint8_t>(i % 10));
  return bytes;
}

}  // namespace idx_bytes
