"""The recorded recipes call commands with options that exist."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

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
