"""Welch's and the paired t-test, and the power of a one-sided t-test, by SciPy, for mean_difference_test.cpp,
t_test_power_test.cpp and judge_adoption_test.cpp.

Usage: adoption_oracle.py
"""

import numpy
from scipy import stats

candidate = numpy.array([0.0312, 0.0298, 0.0321, 0.0305, 0.0317])
baseline = numpy.array([0.0354, 0.0371, 0.0339, 0.0349, 0.0362])


def degrees_of(a, b, test):
    """Welch's degrees of freedom, which some versions of SciPy keep to themselves, held against its p-value."""
    parts = a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)
    degrees = sum(parts) ** 2 / (parts[0] ** 2 / (len(a) - 1) + parts[1] ** 2 / (len(b) - 1))
    assert abs(2 * stats.t.sf(abs(test.statistic), degrees) - test.pvalue) < 1e-12
    return degrees


print("validation errors of candidate and baseline; gain = baseline - candidate")
welch = stats.ttest_ind(baseline, candidate, equal_var=False)
for name, test, degrees in (
    ("Welch", welch, degrees_of(baseline, candidate, welch)),
    ("paired", stats.ttest_rel(baseline, candidate), len(baseline) - 1),
):
    error = (baseline - candidate).mean() / test.statistic
    interval = (baseline - candidate).mean() + error * stats.t.ppf([0.025, 0.975], degrees)
    print(f"  {name}: gain {(baseline - candidate).mean():.15g}, error {error:.15g}, degrees {degrees:.15g}")
    print(f"    95% {interval[0]:.15g} to {interval[1]:.15g}")
    probability = stats.t.sf((0.003 - (baseline - candidate).mean()) / error, degrees)
    print(f"    P(gain > 0.003) {probability:.15g}")
deviations = candidate.std(ddof=1), baseline.std(ddof=1)
d = (baseline - candidate).mean() / numpy.sqrt((deviations[0] ** 2 + deviations[1] ** 2) / 2)
print(f"  deviations {deviations[0]:.15g}, {deviations[1]:.15g}; Hedges' g {d * (1 - 3 / (4 * 8 - 1)):.15g}")

print("unequal sizes, Welch")
a, b = numpy.array([1.0, 4.0, 2.0]), numpy.array([-1.0, 0.5, 0.25, 0.0, 7.0])
test = stats.ttest_ind(a, b, equal_var=False)
print(f"  difference {a.mean() - b.mean():.15g}, error {(a.mean() - b.mean()) / test.statistic:.15g}, degrees {degrees_of(a, b, test):.15g}")

print("power: noncentrality, degrees, level, power")
for noncentrality in (-1.0, 0.5, 2.0, 4.0):
    for degrees in (1.0, 2.0, 4.0, 7.3, 38.0, 998.0):
        for level in (0.025, 0.003125):
            power = stats.nct.sf(stats.t.isf(level, degrees), degrees, noncentrality)
            print(f"      {{{noncentrality}, {degrees}, {level}, {power:.6f}}},")
