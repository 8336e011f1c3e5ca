#!/usr/bin/env python3
"""Writes schedule_golden.hpp: learning rates from sources that share nothing with eigentune.

    python3 schedule_oracle.py > schedule_golden.hpp

Needs PyTorch (1.13 was used) and mpmath. Two kinds of table:

* pytorch_*: what torch.optim.lr_scheduler sets, step by step, in double. PyTorch updates most rates from the one
  before, so they carry the rounding of all earlier steps.
* optax_*, keras_*, paper_*: the formula in the documentation of optax or Keras, or in the paper, evaluated with 50
  digits by mpmath and rounded once. The inputs are doubles, taken exactly.
"""

import warnings

import torch
from mpmath import cos, floor, mp, mpf, pi, sqrt
from torch.optim import lr_scheduler

warnings.filterwarnings("ignore")
mp.dps = 50


def pytorch(rate, make_scheduler, last_step, keep):
    """The rates of the steps in `keep`, of a scheduler that runs from step 0 to last_step."""
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=rate, momentum=0.9)
    scheduler = make_scheduler(optimizer)
    rates = []
    for _ in range(last_step + 1):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return [(step, rates[step]) for step in keep]


def exact(formula, keep):
    return [(step, float(formula(mpf(step)))) for step in keep]


# ---- optax ----


def optax_polynomial(initial, end, power, transition_steps):
    initial, end, power = mpf(initial), mpf(end), mpf(power)

    def rate(step):
        remaining = 1 - min(step, transition_steps) / mpf(transition_steps)
        return end + (initial - end) * remaining**power

    return rate


def optax_cosine(initial, decay_steps, alpha):
    def rate(step):
        curve = (1 + cos(pi * min(step, decay_steps) / decay_steps)) / 2
        return mpf(initial) * ((1 - alpha) * curve + alpha)

    return rate


def optax_join(schedules, boundaries):
    """Each schedule from its boundary on, counting from there."""

    def rate(step):
        past = [b for b in boundaries if step >= b]
        return schedules[len(past)](step - past[-1] if past else step)

    return rate


def optax_warmup_cosine(peak, warmup_steps, decay_steps, end):
    """decay_steps includes the warmup."""
    alpha = mpf(end) / mpf(peak)
    return optax_join(
        [optax_polynomial(0.0, peak, 1, warmup_steps), optax_cosine(peak, decay_steps - warmup_steps, alpha)],
        [warmup_steps],
    )


def optax_exponential(initial, transition_steps, decay_rate, staircase, end):
    def rate(step):
        exponent = step / mpf(transition_steps)
        if staircase:
            exponent = floor(exponent)
        return max(mpf(initial) * mpf(decay_rate) ** exponent, mpf(end))

    return rate


def optax_piecewise_interpolation(curve, initial, boundaries_and_scales):
    """At each boundary the rate so far times its scale, in between a curve."""
    points = [(mpf(0), mpf(initial))]
    for boundary, scale in boundaries_and_scales:
        points.append((mpf(boundary), points[-1][1] * scale))

    def rate(step):
        for (begin, first), (end, last) in zip(points, points[1:]):
            if begin <= step < end:
                progress = (step - begin) / (end - begin)
                if curve == "linear":
                    return first + (last - first) * progress
                return last + (first - last) * (1 + cos(pi * progress)) / 2
        return points[-1][1]

    return rate


def optax_cosine_onecycle(transition_steps, peak, pct_start, div_factor, final_div_factor):
    div_factor, final_div_factor = mpf(div_factor), mpf(final_div_factor)
    return optax_piecewise_interpolation(
        "cosine",
        mpf(peak) / div_factor,
        [(int(pct_start * transition_steps), div_factor), (transition_steps, 1 / (div_factor * final_div_factor))],
    )


