"""Several replicas behind a proxy that keeps a visitor on one: what the others go on with when one dies."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from browser import running
from sticky_proxy import COOKIE, sticky_proxy

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from _page_client import App, Page, fingerprint  # noqa: E402 its folder joined the path just now

SERVE = """
import sys, app
page = app.build(root=sys.argv[1])
_, url, _ = app.start(page, quiet=True)
print(url, flush=True)
page.block_thread()
"""
FACE = {"kind": "draw", "recipe": {"version": 2, "seed": 3, "steps": 2, "model": "faces", "attributes": {"Male": 1}}}


@pytest.fixture
def replicas(tiny_checkpoints):
    """Two processes that share the checkpoints and nothing else; the address of each."""
    command = [sys.executable, "-c", SERVE, str(tiny_checkpoints)]
    started = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    yield {one.stdout.readline().strip().rstrip("/"): one for one in started}
    for one in started:
        one.kill()
        one.wait()


@pytest.mark.slow
def test_a_page_goes_on_with_its_recipe_when_its_replica_is_killed(replicas):
    addresses = list(replicas)
    with running(sticky_proxy(addresses)) as proxy:
        visitor = App.open(proxy)
        page = Page(visitor)
        drawn = [fingerprint(page.request("faces-controls", "request", {**FACE, "request_id": n})) for n in (1, 2)]
        mine = int(visitor.http.cookies[COOKIE])
        replicas[addresses[mine]].kill()
        replicas[addresses[mine]].wait()
        again = fingerprint(page.request("faces-controls", "request", {**FACE, "request_id": 3}))
        assert int(visitor.http.cookies[COOKIE]) == 1 - mine
        assert drawn == [again] * 2
        assert Page(App.open(proxy)).request("faces-controls", "request", {**FACE, "request_id": 1})["drawn"]


def test_the_proxy_of_the_compose_file_knows_all_replicas():
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    replicas = [name for name, one in compose["services"].items() if one.get("build") == "."]
    assert len(replicas) == 2 and (ROOT / "Dockerfile").is_file()
    text = (ROOT / "Caddyfile").read_text(encoding="utf-8")
    passed = re.search(r"reverse_proxy ([^{]+){", text)[1].split()
    assert passed == [f"{name}:7860" for name in replicas]
    assert "lb_policy cookie" in text
    proxy = compose["services"]["proxy"]
    assert proxy["depends_on"] == replicas and proxy["ports"] == ["7860:7860"]
    mounted = [volume.split(":")[0] for volume in proxy["volumes"]]
    assert all((ROOT / name).is_file() for name in mounted)
