"""Writes portable_math_golden.hpp, the reference values of portable_math_test.cpp: python3 portable_math_oracle.py

Two kinds, from Python's standard library alone:
- correctly rounded values, from Decimal with 80 digits: how accurate the functions are;
- digests of the exact bits over many arguments, from Python's floats, which are IEEE doubles that no compiler contracts
  or reorders: the functions here repeat the formulas of portable_math.hpp, with exact fractions where the header needs
  error-free transformations.
"""

import math
import pathlib
import struct
from decimal import Decimal, getcontext
from fractions import Fraction

getcontext().prec = 80
getcontext().Emin = -(10**9)
getcontext().Emax = 10**9
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534211707")
WORD = 2**64


# --- correctly rounded ----------------------------------------------------------------------------------------------


def exact_cos_pi(x):
    x = Fraction(x) % 2
    x = min(x, 2 - x)
    sign = 1
    if x > Fraction(1, 2):
        x, sign = 1 - x, -1
    if x > Fraction(1, 4):  # the sine of the rest, which keeps small results exact
        angle, power = PI * decimal(Fraction(1, 2) - x), 1
    else:
        angle, power = PI * decimal(x), 0
    term = angle**power if power else Decimal(1)
    total = Decimal(0)
    while abs(term) > Decimal(10) ** -120:
        total += term
        term *= -angle * angle / ((power + 1) * (power + 2))
        power += 2
    return sign * total


def decimal(fraction):
    return Decimal(fraction.numerator) / Decimal(fraction.denominator)


def exact_exp(x):
    return Decimal(x).exp()


def exact_log(x):
    return Decimal(x).ln()


def exact_pow(base, exponent):
    return (Decimal(exponent) * Decimal(base).ln()).exp()


# --- the same bits --------------------------------------------------------------------------------------------------


def bits_of(x):
    return struct.unpack("<Q", struct.pack("<d", x))[0]


def from_bits(bits):
    return struct.unpack("<d", struct.pack("<Q", bits))[0]


LN2 = Decimal(2).ln()
LN2_HIGH = int(LN2 * 2**42) / 2**42
LN2_LOW = float(LN2 - Decimal(LN2_HIGH))
PI_LOW = float(PI - Decimal(math.pi))
LOG2_OF_E = float(1 / LN2)
THIRD = (1 / 3, float(Decimal(1) / 3 - Decimal(1 / 3)))


def rounding_error(exact, rounded):
    return float(exact - Fraction(rounded))


def exact_sum(a, b):
    return a + b, rounding_error(Fraction(a) + Fraction(b), a + b)


def exact_product(a, b):
    return a * b, rounding_error(Fraction(a) * Fraction(b), a * b)


def product(a, b):
    high, low = exact_product(a[0], b[0])
    return exact_sum(high, low + (a[0] * b[1] + a[1] * b[0]))


def quotient(numerator, denominator):
    first = numerator / denominator[0]
    high, low = exact_product(first, denominator[0])
    remainder = ((numerator - high) - low) - first * denominator[1]
    return exact_sum(first, remainder / denominator[0])


def polynomial(x, coefficients):
    total = coefficients[0]
    for coefficient in coefficients[1:]:
        total = total * x + coefficient
    return total


def log_of_positive(x):
    mantissa, exponent = math.frexp(x)  # in [1/2, 1)
    if mantissa <= math.sqrt(2) / 2:
        mantissa, exponent = 2 * mantissa, exponent - 1
    s = quotient(mantissa - 1, exact_sum(mantissa, 1.0))
    square = product(s, s)
    tail = polynomial(square[0], [1 / n for n in range(25, 4, -2)])
    factor = exact_sum(THIRD[0], THIRD[1] + square[0] * tail)
    correction = product(s, product(square, factor))
    high, low = exact_sum(s[0], correction[0])
    low += s[1] + correction[1]
    total = exact_sum(exponent * LN2_HIGH, 2 * high)
    return exact_sum(total[0], total[1] + (exponent * LN2_LOW + 2 * low))


def exp_of_sum(high, low):
    if high > 710:
        return math.inf
    if high < -746:
        return 0.0
    k = math.floor(high * LOG2_OF_E + 0.5)
    r = exact_sum(high - k * LN2_HIGH, low - k * LN2_LOW)
    tail = polynomial(r[0], [1 / math.factorial(n) for n in range(14, 1, -1)])
    mantissa = 1 + (r[0] + (r[1] + (r[0] * r[0]) * tail))
    try:
        return math.ldexp(mantissa, k)
    except OverflowError:
        return math.inf


def exp(x):
    return exp_of_sum(x, 0.0)


def log(x):
    return log_of_positive(x)[0]


def pow(base, exponent):
    high, low = log_of_positive(base)
    if abs(exponent * high) > 750:
        return math.inf if exponent * high > 0 else 0.0
    product_high, product_low = exact_product(exponent, high)
    return exp_of_sum(product_high, product_low + exponent * low)


