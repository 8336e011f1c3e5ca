#pragma once

#include <eigentune/core/random.hpp>

#include <bit>
#include <cstdint>
#include <span>
#include <vector>

namespace support {

/// Normal numbers of very different sizes, with exact zeros among them: what gradients look like on a bad day.
template <class Scalar>
std::vector<Scalar> uneven_numbers(std::int64_t size, std::uint64_t seed) {
  eigentune::Random random(seed);
  std::vector<Scalar> values(static_cast<std::size_t>(size));
  for (Scalar& value : values) {
    const std::uint64_t kind = random.below(16);
    const double scale = kind == 0 ? 0.0 : kind == 1 ? 1e3 : kind == 2 ? 1e-6 : 1.0;
    value = static_cast<Scalar>(scale * random.normal());
  }
  return values;
}

/// Whether all bits agree; NaNs and signs of zero included.
template <class Scalar>
bool same_bits(std::span<const Scalar> a, std::span<const Scalar> b) {
  using Bits = std::conditional_t<sizeof(Scalar) == 4, std::uint32_t, std::uint64_t>;
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::bit_cast<Bits>(a[i]) != std::bit_cast<Bits>(b[i])) return false;
  }
  return true;
}

template <class Scalar>
bool same_bits(const std::vector<Scalar>& a, const std::vector<Scalar>& b) {
  return same_bits(std::span<const Scalar>(a), std::span<const Scalar>(b));
}

}  // namespace support
