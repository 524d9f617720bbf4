"""The notebooks: their cells run from top to bottom on tiny weights, as somebody's kernel would run them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def cells(path: Path) -> list[dict]:
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path, tiny_checkpoints, tmp_path):
    code = "\n".join("".join(cell["source"]) for cell in cells(path) if cell["cell_type"] == "code")
    script = tmp_path / f"{path.stem}.py"
    script.write_text(f"if __name__ == '__main__':\n    exec({code.replace('STEPS = 80', 'STEPS = 20')!r})\n")
    environment = {**os.environ, "LATENTSCAPE_CHECKPOINTS": str(tiny_checkpoints), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, str(script)], cwd=FOLDER, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip()


def test_notebooks_hold_no_results_and_explain_themselves():
    """Results would be pictures of somebody's run; a notebook begins with what it does."""
    assert len(NOTEBOOKS) == 3
    for path in NOTEBOOKS:
        first, *rest = cells(path)
        assert first["cell_type"] == "markdown" and first["source"][0].startswith("# ")
        assert all(not cell["outputs"] and cell["execution_count"] is None for cell in rest if "outputs" in cell)
