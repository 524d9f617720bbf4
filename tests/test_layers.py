"""One direction of flow: what each layer may import, and what nobody may do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = [
    *(path for part in ("core", "ui", "scripts") for path in sorted((ROOT / part).rglob("*.py"))),
    ROOT / "app.py",
]
SOURCES = [path for path in SOURCES if path.is_file()]


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every import in a module, also inside functions; relative ones made absolute."""
    package = path.relative_to(ROOT).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level]) if node.level else ""
            start = ".".join(part for part in (base, node.module or "") if part)
            yield from ((node.lineno, f"{start}.{alias.name}") for alias in node.names)


def offenders(folder: str, forbidden: tuple[str, ...]) -> list[str]:
    found = []
    for path in SOURCES:
        relative = path.relative_to(ROOT).as_posix()
        if relative.startswith(folder):
            for line, name in imported(path):
                if any(name == bad or name.startswith(f"{bad}.") for bad in forbidden):
                    found.append(f"{relative}:{line} imports {name}")
    return found


@pytest.mark.parametrize(
    ("folder", "forbidden"),
    [
        ("core/", ("gradio", "gradio_client", "plotly", "ui", "app", "scripts")),
        (
            "ui/",
            ("torch", "diffusers", "transformers", "peft", "accelerate", "core.training", "core.models", "scripts"),
        ),
        ("core/training/", ("core.pipelines",)),
        ("core/pipelines/", ("core.training", "accelerate")),
        ("core/models/", ("core.training", "core.pipelines", "core.diffusion")),
        ("core/data/", ("torch", "core.models", "core.training", "core.pipelines")),
        ("", ("pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal")),
    ],
)
def test_imports_follow_the_layers(folder, forbidden):
    assert not offenders(folder, forbidden)


def test_import_reader_sees_what_it_should(tmp_path):
    module = ROOT / "core" / "pipelines" / "faces.py"
    names = [name for _, name in imported(module)]
    assert any(name.startswith("core.recipe") for name in names)


def test_nothing_is_loaded_by_pickle():
    """``torch.load`` and ``allow_pickle=True`` run code from files; weights are safetensors, arrays plain npy."""
    found = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
            if named and node.value.id == "torch" and node.attr in ("load", "save"):
                found.append(f"{path.name}:{node.lineno} torch.{node.attr}")
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle" and getattr(node.value, "value", None):
                found.append(f"{path.name}:{node.value.lineno} allow_pickle")
    assert not found


ASSETS = sorted(path for path in (ROOT / "ui" / "assets").rglob("*") if path.suffix in (".js", ".css", ".html", ".svg"))
HARMLESS = re.compile(r"https?://(www\.w3\.org/|127\.0\.0\.1|localhost)")


@pytest.mark.parametrize("path", [path for path in ASSETS if ".min." not in path.name], ids=lambda path: path.name)
def test_assets_name_no_network_host(path):
    """The page works with the network off: no script, font, picture or beacon from elsewhere."""
    text = HARMLESS.sub("", path.read_text(encoding="utf-8"))
    assert not re.findall(r"(?:https?:)?//[a-z0-9-]+(?:\.[a-z0-9-]+)+", text, flags=re.IGNORECASE)
    assert "@import" not in text


def test_ui_loads_no_fonts_from_elsewhere():
    for path in SOURCES:
        if path.relative_to(ROOT).parts[0] in ("ui", "app.py"):
            text = path.read_text(encoding="utf-8")
            assert "GoogleFont" not in text, path
            assert not re.search(r"<(script|link|img)[^>]+https?://", text), path


def test_modules_and_functions_stay_small():
    """The house's measure: about 300 lines a module, about 40 a function (docstrings included)."""
    large = []
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        if len(text.splitlines()) > 330:
            large.append(f"{path.relative_to(ROOT)}: {len(text.splitlines())} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno - node.lineno > 60:
                large.append(
                    f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {node.end_lineno - node.lineno} lines"
                )
    assert not large