def optax_linear_onecycle(transition_steps, peak, pct_start, pct_final, div_factor, final_div_factor):
    div_factor, final_div_factor = mpf(div_factor), mpf(final_div_factor)
    return optax_piecewise_interpolation(
        "linear",
        mpf(peak) / div_factor,
        [
            (int(pct_start * transition_steps), div_factor),
            (int(pct_final * transition_steps), 1 / div_factor),
            (transition_steps, 1 / final_div_factor),
        ],
    )


# ---- Keras ----


def keras_cosine_restarts(initial, first_decay_steps, t_mul, m_mul, alpha):
    def rate(step):
        cycle, begin, length = 0, 0, first_decay_steps
        while step >= begin + length:
            cycle, begin, length = cycle + 1, begin + length, length * t_mul
        curve = mpf(m_mul) ** cycle * (1 + cos(pi * (step - begin) / length)) / 2
        return mpf(initial) * ((1 - alpha) * curve + alpha)

    return rate


# ---- Attention Is All You Need (Vaswani et al. 2017), section 5.3 ----


def transformer(model_size, warmup_steps):
    def rate(step):
        if step == 0:
            return mpf(0)
        return min(1 / sqrt(step), step * mpf(warmup_steps) ** mpf(-1.5)) / sqrt(mpf(model_size))

    return rate


def one_cycle(**options):
    return lambda optimizer: lr_scheduler.OneCycleLR(optimizer, **options)


def sequential(optimizer):
    parts = [
        lr_scheduler.LinearLR(optimizer, start_factor=1.0, end_factor=0.25, total_iters=20),
        lr_scheduler.CosineAnnealingLR(optimizer, T_max=30, eta_min=0.002),
        lr_scheduler.ExponentialLR(optimizer, gamma=0.9),
    ]
    return lr_scheduler.SequentialLR(optimizer, parts, milestones=[20, 50])


