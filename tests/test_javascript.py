"""The page's modules without a browser: their unit tests, and that every name in them is known."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import deno

ROOT = Path(__file__).resolve().parent.parent
# Of what the type checker says only this counts: names and exports that do not exist, and names that exist twice.
UNKNOWN = re.compile(r"TS(2300|2304|2305|2307|2440|2451|2459|2551|2552|2588|2614|2724) \[ERROR\]: (.*)")


def run(*arguments: str) -> subprocess.CompletedProcess:
    command = [deno.find_deno_bin(), *arguments]
    environment = {"NO_COLOR": "1", "DENO_NO_UPDATE_CHECK": "1"}
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment, timeout=300)


def test_units():
    done = run("test", "--quiet", "--no-check", "tests/javascript/")
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_name_is_known():
    """The type checker reads the plain JavaScript; what it says of types beyond names is not wanted."""
    done = run("check", "--quiet", *map(str, (ROOT / "ui" / "assets").rglob("main.js")))
    said = done.stdout + done.stderr
    assert done.returncode == 0 or "TS2" in said, said
    assert not [match.group(0) for match in UNKNOWN.finditer(said)]
