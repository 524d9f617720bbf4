"""The app where its owner may not write: no home, and an installation that stays as it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

APP = Path(__file__).resolve().parent.parent
DRAW = """
import sys, app
page = app.build(root=sys.argv[1])
_, url, _ = app.start(page, quiet=True)
from gradio_client import Client
pictures, details = Client(url, verbose=False).predict(steps=2, api_name="/draw_face")
print("drawn", len(pictures))
page.close()
"""


def files(folder: Path) -> set[tuple[str, int]]:
    return {(str(file), file.stat().st_mtime_ns) for file in folder.rglob("*") if file.is_file()}


def test_faces_are_drawn_without_a_home_and_nothing_is_written_beside_the_weights(tiny_checkpoints):
    """/proc takes no folders, whoever asks."""
    nowhere = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "HF_HOME"), "/proc/nowhere")
    before = files(tiny_checkpoints)
    run = subprocess.run(
        [sys.executable, "-B", "-c", DRAW, str(tiny_checkpoints)],
        cwd=APP,
        env={**os.environ, **nowhere},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert "drawn 1" in run.stdout, run.stderr[-2000:]
    assert files(tiny_checkpoints) == before
