"""What the library claims of its speed, each with the figure of one run of evidence.py beside it."""

import dataclasses
import math
import re

KI, MI = 1 << 10, 1 << 20
SHORT = {KI: "1 Ki", 16 * KI: "16 Ki", 256 * KI: "256 Ki", MI: "1 Mi", 4 * MI: "4 Mi", 32 * MI: "32 Mi"}
TAILS = ["GPT-2 124M", "ResNet-50", "1000 x 1000"]
TRAFFIC = {"SGD": 12, "Momentum": 20, "Nesterov": 20, "RMSProp": 28, "NAdam": 28}
PAIRS = [("", "BM_StepOnPool", "BM_StepOnOneThread"),
         ("with the check, ", "BM_CheckedStepOnPool", "BM_CheckedStepOnOneThread"),
         ("pool at rest, ", "BM_StepOnPoolAtRest", "BM_StepOnOneThreadAfterRest")]


@dataclasses.dataclass
class Claim:
    """A figure, what it was to be ("<= 1.05", ">= 1.8", or "" where nothing was promised), and what there is to say."""

    text: str
    target: str
    figure: float | None
    note: str = ""

    def reached(self):
        """Whether the figure keeps to the target; None without a target or a figure."""
        if not self.target or self.figure is None:
            return None
        sign, bound = self.target.split()
        return self.figure <= float(bound) if sign == "<=" else self.figure >= float(bound)

    def cells(self):
        figure = "-" if self.figure is None else f"{self.figure:.3f}" if "+-" in self.note else f"{self.figure:.2f}"
        reached = {True: "yes", False: "**no**", None: "-"}[self.reached()]
        return [self.text, self.target or "-", figure + (f" ({self.note})" if self.note else ""), reached]


def time_of(benchmarks, name):
    result = benchmarks.get(name)
    return None if result is None else result["time_ns"]


def ratio(above, below):
    return None if above is None or not below else above / below


def rule_claims(benchmarks):
    def against(step, twin, size):
        return ratio(time_of(benchmarks, f"{step}/{size}"), time_of(benchmarks, f"{twin}/{size}"))

    for size in (KI, 16 * KI, 256 * KI, 4 * MI, 32 * MI):
        yield Claim(f"Adam / AVX-512 intrinsics, {SHORT[size]}", "<= 1.5" if size == KI else "<= 1.05",
                    against("BM_AdamStep", "BM_AdamIntrinsicsAVX512", size))
    size = 32 * MI
    yield Claim("Adam / traffic of 28 bytes, 32 Mi", "<= 1.05", against("BM_AdamStep", "BM_MemoryTraffic28Bytes", size))
    yield Claim("Adam with the check / traffic of 32 bytes, 32 Mi", "<= 1.05",
                against("BM_AdamCheckedStep", "BM_MemoryTraffic32Bytes", size))
    for rule, count in TRAFFIC.items():
        yield Claim(f"{rule} / traffic of {count} bytes, 32 Mi", "<= 1.08",
                    against(f"BM_{rule}Step", f"BM_MemoryTraffic{count}Bytes", size))
    for level in ("AVX2", "SSE2"):
        yield Claim(f"Adam forced to {level} / {level} intrinsics, 16 Ki", "<= 1.1",
                    against(f"BM_AdamStepForcedTo{level}", f"BM_AdamIntrinsics{level}", 16 * KI))
    yield Claim("Adam forced to SSE2, without the norm / SSE2 intrinsics, 16 Ki", "<= 1.1",
                against("BM_AdamStepForcedToSSE2WithoutNorm", "BM_AdamIntrinsicsSSE2", 16 * KI))


def tail_claims(benchmarks):
    def time(name, model):
        return time_of(benchmarks, f"{name}/gpt2_resnet50_thousand:{model}/manual_time")

    for model, shapes in enumerate(TAILS):
        ours = time("BM_Tail", model)
        yield Claim(f"tail / traffic of 4 + 28 + 4 bytes, {shapes}", "<= 1.08" if model < 2 else "",
                    ratio(ours, time("BM_TailTraffic", model)))
        yield Claim(f"best separate passes / tail, {shapes}", ">= 1.1",
                    ratio(time("BM_TailSeparatePasses", model), ours))
        yield Claim(f"libtorch / tail, {shapes}", ">= 8", ratio(time("BM_TailTorch", model), ours))


