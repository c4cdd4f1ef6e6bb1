"""Trainings that are killed at random moments: each goes on, and ends with the same bits."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_200_kills_lose_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.faults.kills", "--kills", "200"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, env=environment, check=False, timeout=3600
    )
    assert done.returncode == 0, done.stdout
    found = json.loads(done.stdout)
    assert found["kills"] == 200
    assert (found["different"], found["unreadable"]) == (0, 0)
