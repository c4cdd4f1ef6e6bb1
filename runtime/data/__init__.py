"""Where examples come from: reading, describing, dividing, normalising, exporting data."""

from __future__ import annotations

from runtime.data.checking import Finding, check
from runtime.data.export import requirements, source_code
from runtime.data.loading import Dataset, load
from runtime.data.ports import describe
from runtime.data.preview import ColumnFacts, Examples, Preview, preview
from runtime.data.recognise import from_path, match

__all__ = [
    "ColumnFacts",
    "Dataset",
    "Examples",
    "Finding",
    "Preview",
    "check",
    "describe",
    "from_path",
    "load",
    "match",
    "preview",
    "requirements",
    "source_code",
]