TABLES = [
    (
        "pytorch_linear",
        "LinearLR(lr = 0.1, start_factor = 1, end_factor = 0.1, total_iters = 40)",
        pytorch(0.1, lambda o: lr_scheduler.LinearLR(o, 1.0, 0.1, 40), 60, [*range(0, 41, 4), 39, 41, 60]),
    ),
    (
        "pytorch_cosine",
        "CosineAnnealingLR(lr = 0.1, T_max = 50, eta_min = 0.001)",
        pytorch(0.1, lambda o: lr_scheduler.CosineAnnealingLR(o, 50, 0.001), 50, [*range(0, 51, 5), 1, 49]),
    ),
    (
        "pytorch_polynomial",
        "PolynomialLR(lr = 0.2, total_iters = 30, power = 1.7)",
        pytorch(0.2, lambda o: lr_scheduler.PolynomialLR(o, 30, 1.7), 40, [*range(0, 31, 3), 29, 31, 40]),
    ),
    (
        "pytorch_exponential",
        "ExponentialLR(lr = 0.1, gamma = 0.97)",
        pytorch(0.1, lambda o: lr_scheduler.ExponentialLR(o, 0.97), 200, [*range(0, 201, 20), 1]),
    ),
    (
        "pytorch_step",
        "StepLR(lr = 0.1, step_size = 7, gamma = 0.5)",
        pytorch(0.1, lambda o: lr_scheduler.StepLR(o, 7, 0.5), 40, [0, 6, 7, 13, 14, 20, 21, 40]),
    ),
    (
        "pytorch_multistep",
        "MultiStepLR(lr = 0.1, milestones = [10, 25], gamma = 0.1)",
        pytorch(0.1, lambda o: lr_scheduler.MultiStepLR(o, [10, 25], 0.1), 40, [0, 9, 10, 24, 25, 40]),
    ),
    (
        "pytorch_restarts",
        "CosineAnnealingWarmRestarts(lr = 0.05, T_0 = 10, T_mult = 1, eta_min = 0)",
        pytorch(0.05, lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 10), 40, [*range(0, 41, 3), 9, 10, 19, 20]),
    ),
    (
        "pytorch_growing_restarts",
        "CosineAnnealingWarmRestarts(lr = 0.05, T_0 = 10, T_mult = 2, eta_min = 0.0005)",
        pytorch(
            0.05,
            lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 10, 2, 0.0005),
            160,
            [0, 5, 9, 10, 11, 29, 30, 31, 50, 69, 70, 100, 149, 150, 160],
        ),
    ),
    (
        "pytorch_one_cycle",
        "OneCycleLR(max_lr = 0.4, total_steps = 101)",
        pytorch(0.4, one_cycle(max_lr=0.4, total_steps=101), 100, [*range(0, 101, 10), 28, 29, 31, 99]),
    ),
    (
        "pytorch_one_cycle_linear",
        "OneCycleLR(max_lr = 0.4, total_steps = 80, pct_start = 0.25, anneal_strategy = 'linear', div_factor = 10,"
        " final_div_factor = 100)",
        pytorch(
            0.4,
            one_cycle(
                max_lr=0.4,
                total_steps=80,
                pct_start=0.25,
                anneal_strategy="linear",
                div_factor=10,
                final_div_factor=100,
            ),
            79,
            [*range(0, 80, 8), 18, 19, 20, 79],
        ),
    ),
    (
        "pytorch_one_cycle_three_phases",
        "OneCycleLR(max_lr = 0.4, total_steps = 101, pct_start = 0.33, three_phase = True)",
        pytorch(
            0.4,
            one_cycle(max_lr=0.4, total_steps=101, pct_start=0.33, three_phase=True),
            100,
            [*range(0, 101, 8), 32, 33, 64, 65, 100],
        ),
    ),
    (
        "pytorch_one_cycle_linear_three_phases",
        "OneCycleLR(max_lr = 0.4, total_steps = 101, pct_start = 0.4, anneal_strategy = 'linear', three_phase = True)",
        pytorch(
            0.4,
            one_cycle(max_lr=0.4, total_steps=101, pct_start=0.4, anneal_strategy="linear", three_phase=True),
            100,
            [*range(0, 101, 8), 39, 79, 100],
        ),
    ),
    (
        "pytorch_sequential",
        "SequentialLR(lr = 0.08, [LinearLR(1, 0.25, 20), CosineAnnealingLR(30, 0.002), ExponentialLR(0.9)], [20, 50])",
        pytorch(0.08, sequential, 70, [*range(0, 71, 5), 19, 21, 49, 51]),
    ),
    (
        "optax_linear",
        "linear_schedule(init_value = 0.3, end_value = 0.02, transition_steps = 1000)",
        exact(optax_polynomial(0.3, 0.02, 1, 1000), [0, 1, 333, 500, 999, 1000, 5000]),
    ),
    (
        "optax_polynomial",
        "polynomial_schedule(init_value = 0.3, end_value = 0.001, power = 2.5, transition_steps = 1000)",
        exact(optax_polynomial(0.3, 0.001, 2.5, 1000), [0, 1, 333, 500, 999, 1000, 5000]),
    ),
    (
        "optax_cosine",
        "cosine_decay_schedule(init_value = 0.001, decay_steps = 20000)",
        exact(optax_cosine(0.001, 20000, mpf(0)), [0, 1, 10, 5000, 10000, 15000, 19000, 19990, 19999, 20000, 30000]),
    ),
    (
        "optax_warmup_cosine",
        "warmup_cosine_decay_schedule(init_value = 0, peak_value = 0.01, warmup_steps = 1000, decay_steps = 11000,"
        " end_value = 1e-5)",
        exact(
            optax_warmup_cosine(0.01, 1000, 11000, 1e-5), [0, 1, 500, 999, 1000, 1001, 6000, 10999, 11000, 11001, 20000]
        ),
    ),
    (
        "optax_exponential",
        "exponential_decay(init_value = 0.1, transition_steps = 300, decay_rate = 0.7)",
        exact(optax_exponential(0.1, 300, 0.7, False, 0.0), [0, 1, 100, 300, 1000, 10000, 100000]),
    ),
    (
        "optax_exponential_staircase",
        "exponential_decay(init_value = 0.1, transition_steps = 300, decay_rate = 0.7, staircase = True,"
        " end_value = 0.0005)",
        exact(optax_exponential(0.1, 300, 0.7, True, 0.0005), [0, 299, 300, 599, 600, 4200, 4499, 4500, 100000]),
    ),
    (
        "optax_cosine_onecycle",
        "cosine_onecycle_schedule(transition_steps = 1000, peak_value = 0.3)",
        exact(
            optax_cosine_onecycle(1000, 0.3, 0.3, 25.0, 1e4), [0, 1, 150, 299, 300, 301, 650, 900, 998, 999, 1000, 2000]
        ),
    ),
    (
        "optax_linear_onecycle",
        "linear_onecycle_schedule(transition_steps = 1000, peak_value = 0.3, pct_start = 0.4, pct_final = 0.8)",
        exact(
            optax_linear_onecycle(1000, 0.3, 0.4, 0.8, 25.0, 1e4),
            [0, 1, 200, 399, 400, 401, 600, 799, 800, 801, 900, 999, 1000, 2000],
        ),
    ),
    (
        "optax_sgdr",
        "sgdr_schedule of two warmup_cosine_decay_schedule(0, 0.1, 10, 110, 0.001) and (0, 0.05, 20, 220, 0.0005)",
        exact(
            optax_join([optax_warmup_cosine(0.1, 10, 110, 0.001), optax_warmup_cosine(0.05, 20, 220, 0.0005)], [110]),
            [0, 5, 10, 60, 109, 110, 120, 130, 230, 329, 330, 400],
        ),
    ),
    (
        "keras_restarts",
        "CosineDecayRestarts(0.1, first_decay_steps = 100, t_mul = 2, m_mul = 0.5, alpha = 0.01)",
        exact(
            keras_cosine_restarts(0.1, 100, 2, 0.5, mpf(0.001) / mpf(0.1)),
            [0, 1, 50, 99, 100, 200, 299, 300, 301, 699, 700, 1499, 1500, 10000],
        ),
    ),
    (
        "paper_transformer",
        "model_size^-0.5 min(step^-0.5, step warmup_steps^-1.5), model_size = 512, warmup_steps = 4000",
        exact(transformer(512, 4000), [0, 1, 2000, 3999, 4000, 4001, 10000, 100000, 300000]),
    ),
]


def wrapped(text, width, indent):
    lines, line = [], ""
    for word in text.split(" "):
        if line and len(indent) + len(line) + 1 + len(word) > width:
            lines.append(indent + line)
            line = word
        else:
            line = line + " " + word if line else word
    return "\n".join([*lines, indent + line])


def main():
    print("#pragma once")
    print()
    print("// clang-format off")
    print("// Written by schedule_oracle.py. Do not edit.")
    print(f"// PyTorch {torch.__version__.split('a')[0]}; the other tables with 50 digits, rounded once.")
    print()
    print("#include <cstdint>")
    print("#include <vector>")
    print()
    print("namespace eigentune::golden {")
    print()
    print("struct Rate {")
    print("  std::int64_t step;")
    print("  double rate;")
    print("};")
    for name, source, rates in TABLES:
        print()
        print(wrapped(source, 120, "// "))
        print(f"inline const std::vector<Rate> {name} = {{")
        entries = " ".join(f"{{{step},_{rate!r}}}," for step, rate in sorted(set(rates)))
        print(wrapped(entries, 120, "    ").replace(",_", ", "))
        print("};")
    print()
    print("}  // namespace eigentune::golden")


if __name__ == "__main__":
    main()