def cos_pi(x):
    x = abs(x) % 2.0
    x = min(x, 2 - x)
    sign = 1.0
    if x > 0.5:
        x, sign = 1 - x, -1.0
    near_the_root = x > 0.25
    if near_the_root:
        x = 0.5 - x
    angle, low = exact_product(math.pi, x)
    low += PI_LOW * x
    square = angle * angle
    if near_the_root:
        tail = polynomial(square, [(-1) ** (n // 2) / math.factorial(n) for n in range(17, 2, -2)])
        return sign * (angle + (low + (angle * square) * tail))
    tail = polynomial(square, [(-1) ** (n // 2) / math.factorial(n) for n in range(18, 1, -2)])
    return sign * (1 + (square * tail - angle * low))


def power(base, exponent):
    result = 1.0
    while exponent > 0:
        if exponent % 2 == 1:
            result *= base
        base *= base
        exponent //= 2
    return result


class SplitMix:
    """The generator of arguments, the same as in the test."""

    def __init__(self, state):
        self.state = state

    def bits(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) % WORD
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) % WORD
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) % WORD
        return z ^ (z >> 31)

    def unit(self):
        return (self.bits() >> 11) / 2**53

    def positive(self):
        return from_bits(self.bits() % 0x7FF0000000000000)


def digest(value_of, seed, count=10000):
    total, arguments = 0, SplitMix(seed)
    for _ in range(count):
        total = (total * 6364136223846793005 + bits_of(value_of(arguments))) % WORD
    return total


# --- output ---------------------------------------------------------------------------------------------------------


def literal(x):
    return x.hex() if math.isfinite(x) else "std::numeric_limits<double>::infinity()"


def table(name, comment, rows):
    lines = [f"/// {comment}", f"inline constexpr std::array {name} = {{"]
    lines += [f"    {kind}{{{', '.join(literal(x) for x in row)}}}," for kind, row in rows]
    return "\n".join(lines + ["};"])


def main():
    arguments = SplitMix(2011)
    tiny, huge = from_bits(1), from_bits(0x7FEFFFFFFFFFFFFF)
    exp_arguments = [0.0, -0.0, 1.0, -1.0, 1e-300, -tiny, 2.0**-53, -(2.0**-54), 0.34657359027997264,
                     0.3465735902799727, 709.782712893384, 709.7827128933841, -708.3964185322641, -708.5,
                     -744.4400719213812, -745.1332191019411, -745.1332191019412, 700.25, -700.25]
    exp_arguments += [1450 * arguments.unit() - 740 for _ in range(20)]
    log_arguments = [tiny, 3 * tiny, 2.0**-1022, huge, 0.1, 2.0, 10.0, 1e-300, 1e300, math.sqrt(2), math.sqrt(0.5),
                     1 + 2.0**-52, 1 - 2.0**-53, 1 + 2.0**-26, 0.9999, 1.0001]
    log_arguments += [arguments.positive() for _ in range(10)] + [0.5 + 1.5 * arguments.unit() for _ in range(10)]
    pow_arguments = [(2.0, 0.5), (10.0, -3.0), (10.0, 308.0), (10.0, -308.0), (0.999, 1e5), (1 + 2.0**-52, 3e18),
                     (1 - 2.0**-53, 6e18), (tiny, 0.5), (huge, -1.0), (huge, 0.999), (2.0, -1074.0), (2.0, 1023.5),
                     (3.0, 1e-300), (0.5, 1075.5), (1e-5, 0.25)]
    for _ in range(20):
        base = arguments.positive()
        pow_arguments.append((base, (1400 * arguments.unit() - 700) / log(base)))
    for _ in range(10):
        base = 0.5 + 1.5 * arguments.unit()
        pow_arguments.append((base, (1400 * arguments.unit() - 700) / log(base)))
    cos_arguments = [1 / 3, 2 / 3, 0.25, 0.75, 1.25, 0.1, 0.5 - 2.0**-54, 0.5 + 2.0**-53, 1.5 - 2.0**-52, 1e-5, 1e-9,
                     tiny, 0.24999999999999997, 0.25000000000000006, 12345.678, 2.0**51 + 0.25, 1e15 + 0.125, -0.3]
    cos_arguments += [8 * arguments.unit() - 4 for _ in range(20)]
    power_arguments = [(0.999, 1), (0.999, 10), (0.999, 1000), (0.9999, 65537), (0.9, 300), (-0.5, 7),
                       (1.0000001, 100000000)]

    rows = {
        "exp_golden": ("exp: argument, value", [("One", (x, float(exact_exp(x)))) for x in exp_arguments]),
        "log_golden": ("log: argument, value", [("One", (x, float(exact_log(x)))) for x in log_arguments]),
        "cos_pi_golden": ("cos_pi: argument, value", [("One", (x, float(exact_cos_pi(x)))) for x in cos_arguments]),
        "pow_golden": ("pow: base, exponent, value",
                       [("Two", (x, y, float(exact_pow(x, y)))) for x, y in pow_arguments]),
        "power_golden": ("power: base, exponent, value",
                         [("Two", (x, float(n), float(Decimal(x) ** n))) for x, n in power_arguments]),
    }
    digests = {
        "exp": digest(lambda a: exp(1500 * a.unit() - 750), 1),
        "log": digest(lambda a: log(a.positive()), 2),
        "pow": digest(lambda a: pow(a.positive(), 4 * a.unit() - 2), 3),
        "pow_near_one": digest(lambda a: pow(0.5 + 1.5 * a.unit(), 1400 * a.unit() - 700), 4),
        "cos_pi": digest(lambda a: cos_pi(8 * a.unit() - 4), 5),
        "power": digest(lambda a: power(0.5 + a.unit(), a.bits() % 2000), 6),
    }
    text = ["// Written by portable_math_oracle.py.", "// clang-format off", "#pragma once", "",
            "#include <array>", "#include <cstdint>", "#include <limits>", "", "namespace eigentune::golden {", "",
            "struct One {", "  double x, value;", "};", "struct Two {", "  double x, y, value;", "};", ""]
    for name, (comment, entries) in rows.items():
        text.append(table(name, comment + ", correctly rounded.", entries) + "\n")
    text += [f"inline constexpr std::uint64_t {name}_digest = 0x{value:016x};" for name, value in digests.items()]
    text += ["", "}  // namespace eigentune::golden", ""]
    pathlib.Path(__file__).with_name("portable_math_golden.hpp").write_text("\n".join(text))


if __name__ == "__main__":
    main()
