"""Prints the reference values of sampled_evaluation_test.cpp: python3 sampled_evaluation_oracle.py

Hypergeometric probabilities as exact fractions of binomial coefficients; normal quantiles from the standard library.
"""

from fractions import Fraction
from math import comb, sqrt
from statistics import NormalDist


def explained(whole, errors, drawn, level):
    """Fewest and most errors that are no alarm, and the exact probability of an alarm."""
    support = range(max(0, drawn - (whole - errors)), min(drawn, errors) + 1)
    tail = Fraction(level) / 2 * comb(whole, drawn)
    ways = {k: comb(errors, k) * comb(whole - errors, drawn - k) for k in support}
    total, kept = 0, []
    for k in support:
        above = comb(whole, drawn) - total  # ways to k errors or more
        total += ways[k]
        if total > tail and above > tail:
            kept.append(k)
    alarm = 1 - Fraction(sum(ways[k] for k in kept), comb(whole, drawn))
    return f"{{{whole}, {errors}, {drawn}, {level}, {kept[0]}, {kept[-1]}}},  // alarm {float(alarm):.6g}"


for case in [(10, 3, 4, 0.05), (20, 10, 10, 0.05), (20, 10, 10, 0.01), (100, 1, 50, 0.01), (100, 0, 50, 0.01),
             (100, 100, 50, 0.01), (100, 37, 100, 0.01), (100, 50, 1, 0.5), (2000, 60, 300, 0.05),
             (2000, 60, 300, 0.01), (10000, 298, 1000, 0.01), (10000, 9702, 9000, 0.001), (10000, 5000, 2500, 1e-12)]:
    print(explained(*case))

# Mean 0.5 and variance 0.04 over 10000 examples; 100 or 2500 drawn.
for drawn, level in [(100, 0.05), (2500, 0.01)]:
    print(f"{sqrt(0.04 / drawn * (1 - drawn / 10000)) * NormalDist().inv_cdf(1 - level / 2):.12g}")
