"""The kinds of sources, one class each, listed here and nowhere else.

To add a kind:

1. Write its reader as plain functions in a module of :mod:`runtime.data` that imports nothing of
   ours but other such modules: they are exported as they stand (88 columns, heavy packages
   imported inside the functions). A constant in capitals that they use is exported with them.
2. Write a subclass of :class:`runtime.data.source.Source` in a module beside this one: how it is
   recognised, opened and described, what its ports hold, and the lines of a script that do the
   same with the reader's functions (`modules` names where those are defined). What is fitted is
   fitted on the training part: `divide` gives its rows, and may have a rule of its own.
3. Name it in `DataSpec.source` (:mod:`graph.dataspec`) and list it in `KINDS` below, before any
   kind that would take its files too. Its options are a sub-model of `DataSpec`, None unless
   chosen and listed in `DataSpec.when_set`, so that files without them stay as they are.
"""

from __future__ import annotations

from pathlib import Path

from graph.dataspec import DataSpec
from graph.errors import DataError
from runtime.data.source import Source
from runtime.data.sources.arrays import Digits, Idx, Npz
from runtime.data.sources.audio import Audio
from runtime.data.sources.clips import Clips
from runtime.data.sources.knowledge import Triples
from runtime.data.sources.pairs import Pairs
from runtime.data.sources.pictures import Pictures
from runtime.data.sources.records import HuggingFace, Json, Parquet
from runtime.data.sources.series import Series
from runtime.data.sources.tables import Csv
from runtime.data.sources.texts import Text, Texts

__all__ = ["KINDS", "open_source"]

#: By name, in the order in which a path is tried.
KINDS: dict[str, type[Source]] = {
    kind.name: kind
    for kind in (
        *(Digits, Idx, Audio, Clips, Pairs, Triples, Texts, Text, HuggingFace),
        *(Pictures, Npz, Parquet, Json, Series, Csv),
    )
}


def open_source(spec: DataSpec, base: Path) -> Source:
    """Read what `spec` points at; where decoding is dear, only the list of files.

    Raises DataError, ValueError or OSError (see :mod:`runtime.data.faults`).
    """
    if spec.source == "none":
        raise DataError("No data is chosen. Choose a source in the data panel.")
    kind = KINDS[spec.source]
    path = Path(kind.name) if kind.embedded else kind.locate(spec, base)
    source = kind.open(spec, path)
    if not source.count:
        raise DataError(f"{source.path}: the data is empty, there is no example in it.")
    return source
