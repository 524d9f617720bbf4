"""What would be sent to a Space: tracked files alone, and nothing at all where something is wrong."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

import deploy_space
from deploy_space import DeployError, plan


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A small repository whose tracked and untracked names the test decides."""
    (tmp_path / "core").mkdir()
    for name in ("app.py", "LICENSE", "core/images.py"):
        (tmp_path / name).write_text("x")
    (tmp_path / "requirements.txt").write_text("torch==1\ngradio==6.31.0\n")
    (tmp_path / "README.md").write_text("---\nsdk_version: 6.31.0\n---\n")
    state = {"tracked": ["LICENSE", "README.md", "app.py", "core/images.py", "requirements.txt"], "untracked": []}
    monkeypatch.setattr(
        deploy_space, "listed", lambda root, *options: state["untracked" if "--others" in options else "tracked"]
    )
    return tmp_path, state


def test_tracked_files_are_sent(clone):
    root, state = clone
    (root / "secret.txt").write_text("not listed")
    assert plan(root) == state["tracked"]


def test_untracked_files_stop_it(clone):
    root, state = clone
    state["untracked"] = ["checkpoints/faces/people.png"]
    with pytest.raises(DeployError, match=r"people\.png"):
        plan(root)


def test_links_out_of_the_repository_stop_it(clone, tmp_path_factory):
    root, state = clone
    outside = tmp_path_factory.mktemp("elsewhere") / "photo.jpg"
    outside.write_text("private")
    (root / "core" / "photo.jpg").symlink_to(outside)
    state["tracked"].append("core/photo.jpg")
    with pytest.raises(DeployError, match="outside"):
        plan(root)


def test_versions_must_agree(clone):
    root, _ = clone
    (root / "README.md").write_text("---\nsdk_version: 5.0.0\n---\n")
    with pytest.raises(DeployError, match="sdk_version"):
        plan(root)


def test_missing_app_stops_it(clone):
    root, state = clone
    state["tracked"].remove("app.py")
    with pytest.raises(DeployError, match=r"app\.py"):
        plan(root)


def test_sending_stages_exactly_the_plan(clone, monkeypatch):
    import huggingface_hub

    root, _ = clone
    seen = {}

    class Api:
        def create_repo(self, repo, **settings):
            seen["created"] = (repo, settings["repo_type"], settings["private"])
            return "address"

        def upload_folder(self, *, folder_path, repo_id, **settings):
            files = sorted(
                path.relative_to(folder_path).as_posix() for path in Path(folder_path).rglob("*") if path.is_file()
            )
            seen["files"] = files

    monkeypatch.setattr(huggingface_hub, "HfApi", Api)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert deploy_space.send(root, plan(root), "someone/latentscape", private=True) == "address"
    assert seen == {"created": ("someone/latentscape", "space", True), "files": plan(root)}


def test_dry_run_lists_and_sends_nothing(clone, monkeypatch, capsys):
    root, state = clone
    monkeypatch.setattr(deploy_space, "ROOT", root)
    monkeypatch.setattr(deploy_space, "send", lambda *_, **__: pytest.fail("something was sent"))
    monkeypatch.setattr(sys, "argv", ["deploy_space.py", "--repo", "someone/latentscape", "--dry-run"])
    deploy_space.main()
    printed = capsys.readouterr().out
    assert all(name in printed for name in state["tracked"]) and "would be sent" in printed


def test_command_line_refuses_with_a_sentence(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["deploy_space.py", "--repo", "nonsense"])
    with pytest.raises(SystemExit):
        deploy_space.main()
    assert "OWNER/NAME" in capsys.readouterr().err
