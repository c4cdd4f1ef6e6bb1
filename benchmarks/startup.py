"""How soon ``torchloom`` shows something, and how soon its window can be used.

    python benchmarks/startup.py [--repeats 5]

Each start is a process of its own, and so is each ``import torch`` that it is compared with; they
take turns. Times count from before the process is made. The window is drawn into memory.
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
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
import gui.app
import gui.splash
began, seen = float(sys.argv[1]), {}

class Splash(gui.splash.Splash):
    def paintEvent(self, event):
        super().paintEvent(event)
        seen.setdefault("something", time.time() - began)

def leave():
    window = next(w for w in QApplication.topLevelWidgets() if type(w).__name__ == "MainWindow")
    seen["usable"] = time.time() - began
    seen["nodes"] = len(window.canvas.network)
    print(json.dumps(seen), flush=True)
    os._exit(0)

gui.app.Splash = Splash
loop = QApplication.exec
QApplication.exec = lambda *args: (QTimer.singleShot(0, leave), loop())[1]
gui.app.run(None)
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
        "QT_QPA_PLATFORM": "offscreen",
        "XDG_CONFIG_HOME": folder,
        "XDG_DATA_HOME": folder,
    }
    command = [sys.executable, "-c", code, repr(time.time())]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder)
    if done.returncode:
        sys.exit(done.stderr)
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
    print(f"import torch alone takes {statistics.median(imports):.2f} s: ratio ", end="")
    print(f"{statistics.median(ratios):.2f}   load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