def thread_claims(benchmarks, repetitions):
    for way, pool, alone in PAIRS:
        rows = {}
        for name, result in benchmarks.items():
            match = re.fullmatch(rf"{pool}(/elements:(\d+)/tensors:(\d+)/.*)", name)
            if match and alone + match[1] in benchmarks:
                rows[int(match[2]), int(match[3])] = result, benchmarks[alone + match[1]]
        for (elements, tensors), place in (((MI, 1), "1 Mi"), ((1000, 1000), "1000 x 1000")):
            pair = rows.get((elements, tensors))
            yield Claim(f"one thread / pool, {way}{place}", ">= 1.8" if tensors == 1 else "",
                        pair and pair[1]["time_ns"] / pair[0]["time_ns"])
        if not rows:
            yield Claim(f"pool / one thread, {way}worst of all sizes", "<= 1.02", None)
            continue

        def time_ratio(size):
            return rows[size][0]["time_ns"] / rows[size][1]["time_ns"]

        # Among sizes of which each has its noise, the worst is too high even if all are equal: the reader is told the
        # noise, twice the standard error of a ratio of two medians, and judges.
        worst = max(rows, key=time_ratio)
        where = "1000 x 1000" if worst[1] > 1 else f"{worst[0]} elements"
        spread = math.hypot(*(result.get("variation", 0.0) for result in rows[worst]))
        yield Claim(f"pool / one thread, {way}worst of {len(rows)} sizes", "<= 1.02", time_ratio(worst),
                    f"+- {2 * 1.25 * spread / math.sqrt(repetitions):.3f}, at {where}")


def network_claims(results, section):
    """Of the build for the machine at hand, for which there are targets, or of the default build."""
    native = section == "native"
    benchmarks = results.get("native", {}).get("benchmarks", {}) if native else results["benchmarks"]
    build = "built for this machine" if native else "default build"
    blas = results.get("blas", "")
    fair = not blas or blas.startswith("OpenBLAS")  # else no target: anybody beats the reference BLAS
    note = "" if fair else f"not over OpenBLAS: {blas}"
    ours, ours_on_two, torch, by_hand = (
        time_of(benchmarks, f"{name}/real_time")
        for name in ("BM_TrainerStep", "BM_TrainerStepOnThreads/2", "BM_Torch/threads:1/blas:1", "BM_ByHand"))
    target = ">= 1.5" if native and fair else ""
    yield Claim(f"training step: libtorch / trainer, one thread, {build}", target, ratio(torch, ours), note)
    settings = {name: result["time_ns"] for name, result in benchmarks.items() if name.startswith("BM_Torch/")}
    best = min(settings, key=settings.get, default=None)
    which = best and best.removeprefix("BM_Torch/").removesuffix("/real_time").replace("/", ", ")
    yield Claim(f"training step: libtorch's best / trainer, two threads, {build}", target,
                best and ratio(settings[best], ours_on_two), "; ".join(filter(None, [which, note])))
    yield Claim(f"training step: by hand in Eigen / trainer, one thread, {build}", "", ratio(by_hand, ours))


def claims(results):
    """All claims on the results of evidence.py, in the order of the documentation."""
    benchmarks = results["benchmarks"]
    found = [*rule_claims(benchmarks), *tail_claims(benchmarks), *thread_claims(benchmarks, results["repetitions"])]
    wrong = [name for name, message in results.get("errors", {}).items() if "bits" in message]
    pools = [name for name in benchmarks if re.match(r"BM_(Checked)?StepOnPool", name)]
    found.append(Claim("sizes at which a pool changes bits", "<= 0", float(len(wrong)) if pools or wrong else None,
                       ", ".join(wrong)))
    found += [*network_claims(results, "native"), *network_claims(results, "default")]
    compile_time = results.get("compile_time", {})
    found.append(Claim("compile time: six optimizers / <Eigen/Dense> and Tensor", "<= 2",
                       ratio(compile_time.get("six_optimizers_s"), compile_time.get("eigen_s"))))
    return found


def table(results):
    """The claims as a Markdown table."""
    rows = [["claim", "target", "figure", "reached"], *(claim.cells() for claim in claims(results))]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|---|---|---|---|", *lines[1:]])
