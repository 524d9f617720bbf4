"""The recorded recipes: the speedrun's own lines, run at smoke size, end in a page that needs nothing else."""

from __future__ import annotations

import io
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import FOODS
from PIL import Image

from core import checkpoints
from core.data.sets import VAL, seeded_split
from core.latents.atlas import Atlas

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
RECIPES = sorted((SCRIPTS / "recipes").glob("*.sh"))
RECORDER = """#!{python}
import json, sys
with open({journal!r}, "a") as file:
    file.write(json.dumps(sys.argv[1:]) + "\\n")
"""


@pytest.fixture()
def recorded(tmp_path, monkeypatch):
    """Run a recipe with a stand-in for Python; returns the command lines that it would run, in order."""

    def lines(recipe: Path, *arguments: object, **variables: str) -> list[list[str]]:
        journal, stand_in = tmp_path / "journal", tmp_path / "bin" / "python"
        stand_in.parent.mkdir(exist_ok=True)
        stand_in.write_text(RECORDER.format(python=sys.executable, journal=str(journal)))
        stand_in.chmod(0o755)
        environment = {**os.environ, "PATH": f"{stand_in.parent}{os.pathsep}{os.environ['PATH']}", **variables}
        subprocess.run(["bash", recipe, *map(str, arguments)], cwd=tmp_path, env=environment, check=True)
        return [json.loads(line) for line in journal.read_text().splitlines()]

    return lines


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash")
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_recipes_call_commands_with_options_that_exist(recorded, recipe):
    for script, *arguments in recorded(recipe, "data", PRESET="cpu"):
        known = set(re.findall(r'"(--[a-z-]+)"', (SCRIPTS / Path(script).name).read_text()))
        known |= set(re.findall(r'"(--[a-z-]+)"', (SCRIPTS / "_command.py").read_text()))
        assert not {one for one in arguments if one.startswith("--")} - known, script


@pytest.fixture()
def data(synthetic_celeba, synthetic_food, tmp_path) -> Path:
    """The folder that a recipe takes; every dish has a validation picture."""
    folder = tmp_path / "data"
    (folder / "food101").mkdir(parents=True)
    (folder / "celeba-sharp").symlink_to(synthetic_celeba)
    archive = shutil.copy(synthetic_food / "food-101.zip", folder / "food101")
    with zipfile.ZipFile(archive, "a") as file:
        for food in FOODS:
            names = (f"{food}/{number}.jpg" for number in range(100, 1000))
            name = next(name for name in names if seeded_split([name], val=0.03, test=0.0)[0] == VAL)
            picture = io.BytesIO()
            Image.effect_noise((64, 64), 60).convert("RGB").save(picture, "JPEG")
            file.writestr(f"food-101/images/{name}", picture.getvalue())
    return folder


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("bash"), reason="no bash")
def test_the_speedrun_ends_in_a_report(recorded, data, tmp_path, monkeypatch):
    """Every line of it, in one process, on a few drawn pictures."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(SCRIPTS))
    for script, *arguments in recorded(SCRIPTS / "recipes" / "speedrun.sh", data, "out", PRESET="smoke"):
        monkeypatch.setattr(sys, "argv", [script, *arguments])
        runpy.run_path(str(SCRIPTS / Path(script).name), run_name="__main__")
    root = tmp_path / "out" / "checkpoints"
    for part in ("classifier", "autoencoder-kl", "faces", "clip", "text"):
        assert checkpoints.missing(root / part) is None, part
    assert Atlas.open(root / "atlases" / "faces").count == 12
    page = (tmp_path / "out" / "report.html").read_text()
    for name in ("classifier", "autoencoder-kl", "faces", "clip", "text", "styles/oil"):
        assert (f"<h2>{name}</h2>" in page and f"Samples of {name}" in page) or name in ("clip", "text")
    assert page.count("Plotly.newPlot(") >= 6 and page.count("Text prompts, picture") == 6
    assert "Thumbnails of the atlas faces" in page
    # Nothing is fetched: every source is a data URI, and the one script lies in the page.
    assert not re.findall(r'(?:src|href)="(?!data:)', re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL))
    assert not re.findall(r"<script[^>]+src=", page)
