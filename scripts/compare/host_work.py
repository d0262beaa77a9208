#!/usr/bin/env python3
"""Measures the host work of a frame beside the Python path of NERONE's notebooks, slice by slice in turn.

HOST_WORK.md says what is compared and by which rules.
"""

import argparse
import ctypes
import datetime
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

import cv2
import numpy

SCHEMA = "swift-dpu/compare-host-work/1"
ROOT = pathlib.Path(__file__).resolve().parents[2]
FEWEST_PAIRS = 15
SEED = 20250001
BUSY = 0.5  # load average above which the script warns
FIX_POINT = 6  # of all four inputs
NETWORKS = {  # input, output and its fix point, least ratio that is aimed at
    "ctorg": ((256, 256, 1), (256, 256, 6), -2, 20),
    "brats": ((240, 240, 4), (240, 240, 4), 0, 20),
    "prostate": ((256, 256, 1), (256, 256, 3), 2, 20),
    "bccd": ((200, 250, 3), (4,), 3, 4),
}

# What AMD's runner does with float tensors on both sides of a job: one element after the other, by a truncating cast.
CONVERSIONS = r"""
#include <stddef.h>
#include <stdint.h>

void to_fixed(const float *in, int8_t *out, size_t count, float scale) {
  for (size_t i = 0; i < count; i++) out[i] = (int8_t)(int32_t)(in[i] * scale);
}

void to_float(const int8_t *in, float *out, size_t count, float scale) {
  for (size_t i = 0; i < count; i++) out[i] = (float)in[i] * scale;
}
"""


def conversions(folder, flags):
    """Compiles the loops and gives them as functions."""
    source, library = pathlib.Path(folder) / "conversions.c", pathlib.Path(folder) / "conversions.so"
    source.write_text(CONVERSIONS)
    subprocess.run(["cc", *flags, "-shared", "-fPIC", "-o", library, source], check=True)
    loaded = ctypes.CDLL(str(library))
    for function in (loaded.to_fixed, loaded.to_float):
        function.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_float]
        function.restype = None
    return loaded


class PythonSide:
    """The notebooks' way: frame into a float buffer, the runner's conversions, argmax; no time passes for the DPU."""

    def __init__(self, name, loops):
        shape, output, fix_point, _ = NETWORKS[name]
        random = numpy.random.default_rng(SEED)
        self.loops = loops
        self.steps = (2.0**FIX_POINT, 2.0**-fix_point)
        self.picture = None
        self.frame = random.random(shape, numpy.float32)
        if name == "bccd":
            self.picture = random.integers(0, 256, (240, 320, 3), numpy.uint8)
        self.input = numpy.zeros((1, *shape), numpy.float32)
        self.fixed_input = numpy.zeros(shape, numpy.int8)
        self.fixed_output = random.integers(-128, 128, output, numpy.int8)
        self.output = numpy.zeros((1, *output), numpy.float32)
        self.pointers = [array.ctypes.data for array in (self.input, self.fixed_input, self.fixed_output, self.output)]

    def frame_once(self):
        frame = self.frame
        if self.picture is not None:
            # As the notebook does it: doubles first, then resized.
            frame = cv2.resize(self.picture / 255.0, (250, 200))
        self.input[0, ...] = frame
        floats, fixed, result, scores = self.pointers
        self.loops.to_fixed(floats, fixed, self.input.size, self.steps[0])
        self.loops.to_float(result, scores, self.output.size, self.steps[1])
        return numpy.argmax(self.output[0], axis=-1)

    def run(self, count):
        """Nanoseconds and nanoseconds on processors of so many frames."""
        start, processor_start = time.perf_counter_ns(), time.process_time_ns()
        for _ in range(count):
            self.frame_once()
        processor_time = time.process_time_ns() - processor_start
        return time.perf_counter_ns() - start, processor_time


