"""Start-up: the splash before PyTorch, a picture of the window without a display."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from gui.jobs import Jobs
from gui.splash import Splash

ROOT = Path(__file__).parents[3]


def in_process(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment,
        check=False,
    )


def test_the_splash_is_painted_before_torch_is_loaded() -> None:
    code = """
import sys
from gui.app import make_application
from gui.splash import Splash
app = make_application("dark")
splash = Splash()
splash.show()
splash.say("Loading", 0.1)
image = splash.grab().toImage()
colors = {image.pixelColor(x, 96).name() for x in range(0, image.width(), 2)}
heavy = {"torch", "pyqtgraph", "sklearn", "networkx"} & set(sys.modules)
print(len(colors) > 5, sorted(heavy))
"""
    done = in_process(code)
    assert done.stdout.strip() == "True []", done.stdout + done.stderr


def test_the_first_example_is_opened_without_the_compiler() -> None:
    code = """
import sys
from gui.app import make_application, make_window
from gui.splash import Splash
app = make_application("dark")
window = make_window(Splash())
window.open_first()
errors = window.workspace.analysis.errors()
print(len(window.canvas.network), errors, "torch._dynamo" in sys.modules)
"""
    done = in_process(code)
    assert done.stdout.strip() == "12 [] False", done.stdout + done.stderr


def test_what_the_first_picture_does_not_need_is_loaded_later() -> None:
    code = """
import sys, threading
from PySide6.QtWidgets import QApplication
from gui.app import make_window
from gui.later import Later
from gui.splash import Splash
app = QApplication([])
window = make_window(Splash())
window.open_first()
first = [name in sys.modules for name in ("pyqtgraph", "sympy", "torch._dynamo")]
waiting = window.layout_.waiting
later = Later(window.layout_, window)
later.start()
while later.loading:
    app.processEvents()
(thread,) = [t for t in threading.enumerate() if t.name == "import torch._dynamo"]
thread.join()
print(first, [name in sys.modules for name in ("pyqtgraph", "torch._dynamo")])
print(waiting, window.layout_.waiting)
"""
    done = in_process(code)
    told = "[False, False, False] [True, True]\n['samples', 'try', 'code', 'data'] []"
    assert done.stdout.strip() == told, done.stdout + done.stderr


def test_a_shot_has_the_size_that_was_asked_for(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from gui.shot import run
from runtime.examples import find
sys.exit(run(find("xor").path, Path(sys.argv[1]), (1024, 700), "light"))
"""
    done = in_process(code, str(tmp_path / "shot.png"))
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    image = QImage(str(tmp_path / "shot.png"))
    assert (image.width(), image.height()) == (1024, 700)
    assert image.pixelColor(3, 3).lightness() > 200


def test_the_splash_says_what_is_done(qtbot) -> None:
    splash = Splash()
    qtbot.addWidget(splash)
    splash.show()
    before = splash.grab().toImage()
    splash.say("Reading the catalogue of layers", 0.5)
    assert splash.grab().toImage() != before


def test_only_the_newest_answer_is_told(qtbot) -> None:
    import threading

    gate = threading.Event()
    jobs = Jobs("test")
    answers: list[object] = []
    jobs.done.connect(answers.append)

    def first() -> str:
        gate.wait(10)
        return "first"

    jobs.start(first)
    jobs.start(lambda: "second")
    jobs.start(lambda: "third")
    gate.set()
    qtbot.waitUntil(lambda: not jobs.busy)
    assert answers == ["third"]


def test_an_error_of_a_job_is_told(qtbot) -> None:
    from graph.errors import DataError

    jobs = Jobs("test")
    said: list[str] = []
    jobs.failed.connect(said.append)

    def broken() -> None:
        raise DataError("There is no file.")

    jobs.start(broken)
    qtbot.waitUntil(lambda: not jobs.busy)
    assert said == ["There is no file."]


def test_a_cancelled_job_says_nothing(qtbot) -> None:
    jobs = Jobs("test")
    answers: list[object] = []
    jobs.done.connect(answers.append)
    jobs.start(lambda: 1)
    jobs.finish()
    QApplication.processEvents()
    assert answers == []
    assert not jobs.busy
