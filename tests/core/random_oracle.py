"""Writes random_golden.hpp, the reference values of random_test.cpp: python3 random_oracle.py

Philox in Python's integers; uniform numbers as exact fractions; normal numbers with the bits of algorithm AS 241 in
Python's floats, which no compiler contracts (normal_quantile_oracle.py knows how good it is).
"""

import math
import pathlib
from fractions import Fraction

from portable_math_oracle import WORD, bits_of, log

MASK = 2**32 - 1


def philox(counter, key):
    """128 bits for a 128-bit counter under a 64-bit key, lowest 32 bits first."""
    c = [counter >> 32 * i & MASK for i in range(4)]
    k = [key & MASK, key >> 32]
    for _ in range(10):
        high0, low0 = divmod(0xD2511F53 * c[0], 2**32)
        high1, low1 = divmod(0xCD9E8D57 * c[2], 2**32)
        c = [high1 ^ c[1] ^ k[0], low1, high0 ^ c[3] ^ k[1], low0]
        k = [(k[0] + 0x9E3779B9) & MASK, (k[1] + 0xBB67AE85) & MASK]
    return sum(word << 32 * i for i, word in enumerate(c))


class Random:
    def __init__(self, seed, stream=0, position=0):
        self.seed, self.stream, self.position = seed, stream, position

    def bits(self):
        block = philox(self.position // 2 | self.stream << 64, self.seed)
        word = block >> 64 if self.position % 2 else block % WORD
        self.position = (self.position + 1) % WORD
        return word

    def split(self, index):
        block = philox(2**63 + index | self.stream << 64, self.seed)
        return block % WORD, block >> 64

    def uniform(self):
        return float(Fraction(self.bits() >> 11, 2**53))

    def normal(self):
        word = self.bits()
        magnitude = as241((float(word >> 1) + 0.5) / 2**64)
        return -magnitude if word % 2 else magnitude

    def below(self, bound):
        word = self.bits()
        while word >= WORD - WORD % bound:
            word = self.bits()
        return word % bound

    def permutation(self, n):
        result = list(range(n))
        for i in range(n - 1, 0, -1):
            j = self.below(i + 1)
            result[i], result[j] = result[j], result[i]
        return result


CENTRE = ([3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
           4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3],
          [1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
           2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3])
TAIL = ([1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
         1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4],
        [1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
         1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9])
FAR_TAIL = ([6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
             2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5,
             2.01033439929228813265e-7],
            [1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
             7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
             2.04426310338993978564e-15])


def polynomial(x, coefficients):
    total = 0.0
    for coefficient in reversed(coefficients):
        total = total * x + coefficient
    return total


def as241(tail):
    q = 0.5 - tail
    if q <= 0.425:
        r = 0.180625 - q * q
        return q * polynomial(r, CENTRE[0]) / polynomial(r, CENTRE[1])
    r = math.sqrt(-log(tail))
    numerator, denominator = TAIL if r <= 5 else FAR_TAIL
    r -= 1.6 if r <= 5 else 5.0
    return polynomial(r, numerator) / polynomial(r, denominator)


def integers(name, kind, values):
    return f"inline constexpr std::array<{kind}, {len(values)}> {name} = {{{', '.join(values)}}};"


def main():
    lines = ["// Written by random_oracle.py.", "// clang-format off", "#pragma once", "", "#include <array>",
             "#include <cstdint>", "", "namespace eigentune::golden {", "",
             "/// Words from `position` on.", "struct Words {", "  std::uint64_t seed, stream, position;",
             "  std::array<std::uint64_t, 4> words;", "};", "inline constexpr std::array words = {"]
    for seed, stream, position in [(0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 0, 2), (1, 0, 3),
                                   (2**64 - 1, 2**64 - 1, 2**33 - 1),
                                   (0x123456789ABCDEF0, 0x0FEDCBA987654321, 2**40 + 1), (7, 2**32, 2**64 - 2)]:
        random = Random(seed, stream, position)
        words = ", ".join(hex(random.bits()) for _ in range(4))
        lines.append(f"    Words{{{seed:#x}, {stream:#x}, {position:#x}, {{{words}}}}},")
    lines += ["};", "", "/// The seed and stream of child `index`.", "struct Child {",
              "  std::uint64_t seed, stream, index, child_seed, child_stream;", "};",
              "inline constexpr std::array children = {"]
    for seed, stream, index in [(0, 0, 0), (1, 0, 0), (1, 0, 1), (1, 5, 1), (2**64 - 1, 2**64 - 1, 2**63 - 1)]:
        child = Random(seed, stream).split(index)
        lines.append(f"    Child{{{seed:#x}, {stream:#x}, {index:#x}, {child[0]:#x}, {child[1]:#x}}},")
    lines += ["};", ""]

    random = Random(42)
    lines += ["/// In order, from seed 42.",
              integers("uniforms", "double", [random.uniform().hex() for _ in range(8)]),
              integers("normals", "double", [random.normal().hex() for _ in range(8)]),
              integers("below_1000", "std::uint64_t", [str(random.below(1000)) for _ in range(8)]),
              integers("below_2_to_the_63_plus_1", "std::uint64_t", [str(random.below(2**63 + 1)) for _ in range(8)]),
              integers("permutation", "std::int64_t", [str(i) for i in random.permutation(12)]),
              f"inline constexpr std::uint64_t final_position = {random.position};", ""]
    random, total = Random(5, 6), 0
    for _ in range(100000):
        total = (total * 6364136223846793005 + bits_of(random.normal())) % WORD
    lines += ["/// Of the bits of the first 100000 normal numbers of seed 5, stream 6.",
              f"inline constexpr std::uint64_t normal_digest = {total:#018x};", "",
              "}  // namespace eigentune::golden", ""]
    pathlib.Path(__file__).with_name("random_golden.hpp").write_text("\n".join(lines))


if __name__ == "__main__":
    main()
