"""Without a Chromium, browser tests fail in continuous integration; elsewhere they are skipped with what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.slow
@pytest.mark.parametrize(("ci", "status"), [("true", 1), ("", 0)])
def test_a_missing_chromium(tmp_path, ci, status):
    environment = {**os.environ, "CHROMIUM": str(tmp_path / "nowhere"), "CI": ci}
    command = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", "tests/test_browser_benchmark.py"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == status, done.stdout
    assert "sudo apt-get install chromium" in done.stdout
    if not status:
        assert done.stdout.strip().splitlines()[-1].startswith("Browser tests were skipped. ")


@pytest.mark.parametrize(("ci", "status"), [("true", 1), ("", 0)])
def test_what_ci_runs_says_so_too(tmp_path, ci, status):
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".ci" / "run").write_text((ROOT / ".ci" / "run").read_text())
    (tmp_path / "Makefile").write_text("test:\n\t@echo tested\n")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "apt-get").write_text("#!/bin/sh\nexit 1\n")  # no network, no packages
    (tmp_path / "bin" / "apt-get").chmod(0o755)
    environment = {**os.environ, "CHROMIUM": str(tmp_path / "nowhere"), "CI": ci}
    environment["PATH"] = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", tmp_path / ".ci" / "run"], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == status and "sudo apt-get install chromium" in done.stderr
    assert ("tested" in done.stdout) == (status == 0)
