#!/usr/bin/env python3
"""Measures the software DPU beside ONNX Runtime on the same networks, slice by slice in turn.

README.md says what is compared and by which rules.
"""

import argparse
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import agreement
import dpu_side
import forms
import machine
import onnx_side
import xmodel

SCHEMA = "swift-dpu/compare-onnxruntime/1"
ROOT = pathlib.Path(__file__).resolve().parents[2]
NETWORKS = ("ctorg", "brats", "prostate", "bccd")
FEWEST_PAIRS = 15
SEED = 20250001
WARM_UP = 2  # runs at the head of each slice that are not counted: the other side has just used the caches
BUSY = 0.5  # load average above which the script warns
PAUSE = 0.02  # seconds between slices


def slices(dpu, onnx, pairs, seconds):
    """Runs A B A B …; gives for each side one (times, processor times) for each slice."""
    counts = {}
    for side in (dpu, onnx):
        side.run(WARM_UP)
        counts[side] = max(3, round(seconds * 1e9 / min(side.run(5)[0])))
    measured = {dpu: [], onnx: []}
    for _ in range(pairs):
        for side in (dpu, onnx):
            time.sleep(PAUSE)
            side.run(WARM_UP)
            measured[side].append(side.run(counts[side]))
    return measured[dpu], measured[onnx]


def summary(slices_of_side):
    """Best and median over all runs, in milliseconds and frames per second, and the same of the processor time."""
    times, processor_times = ([time for part in parts for time in part] for parts in zip(*slices_of_side))
    best, median = min(times) / 1e6, statistics.median(times) / 1e6
    return {
        "runs": len(times),
        "bestMilliseconds": best,
        "medianMilliseconds": median,
        "bestFramesPerSecond": 1000 / best,
        "medianFramesPerSecond": 1000 / median,
        "bestProcessorMilliseconds": min(processor_times) / 1e6,
        "medianProcessorMilliseconds": statistics.median(processor_times) / 1e6,
    }


def compare(model, threads, options):
    """The record of one network at one number of threads."""
    (partition, *others) = xmodel.read_partitions(model)
    if others:
        raise SystemExit(f"{model}: {len(others) + 1} DPU subgraphs; the comparison is made for one")
    shapes = {operation.name: operation.shape for operation in partition.operations}
    names = partition.input_names
    frames = [onnx_side.golden_frame(shapes[name], SEED + index) for index, name in enumerate(names)]
    dpu = dpu_side.DPUSide(options.bench, model, threads, SEED, options.isa)
    candidates = [forms.Form.parse(options.form)] if options.form else None
    onnx, trials = onnx_side.fastest(onnx_side.all_sides(partition, frames, threads, candidates))
    dpu_times, onnx_times = slices(dpu, onnx, options.pairs, options.seconds)
    with tempfile.TemporaryDirectory() as folder:
        results = dpu.outputs(folder)
    agreements = [agreement.agreement(mine, theirs) for mine, theirs in zip(onnx.outputs(), results)]
    description = dpu.description
    dpu.close()
    for found in agreements:
        if not found.is_close:
            raise SystemExit(f"{model}: the two sides do not compute the same network: {found}")
    ours, theirs = summary(dpu_times), summary(onnx_times)
    return {
        "network": pathlib.Path(model).stem,
        "threads": threads,
        "softwareDPU": ours,
        "onnxRuntime": theirs,
        "ratioBest": theirs["bestMilliseconds"] / ours["bestMilliseconds"],
        "ratioMedian": theirs["medianMilliseconds"] / ours["medianMilliseconds"],
        "ratioPairsMedian": statistics.median(
            statistics.median(b[0]) / statistics.median(a[0]) for a, b in zip(dpu_times, onnx_times)
        ),
        "ratioProcessorMedian": theirs["medianProcessorMilliseconds"] / ours["medianProcessorMilliseconds"],
        "form": str(onnx.network.form),
        "formTrialsMilliseconds": trials,
        "agreement": [vars(found) for found in agreements],
        "bench": description,
    }


