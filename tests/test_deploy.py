"""What would be sent to a Space: tracked files alone, and nothing at all where something is wrong."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

import deploy_space
from _space_card import MOST_BYTES
from deploy_space import DeployError, plan

CARD = {
    **{"title": "Latentscape", "colorFrom": "blue", "colorTo": "gray", "sdk": "gradio", "app_file": "app.py"},
    **{"sdk_version": metadata.version("gradio"), "python_version": '"3.11"', "pinned": "false"},
    **{"short_description": "Touch a latent space", "tags": "[faces]", "suggested_hardware": "cpu-basic"},
}


def write_card(root, **changed):
    lines = [f"{key}: {value}" for key, value in {**CARD, **changed}.items() if value is not None]
    (root / "README.md").write_text("\n".join(["---", *lines, "---", ""]), encoding="utf-8")


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A small repository whose tracked and untracked names the test decides."""
    (tmp_path / "core").mkdir()
    for name in ("app.py", "LICENSE", "core/images.py"):
        (tmp_path / name).write_text("x")
    (tmp_path / "requirements.txt").write_text(f"gradio=={metadata.version('gradio')}\n")
    write_card(tmp_path)
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


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"title": "x" * 61}, "title has 61 characters; the hub takes 60"),
        ({"title": None}, "title is ''"),
        ({"short_description": "x" * 61}, "short_description has 61"),
        ({"colorFrom": "grey"}, "colorFrom is 'grey'; the hub knows red"),
        ({"colorTo": "orange"}, "colorTo is 'orange'"),
        ({"emoji": "face"}, "emoji is 'face'"),
        ({"sdk": "streamlit"}, "sdk is 'streamlit'"),
        ({"app_file": "main.py"}, "app_file is 'main.py', and no such file"),
        ({"app_file": None}, "app_file is None"),
        ({"python_version": "3.11"}, "python_version is 3.11; it is written like"),  # YAML reads a number: 3.10 is 3.1
        ({"python_version": '"3.7"'}, "the app runs with 3.11 to"),
        ({"sdk_version": "5.0.0"}, "sdk_version"),
        ({"suggested_hardware": "cpu-huge"}, "suggested_hardware is 'cpu-huge'"),
        ({"pinned": "maybe"}, "pinned is 'maybe'"),
        ({"tags": "faces"}, "tags is a list"),
        ({"title": "[unclosed"}, "front matter of README.md cannot be read"),
    ],
)
def test_a_card_that_the_hub_refuses_stops_it(clone, changed, words):
    root, _ = clone
    write_card(root, **changed)
    with pytest.raises(DeployError, match="hub would refuse") as refused:
        plan(root)
    assert words in str(refused.value)


def test_versions_that_nobody_has_stop_it(clone):
    root, _ = clone
    write_card(root, sdk_version="6.999.0")
    (root / "requirements.txt").write_text("gradio==6.999.0\nno-such-package==1.0\n")
    with pytest.raises(DeployError, match=r"gradio 6\.999\.0, but .* no-such-package 1\.0, but it is not installed"):
        plan(root)


def test_files_over_the_limits_stop_it(clone):
    root, state = clone
    with open(root / "core" / "weights.safetensors", "wb") as file:
        file.truncate(MOST_BYTES)  # a hole: it takes no room
    state["tracked"].append("core/weights.safetensors")
    with pytest.raises(DeployError, match=r"1,000 MB, core/weights\.safetensors the most; a Space takes 1,000 MB"):
        plan(root)


def test_the_card_of_this_repository_is_one_that_the_hub_takes():
    assert deploy_space.refused(deploy_space.ROOT, ["app.py", "README.md", "requirements.txt"]) == []


def test_missing_app_stops_it(clone):
    root, state = clone
    state["tracked"].remove("app.py")
    with pytest.raises(DeployError, match=r"app\.py"):
        plan(root)


def files_of(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_sending_stages_exactly_the_plan(clone, monkeypatch):
    import huggingface_hub

    root, _ = clone
    seen = []

    class Api:
        def create_repo(self, repo, **settings):
            seen.append(("created", repo, settings["repo_type"], settings["private"]))
            return "address"

        def upload_folder(self, *, folder_path, repo_id, **settings):
            files = (
                path.relative_to(folder_path).as_posix() for path in Path(folder_path).rglob("*") if path.is_file()
            )
            seen.append(("files", *sorted(files)))

    monkeypatch.setattr(huggingface_hub, "HfApi", Api)
    monkeypatch.setattr(huggingface_hub.SpaceCard, "validate", lambda self, repo_type: seen.append(self.data.title))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert deploy_space.send(root, plan(root), "someone/latentscape", private=True) == "address"
    assert seen == ["Latentscape", ("created", "someone/latentscape", "space", True), ("files", *plan(root))]


def test_what_the_hub_itself_refuses_is_not_sent(clone, monkeypatch):
    import huggingface_hub

    def refuse(self, repo_type):
        raise ValueError('"license" is not known')

    monkeypatch.setattr(huggingface_hub, "HfApi", lambda: pytest.fail("something was sent"))
    monkeypatch.setattr(huggingface_hub.SpaceCard, "validate", refuse)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(DeployError, match='"license" is not known'):
        deploy_space.send(clone[0], plan(clone[0]), "someone/latentscape", private=False)


def command(monkeypatch, root, *arguments):
    monkeypatch.setattr(deploy_space, "ROOT", root)
    monkeypatch.setattr(deploy_space, "send", lambda *_, **__: pytest.fail("something was sent"))
    monkeypatch.setattr(sys, "argv", ["deploy_space.py", *map(str, arguments)])
    deploy_space.main()


def test_a_dry_run_writes_the_folder_and_sends_nothing(clone, monkeypatch, capsys, tmp_path_factory):
    root, state = clone
    folder = tmp_path_factory.mktemp("dry") / "space"
    command(monkeypatch, root, "--repo", "someone/latentscape", "--dry-run", folder)
    printed = capsys.readouterr().out
    assert all(name in printed for name in state["tracked"]) and "would be sent to the Space someone/" in printed
    assert files_of(folder) == sorted(state["tracked"])
    assert all((folder / name).read_bytes() == (root / name).read_bytes() for name in state["tracked"])
    with pytest.raises(DeployError, match="is not empty"):
        command(monkeypatch, root, "--dry-run", folder)


@pytest.mark.parametrize("arguments", [["--repo", "nonsense"], ["--repo", "a/b/c"], ["--repo", "a/-b"], []])
def test_command_line_refuses_with_a_sentence(clone, monkeypatch, capsys, arguments):
    with pytest.raises(SystemExit):
        command(monkeypatch, clone[0], *arguments)
    assert "OWNER/NAME" in capsys.readouterr().err
