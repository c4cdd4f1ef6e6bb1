"""Time series, sounds, clips and paired pictures: recognised, loaded, exported, replaced."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from graph.dataspec import AudioOptions, DataPort, DataSpec, SeriesOptions, Split
from graph.errors import DataError
from runtime.data import check, describe, from_path, load, match, preview, requirements
from tests.runtime.data.making import (
    write_clips,
    write_halves,
    write_pairs,
    write_pictures,
    write_series,
    write_sounds,
    write_table,
)
from tests.runtime.data.test_export_kinds import check_same


@pytest.fixture
def series(tmp_path: Path) -> DataSpec:
    spec = from_path(write_series(tmp_path / "sales.csv"))
    options = SeriesOptions(window=6, horizon=2)
    return describe(spec.model_copy(update={"series": options}), tmp_path)


def test_each_is_recognised(tmp_path: Path) -> None:
    made = {
        "series": write_series(tmp_path / "s.csv"),
        "audio": write_sounds(tmp_path / "sounds"),
        "clips": write_clips(tmp_path / "clips"),
        "pairs": write_pairs(tmp_path / "pairs"),
        "csv": write_table(tmp_path / "t.csv"),
        "images": write_pictures(tmp_path / "pictures"),
    }
    for kind, path in made.items():
        assert from_path(path).source == kind
    assert from_path(write_halves(tmp_path / "halves")).source == "pairs"


def test_files_without_options_stay_as_they_were() -> None:
    written = DataSpec(source="csv", path="t.csv").model_dump()
    assert not {"series", "audio", "clips", "text"} & set(written)


# -- time series ------------------------------------------------------------------------------


def test_a_series_has_a_window_and_what_follows(series: DataSpec) -> None:
    assert [(p.name, p.type, p.columns, p.shape) for p in series.ports] == [
        ("series", "series", ("sales", "price"), (6, 2)),
        ("target", "number", ("price",), (2,)),
    ]
    data = load(series, Path())
    assert data.columns["series"].shape == (96 - 7 + 12 - 7 + 12 - 7, 6, 2)
    assert [len(part) for part in (data.train, data.validation, data.test)] == [89, 5, 5]
    raw = data.original("series", data.columns["series"])
    np.testing.assert_allclose(raw[0, :, 0], [0, 11, 22, 33, 44, 55], atol=1e-3)
    following = data.original("target", data.columns["target"])
    np.testing.assert_allclose(following[0], [94, 100], atol=1e-3)
    # A value has the same scale wherever it stands.
    torch.testing.assert_close(data.columns["series"][1:80, -1, 1], data.columns["target"][:79, 0])


def test_a_later_part_changes_nothing_before_it(tmp_path: Path, series: DataSpec) -> None:
    before = load(series, tmp_path)
    lines = (tmp_path / "sales.csv").read_text().splitlines()
    lines[97:] = [line.replace(",", ",9") for line in lines[97:]]
    (tmp_path / "sales.csv").write_text("\n".join(lines))
    after = load(series, tmp_path)
    for name, column in before.columns.items():
        assert torch.equal(column[before.train], after.columns[name][after.train])
        assert not torch.equal(column[before.test], after.columns[name][after.test])


def test_a_series_is_divided_in_its_order_only(series: DataSpec) -> None:
    shuffled = series.model_copy(update={"split": Split(kind="random")})
    with pytest.raises(DataError, match=r"divided in its order: windows overlap.*Choose an ord"):
        load(shuffled, Path())
    assert [finding.severity for finding in check(shuffled, Path())] == ["error"]
    assert check(series, Path()) == []


def test_options_suit_a_short_series(tmp_path: Path) -> None:
    spec = from_path(write_series(tmp_path / "s.csv", rows=60))
    assert spec.series == SeriesOptions(window=3)
    long = spec.model_copy(update={"series": SeriesOptions(window=12)})
    with pytest.raises(DataError, match=r"validation part has 6 rows, .* Choose a shorter window"):
        load(long, tmp_path)


def test_a_missing_value_is_named_by_row(tmp_path: Path, series: DataSpec) -> None:
    file = tmp_path / "sales.csv"
    file.write_text(file.read_text().replace("2000-04,33,", "2000-04,,"))
    with pytest.raises(DataError, match="row 5, column 'sales': the value is missing"):
        load(series, tmp_path)


def test_another_series_takes_its_place(tmp_path: Path, series: DataSpec) -> None:
    rows = "".join(f"{k % 9},{k % 5}\n" for k in range(200))
    (tmp_path / "other.csv").write_text(f"load,temperature\n{rows}")
    assert from_path(tmp_path / "other.csv").source == "csv"
    spec = match(from_path(tmp_path / "other.csv", series), series)
    assert spec.series == series.series
    assert [port.columns for port in spec.ports] == [
        ("load", "temperature"),
        ("temperature",),
    ]
    assert load(spec, tmp_path).columns["series"].shape[1:] == (6, 2)


def test_a_series_of_one_column_without_header_is_exported(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("".join(f"{(k * k) % 17}\n" for k in range(90)))
    spec = DataSpec(source="series", path="s.csv", split=Split(kind="ordered", test=0.2))
    spec = describe(spec, tmp_path)
    assert [port.shape for port in spec.ports] == [(4, 1), (1,)]
    text = check_same(spec.model_copy(update={"path": str(tmp_path / "s.csv")}), tmp_path)
    assert "first_row=1" in text


def test_a_series_is_exported(tmp_path: Path, series: DataSpec) -> None:
    text = check_same(series, tmp_path)
    assert "train_rows" in text
    assert requirements(series) == ["torch>=2.6", "numpy>=1.26"]


# -- sounds -----------------------------------------------------------------------------------


def test_sounds_are_measured(tmp_path: Path) -> None:
    spec = from_path(write_sounds(tmp_path))
    assert spec.audio == AudioOptions(rate=8000, seconds=0.57, frame=256, hop=80)
    assert spec.ports[0].shape == (1, 40, 57 + 1)
    assert spec.ports[1].classes == ("high", "low")
    data = load(spec, tmp_path)
    mean = data.columns["audio"][data.train].mean(dim=(0, 1, 3))
    torch.testing.assert_close(mean, torch.zeros(40), atol=1e-4, rtol=0)
    wave = AudioOptions(rate=4000, seconds=0.25, form="waveform")
    found = describe(spec.model_copy(update={"audio": wave}), tmp_path)
    assert found.ports[0].shape == (1, 1000)


@pytest.mark.parametrize("form", ["log_mel", "waveform"])
def test_sounds_are_exported(tmp_path: Path, form: str) -> None:
    spec = from_path(write_sounds(tmp_path, rate=11025))
    assert spec.audio is not None
    options = spec.audio.model_copy(update={"rate": 8000, "form": form})
    spec = describe(spec.model_copy(update={"audio": options}), tmp_path)
    text = check_same(spec, tmp_path)
    assert ("def log_mel" in text) == (form == "log_mel")
    assert requirements(spec)[2:] == ["soundfile>=0.12", "scipy>=1.11"]


def test_another_folder_of_sounds_is_read_like_the_first(tmp_path: Path) -> None:
    wanted = from_path(write_sounds(tmp_path / "a"))
    spec = match(from_path(write_sounds(tmp_path / "b", rate=16000), wanted), wanted)
    assert spec.audio == wanted.audio
    assert load(spec, tmp_path).columns["audio"].shape[1:] == wanted.ports[0].shape


def test_a_frame_longer_than_the_sound_is_said(tmp_path: Path) -> None:
    spec = from_path(write_sounds(tmp_path, count=3))
    options = AudioOptions(rate=8000, seconds=0.01)
    with pytest.raises(DataError, match=r"80 samples, a frame has 512. Set a longer duration"):
        describe(spec.model_copy(update={"audio": options}), tmp_path)


def test_a_damaged_sound_is_a_finding(tmp_path: Path) -> None:
    spec = from_path(write_sounds(tmp_path))
    (tmp_path / "low" / "3.flac").write_bytes(b"fLaC but no more")
    (finding,) = check(spec, tmp_path)
    assert finding.port == "audio"
    assert "3.flac: not a readable sound" in finding.message


# -- clips and pairs --------------------------------------------------------------------------


def test_clips_are_exported(tmp_path: Path) -> None:
    spec = from_path(write_clips(tmp_path, count=5))
    assert spec.ports[0].shape == (1, 16, 6, 8)
    small = describe(spec.model_copy(update={"image_size": (4, 4)}), tmp_path)
    assert small.ports[0].shape == (1, 16, 4, 4)
    text = check_same(small, tmp_path)
    assert 'read_clips(files, 16, "L", size=(4, 4))' in text
    assert requirements(small)[2:] == ["pillow>=10.3"]


def test_pairs_are_exported(tmp_path: Path) -> None:
    write_pairs(tmp_path / "p" / "train")
    write_pairs(tmp_path / "p" / "test", count=3)
    spec = from_path(tmp_path / "p")
    assert [(port.name, port.shape) for port in spec.ports] == [
        ("sketch", (3, 6, 5)),
        ("photo", (3, 6, 5)),
    ]
    assert spec.split.kind == "given"
    assert len(load(spec, tmp_path).test) == 3
    check_same(spec, tmp_path)


def test_halves_are_exported(tmp_path: Path) -> None:
    spec = from_path(write_halves(tmp_path / "h"))
    assert [(port.name, port.shape) for port in spec.ports] == [
        ("input", (3, 6, 5)),
        ("target", (3, 6, 5)),
    ]
    check_same(spec, tmp_path)


def test_two_classes_may_be_pairs_where_pairs_are_wanted(tmp_path: Path) -> None:
    wanted = from_path(write_halves(tmp_path / "h"))
    path = write_pairs(tmp_path / "p")
    (path / "photo").rename(path / "day")
    (path / "sketch").rename(path / "night")
    assert from_path(path).source == "images"
    spec = match(from_path(path, wanted), wanted)
    assert [(port.name, port.columns) for port in spec.ports] == [
        ("input", ("day",)),
        ("target", ("night",)),
    ]


@pytest.mark.parametrize("kind", ["series", "audio", "clips", "pairs"])
def test_ports_of_other_types_are_refused(tmp_path: Path, kind: str) -> None:
    make = {
        "series": lambda: write_series(tmp_path / "s.csv"),
        "audio": lambda: write_sounds(tmp_path / "d"),
        "clips": lambda: write_clips(tmp_path / "d"),
        "pairs": lambda: write_pairs(tmp_path / "d"),
    }
    spec = from_path(make[kind]())
    first = spec.ports[0]
    for other in ("tokens", "tags", "category", "clip", "audio", "series"):
        if other == first.type:
            continue
        port = DataPort(name="x", type=other, columns=first.columns[:1], shape=())
        with pytest.raises(DataError, match="The port 'x': "):
            describe(spec.model_copy(update={"ports": (port,)}), tmp_path)


# -- previews ---------------------------------------------------------------------------------


def test_previews_show_what_there_is(tmp_path: Path, series: DataSpec) -> None:
    found = preview(series, tmp_path, limit=5)
    assert [curve.shape for curve in found.examples["series"].curves] == [(6, 2)] * 5
    assert found.counts == {"train": 89, "validation": 5, "test": 5}
    sounds = preview(from_path(write_sounds(tmp_path / "a")), tmp_path, limit=3)
    shown = sounds.examples["audio"]
    assert [wave.shape for wave in shown.waves] == [(4560,)] * 3
    assert shown.rate == 8000
    assert shown.images[0].shape == (40, 58)
    assert shown.images[0].dtype == np.uint8
    clips = preview(from_path(write_clips(tmp_path / "c")), tmp_path, limit=2)
    assert [frames.shape for frames in clips.examples["clip"].frames] == [(16, 6, 8)] * 2
    pairs = preview(from_path(write_pairs(tmp_path / "p")), tmp_path, limit=2)
    assert [len(each.images) for each in pairs.examples.values()] == [2, 2]
