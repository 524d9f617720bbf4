"""Jobs that are killed at any place are started again and end as if nothing had happened."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks are killed")
def test_nothing_half_written_is_taken_for_whole(tmp_path):
    command = [sys.executable, str(HERE / "killed.py"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr[-3000:]
    ends = json.loads(done.stdout.splitlines()[-1])
    assert set(ends) == {"train", "encode", "cache", "atlas"}
    for job, (first, *again) in ends.items():
        assert first.startswith("[") and len(again) >= 3, job
        assert [end for end in again if end != first] == [], job
