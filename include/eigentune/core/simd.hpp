#pragma once

#include <eigentune/core/simd/level.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#if defined(__x86_64__) && !defined(EIGENTUNE_SIMD_GENERIC)
#include <immintrin.h>
#endif

// Names the flags that this translation unit is built with. Units built with different flags then have kernels of
// different names, and the linker cannot give a unit for a small processor the copy that was compiled for a large one.
#if defined(EIGENTUNE_SIMD_GENERIC)
#define EIGENTUNE_BASELINE baseline_generic
#elif defined(__AVX512F__)
#define EIGENTUNE_BASELINE baseline_avx512
#elif defined(__AVX2__) && defined(__FMA__)
#define EIGENTUNE_BASELINE baseline_avx2_fma
#elif defined(__AVX2__)
#define EIGENTUNE_BASELINE baseline_avx2
#elif defined(__AVX__) && defined(__FMA__)
#define EIGENTUNE_BASELINE baseline_avx_fma
#elif defined(__AVX__)
#define EIGENTUNE_BASELINE baseline_avx
#else
#define EIGENTUNE_BASELINE baseline
#endif

namespace eigentune::simd {

/// Whether results have the same bits on every machine and with every compiler: not under -ffast-math and its like,
/// which let the compiler replace divisions and roots by approximations and reorder sums. Everything still works then.
#if defined(__FAST_MATH__)
inline constexpr bool same_bits_everywhere = false;
#else
inline constexpr bool same_bits_everywhere = true;
#endif

/// Lanes of the sum of squares, and elements of a tile: a multiple of every level's pack.
inline constexpr std::int64_t square_lanes = 16;

/// The sum of the lanes, in a fixed tree.
inline double add_lanes(double* lanes) {
  for (std::int64_t width = square_lanes / 2; width > 0; width /= 2) {
    for (std::int64_t lane = 0; lane < width; ++lane) lanes[lane] += lanes[lane + width];
  }
  return lanes[0];
}

/// The most named states that a rule may have.
inline constexpr std::size_t max_slots = 8;

/// Room for a rule's numbers of one step, whatever their type.
struct ScalarStorage {
  static constexpr std::size_t capacity = 128;
  alignas(double) std::byte bytes[capacity] = {};
};

/// What one fused pass works on: `size` contiguous elements of one tensor, and the numbers of this step.
/// Element by element: g = clamp(gradient_scale * gradient, +-gradient_limit) + coupled_decay * p;  p = keep * p; then
/// the rule.
template <class Scalar, class State>
struct FusedPass {
  Scalar* parameter = nullptr;
  Scalar* gradient = nullptr;
  std::array<State*, max_slots> state{};
  std::int64_t size = 0;
  double gradient_scale = 1.0;
  double gradient_limit = std::numeric_limits<double>::infinity();
  double coupled_decay = 0.0;
  double keep = 1.0;
  bool zero_gradient = false;  ///< store zeros to the gradient
  bool measure = false;        ///< return the sum of squares of the gradient as it came
  ScalarStorage scalars{};     ///< the rule's
};

inline namespace EIGENTUNE_BASELINE {

#if defined(__x86_64__) && !defined(EIGENTUNE_SIMD_GENERIC)

#define EIGENTUNE_BARRIER(vector) __asm__("" : "+x"(vector))

#define EIGENTUNE_LEVEL sse2
#define EIGENTUNE_TARGET
#define EIGENTUNE_BYTES 16
#define EIGENTUNE_SQUARE_ROOT_FLOAT(root, value) root = _mm_sqrt_ps(value)
#define EIGENTUNE_SQUARE_ROOT_DOUBLE(root, value) root = _mm_sqrt_pd(value)
#define EIGENTUNE_LOAD_FLOATS(vector, source) \
  vector = _mm_cvtps_pd(_mm_castsi128_ps(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(source))))
#define EIGENTUNE_STORE_FLOATS(target, vector) \
  _mm_storel_epi64(reinterpret_cast<__m128i*>(target), _mm_castps_si128(_mm_cvtpd_ps(vector)))
#include <eigentune/core/simd/pack.inc>
#include <eigentune/core/simd/passes.inc>
#undef EIGENTUNE_LEVEL
#undef EIGENTUNE_TARGET
#undef EIGENTUNE_BYTES
#undef EIGENTUNE_SQUARE_ROOT_FLOAT
#undef EIGENTUNE_SQUARE_ROOT_DOUBLE
#undef EIGENTUNE_LOAD_FLOATS
#undef EIGENTUNE_STORE_FLOATS

#define EIGENTUNE_LEVEL avx2
#define EIGENTUNE_TARGET __attribute__((target("avx2")))
#define EIGENTUNE_BYTES 32
#define EIGENTUNE_SQUARE_ROOT_FLOAT(root, value) root = _mm256_sqrt_ps(value)
#define EIGENTUNE_SQUARE_ROOT_DOUBLE(root, value) root = _mm256_sqrt_pd(value)
#define EIGENTUNE_LOAD_FLOATS(vector, source) vector = _mm256_cvtps_pd(_mm_loadu_ps(source))
#define EIGENTUNE_STORE_FLOATS(target, vector) _mm_storeu_ps(target, _mm256_cvtpd_ps(vector))
#include <eigentune/core/simd/pack.inc>
#include <eigentune/core/simd/passes.inc>
#undef EIGENTUNE_LEVEL
#undef EIGENTUNE_TARGET
#undef EIGENTUNE_BYTES
#undef EIGENTUNE_SQUARE_ROOT_FLOAT
#undef EIGENTUNE_SQUARE_ROOT_DOUBLE
#undef EIGENTUNE_LOAD_FLOATS
#undef EIGENTUNE_STORE_FLOATS
#undef EIGENTUNE_BARRIER

#define EIGENTUNE_BARRIER(vector) __asm__("" : "+v"(vector))
#define EIGENTUNE_LEVEL avx512
#define EIGENTUNE_TARGET __attribute__((target("avx512f")))
#define EIGENTUNE_BYTES 64
#define EIGENTUNE_SQUARE_ROOT_FLOAT(root, value) root = _mm512_maskz_sqrt_ps(0xffff, value)
#define EIGENTUNE_SQUARE_ROOT_DOUBLE(root, value) root = _mm512_maskz_sqrt_pd(0xff, value)
#define EIGENTUNE_LOAD_FLOATS(vector, source) vector = _mm512_maskz_cvtps_pd(0xff, _mm256_loadu_ps(source))
#define EIGENTUNE_STORE_FLOATS(target, vector) _mm256_storeu_ps(target, _mm512_maskz_cvtpd_ps(0xff, vector))
#include <eigentune/core/simd/pack.inc>
#include <eigentune/core/simd/passes.inc>
#undef EIGENTUNE_LEVEL
#undef EIGENTUNE_TARGET
#undef EIGENTUNE_BYTES
#undef EIGENTUNE_SQUARE_ROOT_FLOAT
#undef EIGENTUNE_SQUARE_ROOT_DOUBLE
#undef EIGENTUNE_LOAD_FLOATS
#undef EIGENTUNE_STORE_FLOATS
#undef EIGENTUNE_BARRIER

#else

#define EIGENTUNE_LEVEL generic
#define EIGENTUNE_LOAD_FLOATS(vector, source) \
  for (int i = 0; i < 2; ++i) vector[i] = source[i]
#define EIGENTUNE_STORE_FLOATS(target, vector) \
  for (int i = 0; i < 2; ++i) target[i] = static_cast<float>(vector[i])
#define EIGENTUNE_TARGET
#define EIGENTUNE_BYTES 16
#if defined(__aarch64__)
#define EIGENTUNE_BARRIER(vector) __asm__("" : "+w"(vector))
#define EIGENTUNE_SQUARE_ROOT_FLOAT(root, value) __asm__("fsqrt %0.4s, %1.4s" : "=w"(root) : "w"(value))
#define EIGENTUNE_SQUARE_ROOT_DOUBLE(root, value) __asm__("fsqrt %0.2d, %1.2d" : "=w"(root) : "w"(value))
#else
#define EIGENTUNE_BARRIER(vector) __asm__("" : "+m"(vector))
#define EIGENTUNE_SQUARE_ROOT_FLOAT(root, value) \
  for (int i = 0; i < 4; ++i) root[i] = __builtin_sqrtf(value[i])
#define EIGENTUNE_SQUARE_ROOT_DOUBLE(root, value) \
  for (int i = 0; i < 2; ++i) root[i] = __builtin_sqrt(value[i])
#endif
#include <eigentune/core/simd/pack.inc>
#include <eigentune/core/simd/passes.inc>
#undef EIGENTUNE_LEVEL
#undef EIGENTUNE_TARGET
#undef EIGENTUNE_BYTES
#undef EIGENTUNE_SQUARE_ROOT_FLOAT
#undef EIGENTUNE_SQUARE_ROOT_DOUBLE
#undef EIGENTUNE_LOAD_FLOATS
#undef EIGENTUNE_STORE_FLOATS
#undef EIGENTUNE_BARRIER

#endif

/// The narrowest pack, to ask what can be done with one.
#if defined(__x86_64__) && !defined(EIGENTUNE_SIMD_GENERIC)
template <class Scalar>
using BaselinePack = sse2::Pack<Scalar>;
#else
template <class Scalar>
using BaselinePack = generic::Pack<Scalar>;
#endif

/// One fused pass at `level` over the elements [begin, begin + count). See FusedPass.
template <class Rule, class Scalar, class State>
double fused_pass(SimdLevel level, const FusedPass<Scalar, State>& pass, std::int64_t begin, std::int64_t count) {
  static_assert(
      sizeof(typename Rule::Scalars) <= ScalarStorage::capacity && std::is_trivially_copyable_v<typename Rule::Scalars>,
      "eigentune: a rule's Scalars are trivially copyable and at most 128 bytes");
  static_assert(alignof(typename Rule::Scalars) <= alignof(double),
                "eigentune: a rule's Scalars hold doubles or smaller types");
  static_assert(Rule::state.size() <= max_slots, "eigentune: a rule has at most 8 named states");
  constexpr std::make_index_sequence<Rule::state.size()> slots;
#if defined(__x86_64__) && !defined(EIGENTUNE_SIMD_GENERIC)
  switch (level) {
    case SimdLevel::avx512:
      return avx512::fused_pass<Rule>(pass, begin, count, slots);
    case SimdLevel::avx2:
      return avx2::fused_pass<Rule>(pass, begin, count, slots);
    default:
      return sse2::fused_pass<Rule>(pass, begin, count, slots);
  }
#else
  static_cast<void>(level);
  return generic::fused_pass<Rule>(pass, begin, count, slots);
#endif
}

/// The same over all elements.
template <class Rule, class Scalar, class State>
double fused_pass(SimdLevel level, const FusedPass<Scalar, State>& pass) {
  return fused_pass<Rule>(level, pass, 0, pass.size);
}

/// Sum of squares of `size` values, in double and in a fixed order, at `level`.
template <class Scalar>
double sum_of_squares(SimdLevel level, const Scalar* values, std::int64_t size) {
#if defined(__x86_64__) && !defined(EIGENTUNE_SIMD_GENERIC)
  switch (level) {
    case SimdLevel::avx512:
      return avx512::sum_of_squares(values, size);
    case SimdLevel::avx2:
      return avx2::sum_of_squares(values, size);
    default:
      return sse2::sum_of_squares(values, size);
  }
#else
  static_cast<void>(level);
  return generic::sum_of_squares(values, size);
#endif
}

}  // namespace EIGENTUNE_BASELINE
}  // namespace eigentune::simd

#undef EIGENTUNE_BASELINE
