"""Text: reading, splitting into tokens, vocabularies, windows. Exported as it stands.

A token's number is its place in the vocabulary: 0 is padding, 1 a token that the training part does
not have; with `bounds`, 2 begins a text and 3 ends it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from runtime.data.splits import part_sizes

__all__ = [
    "bpe_tokens",
    "build_vocabulary",
    "cut_text",
    "fit_bpe",
    "pack_windows",
    "read_text",
    "read_texts",
    "rows_in_order",
    "special_tokens",
    "split_bpe",
    "split_characters",
    "split_spaces",
    "split_words",
    "tag_ids",
    "text_parts",
    "token_ids",
]


def read_text(file: Path) -> str:
    """Return the text of a UTF-8 file."""
    if file.stat().st_size > 2**28:
        raise ValueError(f"{file}: texts of more than 256 MiB are not read into memory")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{file}: not UTF-8 text; save it as UTF-8") from error
    if not text.strip():
        raise ValueError(f"{file}: there is no text in it")
    return text


def text_parts(folder: Path) -> dict[int, Path]:
    """Return the .txt files of a folder by part: 0 training, 1 validation, 2 test."""
    kinds = {"train": 0, "val": 1, "test": 2}
    files: dict[int, Path] = {}
    for file in sorted(folder.glob("*.txt"), key=lambda file: file.name):
        words = re.split(r"[^a-z]+", file.stem.lower())
        found = {kinds[key] for key in kinds for word in words if word.startswith(key)}
        for part in found:
            if files.setdefault(part, file) != file:
                names = f"both {files[part].name} and {file.name}"
                raise ValueError(f"{folder}: {names} could be the same part")
    if 0 not in files:
        raise ValueError(f"{folder}: expected train.txt, and test.txt beside it")
    return files


def read_texts(path: str | Path, validation: float, test: float) -> list[str]:
    """Return the text of the training, the validation and the test part.

    A folder has a file for each, such as train.txt; what it lacks is cut from the end of
    the training text, as all parts of a single file are.
    """
    path = Path(path)
    files = text_parts(path) if path.is_dir() else {0: path}
    parts = [read_text(files[part]) if part in files else "" for part in range(3)]
    shares = [0.0 if parts[1] else validation, 0.0 if parts[2] else test]
    first, second, third = cut_text(parts[0], *shares)
    return [first, parts[1] or second, parts[2] or third]


def cut_text(text: str, validation: float, test: float) -> tuple[str, str, str]:
    """Return the training, validation and test part of a text, by position.

    A cut falls behind the word in which it would be.
    """
    middle, last = part_sizes(len(text), validation, test)
    cuts = [len(text) - middle - last, len(text) - last]
    for place, cut in enumerate(cuts):
        space = re.compile(r"\s").search(text, max(cut - 1, 0), cut + 100)
        if space and cut < len(text):
            cuts[place] = space.end()
    return text[: cuts[0]], text[cuts[0] : cuts[1]], text[cuts[1] :]


def split_characters(texts: Iterable[str]) -> list[list[str]]:
    """Return the characters of each text."""
    return [list(text) for text in texts]


def split_words(texts: Iterable[str]) -> list[list[str]]:
    """Return the words and punctuation marks of each text."""
    return [re.findall(r"<\w+>|\w+|[^\w\s]", text) for text in texts]


def split_spaces(texts: Iterable[str]) -> list[list[str]]:
    """Return what stands between the spaces of each text."""
    return [text.split() for text in texts]


def special_tokens(bounds: bool = False) -> list[str]:
    """Return the tokens with which each vocabulary begins."""
    return ["<pad>", "<unk>", *(["<bos>", "<eos>"] if bounds else [])]


def build_vocabulary(
    columns: Sequence[Sequence[Sequence[str]]],
    rows: Tensor | Sequence[int],
    size: int,
    bounds: bool = False,
) -> list[str]:
    """Return the special tokens, then those of the training `rows`, most frequent first.

    `columns` are texts as tokens, which share the vocabulary. `size` is the most that it
    may hold.
    """
    counts: Counter[str] = Counter()
    for texts in columns:
        for row in torch.as_tensor(rows).tolist():
            counts.update(texts[row])
    special = special_tokens(bounds)
    ranked = sorted(counts, key=lambda token: (-counts[token], token))
    return [*special, *(token for token in ranked if token not in special)][:size]


def fit_bpe(
    texts: Iterable[str],
    size: int,
    bounds: bool = False,
) -> tuple[list[str], list[str]]:
    """Return the vocabulary and the merges of a byte-pair encoding fitted to texts.

    R. Sennrich, B. Haddow, A. Birch, "Neural Machine Translation of Rare Words with
    Subword Units" (2016), on bytes, so that every text can be written. The 256 bytes
    come first, so that `size` is no less.
    """
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=special_tokens(bounds),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    lines = (line for text in texts for line in text.splitlines(keepends=True))
    tokenizer.train_from_iterator(lines, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    vocabulary = sorted(model["vocab"], key=model["vocab"].get)
    return vocabulary, [" ".join(pair) for pair in model["merges"]]


def bpe_tokens(
    texts: Sequence[str],
    vocabulary: Sequence[str],
    merges: Sequence[str],
) -> list[list[str]]:
    """Return the byte-pair tokens of each text; none reaches over the end of a line."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    index = {token: number for number, token in enumerate(vocabulary)}
    pairs = [(pair.split(" ")[0], pair.split(" ")[1]) for pair in merges]
    tokenizer = Tokenizer(models.BPE(vocab=index, merges=pairs))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokens: list[list[str]] = []
    for text in texts:
        tokens.append([])
        lines = text.splitlines(keepends=True)
        for start in range(0, len(lines), 1000):
            for found in tokenizer.encode_batch_fast(lines[start : start + 1000]):
                tokens[-1] += [vocabulary[number] for number in found.ids]
    return tokens


