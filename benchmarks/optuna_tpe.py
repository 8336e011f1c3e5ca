"""Simple regret of Optuna's TPE on the problems of search.cpp: python3 optuna_tpe.py branin|hartmann6 [SEEDS [TRIALS]]

Prints quartiles over seeds, for the sampler as it comes and with multivariate=True. Where Optuna is not installed, says so
and succeeds.
"""

import math
import statistics
import sys

try:
    import optuna
except ImportError:
    print("Optuna is not installed: skipped")
    sys.exit(0)


def branin(trial):
    x, y = trial.suggest_float("x", -5, 10), trial.suggest_float("y", 0, 15)
    valley = y - 5.1 / (4 * math.pi**2) * x * x + 5 / math.pi * x - 6
    return valley**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10 - 0.39788735772973816


HEIGHT = [1.0, 1.2, 3.0, 3.2]
SHARPNESS = [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
CENTER = [[1312, 1696, 5569, 124, 8283, 5886], [2329, 4135, 8307, 3736, 1004, 9991],
          [2348, 1451, 3522, 2883, 3047, 6650], [4047, 8828, 8732, 5743, 1091, 381]]


def hartmann6(trial):
    x = [trial.suggest_float(f"x{i}", 0, 1) for i in range(6)]
    exponents = [sum(a * (u - 1e-4 * c) ** 2 for a, u, c in zip(*row, strict=True))
                 for row in ((sharpness, x, center) for sharpness, center in zip(SHARPNESS, CENTER))]
    return 3.3223680114155156 - sum(h * math.exp(-e) for h, e in zip(HEIGHT, exponents))


def main():
    problem = {"branin": branin, "hartmann6": hartmann6}[sys.argv[1]]
    seeds = int(sys.argv[2]) if len(sys.argv) > 2 else 30
    trials = int(sys.argv[3]) if len(sys.argv) > 3 else {"branin": 35, "hartmann6": 100}[sys.argv[1]]
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    for options in ({}, {"multivariate": True}):
        regrets = []
        for seed in range(seeds):
            study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed, **options))
            study.optimize(problem, n_trials=trials)
            regrets.append(study.best_value)
        quartiles = statistics.quantiles(regrets, method="inclusive")
        print(f"TPE {options or ''} {sys.argv[1]}, {seeds} seeds, {trials} trials:", *(f"{q:.1e}" for q in quartiles),
              f"below 0.05: {sum(r <= 0.05 for r in regrets)}")


if __name__ == "__main__":
    main()