class OwnSide:
    """`bench conversions --driven` as a child process."""

    def __init__(self, bench):
        self.process = subprocess.Popen(
            [str(bench), "conversions", "--driven"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.description = self._answer("its greeting")

    def _answer(self, asked):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"bench ended without an answer to {asked!r}, exit code {self.process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"bench: {answer['error']}")
        return answer

    def run(self, name, count):
        """Nanoseconds and nanoseconds on processors of so many frames."""
        command = f"run {name} {count}"
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        answer = self._answer(command)
        return answer["nanoseconds"], answer["processorNanoseconds"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def measure(name, own, loops, options):
    """The record of one network: slices A B A B."""
    python = PythonSide(name, loops)
    sides = {"own": lambda count: own.run(name, count), "python": python.run}
    counts = {}
    for side, run in sides.items():
        run(20)
        elapsed, _ = run(20)
        counts[side] = max(10, round(options.seconds * 1e9 / (elapsed / 20)))
    slices = {side: [] for side in sides}
    for _ in range(options.pairs):
        for side, run in sides.items():
            run(5)  # the other side has just used the caches
            _, processor_time = run(counts[side])
            slices[side].append(processor_time / counts[side] / 1000)
    ratios = [theirs / ours for ours, theirs in zip(slices["own"], slices["python"])]
    target = NETWORKS[name][3]
    return {
        "network": name,
        "framesPerSlice": counts,
        "medianProcessorMicroseconds": {side: statistics.median(times) for side, times in slices.items()},
        "bestProcessorMicroseconds": {side: min(times) for side, times in slices.items()},
        "ratioPairsMedian": statistics.median(ratios),
        "ratioBest": min(slices["python"]) / min(slices["own"]),
        "target": target,
        "isReached": statistics.median(ratios) >= target,
    }


def table(records):
    """The records as a Markdown table: ratios above 1 mean that this project needs less."""
    rows = [
        "| network | swift-dpu, µs median (best) | Python path, µs median (best) | ratio median | ratio best | aimed at |",
        "|---|---|---|---|---|---|",
    ]
    for record in records:
        cells = [record["network"]]
        for side in ("own", "python"):
            median, best = (record[key][side] for key in ("medianProcessorMicroseconds", "bestProcessorMicroseconds"))
            cells.append(f"{median:.1f} ({best:.1f})")
        cells += [f"{record['ratioPairsMedian']:.1f}", f"{record['ratioBest']:.1f}"]
        cells.append(f"{record['target']}: {'reached' if record['isReached'] else 'NOT reached'}")
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            return value.strip()
    return platform.processor()


def built_bench():
    """Builds the benchmark in release mode and gives its path."""
    build = ["swift", "build", "-c", "release", "--package-path", str(ROOT)]
    subprocess.run(build + ["--product", "bench"], check=True, stdout=sys.stderr)
    folder = subprocess.run(build + ["--show-bin-path"], check=True, capture_output=True, text=True).stdout.strip()
    return pathlib.Path(folder) / "bench"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", help=f"of {', '.join(NETWORKS)} (default: all)")
    parser.add_argument("--pairs", type=int, default=21, help="slices of each side (default: 21, at least 15)")
    parser.add_argument("--seconds", type=float, default=0.1, help="length of a slice (default: 0.1)")
    parser.add_argument("--flags", default="-O2", help="how cc compiles the runner's loops (default: -O2)")
    parser.add_argument("--bench", type=pathlib.Path, help="the bench executable (default: build it)")
    parser.add_argument("--json", type=pathlib.Path, help="where the record goes")
    options = parser.parse_args()
    if options.pairs < FEWEST_PAIRS:
        parser.error(f"--pairs: at least {FEWEST_PAIRS}, for the machine's speed changes while we measure")
    unknown = [name for name in options.networks if name not in NETWORKS]
    if unknown:
        parser.error(f"no such network: {', '.join(unknown)}; there are {', '.join(NETWORKS)}")
    load = os.getloadavg()[0]
    if load > BUSY:
        print(f"the load average is {load:.1f}: other processes push both sides out of the caches; measure again on a "
              "quiet machine", file=sys.stderr)
    cv2.setNumThreads(1)  # more would cost more time on processors
    own = OwnSide(options.bench or built_bench())
    with tempfile.TemporaryDirectory() as folder:
        loops = conversions(folder, options.flags.split())
        records = [measure(name, own, loops, options) for name in options.networks or NETWORKS]
    own.close()
    compiler = subprocess.run(["cc", "--version"], check=True, capture_output=True, text=True).stdout.splitlines()[0]
    versions = {
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "opencv": cv2.__version__,
        "cc": compiler,
        "flags": options.flags,
    }
    print(table(records))
    print()
    print(f"{processor()}; time on processors of a frame; {options.pairs} pairs, load average before {load:.2f}")
    print(", ".join(f"{key} {value}" for key, value in versions.items()))
    if options.json:
        document = {
            "schema": SCHEMA,
            "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "processor": processor(),
            "loadAverage": load,
            "versions": versions,
            "bench": own.description,
            "pairs": options.pairs,
            "secondsPerSlice": options.seconds,
            "results": records,
        }
        options.json.write_text(json.dumps(document, indent=2) + "\n")
    return 0 if all(record["isReached"] for record in records) else 1


if __name__ == "__main__":
    sys.exit(main())
