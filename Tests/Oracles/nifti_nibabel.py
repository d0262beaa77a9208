"""Reads NIfTI volumes with nibabel: a second opinion on what this package reads and writes.

    nifti_nibabel.py describe FILE...          for each file, as JSON: {"path", "error"} or shape, affine and a digest of its values
    nifti_nibabel.py compare VOLUME LABELS     as JSON: shape and affine of both, and the header fields that differ
"""

import hashlib
import json
import logging
import sys
import warnings

import nibabel
import numpy

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)


def values(image):
    """The values in single precision, channels fastest, then the axes as they are stored."""
    stored = numpy.asanyarray(image.dataobj) if image.header.get_data_dtype().fields else None
    if stored is not None:
        array = numpy.stack([stored[name] for name in stored.dtype.names], axis=-1).astype(numpy.float64)
        # Volumes behind one another, each with its colours.
        space = array.shape[:3] if stored.ndim > 3 else array.shape[:-1]
        array = array.reshape(space + (-1, array.shape[-1]))
        array = array.reshape(space + (-1,))
    else:
        array = image.get_fdata(dtype=numpy.float64)
        space = array.shape[:3]
        array = array.reshape(space + (-1,), order="F")
    points = array.reshape((-1, array.shape[-1]), order="F")
    return numpy.ascontiguousarray(points.astype(numpy.float32))


def describe(path):
    try:
        image = nibabel.load(path)
        if not isinstance(image, (nibabel.Nifti1Pair, nibabel.Nifti2Pair)):
            return {"path": path, "error": "is a " + type(image).__name__}
        if image.header.get_data_dtype().kind == "c":
            return {"path": path, "error": "complex"}
        found = values(image)
    except Exception as error:  # whatever nibabel raises is its opinion
        return {"path": path, "error": f"{type(error).__name__}: {error}"}
    shape = list(image.shape)
    directions = nibabel.aff2axcodes(image.affine)
    return {
        "path": path, "shape": shape, "affine": image.affine[:3].tolist(), "directions": list(directions),
        "digest": hashlib.sha256(found.tobytes()).hexdigest(), "channels": int(found.shape[1]),
    }


def text(value):
    return numpy.asarray(value).tolist().__repr__()


def compare(volume_path, labels_path):
    volume, labels = nibabel.load(volume_path), nibabel.load(labels_path)
    differing = {}
    for name in volume.header.keys():
        one, other = volume.header[name], labels.header[name]
        if not numpy.array_equal(one, other, equal_nan=one.dtype.kind == "f"):
            differing[name] = text(other)
    found = numpy.asanyarray(labels.dataobj)
    return {
        "kind": [type(volume).__name__, type(labels).__name__],
        "shape": [list(volume.shape), list(labels.shape)],
        "affine": [volume.affine[:3].tolist(), labels.affine[:3].tolist()],
        "type": str(labels.get_data_dtype()), "differing": differing,
        "counts": numpy.bincount(found.astype(numpy.int64).ravel(), minlength=256).tolist(),
        "digest": hashlib.sha256(found.astype(numpy.uint8).tobytes(order="F")).hexdigest(),
        "extensions": len(labels.header.extensions),
    }


def main():
    command, paths = sys.argv[1], sys.argv[2:]
    if command == "describe":
        answer = [describe(path) for path in paths]
    elif command == "compare":
        answer = compare(*paths)
    else:
        sys.exit(__doc__)
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
