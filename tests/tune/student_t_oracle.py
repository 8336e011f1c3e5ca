"""Quantiles of Student's t distribution in 50 digits, for student_t_test.cpp: t with P(|T| <= t) = p.

Usage: student_t_oracle.py (needs mpmath). By the incomplete beta function, P(|T| > t) = I_x(n / 2, 1 / 2) with
x = n / (n + t^2), solved for t by bisection: no formula that the test's subject uses.
"""

import mpmath

mpmath.mp.dps = 50


def quantile(p, degrees):
    low, high = mpmath.mpf(0), mpmath.mpf(10)**8
    for _ in range(300):
        t = (low + high) / 2
        tail = mpmath.betainc(mpmath.mpf(degrees) / 2, mpmath.mpf(1) / 2, 0, degrees / (degrees + t * t), regularized=True)
        low, high = (t, high) if 1 - tail < p else (low, t)
    return low


for probability in ("0.5", "0.95", "0.99", "0.999"):
    for degrees in (1, 2, 3, 4, 5, 9, 30, 999):
        print(f"      {{{probability}, {degrees}, {mpmath.nstr(quantile(mpmath.mpf(probability), degrees), 17)}}},")
