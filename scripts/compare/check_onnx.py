#!/usr/bin/env python3
"""Checks the ONNX form of every network that has golden vectors, in every form, against the vectors.

Exits 1 if a result lies so far off that the graph must be wrong.
"""

import argparse
import os
import pathlib
import sys

import numpy

import agreement
import onnx_side
import xmodel

ROOT = pathlib.Path(__file__).resolve().parents[2]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--shared",
        type=pathlib.Path,
        default=pathlib.Path(os.environ.get("DPU_SHARED", ROOT.parent / "shared")),
        help="folder with models/nerone and models/golden/nerone (default: DPU_SHARED or ../shared)",
    )
    parser.add_argument("networks", nargs="*", help="names such as ctorg; default: all")
    options = parser.parse_args()
    vectors = options.shared / "models" / "golden" / "nerone"
    names = options.networks or sorted(path.name for path in vectors.iterdir())
    wrong = 0
    for name in names:
        (partition,) = xmodel.read_partitions(options.shared / "models" / "nerone" / f"{name}.xmodel")
        for vector in (0, 1):
            frame = numpy.load(vectors / name / f"{vector}.input.npy")
            expected = numpy.load(vectors / name / f"{vector}.output.npy")
            for side in onnx_side.all_sides(partition, [frame], threads=1):
                side.run(1)
                found = agreement.agreement(side.outputs()[0], expected)
                wrong += not found.is_close
                verdict = "close" if found.is_close else "WRONG"
                print(f"{name} vector {vector} {side.network.form}: {found}: {verdict}", flush=True)
    if wrong:
        sys.exit(f"{wrong} results are not close to the golden vectors")


if __name__ == "__main__":
    main()
