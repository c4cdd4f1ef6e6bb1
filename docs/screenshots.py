"""Makes the pictures of the README from the running window, without a display.

    python docs/screenshots.py [FOLDER]
    python docs/screenshots.py --examples     # docs/EXAMPLES.md, a picture of each example

Opens examples, trains them for real and takes pictures on the way.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QRectF, QSettings, QSize
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from graph.document import TRAINING
from gui import theme
from gui.app import make_application, make_window
from gui.splash import Splash
from gui.window import MainWindow
from runtime.examples import EXAMPLES, find

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


def draw_graph(window: MainWindow, path: Path) -> None:
    """Save the graph that is shown, all of it, 900 pixels wide."""
    scene = window.canvas.canvas_scene
    room = scene.content_rect().adjusted(-24, -24, 24, 24)
    image = QImage(
        900, max(80, round(900 * room.height() / room.width())), QImage.Format.Format_RGB32
    )
    image.fill(QColor(theme.current().canvas))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    scene.render(painter, QRectF(image.rect()), room)
    painter.end()
    if not image.save(str(path)):
        raise SystemExit(f"{path} could not be written")


def show_examples(window: MainWindow, docs: Path) -> None:
    """Write a page with each example: its graph, what it is about, and what it reaches."""
    folder = docs / "images" / "examples"
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["# The examples", "", "Written by `python docs/screenshots.py --examples`."]
    for example in EXAMPLES:
        window.open_example(example, ask=False)
        uses = window.workspace.project.network(TRAINING).by_kind("Network")
        if len({node.params["network"] for node in uses}) > 1:
            window.workspace.show_graph(TRAINING)
        window.canvas.reset_zoom()  # cards are drawn with all that they say
        wait(0.3)
        draw_graph(window, folder / f"{example.name}.png")
        about = f"{example.description} Reaches {example.result}."
        lines += ["", f"## {example.title} (`{example.name}`)", "", about, ""]
        lines += [f"![{example.title}](images/examples/{example.name}.png)"]
    (docs / "EXAMPLES.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Make the pictures that were asked for."""
    examples = sys.argv[1:] == ["--examples"]
    here = Path(__file__).parent
    folder = here / "images" if examples or len(sys.argv) == 1 else Path(sys.argv[1])
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
    if examples:
        show_examples(window, here)
        window.let_go()
        return
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
