"""Writes quantile_golden.hpp, the reference values of quantile_test.cpp: python3 quantile_oracle.py (needs NumPy)"""

import pathlib

import numpy as np

PROBABILITIES = [0.0, 0.001, 0.1, 0.25, 1 / 3, 0.5, 0.6, 0.75, 0.9, 0.95, 0.999, 1.0]


def samples():
    generator = np.random.default_rng(20261125)
    yield "one value", np.array([2.5])
    yield "two values", np.array([3.0, -1.0])
    yield "ties", np.array([1.0, 2.0, 2.0, 2.0, 0.0, 5.0, 5.0])
    yield "odd number of normal values", generator.normal(size=31)
    yield "even number of log-normal values", generator.lognormal(sigma=3.0, size=64)
    yield "values of very different sizes", 10.0 ** generator.uniform(-300, 300, size=50)


def numbers(values):
    return "{" + ", ".join(float(value).hex() for value in values) + "}"


def main():
    lines = ["// Written by quantile_oracle.py.", "// clang-format off", "#pragma once", "", "#include <array>",
             "#include <vector>", "", "namespace eigentune::golden {", "",
             f"inline constexpr std::array<double, {len(PROBABILITIES)}> probabilities = {numbers(PROBABILITIES)};", "",
             "/// numpy.quantile(values, probabilities), and the interquartile range.", "struct Sample {",
             "  const char* name;", "  std::vector<double> values, quantiles;", "  double interquartile_range;", "};",
             "inline const std::vector<Sample> samples = {"]
    for name, values in samples():
        quantiles = np.quantile(values, PROBABILITIES)
        spread = np.quantile(values, 0.75) - np.quantile(values, 0.25)
        lines.append(f'    {{"{name}", {numbers(values)}, {numbers(quantiles)}, {float(spread).hex()}}},')
    lines += ["};", "", "}  // namespace eigentune::golden", ""]
    pathlib.Path(__file__).with_name("quantile_golden.hpp").write_text("\n".join(lines))


if __name__ == "__main__":
    main()
