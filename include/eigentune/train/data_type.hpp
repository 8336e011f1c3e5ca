#pragma once

#include <Eigen/Core>

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

namespace eigentune {

/// The element types of a safetensors file, by the format's own names. All are little-endian.
enum class DataType { BOOL, U8, I8, U16, I16, F16, BF16, U32, I32, F32, U64, I64, F64 };

namespace detail {

struct DataTypeEntry {
  std::string_view name;
  std::size_t size;
};

inline constexpr std::array<DataTypeEntry, 13> data_types = {{{"BOOL", 1},
                                                              {"U8", 1},
                                                              {"I8", 1},
                                                              {"U16", 2},
                                                              {"I16", 2},
                                                              {"F16", 2},
                                                              {"BF16", 2},
                                                              {"U32", 4},
                                                              {"I32", 4},
                                                              {"F32", 4},
                                                              {"U64", 8},
                                                              {"I64", 8},
                                                              {"F64", 8}}};

}  // namespace detail

/// "F32".
constexpr std::string_view to_string(DataType type) {
  return detail::data_types[static_cast<std::size_t>(type)].name;
}

/// Bytes of one element.
constexpr std::size_t size_of(DataType type) {
  return detail::data_types[static_cast<std::size_t>(type)].size;
}

/// The type of that name, or std::nullopt.
constexpr std::optional<DataType> data_type_named(std::string_view name) {
  for (std::size_t i = 0; i < detail::data_types.size(); ++i) {
    if (detail::data_types[i].name == name) return static_cast<DataType>(i);
  }
  return std::nullopt;
}

/// Types that a tensor of a file can be read into and written from: bool, integers, float, double, and Eigen's half and
/// bfloat16, which hold the 16 bits of the file as they are.
template <class T>
concept FileElement = std::same_as<T, bool> || std::same_as<T, float> || std::same_as<T, double> ||
    std::same_as<T, Eigen::half> || std::same_as<T, Eigen::bfloat16> ||
    (std::integral<T> && sizeof(T) <= 8 && !std::same_as<T, wchar_t>);

/// The file's type for T.
template <FileElement T>
constexpr DataType data_type_of() {
  if constexpr (std::same_as<T, bool>) return DataType::BOOL;
  if constexpr (std::same_as<T, float>) return DataType::F32;
  if constexpr (std::same_as<T, double>) return DataType::F64;
  if constexpr (std::same_as<T, Eigen::half>) return DataType::F16;
  if constexpr (std::same_as<T, Eigen::bfloat16>) return DataType::BF16;
  if constexpr (std::integral<T> && !std::same_as<T, bool>) {
    constexpr bool is_signed = std::is_signed_v<T>;
    if constexpr (sizeof(T) == 1) return is_signed ? DataType::I8 : DataType::U8;
    if constexpr (sizeof(T) == 2) return is_signed ? DataType::I16 : DataType::U16;
    if constexpr (sizeof(T) == 4) return is_signed ? DataType::I32 : DataType::U32;
    if constexpr (sizeof(T) == 8) return is_signed ? DataType::I64 : DataType::U64;
  }
}

/// The bits of the bfloat16 nearest to `value`, ties to the even one; beyond the largest, infinity. A NaN stays a NaN,
/// made quiet, with its sign and upper bits.
constexpr std::uint16_t bfloat16_bits(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const bool is_nan = (bits & 0x7fff'ffffu) > 0x7f80'0000u;
  if (is_nan) return static_cast<std::uint16_t>((bits >> 16) | 0x40u);
  return static_cast<std::uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

/// The number with these bfloat16 bits: exact.
constexpr float float_of_bfloat16(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

/// The number with these IEEE binary16 bits: exact, subnormal numbers and NaNs included.
constexpr float float_of_half(std::uint16_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000u) << 16;
  const std::uint32_t exponent = (bits >> 10) & 0x1fu, fraction = bits & 0x3ffu;
  if (exponent == 0) {  // fraction * 2^-24
    const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
    return std::bit_cast<float>(std::bit_cast<std::uint32_t>(magnitude) | sign);
  }
  const std::uint32_t wide_exponent = exponent == 0x1fu ? 0xffu : exponent + 112u;
  return std::bit_cast<float>(sign | (wide_exponent << 23) | (fraction << 13));
}

}  // namespace eigentune
