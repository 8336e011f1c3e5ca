#pragma once

#include <eigentune/core/simd/level.hpp>
#include <eigentune/optim/buffer.hpp>

#include <Eigen/Core>

#include <cmath>
#include <cstdint>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// What a step is compared with: the rule as a plain loop, the same with intrinsics, and nothing but its memory traffic.

namespace twins {

/// A parameter, its gradient and up to two states, in memory of the same kind as an optimizer's.
struct Arrays {
  explicit Arrays(std::int64_t size)
      : p(Eigen::ArrayXf::Constant(size, 0.5f)),
        g(Eigen::ArrayXf::Constant(size, 0.01f)),
        s(size, 0.0f),
        t(size, 1.0f) {}
  Eigen::ArrayXf p, g;
  eigentune::Buffer<float> s, t;
  std::int64_t size() const { return p.size(); }
};

constexpr float rate = 1e-3f, momentum = 0.9f, rho = 0.9f, beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-8f;

// As a user would write them. Function parameters carry no restrict and the roots set errno, as in anybody's code.

inline void sgd_loop(float* p, const float* g, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) p[i] -= rate * g[i];
}
inline void momentum_loop(float* p, const float* g, float* v, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    v[i] = momentum * v[i] + g[i];
    p[i] -= rate * v[i];
  }
}
inline void nesterov_loop(float* p, const float* g, float* v, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    v[i] = momentum * v[i] + g[i];
    p[i] -= rate * (momentum * v[i] + g[i]);
  }
}
inline void rmsprop_loop(float* p, const float* g, float* v, float* m, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    v[i] = rho * v[i] + (1 - rho) * g[i] * g[i];
    m[i] = momentum * m[i] + rate * g[i] / std::sqrt(v[i] + epsilon);
    p[i] -= m[i];
  }
}
inline void adam_loop(float* p, const float* g, float* m, float* v, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    m[i] = beta1 * m[i] + (1 - beta1) * g[i];
    v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
    p[i] -= rate * m[i] / (std::sqrt(v[i]) + epsilon);
  }
}
inline void nadam_loop(float* p, const float* g, float* m, float* v, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) {
    m[i] = beta1 * m[i] + (1 - beta1) * g[i];
    v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
    p[i] -= rate * (beta1 * m[i] + (1 - beta1) * g[i]) / (std::sqrt(v[i]) + epsilon);
  }
}

/// Adam as three Eigen expressions.
inline void adam_expressions(Arrays& a) {
  Eigen::Map<Eigen::ArrayXf> m(a.s.data(), a.size()), v(a.t.data(), a.size());
  m = beta1 * m + (1 - beta1) * a.g;
  v = beta2 * v + (1 - beta2) * a.g.square();
  a.p -= rate * m / (v.sqrt() + epsilon);
}

#if defined(__x86_64__)

/// Adam by hand for sse2; n must be a multiple of 4. With `norm` also the root of the sum of the gradients' squares, in
/// double, which a step reports; otherwise 0.
template <bool norm>
inline double adam_sse2(float* p, const float* g, float* m, float* v, std::int64_t n) {
  __m128d low = _mm_setzero_pd(), high = _mm_setzero_pd();
  const __m128 b1 = _mm_set1_ps(beta1), c1 = _mm_set1_ps(1 - beta1), b2 = _mm_set1_ps(beta2),
               c2 = _mm_set1_ps(1 - beta2), r = _mm_set1_ps(rate), e = _mm_set1_ps(epsilon);
  for (std::int64_t i = 0; i < n; i += 4) {
    const __m128 gradient = _mm_loadu_ps(g + i);
    if constexpr (norm) {
      const __m128d first = _mm_cvtps_pd(gradient), second = _mm_cvtps_pd(_mm_movehl_ps(gradient, gradient));
      low = _mm_add_pd(low, _mm_mul_pd(first, first));
      high = _mm_add_pd(high, _mm_mul_pd(second, second));
    }
    const __m128 mean = _mm_add_ps(_mm_mul_ps(b1, _mm_loadu_ps(m + i)), _mm_mul_ps(c1, gradient));
    const __m128 square =
        _mm_add_ps(_mm_mul_ps(b2, _mm_loadu_ps(v + i)), _mm_mul_ps(c2, _mm_mul_ps(gradient, gradient)));
    const __m128 root = _mm_add_ps(_mm_sqrt_ps(square), e);
    _mm_storeu_ps(m + i, mean);
    _mm_storeu_ps(v + i, square);
    _mm_storeu_ps(p + i, _mm_sub_ps(_mm_loadu_ps(p + i), _mm_mul_ps(r, _mm_div_ps(mean, root))));
  }
  double sums[2];
  _mm_storeu_pd(sums, _mm_add_pd(low, high));
  return std::sqrt(sums[0] + sums[1]);
}

