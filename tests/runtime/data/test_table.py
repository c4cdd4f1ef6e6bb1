from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from runtime.data.sources.tables import sniff_csv
from runtime.data.table import categories, numbers, read_csv, table_parts
from tests.runtime.data.making import write_table


def table_of(tmp_path: Path, text: str, **options: object) -> dict[str, list[str]]:
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    return read_csv(path, **options)  # type: ignore[arg-type]


def test_quotes_spaces_and_a_byte_order_mark(tmp_path: Path) -> None:
    table = table_of(tmp_path, '\ufeffa, "b, c"\n1 ,"two ""2"""\n3,"x\ny"\n\n')
    assert table == {"a": ["1", "3"], "b, c": ['two "2"', "x\ny"]}


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_delimiter_is_found(tmp_path: Path, separator: str) -> None:
    path = write_table(tmp_path / "t.csv", separator=separator)
    delimiter, header = sniff_csv(path)
    assert (delimiter, header) == (separator, None)
    assert list(read_csv(path, delimiter)) == ["length", "width", "kind"]


def test_a_table_without_header_gets_names(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("1,2,a\n3,4,b\n")
    _, header = sniff_csv(path)
    assert header == ("column_1", "column_2", "column_3")
    table = read_csv(path, names=header)
    assert table["column_3"] == ["a", "b"]
    with pytest.raises(ValueError, match="row 1, column 'column_3': 'a' is not a number"):
        numbers(table, ["column_3"], first_row=1)


def test_numbers_stand_side_by_side(tmp_path: Path) -> None:
    values = numbers(table_of(tmp_path, "a,b\n1,2\n-3.5,4e2\n"), ["b", "a"])
    np.testing.assert_array_equal(values, [[2, 1], [400, -3.5]])
    assert values.flags.c_contiguous


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("four", "row 3, column 'b': 'four' is not a number"),
        ("3,5", "row 3, column 'b': '3,5' is not a number"),
        ("", "row 3, column 'b': the value is missing"),
        ("NaN", "row 3, column 'b': the value is missing"),
        ("-inf", "row 3, column 'b': -inf is not finite"),
        ("1e39", "row 3, column 'b': 1e39 is not finite"),
    ],
)
def test_a_bad_cell_is_named(tmp_path: Path, cell: str, message: str) -> None:
    table = table_of(tmp_path, f'a,b\n1,2\n3,"{cell}"\n')
    with pytest.raises(ValueError, match=message):
        numbers(table, ["a", "b"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n1,2,3\n", "row 3: expected 2 cells, found 3"),
        ("a,b\n1,2\n\n3,4\n", "row 3: expected 2 cells, found 0"),
        ("a,a\n1,2\n", "two columns are called 'a'"),
        ("a,b\n", "the table has no rows"),
        ("", "the table has no rows"),
        ('a,b\n1,"2\n', "unexpected end of data"),
        ("a,b\n1," + "x" * 200_000 + "\n", "field larger than field limit"),
    ],
)
def test_a_broken_table_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        table_of(tmp_path, text)


def test_another_encoding_is_named(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("a,b\n1,gr\u00fcn\n".encode("latin-1"))
    with pytest.raises(ValueError, match="save it as UTF-8"):
        read_csv(path)


def test_categories_keep_the_order_of_the_classes(tmp_path: Path) -> None:
    table = table_of(tmp_path, "k\nb\na\nb\n")
    assert categories(table, "k", ["b", "a"]).tolist() == [0, 1, 0]
    with pytest.raises(ValueError, match=r"row 3, column 'k': 'a' is none of the classes \['b'\]"):
        categories(table, "k", ["b"])
    with pytest.raises(ValueError, match=r"no column 'z'; there are: \['k'\]"):
        categories(table, "z", ["b"])
    with pytest.raises(ValueError, match="no column 'z'"):
        numbers(table, ["z"])


def test_parts_are_read_from_a_column(tmp_path: Path) -> None:
    table = table_of(tmp_path, "s\ntrain\nVal\ntest\n")
    assert table_parts(table, "s").tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="row 2, column 's': expected train"):
        table_parts({"s": ["else"]}, "s")


def test_quotation_marks_in_a_text_with_tabs(tmp_path: Path) -> None:
    rows = ['"Go," he said.\t"Va"', 'He said "no.\tIl dit "non', '"Yes\tOui']
    (tmp_path / "t.tsv").write_text("\n".join(rows) + "\n")
    delimiter, _ = sniff_csv(tmp_path / "t.tsv")
    assert delimiter == "\t"
    table = read_csv(tmp_path / "t.tsv", delimiter, ["en", "fr"])
    assert table["en"] == ['"Go," he said.', 'He said "no.', '"Yes']
    (tmp_path / "t.tsv").write_text('a\tb\n"x\ty"\tz\n')
    assert read_csv(tmp_path / "t.tsv", "\t") == {"a": ["x\ty"], "b": ["z"]}
