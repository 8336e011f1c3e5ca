"""Writes domain_golden.hpp, the reference values of domain_test.cpp: python3 domain_oracle.py

The map from the unit interval with the bits that C++ must have (Python's floats, which no compiler contracts, on top of
the oracle of core/portable_math), each compared here with the formula in 60-digit decimals.
"""

import math
import pathlib
import sys
from decimal import Decimal, getcontext

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "core"))
from portable_math_oracle import exp, log  # noqa: E402


def log_ratio(a, b):
    ratio = a / b
    return log(ratio) if math.isfinite(ratio) else log(a) - log(b)


def grown(start, exponent):
    root = exp(0.5 * exponent)
    return start * root * root


def from_unit(name, low, high, u):
    return min(max(unclamped(name, low, high, u), low), high)


def unclamped(name, low, high, u):
    if name == "uniform":
        return low + u * (high - low)
    if name == "log_uniform":
        return grown(low, u * log_ratio(high, low))
    if name == "one_minus_log_uniform":
        return 1.0 - grown(1.0 - low, u * log_ratio(1.0 - high, 1.0 - low))
    return math.floor(grown(low - 0.5, u * log_ratio(high + 0.5, low - 0.5)) + 0.5)


def exact(name, low, high, u):
    low, high, u = Decimal(low), Decimal(high), Decimal(u)
    if name == "uniform":
        return low + u * (high - low)
    if name == "log_uniform":
        return low * (high / low) ** u
    if name == "one_minus_log_uniform":
        return 1 - (1 - low) * ((1 - high) / (1 - low)) ** u
    half = Decimal("0.5")
    return ((low - half) * ((high + half) / (low - half)) ** u + half).to_integral_value("ROUND_FLOOR")


def main():
    getcontext().prec = 60
    lines = ["// Written by domain_oracle.py.", "// clang-format off", "#pragma once", "", "#include <array>", "",
             "namespace eigentune::golden {", "", "/// from_unit(unit) of the domain with this text.",
             "struct FromUnit {", "  const char* domain;", "  double unit, value;", "};",
             "inline constexpr std::array from_unit = {"]
    cases = [("uniform", 0.0, 1.0), ("uniform", -3.0, 0.1), ("uniform", 1e-8, 1e8), ("log_uniform", 1e-5, 0.1),
             ("log_uniform", 0.01, 10.0), ("log_uniform", 1e-300, 1e300), ("log_uniform", 1.0, 1.0000001),
             ("one_minus_log_uniform", 0.5, 0.99), ("one_minus_log_uniform", 0.0, 0.9999),
             ("one_minus_log_uniform", 0.9, 0.999), ("log_integer", 1, 1000), ("log_integer", 16, 17),
             ("log_integer", 1, 10**12)]
    for name, low, high in cases:
        for u in [0.1, 0.25, 1 / 3, 0.5, 0.7, 0.999, 1 - 2.0**-53, 2.0**-45]:
            value = from_unit(name, low, high, u)
            scale = abs(value) if name == "log_uniform" else max(abs(low), abs(high))
            assert abs(Decimal(value) - exact(name, low, high, u)) <= Decimal("2e-13") * Decimal(scale), (name, low, u)
            lines.append(f'    FromUnit{{"{name}({low!r}, {high!r})", {u.hex()}, {float(value).hex()}}},')
    lines += ["};", "", "}  // namespace eigentune::golden", ""]
    pathlib.Path(__file__).with_name("domain_golden.hpp").write_text("\n".join(lines))


if __name__ == "__main__":
    main()
