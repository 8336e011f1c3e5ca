"""Runs the benchmarks and leaves the evidence in two files: every median with the machine, compiler, commit and
command in evidence.json, and the chart of it in evidence.svg; prints what the library claims beside what was measured.

  evidence.py --programs build/release/benchmarks     runs them all, interleaved at random (some five minutes)
  evidence.py --from evidence.json                    only draws, and prints the claims
  evidence.py --from evidence.json --ratios           also prints the ratios that the documentation states

--native-binary is a network_benchmark built for the machine at hand: libtorch and OpenBLAS choose their instructions at
run time, Eigen's matrix products do not. The target benchmark_evidence runs all of it with what CMake knows of the
build. A benchmark that is not there (no libtorch, no AVX-512) leaves a gap. Needs nothing but Python 3.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

import evidence_chart
import evidence_claims

# Each program, what it leaves out (rows that nothing is compared with), and its share of the time for a repetition.
PROGRAMS = {"rules_benchmark": ("-BM_(SGD|Momentum|Nesterov|RMSProp|NAdam)RawLoop", 1.0),
            "tail_benchmark": ("", 1.0), "threads_benchmark": ("", 0.3), "network_benchmark": ("", 1.0)}
# Settings of OpenBLAS that belong to a machine's administrator. Wrong ones make libtorch many times slower, and a
# user's environment has none: the benchmarks run without them.
WITHHELD = ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"]
NANOSECONDS = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}


def output_of(*command, folder=None):
    """What a command prints, or "" if it cannot."""
    try:
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def machine(context):
    """The machine, from the operating system and from the context that the benchmarks print."""
    processor = platform.processor() or platform.machine()
    cpuinfo = pathlib.Path("/proc/cpuinfo")
    if cpuinfo.exists():
        text = cpuinfo.read_text(encoding="utf-8")
        fields = dict(re.findall(r"^(model name|cpu family|model)\s*:\s*(.+)$", text, re.MULTILINE))
        processor = fields.get("model name", processor)
        if "cpu family" in fields:  # "Intel Xeon Processor" alone, as some virtual machines call it, names no processor
            processor += f' (family {fields["cpu family"]}, model {fields["model"]})'
    return {"processor": processor, "cores": context["num_cpus"], "kernel": f"{platform.system()} {platform.release()}",
            "caches": [{"level": cache["level"], "type": cache["type"], "KiB": cache["size"] // 1024,
                        "shared_by": cache["num_sharing"]} for cache in context["caches"]]}


def medians(report):
    """The medians of one program's report, by name: {"BM_AdamStep/1024": {"time_ns": ..., "variation": ...}}."""
    found = {}
    for entry in report["benchmarks"]:
        if entry.get("error_occurred") or entry.get("aggregate_name") not in ("median", "cv"):
            continue
        result = found.setdefault(entry["run_name"], {})
        if entry["aggregate_name"] == "cv":
            result["variation"] = round(entry["real_time"], 4)
            continue
        result["time_ns"] = float(f'{entry["real_time"] * NANOSECONDS[entry["time_unit"]]:.5g}')
        if "ns/param" in entry:
            result["ns_per_parameter"] = float(f'{entry["ns/param"]:.5g}')
    return {name: result for name, result in found.items() if "time_ns" in result}


def errors(report):
    """What benchmarks of one program's report say went wrong, by name."""
    return {entry["name"]: entry["error_message"] for entry in report["benchmarks"] if entry.get("error_occurred")}


def environment():
    return {name: value for name, value in os.environ.items() if name not in WITHHELD}


