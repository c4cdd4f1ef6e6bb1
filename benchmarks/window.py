"""Trains a project with its window open and streaming, or in the same way without.

``python window.py PROJECT --data FOLDER --epochs 2 [--window]`` prints one JSON object: examples
per second and, with a window, how late its 16 ms timer was while training ran. The window is drawn
into memory, all of it by the CPU.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

#: Milliseconds between two calls of the timer whose lateness is measured.
_TICK = 16
#: Seconds that the window is open before Run is pressed, as it is for whoever presses it.
_OPEN = 1.5
#: Seconds after the first step in which the timer is not measured: plots are laid out. What this
#: takes from the training counts all the same.
_SETTLE = 0.5


def headless(project: Any, folder: Path) -> dict[str, Any]:
    from runtime.session import Session

    session = Session(project, base=folder, folder=folder, watch=False)
    session.start()
    session.join()
    return result(session)


def shown(project: Any, folder: Path) -> dict[str, Any]:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ["XDG_CONFIG_HOME"] = str(folder)
    from PySide6.QtCore import Qt, QTimer

    from gui.app import make_application
    from gui.window import MainWindow
    from runtime.control import State

    app = make_application("dark")
    window = MainWindow(folder)
    window.workspace.open(project, None, folder)
    window.show()
    window.show_panel("training")
    QTimer.singleShot(round(1000 * _OPEN), app.quit)
    app.exec()
    window.running.run()
    session = window.workspace.session
    late: list[float] = []
    ticks = [0.0, 0.0]  # when training began, and the last call

    def tick() -> None:
        now = time.perf_counter()
        if session.state.over:
            app.quit()
        elif session.state is State.RUNNING and session.telemetry.progress.step:
            ticks[0] = ticks[0] or now
            if now - ticks[0] > _SETTLE:
                late.append((now - ticks[1]) * 1000 - _TICK)
        ticks[1] = now

    timer = QTimer(interval=_TICK, timerType=Qt.TimerType.PreciseTimer)
    timer.timeout.connect(tick)
    timer.start()
    app.exec()
    found = {"late_ms_p99": float(np.percentile(late, 99)), "late_ms_max": max(late)}
    found |= {"late_ms_median": float(np.median(late)), **result(session)}
    window.let_go()
    return found


def result(session: Any) -> dict[str, Any]:
    if session.failure is not None or session.outcome is None:
        sys.exit(f"The training failed: {session.failure}")
    threads = [count for _, count in session.outcome.threads]
    return {"examples_per_second": session.outcome.examples_per_second, "threads": threads}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("project", type=Path)
    parser.add_argument("--data", required=True)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--window", action="store_true")
    given = parser.parse_args()
    from graph.files import load
    from runtime.headless import change

    project = load(given.project).project
    change(project, data=given.data, epochs=given.epochs)
    with tempfile.TemporaryDirectory(prefix="torchloom-benchmark-") as folder:
        found = (shown if given.window else headless)(project, Path(folder))
    print(json.dumps(found), flush=True)
    os._exit(0)  # whatever a closing window would still wait for


if __name__ == "__main__":
    main()
