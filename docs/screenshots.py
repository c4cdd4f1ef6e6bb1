"""Makes the pictures of the README from the running window, without a display.

    python docs/screenshots.py [FOLDER]

Opens examples, trains them for real and takes pictures on the way.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QSettings, QSize
from PySide6.QtWidgets import QApplication

from graph.document import TRAINING
from gui import theme
from gui.app import make_application, make_window
from gui.splash import Splash
from gui.window import MainWindow
from runtime.examples import find

SIZE = QSize(1440, 900)


def wait(seconds: float) -> None:
    """Let the window live for a while."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.005)


def picture(window: MainWindow, folder: Path, name: str) -> None:
    """Save the window as it is now."""
    wait(0.3)
    path = folder / f"{name}.png"
    if not window.grab().save(str(path)):
        raise SystemExit(f"{path} could not be written")
    print(path)


def train(window: MainWindow, seconds: float) -> None:
    """Press Run and let it train for some seconds after the first point of the curve."""
    window.running.run()
    session = window.workspace.session
    assert session is not None
    while not session.telemetry.series() and not session.state.over:
        wait(0.05)
    wait(seconds)


def stop(window: MainWindow) -> None:
    """End the training, and wait until it has ended."""
    window.running.stop()
    while window.running.alive:
        wait(0.05)


def main() -> None:
    """Make all pictures."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent / "images")
    folder.mkdir(parents=True, exist_ok=True)
    settings, runs = tempfile.mkdtemp(), Path(tempfile.mkdtemp())
    QSettings.setPath(QSettings.Format.NativeFormat, QSettings.Scope.UserScope, settings)
    app = make_application("dark")
    splash = Splash()
    splash.show()
    window = make_window(splash, runs)
    splash.close()
    window.open_first()
    window.show_sized(SIZE)
    wait(0.3)
    window.canvas.fit()
    picture(window, folder, "window")
    network = window.workspace.network
    window.canvas.select([node.id for node in network if node.kind in ("Conv2d", "Linear")])
    window.canvas.actions_by_name["probe"].trigger()
    window.canvas.select([])
    train(window, 2)
    picture(window, folder, "training")
    window.show_panel("try")
    picture(window, folder, "try")
    stop(window)
    window.open_example(find("vae"), ask=False)
    window.show_panel("samples")
    train(window, 12)
    window.workspace.show_graph(TRAINING)
    wait(0.3)
    window.canvas.fit()
    window.show_panel("samples")
    picture(window, folder, "monitors")
    stop(window)
    window.open_first()
    theme.apply(app, "light")
    window.show_panel("code")
    conv = window.workspace.network.by_kind("Conv2d")[0]
    window.workspace.select([conv.id])
    picture(window, folder, "code")
    window.let_go()


if __name__ == "__main__":
    main()
