"""Sounds, clips and series of one's own in the Try panel: by a button, or dropped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtWidgets import QFileDialog

from graph.document import Project
from gui.panels.try_files import StripInput
from gui.panels.try_panel import TryPanel
from runtime.data import from_path
from tests import builders
from tests.gui.panels.screen import Screen
from tests.gui.panels.test_try import Open, say, settle, trained
from tests.runtime.data.making import tone, write_clips, write_series, write_sounds

__all__ = ["trained"]  # a fixture


def classifier(place: Path) -> Project:
    layers = ["Flatten", ("Linear", {"out_features": 2})]
    return builders.trained(builders.chain(layers), data=from_path(place), epochs=1)


def drop(screen: Screen, panel: TryPanel, given: StripInput, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    screen.drop(given, data)
    settle(screen, panel)


def only(panel: TryPanel) -> StripInput:
    (given,) = panel.inputs.values()
    assert isinstance(given, StripInput)
    return given


def test_a_sound_of_ones_own(
    screen: Screen, trained: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = trained(classifier(write_sounds(tmp_path / "set")))
    given = only(panel)
    before = np.asarray(given.value())
    assert given.strips.strips[0].spectrogram is not None
    assert given.strips.strips[0].detail == "of the data"
    assert panel.answer.headline.text().split("%")[1].strip()[0] in "✓✗"
    soundfile.write(tmp_path / "mine.flac", tone(900, 16000, 8000), 16000)
    monkeypatch.setattr(
        QFileDialog, "getOpenFileName", lambda *_: (str(tmp_path / "mine.flac"), "")
    )
    screen.click(given.open)
    settle(screen, panel)
    mine = np.asarray(given.value())
    assert mine.shape == before.shape
    assert not np.array_equal(mine, before)
    assert given.strips.strips[0].detail == "mine.flac"
    assert "✓" not in panel.answer.headline.text()
    assert panel.reply is not None
    plan = panel._workspace.session.plan  # type: ignore[union-attr]
    mean, deviation = plan.dataset.normalization["audio"]
    logits = say(panel, "net", (mine - mean.numpy()) / deviation.numpy())
    np.testing.assert_allclose(
        panel.reply.answer.values[0], logits.softmax(1)[0].numpy(), rtol=1e-4
    )
    screen.click(panel.another)
    settle(screen, panel)
    assert given.strips.strips[0].detail == "of the data"


def test_a_file_that_is_no_sound_is_told(screen: Screen, trained: Open, tmp_path: Path) -> None:
    panel = trained(classifier(write_sounds(tmp_path / "set")))
    given = only(panel)
    before = np.asarray(given.value())
    (tmp_path / "notes.wav").write_text("not a sound")
    drop(screen, panel, given, tmp_path / "notes.wav")
    assert panel.error.isVisible()
    assert "Expected a sound (WAV, FLAC or OGG), received notes.wav" in panel.error.text()
    np.testing.assert_array_equal(given.value(), before)


def test_a_clip_of_ones_own(
    screen: Screen, trained: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = trained(classifier(write_clips(tmp_path / "set")))
    given = only(panel)
    frames = tmp_path / "set" / "right" / "1"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(frames))
    screen.click(given.folder)
    settle(screen, panel)
    assert given.strips.strips[0].detail == "1"
    assert len(given.strips.strips[0].frames) == 16
    folder = np.asarray(given.value())
    drop(screen, panel, given, tmp_path / "set" / "left" / "z.gif")
    assert given.strips.strips[0].detail == "z.gif"
    assert not np.array_equal(folder, given.value())
    assert not panel.error.isVisible()
    drop(screen, panel, given, tmp_path / "set")
    assert "Expected a clip" in panel.error.text()


def test_a_series_of_ones_own(screen: Screen, trained: Open, tmp_path: Path) -> None:
    spec = from_path(write_series(tmp_path / "sales.csv"))
    layers = ["Flatten", ("Linear", {"out_features": 1})]
    panel = trained(builders.trained(builders.chain(layers), data=spec, epochs=1))
    given = only(panel)
    length = spec.ports[0].shape[0]
    rows = [f"{10 + k},{90 + k % 5}" for k in range(length)]
    (tmp_path / "mine.csv").write_text("\n".join(["sales,price", *rows]) + "\n")
    drop(screen, panel, given, tmp_path / "mine.csv")
    assert not panel.error.isVisible(), panel.error.text()
    curve = given.strips.strips[0].curve
    assert curve is not None
    assert curve[:, 0].tolist() == [10 + k for k in range(length)]
    assert panel.reply is not None
    plan = panel._workspace.session.plan  # type: ignore[union-attr]
    mean, deviation = (part.numpy() for part in plan.dataset.normalization["series"])
    found = say(panel, "net", ((curve[None] - mean) / deviation).astype(np.float32))
    target = plan.dataset.original("target", found).numpy()
    np.testing.assert_allclose(panel.reply.answer.values, target, rtol=1e-4)
    (tmp_path / "short.csv").write_text("sales,price\n1,2\n")
    drop(screen, panel, given, tmp_path / "short.csv")
    assert "Expected a series of at least" in panel.error.text()
