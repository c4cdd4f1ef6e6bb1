"""What every kind of source is held to, and how descriptions are kept in files."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from graph.dataspec import DataSpec, Split
from runtime.data import describe, load
from runtime.data.sources import KINDS
from tests.runtime.data.making import write_table


def test_every_kind_has_a_name_in_descriptions() -> None:
    names = get_args(DataSpec.model_fields["source"].annotation)
    assert sorted(names) == sorted(["none", *KINDS])


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_kinds_are_complete(kind: type) -> None:
    assert kind.about.endswith(".")
    assert kind.modules
    assert kind.embedded or kind.wanted.startswith(("a ", "an "))
    assert kind.__doc__


def test_the_first_examples_of_an_ordered_split_train(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv")
    split = Split(kind="ordered", validation=0.1, test=0.2)
    spec = describe(DataSpec(source="csv", path="t.csv", split=split), tmp_path)
    data = load(spec, tmp_path)
    parts = (data.train, data.validation, data.test)
    assert [part.tolist() for part in parts] == [
        list(range(21)),
        [21, 22, 23],
        list(range(24, 30)),
    ]
