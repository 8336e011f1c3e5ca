"""Writes halton_golden.hpp, the reference values of halton_test.cpp: /usr/bin/python3 halton_oracle.py

The points from the formulas of the docstrings, in Python's integers and fractions on top of the oracle of core/random;
the discrepancies from SciPy 1.10 (scipy.stats.qmc.discrepancy, method "CD"), of its own Halton sequences.
"""

import pathlib
import sys
from fractions import Fraction

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "core"))
from random_oracle import Random  # noqa: E402

PRIMES = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]


def digits(number, base, count):
    return [number // base**i % base for i in range(count)]


def coordinate(seed, axis, base, spent, trial):
    """Coordinate number `axis` of trial `trial`; `spent` of its digits tell branches apart."""
    random = Random(*Random(seed).split(axis))
    count = max(m for m in range(1, 46) if base**m <= 2**45)
    permutations = [random.permutation(base) for _ in range(count)]
    k = digits(trial, base, count + spent)
    x = Fraction(random.below(256), 256 * base**count)
    for p in range(count):
        digit = (k[p + spent] + (k[p % spent] if spent else 0)) % base
        x += Fraction(permutations[p][digit], base ** (p + 1))
    return float(x)


def turn(seed, slot, cardinality, period, skip, trial):
    order = Random(*Random(seed).split(2**32 + slot)).permutation(cardinality)
    return order[(trial + skip * (trial // period)) % cardinality]


def two_optimizers(seed, trial):
    """The point of the space of halton_test.cpp: see there."""
    point = {"optimizer": ["nesterov", "adam"][turn(seed, 0, 2, 1, 0, trial)]}
    if point["optimizer"] == "nesterov":
        point["learning_rate"] = coordinate(seed, 1, 3, 0, trial)
    else:
        point["learning_rate"] = coordinate(seed, 1, 3, 0, trial)
        point["beta1"] = coordinate(seed, 2, 5, 0, trial)
        point["layers"] = [2, 4][turn(seed, 1, 2, 2, 1, trial)]
        if point["layers"] == 4:
            point["dropout"] = coordinate(seed, 3, 7, 0, trial)
    point["weight_decay"] = coordinate(seed, 0, 2, 2, trial)
    return point


def text(point):
    def value(v):
        return f'"{v}"' if isinstance(v, str) else repr(v)
    return "{" + ", ".join(f'"{name}": {value(v)}' for name, v in point.items()) + "}"


def main():
    from scipy.stats import qmc

    lines = ["// Written by halton_oracle.py.", "// clang-format off", "#pragma once", "", "#include <array>",
             "#include <cstdint>", "", "namespace eigentune::golden {", "",
             "/// A trial of ten hyperparameters on uniform(0, 1).", "struct CubePoint {", "  std::uint64_t seed;",
             "  std::int64_t trial;", "  std::array<double, 10> x;", "};", "inline constexpr std::array cube = {"]
    for seed, trials in [(0, range(4)), (1, [0, 1, 2, 3, 63, 1000, 2**32 - 1]), (2**64 - 1, [12345])]:
        for trial in trials:
            x = ", ".join(coordinate(seed, i, base, 0, trial).hex() for i, base in enumerate(PRIMES))
            lines.append(f"    CubePoint{{{seed}u, {trial}, {{{x}}}}},")
    lines += ["};", "", "/// A trial of the space with two optimizers.", "struct ConditionalPoint {",
              "  std::uint64_t seed;", "  std::int64_t trial;", "  const char* text;", "};",
              "inline constexpr std::array conditional = {"]
    for seed in [0, 1]:
        for trial in [0, 1, 2, 3, 4, 5, 6, 7, 100, 101, 102, 103, 99999]:
            lines.append(f"    ConditionalPoint{{{seed}, {trial}, R\"({text(two_optimizers(seed, trial))})\"}},")
    lines += ["};", "", "/// The squared centred discrepancy of the first n points of SciPy's unscrambled Halton sequence.",
              "struct Discrepancy {", "  int n, d;", "  double squared;", "};",
              "inline constexpr std::array discrepancies = {"]
    for n, d in [(1, 1), (2, 2), (16, 2), (16, 10), (100, 5), (256, 3)]:
        value = float(qmc.discrepancy(qmc.Halton(d, scramble=False).random(n), method="CD"))
        lines.append(f"    Discrepancy{{{n}, {d}, {value!r}}},")
    lines += ["};", "", "/// The mean squared centred discrepancy of SciPy's scrambled Halton sequence over 100 seeds.",
              "inline constexpr std::array scrambled_by_scipy = {"]
    for n in [16, 64, 256]:
        for d in [2, 5, 10]:
            value = sum(float(qmc.discrepancy(qmc.Halton(d, scramble=True, seed=s).random(n))) for s in range(100)) / 100
            lines.append(f"    Discrepancy{{{n}, {d}, {value:.4g}}},")
    lines += ["};", "", "}  // namespace eigentune::golden", ""]
    pathlib.Path(__file__).with_name("halton_golden.hpp").write_text("\n".join(lines))


if __name__ == "__main__":
    main()
