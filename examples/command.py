"""Stands for a trainer in any language: hyperparameters come as arguments, results go out as JSON lines."""

import argparse
import json

parser = argparse.ArgumentParser()
parser.add_argument("--learning_rate", type=float)
parser.add_argument("--steps", type=int)
options = parser.parse_args()

x = 1.0  # of f(x) = x^4 / 4 + x^2
for step in range(options.steps + 1):
    if abs(x) > 1e6:
        print(json.dumps({"infeasible": f"x was {x:.0e} at step {step}"}))
        break
    print(json.dumps({"step": step, "training_loss": x**4 / 4 + x**2}), flush=True)
    x -= options.learning_rate * (x**3 + 2 * x)