/// Adam by hand for avx2; n must be a multiple of 8.
__attribute__((target("avx2,fma"))) inline void adam_avx2(float* p, const float* g, float* m, float* v,
                                                          std::int64_t n) {
  const __m256 b1 = _mm256_set1_ps(beta1), c1 = _mm256_set1_ps(1 - beta1), b2 = _mm256_set1_ps(beta2),
               c2 = _mm256_set1_ps(1 - beta2), r = _mm256_set1_ps(rate), e = _mm256_set1_ps(epsilon);
  for (std::int64_t i = 0; i < n; i += 8) {
    const __m256 gradient = _mm256_loadu_ps(g + i);
    const __m256 mean = _mm256_fmadd_ps(b1, _mm256_loadu_ps(m + i), _mm256_mul_ps(c1, gradient));
    const __m256 square =
        _mm256_fmadd_ps(b2, _mm256_loadu_ps(v + i), _mm256_mul_ps(c2, _mm256_mul_ps(gradient, gradient)));
    const __m256 root = _mm256_add_ps(_mm256_sqrt_ps(square), e);
    _mm256_storeu_ps(m + i, mean);
    _mm256_storeu_ps(v + i, square);
    _mm256_storeu_ps(p + i, _mm256_fnmadd_ps(r, _mm256_div_ps(mean, root), _mm256_loadu_ps(p + i)));
  }
}

/// Adam by hand for avx512; n must be a multiple of 16.
__attribute__((target("avx512f"))) inline void adam_avx512(float* p, const float* g, float* m, float* v,
                                                           std::int64_t n) {
  const __m512 b1 = _mm512_set1_ps(beta1), c1 = _mm512_set1_ps(1 - beta1), b2 = _mm512_set1_ps(beta2),
               c2 = _mm512_set1_ps(1 - beta2), r = _mm512_set1_ps(rate), e = _mm512_set1_ps(epsilon);
  for (std::int64_t i = 0; i < n; i += 16) {
    const __m512 gradient = _mm512_loadu_ps(g + i);
    const __m512 mean = _mm512_fmadd_ps(b1, _mm512_loadu_ps(m + i), _mm512_mul_ps(c1, gradient));
    const __m512 square =
        _mm512_fmadd_ps(b2, _mm512_loadu_ps(v + i), _mm512_mul_ps(c2, _mm512_mul_ps(gradient, gradient)));
    const __m512 root = _mm512_add_ps(_mm512_maskz_sqrt_ps(0xffff, square), e);
    _mm512_storeu_ps(m + i, mean);
    _mm512_storeu_ps(v + i, square);
    _mm512_storeu_ps(p + i, _mm512_fnmadd_ps(r, _mm512_div_ps(mean, root), _mm512_loadu_ps(p + i)));
  }
}

/// Reads a parameter, a gradient and `states` states, adds to each, and writes all but the gradient (to which it writes
/// zeros if asked), 64 bytes at a time. n must be a multiple of 16, or a few elements are left out.
template <int states, bool zero>
__attribute__((target("avx512f"))) inline void traffic_avx512(float* p, float* g, float* s, float* t, std::int64_t n) {
  const __m512 one = _mm512_set1_ps(1e-8f), zeros = _mm512_setzero_ps();
  for (std::int64_t i = 0; i + 16 <= n; i += 16) {
    _mm512_storeu_ps(p + i, _mm512_add_ps(_mm512_loadu_ps(p + i), _mm512_loadu_ps(g + i)));
    if constexpr (states > 0) _mm512_storeu_ps(s + i, _mm512_add_ps(_mm512_loadu_ps(s + i), one));
    if constexpr (states > 1) _mm512_storeu_ps(t + i, _mm512_add_ps(_mm512_loadu_ps(t + i), one));
    if constexpr (zero) _mm512_storeu_ps(g + i, zeros);
  }
}

