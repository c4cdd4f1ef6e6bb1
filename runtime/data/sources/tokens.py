"""Columns of text as tokens: vocabularies fitted to the training part, labels per step."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import ClassVar

import numpy as np

from graph.dataspec import DataPort, DataSpec, TextOptions
from graph.errors import DataError
from runtime.data import splits, text
from runtime.data.source import Examples, Source, check_memory
from runtime.data.text import (
    bpe_tokens,
    build_vocabulary,
    fit_bpe,
    split_characters,
    split_spaces,
    split_words,
    tag_ids,
    token_ids,
)
from runtime.data.writing import Writer

__all__ = ["TextColumns", "decode", "encode", "tokens_of"]

#: The special tokens and the 256 bytes.
_LEAST_BPE = 260
SPLITTERS = {
    "char": "split_characters",
    "word": "split_words",
    "space": "split_spaces",
}


def tokens_of(
    texts: Sequence[str], options: TextOptions, port: DataPort | None
) -> list[list[str]]:
    """Return the tokens of texts; a byte-pair encoding needs the merges of `port`."""
    if options.lower:
        texts = [one.lower() for one in texts]
    if options.unit == "bpe" and port is not None:
        return bpe_tokens(texts, port.vocabulary, port.merges)
    if options.unit == "char":
        return split_characters(texts)
    return split_words(texts) if options.unit == "word" else split_spaces(texts)


def fit_columns(
    columns: Sequence[Sequence[str]], rows: Sequence[int], options: TextOptions
) -> dict[str, object]:
    """Return the vocabulary, and the merges, that columns of texts share.

    They are fitted to the training `rows`.
    """
    if options.unit != "bpe":
        tokens = [tokens_of(texts, options, None) for texts in columns]
        vocabulary = build_vocabulary(tokens, rows, options.size, options.bounds)
        return {"vocabulary": tuple(vocabulary), "merges": ()}
    if options.size < _LEAST_BPE:
        message = f"A byte-pair encoding needs a vocabulary of at least {_LEAST_BPE}"
        raise DataError(f"{message} tokens; the size is {options.size}.")
    chosen = (column[row] for column in columns for row in rows)
    written = (one.lower() for one in chosen) if options.lower else chosen
    vocabulary, merges = fit_bpe(written, options.size, options.bounds)
    return {"vocabulary": tuple(vocabulary), "merges": tuple(merges)}


def unknown_warnings(port: DataPort, ids: np.ndarray) -> list[tuple[str, str | None]]:
    """Return a warning where many of the tokens (N, T) are not in the vocabulary."""
    share = float((ids == 1).sum() / max(1, (ids > 0).sum()))
    message = f"{port.name}: {share:.0%} of the tokens are not in the vocabulary."
    return [(message, port.name)] if share > 0.1 else []


def encode(port: DataPort, options: TextOptions, written: str) -> list[int]:
    """Return the numbers of a text's tokens, neither padded nor cut, without its bounds."""
    index = {token: number for number, token in enumerate(port.vocabulary)}
    (tokens,) = tokens_of([written], options, port)
    return [index.get(token, 1) for token in tokens]


def decode(port: DataPort, options: TextOptions, ids: Sequence[int]) -> str:
    """Return the text that numbers stand for; padding and bounds are left out."""
    special = {"<pad>", "<bos>", "<eos>"}
    known = (port.vocabulary[i] for i in ids if 0 <= i < len(port.vocabulary))
    tokens = [token for token in known if token not in special]
    if options.unit == "bpe" and port.type == "tokens":
        from tokenizers import decoders

        return str(decoders.ByteLevel().decode(tokens))
    return ("" if options.unit == "char" and port.type == "tokens" else " ").join(
        tokens
    )


