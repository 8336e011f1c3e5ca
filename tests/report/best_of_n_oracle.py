"""The quantiles of the best of n trials drawn with replacement, by enumerating every draw.

Prints, for each n, the quantiles at 5%, 25%, 50%, 75% and 95% of the minimum: the least cost that is reached by at least
that share of the draws. Infeasible trials cost infinity; where a quantile is that, the greatest cost stands for it.
"""
import itertools
import math
from fractions import Fraction

COSTS = [0.1, 0.2, 0.4, 0.8]
INFEASIBLE = 1

costs = COSTS + [math.inf] * INFEASIBLE
for n in (1, 2, 4, 5):
    best = sorted(min(draw) for draw in itertools.product(costs, repeat=n))
    ranks = [math.ceil(Fraction(percent, 100) * len(best)) for percent in (5, 25, 50, 75, 95)]
    print(n, [min(best[rank - 1], max(COSTS)) for rank in ranks])