def split_bpe(
    columns: Sequence[Sequence[str]],
    rows: Tensor | Sequence[int],
    size: int,
    bounds: bool = False,
) -> tuple[list[list[list[str]]], list[str]]:
    """Return each column's texts as byte-pair tokens, and their vocabulary.

    It is fitted to the training `rows` and has at most `size` tokens.
    """
    chosen = torch.as_tensor(rows).tolist()
    texts = (column[row] for column in columns for row in chosen)
    vocabulary, merges = fit_bpe(texts, size, bounds)
    return [bpe_tokens(column, vocabulary, merges) for column in columns], vocabulary


def token_ids(
    texts: Sequence[Sequence[str]],
    vocabulary: Sequence[str],
    length: int,
    bounds: bool = False,
) -> np.ndarray:
    """Return the tokens' numbers: (N, length) int64, shorter texts padded, longer cut."""
    index = {token: number for number, token in enumerate(vocabulary)}
    ids = np.zeros((len(texts), length), dtype=np.int64)
    for row, tokens in enumerate(texts):
        numbers = [index.get(token, 1) for token in tokens]
        if bounds:
            numbers = [2, *numbers[: length - 2], 3]
        ids[row, : len(numbers)] = numbers[:length]
    return ids


def tag_ids(
    texts: Sequence[Sequence[str]],
    tags: Sequence[str],
    length: int,
    first_row: int = 2,
) -> np.ndarray:
    """Return the numbers of labels per step: (N, length) int64, 0 where there is none."""
    index = {tag: number for number, tag in enumerate(tags) if number}
    ids = np.zeros((len(texts), length), dtype=np.int64)
    for row, found in enumerate(texts):
        for tag in found:
            if tag not in index:
                fault = f"{tag!r:.80} labels no step of the training part"
                raise ValueError(f"row {row + first_row}: {fault}")
        numbers = [index[tag] for tag in found[:length]]
        ids[row, : len(numbers)] = numbers
    return ids


def pack_windows(
    tokens: Sequence[str],
    vocabulary: Sequence[str],
    length: int,
) -> np.ndarray:
    """Return a text in windows (N, length + 1) int64, each one token into the next.

    So every token but the first is predicted once. What does not fill a window is left out.
    """
    index = {token: number for number, token in enumerate(vocabulary)}
    ids = np.array([index.get(token, 1) for token in tokens], dtype=np.int64)
    count = max(len(ids) - 1, 0) // length
    starts = np.arange(count)[:, None] * length
    windows: np.ndarray = ids[starts + np.arange(length + 1)]
    return windows


def rows_in_order(sizes: Sequence[int]) -> list[Tensor]:
    """Return the rows of parts of these sizes that follow one another."""
    return list(torch.split(torch.arange(sum(sizes)), list(sizes)))
