"""Scores: Dice of label maps, and how far grey values alone could get."""

from __future__ import annotations

import numpy as np

from phantoms import CLASSES


def dice(predicted: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Dice of each foreground class, pooled over all pictures; NaN for a class that neither side has."""
    scores = []
    for label in range(1, len(CLASSES)):
        found, there = predicted == label, truth == label
        total = found.sum() + there.sum()
        scores.append(2 * (found & there).sum() / total if total else np.nan)
    return np.array(scores)


def grey_value_counts(pictures: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """How many pixels of each class have each grey value: `[class, 256]`."""
    return np.stack([np.bincount(pictures[truth == label], minlength=256) for label in range(len(CLASSES))])


def best_grey_value_bound(pictures: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Dice of each foreground class that no classifier of single grey values can pass on these pictures.

    For one class alone, the best set of grey values is known exactly: sorted by the share of their pixels that belong
    to the class, it is the first k, for some k. The bound takes the best k on the test pictures themselves and lets
    the sets of two classes overlap, so every table from grey value to class, thresholds included, scores at most this.
    """
    counts = grey_value_counts(pictures, truth).astype(np.float64)
    all_pixels = counts.sum(0)
    scores = []
    for own in counts[1:]:
        order = np.argsort(-own / np.maximum(all_pixels, 1), kind="stable")
        scores.append((2 * np.cumsum(own[order]) / (own.sum() + np.cumsum(all_pixels[order]))).max())
    return np.array(scores)


def best_grey_value_table(pictures: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Dice of a real table from grey value to class, fitted to these pictures by changing one entry at a time."""
    counts = grey_value_counts(pictures, truth).astype(np.float64)
    table = counts.argmax(0)

    def score(table: np.ndarray) -> np.ndarray:
        taken = [table == label for label in range(1, len(CLASSES))]
        pairs = zip(counts[1:], taken, strict=True)
        return np.array([2 * own[mask].sum() / (own.sum() + counts[:, mask].sum()) for own, mask in pairs])

    best, improved = score(table).mean(), True
    while improved:
        improved = False
        for value in range(256):
            for label in range(len(CLASSES)):
                changed = table.copy()
                changed[value] = label
                if (mean := score(changed).mean()) > best:
                    table, best, improved = changed, mean, True
    return score(table)
