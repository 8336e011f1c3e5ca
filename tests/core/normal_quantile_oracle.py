"""Writes normal_quantile_golden.hpp, the reference values of normal_quantile_test.cpp: python3 normal_quantile_oracle.py

Quantiles by Newton's method on the distribution function, which is summed up in Decimal with 80 digits: no rational
approximation is involved.
"""

import pathlib
from decimal import Decimal
from fractions import Fraction

from portable_math_oracle import PI, decimal


def density(x):
    return (-x * x / 2).exp() / (2 * PI).sqrt()


def upper_tail(x):
    """P(X > x) for x >= 0, by the series of P(0 < X < x) or, where it would cancel, by Laplace's continued fraction."""
    if x < 6:
        term, total, n = x, Decimal(0), 1
        while abs(term) > Decimal(10) ** -75:
            total += term
            n += 2
            term *= x * x / n
        return Decimal("0.5") - density(x) * total
    fraction = x
    for k in range(2000, 0, -1):
        fraction = x + k / fraction
    return density(x) / fraction


def exact_quantile(p):
    """The x with P(X <= x) = p, correctly rounded."""
    tail = decimal(min(Fraction(p), 1 - Fraction(p)))
    x = Decimal(0) if tail > Decimal("0.1") else (-2 * tail.ln()).sqrt()
    for _ in range(200):  # on the tail's logarithm, which is concave: it converges from everywhere
        now = upper_tail(x)
        step = (now / tail).ln() * now / density(x)
        x += step
        if abs(step) < Decimal(10) ** -40:
            return float(x if p >= 0.5 else -x)
    raise ArithmeticError(p)


def main():
    far = 1.3887943864964021e-11  # e^-25, where AS 241 changes its formula, as it does at 0.075
    below = [5e-324, 2.0**-1022, 1e-300, 1e-100, 1e-30, 2.0**-65, 1e-18, 1e-15, far * (1 - 1e-9), far * (1 + 1e-9), 1e-8,
             1e-5, 0.001, 0.01, 0.05, 0.0749999, 0.0750001, 0.1, 0.2, 0.25, 0.3, 0.4, 0.49, 0.499999, 0.5 - 2.0**-40,
             0.5 - 2.0**-54]
    above = [0.5 + 2.0**-53, 0.5 + 2.0**-40, 0.6, 0.75, 0.9, 0.925, 0.95, 0.975, 0.99, 0.995, 0.999, 1 - 1e-8, 1 - 2.0**-40,
             1 - 2.0**-53]
    lines = ["// Written by normal_quantile_oracle.py.", "// clang-format off", "#pragma once", "", "#include <array>", "",
             "namespace eigentune::golden {", "",
             "/// P(X <= quantile) = p for a standard normal X, correctly rounded.", "struct NormalQuantile {",
             "  double p, quantile;", "};", "inline constexpr std::array normal_quantiles = {"]
    lines += [f"    NormalQuantile{{{p.hex()}, {exact_quantile(p).hex()}}}," for p in below + above]
    lines += ["};", "", "}  // namespace eigentune::golden", ""]
    (pathlib.Path(__file__).parent / "normal_quantile_golden.hpp").write_text("\n".join(lines))


if __name__ == "__main__":
    main()
