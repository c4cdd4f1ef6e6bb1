"""Dividing examples into training, validation and test. Exported as they stand.

Every choice is drawn from a torch Generator on the CPU, whose stream is the same everywhere.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

__all__ = [
    "given_split",
    "ordered_split",
    "part_sizes",
    "random_split",
    "stratified_split",
]


def part_sizes(count: int, validation: float, test: float) -> tuple[int, int]:
    """Return how many of `count` examples go to validation and to test.

    A fraction above zero gets at least one example.
    """
    # Rounded down, but not where only the binary fraction falls short: 100 * 0.29.
    fractions = (validation, test)
    sizes = [max(1, int(count * part + 1e-9)) if part else 0 for part in fractions]
    if count <= sum(sizes):
        wanted = f"{sizes[0]} for validation, {sizes[1]} for test and 1 for training"
        mend = "Add examples, or set a part to 0 in the split."
        raise ValueError(f"{count} examples are too few: needed are {wanted}. {mend}")
    return sizes[0], sizes[1]


def random_split(
    count: int,
    validation: float,
    test: float,
    seed: int,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return indices of the training, validation and test part, drawn at random."""
    middle, last = part_sizes(count, validation, test)
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    first = count - middle - last
    return order[:first], order[first : first + middle], order[first + middle :]


def ordered_split(
    count: int,
    validation: float,
    test: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return indices in order: the first train, those after validate, the last test."""
    middle, last = part_sizes(count, validation, test)
    order = torch.arange(count)
    first = count - middle - last
    return order[:first], order[first : first + middle], order[first + middle :]


def stratified_split(
    labels: np.ndarray,
    validation: float,
    test: float,
    seed: int,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return indices of the three parts, each class divided by the same fractions."""
    generator = torch.Generator().manual_seed(seed)
    parts: tuple[list[Tensor], list[Tensor], list[Tensor]] = ([], [], [])
    for label in np.unique(labels):
        rows = torch.from_numpy(np.flatnonzero(labels == label))
        try:
            middle, last = part_sizes(len(rows), validation, test)
        except ValueError as error:
            raise ValueError(f"class {label}: {error}") from None
        rows = rows[torch.randperm(len(rows), generator=generator)]
        first = len(rows) - middle - last
        parts[0].append(rows[:first])
        parts[1].append(rows[first : first + middle])
        parts[2].append(rows[first + middle :])
    # Mixed again, or the classes would follow one another.
    mixed = []
    for part in parts:
        rows = torch.cat(part)
        mixed.append(rows[torch.randperm(len(rows), generator=generator)])
    return mixed[0], mixed[1], mixed[2]


def given_split(
    parts: np.ndarray,
    validation: float,
    test: float,
    seed: int,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return indices of the parts that the data gives (0, 1 and 2).

    What it lacks is drawn at random from its training part, which keeps its order.
    """
    train, middle, last = (
        torch.from_numpy(np.flatnonzero(parts == k)) for k in range(3)
    )
    fractions = (0.0 if len(middle) else validation, 0.0 if len(last) else test)
    sizes = part_sizes(len(train), *fractions)
    generator = torch.Generator().manual_seed(seed)
    order = train[torch.randperm(len(train), generator=generator)]
    drawn, rest = order[: sum(sizes)], order[sum(sizes) :]
    middle = drawn[: sizes[0]] if sizes[0] else middle
    last = drawn[sizes[0] :] if sizes[1] else last
    return rest.sort().values, middle, last
