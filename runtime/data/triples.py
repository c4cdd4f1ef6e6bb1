"""Triples of a knowledge graph: head, relation, tail. The functions are exported as they stand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from runtime.data.splits import part_sizes

__all__ = [
    "entities_of",
    "known_answers",
    "list_triple_files",
    "read_triples",
    "triple_split",
]


def list_triple_files(path: str | Path) -> dict[int, Path]:
    """Return the files by part: 0 training, 1 validation, 2 test; a file is all training.

    A folder has train.txt, valid.txt (or val, validation) and test.txt, or the same as
    .tsv.
    """
    path = Path(path)
    if not path.is_dir():
        return {0: path}
    names = {"train": 0, "valid": 1, "val": 1, "validation": 1, "test": 2}
    files: dict[int, Path] = {}
    for file in sorted(path.iterdir(), key=lambda file: file.name):
        part = names.get(file.stem.lower())
        if part is not None and file.suffix.lower() in (".txt", ".tsv"):
            other = files.setdefault(part, file)
            if other != file:
                raise ValueError(f"{path}: both {other.name} and {file.name} are there")
    if 0 not in files:
        raise ValueError(f"{path}: expected train.txt, and valid.txt and test.txt")
    return files


def read_triples(
    path: str | Path,
) -> tuple[list[str], list[str], list[str], np.ndarray]:
    """Return the heads, the relations, the tails and each triple's part.

    A line is a triple, its names separated by tabs; one that a file has twice counts once.
    Parts are 0 for training, 1 for validation, 2 for test.
    """
    heads: list[str] = []
    relations: list[str] = []
    tails: list[str] = []
    parts: list[int] = []
    titles = ("head relation tail", "h r t", "subject predicate object")
    for part, file in sorted(list_triple_files(path).items()):
        seen = set()
        try:
            lines = file.read_text(encoding="utf-8-sig").split("\n")
        except UnicodeDecodeError as error:
            raise ValueError(f"{file}: not UTF-8 text; save it as UTF-8") from error
        for number, line in enumerate(lines, 1):
            names = tuple(name.strip() for name in line.split("\t"))
            if not any(names) or (number == 1 and " ".join(names).lower() in titles):
                continue
            if len(names) != 3 or not all(names):
                wanted = "expected head, relation and tail separated by tabs"
                raise ValueError(f"{file}, line {number}: {wanted}, found {line!r:.80}")
            if names not in seen:
                seen.add(names)
                heads.append(names[0])
                relations.append(names[1])
                tails.append(names[2])
                parts.append(part)
    return heads, relations, tails, np.array(parts, dtype=np.int64)


def entities_of(heads: list[str], tails: list[str]) -> list[str]:
    """Return the names of all entities in order."""
    return sorted({*heads, *tails})


def known_answers(
    given: np.ndarray,
    relations: np.ndarray,
    answers: np.ndarray,
    entities: int,
) -> np.ndarray:
    """Return 1 for each entity known to answer a triple's question, else 0: (N, entities).

    The question has an entity and a relation given, (N,) each; all triples count,
    whatever their part, so that a right answer beside the one asked for is no mistake (the
    filtered setting of Bordes et al., 2013).
    """
    questions = relations * entities + given
    _, groups = np.unique(questions, return_inverse=True)
    known = np.zeros((groups.max() + 1, entities), dtype=np.float32)
    known[groups, answers] = 1
    answered: np.ndarray = known[groups]
    return answered


def triple_split(
    heads: np.ndarray,
    relations: np.ndarray,
    tails: np.ndarray,
    validation: float,
    test: float,
    seed: int,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return indices of the three parts of triples given as numbers.

    They are drawn at random among the triples whose head, tail and relation all occur in
    another triple that stays, so that nothing is asked of what was never trained.
    """
    middle, last = part_sizes(len(heads), validation, test)
    order = torch.randperm(len(heads), generator=torch.Generator().manual_seed(seed))
    uses = np.bincount(np.concatenate([heads, tails]))
    kinds = np.bincount(relations)
    drawn: list[int] = []
    for row in order.tolist():
        if len(drawn) == middle + last:
            break
        head, kind, tail = heads[row], relations[row], tails[row]
        least = 3 if head == tail else 2
        if min(uses[head], uses[tail]) >= least and kinds[kind] > 1:
            uses[head] -= 1
            uses[tail] -= 1
            kinds[kind] -= 1
            drawn.append(row)
    if len(drawn) < middle + last:
        fault = f"only {len(drawn)} of {len(heads)} triples can be kept from training"
        mend = "as the others have an entity or a relation of their own"
        wanted = f"{middle + last} are wanted. Set smaller parts"
        raise ValueError(f"{fault}, {mend}; {wanted}.")
    stays = torch.ones(len(heads), dtype=torch.bool)
    stays[drawn] = False
    rows = torch.tensor(drawn, dtype=torch.int64)
    return stays.nonzero()[:, 0], rows[:middle], rows[middle:]
