"""The folder that would be sent, started as a Space starts it; and the container that is built from the same files."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import deploy_space  # noqa: E402 its folder joined the path just now
from space import as_user  # noqa: E402

USER = 1000  # of Spaces
KINDS = ["apply a style", "decode a code", "decode a place", "draw a face", "draw a prompt", "list the models", "sweep"]


def allowed(*command: str) -> bool:
    try:
        return subprocess.run([*command, sys.executable, "-c", ""], capture_output=True).returncode == 0
    except OSError:
        return False


@pytest.fixture
def space():
    """The folder of a dry run and an empty home, which the user of Spaces may read and not write."""
    try:
        names = deploy_space.listed(ROOT)
    except deploy_space.DeployError:
        pytest.skip("This is no clone: git cannot say which files would be sent.")
    base = Path(tempfile.mkdtemp(prefix="latentscape-space-"))  # pytest's own folders are closed to other users
    base.chmod(0o755)
    deploy_space.write(ROOT, [name for name in names if (ROOT / name).is_file()], base / "app")
    (base / "home").mkdir(mode=0o555)
    for path in (base / "app").rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    (base / "app").chmod(0o555)
    yield base
    for path in base.rglob("*"):
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(base)


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


@pytest.mark.slow
def test_the_folder_starts_as_a_space_starts_it_and_draws(space):
    """All in a network of its own, so that port 7860 is free and nothing can be fetched."""
    root = os.geteuid() == 0
    alone = ["unshare", "--net"] if root and allowed("unshare", "--net") else []
    user = USER if root and allowed(*as_user(USER)) else os.getuid()
    if not alone or user != USER:
        warnings.warn(f"Network of its own: {bool(alone)}; user {user} in place of {USER}.", stacklevel=1)
    port = 7860 if alone else free_port()
    before = files(space)
    (space / "tmp").mkdir()
    (space / "tmp").chmod(0o1777)
    folders = (str(space / name) for name in ("app", "home", "tmp"))
    command = [*alone, sys.executable, str(ROOT / "tests" / "space.py"), *folders]
    done = subprocess.run([*command, str(user), str(port)], capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr[-3000:]
    seen = json.loads(done.stdout.strip().splitlines()[-1])
    assert (seen["pictures"], seen["recipe"]["steps"], seen["health"]) == (1, 3, 0)
    assert seen["page"] > 10_000 and seen["user"] == user
    assert seen["kinds"] == KINDS
    if user:  # root may write anywhere
        assert seen["home"] == []
        assert {name for name in files(space) if name.partition("/")[0] != "tmp"} == before


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("", 0))
        return one.getsockname()[1]


class TestContainer:
    """The Dockerfile without Docker: what can be read from it."""

    @pytest.fixture
    def lines(self):
        text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
        return [line.split(maxsplit=1) for line in text.splitlines() if line.strip() and not line.startswith("#")]

    def test_it_copies_files_that_exist_and_all_that_the_app_needs(self, lines):
        copied = [name for word, rest in lines if word == "COPY" for name in rest.split()[:-1]]
        assert all((ROOT / name).exists() for name in copied)
        assert set(copied) == set(deploy_space.NEEDED) - {"docs"}  # only the README shows docs
        kept = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert sorted(kept) == sorted(copied)

    def test_it_runs_as_nobody_special_and_says_how_it_is(self, lines):
        words = dict(lines)
        assert re.fullmatch(r"[1-9]\d*(:\d+)?", words["USER"])
        assert words["EXPOSE"] == "7860" and "GRADIO_SERVER_NAME=0.0.0.0" in words["ENV"]
        assert json.loads(words["CMD"]) == ["python", "app.py"]
        order = [word for word, _ in lines]
        assert order.index("RUN") < order.index("USER") < order.index("HEALTHCHECK")
        oldest = re.fullmatch(r"python:3\.(\d+)-slim", words["FROM"])
        assert oldest and f'python_version: "3.{oldest[1]}"' in (ROOT / "README.md").read_text(encoding="utf-8")
