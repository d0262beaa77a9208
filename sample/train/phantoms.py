"""Phantoms: drawn slices that look like a CT of the upper abdomen, and their label maps.

A slice shows, as a radiologist's axial view does, the patient's right on the left of the picture: the liver there,
the stomach and the spleen on the other side, the kidneys beside the spine at the bottom. The body is surrounded by
air and has a wall of fat, muscle and ribs; bowel loops, two vessels and the spine lie between the organs and belong
to the background.

Grey values alone do not tell the organs apart. Liver and spleen draw their grey value from one distribution; the
kidneys overlap with vessels and liver; the stomach holds fluid as grey as muscle, with a gas bubble as dark as the
air outside; a bias field, blur and noise do the rest. What tells them apart is place, shape and neighbourhood.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

SIZE = 128
"""Width and height of a slice in pixels."""

CLASSES = ("background", "liver", "spleen", "kidneys", "stomach")
"""Names of the classes; the place in the list is the value in a label map."""

LIVER, SPLEEN, KIDNEYS, STOMACH = 1, 2, 3, 4

Mask = np.ndarray
"""A map of booleans, `[SIZE, SIZE]`."""


@dataclass(frozen=True)
class Slice:
    """One slice: `picture` is uint8 grey, `labels` uint8 class indices, both `[SIZE, SIZE]`."""

    picture: np.ndarray
    labels: np.ndarray


class Canvas:
    """The body's own coordinates: the centre is (0, 0), the skin lies near radius 1, y points to the back."""

    def __init__(self, random: np.random.Generator) -> None:
        """Places a body of random size, aspect, tilt and position on the picture."""
        rows, columns = np.mgrid[0:SIZE, 0:SIZE].astype(np.float64)
        half = SIZE / 2
        self.random = random
        self.half_width = random.uniform(0.78, 0.92) * half
        self.half_height = self.half_width * random.uniform(0.72, 0.86)
        x = columns - half + 0.5 - random.uniform(-0.06, 0.06) * half
        y = rows - half + 0.5 - random.uniform(-0.06, 0.06) * half
        tilt = random.uniform(-0.14, 0.14)
        self.x = (x * np.cos(tilt) + y * np.sin(tilt)) / self.half_width
        self.y = (y * np.cos(tilt) - x * np.sin(tilt)) / self.half_height

    def blob(
        self, centre: tuple[float, float], radii: tuple[float, float], turn: float = 0.0, wobble: float = 0.08
    ) -> Mask:
        """Draws a closed curve: an ellipse whose radius is bent by three random harmonics of the angle."""
        x, y = self.x - centre[0], self.y - centre[1]
        u = (x * np.cos(turn) + y * np.sin(turn)) / radii[0]
        v = (y * np.cos(turn) - x * np.sin(turn)) / radii[1]
        angle = np.arctan2(v, u)
        edge = np.ones_like(angle)
        for harmonic in (2, 3, 4):
            amplitude = self.random.normal(0, wobble / harmonic)
            edge += amplitude * np.cos(harmonic * angle + self.random.uniform(0, 2 * np.pi))
        return np.hypot(u, v) < edge

    def near(self, x: float, y: float, spread: float = 0.05) -> tuple[float, float]:
        """A point near the given one."""
        return x + self.random.uniform(-spread, spread), y + self.random.uniform(-spread, spread)

    def radii(self, x: float, y: float, spread: float = 0.18) -> tuple[float, float]:
        """Two radii, both scaled by one random size and a little by one more each."""
        size = self.random.uniform(1 - spread, 1 + spread)
        own = self.random.uniform(0.92, 1.08, 2)
        return x * size * own[0], y * size * own[1]


def draw(random: np.random.Generator) -> Slice:
    """Draws one slice."""
    canvas = Canvas(random)
    grey = np.full((SIZE, SIZE), random.uniform(4, 12))
    labels = np.zeros((SIZE, SIZE), np.uint8)
    cavity = draw_body(canvas, grey)
    draw_bowel(canvas, grey, cavity)
    draw_organs(canvas, grey, labels, cavity)
    draw_spine_and_vessels(canvas, grey, labels)
    return Slice(expose(random, grey), labels)


def draw_body(canvas: Canvas, grey: np.ndarray) -> Mask:
    """Draws skin, fat, muscle and ribs, fills the inside with fat, and gives back the inside."""
    random = canvas.random
    fat, muscle, bone = random.uniform(62, 78), random.uniform(98, 120), random.uniform(190, 225)
    wall = random.uniform(0.05, 0.14)
    shape_state = random.bit_generator.state
    outlines = []
    for radius in (1.0, 1.0 - wall, 0.92 - wall):
        # The three outlines share their wobble, so that the layers of the wall stay parallel.
        random.bit_generator.state = shape_state
        outlines.append(canvas.blob((0, 0), (radius, radius), wobble=0.05))
    body, wall_muscle, cavity = outlines
    grey[body] = fat
    grey[wall_muscle] = muscle
    grey[cavity] = fat - 4
    for angle in np.arange(0, 2 * np.pi, np.pi / 7) + random.uniform(0, np.pi / 7):
        middle = 0.96 - wall
        rib = canvas.blob((middle * np.cos(angle), middle * np.sin(angle)), (0.07, 0.032), angle + np.pi / 2)
        grey[rib & wall_muscle & ~cavity] = bone
    return cavity


