#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

/// Writes IDX files of 300 images of 4 x 4 pixels, which split into 240 to train, 30 to validate and 30 to test. Where
/// the label is l, pixel l is white; or with `noise`, labels have nothing to do with the images, so that the validation
/// error wanders.
inline void write_small_data(const std::filesystem::path& directory, bool noise = false) {
  constexpr std::uint32_t examples = 300, rows = 4, columns = 4;
  const auto append = [](std::string& bytes, std::uint32_t value) {
    for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(value >> shift & 0xFF);
  };
  std::string images, labels;
  for (const std::uint32_t word : {0x00000803U, examples, rows, columns}) append(images, word);
  for (const std::uint32_t word : {0x00000801U, examples}) append(labels, word);
  for (std::uint32_t i = 0; i < examples; ++i) {
    std::string image(rows * columns, static_cast<char>(i % 7 * 10));
    image[i % 10] = static_cast<char>(255);
    images += image;
    labels += static_cast<char>(noise ? i * i / 7 % 10 : i % 10);
  }
  std::ofstream(directory / "t10k-images-idx3-ubyte", std::ios::binary) << images;
  std::ofstream(directory / "t10k-labels-idx1-ubyte", std::ios::binary) << labels;
}