def table(records):
    """The records as a Markdown table: ratios above 1 mean that the software DPU is faster."""
    rows = [
        "| network | threads | software DPU, ms best (median) | frames/s | ONNX Runtime, ms best (median) | frames/s "
        "| ratio best | ratio median | ratio processor time | form | same class |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for record in records:
        cells = [record["network"], str(record["threads"])]
        for side in ("softwareDPU", "onnxRuntime"):
            times = record[side]
            cells.append(f"{times['bestMilliseconds']:.2f} ({times['medianMilliseconds']:.2f})")
            cells.append(f"{times['bestFramesPerSecond']:.1f} ({times['medianFramesPerSecond']:.1f})")
        cells += [f"{record[ratio]:.2f}" for ratio in ("ratioBest", "ratioMedian", "ratioProcessorMedian")]
        cells.append(record["form"])
        cells.append(" ".join(f"{100 * found['argmax']:.2f} %" for found in record["agreement"]))
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def default_models():
    shared = pathlib.Path(os.environ.get("DPU_SHARED", ROOT.parent / "shared"))
    return [shared / "models" / "nerone" / f"{name}.xmodel" for name in NETWORKS]


def built_bench():
    """Builds the benchmark in release mode and gives its path."""
    build = ["swift", "build", "-c", "release", "--package-path", str(ROOT)]
    subprocess.run(build + ["--product", "bench"], check=True, stdout=sys.stderr)
    folder = subprocess.run(build + ["--show-bin-path"], check=True, capture_output=True, text=True).stdout.strip()
    return pathlib.Path(folder) / "bench"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", type=pathlib.Path, help="compiled .xmodel files (default: NERONE's four)")
    parser.add_argument("--threads", default="1", help="numbers of threads, such as 1,2 (default: 1)")
    parser.add_argument("--pairs", type=int, default=21, help="slices of each side (default: 21, at least 15)")
    parser.add_argument("--seconds", type=float, default=0.25, help="length of a slice (default: 0.25)")
    parser.add_argument("--bench", type=pathlib.Path, help="the bench executable (default: build it)")
    parser.add_argument("--isa", help="instruction set of the software DPU (default: the best)")
    parser.add_argument("--form", help="form of the ONNX model, such as uint8/subpixel/resize (default: the fastest)")
    parser.add_argument("--json", type=pathlib.Path, help="where the record goes")
    options = parser.parse_args()
    if options.pairs < FEWEST_PAIRS:
        parser.error(f"--pairs: at least {FEWEST_PAIRS}, for the machine's speed changes while we measure")
    models = options.models or default_models()
    missing = [str(model) for model in models if not model.is_file()]
    if missing:
        parser.error(f"no such file: {', '.join(missing)}; name models or set DPU_SHARED")
    options.bench = options.bench or built_bench()
    before = machine.record()
    if before["loadAverage"] > BUSY:
        print(f"the load average is {before['loadAverage']:.1f}: other processes interrupt the slower side more often, "
              "so the ratios flatter the faster one; measure again on a quiet machine", file=sys.stderr)
    records = []
    for threads in [int(text) for text in options.threads.split(",")]:
        for model in models:
            records.append(compare(model, threads, options))
            print(f"measured {model.stem} on {threads}", file=sys.stderr)
    print(table(records))
    print()
    print(before["processor"], f"{before['processors']} processors", " ".join(before["flags"]), sep=", ")
    compiler = records[0]["bench"]["machine"]["compiler"]
    versions = f"ONNX Runtime {before['onnxruntime']}, bench built by {compiler}"
    print(f"{versions}, {options.pairs} pairs, load average before {before['loadAverage']:.2f}")
    if options.json:
        document = {
            "schema": SCHEMA,
            "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "machine": before,
            "pairs": options.pairs,
            "secondsPerSlice": options.seconds,
            "seed": SEED,
            "results": records,
        }
        options.json.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
