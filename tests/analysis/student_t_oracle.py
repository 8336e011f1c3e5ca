"""Student's t distribution and the incomplete beta function in 50 digits, for student_t_test.cpp.

Usage: student_t_oracle.py (needs mpmath). mpmath sums the hypergeometric series of the incomplete beta function, while
the test's subject evaluates a continued fraction. Quantiles are found by bisection of that.
"""

import mpmath

mpmath.mp.dps = 50


def upper_tail(t, degrees):
    x = degrees / (degrees + t * t)
    return mpmath.betainc(mpmath.mpf(degrees) / 2, mpmath.mpf(1) / 2, 0, x, regularized=True) / 2


def quantile(p, degrees):
    """For p > 1/2."""
    low, high = mpmath.mpf(0), mpmath.mpf(10) ** 8
    for _ in range(300):
        t = (low + high) / 2
        low, high = (t, high) if upper_tail(t, degrees) > 1 - p else (low, t)
    return low


def text(value):
    return mpmath.nstr(value, 17)


print("quantiles: p, degrees of freedom, t")
for p in ("0.75", "0.975", "0.995", "0.9995"):
    for degrees in ("1", "2", "3", "4.5", "9", "30", "999"):
        print(f"    {{{p}, {degrees}, {text(quantile(mpmath.mpf(p), mpmath.mpf(degrees)))}}},")
print("upper tails: t, degrees of freedom, P(T > t)")
for t in ("0.125", "1", "2.5", "8", "1000"):
    for degrees in ("0.5", "1", "2", "7.25", "40", "999"):
        tail = upper_tail(mpmath.mpf(t), mpmath.mpf(degrees))
        if tail > mpmath.mpf(10) ** -30:
            print(f"    {{{t}, {degrees}, {text(tail)}}},")
print("incomplete beta: x, a, b, I")
for a, b in (("0.5", "0.5"), ("2", "3"), ("1.5", "40"), ("300", "0.5"), ("30", "1"), ("200", "250")):
    for x in ("0.0625", "0.5", "0.875"):
        value = mpmath.betainc(mpmath.mpf(a), mpmath.mpf(b), 0, mpmath.mpf(x), regularized=True)
        if value > mpmath.mpf(10) ** -30:
            print(f"    {{{x}, {a}, {b}, {text(value)}}},")
