"""Draws phantoms, trains the sample network, rounds it to int8, scores it, and writes what the package commits.

    python train.py --work FOLDER

`FOLDER` gets the description of the int8 network that `make-sample-model` turns into `phantom-ct.xmodel`; the test
pictures and their labels go to `sample/pictures` and `sample/labels`. Everything is seeded.
"""

from __future__ import annotations

import argparse
import functools
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import jax
import numpy as np
import optax
from PIL import Image

import export
import network
import phantoms
import quantize
import scores

SEED = 2024
TRAINING, CALIBRATION, TEST = 1, 2, 3
"""Streams of slices: what is drawn for one purpose is never seen by another."""

TRAINING_COUNT, CALIBRATION_COUNT, TEST_COUNT = 4000, 32, 20
BATCH = 8
FLOAT_STEPS, ROUNDED_STEPS = 1600, 400
FLOAT_RATE, ROUNDED_RATE = 2e-3, 3e-4


def draw_set(pool: ProcessPoolExecutor, stream: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Draws the first slices of a stream: pictures and labels, uint8 `[count, SIZE, SIZE]`."""
    slices = list(pool.map(functools.partial(phantoms.draw_number, SEED, stream), range(count), chunksize=10))
    return np.stack([one.picture for one in slices]), np.stack([one.labels for one in slices])


def loss(weights: network.Weights, rounding: network.Rounding, pictures: jax.Array, labels: jax.Array) -> jax.Array:
    """Cross entropy plus one minus the soft Dice of the foreground classes, pooled over the batch."""
    logits = network.run(weights, pictures, rounding)[network.OUTPUT]
    wanted = jax.nn.one_hot(labels, len(phantoms.CLASSES))
    cross_entropy = -(wanted * jax.nn.log_softmax(logits)).sum(-1).mean()
    shares = jax.nn.softmax(logits)
    overlap, total = (shares * wanted).sum((0, 1, 2)), (shares + wanted).sum((0, 1, 2))
    return cross_entropy + 1 - ((2 * overlap + 1) / (total + 1))[1:].mean()


def train(
    weights: network.Weights,
    rounding: network.Rounding,
    data: tuple[np.ndarray, np.ndarray],
    steps: int,
    rate: float,
    seed: int,
) -> network.Weights:
    """Runs Adam with a warm-up and a cosine-shaped rate for a number of steps."""
    schedule = optax.warmup_cosine_decay_schedule(0, rate, steps // 20, steps, rate / 100)
    optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(schedule))
    state = optimizer.init(weights)
    random = np.random.default_rng(seed)

    @jax.jit
    def step(
        weights: network.Weights, state: optax.OptState, pictures: jax.Array, labels: jax.Array
    ) -> tuple[network.Weights, optax.OptState, jax.Array]:
        value, gradient = jax.value_and_grad(loss)(weights, rounding, pictures, labels)
        updates, state = optimizer.update(gradient, state, weights)
        return optax.apply_updates(weights, updates), state, value

    recent = []
    for number in range(1, steps + 1):
        chosen = random.integers(0, len(data[0]), BATCH)
        weights, state, value = step(weights, state, network.prepare(data[0][chosen]), data[1][chosen])
        recent.append(float(value))
        if number % 100 == 0:
            print(f"  step {number:5}: loss {np.mean(recent):.4f}", flush=True)
            recent = []
    return weights


def report(title: str, values: np.ndarray) -> None:
    """Prints the Dice of each class and the mean."""
    parts = [f"{name} {value:.4f}" for name, value in zip(phantoms.CLASSES[1:], values, strict=True)]
    print(f"{title:34} mean {np.nanmean(values):.4f}   " + "  ".join(parts), flush=True)


def write_pictures(folder: Path, arrays: np.ndarray) -> None:
    """Writes 8-bit grey PNG files `slice-01.png` and so on."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, array in enumerate(arrays, 1):
        Image.fromarray(array, "L").save(folder / f"slice-{number:02}.png", optimize=True)


def main() -> None:
    """Runs the whole chain."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder for the description of the int8 network")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent, help="the folder `sample`")
    arguments = parser.parse_args()
    start = time.monotonic()

    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        data = draw_set(pool, TRAINING, TRAINING_COUNT)
        calibration, _ = draw_set(pool, CALIBRATION, CALIBRATION_COUNT)
        pictures, labels = draw_set(pool, TEST, TEST_COUNT)
    write_pictures(arguments.out / "pictures", pictures)
    write_pictures(arguments.out / "labels", labels)
    print(f"drew {len(data[0])} training slices in {time.monotonic() - start:.0f} s", flush=True)

    weights = train(network.initial_weights(SEED), lambda _, x: x, data, FLOAT_STEPS, FLOAT_RATE, SEED + 1)
    float_labels = np.asarray(network.run(weights, network.prepare(pictures))[network.OUTPUT]).argmax(-1)
    fix_points = quantize.choose_fix_points(weights, network.prepare(calibration))
    plain = quantize.integer_weights(weights, fix_points)
    weights = train(weights, quantize.straight_through(fix_points), data, ROUNDED_STEPS, ROUNDED_RATE, SEED + 2)
    integers = quantize.integer_weights(weights, fix_points)

    inputs = quantize.quantized_input(network.prepare(pictures))
    tensors = quantize.run_integers(inputs, integers, fix_points)
    export.write(arguments.work, integers, fix_points)
    np.savez_compressed(arguments.work / "reference.npz", **tensors)
    print(f"trained in {time.monotonic() - start:.0f} s, {sum(x.size for x in integers.values())} weights and biases")
    print(f"Dice on {TEST_COUNT} held-out slices, pooled")
    report("float", scores.dice(float_labels, labels))
    report("int8, not trained with rounding", scores.dice(quantize.integer_labels(inputs, plain, fix_points), labels))
    report("int8", scores.dice(tensors[network.OUTPUT].argmax(-1), labels))
    report("grey values alone: a fitted table", scores.best_grey_value_table(pictures, labels))
    report("grey values alone: upper bound", scores.best_grey_value_bound(pictures, labels))


if __name__ == "__main__":
    main()