/// The same with a third state.
__attribute__((target("avx512f"))) inline void traffic_of_three_avx512(float* p, const float* g, float* s, float* t,
                                                                       float* u, std::int64_t n) {
  const __m512 one = _mm512_set1_ps(1e-8f);
  for (std::int64_t i = 0; i + 16 <= n; i += 16) {
    _mm512_storeu_ps(p + i, _mm512_add_ps(_mm512_loadu_ps(p + i), _mm512_loadu_ps(g + i)));
    for (float* state : {s, t, u}) _mm512_storeu_ps(state + i, _mm512_add_ps(_mm512_loadu_ps(state + i), one));
  }
}

__attribute__((target("avx512f"))) inline float read_avx512(const float* g, std::int64_t n) {
  __m512 sum[4] = {_mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps()};
  for (std::int64_t i = 0; i + 64 <= n; i += 64) {
    for (int k = 0; k < 4; ++k) sum[k] = _mm512_add_ps(sum[k], _mm512_loadu_ps(g + i + 16 * k));
  }
  float lanes[16];
  _mm512_storeu_ps(lanes, _mm512_add_ps(_mm512_add_ps(sum[0], sum[1]), _mm512_add_ps(sum[2], sum[3])));
  return lanes[0];
}

__attribute__((target("avx512f"))) inline void scale_avx512(float* g, float factor, std::int64_t n) {
  const __m512 wide = _mm512_set1_ps(factor);
  for (std::int64_t i = 0; i + 16 <= n; i += 16) _mm512_storeu_ps(g + i, _mm512_mul_ps(wide, _mm512_loadu_ps(g + i)));
}

inline bool have_avx512() {
  return eigentune::simd_level_available(eigentune::SimdLevel::avx512);
}

#else

inline bool have_avx512() {
  return false;
}

#endif

// The same for any processor: vectorised by the compiler where it can.

template <int states>
inline void traffic(float* p, float* g, float* s, float* t, std::int64_t n) {
#if defined(__x86_64__)
  if (have_avx512()) return traffic_avx512<states, false>(p, g, s, t, n);
#endif
  for (std::int64_t i = 0; i < n; ++i) {
    p[i] += g[i];
    if constexpr (states > 0) s[i] += 1e-8f;
    if constexpr (states > 1) t[i] += 1e-8f;
  }
}

inline void traffic_and_zero(float* p, float* g, float* s, float* t, std::int64_t n) {
#if defined(__x86_64__)
  if (have_avx512()) return traffic_avx512<2, true>(p, g, s, t, n);
#endif
  for (std::int64_t i = 0; i < n; ++i) {
    p[i] += g[i];
    s[i] += 1e-8f;
    t[i] += 1e-8f;
    g[i] = 0.0f;
  }
}

inline void traffic_of_three(float* p, const float* g, float* s, float* t, float* u, std::int64_t n) {
#if defined(__x86_64__)
  if (have_avx512()) return traffic_of_three_avx512(p, g, s, t, u, n);
#endif
  for (std::int64_t i = 0; i < n; ++i) {
    p[i] += g[i];
    s[i] += 1e-8f;
    t[i] += 1e-8f;
    u[i] += 1e-8f;
  }
}

inline float read(const float* g, std::int64_t n) {
#if defined(__x86_64__)
  if (have_avx512()) return read_avx512(g, n);
#endif
  float sum[4] = {};
  for (std::int64_t i = 0; i + 4 <= n; i += 4) {
    for (int k = 0; k < 4; ++k) sum[k] += g[i + k];
  }
  return sum[0] + sum[1] + sum[2] + sum[3];
}

inline void scale(float* g, float factor, std::int64_t n) {
#if defined(__x86_64__)
  if (have_avx512()) return scale_avx512(g, factor, n);
#endif
  for (std::int64_t i = 0; i < n; ++i) g[i] *= factor;
}

/// The best Adam by hand that this processor has, and a plain loop for what does not fill a register.
inline void adam(float* p, const float* g, float* m, float* v, std::int64_t n) {
  const std::int64_t whole = n - n % 16;
#if defined(__x86_64__)
  if (have_avx512()) {
    adam_avx512(p, g, m, v, whole);
  } else if (eigentune::simd_level_available(eigentune::SimdLevel::avx2)) {
    adam_avx2(p, g, m, v, whole);
  } else {
    adam_sse2<false>(p, g, m, v, whole);
  }
#else
  adam_loop(p, g, m, v, whole);
#endif
  adam_loop(p + whole, g + whole, m + whole, v + whole, n - whole);
}

}  // namespace twins
