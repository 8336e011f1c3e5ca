"""Tests benchmarks/evidence.py on made-up results: what it reads, what it draws, and that nothing missing breaks it.

Usage: evidence_test.py BENCHMARKS_FOLDER
"""

import itertools
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

FOLDER = pathlib.Path(sys.argv.pop(1)).resolve()
sys.dont_write_bytecode = True
sys.path.insert(0, str(FOLDER))
import evidence  # noqa: E402  (its folder is an argument)
import evidence_chart  # noqa: E402
import evidence_claims  # noqa: E402

SIZES = [1 << 10, 1 << 14, 1 << 18, 1 << 22, 1 << 25]
STEPS = {"BM_AdamStep": 0.4, "BM_MemoryTraffic28Bytes": 0.38, "BM_AdamIntrinsicsAVX512": 0.41,
         "BM_AdamExpressions": 0.8, "BM_AdamRawLoop": 1.8, "BM_AdamTorch": 2.5, "BM_AdamEnsmallen": 1.9,
         "BM_AdamCheckedStep": 0.5, "BM_MemoryTraffic32Bytes": 0.4}
TAILS = {"BM_Tail": 0.7, "BM_TailTraffic": 0.6, "BM_TailSeparatePasses": 1.1, "BM_TailTorch": 2.0}


def sample(without=()):
    """Results of every benchmark but some, all of them close to each other at the right end."""
    benchmarks = {f"{name}/{size}": {"time_ns": time * size, "ns_per_parameter": time, "variation": 0.01}
                  for name, time in STEPS.items() for size in SIZES if name not in without}
    for name, time in TAILS.items():
        for model in range(0 if name in without else 3):
            benchmarks[f"{name}/gpt2_resnet50_thousand:{model}/manual_time"] = {
                "time_ns": time * 10**(8 - model), "ns_per_parameter": time}
    return {"library": "eigentune 1.2.3", "commit": "abc1234", "date": "2030-01-02",
            "machine": {"processor": "A <fast> processor & more", "cores": 2, "kernel": "Linux 6", "caches": []},
            "build": {"compiler": "GNU 12.2.0", "flags": "-O3 -DNDEBUG", "type": "Release"}, "repetitions": 9,
            "min_time_seconds": 0.1, "command": "cmake --build build/release --target benchmark_evidence",
            "benchmarks": benchmarks}


def elements(svg, tag):
    return xml.etree.ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}" + tag)


def texts(svg):
    return ["".join(element.itertext()) for element in elements(svg, "text")]


def boxes(svg):
    """(left, top, right, bottom, text) of every horizontal text, as wide as DejaVu Sans would be."""
    size_of = {"h": 17, "t": 12, "k": 11}
    for element in elements(svg, "text"):
        if "transform" in element.attrib:
            continue
        classes = element.get("class", "").split()
        size = min([size_of[c] for c in classes if c in size_of], default=13)
        content = element.text
        width = len(content) * size * (0.6 if {"h", "b"} & set(classes) else 0.55)
        x, y = float(element.get("x")), float(element.get("y"))
        left = x - width * {"end": 1, "middle": 0.5}.get(element.get("text-anchor"), 0)
        yield left, y - 0.8 * size, left + width, y + 0.2 * size, content


def report(entries):
    """What a benchmark program writes."""
    rows = []
    for name, unit, time, per_parameter in entries:
        for aggregate, factor in (("mean", 2.0), ("median", 1.0), ("stddev", 0.1), ("cv", None)):
            row = {"name": f"{name}_{aggregate}", "run_name": name, "run_type": "aggregate",
                   "aggregate_name": aggregate, "time_unit": unit,
                   "real_time": 0.015 if factor is None else time * factor}
            if per_parameter is not None:
                row["ns/param"] = 0.015 if factor is None else per_parameter * factor
            rows.append(row)
    rows.append({"name": "BM_Skipped/1", "run_name": "BM_Skipped/1", "error_occurred": True,
                 "error_message": "not here", "real_time": 0.0})
    caches = [{"type": "Data", "level": 1, "size": 49152, "num_sharing": 1}]
    return {"context": {"num_cpus": 2, "caches": caches}, "benchmarks": rows}


