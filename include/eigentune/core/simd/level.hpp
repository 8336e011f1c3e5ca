#pragma once

#include <eigentune/core/error.hpp>

#include <atomic>
#include <cstdlib>
#include <string>
#include <string_view>

namespace eigentune {

/// Instruction sets for which a rule's formula is compiled. On x86-64 the best that the processor has is chosen at run
/// time; elsewhere (64-bit Arm included) there is `generic` alone, vectors of 16 bytes. The results have the same bits
/// at every level.
enum class SimdLevel { generic, sse2, avx2, avx512 };

/// "generic", "sse2", "avx2" or "avx512".
constexpr std::string_view to_string(SimdLevel level) {
  switch (level) {
    case SimdLevel::sse2:
      return "sse2";
    case SimdLevel::avx2:
      return "avx2";
    case SimdLevel::avx512:
      return "avx512";
    default:
      return "generic";
  }
}

/// Whether this processor can run `level`.
inline bool simd_level_available(SimdLevel level) {
#if defined(__x86_64__) && !defined(EIGENTUNE_SIMD_GENERIC)
  __builtin_cpu_init();
  switch (level) {
    case SimdLevel::sse2:
      return true;
    case SimdLevel::avx2:
      return __builtin_cpu_supports("avx2") != 0;
    case SimdLevel::avx512:
      return __builtin_cpu_supports("avx512f") != 0;
    default:
      return false;
  }
#else
  return level == SimdLevel::generic;
#endif
}

namespace detail {

inline SimdLevel best_simd_level() {
  for (const SimdLevel level : {SimdLevel::avx512, SimdLevel::avx2, SimdLevel::sse2}) {
    if (simd_level_available(level)) return level;
  }
  return SimdLevel::generic;
}

/// A processor has all levels below its best.
[[gnu::cold]] inline std::string available_simd_levels() {
  switch (best_simd_level()) {
    case SimdLevel::sse2:
      return "sse2";
    case SimdLevel::avx2:
      return "sse2, avx2";
    case SimdLevel::avx512:
      return "sse2, avx2, avx512";
    default:
      return "generic";
  }
}

[[gnu::cold]] inline SimdLevel initial_simd_level() {
  const char* wanted = std::getenv("EIGENTUNE_SIMD");
  if (wanted == nullptr || *wanted == '\0') return best_simd_level();
  for (const SimdLevel level : {SimdLevel::generic, SimdLevel::sse2, SimdLevel::avx2, SimdLevel::avx512}) {
    if (to_string(level) == wanted && simd_level_available(level)) return level;
  }
  throw std::invalid_argument(
      message("EIGENTUNE_SIMD: this processor has {}, got \"{}\"", available_simd_levels(), wanted));
}

inline std::atomic<SimdLevel>& simd_level_in_force() {
  static std::atomic<SimdLevel> level = initial_simd_level();
  return level;
}

}  // namespace detail

/// The level in force: the processor's best, unless the environment variable EIGENTUNE_SIMD (read once, at first use)
/// or set_simd_level chose a lower one. Throws std::invalid_argument if EIGENTUNE_SIMD names none that the processor
/// has.
inline SimdLevel simd_level() {
  return detail::simd_level_in_force().load(std::memory_order_relaxed);
}

/// Chooses the level for all steps that begin from now on, in this process: for tests and measurements. Throws
/// std::invalid_argument if the processor does not have it.
inline void set_simd_level(SimdLevel level) {
  require(simd_level_available(level), "set_simd_level: this processor has {}, got {}", detail::available_simd_levels(),
          level);
  detail::simd_level_in_force().store(level, std::memory_order_relaxed);
}

}  // namespace eigentune
