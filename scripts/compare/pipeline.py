#!/usr/bin/env python3
"""Says whether the pipeline keeps a paced device busy, from PNG and from NPY files to written label maps.

Rounds of both kinds of file in turn, each a run of `dpu bench` over files made here, with the device alone beside it in
the same run; medians, and the ratio to what the device could do. The paced device has no DPU: its jobs take a given
time and compute nothing. Needs nothing but Python and the built program. Files lie in a folder in memory, unless another
one is named: on a disk that others use, writing waits for it, which is then measured too.
"""

import argparse
import json
import os
import pathlib
import random
import statistics
import struct
import subprocess
import sys
import tempfile
import zlib

SCHEMA = "swift-dpu/compare-pipeline/1"
ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = 0.98
SEED = 20250001


def phantom(seed, size):
    """A slice of a body with organs and noise, 8 bits."""
    numbers = random.Random(seed)
    organs = [
        (numbers.randint(60, 196), numbers.randint(70, 186), numbers.randint(8, 35) ** 2, numbers.randint(60, 240))
        for _ in range(6)
    ]
    rows = []
    for y in range(size):
        row = bytearray(size)
        for x in range(size):
            at_x, at_y = x * 256 // size, y * 256 // size
            if ((at_x - 128) / 110) ** 2 + ((at_y - 128) / 85) ** 2 >= 1:
                continue
            value = 120
            for center_x, center_y, radius, grey in organs:
                if (at_x - center_x) ** 2 + (at_y - center_y) ** 2 < radius:
                    value = grey
            row[x] = min(255, max(0, value + round(numbers.gauss(0, 6))))
        rows.append(bytes(row))
    return rows


def write_png(path, rows):
    """A grey PNG, each row as its difference to the one above."""
    raw, above = bytearray(), bytes(len(rows[0]))
    for row in rows:
        raw += b"\x02" + bytes((value - up) & 255 for value, up in zip(row, above))
        above = row

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(raw))) + chunk(b"IEND", b"")
    )


def write_npy(path, rows):
    """A float32 array [h, w, 1] from -1 to 1."""
    shape = f"({len(rows)}, {len(rows[0])}, 1)"
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(10 + len(header) + 1) % 64) + "\n"
    values = [value / 127.5 - 1 for row in rows for value in row]
    path.write_bytes(
        b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + struct.pack(f"<{len(values)}f", *values)
    )


def measure(options, folder, kind, output):
    """One run; gives busy shares and rates of the device alone and end to end."""
    command = options.launcher.split() + [str(options.dpu), "bench", str(options.model), str(folder / kind)]
    command += ["-o", str(output), "-d", "paced", "--paced-ms", str(options.milliseconds)]
    command += ["--cores", str(options.cores), "--duration", str(options.seconds), "--warm-up", "0.5", "--json", "-q"]
    if options.labels_only:
        command.append("--no-overlay")
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"{' '.join(command)}: {run.stderr.strip()}")
    phases = {phase["phase"]: phase for phase in json.loads(run.stdout)["phases"]}
    return {
        name: {"busy": min(phases[name]["core_busy"]), "rate": phases[name]["frames_per_second"]}
        for name in ("device-only", "end-to-end")
    }


def main():
    """Makes the files, measures in turn, prints medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = pathlib.Path(os.environ.get("DPU_SHARED", ROOT.parent / "shared"))
    parser.add_argument("model", nargs="?", default=shared / "models/nerone/ctorg.xmodel", type=pathlib.Path)
    parser.add_argument("--dpu", default=ROOT / ".build/release/dpu", type=pathlib.Path)
    parser.add_argument("--milliseconds", default=5.81, type=float, help="of a job (default 5.81, CT-ORG on a ZCU104)")
    parser.add_argument("--cores", default=2, type=int)
    parser.add_argument("--rounds", default=5, type=int)
    parser.add_argument("--seconds", default=4.0, type=float, help="of each phase")
    parser.add_argument("--files", default=40, type=int)
    parser.add_argument("--size", default=256, type=int, help="of the slices: that of the model")
    parser.add_argument("--labels-only", action="store_true", help="writes no overlays")
    parser.add_argument("--launcher", default="", help="words before the program: 'chrt -r 1' on a busy machine, as root")
    parser.add_argument("--scratch", default="/dev/shm", type=pathlib.Path, help="where files are made and written")
    parser.add_argument("--json", type=pathlib.Path, help="writes the record there")
    options = parser.parse_args()
    most = options.cores * 1000 / options.milliseconds
    load = os.getloadavg()[0]
    samples = {"png": [], "npy": []}
    with tempfile.TemporaryDirectory(dir=options.scratch) as scratch:
        folder = pathlib.Path(scratch)
        for kind in samples:
            (folder / kind).mkdir()
        for number in range(options.files):
            rows = phantom(SEED + number, options.size)
            write_png(folder / "png" / f"slice-{number:03d}.png", rows)
            write_npy(folder / "npy" / f"slice-{number:03d}.npy", rows)
        for _ in range(options.rounds):
            for kind, list_ in samples.items():
                list_.append(measure(options, folder, kind, folder / f"out-{kind}"))
    print(f"device: paced (no DPU); {options.cores} cores, {options.milliseconds} ms a job: at most {most:.1f} frames/s")
    written = "label maps" if options.labels_only else "label maps and overlays"
    print(f"medians of {options.rounds} rounds in turn, load {load:.1f} before; busy: the less busy core's share of the time")
    summary, is_reached = {}, True
    for kind, list_ in samples.items():
        rates = statistics.median(one["end-to-end"]["rate"] for one in list_)
        busy = statistics.median(one["end-to-end"]["busy"] for one in list_)
        alone = statistics.median(one["device-only"]["busy"] for one in list_)
        ratio = statistics.median(one["end-to-end"]["rate"] / one["device-only"]["rate"] for one in list_)
        is_reached = is_reached and busy >= TARGET
        summary[kind] = {"busy": busy, "rate": rates, "busyDeviceOnly": alone, "ratioToDeviceOnly": ratio}
        print(
            f"  {kind.upper()} files to written {written}: {rates:.1f} frames/s, busy {busy:.1%} "
            f"({'reached' if busy >= TARGET else 'NOT reached'}: {TARGET:.0%}); device alone busy {alone:.1%}; "
            f"end to end over device alone {ratio:.3f}"
        )
    if options.json:
        record = {"schema": SCHEMA, "device": "paced (no DPU)", "load": load, "most": most, "medians": summary}
        options.json.write_text(json.dumps(record | {"rounds": samples}, indent=2) + "\n")
    return 0 if is_reached else 1


if __name__ == "__main__":
    sys.exit(main())
