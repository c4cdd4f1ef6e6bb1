"""How soon ``torchloom`` shows something, and how soon its window can be used.

    python benchmarks/startup.py [--repeats 5]

Each start is a process of its own, and so is each ``import torch`` that it is compared with; they
take turns. Times count from before the process is made. The window is drawn into memory. Byte code
is compiled once, as an installation does. After the start the longest time is told in which the
window took no event, over the first seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

_START = """
import json, os, sys, time
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication
import gui.app
import gui.splash
began, seen = float(sys.argv[1]), {}  # this script's imports are those of the command

class Splash(gui.splash.Splash):
    def paintEvent(self, event):
        super().paintEvent(event)
        seen.setdefault("something", time.time() - began)

class Watch(QTimer):
    # Fires every 16 ms; keeps by how much it was late at most.

    def __init__(self):
        super().__init__(interval=16)
        self.setTimerType(Qt.TimerType.PreciseTimer)
        self.late, self.last = 0.0, time.perf_counter()
        self.timeout.connect(self.look)

    def look(self):
        now = time.perf_counter()
        self.late, self.last = max(self.late, now - self.last - 0.016), now

def usable():
    window = next(w for w in QApplication.topLevelWidgets() if type(w).__name__ == "MainWindow")
    seen["usable"] = time.time() - began
    seen["nodes"] = len(window.canvas.network)
    watch = seen["watch"] = Watch()
    watch.start()
    QTimer.singleShot(4000, leave)

def leave():
    seen["late"] = seen.pop("watch").late
    print(json.dumps(seen), flush=True)
    os._exit(0)

gui.app.Splash = Splash
loop = QApplication.exec
QApplication.exec = lambda *args: (QTimer.singleShot(0, usable), loop())[1]
sys.argv[:] = ["torchloom"]
import runtime.start
runtime.start.main()
"""

_TORCH = """
import json, sys, time
import torch
print(json.dumps({"imported": time.time() - float(sys.argv[1])}))
"""


def timed(code: str, folder: str) -> dict[str, float]:
    """Run code in a process of its own; return the JSON object that it prints last."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(Path(folder, "bytecode")),
        "QT_QPA_PLATFORM": "offscreen",
        "XDG_CONFIG_HOME": folder,
        "XDG_DATA_HOME": folder,
    }
    command = [sys.executable, "-c", code, repr(time.time())]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder)
    if done.returncode:
        sys.exit(f"{done.returncode}: {done.stderr}")
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    starts, imports = [], []
    with tempfile.TemporaryDirectory(prefix="torchloom-benchmark-") as folder:
        timed(_START, folder)  # reads everything from disk once
        for _ in range(given.repeats):
            imports.append(timed(_TORCH, folder)["imported"])
            starts.append(timed(_START, folder))
    ratios = [start["usable"] / torch for start, torch in zip(starts, imports, strict=True)]
    something = statistics.median(start["something"] for start in starts)
    usable = statistics.median(start["usable"] for start in starts)
    print(f"something on screen after {something:.2f} s")
    print(f"example of {starts[0]['nodes']} nodes usable after {usable:.2f} s")
    late = [start["late"] * 1000 for start in starts]
    print(f"the window is late by {statistics.median(late):.0f} ms at most, ", end="")
    print(f"at worst {max(late):.0f} ms, in the 4 s after that")
    print(f"import torch alone takes {statistics.median(imports):.2f} s: ratio ", end="")
    print(f"{statistics.median(ratios):.2f}   load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
