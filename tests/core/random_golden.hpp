// Written by random_oracle.py.
// clang-format off
#pragma once

#include <array>
#include <cstdint>

namespace eigentune::golden {

/// Words from `position` on.
struct Words {
  std::uint64_t seed, stream, position;
  std::array<std::uint64_t, 4> words;
};
inline constexpr std::array words = {
    Words{0x0, 0x0, 0x0, {0xe169c58d6627e8d5, 0x9b00dbd8bc57ac4c, 0x5cb200dbf8e4cca4, 0x97eff67b1a574eb}},
    Words{0x1, 0x0, 0x0, {0xe50a0ebce3e80670, 0xb615aa2795f222c0, 0xdfc5ccbeac08141b, 0xa7f6609379c07a47}},
    Words{0x0, 0x1, 0x0, {0xf08d6eaa844515e1, 0x83f875f00f19c053, 0xd9c77dedca7cf69e, 0x6d658f407e66d954}},
    Words{0x1, 0x0, 0x2, {0xdfc5ccbeac08141b, 0xa7f6609379c07a47, 0x8e76cc9d3f55b3f0, 0xebed3676b68faa8e}},
    Words{0x1, 0x0, 0x3, {0xa7f6609379c07a47, 0x8e76cc9d3f55b3f0, 0xebed3676b68faa8e, 0x95aef64c1f3cfa1}},
    Words{0xffffffffffffffff, 0xffffffffffffffff, 0x1ffffffff, {0xcd81a4c4771887b1, 0xad5ac87bf2ab9c0b, 0x923e0cbbf044a15e, 0x8b8c89b5dc21f654}},
    Words{0x123456789abcdef0, 0xfedcba987654321, 0x10000000001, {0xf1a8105c9b033141, 0x6c5bf0dc6d70c8a1, 0x2c123d54af5b0356, 0x176bac4a5d344c93}},
    Words{0x7, 0x100000000, 0xfffffffffffffffe, {0x1661689c05eec798, 0x9144f56ef0bd0915, 0x71eade72d6a62573, 0x2affc9a43ac9655a}},
};

/// The seed and stream of child `index`.
struct Child {
  std::uint64_t seed, stream, index, child_seed, child_stream;
};
inline constexpr std::array children = {
    Child{0x0, 0x0, 0x0, 0x51408772a2b20ccf, 0xb688835a94fcf7ef},
    Child{0x1, 0x0, 0x0, 0x340e401734a4d61d, 0xe9f52b96f6945830},
    Child{0x1, 0x0, 0x1, 0x56bfb472872ff940, 0x4240456f2e8c4e42},
    Child{0x1, 0x5, 0x1, 0x45888f2815044ecf, 0x2ab32c83f15c8fc3},
    Child{0xffffffffffffffff, 0xffffffffffffffff, 0x7fffffffffffffff, 0x41c83b0e408f276d, 0x6d5451fda20bc7c6},
};

/// In order, from seed 42.
inline constexpr std::array<double, 8> uniforms = {0x1.dfd524ee73abcp-2, 0x1.5d0acf5c4afd4p-2, 0x1.4ee9b3f7f36c8p-2, 0x1.d1381bee0e3d6p-2, 0x1.510ebb97a6d80p-1, 0x1.8c134ab3349adp-1, 0x1.575e1b57758e0p-1, 0x1.84399fde58794p-2};
inline constexpr std::array<double, 8> normals = {0x1.9ffa8e5689d53p-3, -0x1.2f8d83619468cp+0, -0x1.0cf07b0b82573p+0, 0x1.06153db71856ap+1, 0x1.4f90f0c9c8b9ep-2, -0x1.5544cbd8f95c5p+0, -0x1.a78f91dffacb3p-1, 0x1.5630a443a8457p+0};
inline constexpr std::array<std::uint64_t, 8> below_1000 = {84, 593, 568, 896, 441, 742, 507, 196};
inline constexpr std::array<std::uint64_t, 8> below_2_to_the_63_plus_1 = {3189363078360870557, 2872263027716190734, 8745943262721486477, 1498983850198181892, 7688890726739847882, 6332370596091333152, 4255400193201891954, 3383809744956578840};
inline constexpr std::array<std::int64_t, 12> permutation = {11, 2, 5, 3, 4, 10, 1, 8, 7, 0, 6, 9};
inline constexpr std::uint64_t final_position = 44;

/// Of the bits of the first 100000 normal numbers of seed 5, stream 6.
inline constexpr std::uint64_t normal_digest = 0xb29b8a22d8911531;

}  // namespace eigentune::golden
