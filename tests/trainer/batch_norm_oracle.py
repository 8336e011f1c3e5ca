#!/usr/bin/env python3
"""Reference values for batch normalisation over virtual batches, written to batch_norm_golden.hpp beside this script.

Usage:
  python3 batch_norm_oracle.py            write batch_norm_golden.hpp
  python3 batch_norm_oracle.py --check    compare with the committed header instead

Needs NumPy (the committed header was made with 1.24). Nothing here is shared with the C++ code: no gradient formula
appears. Gradients are complex-step derivatives, Im f(x + ih) / h with h = 1e-100, which are exact to rounding; moving
averages are computed in exact fractions.

The batch has 131 columns of 2 features. Column j is padding where j mod 7 is 3 and from 122 on, so that 105 count:
round(105 / 64) = 2 virtual batches, of 52 and 53. Inputs are multiples of 1/32, exact in binary.
"""

import pathlib
import sys
from fractions import Fraction

import numpy as np

HEADER = pathlib.Path(__file__).with_name("batch_norm_golden.hpp")
FEATURES, COLUMNS = 2, 131
GAIN, BIAS = [1.5, -0.75], [0.25, -2.0]
EPSILON = 1e-5


def inputs():
    return np.array([[((7 * j * j + 11 * j + 29 * f) % 101 - 50) / 32 + 3 * f for j in range(COLUMNS)]
                     for f in range(FEATURES)])


def output_gradients():
    return np.array([[((5 * j * j + 3 * j + 17 * f) % 89 - 44) / 64 for j in range(COLUMNS)] for f in range(FEATURES)])


def weights():
    return [0.0 if j % 7 == 3 or j >= 122 else 1.0 + j % 2 for j in range(COLUMNS)]


def virtual_batches(example_weights):
    """Pairs (columns, columns that count), by the documented rule, slowly."""
    counted = [j for j, weight in enumerate(example_weights) if weight > 0]
    count = 1
    while abs(len(counted) - 64 * (count + 1)) <= abs(len(counted) - 64 * count):
        count += 1
    members = [[] for _ in range(count)]
    for group in range(count):
        members[group] = counted[len(counted) * group // count : len(counted) * (group + 1) // count]
    owner = {j: group for group, own in enumerate(members) for j in own}
    columns = [[] for _ in range(count)]
    current = 0
    for j in range(len(example_weights)):
        current = owner.get(j, current)
        columns[current].append(j)
    return list(zip(columns, members))


def forward(x, gain, bias, example_weights):
    y = np.zeros_like(x)
    for columns, members in virtual_batches(example_weights):
        own = x[:, members]
        mean = own.sum(axis=1) / len(members)
        variance = ((own - mean[:, None]) ** 2).sum(axis=1) / len(members)
        y[:, columns] = gain[:, None] * (x[:, columns] - mean[:, None]) / np.sqrt(variance + EPSILON)[:, None]
        y[:, columns] += bias[:, None]
    return y


def gradients():
    """Of sum(output_gradient * y) with respect to input, gain and bias."""
    arguments = [inputs().astype(complex), np.array(GAIN, dtype=complex), np.array(BIAS, dtype=complex)]
    results = []
    for argument in arguments:
        result = np.zeros(argument.shape)
        for index in np.ndindex(argument.shape):
            original = argument[index]
            argument[index] = original + 1e-100j
            result[index] = (output_gradients() * forward(*arguments, weights())).sum().imag / 1e-100
            argument[index] = original
        results.append(result)
    return results


def moving_averages(passes):
    """After each training pass, from exact fractions; a pass is the number of leading columns in the batch."""
    mean, variance = [Fraction(0)] * FEATURES, [Fraction(1)] * FEATURES
    record = []
    for width in passes:
        groups = [members for _, members in virtual_batches(weights()[:width])]
        total = sum(len(members) for members in groups)
        if total >= 2:
            for f in range(FEATURES):
                x = [Fraction(float(value)) for value in inputs()[f]]
                average_mean = average_variance = Fraction(0)
                for members in groups:
                    own = sum(x[j] for j in members) / len(members)
                    average_mean += own * len(members) / total
                    average_variance += sum((x[j] - own) ** 2 for j in members) / total
                mean[f] = Fraction(9, 10) * mean[f] + Fraction(1, 10) * average_mean
                variance[f] = Fraction(9, 10) * variance[f] + Fraction(1, 10) * average_variance
        record += [float(value) for value in mean + variance]
    return record


def array(name, values, text):
    rows = [values[i : i + 5] for i in range(0, len(values), 5)]
    body = ",\n".join("    " + ", ".join(repr(float(value)) for value in row) for row in rows)
    return f"inline constexpr double {name}[{len(values)}] = {{  ///< {text}\n{body}}};\n"


def header():
    passes = [131, 1, 63, 100]
    input_gradient, gain_gradient, bias_gradient = gradients()
    output = forward(inputs(), np.array(GAIN), np.array(BIAS), weights())
    flat = lambda matrix: list(matrix.T.reshape(-1))  # column by column
    return "\n".join([
        "// Made by batch_norm_oracle.py, which says where every number comes from. Do not edit; run the script again.",
        "#pragma once\n\n// clang-format off\n",
        "/// One batch of [features, columns], column by column, through batch normalisation over virtual batches.",
        "namespace batch_norm_golden {\n",
        f"inline constexpr int features = {FEATURES};\ninline constexpr int columns = {COLUMNS};\n",
        array("gain", GAIN, "[features]"),
        array("bias", BIAS, "[features]"),
        array("weights", weights(), "[columns]"),
        array("input", flat(inputs()), "[features, columns]"),
        array("output", flat(output), "[features, columns]"),
        array("output_gradient", flat(output_gradients()), "[features, columns]"),
        array("input_gradient", flat(input_gradient), "of sum(output_gradient * output), [features, columns]"),
        array("gain_gradient", list(gain_gradient), "[features]"),
        array("bias_gradient", list(bias_gradient), "[features]"),
        f"inline constexpr int passes[{len(passes)}] = {{{', '.join(map(str, passes))}}};"
        "  ///< training passes over so many leading columns",
        array("moving", moving_averages(passes), "after each pass: moving mean, moving variance, [features] each"),
        "}  // namespace batch_norm_golden\n"])


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(0 if HEADER.read_text() == header() else "batch_norm_golden.hpp differs from what the script makes")
    HEADER.write_text(header())