def run_program(path, arguments, leave_out, share):
    """The report of one program, or None if the filter left nothing of it."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "out.json"
        # A filter takes either what matches or, after a "-", what does not.
        chosen = arguments.filter if arguments.filter != "." or not leave_out else leave_out
        subprocess.run([path, f"--benchmark_filter={chosen}", "--benchmark_enable_random_interleaving=true",
                        f"--benchmark_repetitions={arguments.repetitions}",
                        "--benchmark_report_aggregates_only=true",
                        f"--benchmark_min_time={arguments.min_time * share:g}",  # 1.7 takes a bare number of seconds
                        f"--benchmark_out={out}", "--benchmark_out_format=json"], check=True, env=environment())
        if not out.exists() or not out.read_text(encoding="utf-8").strip():
            return None
        return json.loads(out.read_text(encoding="utf-8"))


def compile_times(command):
    """Seconds to compile the two sources, medians of five interleaved runs; {} if they cannot be compiled."""
    folder = pathlib.Path(__file__).resolve().parent
    sources = {"six_optimizers_s": "compile_time.cpp", "eigen_s": "compile_time_twin.cpp"}
    times = {name: [] for name in sources}
    for _ in range(5):
        for name, source in sources.items():
            start = time.perf_counter()
            ran = subprocess.run([*shlex.split(command), "-c", folder / source, "-o", os.devnull], check=False)
            times[name].append(time.perf_counter() - start)
            if ran.returncode != 0:
                print(f"{source} does not compile: its time stays out", file=sys.stderr)
                return {}
    return {name: round(statistics.median(seconds), 3) for name, seconds in times.items()}


def run(arguments):
    """Runs all programs that are there; returns the evidence."""
    began = time.perf_counter()
    benchmarks, failed, native, context = {}, {}, None, {}
    programs = [(arguments.programs / program, *choice, False) for program, choice in PROGRAMS.items()]
    if arguments.native_binary is not None:
        programs.append((arguments.native_binary, "", 1.0, True))
    for path, leave_out, share, for_this_machine in programs:
        if not path.exists():
            print(f"{path} is not there: its results stay out", file=sys.stderr)
            continue
        report = run_program(path, arguments, leave_out, share)
        if report is None:
            continue
        failed.update(errors(report))
        if for_this_machine:
            native = medians(report)
        else:
            benchmarks.update(medians(report))
        context = report["context"] | context
    if not context:
        sys.exit(f"evidence.py: no benchmark was run: {arguments.programs} has none of {', '.join(PROGRAMS)} with a "
                 f'name that matches "{arguments.filter}"')
    source = pathlib.Path(__file__).parent
    results = {
        "library": f"eigentune {arguments.version}",
        "commit": output_of("git", "describe", "--always", "--dirty", folder=source) or "unknown",
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
        "machine": machine(context),
        "build": {"compiler": arguments.compiler, "flags": arguments.flags, "type": arguments.build_type},
        "repetitions": arguments.repetitions,
        "min_time_seconds": arguments.min_time,
        "command": arguments.command or "python3 " + shlex.join(sys.argv),
        "withheld_from_environment": {name: os.environ.get(name) for name in WITHHELD},
        "blas": context.get("blas", ""),
        "errors": failed,
        "benchmarks": dict(sorted(benchmarks.items())),
    }
    if native is not None:
        results["native"] = {"flags": arguments.native_flags, "benchmarks": dict(sorted(native.items()))}
    if arguments.compile:
        results["compile_time"] = {"command": arguments.compile, "runs": 5} | compile_times(arguments.compile)
    results["seconds"] = round(time.perf_counter() - began)
    return results


def ratio(benchmarks, above, below):
    """The ratio of two results, as text; "-" if one is missing."""
    above, below = benchmarks.get(above), benchmarks.get(below)
    if above is None or below is None:
        return "-"
    key = "ns_per_parameter" if "ns_per_parameter" in above and "ns_per_parameter" in below else "time_ns"
    return f"{above[key] / below[key]:.2f}"


def ratios(results):
    """The table of ratios of one run: each against its twin of the same size. Text, a table per kind."""
    benchmarks = results["benchmarks"]
    runs = [re.fullmatch(r"BM_\w+/(\d+)", name) for name in benchmarks]
    sizes = sorted({int(match[1]) for match in runs if match and int(match[1]) >= 1024})
    rows = [("Adam / intrinsics by hand (AVX-512)", "BM_AdamStep", "BM_AdamIntrinsicsAVX512"),
            ("Adam forced to AVX2 / its intrinsics", "BM_AdamStepForcedToAVX2", "BM_AdamIntrinsicsAVX2"),
            ("Adam forced to SSE2 / its intrinsics", "BM_AdamStepForcedToSSE2", "BM_AdamIntrinsicsSSE2"),
            ("Adam forced to SSE2, no norm / its intrinsics", "BM_AdamStepForcedToSSE2WithoutNorm",
             "BM_AdamIntrinsicsSSE2")]
    traffic = {"SGD": 12, "Momentum": 20, "Nesterov": 20, "RMSProp": 28, "Adam": 28, "NAdam": 28}
    rows += [(f"{rule} / traffic of {size} bytes", f"BM_{rule}Step", f"BM_MemoryTraffic{size}Bytes")
             for rule, size in traffic.items()]
    rows += [("Adam with the check / traffic of 32 bytes", "BM_AdamCheckedStep", "BM_MemoryTraffic32Bytes"),
             ("Eigen expressions / Adam", "BM_AdamExpressions", "BM_AdamStep"),
             ("plain loop / Adam", "BM_AdamRawLoop", "BM_AdamStep"),
             ("libtorch / Adam", "BM_AdamTorch", "BM_AdamStep"),
             ("ensmallen / Adam", "BM_AdamEnsmallen", "BM_AdamStep")]
    lines = []

    def table(head, columns, body):
        if not any(cell != "-" for _, cells in body for cell in cells):
            return
        lines.append(f"| {head} | " + " | ".join(columns) + " |")
        lines.append("|---|" + "---|" * len(columns))
        lines.extend(f"| {label} | " + " | ".join(cells) + " |" for label, cells in body)
        lines.append("")

    table("time of a step, parameters:", [evidence_chart.short_count(size) for size in sizes],
          [(label, [ratio(benchmarks, f"{above}/{size}", f"{below}/{size}") for size in sizes])
           for label, above, below in rows])
    tail = "gpt2_resnet50_thousand:{}/manual_time"
    table("time of a tail:", evidence_chart.MODELS,
          [(label, [ratio(benchmarks, f"{above}/{tail.format(m)}", f"{below}/{tail.format(m)}") for m in range(3)])
           for label, above, below in (("eigentune / traffic", "BM_Tail", "BM_TailTraffic"),
                                       ("separate passes / eigentune", "BM_TailSeparatePasses", "BM_Tail"),
                                       ("libtorch / eigentune", "BM_TailTorch", "BM_Tail"),
                                       ("two threads / one", "BM_TailOnTwoThreads", "BM_Tail"))])
    table("time of a training step:", ["ratio"],
          [(label, [ratio(benchmarks, above, below)]) for label, above, below in
           (("trainer / the same by hand", "BM_TrainerStep/real_time", "BM_ByHand/real_time"),
            ("trainer / libtorch", "BM_TrainerStep/real_time", "BM_Torch/threads:1/blas:1/real_time"))])
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=pathlib.Path, help="folder of the benchmarks' programs")
    parser.add_argument("--native-binary", type=pathlib.Path, help="a network_benchmark built for the machine at hand")
    parser.add_argument("--native-flags", default="", help="what that was built with")
    parser.add_argument("--compile", default="", help="compiler and flags, to time the compilation of two small files")
    parser.add_argument("--from", dest="source", type=pathlib.Path, help="take these results and run nothing")
    parser.add_argument("--ratios", action="store_true", help="print the table of ratios")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path(), help="folder for the two files")
    parser.add_argument("--filter", default=".", help="only benchmarks that match this regular expression")
    parser.add_argument("--repetitions", type=int, default=9)
    parser.add_argument("--min-time", type=float, default=0.05, help="seconds for one repetition of one benchmark")
    parser.add_argument("--compiler", default="unknown compiler")
    parser.add_argument("--flags", default="")
    parser.add_argument("--build-type", default="unknown build type")
    parser.add_argument("--version", default="(unknown version)")
    parser.add_argument("--command", help="what to repeat it with; this command if not given")
    arguments = parser.parse_args()
    if (arguments.programs is None) == (arguments.source is None):
        parser.error("give one of --programs and --from")

    arguments.output.mkdir(parents=True, exist_ok=True)
    if arguments.source is not None:
        results = json.loads(arguments.source.read_text(encoding="utf-8"))
    else:
        results = run(arguments)
        path = arguments.output / "evidence.json"
        path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        print(f"results: {path}")
    print(evidence_claims.table(results))
    if arguments.ratios:
        print("\n" + ratios(results))
    if arguments.source is None or not arguments.ratios:
        path = arguments.output / "evidence.svg"
        path.write_text(evidence_chart.draw(results), encoding="utf-8")
        print(f"chart: {path}")


if __name__ == "__main__":
    main()
