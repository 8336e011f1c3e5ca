#pragma once

#include <eigentune/core/simd/level.hpp>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <type_traits>
#include <utility>

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

/// The sum of the lanes, in a fixed tree. Not inlined, so that it is compiled once and not in each kernel.
[[gnu::noinline]] inline double add_lanes(double* lanes) {
  for (std::int64_t width = square_lanes / 2; width > 0; width /= 2) {
    _Pragma("GCC unroll 1") for (std::int64_t lane = 0; lane < width; ++lane) lanes[lane] += lanes[lane + width];
  }
  return lanes[0];
}

/// How far ahead of their use the cache lines of a stream are asked for, in bytes. A processor follows a stream by
/// itself, but only to the end of a page; with these it stays busy across pages. Chosen by measurement: a lone stream
/// of reads wants more lines on their way than several streams that are also written.
inline constexpr std::size_t read_ahead = 4096, update_ahead = 2048;

/// Asks for the cache lines of a tile.
template <class Scalar>
[[gnu::always_inline]] inline void prefetch_tile(const Scalar* tile) {
  constexpr std::int64_t cache_line = 64 / sizeof(Scalar);
  for (std::int64_t i = 0; i < square_lanes; i += cache_line) __builtin_prefetch(tile + i);
}

/// The most named states that a rule may have.
inline constexpr std::size_t max_slots = 8;

/// Room for a rule's numbers of one step, whatever their type.
struct ScalarStorage {
  static constexpr std::size_t capacity = 128;
  alignas(double) std::byte bytes[capacity] = {};
};

/// What one fused pass works on: the `size` contiguous elements of one tensor, and the numbers of this step.
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

/// What a pass does besides the rule, as bits.
inline constexpr unsigned measured = 1, zeroed = 2, scaled = 4, limited = 8;

/// Whole tiles of one tensor, or one padded tile: `size` elements, a multiple of square_lanes. The tiles that begin
/// below `fetched` have others behind them, to be fetched ahead.
template <class Scalar, class State>
struct Tiles {
  Scalar* parameter;
  Scalar* gradient;
  std::array<State*, max_slots> state;
  std::int64_t size, fetched;
  unsigned extras;
};

template <class Scalar, class State>
unsigned extras_of(const FusedPass<Scalar, State>& pass) {
  const bool uncommon = pass.coupled_decay != 0.0 || pass.gradient_limit < std::numeric_limits<double>::infinity();
  const bool plain = !uncommon && pass.gradient_scale == 1.0 && pass.keep == 1.0;  // products by 1 change no bit
  return (pass.measure ? measured : 0) | (pass.zero_gradient ? zeroed : 0) | (plain ? 0 : scaled) |
         (uncommon ? limited : 0);
}

/// The functions that work on memory, for one rule, as described below. They are called through
/// pointers, which what is compiled once for a whole program gets from the unit that makes an optimizer. Otherwise the
/// linker could give that the kernels of a unit that was built for a larger processor.
template <class Scalar, class State>
struct Kernels {
  void (*tile_pass[4])(const FusedPass<Scalar, State>& pass, const Tiles<Scalar, State>& tiles,
                       double* lane_sums);  ///< by level
  std::size_t slots;                        ///< of the rule
  double (*by_tiles)(const Kernels& kernels, SimdLevel level, const FusedPass<Scalar, State>& pass, std::int64_t begin,
                     std::int64_t count);
  double (*sum_of_squares)(SimdLevel level, const Scalar* values, std::int64_t size, std::int64_t following);

  /// One fused pass at `level` over the elements [begin, begin + count). See FusedPass.
  double fused_pass(SimdLevel level, const FusedPass<Scalar, State>& pass, std::int64_t begin,
                    std::int64_t count) const {
    return by_tiles(*this, level, pass, begin, count);
  }
};

