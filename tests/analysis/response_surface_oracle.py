#!/usr/bin/env python3
"""Reference values for ResponseSurface and covariance_analysis, written to response_surface_golden.hpp beside this.

Usage: response_surface_oracle.py (needs NumPy and SciPy: Debian's python3-numpy python3-scipy). The regressions are
NumPy's lstsq on the whole design matrix with its covariance from the normal equations, the tests SciPy's t and F
distributions; nothing of it is how the library computes them.
"""

import pathlib

import numpy as np
from scipy import stats

generator = np.random.default_rng(7)
n = 40
a, b = np.round(generator.uniform(size=n), 6), np.round(generator.uniform(size=n), 6)
kind = np.arange(n) % 3
cost = (a - 0.8) ** 2 + 0.5 * (b - 0.4) ** 2 + 0.15 * kind + 0.05 * generator.normal(size=n)
cost = np.round(cost, 3)  # so that some are equal
order = np.argsort(cost, kind="stable")
a, b, kind, cost = a[order], b[order], kind[order], cost[order]

scores = stats.norm.ppf((stats.rankdata(cost) - 0.375) / (n + 0.25))
x, y = 2 * a - 1, 2 * b - 1
dummies = [(kind == k).astype(float) for k in (1, 2)]


def fit(columns):
    design = np.column_stack(columns)
    beta, _, rank, _ = np.linalg.lstsq(design, scores, rcond=None)
    assert rank == design.shape[1]
    residual = float(np.sum((scores - design @ beta) ** 2))
    freedom = n - design.shape[1]
    return beta, residual / freedom * np.linalg.inv(design.T @ design), residual, freedom


# The surface of a, with a parabola of b and an offset per kind taken out.
rest = [np.ones(n), y, y**2] + dummies
beta, covariance, residual, freedom = fit(rest + [x, x**2])
_, _, without, _ = fit(rest)
p_no_effect = stats.f.sf((without - residual) / 2 / (residual / freedom), 2, freedom)
slopes = []
for unit in (0.0, 0.75, 1.0):
    gradient = np.zeros(len(beta))
    gradient[-2:] = 2.0, 4.0 * (2.0 * unit - 1.0)  # d/du of (2u - 1) and (2u - 1)^2
    slopes.append(gradient @ beta / np.sqrt(gradient @ covariance @ gradient))
vertex = 0.5 * (1.0 - 0.5 * beta[-2] / beta[-1])

# Kind 0 against 1 and 2, with parabolas of a and b taken out.
terms = [np.ones(n), x, x**2, y, y**2] + dummies
beta_c, covariance_c, residual_c, freedom_c = fit(terms)
p_worse = [stats.t.sf(beta_c[k] / np.sqrt(covariance_c[k, k]), freedom_c) for k in (-2, -1)]
own = [d * axis for d in dummies for axis in (x, y)]
_, _, residual_own, freedom_own = fit(terms + own)
p_parallel = stats.f.sf((residual_c - residual_own) / len(own) / (residual_own / freedom_own), len(own), freedom_own)

rows = "\n".join(f"    {{{float(p)!r}, {float(q)!r}, {int(k)}, {float(c)!r}}}," for p, q, k, c in zip(a, b, kind, cost))
pathlib.Path(__file__).with_name("response_surface_golden.hpp").write_text(f"""#pragma once

// Written by response_surface_oracle.py.

namespace support::response_surface_golden {{

struct Row {{
  double a, b;
  int kind;
  double cost;
}};

inline constexpr Row rows[] = {{
{rows}
}};

inline constexpr double slope_at_0 = {float(slopes[0])!r};
inline constexpr double slope_at_075 = {float(slopes[1])!r};
inline constexpr double slope_at_1 = {float(slopes[2])!r};
inline constexpr double p_not_improving_at_1 = {float(stats.t.sf(-slopes[2], freedom))!r};
inline constexpr double p_no_effect = {float(p_no_effect)!r};
inline constexpr double vertex = {float(vertex)!r};
inline constexpr int degrees_of_freedom = {freedom};
inline constexpr double p_not_better = {float(max(p_worse))!r};
inline constexpr double p_parallel = {float(p_parallel)!r};

}}  // namespace support::response_surface_golden
""")