@dataclass(frozen=True, kw_only=True)
class TextColumns(Source):
    """A source whose columns can hold text."""

    modules: ClassVar[tuple[ModuleType, ...]] = (text, splits)

    @abstractmethod
    def cells(self, column: str) -> Sequence[str]:
        """Return a column's texts."""

    def cells_text(self, column: str, writer: Writer, spec: DataSpec) -> str:
        """Return the expression of a column's texts in a script."""
        return f"table[{writer.text_of(column)}]"

    @property
    def first_row(self) -> int:
        """The number of the first row in messages."""
        return 1

    @classmethod
    def requirements(cls, spec: DataSpec) -> list[str]:
        texts = [port for port in spec.ports if port.type == "tokens"]
        is_bpe = any(spec.text_of(port).unit == "bpe" for port in texts)
        return ["tokenizers>=0.20"] if is_bpe else []

    def with_options(self, spec: DataSpec) -> DataSpec:
        if spec.text is not None or not any(port.is_fitted for port in spec.ports):
            return spec
        has_tags = any(port.type == "tags" for port in spec.ports)
        options = TextOptions(unit="space" if has_tags else "word")
        return spec.model_copy(update={"text": options})

    def fill(self, port: DataPort, spec: DataSpec) -> DataPort:
        if not port.is_fitted:
            return super().fill(port, spec)
        self._check_columns(port)
        column = port.columns[0]
        for row, cell in enumerate(self.cells(column), self.first_row):
            if not cell.strip():
                mend = "Fill it in, or remove the row."
                raise DataError(
                    f"row {row}, column {column!r}: the text is missing. {mend}"
                )
        update = {"dtype": "int64", "classes": (), "normalize": "none"}
        return port.model_copy(update=update)

    def fit(self, spec: DataSpec) -> DataSpec:
        """Return `spec` with the vocabularies of the training part, and lengths."""
        if not any(port.is_fitted for port in spec.ports):
            return spec
        rows = self.training_rows(spec)
        fitted: dict[str, DataPort] = {}
        tokens: dict[str, list[list[str]]] = {}
        for group in _groups(spec):
            ports = self._with_vocabulary(group, spec.text_of(group[0]), rows)
            for port in ports:
                tokens[port.name] = self._tokens(port, spec.text_of(port))
                fitted[port.name] = port
        self._check_tags(spec, tokens)
        for port in fitted.values():
            options = spec.text_of(port)
            longest = max(map(len, tokens[port.name])) + 2 * options.bounds
            length = options.length or (port.shape[0] if port.shape else longest)
            # Of int64: two of float32.
            check_memory(self.path, self.count, (2, length), "Set a shorter length.")
            fitted[port.name] = port.model_copy(update={"shape": (max(length, 2),)})
        ports = [fitted.get(port.name, port) for port in spec.ports]
        return spec.model_copy(update={"ports": tuple(ports)})

    def _with_vocabulary(
        self, group: list[DataPort], options: TextOptions, rows: list[int]
    ) -> list[DataPort]:
        if group[0].type == "tags":
            labels = self._tokens(group[0], options)
            found = sorted({tag for row in rows for tag in labels[row]})
            update: dict[str, object] = {"vocabulary": ("<pad>", *found), "merges": ()}
        else:
            columns = [self.cells(port.columns[0]) for port in group]
            update = fit_columns(columns, rows, options)
        return [port.model_copy(update=update) for port in group]

    def _tokens(self, port: DataPort, options: TextOptions) -> list[list[str]]:
        key = (port.type, port.columns, options, port.merges)
        if key not in self.cache:
            cells = self.cells(port.columns[0])
            is_tags = port.type == "tags"
            self.cache[key] = (
                split_spaces(cells) if is_tags else tokens_of(cells, options, port)
            )
        found: list[list[str]] = self.cache[key]
        return found

    def _check_tags(self, spec: DataSpec, tokens: dict[str, list[list[str]]]) -> None:
        """Raise DataError where labels are not one per token."""
        texts = next((port for port in spec.ports if port.type == "tokens"), None)
        for port in spec.ports:
            if port.type != "tags" or texts is None:
                continue
            options = spec.text_of(port)
            if options.bounds:
                message = "labels per step leave no room for <bos> and <eos>"
                raise DataError(f"The port {port.name!r}: {message}. Leave them out.")
            pairs = zip(tokens[port.name], tokens[texts.name], strict=True)
            for row, (tags, words) in enumerate(pairs, self.first_row):
                if len(tags) != len(words):
                    found = f"{len(tags)} labels for {len(words)} tokens"
                    mend = f"Each token of {texts.name!r} needs one label"
                    unit = f"tokens are now cut by {options.unit!r}"
                    raise DataError(
                        f"row {row}, column {port.columns[0]!r}: {found}. {mend}; {unit}."
                    )

    def fitted_array(self, port: DataPort, spec: DataSpec) -> np.ndarray:
        """Return the numbers of a port's tokens or tags: (N, T) int64."""
        options = spec.text_of(port)
        tokens = self._tokens(port, options)
        if port.type == "tags":
            return tag_ids(tokens, port.vocabulary, port.shape[0], self.first_row)
        return token_ids(tokens, port.vocabulary, port.shape[0], options.bounds)

    def warnings(self, spec: DataSpec) -> list[tuple[str, str | None]]:
        found = super().warnings(spec)
        for port in spec.ports:
            if port.type != "tokens":
                continue
            options = spec.text_of(port)
            lengths = [len(one) for one in self._tokens(port, options)]
            room = port.shape[0] - 2 * options.bounds
            if cut := sum(length > room for length in lengths):
                longest = f"the longest has {max(lengths)}"
                message = (
                    f"{cut} texts have more than {room} tokens and are cut, {longest}."
                )
                found.append((f"{port.name}: {message}", port.name))
            found += unknown_warnings(port, self.fitted_array(port, spec))
        return found

    def examples(self, port: DataPort, spec: DataSpec, limit: int) -> Examples:
        if not port.is_fitted:
            return super().examples(port, spec, limit)
        options = spec.text_of(port)
        cells = list(self.cells(port.columns[0])[:limit])
        is_tags = port.type == "tags"
        tokens = split_spaces(cells) if is_tags else tokens_of(cells, options, port)
        known = set(port.vocabulary)
        shown = [
            tuple(token if token in known else "<unk>" for token in one)
            for one in tokens
        ]
        return Examples(texts=tuple(cells), tokens=tuple(shown))

    # -- writing ------------------------------------------------------------------------------

    def write_count(self, writer: Writer, spec: DataSpec) -> str:
        if not all(port.is_fitted for port in spec.ports):
            return super().write_count(writer, spec)
        column = self.cells_text(spec.ports[0].columns[0], writer, spec)
        return f"len({column})"

    def write_fitted(self, writer: Writer, spec: DataSpec) -> list[str]:
        lines: list[str] = []
        for group in _groups(spec):
            lines += self._write_group(group, writer, spec)
        return lines

    def _write_group(
        self,
        group: list[DataPort],
        writer: Writer,
        spec: DataSpec,
    ) -> list[str]:
        options = spec.text_of(group[0])
        bounds = ["bounds=True"] if options.bounds else []
        numbers = range(1, len(group) + 1)
        names = [f"tokens_{n}" if len(group) > 1 else "tokens" for n in numbers]
        cells = [self.cells_text(port.columns[0], writer, spec) for port in group]
        if options.lower and group[0].type == "tokens":
            cells = [f"[text.lower() for text in {cell}]" for cell in cells]
        lines: list[str] = []
        if group[0].type == "tags":
            split = writer.call("split_spaces", cells[0])
            tags = writer.list_of("TAGS", group[0].vocabulary)
            lines += split.assigned("labels")
            first = [f"first_row={self.first_row}"] if self.first_row != 2 else []
            call = writer.call(
                "tag_ids", "labels", tags, str(group[0].shape[0]), *first
            )
            return [*lines, *call.assigned(self._column(group[0], writer))]
        if options.unit == "bpe":
            size = [f"size={options.size}", *bounds]
            texts = [name.replace("tokens", "texts") for name in names]
            pairs = zip(texts, cells, strict=True)
            lines += [f"    {name} = {cell}" for name, cell in pairs if name != cell]
            call = writer.call("split_bpe", f"[{', '.join(texts)}]", "train", *size)
            lines += call.assigned("tokens, vocabulary")
            names = [f"tokens[{number}]" for number in range(len(group))]
        else:
            splitter = SPLITTERS[options.unit]
            for name, cell in zip(names, cells, strict=True):
                lines += writer.call(splitter, cell).assigned(name)
            size = [f"size={options.size}", *bounds]
            columns = f"[{', '.join(names)}]"
            call = writer.call("build_vocabulary", columns, "train", *size)
            lines += call.assigned("vocabulary")
        for port, name in zip(group, names, strict=True):
            length = f"length={port.shape[0]}"
            call = writer.call("token_ids", name, "vocabulary", length, *bounds)
            lines += call.assigned(self._column(port, writer))
        return lines

    def _column(self, port: DataPort, writer: Writer) -> str:
        return f"columns[{writer.text_of(port.name)}]"


def _groups(spec: DataSpec) -> list[list[DataPort]]:
    """Return the ports of text that share a vocabulary, then those of labels."""
    texts = [port for port in spec.ports if port.type == "tokens"]
    tags = [[port] for port in spec.ports if port.type == "tags"]
    if spec.text is not None and spec.text.shared:
        return [texts, *tags] if texts else tags
    return [*([port] for port in texts), *tags]