inline namespace EIGENTUNE_BASELINE {

#include <eigentune/core/simd/tiles.inc>

#if defined(__x86_64__) && !defined(EIGENTUNE_SIMD_GENERIC)

// Instructions by name and not by <immintrin.h>, whose inclusion costs a third of what all of Eigen's does. Between the
// braces: AT&T's order of operands, and Intel's (-masm=intel).
#define EIGENTUNE_SQUARE_ROOT_FLOAT(root, value) \
  __asm__(EIGENTUNE_OPCODE "sqrtps {%1, %0|%0, %1}" : EIGENTUNE_OUTPUT(root) : EIGENTUNE_INPUT(value))
#define EIGENTUNE_SQUARE_ROOT_DOUBLE(root, value) \
  __asm__(EIGENTUNE_OPCODE "sqrtpd {%1, %0|%0, %1}" : EIGENTUNE_OUTPUT(root) : EIGENTUNE_INPUT(value))
#define EIGENTUNE_LOAD_FLOATS(vector, source) \
  __asm__(EIGENTUNE_OPCODE "cvtps2pd {%1, %0|%0, %1}" : EIGENTUNE_OUTPUT(vector) : "m"(source))

#if defined(__AVX__)  // the compiler then encodes everything so, and a mixture is slow
#define EIGENTUNE_OPCODE "v"
#else
#define EIGENTUNE_OPCODE ""
#endif
#define EIGENTUNE_OUTPUT(vector) "=x"(vector)
#define EIGENTUNE_INPUT(vector) "x"(vector)
#define EIGENTUNE_BARRIER(vector) __asm__("" : "+x"(vector))

#define EIGENTUNE_LEVEL sse2
#define EIGENTUNE_TARGET
#define EIGENTUNE_BYTES 16
#include <eigentune/core/simd/pack.inc>
#include <eigentune/core/simd/passes.inc>
#undef EIGENTUNE_LEVEL
#undef EIGENTUNE_TARGET
#undef EIGENTUNE_BYTES
#undef EIGENTUNE_OPCODE

#define EIGENTUNE_OPCODE "v"
#define EIGENTUNE_LEVEL avx2
#define EIGENTUNE_TARGET __attribute__((target("avx2")))
#define EIGENTUNE_BYTES 32
#include <eigentune/core/simd/pack.inc>
#include <eigentune/core/simd/passes.inc>
#undef EIGENTUNE_LEVEL
#undef EIGENTUNE_TARGET
#undef EIGENTUNE_BYTES
#undef EIGENTUNE_OUTPUT
#undef EIGENTUNE_INPUT
#undef EIGENTUNE_BARRIER

#define EIGENTUNE_OUTPUT(vector) "=v"(vector)
#define EIGENTUNE_INPUT(vector) "v"(vector)
#define EIGENTUNE_BARRIER(vector) __asm__("" : "+v"(vector))
#define EIGENTUNE_LEVEL avx512
#define EIGENTUNE_TARGET __attribute__((target("avx512f")))
#define EIGENTUNE_BYTES 64
#include <eigentune/core/simd/pack.inc>
#include <eigentune/core/simd/passes.inc>
#undef EIGENTUNE_LEVEL
#undef EIGENTUNE_TARGET
#undef EIGENTUNE_BYTES
#undef EIGENTUNE_OPCODE
#undef EIGENTUNE_OUTPUT
#undef EIGENTUNE_INPUT
#undef EIGENTUNE_BARRIER

#else

#define EIGENTUNE_LEVEL generic
#define EIGENTUNE_TARGET
#define EIGENTUNE_BYTES 16
#define EIGENTUNE_LOAD_FLOATS(vector, source) vector = __builtin_convertvector(source, Vector)
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
#undef EIGENTUNE_BARRIER

#endif
#undef EIGENTUNE_SQUARE_ROOT_FLOAT
#undef EIGENTUNE_SQUARE_ROOT_DOUBLE
#undef EIGENTUNE_LOAD_FLOATS

/// The narrowest pack, to ask what can be done with one.
#if defined(__x86_64__) && !defined(EIGENTUNE_SIMD_GENERIC)
template <class Scalar>
using BaselinePack = sse2::Pack<Scalar>;
#else
template <class Scalar>
using BaselinePack = generic::Pack<Scalar>;
#endif

/// Sum of squares of `size` values, in double and in a fixed order, at `level`. `following` is how many elements of the
/// same array come behind them: those are fetched ahead.
template <class Scalar>
double sum_of_squares(SimdLevel level, const Scalar* values, std::int64_t size, std::int64_t following = 0) {
#if defined(__x86_64__) && !defined(EIGENTUNE_SIMD_GENERIC)
  switch (level) {
    case SimdLevel::avx512:
      return avx512::sum_of_squares(values, size, following);
    case SimdLevel::avx2:
      return avx2::sum_of_squares(values, size, following);
    default:
      return sse2::sum_of_squares(values, size, following);
  }
#else
  static_cast<void>(level);
  return generic::sum_of_squares(values, size, following);
#endif
}

/// average += weight * (parameter - average) over `size` elements at `level`, in the wider of the two types;
/// `following` as above.
template <class Scalar, class State>
void average_pass(SimdLevel level, const Scalar* parameter, State* average, double weight, std::int64_t size,
                  std::int64_t following = 0) {
#if defined(__x86_64__) && !defined(EIGENTUNE_SIMD_GENERIC)
  switch (level) {
    case SimdLevel::avx512:
      return avx512::average_pass(parameter, average, weight, size, following);
    case SimdLevel::avx2:
      return avx2::average_pass(parameter, average, weight, size, following);
    default:
      return sse2::average_pass(parameter, average, weight, size, following);
  }
#else
  static_cast<void>(level);
  return generic::average_pass(parameter, average, weight, size, following);
#endif
}

/// The kernels of this translation unit.
template <class Rule, class Scalar, class State>
constexpr Kernels<Scalar, State> make_kernels() {
  static_assert(
      sizeof(typename Rule::Scalars) <= ScalarStorage::capacity && std::is_trivially_copyable_v<typename Rule::Scalars>,
      "eigentune: a rule's Scalars are trivially copyable and at most 128 bytes");
  static_assert(alignof(typename Rule::Scalars) <= alignof(double),
                "eigentune: a rule's Scalars hold doubles or smaller types");
  static_assert(Rule::state.size() <= max_slots, "eigentune: a rule has at most 8 named states");
  using Slots = std::make_index_sequence<Rule::state.size()>;
  return {
#if defined(__x86_64__) && !defined(EIGENTUNE_SIMD_GENERIC)
    {nullptr, sse2::TilePass<Rule, Scalar, State, Slots>::run, avx2::TilePass<Rule, Scalar, State, Slots>::run,
     avx512::TilePass<Rule, Scalar, State, Slots>::run},
#else
    {generic::TilePass<Rule, Scalar, State, Slots>::run},
#endif
        Rule::state.size(), pass_by_tiles<Scalar, State>, sum_of_squares<Scalar>
  };
}
template <class Rule, class Scalar, class State>
inline constexpr Kernels<Scalar, State> kernels = make_kernels<Rule, Scalar, State>();

/// One fused pass at `level` over the elements [begin, begin + count). See FusedPass.
template <class Rule, class Scalar, class State>
double fused_pass(SimdLevel level, const FusedPass<Scalar, State>& pass, std::int64_t begin, std::int64_t count) {
  return kernels<Rule, Scalar, State>.fused_pass(level, pass, begin, count);
}

/// The same over all elements.
template <class Rule, class Scalar, class State>
double fused_pass(SimdLevel level, const FusedPass<Scalar, State>& pass) {
  return fused_pass<Rule>(level, pass, 0, pass.size);
}

}  // namespace EIGENTUNE_BASELINE
}  // namespace eigentune::simd

#undef EIGENTUNE_BASELINE