class Results(unittest.TestCase):
    def test_medians_are_taken_with_their_units(self):
        found = evidence.medians(report([("BM_A/8", "us", 1.5, 0.25), ("BM_B", "ms", 2.0, None)]))
        self.assertEqual(found, {"BM_A/8": {"time_ns": 1500.0, "ns_per_parameter": 0.25, "variation": 0.015},
                                 "BM_B": {"time_ns": 2e6, "variation": 0.015}})

    def test_runs_the_programs_that_are_there(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            program = folder / "rules_benchmark"
            rows = [(f"BM_AdamStep/{size}", "ns", 0.5 * size, 0.5) for size in SIZES]
            program.write_text(
                f"#!{sys.executable}\nimport sys\n"
                "out = [a.split('=', 1)[1] for a in sys.argv if a.startswith('--benchmark_out=')][0]\n"
                "assert '--benchmark_repetitions=3' in sys.argv and '--benchmark_min_time=0.5' in sys.argv\n"
                "assert '--benchmark_enable_random_interleaving=true' in sys.argv\n"
                "import os\nassert 'OPENBLAS_CORETYPE' not in os.environ\n"
                f"open(out, 'w').write({json.dumps(report(rows))!r})\n", encoding="utf-8")
            program.chmod(0o755)
            command = [sys.executable, "-B", FOLDER / "evidence.py", "--output", folder / "out"]
            ran = subprocess.run([*command, "--programs", folder, "--repetitions", "3", "--min-time", "0.5",
                                  "--compiler", "GNU 12", "--flags=-O3", "--build-type", "Release",
                                  "--version", "1.2.3", "--command", "make it so",
                                  "--native-binary", program, "--native-flags=-march=native",
                                  "--compile", "sh -c 'sleep 0.01'"], env=os.environ | {"OPENBLAS_CORETYPE": "Prescott"},
                                 capture_output=True, text=True, check=True)
            self.assertIn("tail_benchmark is not there", ran.stderr)
            results = json.loads((folder / "out" / "evidence.json").read_text(encoding="utf-8"))
            self.assertEqual(len(results["benchmarks"]), len(SIZES))
            self.assertEqual(results["benchmarks"]["BM_AdamStep/1024"]["time_ns"], 512.0)
            self.assertEqual(results["library"], "eigentune 1.2.3")
            self.assertEqual(results["build"], {"compiler": "GNU 12", "flags": "-O3", "type": "Release"})
            self.assertEqual(results["command"], "make it so")
            self.assertEqual(results["withheld_from_environment"],
                             {"OPENBLAS_CORETYPE": "Prescott", "OPENBLAS_L2_SIZE": None})
            self.assertEqual(results["native"]["flags"], "-march=native")
            self.assertEqual(results["native"]["benchmarks"], results["benchmarks"])
            self.assertEqual(results["errors"], {"BM_Skipped/1": "not here"})
            self.assertGreater(results["compile_time"]["six_optimizers_s"], 0.0)
            self.assertEqual(results["machine"]["caches"], [{"level": 1, "type": "Data", "KiB": 48, "shared_by": 1}])

            drawn = (folder / "out" / "evidence.svg").read_bytes()
            subprocess.run([*command, "--from", folder / "out" / "evidence.json"], capture_output=True, check=True)
            self.assertEqual((folder / "out" / "evidence.svg").read_bytes(), drawn)

    def test_says_so_where_there_is_nothing_to_run(self):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-B", FOLDER / "evidence.py", "--programs", folder, "--output", folder]
            ran = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertNotEqual(ran.returncode, 0)
        self.assertIn("no benchmark was run", ran.stderr)

    def test_ratios_are_of_one_run(self):
        lines = evidence.ratios(sample()).splitlines()
        self.assertIn("| time of a step, parameters: | 1 Ki | 16 Ki | 256 Ki | 4 Mi | 32 Mi |", lines)
        self.assertIn("| Adam / traffic of 28 bytes | 1.05 | 1.05 | 1.05 | 1.05 | 1.05 |", lines)
        self.assertIn("| Adam with the check / traffic of 32 bytes | 1.25 | 1.25 | 1.25 | 1.25 | 1.25 |", lines)
        self.assertIn("| SGD / traffic of 12 bytes | - | - | - | - | - |", lines)
        self.assertIn("| libtorch / eigentune | 2.86 | 2.86 | 2.86 |", lines)

    def test_ratios_of_nothing_are_nothing(self):
        self.assertEqual(evidence.ratios(sample(without={*STEPS, *TAILS})), "")


class Claims(unittest.TestCase):
    def claim(self, results, text):
        found = [claim for claim in evidence_claims.claims(results) if claim.text == text]
        self.assertEqual(len(found), 1, text)
        return found[0]

    def test_figures_are_ratios_of_medians_beside_their_targets(self):
        claim = self.claim(sample(), "Adam / traffic of 28 bytes, 32 Mi")
        self.assertAlmostEqual(claim.figure, 0.4 / 0.38)
        self.assertEqual(claim.cells(), ["Adam / traffic of 28 bytes, 32 Mi", "<= 1.05", "1.05", "**no**"])
        claim = self.claim(sample(), "Adam / AVX-512 intrinsics, 4 Mi")
        self.assertEqual(claim.cells(), ["Adam / AVX-512 intrinsics, 4 Mi", "<= 1.05", "0.98", "yes"])

    def test_what_was_not_measured_is_neither_reached_nor_missed(self):
        results = sample(without={*STEPS, *TAILS})
        for claim in evidence_claims.claims(results):
            self.assertIsNone(claim.figure, claim.text)
            self.assertEqual(claim.cells()[2:], ["-", "-"])

    def test_a_pool_is_judged_at_its_worst_size(self):
        results = sample()
        for size, alone, pool, variation in ((1, 100.0, 101.0, 0.01), (16, 100.0, 106.0, 0.03),
                                             (1 << 20, 6e5, 3e5, 0.0)):
            for name, time in (("BM_StepOnOneThread", alone), ("BM_StepOnPool", pool)):
                results["benchmarks"][f"{name}/elements:{size}/tensors:1/real_time"] = {
                    "time_ns": time, "variation": variation}
        self.assertEqual(self.claim(results, "one thread / pool, 1 Mi").figure, 2.0)
        claim = self.claim(results, "pool / one thread, worst of 3 sizes")
        # 2 standard errors of a median of 9 (1.25 sigma / 3), of two times that each vary by 0.03
        self.assertEqual(claim.cells()[1:], ["<= 1.02", "1.060 (+- 0.035, at 16 elements)", "**no**"])
        results["benchmarks"]["BM_StepOnPool/elements:16/tensors:1/real_time"]["time_ns"] = 90.0
        self.assertEqual(self.claim(results, "pool / one thread, worst of 3 sizes").figure, 1.01)

    def test_a_pool_that_changes_bits_is_told(self):
        results = sample()
        results["errors"] = {"BM_StepOnPool/elements:16/tensors:1/real_time": "the pool changes bits",
                             "BM_AdamIntrinsicsAVX512/16": "not on this processor"}
        claim = self.claim(results, "sizes at which a pool changes bits")
        self.assertEqual((claim.figure, claim.reached()), (1.0, False))

    def test_libtorch_is_no_match_without_a_blas_worth_the_name(self):
        results = sample()
        results["native"] = {"flags": "", "benchmarks": {
            f"{name}/real_time": {"time_ns": time} for name, time in (
                ("BM_TrainerStep", 2e6), ("BM_TrainerStepOnThreads/2", 1e6), ("BM_Torch/threads:1/blas:1", 4e6),
                ("BM_Torch/threads:1/blas:2", 3e6), ("BM_Torch/threads:2/blas:2", 9e6))}}
        results["blas"] = "OpenBLAS 0.3.21, core SkylakeX"
        one = "training step: libtorch / trainer, one thread, built for this machine"
        two = "training step: libtorch's best / trainer, two threads, built for this machine"
        self.assertEqual((self.claim(results, one).figure, self.claim(results, one).reached()), (2.0, True))
        self.assertEqual((self.claim(results, two).figure, self.claim(results, two).reached()), (3.0, True))
        self.assertEqual(self.claim(results, two).note, "threads:1, blas:2")
        results["blas"] = "unknown: /usr/lib/libblas.so.3"
        self.assertIsNone(self.claim(results, one).reached())
        self.assertIn("not over OpenBLAS", self.claim(results, one).note)

    def test_compile_time_is_of_both_files(self):
        results = sample()
        results["compile_time"] = {"six_optimizers_s": 2.4, "eigen_s": 1.25}
        claim = self.claim(results, "compile time: six optimizers / <Eigen/Dense> and Tensor")
        self.assertAlmostEqual(claim.figure, 1.92)
        self.assertTrue(claim.reached())


class Chart(unittest.TestCase):
    def test_shows_every_series_and_the_origin_of_the_numbers(self):
        svg = evidence_chart.draw(sample())
        shown = texts(svg)
        for label in (entry[1] for entry in evidence_chart.STEP_SERIES):
            self.assertTrue(any(re.fullmatch(re.escape(label) + r" \d+\.\d\d", text) for text in shown), label)
        for label in (entry[1] for entry in evidence_chart.TAIL_SERIES):
            self.assertEqual(shown.count(label), 3, label)
        for tick in ("1 Ki", "16 Ki", "256 Ki", "4 Mi", "32 Mi", "0.5", "1", "2", "ns per parameter", "parameters"):
            self.assertIn(tick, shown)
        caption = " ".join(shown)
        for words in ("A <fast> processor & more", "GNU 12.2.0", "-O3 -DNDEBUG", "abc1234", "2030-01-02",
                      "cmake --build build/release --target benchmark_evidence"):
            self.assertIn(words, caption)
        self.assertEqual(len(list(elements(svg, "title"))) + len(list(elements(svg, "desc"))), 2)
        self.assertIn("prefers-color-scheme:dark", svg)
        self.assertLess(len(svg), 60_000)

    def test_points_are_where_their_numbers_say(self):
        results = sample(without=set(STEPS) - {"BM_AdamStep"})
        for i, size in enumerate(SIZES):  # a straight line in a picture with two logarithmic axes
            results["benchmarks"][f"BM_AdamStep/{size}"]["ns_per_parameter"] = size / 1024
        places = [(float(circle.get("cx")), float(circle.get("cy"))) for circle in
                  elements(evidence_chart.draw(results), "circle")][:len(SIZES)]
        self.assertEqual(places[0][0], evidence_chart.PLOT_LEFT)
        self.assertEqual(places[-1][0], evidence_chart.PLOT_LEFT + evidence_chart.PLOT_WIDTH)
        slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in itertools.pairwise(places)]
        for slope in slopes:
            self.assertLess(slope, 0)  # more time is higher up
            self.assertAlmostEqual(slope, slopes[0], places=3)

    def test_every_series_may_be_missing(self):
        for name in [*STEPS, *TAILS]:
            shown = texts(evidence_chart.draw(sample(without={name})))
            self.assertIn("one thread", " ".join(shown), name)
        self.assertIn("no steps were measured", texts(evidence_chart.draw(sample(without=set(STEPS)))))
        self.assertIn("no tails were measured", texts(evidence_chart.draw(sample(without=set(TAILS)))))

    def test_one_size_alone_can_be_drawn(self):
        results = sample()
        results["benchmarks"] = {name: result for name, result in results["benchmarks"].items() if "/1024" in name}
        self.assertIn("1 Ki", texts(evidence_chart.draw(results)))

    def test_intrinsics_are_those_of_the_widest_level(self):
        results = sample(without={"BM_AdamIntrinsicsAVX512"})
        results["benchmarks"]["BM_AdamIntrinsicsAVX2/1024"] = {"time_ns": 900.0, "ns_per_parameter": 0.9}
        self.assertEqual(evidence_chart.points_of(results["benchmarks"], "BM_AdamIntrinsics"), [(1024, 0.9)])

    def test_no_text_overlaps_another_or_leaves_the_picture(self):
        close = sample()  # all lines end at one point: the labels must make room
        for result in close["benchmarks"].values():
            result["ns_per_parameter"] = 0.5
        for results in (sample(), close, sample(without={"BM_AdamTorch", "BM_TailTorch"})):
            svg = evidence_chart.draw(results)
            height = float(next(elements(svg, "svg")).get("height"))
            for box in boxes(svg):
                inside = box[0] >= 0 and box[2] <= evidence_chart.WIDTH and box[1] >= 0 and box[3] <= height
                self.assertTrue(inside, box)
            for a, b in itertools.combinations(boxes(svg), 2):
                apart = a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
                self.assertTrue(apart, (a, b))

    def test_labels_keep_their_order_and_distance(self):
        wanted = [10.0, 11.0, 50.0, 9.0, 98.0, 99.0]
        heights = evidence_chart.spread(wanted, 15, 0, 100)
        placed = sorted(heights)
        self.assertEqual(sorted(range(6), key=lambda i: heights[i]), sorted(range(6), key=lambda i: wanted[i]))
        self.assertTrue(all(b - a >= 15 - 1e-9 for a, b in itertools.pairwise(placed)))
        self.assertTrue(0 <= placed[0] and placed[-1] <= 100)
        self.assertEqual(heights[2], 50.0)


if __name__ == "__main__":
    unittest.main()
