#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace eigentune::search_detail {

/// The `count` smallest primes.
inline std::vector<std::uint64_t> smallest_primes(std::size_t count) {
  std::vector<std::uint64_t> primes;
  for (std::uint64_t candidate = 2; primes.size() < count; ++candidate) {
    const auto divides = [candidate](std::uint64_t prime) { return candidate % prime == 0; };
    if (std::none_of(primes.begin(), primes.end(), divides)) primes.push_back(candidate);
  }
  return primes;
}

}  // namespace eigentune::search_detail
