"""What gradient-norm monitor, prefetching loader, averaging and run log cost the example trainer.

Runs the trainer without them (A) and with them (B) in turn, A B B A A B ..., on the same data; both evaluate every 200
steps and checkpoint every 500. Prints each run's time of the whole process and its own median time of a step, and the
ratios B / A: of the medians, and the median of the pairs' ratios.

    python3 benchmarks/trainer_overhead.py build/release/examples/train/train --data DIR [--pairs 5] [--threads 2]
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

WITHOUT = ["--no-monitor", "--producers", "0", "--average-decay", "0", "--no-curves"]
WITH = ["--producers", "1", "--average-decay", "0.999", "--curves", "curves.csv"]


def run(program, options):
    """Returns the seconds of the whole process, and the milliseconds of a step as the trainer tells them."""
    with tempfile.TemporaryDirectory(prefix="eigentune-overhead-") as folder:
        start = time.perf_counter()
        done = subprocess.run([program, *options, "--checkpoint-dir", "checkpoints"], cwd=folder, text=True,
                              capture_output=True)
        seconds = time.perf_counter() - start
    if done.returncode != 0:
        sys.exit(f"{' '.join(done.args)}\n{done.stderr}")
    step = re.search(r"([0-9.]+) ms a step", done.stderr)
    if step is None:
        sys.exit(f"the trainer did not tell its time per step:\n{done.stderr}")
    return seconds, float(step.group(1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--data", required=True, help="directory of IDX files")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    common = ["--data", os.path.abspath(arguments.data), "--steps", str(arguments.steps), "--evaluate-every", "200",
              "--checkpoint-every", "500", "--threads", str(arguments.threads)]
    program = os.path.abspath(arguments.program)

    runs = {"A": [], "B": []}
    for pair in range(arguments.pairs):
        for name in "AB" if pair % 2 == 0 else "BA":
            seconds, step = run(program, common + (WITHOUT if name == "A" else WITH))
            runs[name].append((seconds, step))
            print(f"{name}  {seconds:7.3f} s  {step:7.3f} ms a step", flush=True)
    for index, what in enumerate(["whole process", "step"]):
        without, with_all = ([figures[index] for figures in runs[name]] for name in "AB")
        pairs = statistics.median(b / a for a, b in zip(without, with_all))
        medians = statistics.median(with_all) / statistics.median(without)
        print(f"{what}: {100 * (medians - 1):+.2f}% (medians), {100 * (pairs - 1):+.2f}% (median of pairs)")


if __name__ == "__main__":
    main()