def draw_bowel(canvas: Canvas, grey: np.ndarray, cavity: Mask) -> None:
    """Draws loops of bowel, some with gas: they look like small pieces of the organs and are background."""
    random = canvas.random
    for _ in range(random.integers(3, 8)):
        centre = random.uniform(-0.3, 0.5), random.uniform(-0.15, 0.3)
        loop = canvas.blob(centre, canvas.radii(0.09, 0.1), wobble=0.1) & cavity
        grey[loop] = random.uniform(95, 150)
        if random.random() < 0.4:
            grey[canvas.blob((centre[0], centre[1] - 0.03), (0.045, 0.04)) & loop] = random.uniform(8, 30)


def draw_organs(canvas: Canvas, grey: np.ndarray, labels: np.ndarray, cavity: Mask) -> None:
    """Draws the four organs, each cut by the cavity and by what is drawn after it."""
    random = canvas.random

    def put(organ: Mask, value: float, label: int) -> None:
        grey[organ] = value
        labels[organ] = label

    if random.random() < 0.94:
        stomach = canvas.blob(canvas.near(0.3, -0.4, 0.07), canvas.radii(0.3, 0.27), random.uniform(-0.5, 0.5), 0.14)
        put(stomach & cavity, random.uniform(92, 128), STOMACH)
        fill_stomach(canvas, grey, stomach & cavity)
    right_lobe = canvas.blob(canvas.near(-0.52, -0.08), canvas.radii(0.38, 0.55, 0.12), random.uniform(-0.25, 0.25))
    left_lobe = canvas.blob(canvas.near(-0.16, -0.45), canvas.radii(0.32, 0.22), random.uniform(-0.4, 0.1), 0.12)
    put((right_lobe | left_lobe) & cavity, random.uniform(122, 158), LIVER)
    if random.random() < 0.94:
        turn = random.uniform(-0.35, 0.25)
        spleen = canvas.blob(canvas.near(0.68, 0.1), canvas.radii(0.2, 0.42), turn)
        hollow = canvas.blob(canvas.near(0.42, 0.02, 0.04), (0.16, 0.32), turn)
        put(spleen & ~hollow & cavity, random.uniform(122, 158), SPLEEN)
    value = random.uniform(140, 182)
    for side in (-1, 1):
        if random.random() < 0.05:
            continue
        centre = canvas.near(side * 0.38, 0.46)
        kidney = canvas.blob(centre, canvas.radii(0.155, 0.24, 0.14), side * random.uniform(0.0, 0.6), 0.05)
        pelvis = canvas.blob((centre[0] - side * 0.14, centre[1] - 0.02), canvas.radii(0.07, 0.08))
        rim = canvas.blob(centre, (0.2, 0.29), wobble=0.0) & cavity & (labels != SPLEEN) & ~kidney
        if random.random() < 0.5:
            grey[rim], labels[rim] = random.uniform(60, 76), 0
        put(kidney & ~pelvis & cavity, value + random.uniform(-4, 4), KIDNEYS)


def fill_stomach(canvas: Canvas, grey: np.ndarray, stomach: Mask) -> None:
    """Gives the stomach a wall, coarse contents, and most times a bubble of gas at the front with a level surface."""
    random = canvas.random
    if not stomach.any():
        return
    coarse = gaussian_filter(random.normal(size=grey.shape), 2.0)
    grey[stomach] += (coarse / coarse.std() * random.uniform(3, 9))[stomach]
    inside = gaussian_filter(stomach.astype(np.float64), 1.0) > 0.8
    grey[stomach & ~inside] = random.uniform(118, 140)
    if random.random() < 0.7:
        front, back = canvas.y[stomach].min(), canvas.y[stomach].max()
        level = front + random.uniform(0.15, 0.5) * (back - front)
        grey[inside & (canvas.y < level)] = random.uniform(6, 20)


def draw_spine_and_vessels(canvas: Canvas, grey: np.ndarray, labels: np.ndarray) -> None:
    """Draws a vertebra with its canal, aorta and vena cava over everything else."""
    random = canvas.random
    x = random.uniform(-0.04, 0.04)
    vessel = random.uniform(128, 185)
    parts = [
        (canvas.blob((x, 0.74), (0.3, 0.16), wobble=0.1), random.uniform(98, 120)),
        (canvas.blob((x, 0.55), (0.16, 0.17), wobble=0.05), random.uniform(165, 205)),
        (canvas.blob((x, 0.78), (0.06, 0.07), wobble=0.05), random.uniform(88, 105)),
        (canvas.blob((x + 0.09, 0.31), canvas.radii(0.065, 0.08)), vessel),
        (canvas.blob((x - 0.13, 0.3), canvas.radii(0.075, 0.08)), vessel + random.uniform(-10, 5)),
    ]
    for part, value in parts:
        grey[part], labels[part] = value, 0


def expose(random: np.random.Generator, grey: np.ndarray) -> np.ndarray:
    """Does to ideal grey values what a scanner does: bias field, blur, noise, eight bits."""
    bias = gaussian_filter(random.normal(size=grey.shape), SIZE / 4)
    bias = 1 + random.uniform(0.02, 0.07) * bias / np.abs(bias).max()
    blurred = gaussian_filter(grey * bias, random.uniform(0.45, 0.75))
    fine, grain = random.normal(size=grey.shape), gaussian_filter(random.normal(size=grey.shape), 0.8)
    noise = fine + grain / grain.std()
    return np.clip(np.rint(blurred + random.uniform(2.5, 5.0) * noise), 0, 255).astype(np.uint8)


def draw_number(seed: int, stream: int, number: int) -> Slice:
    """Draws one slice of an endless stream: it depends on these three numbers and nothing else."""
    return draw(np.random.default_rng([seed, stream, number]))
