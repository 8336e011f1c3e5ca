#pragma once

#include <cstdint>
#include <vector>

// How many elements the tensors of well-known models have.

namespace model_shapes {

using Sizes = std::vector<std::int64_t>;

/// GPT-2 with 124 million parameters: 148 tensors.
inline Sizes gpt2() {
  constexpr std::int64_t width = 768;
  Sizes sizes = {50257 * width, 1024 * width};
  for (int block = 0; block < 12; ++block) {
    for (const std::int64_t size : {width, width, 3 * width * width, 3 * width, width * width, width, width, width,
                                    4 * width * width, 4 * width, 4 * width * width, width}) {
      sizes.push_back(size);
    }
  }
  sizes.insert(sizes.end(), {width, width});
  return sizes;
}

/// ResNet-50: 161 tensors, 25.6 million parameters.
inline Sizes resnet50() {
  Sizes sizes;
  const auto convolution = [&](std::int64_t in, std::int64_t out, std::int64_t side) {
    for (const std::int64_t size : {in * out * side * side, out, out}) sizes.push_back(size);  // and its normalisation
  };
  convolution(3, 64, 7);
  std::int64_t in = 64;
  const std::int64_t blocks[] = {3, 4, 6, 3};
  for (int stage = 0; stage < 4; ++stage) {
    const std::int64_t width = std::int64_t{64} << stage, out = 4 * width;
    for (std::int64_t block = 0; block < blocks[stage]; ++block) {
      convolution(in, width, 1);
      convolution(width, width, 3);
      convolution(width, out, 1);
      if (block == 0) convolution(in, out, 1);
      in = out;
    }
  }
  sizes.insert(sizes.end(), {2048 * 1000, 1000});
  return sizes;
}

/// A thousand tensors of a thousand elements.
inline Sizes thousand() {
  return Sizes(1000, 1000);
}

}  // namespace model_shapes
