"""Prints the orders that epoch_shuffle_test.cpp expects: python3 epoch_shuffle_oracle.py

The shuffle in Python's integers is that of tests/core/random_oracle.py.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "core"))

from random_oracle import Random  # noqa: E402

for epoch in range(3):
    print(*Random(*Random(7, 1).split(epoch)).permutation(10), sep=", ")
